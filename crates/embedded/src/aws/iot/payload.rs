//! What a rule does: the payload of CreateTopicRule and ReplaceTopicRule.
//!
//! Actions are kept as they were sent. Judged are their kinds and the members that each kind requires; what an action
//! names (queues, tables, buckets) need not exist.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use super::refusals;
use super::sql;
use super::sql::Statement;
use super::sql::Version;
use crate::aws::refusal::Refusal;

const MOST_ACTIONS: usize = 10;

/// In bytes (awsdocs `limits-iot`).
const LARGEST: usize = 256 * 1024;

/// Kinds of actions and the members that each must have (botocore `iot/2015-05-28`).
const ACTIONS: &[(&str, &[&str])] = &[
    (
        "cloudwatchAlarm",
        &["roleArn", "alarmName", "stateReason", "stateValue"],
    ),
    ("cloudwatchLogs", &["roleArn", "logGroupName"]),
    (
        "cloudwatchMetric",
        &["roleArn", "metricNamespace", "metricName", "metricValue", "metricUnit"],
    ),
    ("dynamoDB", &["tableName", "roleArn", "hashKeyField", "hashKeyValue"]),
    ("dynamoDBv2", &["roleArn", "putItem"]),
    ("elasticsearch", &["roleArn", "endpoint", "index", "type", "id"]),
    ("firehose", &["roleArn", "deliveryStreamName"]),
    ("http", &["url"]),
    ("influxDB", &["destinationArn", "roleArn", "databaseName", "tableName"]),
    ("iotAnalytics", &[]),
    ("iotEvents", &["inputName", "roleArn"]),
    ("iotSiteWise", &["putAssetPropertyValueEntries", "roleArn"]),
    ("kafka", &["destinationArn", "topic", "clientProperties"]),
    ("kinesis", &["roleArn", "streamName"]),
    ("lambda", &["functionArn"]),
    (
        "location",
        &["roleArn", "trackerName", "deviceId", "latitude", "longitude"],
    ),
    ("openSearch", &["roleArn", "endpoint", "index", "type", "id"]),
    ("republish", &["roleArn", "topic"]),
    ("s3", &["roleArn", "bucketName", "key"]),
    ("salesforce", &["token", "url"]),
    ("sns", &["targetArn", "roleArn"]),
    ("sqs", &["roleArn", "queueUrl"]),
    ("stepFunctions", &["stateMachineName", "roleArn"]),
    ("timestream", &["roleArn", "databaseName", "tableName", "dimensions"]),
];

/// As sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    sql: Option<String>,
    description: Option<String>,
    actions: Option<Vec<Map<String, Value>>>,
    rule_disabled: Option<bool>,
    aws_iot_sql_version: Option<String>,
    error_action: Option<Map<String, Value>>,
}

/// As kept, with what was left out filled in; the members are those of GetTopicRule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    pub(super) sql: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    actions: Vec<Value>,
    pub(super) rule_disabled: bool,
    aws_iot_sql_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_action: Option<Value>,
}

impl Sent {
    /// The payload to keep and its SQL as a tree.
    ///
    /// # Errors
    /// `InvalidRequestException` for members, `SqlParseException` for the SQL.
    pub(super) fn checked(self) -> Result<(Payload, Statement), Refusal> {
        let sql = self.sql.ok_or_else(|| refusals::missing("topicRulePayload.sql"))?;
        let sent = self
            .actions
            .ok_or_else(|| refusals::missing("topicRulePayload.actions"))?;
        if sent.len() > MOST_ACTIONS {
            let rule = format!("have length less than or equal to {MOST_ACTIONS}");
            return Err(refusals::constraint("of the list", "topicRulePayload.actions", &rule));
        }
        let mut actions = Vec::new();
        for (index, action) in sent.into_iter().enumerate() {
            actions.push(checked_action(
                action,
                &format!("topicRulePayload.actions.{}.member", index + 1),
            )?);
        }
        let error_action = self
            .error_action
            .map(|action| checked_action(action, "topicRulePayload.errorAction"))
            .transpose()?;
        let version = self.aws_iot_sql_version.unwrap_or_else(|| Version::DEFAULT.to_owned());
        let known = Version::named(&version)
            .ok_or_else(|| refusals::invalid(format!("Invalid value for awsIotSqlVersion: {version}.")))?;
        let statement = sql::parse(&sql, known).map_err(|error| refusals::sql(&error))?;
        let payload = Payload {
            sql,
            description: self.description,
            actions,
            rule_disabled: self.rule_disabled.unwrap_or(false),
            aws_iot_sql_version: version,
            error_action,
        };
        if serde_json::to_vec(&payload)?.len() > LARGEST {
            return Err(refusals::invalid(format!("The rule is larger than {LARGEST} bytes.")));
        }
        Ok((payload, statement))
    }
}

impl Payload {
    /// The roles of its actions, as often as they are named.
    pub(super) fn roles(&self) -> Vec<&str> {
        let actions = self.actions.iter().chain(&self.error_action);
        let bodies = actions.filter_map(Value::as_object).flat_map(Map::values);
        bodies
            .flat_map(|body| [body.pointer("/roleArn"), body.pointer("/auth/sigv4/roleArn")])
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// The action without members that are null, which means left out.
fn checked_action(sent: Map<String, Value>, place: &str) -> Result<Value, Refusal> {
    let mut kinds = sent.into_iter().filter(|(_, body)| !body.is_null());
    let (Some((kind, body)), None) = (kinds.next(), kinds.next()) else {
        return Err(refusals::invalid(format!(
            "{place} must name exactly one kind of action."
        )));
    };
    let required = ACTIONS
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, required)| required);
    let required = required.ok_or_else(|| refusals::invalid(format!("{place}: unknown kind of action '{kind}'.")))?;
    let Value::Object(mut body) = body else {
        return Err(Refusal::malformed(format!("{place}.{kind} is not an object")));
    };
    body.retain(|_, value| !value.is_null());
    if let Some(missing) = required.iter().find(|member| !body.contains_key(**member)) {
        return Err(refusals::missing(&format!("{place}.{kind}.{missing}")));
    }
    for member in ["roleArn", "queueUrl", "functionArn"] {
        if body.get(member).is_some_and(|value| !value.is_string()) {
            return Err(Refusal::malformed(format!("{place}.{kind}.{member} is not a string")));
        }
    }
    let queue = body.get("queueUrl").and_then(Value::as_str).unwrap_or_default();
    if kind == "sqs" && queue.ends_with(".fifo") {
        return Err(refusals::invalid(format!(
            "SQS FIFO queues are not supported by rules: {queue}"
        )));
    }
    let mut action = Map::new();
    action.insert(kind, Value::Object(body));
    Ok(Value::Object(action))
}
