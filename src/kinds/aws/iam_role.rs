//! How `aws_iam_role` is called.
//!
//! - **Reads**: `GetRole`, `ListRolePolicies` and `ListAttachedRolePolicies` at once, then `GetRolePolicy` for each
//!   inline policy. `NoSuchEntity` proves absence. Documents come back percent-encoded (RFC 3986: a `+` stays one).
//!   One that is only looked up needs `GetRole` alone, and where that is denied its ARN follows from account and name.
//! - **Lists**: `ListRoles` under the environment's path, then `ListRoleTags` for each that is not read anyway. An
//!   adopted role lies elsewhere and is not listed: it is ours while it is declared.
//! - **Create**: `CreateRole` with path and tags, then the policies. A crash in between leaves a role of ours that
//!   lacks some, which the next run adds.
//! - **Update**: each part by its own call; description and session length go together, since leaving one out of
//!   `UpdateRole` may reset it. `TagRole` last.
//! - **Replaces**: nothing; name and path are the identity.
//! - **Delete**: IAM refuses a role that holds policies, so these go first.
//! - **Eventually consistent**: a new role cannot be assumed for some seconds; who uses it retries (retry table).

mod policies;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_sdk_iam::types::Role;
use aws_sdk_iam::types::Tag;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::PlaceField;
use eclusa_planner::schema::aws::iam_role::IamRole;
use eclusa_planner::schema::aws::iam_role::RoleSpec;
use eclusa_planner::schema::aws::iam_role::role_path;
use eclusa_planner::schema::aws::policy::Document;
use futures_util::future::join_all;
use futures_util::future::join3;
use futures_util::future::try_join_all;
use percent_encoding::percent_decode_str;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::readable;

const GET: Operation = Operation::read(Service::Iam, "GetRole");
const LIST: Operation = Operation::read(Service::Iam, "ListRoles");
const TAGS: Operation = Operation::read(Service::Iam, "ListRoleTags");
const CREATE: Operation = Operation::write(Service::Iam, "CreateRole");
const UPDATE: Operation = Operation::write(Service::Iam, "UpdateRole");
const TRUST: Operation = Operation::write(Service::Iam, "UpdateAssumeRolePolicy");
const BOUND: Operation = Operation::write(Service::Iam, "PutRolePermissionsBoundary");
const UNBOUND: Operation = Operation::write(Service::Iam, "DeleteRolePermissionsBoundary");
const TAG: Operation = Operation::write(Service::Iam, "TagRole");
const DELETE: Operation = Operation::write(Service::Iam, "DeleteRole");

