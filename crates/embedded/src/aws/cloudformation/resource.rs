//! The resource types that stacks can make here, kept as documents: their names, attributes, and the properties that
//! the real services refuse (CloudFormation's resource specification; bounds of CloudWatch and CloudWatch Logs).

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::parameters::text;
use crate::aws::request::Context;

/// Days that a log group may keep its events (botocore `logs/2014-03-28`, PutRetentionPolicy).
const RETENTION: [&str; 22] = [
    "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827",
    "2192", "2557", "2922", "3288", "3653",
];

struct Type {
    name: &'static str,
    /// The property that names it; left out, a name is made up.
    named_by: &'static str,
    properties: &'static [&'static str],
    required: &'static [&'static str],
}

const TYPES: &[Type] = &[
    Type {
        name: "AWS::Logs::LogGroup",
        named_by: "LogGroupName",
        properties: &["KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"],
        required: &[],
    },
    Type {
        name: "AWS::CloudWatch::Alarm",
        named_by: "AlarmName",
        properties: &[
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "Dimensions",
            "EvaluateLowSampleCountPercentile",
            "EvaluationPeriods",
            "ExtendedStatistic",
            "InsufficientDataActions",
            "MetricName",
            "Metrics",
            "Namespace",
            "OKActions",
            "Period",
            "Statistic",
            "Tags",
            "Threshold",
            "ThresholdMetricId",
            "TreatMissingData",
            "Unit",
        ],
        required: &["ComparisonOperator", "EvaluationPeriods"],
    },
    Type {
        name: "AWS::CloudWatch::Dashboard",
        named_by: "DashboardName",
        properties: &["DashboardBody", "DashboardName"],
        required: &["DashboardBody"],
    },
];

/// A resource that a stack made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Uuid of the stack.
    pub(super) stack: String,
    pub(super) properties: Value,
}

fn find(kind: &str) -> Option<&'static Type> {
    TYPES.iter().find(|each| each.name == kind)
}

pub(super) fn is_made(kind: &str) -> bool {
    find(kind).is_some()
}

pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    find(kind).map(|found| found.named_by)
}

pub(super) fn key(context: &Context, kind: &str, id: &str) -> String {
    format!("{}{kind}/{id}", context.regional_prefix("cloudformation/resource"))
}

pub(super) fn attribute(kind: &str, id: &str, attribute: &str, context: &Context) -> Option<String> {
    match (kind, attribute) {
        ("AWS::Logs::LogGroup", "Arn") => Some(context.arn("logs", &format!("log-group:{id}:*"))),
        ("AWS::CloudWatch::Alarm", "Arn") => Some(context.arn("cloudwatch", &format!("alarm:{id}"))),
        _ => None,
    }
}

/// Why the real service would not make it.
pub(super) fn fault(kind: &str, id: &str, properties: &Value) -> Option<String> {
    let found = find(kind)?;
    let given = properties.as_object();
    let mut names = given.into_iter().flatten().map(|(name, _)| name.as_str());
    if let Some(strange) = names.find(|name| !found.properties.contains(name)) {
        return Some(format!(
            "Properties validation failed for resource {id} with message: [#: extraneous key [{strange}] is not permitted]"
        ));
    }
    if let Some(missing) = found.required.iter().find(|name| properties.get(**name).is_none()) {
        return Some(format!(
            "Properties validation failed for resource {id} with message: [#: required key [{missing}] not found]"
        ));
    }
    match kind {
        "AWS::Logs::LogGroup" => log_group_fault(id, properties),
        "AWS::CloudWatch::Dashboard" => {
            let body = properties
                .get("DashboardBody")
                .and_then(Value::as_str)
                .unwrap_or_default();
            serde_json::from_str::<Value>(body).is_err().then(|| {
                "Resource handler returned message: \"The field DashboardBody must be a valid JSON object\" (HandlerErrorCode: InvalidRequest)".to_owned()
            })
        }
        _ => None,
    }
}

fn log_group_fault(id: &str, properties: &Value) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    if id.is_empty() || id.len() > 512 || !id.chars().all(legal) || id.starts_with("aws/") {
        return Some(format!(
            "Resource handler returned message: \"Value '{id}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+\" (HandlerErrorCode: InvalidRequest)"
        ));
    }
    let days = properties.get("RetentionInDays").and_then(text)?;
    (!RETENTION.contains(&days.as_str())).then(|| {
        format!(
            "Properties validation failed for resource {id} with message: [#/RetentionInDays: {days} is not a valid enum value]"
        )
    })
}
