//! `aws_sqs_queue`: a standard or a FIFO queue.
//!
//! - **Name**: `[0-9A-Za-z_-]{1,80}`, case-sensitive, cannot change. A FIFO queue's ends in `.fifo`, counted, and no
//!   other does. (hashicorp/terraform-provider-aws `sqs/queue.go`)
//! - **Attributes**: ranges and defaults are those of botocore's model of SQS (2026-08). Everything but the
//!   name and `fifo_queue` changes in place; since the two go together, another `fifo_queue` is another queue.
//! - **FIFO only**: `content_based_deduplication`, `deduplication_scope`, `fifo_throughput_limit`. SQS returns none of
//!   them for a standard queue, and may return none of the last two for a FIFO queue that was never given them: that
//!   is `queue` and `perQueue`. What may not stand beside a FIFO queue (a rule, big batches, a standard dead-letter
//!   queue) the environment checks, where both ends are seen.
//! - **Server's choice**: the largest message (1 MiB today, 256 KiB on older queues) and SQS's own encryption
//!   (on for new queues, off for old ones), so two queues that declare neither may differ.
//! - **Encryption**: by a KMS key or by SQS, not both. The reuse period of a data key belongs to a KMS key and
//!   is 300 s with one; without one SQS does not return it, and it may not be declared.
//! - **Equal**: `redrive_permission: allowAll` and no redrive allow policy at all; the order of
//!   `source_queue_arns`; a policy's spellings (see [`super::policy`]); empty texts and absent ones.
//! - **Order**: a dead-letter queue must exist before the queue that names it. The other direction,
//!   `source_queue_arns`, is text to SQS, so the pair is no cycle.
//! - **Data**: deleting a queue destroys its messages without asking.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::arn;
use super::check_arn;
use super::policy::Document;
use super::policy::Grant;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::PlaceField;
use crate::resource::identity::length;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Ending;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `aws_sqs_queue`.
#[derive(Debug)]
pub struct SqsQueue;

/// An SQS queue, standard or FIFO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_sqs_queue")]
pub struct QueueSpec {
    /// Seconds for which a received message is hidden from other receivers; at least six times the timeout
    /// of a Lambda function that reads the queue.
    #[serde(default = "visibility_timeout")]
    #[schemars(range(min = 0, max = 43_200))]
    pub visibility_timeout_seconds: u32,

    /// Seconds for which an unread message is kept, counted from when it was first sent.
    #[serde(default = "message_retention")]
    #[schemars(range(min = 60, max = 1_209_600))]
    pub message_retention_seconds: u32,

    /// Seconds for which a new message is held back.
    #[serde(default)]
    #[schemars(range(min = 0, max = 900))]
    pub delay_seconds: u32,

    /// Seconds for which a receive waits for a message (long polling); 0 answers at once.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    pub receive_wait_time_seconds: u32,

    /// Bytes of the largest message. Left out, the server chooses.
    #[serde(default)]
    #[schemars(range(min = 1_024, max = 1_048_576))]
    pub maximum_message_size: Option<u32>,

    /// Where messages go that were received too often.
    #[serde(default)]
    pub redrive_policy: Option<RedrivePolicy>,

    /// Which queues may use this one as their dead-letter queue. Left out, all of the same account and region.
    #[serde(default)]
    pub redrive_allow_policy: Option<RedriveAllowPolicy>,

    /// Who may use the queue beside its own account: a policy document.
    #[serde(default)]
    pub policy: Option<Document>,

    /// Encryption with keys of SQS, at no cost. Left out, the server chooses. Not together with
    /// kms_master_key_id.
    #[serde(default)]
    pub sqs_managed_sse_enabled: Option<bool>,

    /// Encryption with a KMS key: its id, ARN or alias (`alias/aws/sqs`).
    #[serde(default)]
    #[schemars(length(max = 2_048))]
    pub kms_master_key_id: Option<String>,

    /// Seconds for which SQS uses a data key before it asks KMS again; 300 with a KMS key, not allowed
    /// without one.
    #[serde(default)]
    #[schemars(range(min = 60, max = 86_400))]
    pub kms_data_key_reuse_period_seconds: Option<u32>,

    /// Whether messages of a group keep their order and duplicates are dropped. The name of such a queue ends in
    /// `.fifo`; no IoT rule can send to it.
    #[serde(default)]
    pub fifo_queue: bool,

    /// Whether a message without a deduplication id gets the SHA-256 of its body for one. FIFO queues only.
    #[serde(default)]
    pub content_based_deduplication: bool,

    /// Within what a deduplication id counts; queue if left out. FIFO queues only.
    #[serde(default)]
    #[schemars(extend("enum" = ["queue", "messageGroup"]))]
    pub deduplication_scope: Option<String>,

