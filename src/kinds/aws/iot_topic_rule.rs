//! How `aws_iot_topic_rule` is called.
//!
//! - **Reads**: one `ListTopicRules` for all (paged), then `GetTopicRule` and `ListTagsForResource` for those listed.
//!   The same list and `ListTagsForResource` for the others tell what else is ours.
//!   The list proves absence: `GetTopicRule` answers a missing rule like one that may not be read.
//! - **Create**: `CreateTopicRule` with tags (a URL-encoded header; IoT refuses empty values).
//! - **Update**: `ReplaceTopicRule` with the whole payload where anything differs, then `TagResource`; a rule has no
//!   patch.
//! - **Replaces**: nothing; the name is the identity.
//! - **Delete**: `DeleteTopicRule` models no "not found", so a missing rule's answer is settled by looking.
//! - **Eventually consistent**: IoT tries the roles in create and replace and refuses those that IAM has not
//!   propagated yet (retry table, by text, so that a wrong role fails after a minute and a bad rule at once).

mod payload;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_sdk_iot::types::Tag;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::aws::iot_topic_rule::IotTopicRule;
use eclusa_planner::schema::aws::iot_topic_rule::TopicRuleSpec;
use futures_util::future::join_all;
use futures_util::future::try_join;
use futures_util::future::try_join_all;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

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

const LIST: Operation = Operation::read(Service::Iot, "ListTopicRules");
const GET: Operation = Operation::read(Service::Iot, "GetTopicRule");
const TAGS: Operation = Operation::read(Service::Iot, "ListTagsForResource");
const CREATE: Operation = Operation::write(Service::Iot, "CreateTopicRule");
const REPLACE: Operation = Operation::write(Service::Iot, "ReplaceTopicRule");
const TAG: Operation = Operation::write(Service::Iot, "TagResource");
const DELETE: Operation = Operation::write(Service::Iot, "DeleteTopicRule");

impl Kind for IotTopicRule {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<TopicRuleSpec>>, ProviderError> {
        let listed = match io.listed(LIST, list(io)).await {
            Ok(listed) => listed,
            Err(error) => return all_unread(error, wanted.len()),
        };
        try_join_all(wanted.iter().map(async |each| match listed.get(&each.name) {
            Some(arn) => readable(find(io, &each.name, arn).await),
            None => Ok(Found::Absent),
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
        let listed = match io.listed(LIST, list(io)).await {
            Ok(listed) => listed,
            Err(error) => return Listed::failed(error),
        };
        let named = listed
            .iter()
            .map(|(name, arn)| (Identity::Name(name.clone()), name, arn));
        let open = named.filter(|(identity, ..)| !known.contains(identity));
        let read = open.map(async |(identity, name, arn)| {
            let tags = tags_of(io, arn).await;
            (identity, name.clone(), tags.map(|tags| mark_of(&tags)))
        });
        Listed::of(owner, join_all(read).await)
    }

    async fn create(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        want: &TopicRuleSpec,
    ) -> Result<Outputs, ProviderError> {
        let payload = payload::of(want).map_err(|error| unexpected(CREATE, &error.to_string()))?;
        let tags = header(mark);
        let request = || io.aws.iot.create_topic_rule().rule_name(&target.name).tags(&tags);
        io.call(CREATE, || request().topic_rule_payload(payload.clone()).send())
            .await?;
        Ok(Self::known_outputs(want, &target.name, &io.place))
    }

    async fn update(
        &self,
        io: &Io,
        _: &Wanted,
        mark: &Mark,
        update: Update<'_, TopicRuleSpec>,
    ) -> Result<Outputs, ProviderError> {
        let name = &update.seen.handle.id;
        if update.touched || !update.fields.is_empty() {
            let payload = payload::of(update.want).map_err(|error| unexpected(REPLACE, &error.to_string()))?;
            let request = || io.aws.iot.replace_topic_rule().rule_name(name);
            io.call(REPLACE, || request().topic_rule_payload(payload.clone()).send())
                .await?;
        }
        let tags = tags(mark)?;
        let arn = update.seen.outputs.get("arn").cloned().unwrap_or_default();
        let request = || io.aws.iot.tag_resource().resource_arn(&arn);
        io.call(TAG, || request().set_tags(Some(tags.clone())).send()).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let deleted = io
            .call(DELETE, || io.aws.iot.delete_topic_rule().rule_name(&handle.id).send())
            .await;
        match deleted {
            Err(error) if error.class == Class::NotFound => Ok(()),
            Err(error) if error.class == Class::Denied && !list(io).await?.contains_key(&handle.id) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// The ARN of every rule in the account and region, by name.
async fn list(io: &Io) -> Result<BTreeMap<String, String>, ProviderError> {
    let mut found = BTreeMap::new();
    let mut token = None;
    loop {
        let request = || io.aws.iot.list_topic_rules().set_next_token(token.clone());
        let page = io.call(LIST, || request().send()).await?;
        for rule in page.rules() {
            if let (Some(name), Some(arn)) = (rule.rule_name(), rule.rule_arn()) {
                found.insert(name.to_owned(), arn.to_owned());
            }
        }
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
}

async fn find(io: &Io, name: &str, arn: &str) -> Result<Found<TopicRuleSpec>, ProviderError> {
    let get = io.call(GET, || io.aws.iot.get_topic_rule().rule_name(name).send());
    let (got, tags) = match try_join(get, tags_of(io, arn)).await {
        Err(error) if error.class == Class::NotFound => return Ok(Found::Absent),
        other => other?,
    };
    let rule = got.rule().ok_or_else(|| unexpected(GET, "the answer holds no rule"))?;
    Ok(Found::Present(Box::new(Present {
        spec: payload::read(rule),
        outputs: [("name", name), ("arn", arn)]
            .map(|(key, text)| (key.to_owned(), text.to_owned()))
            .into(),
        mark: mark_of(&tags),
        handle: Handle {
            id: name.to_owned(),
            revision: None,
        },
        holds_data: false,
        open: OpenKeys::default(),
    })))
}

async fn tags_of(io: &Io, arn: &str) -> Result<Vec<Tag>, ProviderError> {
    let mut tags = Vec::new();
    let mut token = None;
    loop {
        let request = || {
            io.aws
                .iot
                .list_tags_for_resource()
                .resource_arn(arn)
                .set_next_token(token.clone())
        };
        let page = io.call(TAGS, || request().send()).await?;
        tags.extend_from_slice(page.tags());
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(tags),
        }
    }
}

fn mark_of(tags: &[Tag]) -> Option<Mark> {
    Mark::from_tags(tags.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default())))
}

/// Tags as CreateTopicRule takes them: a URL query in a header.
fn header(mark: &Mark) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = mark
        .tags()
        .into_iter()
        .map(|(key, value)| format!("{}={}", encode(&key), encode(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn tags(mark: &Mark) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let built = mark.tags().into_iter().map(tag).collect::<Result<_, _>>();
    built.map_err(|error| unexpected(TAG, &error.to_string()))
}

fn unexpected(operation: Operation, problem: &str) -> ProviderError {
    ProviderError::own(operation, Class::Unexpected, "AnswerNotUnderstood", problem)
}
