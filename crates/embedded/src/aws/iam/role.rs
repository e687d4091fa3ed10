//! Roles: made, found, listed, changed and deleted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::boundary;
use super::document;
use super::page::Page;
use super::page::PageInput;
use super::parameters;
use super::parameters::Constraints;
use super::parameters::RoleNameInput;
use super::parameters::list;
use super::refusals;
use super::tags;
use super::tags::TagInput;
use super::tags::Tags;
use super::trust;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::clock::rfc3339;
use crate::store::Batch;
use crate::store::View;

/// Roles of one account (IAM quotas).
const MOST: usize = 1000;

const DEFAULT_SESSION: u32 = 3600;
const LONGEST_SESSION: u32 = 43_200;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Role {
    /// As it was spelled when made; the key holds it in lower case.
    pub(super) name: String,
    pub(super) path: String,
    /// `AROA` and 17 more: another one after the role was made anew.
    id: String,
    /// Times are milliseconds since 1970, here and below.
    created_at: u64,
    /// The trust policy as it was sent.
    pub(super) trust: String,
    description: Option<String>,
    max_session_seconds: u32,
    pub(super) boundary: Option<String>,
    pub(super) tags: Tags,
    /// Inline policies as they were sent, by name.
    pub(super) policies: BTreeMap<String, String>,
    /// ARNs of managed policies, in the order of their attachment.
    pub(super) attached: Vec<String>,
    /// From when other policies may name it as a principal.
    pub(super) known_at: u64,
    /// From when services can assume it under its present trust policy.
    pub(super) assumable_at: u64,
}

impl Role {
    pub(super) fn arn(&self, context: &Context) -> String {
        format!("{}{}{}", arn_prefix(context), self.path, self.name)
    }

    /// The batch that stores it as it is now.
    pub(super) fn stored(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &self.name), self)?;
        Ok(batch)
    }

    /// The members that lists show.
    fn listed(&self, context: &Context) -> Value {
        let mut shown = json!({
            "Path": self.path,
            "RoleName": self.name,
            "RoleId": self.id,
            "Arn": self.arn(context),
            "CreateDate": rfc3339(self.created_at - self.created_at % 1000),
            "AssumeRolePolicyDocument": document::encoded(&self.trust),
            "MaxSessionDuration": self.max_session_seconds,
        });
        if let Some(description) = &self.description {
            shown["Description"] = json!(description);
        }
        shown
    }

    /// All members.
    fn whole(&self, context: &Context) -> Value {
        let mut shown = self.listed(context);
        if let Some(arn) = &self.boundary {
            shown["PermissionsBoundary"] = json!({
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": arn,
            });
        }
        if !self.tags.is_empty() {
            shown["Tags"] = tags::shown(&self.tags);
        }
        shown
    }
}

fn arn_prefix(context: &Context) -> String {
    format!("arn:{}:iam::{}:role", context.partition(), context.account)
}

/// IAM is global: its keys hold no region.
fn prefix(context: &Context) -> String {
    format!("{}/iam/role/", context.account)
}

/// Names are compared without case.
fn key(context: &Context, name: &str) -> String {
    prefix(context) + &name.to_ascii_lowercase()
}

/// # Errors
/// There is no role of that name, whatever its case.
pub(super) fn named(view: View<'_>, context: &Context, name: &str) -> Result<Role, Refusal> {
    view.get(&key(context, name))?
        .ok_or_else(|| refusals::no_such_role(name))
}

/// The role with exactly this ARN, path included.
pub(super) fn by_arn(view: View<'_>, context: &Context, arn: &str) -> Result<Option<Role>, Refusal> {
    let Some((_, name)) = arn.rsplit_once('/') else {
        return Ok(None);
    };
    let role: Option<Role> = view.get(&key(context, name))?;
    Ok(role.filter(|role| role.arn(context) == arn))
}

/// Whether there is a role of that name which other policies may name by now.
pub(super) fn known(view: View<'_>, context: &Context, name: &str) -> Result<bool, Refusal> {
    let role: Option<Role> = view.get(&key(context, name))?;
    Ok(role.is_some_and(|role| role.name == name && role.known_at <= context.now))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    path: Option<String>,
    role_name: Option<String>,
    assume_role_policy_document: Option<String>,
    description: Option<String>,
    max_session_duration: Option<String>,
    permissions_boundary: Option<String>,
    #[serde(default, deserialize_with = "list")]
    tags: Option<Vec<TagInput>>,
}

pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let role = wanted(request.input()?, context)?;
    tags::check(&role.tags)?;
    if view.get::<Role>(&key(context, &role.name))?.is_some() {
        return Err(refusals::role_exists(&role.name));
    }
    if view.keys(&prefix(context)).count() >= MOST {
        return Err(refusals::quota("RolesPerAccount", MOST));
    }
    if let Some(arn) = &role.boundary {
        boundary::check(context, arn)?;
    }
    trust::check(view, context, &role.trust)?;
    Ok(Reply::with(json!({"Role": role.whole(context)}), role.stored(context)?))
}

fn wanted(input: CreateInput, context: &Context) -> Result<Role, Refusal> {
    let mut constraints = Constraints::default();
    let path = constraints.optional("path", input.path, &parameters::PATH);
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    let trust = constraints.required(
        "assumeRolePolicyDocument",
        input.assume_role_policy_document,
        &parameters::DOCUMENT,
    );
    let description = constraints.optional("description", input.description, &parameters::DESCRIPTION);
    let session = session(&mut constraints, input.max_session_duration);
    let boundary = constraints.optional("permissionsBoundary", input.permissions_boundary, &parameters::ARN);
    let tags = tags::read(&mut constraints, input.tags.unwrap_or_default());
    constraints.kept()?;
    let path = path.unwrap_or_else(|| "/".to_owned());
    if !path.starts_with('/') || !path.ends_with('/') {
        return Err(refusals::validation(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
             characters and/or / characters.",
        ));
    }
    let settled = context.now + Wait::RolePropagation.length(context.delays);
    Ok(Role {
        name,
        path,
        id: role_id(),
        created_at: context.now,
        trust,
        description: description.filter(|text| !text.is_empty()),
        max_session_seconds: session,
        boundary,
        tags: tags?,
        policies: BTreeMap::new(),
        attached: Vec::new(),
        known_at: settled,
        assumable_at: settled,
    })
}

fn session(constraints: &mut Constraints, seconds: Option<String>) -> u32 {
    constraints
        .number("maxSessionDuration", seconds, DEFAULT_SESSION, LONGEST_SESSION)
        .unwrap_or(DEFAULT_SESSION)
}

/// `AROA` and 17 of base 32.
fn role_id() -> String {
    let alphabet = ('A'..='Z').chain('2'..='7').collect::<Vec<_>>();
    let random = (0..17).filter_map(|_| fastrand::choice(&alphabet));
    "AROA".chars().chain(random.copied()).collect()
}

pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: RoleNameInput = request.input()?;
    let role = named(view, context, &input.name()?)?;
    let mut shown = role.whole(context);
    // No role here was ever used.
    shown["RoleLastUsed"] = json!({});
    Ok(Reply::output(json!({"Role": shown})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    path_prefix: Option<String>,
    #[serde(flatten)]
    page: PageInput,
}

pub(super) fn list_roles(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ListInput = request.input()?;
    let mut constraints = Constraints::default();
    let path_prefix = constraints.optional("pathPrefix", input.path_prefix, &parameters::PATH_PREFIX);
    let page = Page::read(&mut constraints, input.page);
    constraints.kept()?;
    let path_prefix = path_prefix.as_deref().unwrap_or("/");
    let prefix = prefix(context);
    let mut roles = Vec::new();
    for found in view.scan::<Role>(&prefix) {
        let (key, role) = found?;
        if role.path.starts_with(path_prefix) {
            roles.push((key.to_owned(), role));
        }
    }
    page?
        .cut("Roles", roles, |role| role.listed(context))
        .map(Reply::output)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    role_name: Option<String>,
    description: Option<String>,
    max_session_duration: Option<String>,
}

/// A description left out stays; a session length left out becomes the default (botocore's text of UpdateRole).
pub(super) fn update(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UpdateInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    let description = constraints.optional("description", input.description, &parameters::DESCRIPTION);
    let session = session(&mut constraints, input.max_session_duration);
    constraints.kept()?;
    let mut role = named(view, context, &name)?;
    if let Some(text) = description {
        role.description = Some(text).filter(|text| !text.is_empty());
    }
    role.max_session_seconds = session;
    Ok(Reply::with(json!({}), role.stored(context)?))
}

pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: RoleNameInput = request.input()?;
    let role = named(view, context, &input.name()?)?;
    if !role.attached.is_empty() {
        return Err(refusals::delete_conflict("detach all policies"));
    }
    if !role.policies.is_empty() {
        return Err(refusals::delete_conflict("delete policies"));
    }
    let mut batch = Batch::default();
    batch.delete(key(context, &role.name));
    Ok(Reply::done(batch))
}
