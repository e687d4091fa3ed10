//! How `aws_lambda_event_source_mapping` is called.
//!
//! - **Reads**: one `ListEventSourceMappings` for all (paged), which proves absence, then `ListTags` for those found. A
//!   mapping that is being deleted counts as absent; one that is being updated tells nothing of its switch, so it is
//!   looked at until it is done.
//! - **Lists**: the same list, then `ListTags` for each that is not read anyway.
//! - **Create**: `CreateEventSourceMapping` with tags, and the wait until it is enabled or disabled. A pair of queue and
//!   function has one mapping: where it is taken, what is there is looked at again, and is ours or blocks. A mapping that
//!   is still going away is waited for.
//! - **Update**: `UpdateEventSourceMapping` with what differs, explicit empties removing; the wait; then `TagResource`.
//! - **Replaces**: the queue cannot be changed. It is also made anew after its queue or its function was.
//! - **Delete**: by UUID, and waited for, since queue and function go next.
//! - **Eventually consistent**: a mapping in the middle of a change refuses the next one (retry table).

mod settings;
mod states;

use std::collections::BTreeSet;
use std::collections::HashMap;

use aws_sdk_lambda::types::EventSourceMappingConfiguration as Live;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::aws::lambda_event_source_mapping::EventSourceMapping;
use eclusa_planner::schema::aws::lambda_event_source_mapping::MappingSpec;
use eclusa_planner::schema::aws::lambda_event_source_mapping::function_in;
use futures_util::future::join_all;
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
use crate::kinds::all_unread;
use crate::kinds::readable;

const LIST: Operation = Operation::read(Service::Lambda, "ListEventSourceMappings");
const TAGS: Operation = Operation::read(Service::Lambda, "ListTags");
const CREATE: Operation = Operation::write(Service::Lambda, "CreateEventSourceMapping");
const UPDATE: Operation = Operation::write(Service::Lambda, "UpdateEventSourceMapping");
const TAG: Operation = Operation::write(Service::Lambda, "TagResource");
const DELETE: Operation = Operation::write(Service::Lambda, "DeleteEventSourceMapping");

impl Kind for EventSourceMapping {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<MappingSpec>>, ProviderError> {
        let listed = match io.listed(LIST, list(io)).await {
            Ok(listed) => listed,
            Err(error) => return all_unread(error, wanted.len()),
        };
        let looks = wanted
            .iter()
            .map(async |each| match listed.iter().find(|live| is(live, each)) {
                Some(live) => readable(found(io, live).await),
                None => Ok(Found::Absent),
            });
        try_join_all(looks).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        _: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let listed = match io.listed(LIST, list(io)).await {
            Ok(listed) => listed,
            Err(error) => return Listed::failed(error),
        };
        let there = listed.iter().filter(|live| !states::is_deleting(live.state()));
        let named = there.filter_map(|live| Some((identity(live)?, live)));
        let open = named.filter(|(identity, _)| !known.contains(identity));
        let read = open.map(async |(identity, live)| {
            let tags = super::lambda_tags(io, TAGS, live.event_source_mapping_arn().unwrap_or_default()).await;
            let name = live.uuid().unwrap_or_default().to_owned();
            (identity, name, tags.map(|tags| mark_of(&tags)))
        });
        Listed::of(owner, join_all(read).await)
    }