    /// What the quota of messages per second is for; perQueue if left out. perMessageGroupId needs
    /// deduplication_scope: messageGroup. FIFO queues only.
    #[serde(default)]
    #[schemars(extend("enum" = ["perQueue", "perMessageGroupId"]))]
    pub fifo_throughput_limit: Option<String>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct RedrivePolicy {
    /// ARN of the dead-letter queue, in the same account and region.
    pub dead_letter_target_arn: String,

    /// How often a message is received before it goes to the dead-letter queue.
    #[serde(default = "max_receive_count")]
    #[schemars(range(min = 1, max = 1_000))]
    pub max_receive_count: u32,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct RedriveAllowPolicy {
    /// All queues of the account and region, none, or those of source_queue_arns.
    #[schemars(extend("enum" = ["allowAll", "denyAll", "byQueue"]))]
    pub redrive_permission: String,

    /// ARNs of the queues that may, with byQueue.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub source_queue_arns: Vec<String>,
}

fn visibility_timeout() -> u32 {
    30
}

fn message_retention() -> u32 {
    345_600
}

fn max_receive_count() -> u32 {
    10
}

const ALLOW_ALL: &str = "allowAll";
const BY_QUEUE: &str = "byQueue";
const KMS_DATA_KEY_REUSE_SECONDS: u32 = 300;
const PER_QUEUE_SCOPE: &str = "queue";
const PER_GROUP_SCOPE: &str = "messageGroup";
const PER_QUEUE_LIMIT: &str = "perQueue";
const PER_GROUP_LIMIT: &str = "perMessageGroupId";

/// What the names of FIFO queues end in, so also their ARNs and URLs.
pub const FIFO: &str = ".fifo";

impl Schema for SqsQueue {
    const NAME: &'static str = "aws_sqs_queue";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-ingest"),
        ("arn", "arn:aws:sqs:eu-west-1:123456789012:prod-telemetry-ingest"),
        (
            "url",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/prod-telemetry-ingest",
        ),
    ];
    const NAMING: Naming = Naming {
        punctuation: "-_",
        replacement: '-',
        length: 80,
        tagged: false,
    };
    const ENDING: Option<Ending> = Some(Ending {
        attribute: "fifo_queue",
        text: FIFO,
    });
    const REPLACE_ON: &'static [Path] = &[&["fifo_queue"]];
    const MUST_EXIST: &'static [Path] = &[
        &["redrive_policy", "dead_letter_target_arn"],
        // A policy that names a role which is not there is refused (hashicorp/terraform-provider-aws `iam`).
        &["policy", "Statement", "Principal", "AWS"],
        &["policy", "Statement", "*", "Principal", "AWS"],
    ];
    const SERVER_CHOSEN: &'static [Path] = &[&["maximum_message_size"], &["sqs_managed_sse_enabled"]];
    const SETS: &'static [Path] = &[&["redrive_allow_policy", "source_queue_arns"]];
    const DOCUMENTS: &'static [Path] = &[&["policy"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("visibility_timeout", "visibility_timeout_seconds"),
        ("message_retention_period", "message_retention_seconds"),
        ("receive_message_wait_time_seconds", "receive_wait_time_seconds"),
        ("max_message_size", "maximum_message_size"),
        ("deadLetterTargetArn", "dead_letter_target_arn"),
        ("maxReceiveCount", "max_receive_count"),
        ("redrivePermission", "redrive_permission"),
        ("sourceQueueArns", "source_queue_arns"),
        ("fifo", "fifo_queue"),
        ("content_deduplication", "content_based_deduplication"),
        ("throughput_limit", "fifo_throughput_limit"),
        ("name_prefix", "name"),
    ];
    // A policy keeps the unique id of a role that was deleted; written again it names the new one.
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[("aws_iam_role", Effect::Touch)];
    const DATA: Option<&'static str> = Some("the messages");
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 50;

    type Spec = QueueSpec;

    fn check(spec: &QueueSpec, problems: &mut Problems) {
        if let Some(redrive) = &spec.redrive_policy {
            check_dead_letter_queue(redrive, problems);
        }
        if let Some(allow) = &spec.redrive_allow_policy {
            check_allowed_sources(allow, problems);
        }
        if let Some(policy) = &spec.policy {
            policy.check(Grant::Resource, &["policy"], problems);
        }
        check_encryption(spec, problems);
        check_fifo(spec, problems);
    }

    fn canonical(spec: QueueSpec) -> QueueSpec {
        let kms_master_key_id = spec.kms_master_key_id.filter(|key| !key.is_empty());
        let of_fifo =
            |value: Option<String>, default: &str| spec.fifo_queue.then(|| value.unwrap_or_else(|| default.to_owned()));
        QueueSpec {
            redrive_allow_policy: spec.redrive_allow_policy.and_then(canonical_allow_policy),
            policy: spec.policy.map(Document::canonical),
            kms_data_key_reuse_period_seconds: kms_master_key_id.as_ref().map(|_| {
                spec.kms_data_key_reuse_period_seconds
                    .unwrap_or(KMS_DATA_KEY_REUSE_SECONDS)
            }),
            kms_master_key_id,
            deduplication_scope: of_fifo(spec.deduplication_scope, PER_QUEUE_SCOPE),
            fifo_throughput_limit: of_fifo(spec.fifo_throughput_limit, PER_QUEUE_LIMIT),
            ..spec
        }
    }

    fn known_outputs(_spec: &QueueSpec, cloud_name: &str, place: &Place) -> Outputs {
        outputs(cloud_name, place)
    }

    fn check_name(name: &str) -> Result<(), String> {
        Self::NAMING.check(name.strip_suffix(FIFO).unwrap_or(name))?;
        match length(name) {
            found if found > Self::NAMING.length => Err(format!(
                "expected at most {} characters, {FIFO} included, found {found}",
                Self::NAMING.length
            )),
            _ => Ok(()),
        }
    }
}

