//! Quotas, `service-quota/v1`: those that this cloud enforces, to look at.

use serde_json::Value;
use serde_json::json;

use super::cmk;
use super::crn::Crn;
use super::object;
use super::object::Times;
use super::org;
use super::page;
use super::page::page;
use super::refusal::Refusal;
use super::service::Call;
use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;
use super::service::Reply;

pub(crate) const GROUP: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::Limits,
    operations: &[Operation::reads(
        "ListAppliedQuotas",
        "GET /service-quota/v1/applied-quotas",
        list,
    )],
};

const PATH: &str = "/service-quota/v1/applied-quotas";

struct Quota {
    id: &'static str,
    scope: &'static str,
    display_name: &'static str,
    limit: usize,
    usage: usize,
}

impl Quota {
    fn shown(&self, call: &Call<'_>) -> Value {
        let name = Crn::organization(&call.context.switches.organization).and("applied-quota", self.id);
        let times = Times {
            created_at: 0,
            updated_at: 0,
        };
        json!({
            "api_version": "service-quota/v1",
            "kind": "AppliedQuota",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, self.id), &name.to_string(), times),
            "scope": self.scope,
            "display_name": self.display_name,
            "default_limit": self.limit,
            "applied_limit": self.limit,
            "usage": self.usage,
        })
    }
}

/// Those of one scope, whose name is taken in either case.
fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "service-quota/v1",
        kind: "AppliedQuotaList",
    };
    let scope = call.request.required("scope")?.to_uppercase();
    let quotas = match scope.as_str() {
        "ORGANIZATION" => vec![Quota {
            id: "iam.max_environments.per_org",
            scope: "ORGANIZATION",
            display_name: "Environments Per Organization",
            limit: org::MOST,
            usage: org::all(call)?.len(),
        }],
        "ENVIRONMENT" => {
            let environment = call.request.required("environment")?;
            org::visible(call, environment)?;
            vec![Quota {
                id: "kafka.max_kafka_clusters.per_env",
                scope: "ENVIRONMENT",
                display_name: "Kafka Clusters Per Environment",
                limit: cmk::MOST,
                usage: cmk::clusters(call.view, call.context, environment)?.len(),
            }]
        }
        _ => Vec::new(),
    };
    let wanted = call.request.queried("id");
    let listed = quotas.iter().filter(|quota| wanted.is_none_or(|id| id == quota.id));
    page(
        call,
        kind,
        listed.map(|quota| (quota.id.to_owned(), quota.shown(call))).collect(),
    )
}