    async fn create(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        want: &MappingSpec,
    ) -> Result<Outputs, ProviderError> {
        let uuid = match make(io, mark, want).await {
            Err(error) if error.class == Class::AlreadyExists => match going_away(io, target).await? {
                Some(uuid) => {
                    states::await_gone(io, &uuid).await?;
                    make(io, mark, want).await?
                }
                None => return Err(error),
            },
            made => made?,
        };
        let arn = states::await_settled(io, &uuid).await?;
        Ok(outputs(&uuid, &arn))
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, MappingSpec>,
    ) -> Result<Outputs, ProviderError> {
        let uuid = &update.seen.handle.id;
        io.call(UPDATE, || {
            let request = io.aws.lambda.update_event_source_mapping().uuid(uuid);
            settings::edited(request, &update).send()
        })
        .await?;
        let arn = states::await_settled(io, uuid).await?;
        let tags: HashMap<String, String> = mark.tags().into_iter().collect();
        let request = || io.aws.lambda.tag_resource().resource(&arn);
        io.call(TAG, || request().set_tags(Some(tags.clone())).send()).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let uuid = &handle.id;
        let request = || io.aws.lambda.delete_event_source_mapping().uuid(uuid);
        match io.call(DELETE, || request().send()).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(_) => states::await_gone(io, uuid).await,
        }
    }
}

/// Every mapping in the account and region; an unfiltered list costs as many calls as one for each queue, or fewer.
async fn list(io: &Io) -> Result<Vec<Live>, ProviderError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let request = || io.aws.lambda.list_event_source_mappings().set_marker(marker.clone());
        let page = io.call(LIST, || request().send()).await?;
        found.extend(page.event_source_mappings.unwrap_or_default());
        match page.next_marker.filter(|next| !next.is_empty()) {
            Some(next) => marker = Some(next),
            None => return Ok(found),
        }
    }
}

/// Its queue's ARN and its function's name.
fn identity(live: &Live) -> Option<Identity> {
    let function = function_in(live.function_arn()?);
    Some(Identity::Natural(vec![
        live.event_source_arn()?.to_owned(),
        function.to_owned(),
    ]))
}

fn mark_of(tags: &HashMap<String, String>) -> Option<Mark> {
    Mark::from_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Whether a live mapping is the wanted one, by queue and function.
fn is(live: &Live, wanted: &Wanted) -> bool {
    identity(live).is_some_and(|identity| identity == wanted.identity)
}

async fn found(io: &Io, live: &Live) -> Result<Found<MappingSpec>, ProviderError> {
    if states::is_deleting(live.state()) {
        return Ok(Found::Absent);
    }
    let uuid = live.uuid().unwrap_or_default();
    let arn = live.event_source_mapping_arn().unwrap_or_default();
    let tags = super::lambda_tags(io, TAGS, arn).await?;
    let enabled = match states::is_enabled(live.state()) {
        Some(enabled) => enabled,
        None => states::await_switch(io, uuid).await?,
    };
    Ok(Found::Present(Box::new(Present {
        spec: settings::spec(live, enabled),
        outputs: outputs(uuid, arn),
        mark: mark_of(&tags),
        handle: Handle {
            id: uuid.to_owned(),
            revision: None,
        },
        holds_data: false,
        open: OpenKeys::default(),
    })))
}

/// Makes the mapping and gives its UUID.
async fn make(io: &Io, mark: &Mark, want: &MappingSpec) -> Result<String, ProviderError> {
    let tags: HashMap<String, String> = mark.tags().into_iter().collect();
    let made = io
        .call(CREATE, || {
            let request = io.aws.lambda.create_event_source_mapping();
            settings::initial(request, want).set_tags(Some(tags.clone())).send()
        })
        .await?;
    made.uuid.ok_or_else(|| {
        ProviderError::own(
            CREATE,
            Class::Unexpected,
            "AnswerNotUnderstood",
            "the answer holds no UUID",
        )
    })
}

/// The UUID of the mapping that still takes the place of the wanted one, if it is being deleted.
async fn going_away(io: &Io, wanted: &Wanted) -> Result<Option<String>, ProviderError> {
    let listed = list(io).await?;
    let taken = listed.iter().find(|live| is(live, wanted));
    let leaving = taken.filter(|live| states::is_deleting(live.state()));
    Ok(leaving.and_then(|live| live.uuid().map(str::to_owned)))
}

fn outputs(uuid: &str, arn: &str) -> Outputs {
    [("uuid", uuid), ("arn", arn)]
        .map(|(output, text)| (output.to_owned(), text.to_owned()))
        .into()
}
