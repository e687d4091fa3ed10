//! Secrets: made, found, described and changed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::deletion;
use super::refusals;
use super::tags;
use super::tags::TagInput;
use super::tags::Tags;
use super::value;
use super::value::Content;
use super::value::Version;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

const LONGEST_NAME: usize = 512;
const LONGEST_DESCRIPTION: usize = 2048;
/// Random characters at the end of an ARN.
const SUFFIX: usize = 6;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) name: String,
    /// The end of its ARN.
    suffix: String,
    /// Times are milliseconds since 1970, here and below.
    pub(super) created_at: u64,
    pub(super) changed_at: u64,
    description: Option<String>,
    kms_key_id: Option<String>,
    pub(super) tags: Tags,
    /// By version id.
    pub(super) versions: BTreeMap<String, Version>,
    /// Set while it is scheduled for deletion: since when, and when it goes.
    pub(super) deletion: Option<Deletion>,
    /// From when it is listed: after `created_at` only where reads lag.
    pub(super) listed_at: u64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Deletion {
    pub(super) asked_at: u64,
    pub(super) gone_at: u64,
}

impl Secret {
    pub(super) fn arn(&self, context: &Context) -> String {
        context.arn("secretsmanager", &format!("secret:{}-{}", self.name, self.suffix))
    }

    pub(super) fn stored(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &self.name), self)?;
        Ok(batch)
    }

    /// The members that all answers about a secret share.
    pub(super) fn named(&self, context: &Context) -> Value {
        json!({"ARN": self.arn(context), "Name": self.name})
    }

    /// What DescribeSecret and ListSecrets show; the versions under the name that each gives them.
    pub(super) fn shown(&self, context: &Context, versions: &str) -> Value {
        let mut shown = self.named(context);
        shown["CreatedDate"] = seconds(self.created_at);
        shown["LastChangedDate"] = seconds(self.changed_at);
        if let Some(description) = &self.description {
            shown["Description"] = json!(description);
        }
        if let Some(key) = &self.kms_key_id {
            shown["KmsKeyId"] = json!(key);
        }
        if let Some(deletion) = self.deletion {
            shown["DeletedDate"] = seconds(deletion.asked_at);
        }
        shown["Tags"] = tags::shown(&self.tags);
        let staged = self.versions.iter().filter(|(_, version)| !version.stages.is_empty());
        let staged: BTreeMap<_, _> = staged.map(|(id, version)| (id, &version.stages)).collect();
        if !staged.is_empty() {
            shown[versions] = json!(staged);
        }
        shown
    }
}

/// Times are seconds since 1970 with a fraction.
pub(super) fn seconds(milliseconds: u64) -> Value {
    #[allow(clippy::cast_precision_loss)] // exact for some hundred thousand years
    let seconds = milliseconds as f64 / 1000.0;
    json!(seconds)
}

pub(super) fn prefix(context: &Context) -> String {
    context.regional_prefix("secretsmanager/secret")
}

pub(super) fn key(context: &Context, name: &str) -> String {
    prefix(context) + name
}

/// The secret of that name, scheduled for deletion or not, unless its day has come.
fn find(view: View<'_>, context: &Context, name: &str) -> Result<Option<Secret>, Refusal> {
    let secret: Option<Secret> = view.get(&key(context, name))?;
    Ok(secret.filter(|secret| secret.deletion.is_none_or(|deletion| context.now < deletion.gone_at)))
}

/// The secret that a `SecretId` names: its name, its ARN, or its ARN without the random end.
pub(super) fn known(view: View<'_>, context: &Context, id: Option<&str>) -> Result<Secret, Refusal> {
    let id = id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| refusals::missing("SecretId"))?;
    let Some(named) = id.strip_prefix(&context.arn("secretsmanager", "secret:")) else {
        return find(view, context, id)?.ok_or_else(refusals::no_such_secret);
    };
    if let Some((name, suffix)) = named.rsplit_once('-')
        && let Some(secret) = find(view, context, name)?
        && secret.suffix == suffix
    {
        return Ok(secret);
    }
    find(view, context, named)?.ok_or_else(refusals::no_such_secret)
}

