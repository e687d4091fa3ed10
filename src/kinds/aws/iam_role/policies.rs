//! A role's inline and attached policies: pages in, one call each out.

use std::collections::BTreeMap;

use eclusa_planner::schema::aws::policy::Document;
use futures_util::future::join;
use futures_util::future::try_join_all;

use super::document;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

const LIST_INLINE: Operation = Operation::read(Service::Iam, "ListRolePolicies");
const GET_INLINE: Operation = Operation::read(Service::Iam, "GetRolePolicy");
const LIST_ATTACHED: Operation = Operation::read(Service::Iam, "ListAttachedRolePolicies");
const PUT_INLINE: Operation = Operation::write(Service::Iam, "PutRolePolicy");
const DELETE_INLINE: Operation = Operation::write(Service::Iam, "DeleteRolePolicy");
const ATTACH: Operation = Operation::write(Service::Iam, "AttachRolePolicy");
const DETACH: Operation = Operation::write(Service::Iam, "DetachRolePolicy");

/// All inline policies by name.
pub(super) async fn inline(io: &Io, role: &str) -> Result<BTreeMap<String, Document>, ProviderError> {
    let names = inline_names(io, role).await?;
    let documents = try_join_all(names.iter().map(async |name| {
        let request = || io.aws.iam.get_role_policy().role_name(role).policy_name(name);
        let answer = io.call(GET_INLINE, || request().send()).await?;
        document(GET_INLINE, answer.policy_document())
    }))
    .await?;
    Ok(names.into_iter().zip(documents).collect())
}

async fn inline_names(io: &Io, role: &str) -> Result<Vec<String>, ProviderError> {
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let request = || {
            io.aws
                .iam
                .list_role_policies()
                .role_name(role)
                .set_marker(marker.clone())
        };
        let page = io.call(LIST_INLINE, || request().send()).await?;
        names.extend_from_slice(page.policy_names());
        match page.marker {
            Some(next) if page.is_truncated => marker = Some(next),
            _ => return Ok(names),
        }
    }
}

/// ARNs of all attached policies.
pub(super) async fn attached(io: &Io, role: &str) -> Result<Vec<String>, ProviderError> {
    let mut arns = Vec::new();
    let mut marker = None;
    loop {
        let request = || {
            io.aws
                .iam
                .list_attached_role_policies()
                .role_name(role)
                .set_marker(marker.clone())
        };
        let page = io.call(LIST_ATTACHED, || request().send()).await?;
        arns.extend(
            page.attached_policies()
                .iter()
                .filter_map(|policy| policy.policy_arn().map(str::to_owned)),
        );
        match page.marker {
            Some(next) if page.is_truncated => marker = Some(next),
            _ => return Ok(arns),
        }
    }
}

/// Writes inline policies.
pub(super) async fn put_inline(
    io: &Io,
    role: &str,
    policies: impl Iterator<Item = (&String, &Document)>,
) -> Result<(), ProviderError> {
    for (name, document) in policies {
        let request = || io.aws.iam.put_role_policy().role_name(role).policy_name(name);
        io.call(PUT_INLINE, || request().policy_document(document.to_text()).send())
            .await?;
    }
    Ok(())
}

/// Attaches managed policies.
pub(super) async fn attach(io: &Io, role: &str, arns: impl Iterator<Item = &String>) -> Result<(), ProviderError> {
    for arn in arns {
        io.call(ATTACH, || {
            io.aws.iam.attach_role_policy().role_name(role).policy_arn(arn).send()
        })
        .await?;
    }
    Ok(())
}

/// Writes what is new or different and deletes what is not wanted.
pub(super) async fn change_inline(
    io: &Io,
    role: &str,
    seen: &BTreeMap<String, Document>,
    want: &BTreeMap<String, Document>,
) -> Result<(), ProviderError> {
    let equal = |name: &String, document: &Document| {
        seen.get(name)
            .is_some_and(|seen| seen.clone().canonical() == document.clone().canonical())
    };
    put_inline(io, role, want.iter().filter(|(name, document)| !equal(name, document))).await?;
    delete_inline(io, role, seen.keys().filter(|name| !want.contains_key(*name))).await
}

/// Attaches what is missing and detaches what is not wanted.
pub(super) async fn change_attached(
    io: &Io,
    role: &str,
    seen: &[String],
    want: &[String],
) -> Result<(), ProviderError> {
    attach(io, role, want.iter().filter(|arn| !seen.contains(arn))).await?;
    detach(io, role, seen.iter().filter(|arn| !want.contains(arn))).await
}

/// Takes every policy off the role, so that it can be deleted.
pub(super) async fn remove_all(io: &Io, role: &str) -> Result<(), ProviderError> {
    let (names, arns) = join(inline_names(io, role), attached(io, role)).await;
    delete_inline(io, role, names?.iter()).await?;
    detach(io, role, arns?.iter()).await
}

async fn delete_inline(io: &Io, role: &str, names: impl Iterator<Item = &String>) -> Result<(), ProviderError> {
    for name in names {
        let request = || io.aws.iam.delete_role_policy().role_name(role).policy_name(name);
        gone(io.call(DELETE_INLINE, || request().send()).await)?;
    }
    Ok(())
}

async fn detach(io: &Io, role: &str, arns: impl Iterator<Item = &String>) -> Result<(), ProviderError> {
    for arn in arns {
        gone(
            io.call(DETACH, || {
                io.aws.iam.detach_role_policy().role_name(role).policy_arn(arn).send()
            })
            .await,
        )?;
    }
    Ok(())
}

/// What somebody else removed meanwhile is removed.
fn gone<T>(answer: Result<T, ProviderError>) -> Result<(), ProviderError> {
    match answer {
        Err(error) if error.class != Class::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}
