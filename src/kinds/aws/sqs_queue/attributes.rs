//! Queue attributes: texts on the wire, a typed Spec here.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use eclusa_planner::schema::aws::sqs_queue::QueueSpec;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_json::json;

use crate::kinds::Update;

/// What `GetQueueAttributes` answered.
#[derive(Clone, Debug)]
pub(super) struct Attributes(pub(super) HashMap<Name, String>);

impl Attributes {
    /// The attributes as a Spec; the problem names the attribute and its text.
    pub(super) fn spec(&self) -> Result<QueueSpec, String> {
        Ok(QueueSpec {
            visibility_timeout_seconds: self.number(&Name::VisibilityTimeout)?.unwrap_or(30),
            message_retention_seconds: self.number(&Name::MessageRetentionPeriod)?.unwrap_or(345_600),
            delay_seconds: self.number(&Name::DelaySeconds)?.unwrap_or(0),
            receive_wait_time_seconds: self.number(&Name::ReceiveMessageWaitTimeSeconds)?.unwrap_or(0),
            maximum_message_size: self.number(&Name::MaximumMessageSize)?,
            redrive_policy: self.document(&Name::RedrivePolicy)?,
            redrive_allow_policy: self.document(&Name::RedriveAllowPolicy)?,
            policy: self.document(&Name::Policy)?,
            sqs_managed_sse_enabled: self.text(&Name::SqsManagedSseEnabled).map(|text| text == "true"),
            kms_master_key_id: self.text(&Name::KmsMasterKeyId).map(str::to_owned),
            kms_data_key_reuse_period_seconds: self.number(&Name::KmsDataKeyReusePeriodSeconds)?,
            fifo_queue: self.text(&Name::FifoQueue) == Some("true"),
            content_based_deduplication: self.text(&Name::ContentBasedDeduplication) == Some("true"),
            deduplication_scope: self.text(&Name::DeduplicationScope).map(str::to_owned),
            fifo_throughput_limit: self.text(&Name::FifoThroughputLimit).map(str::to_owned),
        })
    }

    /// Whether deleting the queue would lose a message, visible, in flight or delayed.
    pub(super) fn holds_messages(&self) -> bool {
        [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ]
        .iter()
        .any(|name| self.text(name).is_some_and(|count| count != "0"))
    }

    /// Whether what was set is read back; documents are compared parsed, a removed attribute is absent.
    pub(super) fn show(&self, set: &HashMap<Name, String>) -> bool {
        let parsed = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_else(|_| Json::from(text));
        set.iter().all(|(name, wanted)| match self.text(name) {
            Some(read) => parsed(read) == parsed(wanted) || is_document(name),
            None => wanted.is_empty(),
        })
    }

    fn text(&self, name: &Name) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &Name) -> Result<Option<u32>, String> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("{name} is {text:?}, expected a whole number"))
        };
        self.text(name).map(parse).transpose()
    }

    fn document<T: DeserializeOwned>(&self, name: &Name) -> Result<Option<T>, String> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let document = serde_json::from_str(text).map(|json| ours(name, json));
        let read = document.and_then(serde_json::from_value);
        read.map(Some)
            .map_err(|error| format!("{name} is not understood: {error}"))
    }
}

/// Policies are spelt anew by SQS, so their text proves nothing; the next plan compares them canonically.
fn is_document(name: &Name) -> bool {
    *name == Name::Policy || *name == Name::RedrivePolicy || *name == Name::RedriveAllowPolicy
}

/// Our words for the keys of the redrive documents; numbers may come as texts.
fn ours(name: &Name, document: Json) -> Json {
    match name {
        Name::RedrivePolicy => json!({
            "dead_letter_target_arn": document["deadLetterTargetArn"],
            "max_receive_count": match &document["maxReceiveCount"] {
                Json::String(text) => text.parse().map_or(Json::Null, |count: u32| Json::from(count)),
                other => other.clone(),
            },
        }),
        Name::RedriveAllowPolicy => json!({
            "redrive_permission": document["redrivePermission"],
            "source_queue_arns": match &document["sourceQueueArns"] {
                Json::Null => json!([]),
                arns => arns.clone(),
            },
        }),
        _ => document,
    }
}