/// The secret that a `SecretId` names, if it is not scheduled for deletion.
pub(super) fn usable(view: View<'_>, context: &Context, id: Option<&str>) -> Result<Secret, Refusal> {
    let secret = known(view, context, id)?;
    match secret.deletion {
        Some(_) => Err(refusals::marked_for_deletion()),
        None => Ok(secret),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    name: Option<String>,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    #[serde(flatten)]
    content: Content,
    #[serde(default)]
    tags: Vec<TagInput>,
}

/// Again with the same token and value: answered as if made now. Without a value a token proves nothing.
pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: CreateInput = request.input()?;
    let name = input.name.unwrap_or_default();
    check_name(&name)?;
    check_description(input.description.as_deref())?;
    let version = value::version(input.content, input.client_request_token, context)?;
    let tags = tags::read(input.tags)?;
    if let Some(secret) = find(view, context, &name)? {
        let again = version.as_ref().is_some_and(|(id, version)| {
            let known = secret.versions.get(id);
            known.is_some_and(|known| known.holds_the_same(version))
        });
        return match (secret.deletion, version) {
            (Some(_), _) => Err(refusals::name_scheduled_for_deletion()),
            (None, Some((id, _))) if again => Ok(Reply::output(answer(&secret, context, Some(&id)))),
            (None, _) => Err(refusals::exists(&name)),
        };
    }
    if deletion::still_blocks(view, context, &name)? {
        return Err(refusals::name_scheduled_for_deletion());
    }
    let lag = if context.reads_lag {
        Wait::SecretListLag.length(context.delays)
    } else {
        0
    };
    let mut secret = Secret {
        name,
        suffix: suffix(),
        created_at: context.now,
        changed_at: context.now,
        description: input.description.filter(|text| !text.is_empty()),
        kms_key_id: key_id(input.kms_key_id),
        tags,
        versions: BTreeMap::new(),
        deletion: None,
        listed_at: context.now + lag,
    };
    let id = version.map(|(id, version)| {
        secret.versions.insert(id.clone(), version);
        id
    });
    let mut batch = secret.stored(context)?;
    batch.delete(deletion::key(context, &secret.name));
    Ok(Reply::with(answer(&secret, context, id.as_deref()), batch))
}

fn answer(secret: &Secret, context: &Context, version: Option<&str>) -> Value {
    let mut answer = secret.named(context);
    if let Some(version) = version {
        answer["VersionId"] = json!(version);
    }
    answer
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(legal) {
        return Err(refusals::invalid_parameter(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    Ok(())
}

fn check_description(description: Option<&str>) -> Result<(), Refusal> {
    match description {
        Some(text) if text.chars().count() > LONGEST_DESCRIPTION => Err(refusals::invalid_parameter(format!(
            "The description can be at most {LONGEST_DESCRIPTION} characters."
        ))),
        _ => Ok(()),
    }
}

/// An empty one is the service's own key, which is not shown.
fn key_id(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty() && id != "alias/aws/secretsmanager")
}

fn suffix() -> String {
    (0..SUFFIX).map(|_| fastrand::alphanumeric()).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IdInput {
    pub(super) secret_id: Option<String>,
}

pub(super) fn describe(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: IdInput = request.input()?;
    let secret = known(view, context, input.secret_id.as_deref())?;
    Ok(Reply::output(secret.shown(context, "VersionIdsToStages")))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    secret_id: Option<String>,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    #[serde(flatten)]
    content: Content,
}

/// What is left out stays.
pub(super) fn update(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UpdateInput = request.input()?;
    check_description(input.description.as_deref())?;
    let version = value::version(input.content, input.client_request_token, context)?;
    let mut secret = usable(view, context, input.secret_id.as_deref())?;
    if let Some(text) = input.description {
        secret.description = Some(text).filter(|text| !text.is_empty());
    }
    if let Some(id) = input.kms_key_id {
        secret.kms_key_id = key_id(Some(id));
    }
    let id = match version {
        Some((id, version)) => {
            value::add(&mut secret, context, id.clone(), version)?;
            Some(id)
        }
        None => None,
    };
    secret.changed_at = context.now;
    Ok(Reply::with(
        answer(&secret, context, id.as_deref()),
        secret.stored(context)?,
    ))
}
