//! IAM, as far as roles go: query protocol of 2010-05-08. Model: botocore `iam/2010-05-08`; behaviour: the IAM API
//! reference and user guide, and where these are silent what clients of the real service report.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | `role::Role` | `<account>/iam/role/<name in lower case>` | the role with its policies and tags; IAM is global |
//!
//! - A role is answered at once, but services cannot assume it, nor policies name it, before `Wait::RolePropagation` has
//!   passed; a changed trust policy counts from its change. [`assumable`] is what services ask.
//! - Managed policies are those of AWS, any of that form; the account has none of its own. Nothing is authorised by
//!   policies here, trust policies aside.

mod boundary;
mod document;
mod page;
mod parameters;
mod policies;
mod principal;
mod refusals;
mod role;
mod tags;
#[cfg(test)]
mod tests;
mod trust;

#[allow(
    unused_imports,
    reason = "for the services that take roles, of which IoT is the first"
)]
pub(crate) use self::trust::Assumability;
#[allow(
    unused_imports,
    reason = "for the services that take roles, of which IoT is the first"
)]
pub(crate) use self::trust::assumable;
use super::protocol::Protocol;
use super::refusal::Code;
use super::service::Operation;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "iam",
    protocol: Protocol::Query {
        version: "2010-05-08",
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    },
    regional: false,
    throttle: (400, Code::general("ThrottlingException", "Throttling")),
    failure: Code::modeled("ServiceFailureException", "ServiceFailure"),
    operations: &[
        Operation::writes("AttachRolePolicy", policies::attach),
        Operation::writes("CreateRole", role::create),
        Operation::writes("DeleteRole", role::delete),
        Operation::writes("DeleteRolePermissionsBoundary", boundary::delete),
        Operation::writes("DeleteRolePolicy", policies::delete),
        Operation::writes("DetachRolePolicy", policies::detach),
        Operation::reads("GetRole", role::get),
        Operation::reads("GetRolePolicy", policies::get),
        Operation::reads("ListAttachedRolePolicies", policies::list_attached),
        Operation::reads("ListRolePolicies", policies::list),
        Operation::reads("ListRoleTags", tags::list_tags),
        Operation::reads("ListRoles", role::list_roles),
        Operation::writes("PutRolePermissionsBoundary", boundary::put),
        Operation::writes("PutRolePolicy", policies::put),
        Operation::writes("TagRole", tags::tag),
        Operation::writes("UntagRole", tags::untag),
        Operation::writes("UpdateAssumeRolePolicy", trust::update),
        Operation::writes("UpdateRole", role::update),
    ],
};
