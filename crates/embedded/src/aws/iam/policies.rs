//! What a role may do: inline policies, kept in the role, and attachments of managed ones.

use serde::Deserialize;
use serde_json::json;

use super::boundary;
use super::document;
use super::page::Page;
use super::page::PageInput;
use super::page::RolePageInput;
use super::parameters;
use super::parameters::Constraints;
use super::refusals;
use super::role;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

/// Characters of all inline policies of one role together, white space not counted (IAM quotas).
const MOST_INLINE: usize = 10_240;

/// Managed policies of one role (IAM quotas).
const MOST_ATTACHED: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutInput {
    role_name: Option<String>,
    policy_name: Option<String>,
    policy_document: Option<String>,
}

pub(super) fn put(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: PutInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    let policy = constraints.required("policyName", input.policy_name, &parameters::POLICY_NAME);
    let text = constraints.required("policyDocument", input.policy_document, &parameters::DOCUMENT);
    constraints.kept()?;
    let mut role = role::named(view, context, &name)?;
    document::check_permissions(&text)?;
    role.policies.insert(policy, text);
    if role.policies.values().map(|text| document::size(text)).sum::<usize>() > MOST_INLINE {
        let message = format!(
            "Maximum policy size of {MOST_INLINE} bytes exceeded for role {}",
            role.name
        );
        return Err(refusals::limit(message));
    }
    role.stored(context).map(Reply::done)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NameInput {
    role_name: Option<String>,
    policy_name: Option<String>,
}

impl NameInput {
    /// The names of role and policy.
    fn names(self) -> Result<(String, String), Refusal> {
        let mut constraints = Constraints::default();
        let role = constraints.required("roleName", self.role_name, &parameters::ROLE_NAME);
        let policy = constraints.required("policyName", self.policy_name, &parameters::POLICY_NAME);
        constraints.kept()?;
        Ok((role, policy))
    }
}

pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (name, policy) = request.input::<NameInput>()?.names()?;
    let role = role::named(view, context, &name)?;
    let text = role
        .policies
        .get(&policy)
        .ok_or_else(|| refusals::no_such_role_policy(&policy))?;
    Ok(Reply::output(json!({
        "RoleName": role.name,
        "PolicyName": policy,
        "PolicyDocument": document::encoded(text),
    })))
}

pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (name, policy) = request.input::<NameInput>()?.names()?;
    let mut role = role::named(view, context, &name)?;
    if role.policies.remove(&policy).is_none() {
        return Err(refusals::no_such_role_policy(&policy));
    }
    role.stored(context).map(Reply::done)
}

pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (name, page) = request.input::<RolePageInput>()?.parts()?;
    let role = role::named(view, context, &name)?;
    let names = role.policies.into_keys().map(|policy| (policy.clone(), policy));
    page.cut("PolicyNames", names, |policy| json!(policy))
        .map(Reply::output)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttachInput {
    role_name: Option<String>,
    policy_arn: Option<String>,
}

impl AttachInput {
    /// The role's name and the policy's ARN.
    fn parts(self) -> Result<(String, String), Refusal> {
        let mut constraints = Constraints::default();
        let role = constraints.required("roleName", self.role_name, &parameters::ROLE_NAME);
        let arn = constraints.required("policyArn", self.policy_arn, &parameters::ARN);
        constraints.kept()?;
        Ok((role, arn))
    }
}

/// Attaching what is attached changes nothing.
pub(super) fn attach(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (name, arn) = request.input::<AttachInput>()?.parts()?;
    let mut role = role::named(view, context, &name)?;
    match boundary::managed_by_aws(context, &arn)? {
        Some(policy) if policy.starts_with("aws-service-role/") => return Err(refusals::not_attachable()),
        Some(_) => {}
        None => return Err(refusals::no_such_policy(&arn)),
    }
    if role.attached.contains(&arn) {
        return Ok(Reply::default());
    }
    if role.attached.len() >= MOST_ATTACHED {
        return Err(refusals::quota("PoliciesPerRole", MOST_ATTACHED));
    }
    role.attached.push(arn);
    role.stored(context).map(Reply::done)
}

pub(super) fn detach(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (name, arn) = request.input::<AttachInput>()?.parts()?;
    let mut role = role::named(view, context, &name)?;
    let before = role.attached.len();
    role.attached.retain(|attached| *attached != arn);
    if role.attached.len() == before {
        return Err(refusals::not_attached(&arn));
    }
    role.stored(context).map(Reply::done)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListAttachedInput {
    role_name: Option<String>,
    path_prefix: Option<String>,
    #[serde(flatten)]
    page: PageInput,
}

pub(super) fn list_attached(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ListAttachedInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    let path_prefix = constraints.optional("pathPrefix", input.path_prefix, &parameters::PATH_PREFIX);
    let page = Page::read(&mut constraints, input.page);
    constraints.kept()?;
    let role = role::named(view, context, &name)?;
    let path_prefix = path_prefix.as_deref().unwrap_or("/");
    let attached = role.attached.into_iter().enumerate().filter(|(_, arn)| {
        let path = arn.split_once(":policy").map_or("", |(_, path)| path);
        path.starts_with(path_prefix)
    });
    let numbered = attached.map(|(number, arn)| (format!("{number:04}"), arn));
    page?
        .cut("AttachedPolicies", numbered, |arn| {
            let name = arn.rsplit_once('/').map_or(arn.as_str(), |(_, name)| name);
            json!({"PolicyName": name, "PolicyArn": arn})
        })
        .map(Reply::output)
}
