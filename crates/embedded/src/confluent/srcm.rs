//! Schema Registry clusters, `srcm/v3`: to look at. One appears in an environment some time after its first Kafka cluster
//! and goes with the environment; Confluent's Terraform provider waits for it.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | [`Registry`] | `…/schema-registry/<env-id>` | |

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::cmk::cluster::Cluster;
use super::delays::Wait;
use super::identifier::short;
use super::object;
use super::object::Times;
use super::org;
use super::page;
use super::page::page;
use super::refusal::Refusal;
use super::request::Context;
use super::service::Call;
use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;
use super::service::Reply;
use crate::store::Batch;

pub(crate) const GROUP: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::Limits,
    operations: &[
        Operation::reads("ListSchemaRegistries", "GET /srcm/v3/clusters", list),
        Operation::reads("GetSchemaRegistry", "GET /srcm/v3/clusters/{id}", get),
    ],
};

const PATH: &str = "/srcm/v3/clusters";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Registry {
    id: String,
    cloud: String,
    region: String,
    host: String,
    appears_at: u64,
    provisioned_at: u64,
}

pub(crate) fn key(context: &Context, environment: &str) -> String {
    context.prefix("schema-registry") + environment
}

/// With an environment's first cluster.
pub(crate) fn begin(call: &Call<'_>, cluster: &Cluster, batch: &mut Batch) -> Result<(), Refusal> {
    let key = key(call.context, &cluster.environment);
    if call.view.get::<Registry>(&key)?.is_none() {
        let wait = call.context.length(Wait::SchemaRegistry);
        let registry = Registry {
            id: short("lsrc"),
            cloud: cluster.cloud.clone(),
            region: cluster.region.clone(),
            host: short("psrc"),
            appears_at: call.context.now + wait,
            provisioned_at: call.context.now + 2 * wait,
        };
        batch.put(key, &registry)?;
    }
    Ok(())
}

impl Registry {
    fn shown(&self, context: &Context, environment: &org::Environment, id: &str) -> Value {
        let provisioned = self.provisioned_at <= context.now;
        let name = environment.crn(context).and("schema-registry", &self.id).to_string();
        let times = Times {
            created_at: self.appears_at,
            updated_at: self.appears_at,
        };
        let endpoint = format!(
            "https://{}.{}.{}.confluent.cloud",
            self.host,
            self.region,
            self.cloud.to_lowercase()
        );
        json!({
            "api_version": "srcm/v3",
            "kind": "Cluster",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, &self.id), &name, times),
            "spec": {
                "display_name": "Stream Governance Package",
                "package": environment.package(),
                "cloud": self.cloud,
                "region": self.region,
                "environment": org::reference(context, id),
                "http_endpoint": endpoint,
            },
            "status": {"phase": if provisioned { "PROVISIONED" } else { "PROVISIONING" }},
        })
    }
}

/// The environment's registry with its id, once it has appeared.
fn appeared(call: &Call<'_>) -> Result<Option<(String, Value)>, Refusal> {
    let id = call.request.required("environment")?;
    let environment = org::visible(call, id)?;
    let found: Option<Registry> = call.view.get(&key(call.context, id))?;
    let registry = found.filter(|registry| registry.appears_at <= call.context.now);
    Ok(registry.map(|registry| (registry.id.clone(), registry.shown(call.context, &environment, id))))
}

fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "srcm/v3",
        kind: "ClusterList",
    };
    page(call, kind, appeared(call)?.into_iter().collect())
}

fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    let asked = call.request.label("id");
    let found = appeared(call)?.filter(|(id, _)| id == asked);
    let (_, shown) = found.ok_or_else(|| Refusal::not_found("resource_not_found", "Resource Not Found"))?;
    Ok(Reply::ok(shown))
}
