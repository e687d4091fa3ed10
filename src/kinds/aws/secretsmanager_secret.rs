//! How `aws_secretsmanager_secret` is called.
//!
//! - **Reads**: `DescribeSecret` by name; "not found" proves absence. It gives tags, description, key and which versions
//!   there are: the value is never read. A current version that a key of ours wrote is no data: the key can be made again.
//! - **Scheduled for deletion**: ours counts as absent, so that destroy takes it for gone and a create restores it;
//!   somebody else's is present, and blocks.
//! - **Lists**: `ListSecrets` with our owner tag, which holds the tags. What is scheduled for deletion is not in it.
//! - **Create**: looks first. What of ours is scheduled for deletion is restored, then changed to what is wanted; a
//!   forced deletion that is still going on cannot be restored, and the create waits for the name (retry table).
//! - **Update**: `UpdateSecret` for description and key, then `TagResource` with the mark and the recovery window.
//! - **Delete**: with the window that the secret's own tag names, read afresh; 0 is a forced deletion.
//! - **Replaces**: nothing; the name is the identity.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::Filter;
use aws_sdk_secretsmanager::types::FilterNameStringType;
use aws_sdk_secretsmanager::types::Tag;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::mark::OWNER_TAG;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::aws::secretsmanager_secret::DEFAULT_WINDOW;
use eclusa_planner::schema::aws::secretsmanager_secret::SecretSpec;
use eclusa_planner::schema::aws::secretsmanager_secret::SecretsManagerSecret;
use futures_util::future::try_join_all;

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
use crate::kinds::confluent::api_key::is_key_version;
use crate::kinds::readable;

const DESCRIBE: Operation = Operation::read(Service::SecretsManager, "DescribeSecret");
const LIST: Operation = Operation::read(Service::SecretsManager, "ListSecrets");
const CREATE: Operation = Operation::write(Service::SecretsManager, "CreateSecret");
const RESTORE: Operation = Operation::write(Service::SecretsManager, "RestoreSecret");
const UPDATE: Operation = Operation::write(Service::SecretsManager, "UpdateSecret");
const TAG: Operation = Operation::write(Service::SecretsManager, "TagResource");
const DELETE: Operation = Operation::write(Service::SecretsManager, "DeleteSecret");

/// Keeps the recovery window, which only the delete call takes.
const WINDOW_TAG: &str = "eclusa:recovery";
const CURRENT: &str = "AWSCURRENT";

