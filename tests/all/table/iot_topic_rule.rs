//! The rows of `aws_iot_topic_rule`.

use aws_sdk_iot::types::Action;
use aws_sdk_iot::types::RepublishAction;
use aws_sdk_iot::types::SqsAction;
use aws_sdk_iot::types::TopicRule;
use aws_sdk_iot::types::TopicRulePayload;
use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::cloud::TRUSTS_IOT;
use crate::world::until;

fn url(queue: &str) -> Json {
    json!(format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}"))
}

fn sends(queue: &str, role: &str) -> Json {
    json!({ "queue_url": url(queue), "role_arn": format!("${{aws_iam_role.{role}.arn}}") })
}

fn delete(cloud: &Clouds<'_>, rule: &str) {
    cloud
        .run(cloud.aws.iot.delete_topic_rule().rule_name(rule).send())
        .unwrap();
}

/// Replaces the whole rule, changed by `edit`, which is told whether the attribute is declared.
fn edited(edit: impl Fn(&mut TopicRule, bool) + 'static) -> Drift {
    Box::new(move |cloud, name, declared| {
        let iot = &cloud.aws.iot;
        let got = cloud.run(iot.get_topic_rule().rule_name(name).send()).unwrap();
        let mut rule = got.rule.unwrap();
        edit(&mut rule, declared);
        let payload = TopicRulePayload::builder()
            .set_sql(rule.sql)
            .set_description(rule.description)
            .set_actions(rule.actions)
            .set_rule_disabled(rule.rule_disabled)
            .set_aws_iot_sql_version(rule.aws_iot_sql_version)
            .set_error_action(rule.error_action)
            .build()
            .unwrap();
        // Until the rule's last update has settled.
        until("a foreign edit of a rule", || {
            let request = iot.replace_topic_rule().rule_name(name);
            cloud.run(request.topic_rule_payload(payload.clone()).send()).ok()
        });
    })
}

fn edited_queue(edit: impl Fn(&mut SqsAction, bool) + 'static) -> Drift {
    edited(move |rule, declared| {
        let action = rule.actions.as_mut().and_then(|actions| actions.first_mut());
        edit(action.and_then(|action| action.sqs.as_mut()).unwrap(), declared);
    })
}

/// Where the rule has no error action it gets one like its action.
fn edited_error_queue(edit: impl Fn(&mut SqsAction, bool) + 'static) -> Drift {
    edited(move |rule, declared| {
        let like = rule.actions().first().cloned();
        let action = rule.error_action.get_or_insert_with(|| like.unwrap());
        edit(action.sqs.as_mut().unwrap(), declared);
    })
}

fn foreign_url() -> String {
    url("foreign").as_str().unwrap().to_owned()
}

pub(super) fn rows() -> Rows {
    let trust: Json = serde_json::from_str(TRUSTS_IOT).unwrap();
    let sender = || json!({ "assume_role_policy": trust });
    Rows {
        kind: "aws_iot_topic_rule",
        least: json!({ "sql": "SELECT * FROM 'a'", "sqs": sends("one", "one") }),
        beside: vec![
            ("aws_iam_role.one", sender()),
            ("aws_iam_role.two", sender()),
            ("aws_iam_role.three", sender()),
        ],
        files: &[],
        elsewhere: &[],
        rows: attributes().into_iter().chain(queue()).chain(error_queue()).collect(),
        delete,
        falls: &[],
    }
}

/// A value with a path of its own.
fn plain(path: &'static [&'static str; 1], one: Json, other: Json, drift: Drift) -> Row {
    Row {
        path: path[0],
        one,
        other,
        with: vec![],
        changed: path,
        removed: Removed::Planned(path),
        drift,
        drifted: (path, path),
    }
}

/// The same, but it must be there.
fn needed(path: &'static [&'static str; 1], words: &'static str, one: Json, other: Json, drift: Drift) -> Row {
    Row {
        removed: Removed::Refused(words),
        drifted: (path, &[]),
        ..plain(path, one, other, drift)
    }
}

