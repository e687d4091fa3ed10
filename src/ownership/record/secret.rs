//! The calls on one of the record's secrets, `eclusa/<environment>/record-<n>`.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::types::Filter;
use aws_sdk_secretsmanager::types::FilterNameStringType;
use aws_sdk_secretsmanager::types::Tag;
use aws_smithy_types::Blob;
use eclusa_planner::resource::Digest;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Owner;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

pub(super) const GET: Operation = Operation::read(Service::SecretsManager, "GetSecretValue");
const DESCRIBE: Operation = Operation::read(Service::SecretsManager, "DescribeSecret");
const LIST: Operation = Operation::read(Service::SecretsManager, "ListSecrets");
const CREATE: Operation = Operation::write(Service::SecretsManager, "CreateSecret");
pub(super) const PUT: Operation = Operation::write(Service::SecretsManager, "PutSecretValue");
const RESTORE: Operation = Operation::write(Service::SecretsManager, "RestoreSecret");
const DELETE: Operation = Operation::write(Service::SecretsManager, "DeleteSecret");

const CURRENT: &str = "AWSCURRENT";
/// What these secrets bear for an address: the planner never prunes them.
const ADDRESS: &str = "record";
/// Nothing declares them.
const NO_DIGEST: &str = "none";

/// The beginning of their names.
pub(super) fn prefix(environment: &str) -> String {
    format!("eclusa/{environment}/record-")
}

pub(super) fn name(environment: &str, number: u32) -> String {
    format!("{}{number}", prefix(environment))
}

/// A secret as it is there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) owner: Option<Owner>,
    pub(super) is_scheduled: bool,
    /// Id of its current version.
    pub(super) current: Option<String>,
}

/// What reading a value came to.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// There is no such secret, or it is scheduled for deletion.
    Absent,
    /// There is one that never got a value.
    Empty,
    There {
        version: Option<String>,
        /// `None`: it is a text.
        bytes: Option<Vec<u8>>,
    },
}

pub(super) async fn value(io: &Io, name: &str) -> Result<Value, ProviderError> {
    let request = || io.aws.secretsmanager.get_secret_value().secret_id(name);
    match io.call(GET, || request().send()).await {
        Ok(GetSecretValueOutput {
            version_id,
            secret_binary,
            ..
        }) => Ok(Value::There {
            version: version_id,
            bytes: secret_binary.map(Blob::into_inner),
        }),
        Err(error) => match error.class {
            Class::NotFound if error.message.contains("secret value") => Ok(Value::Empty),
            Class::NotFound => Ok(Value::Absent),
            Class::Invalid if error.message.contains("deletion") => Ok(Value::Absent),
            _ => Err(error),
        },
    }
}

/// `None`: there is no such secret, scheduled for deletion or not.
pub(super) async fn describe(io: &Io, name: &str) -> Result<Option<Found>, ProviderError> {
    let request = || io.aws.secretsmanager.describe_secret().secret_id(name);
    match io.call(DESCRIBE, || request().send()).await {
        Ok(live) => Ok(Some(Found {
            owner: mark(live.tags()).map(|mark| mark.owner),
            is_scheduled: live.deleted_date().is_some(),
            current: current(&live),
        })),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn current(live: &DescribeSecretOutput) -> Option<String> {
    let mut versions = live.version_ids_to_stages().into_iter().flatten();
    let found = versions.find(|(_, stages)| stages.iter().any(|stage| stage == CURRENT));
    found.map(|(id, _)| id.clone())
}

fn mark(tags: &[Tag]) -> Option<Mark> {
    Mark::from_tags(tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))))
}

/// Makes it with its value and its mark; asked again with the same token and value, it is done.
pub(super) async fn create(io: &Io, owner: &Owner, name: &str, token: &str, bytes: &[u8]) -> Result<(), ProviderError> {
    let mark = Mark {
        address: ADDRESS.to_owned(),
        digest: Digest(NO_DIGEST.to_owned()),
        ..Mark::of(owner)
    };
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags: Vec<Tag> = mark.tags().into_iter().map(tag).collect();
    let request = || {
        let request = io.aws.secretsmanager.create_secret().name(name);
        request
            .description("What eclusa remembers of this environment; nothing in it is secret.")
            .client_request_token(token)
            .secret_binary(Blob::new(bytes))
            .set_tags(Some(tags.clone()))
    };
    io.call(CREATE, || request().send()).await.map(|_| ())
}

/// Gives it a new current version, whose id is the token.
pub(super) async fn put(io: &Io, name: &str, token: &str, bytes: &[u8]) -> Result<(), ProviderError> {
    let request = || {
        let request = io.aws.secretsmanager.put_secret_value().secret_id(name);
        request.client_request_token(token).secret_binary(Blob::new(bytes))
    };
    io.call(PUT, || request().send()).await.map(|_| ())
}

pub(super) async fn restore(io: &Io, name: &str) -> Result<(), ProviderError> {
    let request = || io.aws.secretsmanager.restore_secret().secret_id(name);
    io.call(RESTORE, || request().send()).await.map(|_| ())
}

/// By force; what is not there is deleted as well as any other.
pub(super) async fn delete(io: &Io, name: &str) -> Result<(), ProviderError> {
    let request = || io.aws.secretsmanager.delete_secret().secret_id(name);
    let forced = || request().force_delete_without_recovery(true);
    match io.call(DELETE, || forced().send()).await {
        Err(error) if error.class == Class::NotFound => Ok(()),
        other => other.map(|_| ()),
    }
}

/// The numbers of this owner's that a list shows: what was made lately may not be in it.
pub(super) async fn list(io: &Io, owner: &Owner, environment: &str) -> Result<BTreeSet<u32>, ProviderError> {
    let prefix = prefix(environment);
    let filter = Filter::builder()
        .key(FilterNameStringType::Name)
        .values(&prefix)
        .build();
    let mut found = BTreeSet::new();
    let mut token = None;
    loop {
        let request = || {
            let request = io.aws.secretsmanager.list_secrets().max_results(100);
            request.filters(filter.clone()).set_next_token(token.clone())
        };
        let page = io.call(LIST, || request().send()).await?;
        let ours = page.secret_list().iter().filter(|entry| {
            let mark = mark(entry.tags());
            mark.is_some_and(|mark| mark.owner == *owner)
        });
        let numbers = ours.filter_map(|entry| entry.name()?.strip_prefix(&prefix)?.parse::<u32>().ok());
        found.extend(numbers);
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
}

/// Refused with the write that was to be made.
pub(super) fn refused(class: Class, code: &str, text: String) -> ProviderError {
    ProviderError::own(PUT, class, code, text)
}