/// The attributes of a Spec as CreateQueue takes them; what is left out is the server's default.
pub(super) fn written(spec: &QueueSpec) -> HashMap<Name, String> {
    all(spec)
        .into_iter()
        .filter_map(|(name, _, text)| Some((name, text?)))
        .collect()
}

/// What SetQueueAttributes must send: "" where an attribute is removed.
pub(super) fn changed(update: &Update<'_, QueueSpec>) -> HashMap<Name, String> {
    all(update.want)
        .into_iter()
        .filter(|(_, attribute, text)| {
            update.changes(attribute) || (update.touched && *attribute == "policy" && text.is_some())
        })
        .filter_map(|(name, _, text)| match text {
            None if !is_removable(&name) => None,
            text => Some((name, text.unwrap_or_default())),
        })
        .collect()
}

/// "" removes these; a number has no absence, its default is written.
fn is_removable(name: &Name) -> bool {
    is_document(name) || *name == Name::KmsMasterKeyId
}

/// Every attribute with its name on the wire, its name here and its text; destructured whole, so that a new one
/// cannot be forgotten.
fn all(spec: &QueueSpec) -> Vec<(Name, &'static str, Option<String>)> {
    let QueueSpec {
        visibility_timeout_seconds,
        message_retention_seconds,
        delay_seconds,
        receive_wait_time_seconds,
        maximum_message_size,
        redrive_policy,
        redrive_allow_policy,
        policy,
        sqs_managed_sse_enabled,
        kms_master_key_id,
        kms_data_key_reuse_period_seconds,
        fifo_queue,
        content_based_deduplication,
        deduplication_scope,
        fifo_throughput_limit,
    } = spec;
    let redrive = redrive_policy.as_ref().map(|redrive| {
        json!({
            "deadLetterTargetArn": redrive.dead_letter_target_arn,
            "maxReceiveCount": redrive.max_receive_count,
        })
    });
    let allow = redrive_allow_policy
        .as_ref()
        .map(|allow| match allow.source_queue_arns.as_slice() {
            [] => json!({ "redrivePermission": allow.redrive_permission }),
            arns => json!({ "redrivePermission": allow.redrive_permission, "sourceQueueArns": arns }),
        });
    let number = |value: &u32| Some(value.to_string());
    // A standard queue has no such attributes: SQS refuses even `FifoQueue: false`.
    let of_fifo = |text: Option<String>| text.filter(|_| *fifo_queue);
    vec![
        (
            Name::VisibilityTimeout,
            "visibility_timeout_seconds",
            number(visibility_timeout_seconds),
        ),
        (
            Name::MessageRetentionPeriod,
            "message_retention_seconds",
            number(message_retention_seconds),
        ),
        (Name::DelaySeconds, "delay_seconds", number(delay_seconds)),
        (
            Name::ReceiveMessageWaitTimeSeconds,
            "receive_wait_time_seconds",
            number(receive_wait_time_seconds),
        ),
        (
            Name::MaximumMessageSize,
            "maximum_message_size",
            maximum_message_size.map(|size| size.to_string()),
        ),
        (
            Name::RedrivePolicy,
            "redrive_policy",
            redrive.map(|document| document.to_string()),
        ),
        (
            Name::RedriveAllowPolicy,
            "redrive_allow_policy",
            allow.map(|document| document.to_string()),
        ),
        (Name::Policy, "policy", policy.as_ref().and_then(text)),
        (
            Name::SqsManagedSseEnabled,
            "sqs_managed_sse_enabled",
            sqs_managed_sse_enabled.map(|on| on.to_string()),
        ),
        (Name::KmsMasterKeyId, "kms_master_key_id", kms_master_key_id.clone()),
        (
            Name::KmsDataKeyReusePeriodSeconds,
            "kms_data_key_reuse_period_seconds",
            kms_data_key_reuse_period_seconds.map(|period| period.to_string()),
        ),
        (Name::FifoQueue, "fifo_queue", of_fifo(Some("true".to_owned()))),
        (
            Name::ContentBasedDeduplication,
            "content_based_deduplication",
            of_fifo(Some(content_based_deduplication.to_string())),
        ),
        (
            Name::DeduplicationScope,
            "deduplication_scope",
            of_fifo(deduplication_scope.clone()),
        ),
        (
            Name::FifoThroughputLimit,
            "fifo_throughput_limit",
            of_fifo(fifo_throughput_limit.clone()),
        ),
    ]
}

