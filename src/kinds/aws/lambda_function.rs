//! How `aws_lambda_function` is called.
//!
//! - **Reads**: `GetFunction`, which answers configuration, tags and concurrency at once; `ResourceNotFoundException`
//!   proves absence. Its answer also holds a signed address of the code: it is never shown or logged. Then `GetRole` of
//!   the function's role, for its unique id.
//! - **Lists**: `ListFunctions`, then `ListTags` for each that is not read anyway.
//! - **Create**: `CreateFunction` with the zip and tags, the wait until it is active, then its concurrency. A crash in
//!   between leaves a function of ours that lacks the last, which the next run adds.
//! - **Update**: code is compiled before anything is written; then configuration, code and concurrency, each waited for.
//!   What is taken away is sent as an explicit empty, since what is left out stays. The first write names the revision
//!   that the plan saw. `TagResource` last, with the digests of an upload: a crash before it shows as foreign code, and
//!   the code is uploaded again.
//! - **Touch**: a function with environment variables holds a KMS grant for its role's unique id. After the role was
//!   made anew the variables are taken away and set again, so that a grant is made for the new id; the tag `eclusa:role`
//!   says for which id that was done. (That this makes a new grant is not yet seen on a real account.)
//! - **Replaces**: nothing; the name is the identity.
//! - **Eventually consistent**: a new role cannot be assumed for some seconds (retry table).

mod code;
mod configuration;
mod states;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::aws::lambda_function::FunctionSpec;
use eclusa_planner::schema::aws::lambda_function::LambdaFunction;
use futures_util::future::join_all;
use futures_util::future::try_join_all;

use self::code::Code;
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

const GET: Operation = Operation::read(Service::Lambda, "GetFunction");
const LIST: Operation = Operation::read(Service::Lambda, "ListFunctions");
const TAGS: Operation = Operation::read(Service::Lambda, "ListTags");
const GET_ROLE: Operation = Operation::read(Service::Iam, "GetRole");
const CREATE: Operation = Operation::write(Service::Lambda, "CreateFunction");
const CODE: Operation = Operation::write(Service::Lambda, "UpdateFunctionCode");
const RESERVE: Operation = Operation::write(Service::Lambda, "PutFunctionConcurrency");
const RELEASE: Operation = Operation::write(Service::Lambda, "DeleteFunctionConcurrency");
const TAG: Operation = Operation::write(Service::Lambda, "TagResource");
const DELETE: Operation = Operation::write(Service::Lambda, "DeleteFunction");

/// Digest of what the last upload was made from.
const SOURCE_TAG: &str = "eclusa:source";
/// Digest of the last upload, as Lambda shows it.
const CODE_TAG: &str = "eclusa:code";
/// Unique id of the role at the last write.
const ROLE_TAG: &str = "eclusa:role";

impl Kind for LambdaFunction {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<FunctionSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, &each.name).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        _: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let functions = match list(io).await {
            Ok(functions) => functions,
            Err(error) => return Listed::failed(error),
        };
        let named = functions
            .into_iter()
            .map(|(name, arn)| (Identity::Name(name.clone()), name, arn));
        let open = named.filter(|(identity, ..)| !known.contains(identity));
        let read = open.map(async |(identity, name, arn)| {
            let tags = super::lambda_tags(io, TAGS, &arn).await;
            (identity, name, tags.map(|tags| mark_of(&tags)))
        });
        Listed::of(owner, join_all(read).await)
    }

    async fn create(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        want: &FunctionSpec,
    ) -> Result<Outputs, ProviderError> {
        let name = &target.name;
        let code = code::prepare(io, want, CREATE).await?;
        let mut tags = mark.tags();
        tags.extend(code.tags());
        tags.extend(role_tag(io, &want.role).await?);
        let made = io
            .call(CREATE, || {
                let request = io.aws.lambda.create_function().function_name(name);
                configuration::initial(request, want)
                    .set_tags(Some(tags.clone().into_iter().collect()))
                    .code(code.as_zip())
                    .send()
            })
            .await?;
        states::await_success(io, name).await?;
        if want.reserved_concurrent_executions.is_some() {
            reserve(io, name, want.reserved_concurrent_executions).await?;
        }
        Ok(outputs(name, made.function_arn()))
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, FunctionSpec>,
    ) -> Result<Outputs, ProviderError> {
        let name = &update.seen.handle.id;
        // A program that does not compile must not leave half an update behind.
        let code = match code::differs(&update) {
            true => Some(code::prepare(io, update.want, CODE).await?),
            false => None,
        };
        let mut revision = match &update.seen.handle.revision {
            Some(revision) => Some(revision.clone()),
            None => states::await_end(io, name).await?,
        };
        let mut tags = mark.tags();
        let is_touched = update.touched || update.changes("former_role");
        if is_touched || configuration::differs(&update) {
            revision = configuration::change(io, name, revision, &update, is_touched).await?;
        }
        tags.extend(role_tag(io, &update.want.role).await?);
        if let Some(code) = code {
            upload(io, name, revision, &code, update.want).await?;
            tags.extend(code.tags());
        }
        if update.changes("reserved_concurrent_executions") {
            reserve(io, name, update.want.reserved_concurrent_executions).await?;
        }
        tag(io, &update.seen.outputs, tags).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let name = &handle.id;
        let request = || io.aws.lambda.delete_function().function_name(name);
        match io.call(DELETE, || request().send()).await {
            Err(error) if error.class != Class::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Name and ARN of every function in the account and region.
async fn list(io: &Io) -> Result<Vec<(String, String)>, ProviderError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let request = || io.aws.lambda.list_functions().set_marker(marker.clone());
        let page = io.call(LIST, || request().send()).await?;
        let named = page.functions().iter().filter_map(|function| {
            let arn = function.function_arn()?.to_owned();
            Some((function.function_name()?.to_owned(), arn))
        });
        found.extend(named);
        match page.next_marker.filter(|marker| !marker.is_empty()) {
            Some(next) => marker = Some(next),
            None => return Ok(found),
        }
    }
}

