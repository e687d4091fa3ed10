//! Values: versions of a secret, and the labels (`AWSCURRENT`, `AWSPREVIOUS`) that say which one is meant.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use super::refusals;
use super::secret;
use super::secret::Secret;
use super::secret::seconds;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::identifier::uuid;
use crate::store::View;

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
/// Bytes of the largest value.
const LARGEST: usize = 65_536;
/// Characters of a version's id, which is the token of the call that made it.
const TOKEN: std::ops::RangeInclusive<usize> = 32..=64;

/// The value of a call that may bring one; a binary one is base64 on the wire and stays so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    secret_string: Option<String>,
    secret_binary: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    content: Content,
    created_at: u64,
    pub(super) stages: Vec<String>,
}

impl Version {
    pub(super) fn holds_the_same(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

/// The version that a call brings, with its id, if it brings one; the current one until `add` says otherwise.
pub(super) fn version(
    content: Content,
    token: Option<String>,
    context: &Context,
) -> Result<Option<(String, Version)>, Refusal> {
    if let Some(token) = &token
        && !TOKEN.contains(&token.len())
    {
        return Err(refusals::invalid_parameter(
            "The parameter ClientRequestToken must be 32 to 64 characters long.",
        ));
    }
    let length = match (&content.secret_string, &content.secret_binary) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(refusals::invalid_parameter(
                "You can't specify both a binary secret value and a string secret value in the same secret.",
            ));
        }
        (Some(text), None) => text.len(),
        (None, Some(encoded)) => binary_length(encoded)?,
    };
    if length == 0 || length > LARGEST {
        return Err(refusals::invalid_parameter(format!(
            "The secret value must be 1 to {LARGEST} bytes long."
        )));
    }
    let version = Version {
        content,
        created_at: context.now,
        stages: vec![CURRENT.to_owned()],
    };
    Ok(Some((token.unwrap_or_else(uuid), version)))
}

/// Bytes of a binary value, which the bound is for, not its characters on the wire.
fn binary_length(encoded: &str) -> Result<usize, Refusal> {
    let decoded = STANDARD.decode(encoded);
    let decoded = decoded.map_err(|_| Refusal::malformed("The parameter SecretBinary is not valid base64."))?;
    Ok(decoded.len())
}

/// Adds a version and moves its labels to it. The same value under the same id again changes nothing.
pub(super) fn add(secret: &mut Secret, context: &Context, id: String, version: Version) -> Result<(), Refusal> {
    if let Some(known) = secret.versions.get(&id) {
        return if known.holds_the_same(&version) {
            Ok(())
        } else {
            Err(refusals::token_in_use(&id, &secret.arn(context)))
        };
    }
    let becomes_current = version.stages.iter().any(|stage| stage == CURRENT);
    for known in secret.versions.values_mut() {
        let was_current = known.stages.iter().any(|stage| stage == CURRENT);
        known
            .stages
            .retain(|stage| !(version.stages.contains(stage) || becomes_current && stage == PREVIOUS));
        if was_current && becomes_current {
            known.stages.push(PREVIOUS.to_owned());
        }
    }
    secret.versions.insert(id, version);
    // What no label names any more is removed by the service in its own time: here at once.
    secret.versions.retain(|_, version| !version.stages.is_empty());
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutInput {
    secret_id: Option<String>,
    client_request_token: Option<String>,
    #[serde(flatten)]
    content: Content,
    version_stages: Option<Vec<String>>,
}

pub(super) fn put(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: PutInput = request.input()?;
    let mut secret = secret::usable(view, context, input.secret_id.as_deref())?;
    let (id, mut version) = version(input.content, input.client_request_token, context)?
        .ok_or_else(|| refusals::invalid_parameter("You must provide either SecretString or SecretBinary."))?;
    if let Some(stages) = input.version_stages.filter(|stages| !stages.is_empty()) {
        version.stages = stages;
    }
    // The first value is the current one, whatever it is called beside.
    if secret.versions.is_empty() && !version.stages.iter().any(|stage| stage == CURRENT) {
        version.stages.push(CURRENT.to_owned());
    }
    add(&mut secret, context, id.clone(), version)?;
    secret.changed_at = context.now;
    let mut answer = secret.named(context);
    answer["VersionStages"] = json!(secret.versions.get(&id).map(|version| &version.stages));
    answer["VersionId"] = json!(id);
    Ok(Reply::with(answer, secret.stored(context)?))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    secret_id: Option<String>,
    version_id: Option<String>,
    version_stage: Option<String>,
}

pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: GetInput = request.input()?;
    let secret = secret::usable(view, context, input.secret_id.as_deref())?;
    let stage = match (input.version_stage, &input.version_id) {
        (None, None) => Some(CURRENT.to_owned()),
        (stage, _) => stage,
    };
    let found = secret.versions.iter().find(|(id, version)| {
        input.version_id.as_ref().is_none_or(|wanted| wanted == *id)
            && stage.as_ref().is_none_or(|wanted| version.stages.contains(wanted))
    });
    let Some((id, version)) = found else {
        return Err(match (&input.version_id, &stage) {
            (Some(id), _) => refusals::no_such_value(&format!("VersionId: {id}")),
            (None, stage) => {
                refusals::no_such_value(&format!("staging label: {}", stage.as_deref().unwrap_or_default()))
            }
        });
    };
    let mut answer = secret.named(context);
    answer["VersionId"] = json!(id);
    answer["VersionStages"] = json!(version.stages);
    answer["CreatedDate"] = seconds(version.created_at);
    if let Some(text) = &version.content.secret_string {
        answer["SecretString"] = json!(text);
    }
    if let Some(bytes) = &version.content.secret_binary {
        answer["SecretBinary"] = json!(bytes);
    }
    Ok(Reply::output(answer))
}
