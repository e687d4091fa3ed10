//! ACLs: seven fields that are all there is to one.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::address;
use super::authorize::Authority;
use super::authorize::Kind;
use super::cluster;
use super::filter::Filter;
use super::listed;
use super::not_authorized;
use super::topic::CLUSTER;
use super::wrong;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::delays::Wait;
use crate::confluent::iam::accounts;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::switches::DuplicateAcls;
use crate::store::Batch;
use crate::store::View;

/// What each type of resource can be asked for, beside ALL.
const OPERATIONS: &[(&str, &[&str])] = &[
    (
        "TOPIC",
        &[
            "READ",
            "WRITE",
            "CREATE",
            "DELETE",
            "ALTER",
            "DESCRIBE",
            "DESCRIBE_CONFIGS",
            "ALTER_CONFIGS",
        ],
    ),
    ("GROUP", &["READ", "DESCRIBE", "DELETE"]),
    (
        "CLUSTER",
        &[
            "CREATE",
            "ALTER",
            "DESCRIBE",
            "CLUSTER_ACTION",
            "DESCRIBE_CONFIGS",
            "ALTER_CONFIGS",
            "IDEMPOTENT_WRITE",
        ],
    ),
    ("TRANSACTIONAL_ID", &["DESCRIBE", "WRITE"]),
    ("DELEGATION_TOKEN", &["DESCRIBE"]),
];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Acl {
    pub(super) resource_type: String,
    pub(super) resource_name: String,
    pub(super) pattern_type: String,
    /// `User:sa-…`, `User:u-…` or `User:*`.
    pub(super) principal: String,
    pub(super) host: String,
    pub(super) operation: String,
    pub(super) permission: String,
    /// The principal's number, if it was an account when this was made.
    pub(super) number: Option<u64>,
    /// From when connectors can rely on it.
    pub(super) effective_at: u64,
}

impl Acl {
    /// Whether the pattern fits a resource of that name.
    pub(super) fn covers(&self, name: &str) -> bool {
        match self.pattern_type.as_str() {
            "PREFIXED" => name.starts_with(&self.resource_name),
            _ => self.resource_name == "*" || self.resource_name == name,
        }
    }

    /// What keys that hide things go by.
    fn name(&self) -> String {
        format!("{} {}", self.resource_name, self.operation)
    }

    /// The seven fields as one text.
    fn identity(&self) -> String {
        json!([
            self.resource_type,
            self.resource_name,
            self.pattern_type,
            self.principal,
            self.host,
            self.operation,
            self.permission
        ])
        .to_string()
    }