/// Name, ARN and URL of a queue; all follow from name and place.
pub fn outputs(cloud_name: &str, place: &Place) -> Outputs {
    let Place { region, partition, .. } = place;
    let account = place.text(PlaceField::AccountId);
    let china = if partition == "aws-cn" { ".cn" } else { "" };
    let url = format!("https://sqs.{region}.amazonaws.com{china}/{account}/{cloud_name}");
    [
        ("name", cloud_name.to_owned()),
        ("arn", arn(place, "sqs", cloud_name)),
        ("url", url),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

fn check_dead_letter_queue(redrive: &RedrivePolicy, problems: &mut Problems) {
    let path = ["redrive_policy", "dead_letter_target_arn"];
    check_arn(&redrive.dead_letter_target_arn, "sqs", "", &path, problems);
}

fn check_fifo(spec: &QueueSpec, problems: &mut Problems) {
    let scope = spec.deduplication_scope.as_deref();
    let limit = spec.fifo_throughput_limit.as_deref();
    if !spec.fifo_queue {
        let declared = [
            ("content_based_deduplication", spec.content_based_deduplication),
            ("deduplication_scope", scope.is_some()),
            ("fifo_throughput_limit", limit.is_some()),
        ];
        for (attribute, _) in declared.iter().filter(|(_, is_declared)| *is_declared) {
            problems.add(
                &[attribute],
                "only a FIFO queue has it, and this is a standard queue",
                Some("set fifo_queue: true, or remove it"),
            );
        }
        return;
    }
    let is_per_group = scope.is_some_and(|scope| scope == PER_GROUP_SCOPE || sentinel::is_in(scope));
    if limit == Some(PER_GROUP_LIMIT) && !is_per_group {
        problems.add(
            &["fifo_throughput_limit"],
            format!(
                "{PER_GROUP_LIMIT} needs deduplication_scope: {PER_GROUP_SCOPE}, found {}",
                scope.unwrap_or(PER_QUEUE_SCOPE)
            ),
            Some("set deduplication_scope: messageGroup, or remove fifo_throughput_limit"),
        );
    }
}

fn check_allowed_sources(allow: &RedriveAllowPolicy, problems: &mut Problems) {
    let path = ["redrive_allow_policy", "source_queue_arns"];
    let by_queue = allow.redrive_permission == BY_QUEUE;
    match (by_queue, allow.source_queue_arns.is_empty()) {
        (true, true) => problems.add(
            &path,
            "redrive_permission: byQueue needs at least one source queue",
            Some("name the queues in source_queue_arns, or write redrive_permission: denyAll"),
        ),
        (false, false) => problems.add(
            &path,
            format!(
                "source_queue_arns has no meaning with redrive_permission: {}",
                allow.redrive_permission
            ),
            Some("remove it, or write redrive_permission: byQueue"),
        ),
        (true, false) | (false, true) => {}
    }
    for (index, source) in allow.source_queue_arns.iter().enumerate() {
        let index = index.to_string();
        check_arn(source, "sqs", "", &[path[0], path[1], &index], problems);
    }
}

fn check_encryption(spec: &QueueSpec, problems: &mut Problems) {
    let key = spec.kms_master_key_id.as_ref().filter(|key| !key.is_empty());
    if key.is_some() && spec.sqs_managed_sse_enabled == Some(true) {
        problems.add(
            &["sqs_managed_sse_enabled"],
            "a queue is encrypted by a KMS key or by SQS, not by both",
            Some("remove sqs_managed_sse_enabled or kms_master_key_id"),
        );
    }
    if key.is_none() && spec.kms_data_key_reuse_period_seconds.is_some() {
        problems.add(
            &["kms_data_key_reuse_period_seconds"],
            "it belongs to a KMS key, and kms_master_key_id is not declared",
            None,
        );
    }
}

fn canonical_allow_policy(mut allow: RedriveAllowPolicy) -> Option<RedriveAllowPolicy> {
    allow.source_queue_arns.sort();
    allow.source_queue_arns.dedup();
    let is_default = allow.redrive_permission == ALLOW_ALL && allow.source_queue_arns.is_empty();
    (!is_default).then_some(allow)
}

#[cfg(test)]
mod tests;
