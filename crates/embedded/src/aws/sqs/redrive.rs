//! Dead letters: which queue a message goes to after how many receives, and who may send them there.

use serde_json::Value;

use super::queue;
use super::queue::Queue;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::store::View;

/// The SQS API reference's default where a policy does not say.
const DEFAULT_RECEIVES: u64 = 10;
const MOST_RECEIVES: u64 = 1_000;
const MOST_SOURCES: usize = 10;

/// A queue's RedrivePolicy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) target_arn: String,
    pub(super) max_receives: u64,
}

impl Redrive {
    pub(super) fn of(queue: &Queue) -> Option<Self> {
        Self::parse(queue.attributes.get("RedrivePolicy")?).ok()
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = |reason: &str| refusals::invalid_parameter(text, "RedrivePolicy", reason);
        let policy: Value =
            serde_json::from_str(text).map_err(|_| refused("Redrive policy is not a valid JSON map."))?;
        let known = ["deadLetterTargetArn", "maxReceiveCount"];
        let mut names = policy.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        if names.any(|name| !known.contains(&name)) {
            return Err(refused(
                "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].",
            ));
        }
        let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
        let target = target
            .ok_or_else(|| refused("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
        let max_receives = match policy.get("maxReceiveCount") {
            None => Some(DEFAULT_RECEIVES),
            Some(Value::String(number)) => number.parse().ok(),
            Some(number) => number.as_u64(),
        };
        let max_receives = max_receives.filter(|count| (1..=MOST_RECEIVES).contains(count));
        let max_receives =
            max_receives.ok_or_else(|| refused("Invalid value for maxReceiveCount: must be 1 to 1000."))?;
        Ok(Self {
            target_arn: target.to_owned(),
            max_receives,
        })
    }

    /// The queue that takes the dead letters, if it exists.
    pub(super) fn target(&self, view: View<'_>, context: &Context) -> Result<Option<Queue>, Refusal> {
        match self.target_arn.strip_prefix(&context.arn("sqs", "")) {
            Some(name) => queue::named(view, context, name),
            None => Ok(None),
        }
    }
}

/// Whether the queue `source` may have this policy.
pub(super) fn check_policy(view: View<'_>, context: &Context, source: &str, text: &str) -> Result<(), Refusal> {
    let refused = |reason: &str| refusals::invalid_parameter(text, "RedrivePolicy", reason);
    let redrive = Redrive::parse(text)?;
    let target = redrive
        .target(view, context)?
        .ok_or_else(|| refused("Dead letter target does not exist."))?;
    if target.is_fifo() != source.ends_with(".fifo") {
        return Err(refused("Dead-letter queue must be same type of queue as the source."));
    }
    let allowance = target
        .attributes
        .get("RedriveAllowPolicy")
        .map(|text| Allowance::parse(text))
        .transpose()?;
    if allowance.is_some_and(|allowance| !allowance.admits(&context.arn("sqs", source))) {
        return Err(refused(
            "The dead-letter queue's RedriveAllowPolicy does not allow this source queue.",
        ));
    }
    Ok(())
}

/// Whether the text is a RedriveAllowPolicy.
pub(super) fn check_allowance(text: &str) -> Result<(), Refusal> {
    Allowance::parse(text).map(drop)
}

/// A dead-letter queue's RedriveAllowPolicy.
#[derive(Debug, PartialEq, Eq)]
enum Allowance {
    All,
    None,
    Sources(Vec<String>),
}

impl Allowance {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = |reason: &str| refusals::invalid_parameter(text, "RedriveAllowPolicy", reason);
        let policy: Value = serde_json::from_str(text).map_err(|_| refused("Not a valid JSON map."))?;
        let sources = policy.get("sourceQueueArns").filter(|sources| !sources.is_null());
        let permission = policy
            .get("redrivePermission")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (permission, sources) {
            ("allowAll", None) => Ok(Self::All),
            ("denyAll", None) => Ok(Self::None),
            ("byQueue", Some(sources)) => {
                let arns = sources
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|arn| arn.as_str().map(str::to_owned));
                let arns = arns
                    .collect::<Option<Vec<_>>>()
                    .filter(|arns| (1..=MOST_SOURCES).contains(&arns.len()));
                arns.map(Self::Sources)
                    .ok_or_else(|| refused("sourceQueueArns must be a list of 1 to 10 queue ARNs."))
            }
            ("allowAll" | "denyAll", Some(_)) => Err(refused("sourceQueueArns is allowed only with byQueue.")),
            ("byQueue", None) => Err(refused("byQueue needs sourceQueueArns.")),
            _ => Err(refused("redrivePermission must be one of allowAll, denyAll, byQueue.")),
        }
    }

    fn admits(&self, source_arn: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Sources(arns) => arns.iter().any(|arn| arn == source_arn),
        }
    }
}
