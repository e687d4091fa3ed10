//! The one table of what is tried again: service, operation, code, text, limit, reason.
//!
//! Everything else is terminal and fails fast. The SDK's own retries are off, so that each attempt passes
//! through here. Sources: the published service models, and what other tools had to learn (eventual
//! consistency of IAM, the queue name's minute, how slowly a Kafka key becomes known).

use std::time::Duration;

use super::call::Operation;
use super::call::Service;
use super::error::Class;
use super::error::ProviderError;

/// One row: which answers are tried again, for how long at most, and what the reader is told.
#[derive(Debug)]
pub struct Row {
    pub service: Option<Service>,
    /// Empty: every operation.
    pub operations: &'static [&'static str],
    pub matches: Matches,
    pub limit: Duration,
    /// First and longest pause.
    pub pause: (Duration, Duration),
    pub reason: &'static str,
}

/// What an answer is recognised by.
#[derive(Debug)]
pub enum Matches {
    Class(Class),
    /// Any of the codes (both spellings, where a service has two), and any of the texts; none given match all.
    Code(&'static [&'static str], &'static [&'static str]),
    /// Refused with a key, or with rights, that were made a moment ago.
    Spreading,
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Rows are tried from the top.
pub static TABLE: &[Row] = &[
    Row {
        service: Some(Service::Iot),
        operations: &["CreateTopicRule", "ReplaceTopicRule"],
        matches: Matches::Code(&["InvalidRequestException"], &["assume role", "sts:AssumeRole"]),
        limit: seconds(60),
        pause: (millis(100), seconds(8)),
        reason: "IAM is propagating the rule's role",
    },
    Row {
        service: Some(Service::Iot),
        operations: &[],
        matches: Matches::Code(&["ConflictingResourceUpdateException"], &[]),
        limit: seconds(30),
        pause: (millis(200), seconds(4)),
        reason: "another update of the rule is pending",
    },
    Row {
        service: Some(Service::Sqs),
        operations: &["CreateQueue"],
        matches: Matches::Code(
            &["AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"],
            &[],
        ),
        limit: seconds(75),
        pause: (millis(200), seconds(5)),
        reason: "SQS keeps a deleted queue's name for 60 seconds",
    },
    Row {
        service: Some(Service::Iam),
        operations: &["CreateRole", "UpdateAssumeRolePolicy"],
        matches: Matches::Code(
            &["MalformedPolicyDocument", "MalformedPolicyDocumentException"],
            &["Invalid principal in policy"],
        ),
        limit: seconds(60),
        pause: (millis(500), seconds(8)),
        reason: "IAM is propagating a principal",
    },
    Row {
        service: Some(Service::Iam),
        operations: &["DeleteRole"],
        matches: Matches::Code(&["DeleteConflict", "DeleteConflictException"], &[]),
        limit: seconds(30),
        pause: (millis(500), seconds(5)),
        reason: "IAM still sees policies on the role",
    },
    Row {
        service: Some(Service::Iam),
        operations: &[],
        matches: Matches::Code(
            &[
                "ConcurrentModification",
                "ConcurrentModificationException",
                "EntityTemporarilyUnmodifiable",
                "EntityTemporarilyUnmodifiableException",
            ],
            &[],
        ),
        limit: seconds(120),
        pause: (millis(500), seconds(8)),
        reason: "IAM is still working on the role",
    },
    Row {
        service: Some(Service::Lambda),
        operations: &[
            "CreateFunction",
            "UpdateFunctionConfiguration",
            "CreateEventSourceMapping",
            "UpdateEventSourceMapping",
        ],
        matches: Matches::Code(
            &["InvalidParameterValueException"],
            &[
                "cannot be assumed by Lambda",
                "execution role does not have permissions",
                "ensure the role can perform",
                "throttled by EC2",
                "KMS key is invalid for CreateGrant",
            ],
        ),
        limit: seconds(90),
        pause: (millis(100), seconds(8)),
        reason: "IAM is propagating the function's role",
    },
    Row {
        service: Some(Service::Lambda),
        operations: &["CreateEventSourceMapping", "UpdateEventSourceMapping"],
        matches: Matches::Code(&["InvalidParameterValueException"], &["Queue visibility timeout"]),
        limit: seconds(60),
        pause: (millis(200), seconds(5)),
        reason: "Lambda still sees the queue's former visibility timeout",
    },
    Row {
        service: Some(Service::Lambda),
        operations: &[],
        matches: Matches::Code(
            &["ResourceConflictException"],
            &["in progress", "currently in the following state"],
        ),
        limit: seconds(300),
        pause: (millis(200), seconds(5)),
        reason: "Lambda is still working on the function",
    },
    Row {
        service: Some(Service::Lambda),
        operations: &["UpdateEventSourceMapping", "DeleteEventSourceMapping"],
        matches: Matches::Code(&["ResourceInUseException"], &[]),
        limit: seconds(300),
        pause: (millis(200), seconds(5)),
        reason: "Lambda is still working on the mapping",
    },
    Row {
        service: Some(Service::SecretsManager),
        operations: &["CreateSecret"],
        matches: Matches::Code(&["InvalidRequestException"], &["scheduled for deletion", "was deleted"]),
        limit: seconds(120),
        pause: (millis(200), seconds(5)),
        reason: "Secrets Manager keeps the name of a secret that was deleted by force",
    },
    Row {
        service: Some(Service::Kafka),
        operations: &[],
        matches: Matches::Spreading,
        limit: seconds(300),
        pause: (millis(200), seconds(5)),
        reason: "Kafka is still learning of the key and its rights",
    },
    Row {
        service: Some(Service::Kafka),
        operations: &["CreateTopic"],
        matches: Matches::Code(&[], &["marked for deletion"]),
        limit: seconds(300),
        pause: (millis(200), seconds(5)),
        reason: "Kafka is still deleting the topic that had this name",
    },
    Row {
        service: Some(Service::Confluent),
        operations: &["DeleteCluster"],
        matches: Matches::Code(&[], &["connect cluster", "Connect cluster", "connector", "Connector"]),
        limit: seconds(300),
        pause: (millis(500), seconds(10)),
        reason: "Confluent is still removing the cluster's connectors",
    },
    // A Basic cluster makes or deletes 250 partitions in five minutes, and says 429 without a word about when.
    Row {
        service: Some(Service::Kafka),
        operations: &[],
        matches: Matches::Class(Class::Throttled),
        limit: seconds(400),
        pause: (millis(500), seconds(15)),
        reason: "throttled",
    },
    Row {
        service: None,
        operations: &[],
        matches: Matches::Class(Class::Throttled),
        limit: seconds(120),
        pause: (millis(200), seconds(10)),
        reason: "throttled",
    },
    Row {
        service: None,
        operations: &[],
        matches: Matches::Class(Class::Unavailable),
        limit: seconds(30),
        pause: (millis(200), seconds(5)),
        reason: "the service did not answer",
    },
];