impl Kind for IamRole {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<RoleSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| {
            readable(if each.existing {
                look_up(io, &each.name).await
            } else {
                find(io, &each.name).await
            })
        }))
        .await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        _: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let names = match list(io).await {
            Ok(names) => names,
            Err(error) => return Listed::failed(error),
        };
        let named = names
            .into_iter()
            .map(|name| (Identity::Name(name.to_ascii_lowercase()), name));
        let open = named.filter(|(identity, _)| !known.contains(identity));
        let read = open.map(async |(identity, name)| {
            let tags = tags_of(io, &name).await;
            (identity, name, tags.map(|tags| mark_of(&tags)))
        });
        Listed::of(owner, join_all(read).await)
    }

    async fn create(&self, io: &Io, target: &Wanted, mark: &Mark, want: &RoleSpec) -> Result<Outputs, ProviderError> {
        let name = &target.name;
        let tags = tags(mark)?;
        let path = role_path(&io.place);
        let made = io
            .call(CREATE, || {
                let request = io.aws.iam.create_role().role_name(name).path(&path);
                request
                    .assume_role_policy_document(want.assume_role_policy.to_text())
                    .set_description(Some(want.description.clone()).filter(|text| !text.is_empty()))
                    .max_session_duration(seconds(want.max_session_duration))
                    .set_permissions_boundary(want.permissions_boundary.clone())
                    .set_tags(Some(tags.clone()))
                    .send()
            })
            .await?;
        policies::put_inline(io, name, want.inline_policy.iter()).await?;
        policies::attach(io, name, want.managed_policy_arns.iter()).await?;
        made.role()
            .map(outputs)
            .ok_or_else(|| unexpected(CREATE, "the answer holds no role"))
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, RoleSpec>,
    ) -> Result<Outputs, ProviderError> {
        let name = &update.seen.handle.id;
        let (seen, want) = (&update.seen.spec, update.want);
        if update.changes("assume_role_policy") || update.touched {
            let trust = || io.aws.iam.update_assume_role_policy().role_name(name);
            io.call(TRUST, || {
                trust().policy_document(want.assume_role_policy.to_text()).send()
            })
            .await?;
        }
        if update.changes("description") || update.changes("max_session_duration") {
            let request = || io.aws.iam.update_role().role_name(name).description(&want.description);
            io.call(UPDATE, || {
                request()
                    .max_session_duration(seconds(want.max_session_duration))
                    .send()
            })
            .await?;
        }
        if update.changes("permissions_boundary") {
            bound(io, name, want.permissions_boundary.as_deref()).await?;
        }
        if update.changes("inline_policy") {
            policies::change_inline(io, name, &seen.inline_policy, &want.inline_policy).await?;
        }
        if update.changes("managed_policy_arns") {
            policies::change_attached(io, name, &seen.managed_policy_arns, &want.managed_policy_arns).await?;
        }
        let tags = tags(mark)?;
        io.call(TAG, || {
            io.aws
                .iam
                .tag_role()
                .role_name(name)
                .set_tags(Some(tags.clone()))
                .send()
        })
        .await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let name = &handle.id;
        let emptied = policies::remove_all(io, name).await;
        let deleted = match emptied {
            Ok(()) => io
                .call(DELETE, || io.aws.iam.delete_role().role_name(name).send())
                .await
                .map(|_| ()),
            Err(error) => Err(error),
        };
        match deleted {
            Err(error) if error.class == Class::NotFound => Ok(()),
            other => other,
        }
    }
}

/// The names of the environment's roles.
async fn list(io: &Io) -> Result<Vec<String>, ProviderError> {
    let (mut names, mut marker) = (Vec::new(), None);
    let path = role_path(&io.place);
    loop {
        let request = || io.aws.iam.list_roles().path_prefix(&path).set_marker(marker.clone());
        let page = io.call(LIST, || request().send()).await?;
        names.extend(page.roles().iter().map(|role| role.role_name().to_owned()));
        match page.marker {
            Some(next) if page.is_truncated => marker = Some(next),
            _ => return Ok(names),
        }
    }
}

async fn tags_of(io: &Io, name: &str) -> Result<Vec<Tag>, ProviderError> {
    let (mut tags, mut marker) = (Vec::new(), None);
    loop {
        let request = || io.aws.iam.list_role_tags().role_name(name).set_marker(marker.clone());
        let page = io.call(TAGS, || request().send()).await?;
        tags.extend_from_slice(page.tags());
        match page.marker {
            Some(next) if page.is_truncated => marker = Some(next),
            _ => return Ok(tags),
        }
    }
}

