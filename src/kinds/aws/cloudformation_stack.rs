//! How `aws_cloudformation_stack` is called.
//!
//! - **Reads**: `DescribeStacks` by name and `GetTemplate(Original)`, both at once; "does not exist" proves absence. A
//!   shell in REVIEW_IN_PROGRESS shows no tags: whose it is, our change set in it says.
//! - **Lists**: `DescribeStacks` of all, which holds the tags. Nested stacks are left out: they bear the tags of the one
//!   they lie in, and go with it.
//! - **Create**: a change set of the type CREATE with template, parameters and tags, executed once it is ready; then
//!   waits over the stack's events. Where it fails, the error is the event of the resource that failed first.
//! - **Update**: waits for an operation that goes on; then a change set of the type UPDATE, or, where the stack can never
//!   be updated (ROLLBACK_COMPLETE, a shell), it is deleted and made anew. An empty change set is deleted, and nothing
//!   was to be done.
//! - **Delete**: `DeleteStack` by id, and waits; what is in the stack goes with it.
//! - **By id** once it is made: by name a deleted stack disappears, and another may take its place.
//! - **Replaces**: nothing; the name is the identity.

mod change_set;
mod events;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::Stack;
use aws_sdk_cloudformation::types::StackStatus;
use aws_sdk_cloudformation::types::TemplateStage;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::Scalar;
use eclusa_planner::schema::aws::cloudformation_stack::CloudFormationStack;
use eclusa_planner::schema::aws::cloudformation_stack::StackSpec;
use eclusa_planner::schema::aws::cloudformation_stack::template;
use futures_util::future::join;
use futures_util::future::join_all;
use futures_util::future::try_join_all;
use serde_json::Value as Json;

use self::change_set::Kind as Made;
use self::change_set::Ready;
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

const DESCRIBE: Operation = Operation::read(Service::CloudFormation, "DescribeStacks");
const TEMPLATE: Operation = Operation::read(Service::CloudFormation, "GetTemplate");
const DELETE: Operation = Operation::write(Service::CloudFormation, "DeleteStack");

/// What a change set leaves that never was executed.
const SHELL: &str = "REVIEW_IN_PROGRESS";

impl Kind for CloudFormationStack {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<StackSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, &each.name).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        _: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let stacks = match list(io).await {
            Ok(stacks) => stacks,
            Err(error) => return Listed::failed(error),
        };
        let roots = stacks.iter().filter(|stack| stack.parent_id().is_none());
        let named = roots.filter_map(|stack| {
            let name = stack.stack_name()?.to_owned();
            Some((Identity::Name(name.clone()), name, stack))
        });
        let open = named.filter(|(identity, ..)| !known.contains(identity));
        let read = open.map(async |(identity, name, stack)| {
            let mark = match status(stack) {
                SHELL => change_set::mark(io, &name).await,
                _ => Ok(mark_of(stack)),
            };
            (identity, name, mark)
        });
        Listed::of(owner, join_all(read).await)
    }

    async fn create(&self, io: &Io, target: &Wanted, mark: &Mark, want: &StackSpec) -> Result<Outputs, ProviderError> {
        make(io, &target.name, mark, want).await
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, StackSpec>,
    ) -> Result<Outputs, ProviderError> {
        let id = &update.seen.handle.id;
        let name = update.seen.outputs.get("name").map_or("", String::as_str);
        let Some(status) = events::rest(io, id).await? else {
            return make(io, name, mark, update.want).await;
        };
        if is_lost(&status) {
            remove(io, id).await?;
            return make(io, name, mark, update.want).await;
        }
        let opened = change_set::open(io, Made::Update, id, mark, update.want).await?;
        match change_set::ready(io, &opened).await? {
            Ready::Changes => change_set::execute(io, &opened).await?,
            Ready::Empty => change_set::discard(io, &opened).await?,
            Ready::Refused(reason) => {
                change_set::discard(io, &opened).await?;
                return Err(change_set::refused(&reason));
            }
        }
        live_outputs(io, id).await
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        match events::rest(io, &handle.id).await? {
            Some(_) => remove(io, &handle.id).await,
            None => Ok(()),
        }
    }
}

/// Makes a stack that is not there. A change set that cannot be executed takes its shell with it.
async fn make(io: &Io, name: &str, mark: &Mark, want: &StackSpec) -> Result<Outputs, ProviderError> {
    let opened = change_set::open(io, Made::Create, name, mark, want).await?;
    match change_set::ready(io, &opened).await? {
        Ready::Changes => change_set::execute(io, &opened).await?,
        Ready::Empty => {
            remove(io, &opened.stack).await?;
            return Err(change_set::refused(
                "the template makes no resource under these parameters",
            ));
        }
        Ready::Refused(reason) => {
            remove(io, &opened.stack).await?;
            return Err(change_set::refused(&reason));
        }
    }
    live_outputs(io, &opened.stack).await
}

