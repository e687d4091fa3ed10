//! How `aws_sqs_queue` is called.
//!
//! - **Reads**: `GetQueueAttributes(All)` and `ListQueueTags` at the derived URL, both at once. A missing queue
//!   answers `NonExistentQueue`: read by name, that proves absence.
//! - **Lists**: `ListQueues`, then `ListQueueTags` for each that is not read anyway: names may be overridden, so no
//!   prefix tells ours.
//! - **Create**: `CreateQueue` with attributes and tags. It silently answers an equal queue of somebody else's with
//!   its URL, so the tags are read back; a differing one is `QueueNameExists`.
//! - **Update**: `SetQueueAttributes` with what differs, "" removing; then `TagQueue`. SQS may take 60 s to show a
//!   new attribute everywhere: the read is repeated until it shows.
//! - **Replaces**: nothing; the name is the identity.
//! - **Eventually consistent**: a deleted queue's name is refused for 60 s (`QueueDeletedRecently`, retry table) and the
//!   queue may be seen for as long.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::aws::sqs_queue::QueueSpec;
use eclusa_planner::schema::aws::sqs_queue::SqsQueue;
use eclusa_planner::schema::aws::sqs_queue::outputs;
use futures_util::future::join;
use futures_util::future::join_all;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use self::attributes::Attributes;
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

mod attributes;

const LIST: Operation = Operation::read(Service::Sqs, "ListQueues");
const GET: Operation = Operation::read(Service::Sqs, "GetQueueAttributes");
const TAGS: Operation = Operation::read(Service::Sqs, "ListQueueTags");
const CREATE: Operation = Operation::write(Service::Sqs, "CreateQueue");
const SET: Operation = Operation::write(Service::Sqs, "SetQueueAttributes");
const TAG: Operation = Operation::write(Service::Sqs, "TagQueue");
const DELETE: Operation = Operation::write(Service::Sqs, "DeleteQueue");

/// SQS documents that attributes may take this long to propagate.
const SHOWN_WITHIN: Duration = Duration::from_secs(60);

impl Kind for SqsQueue {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<QueueSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, &each.name).await))).await
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
        let named = names.into_iter().map(|name| (Identity::Name(name.clone()), name));
        let open = named.filter(|(identity, _)| !known.contains(identity));
        let read = open.map(async |(identity, name)| {
            let tags = tags_of(io, &url(io, &name)).await;
            (identity, name, tags.map(|tags| mark_of(&tags)))
        });
        Listed::of(owner, join_all(read).await)
    }

    async fn create(&self, io: &Io, target: &Wanted, mark: &Mark, want: &QueueSpec) -> Result<Outputs, ProviderError> {
        let attributes = attributes::written(want);
        let tags: HashMap<String, String> = mark.tags().into_iter().collect();
        io.call(CREATE, || {
            let request = io.aws.sqs.create_queue().queue_name(&target.name);
            request
                .set_attributes(Some(attributes.clone()))
                .set_tags(Some(tags.clone()))
                .send()
        })
        .await?;
        let url = url(io, &target.name);
        let tagged = tags_of(io, &url).await?;
        match mark_of(&tagged) {
            Some(found) if found.owner == mark.owner => Ok(outputs(&target.name, &io.place)),
            _ => Err(taken(&target.name)),
        }
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, QueueSpec>,
    ) -> Result<Outputs, ProviderError> {
        let url = &update.seen.handle.id;
        let changed = attributes::changed(&update);
        if !changed.is_empty() {
            let set = changed.clone();
            io.call(SET, || {
                io.aws
                    .sqs
                    .set_queue_attributes()
                    .queue_url(url)
                    .set_attributes(Some(set.clone()))
                    .send()
            })
            .await?;
        }
        let tags: HashMap<String, String> = mark.tags().into_iter().collect();
        io.call(TAG, || {
            io.aws
                .sqs
                .tag_queue()
                .queue_url(url)
                .set_tags(Some(tags.clone()))
                .send()
        })
        .await?;
        await_shown(io, url, &changed).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        match io
            .call(DELETE, || io.aws.sqs.delete_queue().queue_url(&handle.id).send())
            .await
        {
            Err(error) if error.class != Class::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The names of all queues in the account and region.
async fn list(io: &Io) -> Result<Vec<String>, ProviderError> {
    let mut names = Vec::new();
    let mut token = None;
    loop {
        // Without a page size SQS cuts the list at 1,000 and says nothing.
        let request = || {
            io.aws
                .sqs
                .list_queues()
                .max_results(1_000)
                .set_next_token(token.clone())
        };
        let page = io.call(LIST, || request().send()).await?;
        let urls = page.queue_urls().iter();
        names.extend(urls.filter_map(|url| url.rsplit('/').next()).map(str::to_owned));
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(names),
        }
    }
}

async fn find(io: &Io, name: &str) -> Result<Found<QueueSpec>, ProviderError> {
    let url = url(io, name);
    let (attributes, tags) = join(attributes_of(io, &url), tags_of(io, &url)).await;
    let attributes = match attributes {
        Err(error) if error.class == Class::NotFound => return Ok(Found::Absent),
        other => other?,
    };
    let tags = match tags {
        Err(error) if error.class == Class::NotFound => return Ok(Found::Absent),
        other => other?,
    };
    Ok(Found::Present(Box::new(Present {
        spec: attributes.spec().map_err(|problem| unexpected(&problem))?,
        outputs: outputs(name, &io.place),
        mark: mark_of(&tags),
        handle: Handle {
            id: url,
            revision: None,
        },
        holds_data: attributes.holds_messages(),
        open: OpenKeys::default(),
    })))
}

async fn attributes_of(io: &Io, url: &str) -> Result<Attributes, ProviderError> {
    let answer = io
        .call(GET, || {
            io.aws
                .sqs
                .get_queue_attributes()
                .queue_url(url)
                .attribute_names(QueueAttributeName::All)
                .send()
        })
        .await?;
    Ok(Attributes(answer.attributes.unwrap_or_default()))
}

async fn tags_of(io: &Io, url: &str) -> Result<HashMap<String, String>, ProviderError> {
    let answer = io
        .call(TAGS, || io.aws.sqs.list_queue_tags().queue_url(url).send())
        .await?;
    Ok(answer.tags.unwrap_or_default())
}

/// Reads until what was set shows.
async fn await_shown(io: &Io, url: &str, set: &HashMap<QueueAttributeName, String>) -> Result<(), ProviderError> {
    let began = Instant::now();
    let limit = SHOWN_WITHIN.min(io.limits.wait);
    let mut pause = Duration::from_millis(100);
    while !attributes_of(io, url).await?.show(set) {
        if began.elapsed() + pause > limit {
            let text = format!(
                "SQS does not show the new attributes {} s after they were set",
                limit.as_secs()
            );
            return Err(ProviderError::own(GET, Class::Pending, "NotShownYet", text));
        }
        io.tell_waiting("the new attributes to show", "old values are still read", began, limit);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
    Ok(())
}

/// The URL follows from place and name.
fn url(io: &Io, name: &str) -> String {
    outputs(name, &io.place).remove("url").unwrap_or_default()
}

fn mark_of(tags: &HashMap<String, String>) -> Option<Mark> {
    Mark::from_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

fn taken(name: &str) -> ProviderError {
    let text =
        format!("a queue named {name} with equal attributes exists already and is not ours; it was left as it is");
    ProviderError::own(CREATE, Class::NotOurs, "QueueOfSomebodyElse", text)
}

fn unexpected(problem: &str) -> ProviderError {
    ProviderError::own(GET, Class::Unexpected, "AttributesNotUnderstood", problem)
}