/// The row that says to try again after this error.
pub fn row(error: &ProviderError) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.covers(error))
}

impl Row {
    fn covers(&self, error: &ProviderError) -> bool {
        let Operation { service, name, .. } = error.operation;
        let named = self.operations.is_empty() || self.operations.contains(&name);
        let said = match &self.matches {
            Matches::Class(class) => *class == error.class,
            Matches::Spreading => error.spreading,
            Matches::Code(codes, texts) => {
                (codes.is_empty() || codes.contains(&error.code.as_str()))
                    && (texts.is_empty() || texts.iter().any(|text| error.message.contains(text)))
            }
        };
        self.service.is_none_or(|wanted| wanted == service) && named && said
    }

    /// The pause before attempt `attempt` (from 1): doubling, with full jitter above the half, or what the
    /// server asked for. `random` lies between 0 and 1.
    pub fn pause(&self, attempt: u32, asked: Option<u32>, random: f64) -> Duration {
        let (first, longest) = self.pause;
        let doubled = first
            .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
            .min(longest);
        let jittered = doubled.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0));
        match asked {
            Some(secs) => seconds(u64::from(secs.min(60))) + first.mul_f64(random.clamp(0.0, 1.0)),
            None => jittered,
        }
    }
}

#[cfg(test)]
mod tests;