fn text(document: &impl Serialize) -> Option<String> {
    serde_json::to_string(document).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Spec of a queue that declares nothing.
    fn default_spec() -> QueueSpec {
        QueueSpec {
            visibility_timeout_seconds: 30,
            message_retention_seconds: 345_600,
            delay_seconds: 0,
            receive_wait_time_seconds: 0,
            maximum_message_size: None,
            redrive_policy: None,
            redrive_allow_policy: None,
            policy: None,
            sqs_managed_sse_enabled: None,
            kms_master_key_id: None,
            kms_data_key_reuse_period_seconds: None,
            fifo_queue: false,
            content_based_deduplication: false,
            deduplication_scope: None,
            fifo_throughput_limit: None,
        }
    }

    fn attributes(pairs: &[(Name, &str)]) -> Attributes {
        Attributes(
            pairs
                .iter()
                .map(|(name, text)| (name.clone(), (*text).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut spec = default_spec();
        spec.visibility_timeout_seconds = 180;
        spec.redrive_policy = serde_json::from_value(json!({
            "dead_letter_target_arn": "arn:aws:sqs:us-east-1:123456789012:dead",
            "max_receive_count": 5,
        }))
        .expect("a redrive policy");
        spec.redrive_allow_policy =
            serde_json::from_value(json!({ "redrive_permission": "denyAll" })).expect("an allow policy");
        assert_eq!(Attributes(written(&spec)).spec(), Ok(spec));
    }

    #[test]
    fn a_standard_queue_is_sent_nothing_of_a_fifo_queue() {
        let fifo_only = [
            Name::FifoQueue,
            Name::ContentBasedDeduplication,
            Name::DeduplicationScope,
            Name::FifoThroughputLimit,
        ];
        let standard = written(&default_spec());
        assert!(
            fifo_only.iter().all(|name| !standard.contains_key(name)),
            "{standard:?}"
        );
        let fifo = QueueSpec {
            fifo_queue: true,
            content_based_deduplication: true,
            deduplication_scope: Some("messageGroup".to_owned()),
            fifo_throughput_limit: Some("perMessageGroupId".to_owned()),
            ..default_spec()
        };
        let sent = written(&fifo);
        assert!(fifo_only.iter().all(|name| sent.contains_key(name)), "{sent:?}");
        assert_eq!(Attributes(sent).spec(), Ok(fifo));
    }

    #[test]
    fn a_receive_count_may_come_as_text() {
        let read = attributes(&[(
            Name::RedrivePolicy,
            r#"{"deadLetterTargetArn":"a","maxReceiveCount":"7"}"#,
        )]);
        let redrive = read.spec().expect("a Spec").redrive_policy.expect("a redrive policy");
        assert_eq!(redrive.max_receive_count, 7);
    }

    #[test]
    fn a_text_that_is_no_number_is_named() {
        let problem = attributes(&[(Name::DelaySeconds, "soon")])
            .spec()
            .expect_err("no number");
        assert!(
            problem.contains("DelaySeconds") && problem.contains("soon"),
            "{problem}"
        );
    }

    #[test]
    fn messages_in_flight_and_delayed_count_as_data() {
        for name in [
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ] {
            assert!(attributes(&[(name, "1")]).holds_messages());
        }
        assert!(!attributes(&[(Name::ApproximateNumberOfMessages, "0")]).holds_messages());
    }
}
