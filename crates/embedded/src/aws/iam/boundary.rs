//! Permissions boundaries, and which managed policies there are: those of AWS, taken to exist whatever their name, and
//! none of the account's own.

use serde::Deserialize;

use super::parameters;
use super::parameters::Constraints;
use super::parameters::RoleNameInput;
use super::refusals;
use super::role;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

/// Path and name of a managed policy of AWS, as in `service-role/AWSLambdaBasicExecutionRole`; `None` for any other ARN.
///
/// # Errors
/// It is no ARN of a policy in this partition.
pub(super) fn managed_by_aws<'a>(context: &Context, arn: &'a str) -> Result<Option<&'a str>, Refusal> {
    let own = format!("arn:{}:iam::", context.partition());
    let policy = arn
        .strip_prefix(&own)
        .and_then(|rest| rest.split_once(":policy/"))
        .filter(|(_, name)| !name.is_empty() && !name.ends_with('/'));
    match policy {
        Some(("aws", name)) => Ok(Some(name)),
        Some(_) => Ok(None),
        None => Err(refusals::invalid_input(format!("ARN {arn} is not valid."))),
    }
}

/// Whether the policy can be a boundary.
pub(super) fn check(context: &Context, arn: &str) -> Result<(), Refusal> {
    match managed_by_aws(context, arn)? {
        Some(_) => Ok(()),
        None => Err(refusals::no_such_boundary(arn)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutInput {
    role_name: Option<String>,
    permissions_boundary: Option<String>,
}

pub(super) fn put(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: PutInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    let arn = constraints.required("permissionsBoundary", input.permissions_boundary, &parameters::ARN);
    constraints.kept()?;
    let mut role = role::named(view, context, &name)?;
    check(context, &arn)?;
    role.boundary = Some(arn);
    role.stored(context).map(Reply::done)
}

pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: RoleNameInput = request.input()?;
    let mut role = role::named(view, context, &input.name()?)?;
    if role.boundary.take().is_none() {
        return Err(refusals::no_boundary(&role.name));
    }
    role.stored(context).map(Reply::done)
}
