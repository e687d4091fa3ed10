//! Change sets: one of ours at a time in a stack, under a fixed name, so that what a run left behind is found.

use std::time::Duration;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_cloudformation::types::ChangeSetStatus;
use aws_sdk_cloudformation::types::ChangeSetType;
use aws_sdk_cloudformation::types::Parameter;
use aws_sdk_cloudformation::types::Tag;
use eclusa_planner::resource::Mark;
use eclusa_planner::schema::aws::cloudformation_stack::StackSpec;
use tokio::time::Instant;

use super::events;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

const CREATE: Operation = Operation::write(Service::CloudFormation, "CreateChangeSet");
const DESCRIBE: Operation = Operation::read(Service::CloudFormation, "DescribeChangeSet");
const EXECUTE: Operation = Operation::write(Service::CloudFormation, "ExecuteChangeSet");
const DISCARD: Operation = Operation::write(Service::CloudFormation, "DeleteChangeSet");

const NAME: &str = "eclusa";

/// How CloudFormation says that there is nothing to do.
const NOTHING: [&str; 2] = ["didn't contain changes", "No updates are to be performed"];

/// What a change set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Update,
}

/// What became of a change set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ready {
    Changes,
    Empty,
    /// It failed, with the reason.
    Refused(String),
}

/// A change set that was made, and the stack it is for: both by id, so that neither can be mistaken for a namesake.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) stack: String,
    set: String,
}

/// Makes a change set. One of ours that was left behind is put away first.
pub(super) async fn open(
    io: &Io,
    kind: Kind,
    stack: &str,
    mark: &Mark,
    want: &StackSpec,
) -> Result<Opened, ProviderError> {
    match attempt(io, kind, stack, mark, want).await {
        Err(error) if error.code == "AlreadyExistsException" => {
            put_away(io, stack, NAME).await?;
            attempt(io, kind, stack, mark, want).await
        }
        other => other,
    }
}

async fn attempt(io: &Io, kind: Kind, stack: &str, mark: &Mark, want: &StackSpec) -> Result<Opened, ProviderError> {
    let template = want.template.as_ref().map(ToString::to_string);
    let template = template
        .ok_or_else(|| ProviderError::own(CREATE, Class::Unexpected, "NoTemplate", "the template was not read"))?;
    let token = token();
    let tags: Vec<Tag> = mark
        .tags()
        .into_iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let parameters: Vec<Parameter> = want
        .parameters
        .iter()
        .chain(&want.masked_parameters)
        .map(|(name, value)| {
            Parameter::builder()
                .parameter_key(name)
                .parameter_value(&value.0)
                .build()
        })
        .collect();
    let capabilities: Vec<Capability> = want.capabilities.iter().map(|each| each.as_str().into()).collect();
    let request = || {
        let request = io.aws.cloudformation.create_change_set().stack_name(stack);
        request
            .change_set_name(NAME)
            .change_set_type(match kind {
                Kind::Create => ChangeSetType::Create,
                Kind::Update => ChangeSetType::Update,
            })
            .template_body(&template)
            .set_parameters(Some(parameters.clone()))
            .set_capabilities(Some(capabilities.clone()))
            .set_tags(Some(tags.clone()))
            .client_token(&token)
    };
    let made = io.call(CREATE, || request().send()).await?;
    match (made.stack_id, made.id) {
        (Some(stack), Some(set)) => Ok(Opened { stack, set }),
        _ => {
            let text = "the answer lacks the id of the stack or of the change set";
            Err(ProviderError::own(
                CREATE,
                Class::Unexpected,
                "AnswerNotUnderstood",
                text,
            ))
        }
    }
}

/// Waits until the change set can be executed, or never will be.
pub(super) async fn ready(io: &Io, opened: &Opened) -> Result<Ready, ProviderError> {
    let began = Instant::now();
    let limit = io.limits.wait;
    let mut pause = Duration::from_millis(50);
    loop {
        let set = describe(io, &opened.stack, &opened.set).await?;
        let reason = set.status_reason().unwrap_or_default();
        match set.status() {
            Some(ChangeSetStatus::CreateComplete) => return Ok(Ready::Changes),
            Some(ChangeSetStatus::Failed) => return Ok(failed(reason)),
            _ => {}
        }
        if began.elapsed() + pause > limit {
            let text = format!("the change set is not ready after {} s", limit.as_secs());
            return Err(ProviderError::own(DESCRIBE, Class::Pending, "NotReadyYet", text));
        }
        let status = set.status().map_or("", ChangeSetStatus::as_str);
        io.tell_waiting("the change set", status, began, limit);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

fn failed(reason: &str) -> Ready {
    match NOTHING.iter().any(|nothing| reason.contains(nothing)) {
        true => Ready::Empty,
        false => Ready::Refused(reason.to_owned()),
    }
}

async fn describe(io: &Io, stack: &str, set: &str) -> Result<DescribeChangeSetOutput, ProviderError> {
    let request = || io.aws.cloudformation.describe_change_set().stack_name(stack);
    io.call(DESCRIBE, || request().change_set_name(set).send()).await
}

/// The mark that our change set in a shell bears; none where there is none of ours.
pub(super) async fn mark(io: &Io, stack: &str) -> Result<Option<Mark>, ProviderError> {
    match describe(io, stack, NAME).await {
        Err(error) if error.class == Class::NotFound => Ok(None),
        other => {
            let set = other?;
            let tags = set.tags().iter();
            Ok(Mark::from_tags(tags.filter_map(|tag| Some((tag.key()?, tag.value()?)))))
        }
    }
}

/// Executes the change set and waits until the stack is what it says.
pub(super) async fn execute(io: &Io, opened: &Opened) -> Result<(), ProviderError> {
    let Opened { stack, set } = opened;
    let token = token();
    let request = || io.aws.cloudformation.execute_change_set().stack_name(stack);
    io.call(EXECUTE, || {
        request().change_set_name(set).client_request_token(&token).send()
    })
    .await?;
    events::over(io, EXECUTE, stack, &token).await
}

pub(super) async fn discard(io: &Io, opened: &Opened) -> Result<(), ProviderError> {
    put_away(io, &opened.stack, &opened.set).await
}

async fn put_away(io: &Io, stack: &str, set: &str) -> Result<(), ProviderError> {
    let request = || io.aws.cloudformation.delete_change_set().stack_name(stack);
    match io.call(DISCARD, || request().change_set_name(set).send()).await {
        Err(error) if error.class != Class::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(super) fn refused(reason: &str) -> ProviderError {
    ProviderError::own(CREATE, Class::Invalid, "ChangeSetFailed", reason)
}

/// A token that makes a repeated call the same call, and tells its events from others.
pub(super) fn token() -> String {
    format!("eclusa-{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_set_without_changes_is_no_failure() {
        let said =
            "The submitted information didn't contain changes. Submit different information to create a change set.";
        assert_eq!(failed(said), Ready::Empty);
        assert_eq!(failed("No updates are to be performed."), Ready::Empty);
        let reason = "Parameter validation failed";
        assert_eq!(failed(reason), Ready::Refused(reason.to_owned()));
    }

    #[test]
    fn tokens_fit_their_pattern_and_differ() {
        let token = token();
        assert!(token.len() <= 128 && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        assert_ne!(token, super::token());
    }
}
