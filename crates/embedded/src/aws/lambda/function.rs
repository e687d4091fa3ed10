//! Functions: made, read, changed and deleted.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::code;
use super::code::Code;
use super::configuration;
use super::configuration::Configuration;
use super::name;
use super::refusals;
use super::tags;
use super::tags::Tags;
use crate::aws::delays::Wait;
use crate::aws::iam::Assumability;
use crate::aws::iam::assumable;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::clock::rfc3339;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

/// Of the store's keys for functions.
pub(super) const THINGS: &str = "lambda/function";
/// As many as one ListFunctions answers.
const PAGE: usize = 50;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) configuration: Configuration,
    architectures: Vec<String>,
    pub(super) code: Code,
    pub(super) tags: Tags,
    pub(super) reserved_concurrency: Option<u64>,
    /// Times are milliseconds since 1970.
    modified_at: u64,
    /// Until then it is pending.
    active_at: u64,
    /// Until then its last update is in progress.
    updated_at: u64,
    /// While it is pending or updated, and afterwards: reaching a state is a revision of its own.
    revisions: [String; 2],
}

impl Function {
    pub(super) fn arn(&self, context: &Context) -> String {
        name::arn(context, &self.name)
    }

    pub(super) fn store(&self, context: &Context, batch: &mut Batch) -> Result<(), Refusal> {
        Ok(batch.put(key(context, &self.name), self)?)
    }

    /// Ready for an update of configuration or code.
    fn ready(self, context: &Context, revision: Option<&str>) -> Result<Self, Refusal> {
        if context.now < self.active_at {
            return Err(refusals::is_pending());
        }
        if context.now < self.updated_at {
            return Err(refusals::is_updated(&self.arn(context)));
        }
        match revision {
            Some(revision) if revision != self.revision(context) => Err(refusals::other_revision()),
            _ => Ok(self),
        }
    }

    fn revision(&self, context: &Context) -> &str {
        let [during, after] = &self.revisions;
        let is_busy = context.now < self.active_at.max(self.updated_at);
        if is_busy { during } else { after }
    }

    /// An update was taken, and is in progress from now on.
    fn begin_update(&mut self, context: &Context) {
        self.modified_at = context.now;
        self.updated_at = context.now + Wait::FunctionUpdate.length(context.delays);
        self.revisions = [uuid(), uuid()];
    }

    /// What every operation shows, without states.
    fn listed(&self, context: &Context) -> Map<String, Value> {
        let mut shown = self.configuration.shown(&self.name);
        let more = json!({
            "FunctionName": self.name,
            "FunctionArn": self.arn(context),
            "CodeSize": self.code.size,
            "CodeSha256": self.code.shown,
            "Architectures": self.architectures,
            "LastModified": rfc3339(self.modified_at).replace('Z', "+0000"),
            "RevisionId": self.revision(context),
        });
        if let Value::Object(members) = more {
            shown.extend(members);
        }
        shown
    }

    /// A pending function has no update yet, so no status of one.
    fn shown(&self, context: &Context) -> Value {
        let mut shown = self.listed(context);
        let states = if context.now < self.active_at {
            json!({
                "State": "Pending",
                "StateReason": "The function is being created.",
                "StateReasonCode": "Creating",
            })
        } else if context.now < self.updated_at {
            json!({
                "State": "Active",
                "LastUpdateStatus": "InProgress",
                "LastUpdateStatusReason": "The function is being created.",
                "LastUpdateStatusReasonCode": "Creating",
            })
        } else {
            json!({"State": "Active", "LastUpdateStatus": "Successful"})
        };
        if let Value::Object(members) = states {
            shown.extend(members);
        }
        Value::Object(shown)
    }
}

pub(super) fn key(context: &Context, name: &str) -> String {
    context.regional_prefix(THINGS) + name
}

pub(super) fn find(view: View<'_>, context: &Context, name: &str) -> Result<Option<Function>, Refusal> {
    Ok(view.get(&key(context, name))?)
}

/// The function that the path names.
pub(super) fn labelled(view: View<'_>, request: &Request, context: &Context) -> Result<Function, Refusal> {
    let name = name::labelled(request, context)?;
    find(view, context, name)?.ok_or_else(|| refusals::no_function(&name::arn(context, name)))
}