fn mark_of(tags: &HashMap<String, String>) -> Option<Mark> {
    Mark::from_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

async fn find(io: &Io, name: &str) -> Result<Found<FunctionSpec>, ProviderError> {
    let request = || io.aws.lambda.get_function().function_name(name);
    let got = match io.call(GET, || request().send()).await {
        Err(error) if error.class == Class::NotFound => return Ok(Found::Absent),
        other => other?,
    };
    if let Some(error) = got.tags_error() {
        let text = format!(
            "its tags could not be read: {}: {}",
            error.error_code(),
            error.message()
        );
        return Ok(Found::Unreadable(text));
    }
    let Some(live) = got.configuration() else {
        return Err(unexpected(GET, "the answer holds no configuration"));
    };
    let tags = got.tags().cloned().unwrap_or_default();
    let reserved = got
        .concurrency()
        .and_then(|found| found.reserved_concurrent_executions());
    let mut spec = configuration::spec(live);
    spec.reserved_concurrent_executions = reserved.and_then(|count| u32::try_from(count).ok());
    spec.source = tags.get(SOURCE_TAG).cloned();
    spec.foreign_code = live
        .code_sha256()
        .filter(|digest| tags.get(CODE_TAG).is_none_or(|uploaded| uploaded != digest))
        .map(str::to_owned);
    spec.former_role = former_role(io, &spec.role, &tags).await?;
    Ok(Found::Present(Box::new(Present {
        spec,
        outputs: outputs(name, live.function_arn()),
        mark: mark_of(&tags),
        handle: Handle {
            id: name.to_owned(),
            revision: states::is_settled(live)
                .then(|| live.revision_id().map(str::to_owned))
                .flatten(),
        },
        holds_data: false,
        open: OpenKeys::default(),
    })))
}

/// The id that the function was last written with, where its role has another one by now.
async fn former_role(io: &Io, role: &str, tags: &HashMap<String, String>) -> Result<Option<String>, ProviderError> {
    let Some(written) = tags.get(ROLE_TAG) else {
        return Ok(None);
    };
    let live = role_id(io, role).await?;
    Ok(live.is_some_and(|live| live != *written).then(|| written.clone()))
}

/// A role's unique id; a role that is not there, or may not be read, says nothing.
async fn role_id(io: &Io, arn: &str) -> Result<Option<String>, ProviderError> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let read = io.call(GET_ROLE, || io.aws.iam.get_role().role_name(name).send()).await;
    match read {
        Ok(answer) => Ok(answer
            .role()
            .filter(|role| role.arn() == arn)
            .map(|role| role.role_id().to_owned())),
        Err(error) if error.class == Class::Credentials => Err(error),
        Err(_) => Ok(None),
    }
}

async fn role_tag(io: &Io, role: &str) -> Result<Option<(String, String)>, ProviderError> {
    Ok(role_id(io, role).await?.map(|id| (ROLE_TAG.to_owned(), id)))
}

async fn upload(
    io: &Io,
    name: &str,
    revision: Option<String>,
    code: &Code,
    want: &FunctionSpec,
) -> Result<(), ProviderError> {
    io.call(CODE, || {
        io.aws
            .lambda
            .update_function_code()
            .function_name(name)
            .set_revision_id(revision.clone())
            .set_architectures(Some(configuration::architectures(want)))
            .zip_file(code.zip.clone())
            .send()
    })
    .await?;
    states::await_success(io, name).await.map(|_| ())
}

async fn reserve(io: &Io, name: &str, reserved: Option<u32>) -> Result<(), ProviderError> {
    match reserved {
        Some(count) => {
            let count = i32::try_from(count).unwrap_or(i32::MAX);
            let request = || io.aws.lambda.put_function_concurrency().function_name(name);
            io.call(RESERVE, || request().reserved_concurrent_executions(count).send())
                .await
                .map(|_| ())
        }
        None => {
            let request = || io.aws.lambda.delete_function_concurrency().function_name(name);
            io.call(RELEASE, || request().send()).await.map(|_| ())
        }
    }
}

async fn tag(io: &Io, outputs: &Outputs, tags: BTreeMap<String, String>) -> Result<(), ProviderError> {
    let arn = outputs.get("arn").cloned().unwrap_or_default();
    let tags: HashMap<String, String> = tags.into_iter().collect();
    let request = || io.aws.lambda.tag_resource().resource(&arn);
    io.call(TAG, || request().set_tags(Some(tags.clone())).send())
        .await
        .map(|_| ())
}

fn outputs(name: &str, arn: Option<&str>) -> Outputs {
    [("name", name), ("arn", arn.unwrap_or_default())]
        .map(|(output, text)| (output.to_owned(), text.to_owned()))
        .into()
}

fn unexpected(operation: Operation, problem: &str) -> ProviderError {
    ProviderError::own(operation, Class::Unexpected, "AnswerNotUnderstood", problem)
}
