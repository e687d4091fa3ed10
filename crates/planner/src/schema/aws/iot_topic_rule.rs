//! `aws_iot_topic_rule`: an IoT rule that sends to a queue.
//!
//! - **Name**: `[a-zA-Z0-9_]{1,128}`, no hyphen, cannot change. Everything else is replaced in one call, with the
//!   whole payload. (botocore's model of IoT, 2026-08)
//! - **SQL version**: always sent. Left out of a call it would be 2015-10-08; here the default is 2016-03-23, the
//!   console's. (awsdocs `iot-create-rule`)
//! - **Actions**: one `sqs` action, and one more under `error_action`. What a live rule holds beside them has no
//!   attribute; it is read into `foreign_actions`, so that somebody else's edit shows and is taken back.
//! - **Equal**: SQL that differs in whitespace outside quotes; no description and an empty one.
//! - **Offline**: clauses, quotes, brackets and the topic filter of the SQL (see [`sql`]), 256 KiB for a rule.
//!   Functions are not judged, new ones appear.
//! - **FIFO queues** are refused by IoT; the environment checks it, where the queue is seen.
//! - **Order**: the queue must be there or messages are lost, the role or the call is refused. Proved absent by
//!   the list only: a rule that is missing is answered like one that may not be read.

mod sql;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::arn;
use super::check_arn;
use super::may_begin_with;
use super::shown;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `aws_iot_topic_rule`.
#[derive(Debug)]
pub struct IotTopicRule;

/// An IoT rule that sends what it selects to a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_iot_topic_rule")]
pub struct TopicRuleSpec {
    /// What is selected from which topics: SELECT … FROM 'topic/filter' WHERE ….
    pub sql: String,

    /// Version of the SQL engine; beta may break.
    #[serde(default = "sql_version")]
    #[schemars(extend("enum" = ["2016-03-23", "2015-10-08", "beta"]))]
    pub aws_iot_sql_version: String,

    /// What the rule is for.
    #[serde(default)]
    pub description: String,

    /// Whether the rule acts on messages.
    #[serde(default = "enabled")]
    pub enabled: bool,

    /// The queue that takes what is selected.
    // A live rule may have lost it, a declared one needs it.
    #[schemars(required)]
    pub sqs: Option<SqsAction>,

    /// Where a message goes that the action failed for.
    #[serde(default)]
    pub error_action: Option<ErrorAction>,

    /// Actions of a live rule that cannot be declared: API names such as `republish`, those of the error
    /// action as `error:republish`, each as often as it occurs. Never declared, so that it shows.
    #[serde(default)]
    #[schemars(skip)]
    pub foreign_actions: Vec<String>,
}

/// Sends to a standard queue in the rule's region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct SqsAction {
    /// URL of the queue.
    pub queue_url: String,

    /// ARN of the role that may send to it.
    pub role_arn: String,

    /// Whether the message is encoded as base64, for payloads that are no text.
    #[serde(default)]
    pub use_base64: bool,
}

/// Where a message goes that the action failed for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct ErrorAction {
    /// The queue that takes the error and the original payload.
    pub sqs: SqsAction,
}

fn sql_version() -> String {
    "2016-03-23".to_owned()
}

fn enabled() -> bool {
    true
}

/// Bytes of a rule (awsdocs `limits-iot`); the rest of the payload is small.
const RULE_BYTES: usize = 256 * 1024;

impl Schema for IotTopicRule {
    const NAME: &'static str = "aws_iot_topic_rule";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod_telemetry_to_queue"),
        ("arn", "arn:aws:iot:eu-west-1:123456789012:rule/prod_telemetry_to_queue"),
    ];
    const NAMING: Naming = Naming {
        punctuation: "_",
        replacement: '_',
        length: 128,
        tagged: false,
    };
    const MUST_EXIST: &'static [Path] = &[
        &["sqs", "queue_url"],
        &["sqs", "role_arn"],
        &["error_action", "sqs", "queue_url"],
        &["error_action", "sqs", "role_arn"],
    ];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("rule_disabled", "enabled"),
        ("ruleDisabled", "enabled"),
        ("disabled", "enabled"),
        ("sql_version", "aws_iot_sql_version"),
        ("awsIotSqlVersion", "aws_iot_sql_version"),
        ("errorAction", "error_action"),
        ("queueUrl", "queue_url"),
        ("queue_arn", "queue_url"),
        ("target_arn", "queue_url"),
        ("roleArn", "role_arn"),
        ("useBase64", "use_base64"),
        ("name_prefix", "name"),
    ];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 10;

    type Spec = TopicRuleSpec;

    fn check(spec: &TopicRuleSpec, problems: &mut Problems) {
        sql::check(&spec.sql, problems);
        let bytes = spec.sql.len() + spec.description.len();
        if bytes > RULE_BYTES {
            problems.add(
                &["sql"],
                format!("expected at most {RULE_BYTES} bytes for a whole rule, found {bytes} in SQL and description"),
                None,
            );
        }
        if let Some(action) = &spec.sqs {
            check_sqs(action, &["sqs"], problems);
        }
        if let Some(error_action) = &spec.error_action {
            check_sqs(&error_action.sqs, &["error_action", "sqs"], problems);
        }
    }

    fn canonical(mut spec: TopicRuleSpec) -> TopicRuleSpec {
        spec.foreign_actions.sort();
        TopicRuleSpec {
            sql: sql::canonical(&spec.sql),
            ..spec
        }
    }

    fn known_outputs(_spec: &TopicRuleSpec, cloud_name: &str, place: &Place) -> Outputs {
        let arn = arn(place, "iot", &format!("rule/{cloud_name}"));
        [("name", cloud_name.to_owned()), ("arn", arn)]
            .map(|(name, text)| (name.to_owned(), text))
            .into()
    }
}

fn check_sqs(action: &SqsAction, at: &[&str], problems: &mut Problems) {
    let below = |name: &'static str| [at, &[name]].concat();
    let url = &action.queue_url;
    if !may_begin_with(url, "https://") {
        problems.add(
            &below("queue_url"),
            format!("expected the URL of a queue, https://…, found {}", shown(url)),
            Some("refer to the queue's own output, ${aws_sqs_queue.name.url}"),
        );
    }
    check_arn(&action.role_arn, "iam", "role/", &below("role_arn"), problems);
}

#[cfg(test)]
mod tests;