/// Whether Lambda can assume a function's role now. Why not (not there, not yet, not trusting Lambda) it does not tell.
pub(super) fn check_role(view: View<'_>, context: &Context, role: &str) -> Result<(), Refusal> {
    match assumable(view, context, role, "lambda.amazonaws.com")? {
        Assumability::Yes => Ok(()),
        Assumability::NotYet | Assumability::NoSuchRole | Assumability::TrustRefuses => Err(refusals::not_assumable()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    function_name: Option<String>,
    code: Option<CodeInput>,
    architectures: Option<Vec<String>>,
    tags: Option<Tags>,
    package_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CodeInput {
    zip_file: Option<String>,
}

/// In which order AWS finds fault is not published; here an existing name comes before the role, so that a repeated
/// create learns of its first attempt.
pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: CreateInput = request.input()?;
    let named = input.function_name.ok_or_else(|| refusals::missing("functionName"))?;
    let name = name::plain(&named, context)?;
    if input.package_type.is_some_and(|kind| kind != "Zip") {
        return Err(refusals::invalid(
            "eclusa's embedded cloud makes functions of zip archives only.",
        ));
    }
    let configuration = Configuration::new(request.input::<configuration::Sent>()?)?;
    let architectures = checked_architectures(input.architectures)?.unwrap_or_else(|| vec!["x86_64".to_owned()]);
    let tags = tags::checked(input.tags.unwrap_or_default())?;
    let code = input.code.ok_or_else(|| refusals::missing("code"))?;
    let sent = code::sent(code.zip_file.as_deref())?;
    if find(view, context, name)?.is_some() {
        return Err(refusals::function_exists(name));
    }
    check_role(view, context, &configuration.role)?;
    let function = Function {
        name: name.to_owned(),
        configuration,
        architectures,
        code: sent.code,
        tags,
        reserved_concurrency: None,
        modified_at: context.now,
        active_at: context.now + Wait::FunctionPending.length(context.delays),
        updated_at: 0,
        revisions: [uuid(), uuid()],
    };
    let mut batch = Batch::default();
    batch.keep(&function.code.sha256, sent.bytes);
    function.store(context, &mut batch)?;
    Ok(Reply::with(function.shown(context), batch))
}

fn checked_architectures(sent: Option<Vec<String>>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(sent) = sent else { return Ok(None) };
    match sent.as_slice() {
        [one] if one == "x86_64" || one == "arm64" => Ok(Some(sent)),
        [_] => Err(refusals::constraint(
            &format!("'{sent:?}'"),
            "architectures",
            "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]",
        )),
        _ => Err(refusals::constraint(
            &format!("'{sent:?}'"),
            "architectures",
            "have length less than or equal to 1",
        )),
    }
}

/// The code's address is one that AWS would sign for ten minutes; nothing is served there.
pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let function = labelled(view, request, context)?;
    let location = format!(
        "https://awslambda-{}-tasks.s3.{}.{}/snapshots/{}/{}?X-Amz-Signature=embedded",
        context.region,
        context.region,
        context.domain(),
        context.account,
        function.name
    );
    let mut output = json!({
        "Configuration": function.shown(context),
        "Code": {"RepositoryType": "S3", "Location": location},
    });
    if !function.tags.is_empty() {
        output["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.reserved_concurrency {
        output["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    Ok(Reply::output(output))
}

pub(super) fn get_configuration(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let function = labelled(view, request, context)?;
    Ok(Reply::output(function.shown(context)))
}

/// In the order of names, without states.
pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let page = match request.queried("MaxItems") {
        None => PAGE,
        Some(text) => match text.parse() {
            Ok(number @ 1..=10_000) => PAGE.min(number),
            _ => {
                return Err(refusals::constraint(
                    &format!("'{text}'"),
                    "maxItems",
                    "be from 1 to 10000",
                ));
            }
        },
    };
    let prefix = context.regional_prefix(THINGS);
    let after = request.queried("Marker").map(|name| prefix.clone() + name);
    let mut shown = Vec::new();
    let mut last = String::new();
    for found in view.scan_after::<Function>(&prefix, &after.unwrap_or_default()) {
        let (_, function) = found?;
        if shown.len() == page {
            return Ok(Reply::output(json!({"Functions": shown, "NextMarker": last})));
        }
        shown.push(Value::Object(function.listed(context)));
        last = function.name;
    }
    Ok(Reply::output(json!({"Functions": shown})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Revision {
    revision_id: Option<String>,
}

pub(super) fn update_configuration(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let function = labelled(view, request, context)?;
    let revision = request.input::<Revision>()?.revision_id;
    let sent: configuration::Sent = request.input()?;
    let mut configuration = function.configuration.clone();
    configuration.apply(sent)?;
    let mut function = function.ready(context, revision.as_deref())?;
    check_role(view, context, &configuration.role)?;
    function.configuration = configuration;
    function.begin_update(context);
    let mut batch = Batch::default();
    function.store(context, &mut batch)?;
    Ok(Reply::with(function.shown(context), batch))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateCodeInput {
    zip_file: Option<String>,
    architectures: Option<Vec<String>>,
    dry_run: Option<bool>,
}

pub(super) fn update_code(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let function = labelled(view, request, context)?;
    let input: UpdateCodeInput = request.input()?;
    let architectures = checked_architectures(input.architectures)?;
    let sent = code::sent(input.zip_file.as_deref())?;
    let revision = request.input::<Revision>()?.revision_id;
    let mut function = function.ready(context, revision.as_deref())?;
    let mut batch = Batch::default();
    if sent.code != function.code {
        code::drop_unless_used(view, context, &function, &mut batch)?;
    }
    function.code = sent.code;
    function.architectures = architectures.unwrap_or(function.architectures);
    if input.dry_run == Some(true) {
        return Ok(Reply::output(function.shown(context)));
    }
    function.begin_update(context);
    batch.keep(&function.code.sha256, sent.bytes);
    function.store(context, &mut batch)?;
    Ok(Reply::with(function.shown(context), batch))
}

/// Mappings stay, and must be deleted by themselves.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let function = labelled(view, request, context)?;
    let mut batch = Batch::default();
    code::drop_unless_used(view, context, &function, &mut batch)?;
    batch.delete(key(context, &function.name));
    Ok(Reply::done(batch))
}
