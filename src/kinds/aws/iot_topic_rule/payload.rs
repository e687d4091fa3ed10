//! A rule's payload: the SDK's shape there, a typed Spec here.

use aws_sdk_iot::error::BuildError;
use aws_sdk_iot::types::Action;
use aws_sdk_iot::types::SqsAction as SdkSqsAction;
use aws_sdk_iot::types::TopicRule;
use aws_sdk_iot::types::TopicRulePayload;
use eclusa_planner::schema::aws::iot_topic_rule::ErrorAction;
use eclusa_planner::schema::aws::iot_topic_rule::SqsAction;
use eclusa_planner::schema::aws::iot_topic_rule::TopicRuleSpec;

/// What IoT takes a rule without a version for (awsdocs `iot-create-rule`).
const VERSION_LEFT_OUT: &str = "2015-10-08";

/// The payload of a Spec.
pub(super) fn of(spec: &TopicRuleSpec) -> Result<TopicRulePayload, BuildError> {
    // What is foreign is read, never written: replacing the payload takes it away.
    let TopicRuleSpec {
        sql,
        aws_iot_sql_version,
        description,
        enabled,
        sqs,
        error_action,
        foreign_actions: _,
    } = spec;
    let actions = sqs.as_ref().map(action).transpose()?.into_iter().collect();
    TopicRulePayload::builder()
        .sql(sql)
        .aws_iot_sql_version(aws_iot_sql_version)
        .description(description)
        .rule_disabled(!enabled)
        .set_actions(Some(actions))
        .set_error_action(error_action.as_ref().map(|each| action(&each.sqs)).transpose()?)
        .build()
}

fn action(sqs: &SqsAction) -> Result<Action, BuildError> {
    let SqsAction {
        queue_url,
        role_arn,
        use_base64,
    } = sqs;
    let built = SdkSqsAction::builder()
        .queue_url(queue_url)
        .role_arn(role_arn)
        .use_base64(*use_base64)
        .build()?;
    Ok(Action::builder().sqs(built).build())
}

/// The Spec of a live rule. The first queue among its actions is its action, everything else is foreign.
pub(super) fn read(rule: &TopicRule) -> TopicRuleSpec {
    let mut actions: Vec<&Action> = rule.actions().iter().collect();
    let first = actions.iter().position(|action| action.sqs().is_some());
    let sqs = first.map(|index| actions.remove(index)).and_then(queue);
    let error_action = rule.error_action().and_then(queue).map(|sqs| ErrorAction { sqs });
    let foreign_error = rule.error_action().filter(|action| action.sqs().is_none());
    TopicRuleSpec {
        sql: rule.sql().unwrap_or_default().to_owned(),
        aws_iot_sql_version: rule.aws_iot_sql_version().unwrap_or(VERSION_LEFT_OUT).to_owned(),
        description: rule.description().unwrap_or_default().to_owned(),
        enabled: !rule.rule_disabled().unwrap_or(false),
        sqs,
        error_action,
        foreign_actions: actions
            .into_iter()
            .map(|action| name(action).to_owned())
            .chain(foreign_error.map(|action| format!("error:{}", name(action))))
            .collect(),
    }
}

fn queue(action: &Action) -> Option<SqsAction> {
    action.sqs().map(|sqs| SqsAction {
        queue_url: sqs.queue_url().to_owned(),
        role_arn: sqs.role_arn().to_owned(),
        use_base64: sqs.use_base64().unwrap_or(false),
    })
}

/// An action's name as the API spells it.
fn name(action: &Action) -> &'static str {
    let known = [
        (action.sqs.is_some(), "sqs"),
        (action.dynamo_db.is_some(), "dynamoDB"),
        (action.dynamo_dbv2.is_some(), "dynamoDBv2"),
        (action.lambda.is_some(), "lambda"),
        (action.sns.is_some(), "sns"),
        (action.kinesis.is_some(), "kinesis"),
        (action.republish.is_some(), "republish"),
        (action.s3.is_some(), "s3"),
        (action.firehose.is_some(), "firehose"),
        (action.cloudwatch_metric.is_some(), "cloudwatchMetric"),
        (action.cloudwatch_alarm.is_some(), "cloudwatchAlarm"),
        (action.cloudwatch_logs.is_some(), "cloudwatchLogs"),
        (action.elasticsearch.is_some(), "elasticsearch"),
        (action.salesforce.is_some(), "salesforce"),
        (action.iot_analytics.is_some(), "iotAnalytics"),
        (action.iot_events.is_some(), "iotEvents"),
        (action.iot_site_wise.is_some(), "iotSiteWise"),
        (action.step_functions.is_some(), "stepFunctions"),
        (action.timestream.is_some(), "timestream"),
        (action.http.is_some(), "http"),
        (action.kafka.is_some(), "kafka"),
        (action.open_search.is_some(), "openSearch"),
        (action.location.is_some(), "location"),
        (action.influx_db.is_some(), "influxDB"),
    ];
    known.iter().find(|(is, _)| *is).map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use aws_sdk_iot::types::RepublishAction;

    use super::*;

    fn spec() -> TopicRuleSpec {
        let queue = |name: &str| SqsAction {
            queue_url: format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}"),
            role_arn: "arn:aws:iam::123456789012:role/rule".to_owned(),
            use_base64: false,
        };
        TopicRuleSpec {
            sql: "SELECT * FROM 'a/+'".to_owned(),
            aws_iot_sql_version: "2016-03-23".to_owned(),
            description: String::new(),
            enabled: true,
            sqs: Some(queue("ingest")),
            error_action: Some(ErrorAction { sqs: queue("errors") }),
            foreign_actions: Vec::new(),
        }
    }

    /// What IoT answers after a payload was written.
    fn stored(payload: TopicRulePayload) -> TopicRule {
        TopicRule::builder()
            .sql(payload.sql)
            .set_description(payload.description)
            .set_actions(Some(payload.actions))
            .set_rule_disabled(payload.rule_disabled)
            .set_aws_iot_sql_version(payload.aws_iot_sql_version)
            .set_error_action(payload.error_action)
            .build()
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(read(&stored(of(&spec()).expect("a payload"))), spec());
    }

    #[test]
    fn somebody_elses_actions_show() {
        let mut payload = of(&spec()).expect("a payload");
        let republish = RepublishAction::builder()
            .role_arn("r")
            .topic("t")
            .build()
            .expect("an action");
        payload
            .actions
            .insert(0, Action::builder().republish(republish.clone()).build());
        payload
            .actions
            .push(action(spec().sqs.as_ref().expect("an action")).expect("an action"));
        payload.error_action = Some(Action::builder().republish(republish).build());
        let read = read(&stored(payload));
        assert_eq!(read.sqs, spec().sqs);
        assert_eq!(read.error_action, None);
        assert_eq!(read.foreign_actions, ["republish", "sqs", "error:republish"]);
    }
}