fn attributes() -> [Row; 5] {
    [
        needed(
            &["sql"],
            "`sql`",
            json!("SELECT * FROM 'a'"),
            json!("SELECT * FROM 'b'"),
            edited(|rule, _| rule.sql = Some("SELECT * FROM 'foreign'".to_owned())),
        ),
        plain(
            &["aws_iot_sql_version"],
            json!("2015-10-08"),
            json!("2016-03-23"),
            edited(|rule, _| rule.aws_iot_sql_version = Some("beta".to_owned())),
        ),
        plain(
            &["description"],
            json!("one"),
            json!("other"),
            edited(|rule, _| rule.description = Some("foreign".to_owned())),
        ),
        plain(
            &["enabled"],
            json!(false),
            json!(true),
            edited(|rule, declared| rule.rule_disabled = Some(!declared)),
        ),
        Row {
            path: "foreign_actions",
            one: Json::Null,
            other: Json::Null,
            with: vec![],
            changed: &[],
            removed: Removed::Planned(&[]),
            drift: edited(|rule, _| {
                let role = "arn:aws:iam::123456789012:role/eclusa/local/local-telemetry-one-8c5b5d6d";
                let republish = RepublishAction::builder().role_arn(role).topic("b").build();
                let republish = Action::builder().republish(republish.unwrap()).build();
                rule.actions.get_or_insert_default().push(republish);
            }),
            drifted: (&["foreign_actions[0]"], &["foreign_actions[0]"]),
        },
    ]
}

fn queue() -> [Row; 4] {
    [
        Row {
            changed: &["sqs.queue_url", "sqs.role_arn"],
            drifted: (&["sqs.queue_url"], &[]),
            ..needed(
                &["sqs"],
                "`sqs`",
                sends("one", "one"),
                sends("two", "two"),
                edited_queue(|queue, _| queue.queue_url = foreign_url()),
            )
        },
        needed(
            &["sqs.queue_url"],
            "`queue_url`",
            url("one"),
            url("two"),
            edited_queue(|queue, _| queue.queue_url = foreign_url()),
        ),
        needed(
            &["sqs.role_arn"],
            "`role_arn`",
            json!("${aws_iam_role.one.arn}"),
            json!("${aws_iam_role.two.arn}"),
            edited_queue(|queue, _| queue.role_arn = queue.role_arn.replace("-one-", "-three-")),
        ),
        plain(
            &["sqs.use_base64"],
            json!(true),
            json!(false),
            edited_queue(|queue, declared| queue.use_base64 = Some(!declared)),
        ),
    ]
}

fn error_queue() -> [Row; 5] {
    let queue = || edited_error_queue(|queue, _| queue.queue_url = foreign_url());
    [
        Row {
            changed: &["error_action.sqs.queue_url", "error_action.sqs.role_arn"],
            drifted: (&["error_action.sqs.queue_url"], &["error_action"]),
            ..plain(
                &["error_action"],
                json!({ "sqs": sends("one", "one") }),
                json!({ "sqs": sends("two", "two") }),
                queue(),
            )
        },
        Row {
            with: vec![("error_action", json!({}))],
            changed: &["error_action.sqs.queue_url", "error_action.sqs.role_arn"],
            drifted: (&["error_action.sqs.queue_url"], &[]),
            ..needed(
                &["error_action.sqs"],
                "`sqs`",
                sends("one", "one"),
                sends("two", "two"),
                queue(),
            )
        },
        Row {
            with: vec![("error_action.sqs", sends("one", "one"))],
            ..needed(
                &["error_action.sqs.queue_url"],
                "`queue_url`",
                url("one"),
                url("two"),
                queue(),
            )
        },
        Row {
            with: vec![("error_action.sqs", sends("one", "one"))],
            ..needed(
                &["error_action.sqs.role_arn"],
                "`role_arn`",
                json!("${aws_iam_role.one.arn}"),
                json!("${aws_iam_role.two.arn}"),
                edited_error_queue(|queue, _| queue.role_arn = queue.role_arn.replace("-one-", "-three-")),
            )
        },
        Row {
            with: vec![("error_action.sqs", sends("one", "one"))],
            ..plain(
                &["error_action.sqs.use_base64"],
                json!(true),
                json!(false),
                edited_error_queue(|queue, declared| queue.use_base64 = Some(!declared)),
            )
        },
    ]
}