    fn shown(&self, cluster: &Cluster, by_number: bool) -> Value {
        let principal = match self.number.filter(|_| by_number) {
            Some(number) => format!("User:{number}"),
            None => self.principal.clone(),
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("resource_type", &self.resource_type)
            .append_pair("resource_name", &self.resource_name)
            .append_pair("pattern_type", &self.pattern_type)
            .append_pair("principal", &principal)
            .append_pair("host", &self.host)
            .append_pair("operation", &self.operation)
            .append_pair("permission", &self.permission)
            .finish();
        json!({
            "kind": "KafkaAcl",
            "metadata": {"self": address(cluster, &format!("/acls?{query}"))},
            "cluster_id": cluster.id,
            "resource_type": self.resource_type,
            "resource_name": self.resource_name,
            "pattern_type": self.pattern_type,
            "principal": principal,
            "host": self.host,
            "operation": self.operation,
            "permission": self.permission,
        })
    }
}

fn prefix(context: &Context, cluster: &str) -> String {
    context.prefix("acl") + cluster + "/"
}

pub(super) fn all(view: View<'_>, context: &Context, cluster: &str) -> Result<Vec<Acl>, Refusal> {
    let prefix = prefix(context, cluster);
    let found: Result<Vec<_>, _> = view.scan::<Acl>(&prefix).collect();
    Ok(found?.into_iter().map(|(_, acl)| acl).collect())
}

fn must(call: &Call<'_>, cluster: &Cluster, operation: &str) -> Result<(), Refusal> {
    let authority = Authority::of_caller(call, cluster)?;
    if authority.allows(operation, Kind::Cluster, CLUSTER) {
        Ok(())
    } else {
        Err(not_authorized())
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    must(call, &cluster, "DESCRIBE")?;
    let filter = Filter::of(call.request);
    let found = all(call.view, call.context, &cluster.id)?;
    let visible = found
        .iter()
        .filter(|acl| call.caller.is_shown(&acl.name()) && filter.takes(acl));
    let shown = visible
        .map(|acl| acl.shown(&cluster, filter.by_number()))
        .collect::<Vec<_>>();
    listed(&cluster, "KafkaAclList", "/acls", shown)
}

#[derive(Debug, Deserialize)]
struct Input {
    resource_type: String,
    resource_name: String,
    pattern_type: String,
    principal: String,
    host: String,
    operation: String,
    permission: String,
}

#[derive(Debug, Deserialize)]
struct BatchInput {
    data: Vec<Input>,
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    add(call, vec![call.request.input()?])
}

/// All of it or nothing.
pub(super) fn create_batch(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: BatchInput = call.request.input()?;
    add(call, input.data)
}

fn add(call: &Call<'_>, inputs: Vec<Input>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    must(call, &cluster, "ALTER")?;
    let prefix = prefix(call.context, &cluster.id);
    let mut batch = Batch::default();
    for input in inputs {
        let acl = acl(call, input)?;
        let key = format!("{prefix}{}", acl.identity());
        let known = call.view.get::<Acl>(&key)?.is_some();
        match call.context.switches.duplicate_acls {
            _ if !known => batch.put(key, &acl)?,
            DuplicateAcls::Accepted => {}
            DuplicateAcls::Refused => {
                return Err(Refusal::flat(
                    409,
                    40902,
                    format!("ACL {} already exists.", acl.identity()),
                ));
            }
        }
    }
    Ok(Reply::empty(201).storing(batch))
}

fn acl(call: &Call<'_>, input: Input) -> Result<Acl, Refusal> {
    let (kind, operation) = (input.resource_type.as_str(), input.operation.as_str());
    let operations = OPERATIONS.iter().find(|(known, _)| *known == kind);
    let (_, operations) = operations.ok_or_else(|| wrong(format!("Unknown resource type {kind}")))?;
    if operation != "ALL" && !operations.contains(&operation) {
        return Err(wrong(format!("Operation {operation} is not one of {kind}")));
    }
    if !matches!(input.pattern_type.as_str(), "LITERAL" | "PREFIXED") {
        return Err(wrong(format!(
            "Pattern type {} is not LITERAL or PREFIXED",
            input.pattern_type
        )));
    }
    if !matches!(input.permission.as_str(), "ALLOW" | "DENY") {
        return Err(wrong(format!("Permission {} is not ALLOW or DENY", input.permission)));
    }
    if kind == "CLUSTER" && input.resource_name != CLUSTER {
        return Err(wrong("The only valid name for the CLUSTER resource is kafka-cluster"));
    }
    if input.resource_name.is_empty() || input.host.is_empty() {
        return Err(wrong("resource_name and host must not be empty"));
    }
    let (principal, number) = principal(call, &input.principal)?;
    Ok(Acl {
        resource_type: input.resource_type,
        resource_name: input.resource_name,
        pattern_type: input.pattern_type,
        principal,
        host: input.host,
        operation: input.operation,
        permission: input.permission,
        number,
        effective_at: call.context.after(Wait::AclSpread),
    })
}

/// The principal by id, and its number: an account may be named by either.
fn principal(call: &Call<'_>, principal: &str) -> Result<(String, Option<u64>), Refusal> {
    let Some(id) = principal.strip_prefix("User:").filter(|id| !id.is_empty()) else {
        return Err(wrong(format!("Principal {principal} does not begin with User:")));
    };
    let all = accounts::all(call.view, call.context)?;
    let number = id.parse().ok();
    let account = all
        .into_iter()
        .find(|account| account.id == id || Some(account.number) == number);
    Ok(match account {
        Some(account) => (format!("User:{}", account.id), Some(account.number)),
        None => (principal.to_owned(), None),
    })
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let cluster = cluster(call)?;
    for name in ["resource_type", "pattern_type", "operation", "permission"] {
        if call.request.queried(name).is_none() {
            return Err(wrong(format!("Query parameter {name} is required to delete ACLs.")));
        }
    }
    must(call, &cluster, "ALTER")?;
    let filter = Filter::of(call.request);
    let prefix = prefix(call.context, &cluster.id);
    let mut batch = Batch::default();
    let mut deleted = Vec::new();
    for acl in all(call.view, call.context, &cluster.id)? {
        if filter.takes(&acl) {
            batch.delete(format!("{prefix}{}", acl.identity()));
            deleted.push(acl.shown(&cluster, filter.by_number()));
        }
    }
    Ok(Reply::ok(json!({"data": deleted})).storing(batch))
}