async fn remove(io: &Io, id: &str) -> Result<(), ProviderError> {
    let token = change_set::token();
    let request = || io.aws.cloudformation.delete_stack().stack_name(id);
    let deleted = io.call(DELETE, || request().client_request_token(&token).send()).await;
    match deleted {
        Err(error) if error.class == Class::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => events::gone(io, DELETE, id, &token).await,
    }
}

async fn find(io: &Io, name: &str) -> Result<Found<StackSpec>, ProviderError> {
    let (stack, text) = join(describe(io, name), template_of(io, name)).await;
    let Some(stack) = stack? else {
        return Ok(Found::Absent);
    };
    let status = status(&stack);
    let mut mark = mark_of(&stack);
    let template = if status == SHELL {
        mark = change_set::mark(io, name).await?;
        None
    } else {
        text?
    };
    Ok(Found::Present(Box::new(Present {
        spec: spec(&stack, template),
        outputs: outputs(&stack),
        mark,
        handle: Handle {
            id: stack.stack_id().unwrap_or(name).to_owned(),
            revision: None,
        },
        holds_data: false,
        open: OpenKeys::default(),
    })))
}

/// Every stack in the account and region that is not deleted.
async fn list(io: &Io) -> Result<Vec<Stack>, ProviderError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let request = || io.aws.cloudformation.describe_stacks().set_next_token(token.clone());
        let page = io.call(DESCRIBE, || request().send()).await?;
        found.extend(page.stacks.unwrap_or_default());
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
}

fn mark_of(stack: &Stack) -> Option<Mark> {
    Mark::from_tags(stack.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?))))
}

/// `None`: there is no stack of this name or id, or it is deleted.
async fn describe(io: &Io, stack: &str) -> Result<Option<Stack>, ProviderError> {
    let request = || io.aws.cloudformation.describe_stacks().stack_name(stack);
    let answer = match io.call(DESCRIBE, || request().send()).await {
        Err(error) if error.class == Class::NotFound => return Ok(None),
        other => other?,
    };
    let found = answer.stacks.unwrap_or_default().into_iter().next();
    Ok(found.filter(|stack| stack.stack_status() != Some(&StackStatus::DeleteComplete)))
}

async fn template_of(io: &Io, stack: &str) -> Result<Option<Json>, ProviderError> {
    let request = || io.aws.cloudformation.get_template().stack_name(stack);
    let answer = io
        .call(TEMPLATE, || request().template_stage(TemplateStage::Original).send())
        .await;
    match answer {
        Err(error) if error.class == Class::NotFound => Ok(None),
        other => {
            let text = other?.template_body.unwrap_or_default();
            let parsed = template::parse(&text);
            parsed.map(Some).map_err(|problem| unexpected(TEMPLATE, &problem))
        }
    }
}

async fn live_outputs(io: &Io, id: &str) -> Result<Outputs, ProviderError> {
    let stack = describe(io, id).await?;
    let stack = stack.ok_or_else(|| unexpected(DESCRIBE, "the stack is gone right after it was written"))?;
    Ok(outputs(&stack))
}

fn spec(stack: &Stack, template: Option<Json>) -> StackSpec {
    let status = status(stack);
    let parameters = stack.parameters().iter();
    let parameters: BTreeMap<String, Scalar> = parameters
        .filter_map(|parameter| {
            let value = Scalar(parameter.parameter_value()?.to_owned());
            Some((parameter.parameter_key()?.to_owned(), value))
        })
        .collect();
    StackSpec {
        template_file: String::new(),
        parameters,
        capabilities: Vec::new(),
        template,
        masked_parameters: BTreeMap::new(),
        unsettled: (is_going_on(status) || is_lost(status)).then(|| status.to_owned()),
    }
}

fn outputs(stack: &Stack) -> Outputs {
    let own = [("name", stack.stack_name()), ("id", stack.stack_id())];
    let own = own
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
    let declared = stack.outputs().iter().filter_map(|output| {
        let name = format!("outputs.{}", output.output_key()?);
        Some((name, output.output_value()?.to_owned()))
    });
    own.chain(declared).collect()
}

fn status(stack: &Stack) -> &str {
    stack.stack_status().map_or("", StackStatus::as_str)
}

/// Whether an operation is not over. A shell waits for nobody.
fn is_going_on(status: &str) -> bool {
    status.ends_with("_IN_PROGRESS") && status != SHELL
}

/// Whether the stack can never be updated, only deleted.
fn is_lost(status: &str) -> bool {
    matches!(
        status,
        "REVIEW_IN_PROGRESS" | "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_FAILED"
    )
}

fn unexpected(operation: Operation, problem: &str) -> ProviderError {
    ProviderError::own(operation, Class::Unexpected, "AnswerNotUnderstood", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_settled_where_an_update_may_begin() {
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"] {
            assert!(!is_going_on(status) && !is_lost(status), "{status}");
        }
        for status in [
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "CREATE_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
        ] {
            assert!(is_going_on(status) && !is_lost(status), "{status}");
        }
        for status in ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"] {
            assert!(!is_going_on(status) && is_lost(status), "{status}");
        }
    }
}
