//! API keys.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::accounts;
use crate::confluent::cmk;
use crate::confluent::crn::Crn;
use crate::confluent::delays::Wait;
use crate::confluent::identifier;
use crate::confluent::key::USER;
use crate::confluent::object;
use crate::confluent::object::Times;
use crate::confluent::page;
use crate::confluent::page::page;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::switches::StatusCodes;
use crate::store::Batch;
use crate::store::View;

const PATH: &str = "/iam/v2/api-keys";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    id: String,
    pub(crate) secret: String,
    display_name: String,
    description: String,
    /// `sa-…` or the user's id.
    pub(crate) owner: String,
    pub(crate) resource: Resource,
    /// Before this the key is let in nowhere; from then until `steady_at` every other call.
    pub(crate) usable_at: u64,
    pub(crate) steady_at: u64,
    times: Times,
}

/// What the key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resource {
    Cloud,
    Global,
    Cluster { id: String, environment: String },
}

/// What stays of a key that was deleted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deleted {
    deleted_at: u64,
}

pub(crate) fn key(context: &Context, id: &str) -> String {
    context.prefix("api-key") + id
}

fn deleted_key(context: &Context, id: &str) -> String {
    context.prefix("deleted-api-key") + id
}

pub(crate) fn was_deleted(view: View<'_>, context: &Context, id: &str) -> Result<bool, Refusal> {
    Ok(view.get::<Deleted>(&deleted_key(context, id))?.is_some())
}

impl Resource {
    fn id(&self) -> &str {
        match self {
            Self::Cloud => "cloud",
            Self::Global => "global",
            Self::Cluster { id, .. } => id,
        }
    }

    fn shown(&self, context: &Context) -> Value {
        match self {
            Self::Cloud => {
                json!({"api_version": "iam/v2", "kind": "Cloud", "id": "cloud", "related": "cloud", "resource_name": "cloud"})
            }
            Self::Global => {
                json!({"api_version": "global/v1", "kind": "Global", "id": "global", "related": "global", "resource_name": "global"})
            }
            Self::Cluster { id, environment } => cmk::reference(context, environment, id),
        }
    }
}

impl ApiKey {
    fn shown(&self, context: &Context, secret: &str) -> Value {
        let owner = if self.owner == USER {
            let name = Crn::organization(&context.switches.organization).and("user", USER);
            json!({
                "api_version": "iam/v2",
                "kind": "User",
                "id": USER,
                "related": object::address("/iam/v2/users", USER),
                "resource_name": name.to_string(),
            })
        } else {
            accounts::reference(context, &self.owner)
        };
        let name = accounts::crn(context, &self.owner).and("api-key", &self.id).to_string();
        json!({
            "api_version": "iam/v2",
            "kind": "ApiKey",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, &self.id), &name, self.times),
            "spec": {
                "display_name": self.display_name,
                "description": self.description,
                "owner": owner,
                "resource": self.resource.shown(context),
                "secret": secret,
            },
        })
    }

    fn stored(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &self.id), self)?;
        Ok(batch)
    }
}

fn all(view: View<'_>, context: &Context) -> Result<Vec<ApiKey>, Refusal> {
    let prefix = context.prefix("api-key");
    let found: Result<Vec<_>, _> = view.scan::<ApiKey>(&prefix).collect();
    Ok(found?.into_iter().map(|(_, key)| key).collect())
}

/// Deletes the keys of which `goes` is true.
pub(crate) fn remove(
    view: View<'_>,
    context: &Context,
    batch: &mut Batch,
    goes: impl Fn(&ApiKey) -> bool,
) -> Result<(), Refusal> {
    for gone in all(view, context)?.into_iter().filter(goes) {
        batch.delete(key(context, &gone.id));
        let mark = Deleted {
            deleted_at: context.now,
        };
        batch.put(deleted_key(context, &gone.id), &mark)?;
    }
    Ok(())
}

fn may_have(call: &Call<'_>, owner: &str) -> bool {
    let organization = Crn::organization(&call.context.switches.organization);
    call.caller.owner == owner || call.caller.rights.manages(&organization)
}

/// What a key that hides things goes by.
fn shown_by(key: &ApiKey) -> String {
    format!("{} {}", key.display_name, key.description)
}

fn is_visible(call: &Call<'_>, key: &ApiKey) -> bool {
    call.caller.is_shown(&shown_by(key)) && may_have(call, &key.owner)
}