impl Kind for SecretsManagerSecret {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<SecretSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, &each.name).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        _: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let secrets = match list(io, owner).await {
            Ok(secrets) => secrets,
            Err(error) => return Listed::failed(error),
        };
        let named = secrets
            .into_iter()
            .map(|(name, mark)| (Identity::Name(name.clone()), name, Ok(mark)));
        let open = named.filter(|(identity, ..)| !known.contains(identity));
        Listed::of(owner, open)
    }

    async fn create(&self, io: &Io, target: &Wanted, mark: &Mark, want: &SecretSpec) -> Result<Outputs, ProviderError> {
        let name = &target.name;
        if let Some(live) = describe(io, name).await? {
            match is_scheduled(&live) {
                false => return Err(taken(name)),
                true if !is_ours(io, &live) => return Err(scheduled_elsewhere(name)),
                true => {}
            }
            match restore(io, name).await {
                Ok(()) => return restored(io, name, mark, want, &live).await,
                // It goes for good, or went meanwhile: the name will be free.
                Err(error) if matches!(error.class, Class::Invalid | Class::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let tags = tags(mark, want);
        let request = || {
            let request = io.aws.secretsmanager.create_secret().name(name);
            request
                .set_description(Some(want.description.clone()).filter(|text| !text.is_empty()))
                .set_kms_key_id(want.kms_key_id.clone())
                .set_tags(Some(tags.clone()))
        };
        let made = io.call(CREATE, || request().send()).await?;
        let arn = made.arn.ok_or_else(|| unexpected(CREATE, "the answer holds no ARN"))?;
        Ok(outputs(io, name, arn))
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, SecretSpec>,
    ) -> Result<Outputs, ProviderError> {
        let name = &update.seen.handle.id;
        if update.changes("description") || update.changes("kms_key_id") {
            change(io, name, update.want).await?;
        }
        tag(io, name, mark, update.want).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let name = &handle.id;
        let Some(live) = describe(io, name).await?.filter(|live| !is_scheduled(live)) else {
            return Ok(());
        };
        let days = window(&live);
        let request = || {
            let request = io.aws.secretsmanager.delete_secret().secret_id(name);
            match days {
                0 => request.force_delete_without_recovery(true),
                days => request.recovery_window_in_days(i64::from(days)),
            }
        };
        match io.call(DELETE, || request().send()).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// Name and mark of every secret that may be this owner's: the filter takes prefixes.
async fn list(io: &Io, owner: &Owner) -> Result<Vec<(String, Option<Mark>)>, ProviderError> {
    let filter = |key, value: &str| Filter::builder().key(key).values(value).build();
    let filters = [
        filter(FilterNameStringType::TagKey, OWNER_TAG),
        filter(FilterNameStringType::TagValue, &owner.0),
    ];
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let request = || {
            let request = io.aws.secretsmanager.list_secrets().max_results(100);
            request
                .set_filters(Some(filters.to_vec()))
                .set_next_token(token.clone())
        };
        let page = io.call(LIST, || request().send()).await?;
        let named = page.secret_list().iter().filter_map(|entry| {
            let tags = entry.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
            Some((entry.name()?.to_owned(), Mark::from_tags(tags)))
        });
        found.extend(named);
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
}

/// The same, shared with whoever looks at it too: the keys whose store it is.
pub(crate) async fn described(io: &Io, name: &str) -> Result<Arc<Option<DescribeSecretOutput>>, ProviderError> {
    io.listed_in(DESCRIBE, name, describe(io, name)).await
}

async fn find(io: &Io, name: &str) -> Result<Found<SecretSpec>, ProviderError> {
    let live = described(io, name).await?;
    let Some(live) = live.as_ref() else {
        return Ok(Found::Absent);
    };
    if is_scheduled(live) && is_ours(io, live) {
        return Ok(Found::Absent);
    }
    let arn = live
        .arn()
        .ok_or_else(|| unexpected(DESCRIBE, "the answer holds no ARN"))?;
    Ok(Found::Present(Box::new(Present {
        outputs: outputs(io, name, arn.to_owned()),
        mark: mark_of(live),
        handle: Handle {
            id: name.to_owned(),
            revision: None,
        },
        holds_data: holds_value(live),
        open: OpenKeys::default(),
        spec: spec(live),
    })))
}

/// `None`: there is no such secret, scheduled for deletion or not.
async fn describe(io: &Io, name: &str) -> Result<Option<DescribeSecretOutput>, ProviderError> {
    let request = || io.aws.secretsmanager.describe_secret().secret_id(name);
    match io.call(DESCRIBE, || request().send()).await {
        Err(error) if error.class == Class::NotFound => Ok(None),
        other => other.map(Some),
    }
}

async fn restore(io: &Io, name: &str) -> Result<(), ProviderError> {
    let request = || io.aws.secretsmanager.restore_secret().secret_id(name);
    io.call(RESTORE, || request().send()).await.map(|_| ())
}

/// Brings a restored secret to what is wanted.
async fn restored(
    io: &Io,
    name: &str,
    mark: &Mark,
    want: &SecretSpec,
    live: &DescribeSecretOutput,
) -> Result<Outputs, ProviderError> {
    let seen = SecretsManagerSecret::canonical(spec(live));
    if (&seen.description, &seen.kms_key_id) != (&want.description, &want.kms_key_id) {
        change(io, name, want).await?;
    }
    tag(io, name, mark, want).await?;
    Ok(outputs(io, name, live.arn().unwrap_or_default().to_owned()))
}

/// An empty description and an empty key id take away what there is.
async fn change(io: &Io, name: &str, want: &SecretSpec) -> Result<(), ProviderError> {
    let request = || {
        let request = io.aws.secretsmanager.update_secret().secret_id(name);
        request
            .description(&want.description)
            .kms_key_id(want.kms_key_id.as_deref().unwrap_or_default())
    };
    io.call(UPDATE, || request().send()).await.map(|_| ())
}

async fn tag(io: &Io, name: &str, mark: &Mark, want: &SecretSpec) -> Result<(), ProviderError> {
    let tags = tags(mark, want);
    let request = || io.aws.secretsmanager.tag_resource().secret_id(name);
    io.call(TAG, || request().set_tags(Some(tags.clone())).send())
        .await
        .map(|_| ())
}

fn tags(mark: &Mark, want: &SecretSpec) -> Vec<Tag> {
    let window = (WINDOW_TAG.to_owned(), want.recovery_window_in_days.to_string());
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    mark.tags().into_iter().chain([window]).map(tag).collect()
}

fn spec(live: &DescribeSecretOutput) -> SecretSpec {
    SecretSpec {
        description: live.description().unwrap_or_default().to_owned(),
        kms_key_id: live.kms_key_id().map(str::to_owned),
        recovery_window_in_days: window(live),
        value: None,
    }
}

/// Without the tag, or with one that is not ours to read, AWS's own default.
fn window(live: &DescribeSecretOutput) -> u32 {
    let tagged = live.tags().iter().find(|tag| tag.key() == Some(WINDOW_TAG));
    tagged
        .and_then(Tag::value)
        .and_then(|days| days.parse().ok())
        .filter(|days| *days == 0 || (7..=DEFAULT_WINDOW).contains(days))
        .unwrap_or(DEFAULT_WINDOW)
}

fn mark_of(live: &DescribeSecretOutput) -> Option<Mark> {
    let tags = live.tags().iter();
    Mark::from_tags(tags.filter_map(|tag| Some((tag.key()?, tag.value()?))))
}

fn is_ours(io: &Io, live: &DescribeSecretOutput) -> bool {
    mark_of(live).is_some_and(|mark| io.place.owner() == Some(mark.owner))
}

fn is_scheduled(live: &DescribeSecretOutput) -> bool {
    live.deleted_date().is_some()
}

/// A value that somebody put there; a key of ours can be made again.
fn holds_value(live: &DescribeSecretOutput) -> bool {
    let mut versions = live.version_ids_to_stages().into_iter().flatten();
    versions.any(|(id, stages)| !is_key_version(id) && stages.iter().any(|stage| stage == CURRENT))
}

fn outputs(io: &Io, name: &str, arn: String) -> Outputs {
    let any = SecretSpec {
        description: String::new(),
        kms_key_id: None,
        recovery_window_in_days: DEFAULT_WINDOW,
        value: None,
    };
    let mut outputs = SecretsManagerSecret::known_outputs(&any, name, &io.place);
    outputs.insert("arn".to_owned(), arn);
    outputs
}

/// Somebody was faster; the next look says who.
fn taken(name: &str) -> ProviderError {
    let text = format!("a secret named {name} exists by now");
    ProviderError::own(CREATE, Class::AlreadyExists, "ResourceExistsException", text)
}

fn scheduled_elsewhere(name: &str) -> ProviderError {
    let text =
        format!("a secret named {name}, which is not ours, is scheduled for deletion and keeps its name until then");
    ProviderError::own(CREATE, Class::NotOurs, "SecretOfSomebodyElse", text)
}

fn unexpected(operation: Operation, problem: &str) -> ProviderError {
    ProviderError::own(operation, Class::Unexpected, "AnswerNotUnderstood", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(days: &str) -> DescribeSecretOutput {
        let tag = Tag::builder().key(WINDOW_TAG).value(days).build();
        DescribeSecretOutput::builder().tags(tag).build()
    }

    #[test]
    fn a_window_that_no_delete_would_take_reads_as_the_default() {
        for (days, expected) in [
            ("0", 0),
            ("7", 7),
            ("30", 30),
            ("6", 30),
            ("31", 30),
            ("", 30),
            ("-1", 30),
        ] {
            assert_eq!(window(&tagged(days)), expected, "{days:?}");
        }
        assert_eq!(window(&DescribeSecretOutput::builder().build()), DEFAULT_WINDOW);
    }

    #[test]
    fn a_secret_holds_data_once_a_version_is_current() {
        let with = |stage: &str| {
            DescribeSecretOutput::builder()
                .version_ids_to_stages("v", vec![stage.to_owned()])
                .build()
        };
        assert!(holds_value(&with("AWSCURRENT")));
        assert!(!holds_value(&with("AWSPENDING")));
        assert!(!holds_value(&DescribeSecretOutput::builder().build()));
    }
}