fn mark_of(tags: &[Tag]) -> Option<Mark> {
    Mark::from_tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// A role that somebody else made: its policies are not asked for.
async fn look_up(io: &Io, name: &str) -> Result<Found<RoleSpec>, ProviderError> {
    match io.call(GET, || io.aws.iam.get_role().role_name(name).send()).await {
        Err(error) if error.class == Class::NotFound => Ok(Found::Absent),
        Err(error) if error.class == Class::Denied => {
            let place = &io.place;
            let account = place.text(PlaceField::AccountId);
            let arn = format!("arn:{}:iam::{account}:role/{name}", place.partition);
            Ok(Found::Unverified {
                because: error.to_string(),
                outputs: [("name", name.to_owned()), ("arn", arn)]
                    .map(|(output, text)| (output.to_owned(), text))
                    .into(),
            })
        }
        other => {
            let role = other?.role.ok_or_else(|| unexpected(GET, "the answer holds no role"))?;
            present(&role, BTreeMap::new(), Vec::new())
        }
    }
}

async fn find(io: &Io, name: &str) -> Result<Found<RoleSpec>, ProviderError> {
    let get = io.call(GET, || io.aws.iam.get_role().role_name(name).send());
    let (got, inline, attached) = join3(get, policies::inline(io, name), policies::attached(io, name)).await;
    let role = match got {
        Err(error) if error.class == Class::NotFound => return Ok(Found::Absent),
        other => other?.role.ok_or_else(|| unexpected(GET, "the answer holds no role"))?,
    };
    let (inline_policy, managed_policy_arns) = match (inline, attached) {
        (Err(error), _) | (_, Err(error)) if error.class == Class::NotFound => return Ok(Found::Absent),
        (inline, attached) => (inline?, attached?),
    };
    present(&role, inline_policy, managed_policy_arns)
}

fn present(
    role: &Role,
    inline_policy: BTreeMap<String, Document>,
    managed_policy_arns: Vec<String>,
) -> Result<Found<RoleSpec>, ProviderError> {
    let trust = role.assume_role_policy_document().unwrap_or_default();
    Ok(Found::Present(Box::new(Present {
        spec: RoleSpec {
            assume_role_policy: document(GET, trust)?,
            inline_policy,
            managed_policy_arns,
            description: role.description().unwrap_or_default().to_owned(),
            max_session_duration: role
                .max_session_duration()
                .and_then(|length| u32::try_from(length).ok())
                .unwrap_or(3_600),
            permissions_boundary: role
                .permissions_boundary()
                .and_then(|boundary| boundary.permissions_boundary_arn())
                .map(str::to_owned),
        },
        outputs: outputs(role),
        mark: mark_of(role.tags()),
        handle: Handle {
            id: role.role_name().to_owned(),
            revision: None,
        },
        holds_data: false,
        open: OpenKeys::default(),
    })))
}

fn outputs(role: &Role) -> Outputs {
    [
        ("name", role.role_name()),
        ("arn", role.arn()),
        ("unique_id", role.role_id()),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

async fn bound(io: &Io, name: &str, boundary: Option<&str>) -> Result<(), ProviderError> {
    match boundary {
        Some(arn) => {
            let request = || io.aws.iam.put_role_permissions_boundary().role_name(name);
            io.call(BOUND, || request().permissions_boundary(arn).send())
                .await
                .map(|_| ())
        }
        None => {
            let request = || io.aws.iam.delete_role_permissions_boundary().role_name(name);
            io.call(UNBOUND, || request().send()).await.map(|_| ())
        }
    }
}

/// Reads a document as IAM sends it.
fn document(operation: Operation, encoded: &str) -> Result<Document, ProviderError> {
    let text = percent_decode_str(encoded).decode_utf8_lossy();
    Document::from_text(&text).ok_or_else(|| unexpected(operation, "the policy is no JSON document"))
}

fn tags(mark: &Mark) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let built = mark.tags().into_iter().map(tag).collect::<Result<_, _>>();
    built.map_err(|error| unexpected(TAG, &error.to_string()))
}

fn seconds(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn unexpected(operation: Operation, problem: &str) -> ProviderError {
    ProviderError::own(operation, Class::Unexpected, "AnswerNotUnderstood", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_in_a_document_stays_one() {
        let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Sid%22%3A%22a+b%22%7D%5D%7D";
        let read = document(GET, encoded).expect("a document");
        assert!(read.to_text().contains("a+b"), "{}", read.to_text());
    }
}