/// One that is not there answers as one that is hidden.
fn seen(call: &Call<'_>) -> Result<ApiKey, Refusal> {
    let found: Option<ApiKey> = call.view.get(&key(call.context, call.request.label("id")))?;
    found.filter(|key| is_visible(call, key)).ok_or_else(Refusal::forbidden)
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "iam/v2",
        kind: "ApiKeyList",
    };
    let (owner, resource) = (
        call.request.queried("spec.owner"),
        call.request.queried("spec.resource"),
    );
    let listed = all(call.view, call.context)?.into_iter().filter(|key| {
        is_visible(call, key)
            && owner.is_none_or(|owner| key.owner == owner)
            && resource.is_none_or(|resource| key.resource.id() == resource)
    });
    let shown = listed.map(|key| (key.id.clone(), key.shown(call.context, "")));
    page(call, kind, shown.collect())
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(seen(call)?.shown(call.context, "")))
}

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
struct Spec {
    display_name: Option<String>,
    description: Option<String>,
    owner: Option<Reference>,
    resource: Option<Reference>,
    resources: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    id: String,
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let Input { spec } = call.request.input()?;
    let context = call.context;
    if spec.resources.is_some() {
        return Err(Refusal::not_implemented("API keys of several resources"));
    }
    let owner = spec.owner.ok_or_else(|| Refusal::missing("/spec/owner"))?.id;
    if owner != USER && accounts::find(call.view, context, &owner)?.is_none() {
        let detail = format!("owner {owner} does not exist");
        return Err(Refusal::general(400, "invalid_request_body", detail).at_pointer("/spec/owner/id"));
    }
    if !may_have(call, &owner) {
        return Err(Refusal::forbidden());
    }
    let (resource, begins) = resource(call, spec.resource)?;
    let wait = match resource {
        Resource::Cluster { .. } => Wait::KafkaKeySpread,
        Resource::Cloud | Resource::Global => Wait::CloudKeySpread,
    };
    let usable_at = begins + context.length(wait);
    let key = ApiKey {
        id: identifier::api_key(),
        secret: identifier::secret(),
        display_name: spec.display_name.unwrap_or_default(),
        description: spec.description.unwrap_or_default(),
        owner,
        resource,
        usable_at,
        steady_at: usable_at + context.length(Wait::KeyFlapping),
        times: Times::now(context),
    };
    call.caller.must_be_shown(&shown_by(&key))?;
    let status = match context.switches.status_codes {
        StatusCodes::Recorded => 201,
        StatusCodes::Specified => 202,
    };
    Ok(Reply::of(status, key.shown(context, &key.secret)).storing(key.stored(context)?))
}

/// What the key is for, and when it can begin to spread.
fn resource(call: &Call<'_>, asked: Option<Reference>) -> Result<(Resource, u64), Refusal> {
    let now = call.context.now;
    match asked.map(|resource| resource.id).as_deref() {
        None | Some("" | "cloud") => Ok((Resource::Cloud, now)),
        Some("global") => Ok((Resource::Global, now)),
        Some(id) if id.starts_with("lkc-") => {
            let found = cmk::find(call.view, call.context, id)?;
            let cluster = found.filter(|cluster| call.caller.rights.sees(&cluster.crn(call.context)));
            let cluster = cluster.ok_or_else(Refusal::forbidden)?;
            let resource = Resource::Cluster {
                id: cluster.id.clone(),
                environment: cluster.environment.clone(),
            };
            Ok((resource, now.max(cluster.provisioned_at)))
        }
        Some(id) => Err(Refusal::not_implemented(&format!("API keys for {id}"))),
    }
}

/// What cannot be changed is passed over.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, Refusal> {
    let Input { spec } = call.request.input()?;
    let mut key = seen(call)?;
    if let Some(name) = spec.display_name {
        key.display_name = name;
    }
    if let Some(description) = spec.description {
        key.description = description;
    }
    key.times.updated_at = call.context.now;
    Ok(Reply::ok(key.shown(call.context, "")).storing(key.stored(call.context)?))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let gone = seen(call)?.id;
    let mut batch = Batch::default();
    remove(call.view, call.context, &mut batch, |key| key.id == gone)?;
    Ok(Reply::empty(204).storing(batch))
}
