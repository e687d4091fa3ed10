//! The rows of `aws_iam_role`.

use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Removed;
use super::Row;
use super::Rows;

fn trust(service: &str) -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
}

fn policy(action: &str) -> Json {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
}

fn managed(name: &str) -> Json {
    json!(format!("arn:aws:iam::aws:policy/{name}"))
}

/// As the console would do it.
fn delete(cloud: &Clouds<'_>, role: &str) {
    let iam = &cloud.aws.iam;
    cloud.run(async {
        let inline = iam.list_role_policies().role_name(role).send().await.unwrap();
        for name in inline.policy_names() {
            iam.delete_role_policy()
                .role_name(role)
                .policy_name(name)
                .send()
                .await
                .unwrap();
        }
        let attached = iam.list_attached_role_policies().role_name(role).send().await.unwrap();
        for policy in attached.attached_policies() {
            let detach = iam.detach_role_policy().role_name(role);
            detach.set_policy_arn(policy.policy_arn.clone()).send().await.unwrap();
        }
        iam.delete_role().role_name(role).send().await.unwrap();
    });
}

pub(super) fn rows() -> Rows {
    let guarded = json!({ "policy": { "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": "${aws_iam_role.description.arn}" },
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }] } });
    let mut trusting = trust("iot.amazonaws.com");
    trusting["Statement"][0]["Principal"]["AWS"] = json!("${aws_iam_role.inline_policy.arn}");
    Rows {
        kind: "aws_iam_role",
        least: json!({ "assume_role_policy": trust("iot.amazonaws.com") }),
        beside: vec![
            ("aws_sqs_queue.guarded", guarded),
            ("aws_iam_role.trusting", json!({ "assume_role_policy": trusting })),
        ],
        files: &[],
        elsewhere: &[],
        rows: attributes().into_iter().chain(policies()).collect(),
        delete,
        // A policy keeps the unique id of the role that is gone.
        falls: &[
            (
                "telemetry/aws_sqs_queue.guarded",
                "update",
                "telemetry/aws_iam_role.description, on which it hangs, is made anew",
            ),
            (
                "telemetry/aws_iam_role.trusting",
                "update",
                "telemetry/aws_iam_role.inline_policy, on which it hangs, is made anew",
            ),
        ],
    }
}

fn attributes() -> [Row; 3] {
    [
        Row {
            path: "assume_role_policy",
            one: trust("iot.amazonaws.com"),
            other: trust("lambda.amazonaws.com"),
            with: vec![],
            changed: &["assume_role_policy"],
            removed: Removed::Refused("`assume_role_policy`"),
            drift: Box::new(|cloud, role, _| {
                let request = cloud.aws.iam.update_assume_role_policy().role_name(role);
                let edited = trust("sqs.amazonaws.com").to_string();
                cloud.run(request.policy_document(edited).send()).unwrap();
            }),
            drifted: (&["assume_role_policy"], &[]),
        },
        Row {
            path: "description",
            one: json!("one"),
            other: json!("other"),
            with: vec![],
            changed: &["description"],
            removed: Removed::Planned(&["description"]),
            drift: Box::new(|cloud, role, _| {
                let request = cloud.aws.iam.update_role().role_name(role);
                cloud
                    .run(request.description("foreign").max_session_duration(3600).send())
                    .unwrap();
            }),
            drifted: (&["description"], &["description"]),
        },
        Row {
            path: "max_session_duration",
            one: json!(4000),
            other: json!(5000),
            with: vec![],
            changed: &["max_session_duration"],
            removed: Removed::Planned(&["max_session_duration"]),
            drift: Box::new(|cloud, role, _| {
                let request = cloud.aws.iam.update_role().role_name(role);
                cloud.run(request.max_session_duration(6000).send()).unwrap();
            }),
            drifted: (&["max_session_duration"], &["max_session_duration"]),
        },
    ]
}

fn policies() -> [Row; 3] {
    [
        Row {
            path: "inline_policy",
            one: json!({ "a": policy("sqs:SendMessage") }),
            other: json!({ "a": policy("sqs:ReceiveMessage"), "c": policy("sqs:SendMessage") }),
            with: vec![],
            changed: &["inline_policy.a", "inline_policy.c"],
            removed: Removed::Planned(&["inline_policy.a"]),
            drift: Box::new(|cloud, role, _| {
                let request = cloud.aws.iam.put_role_policy().role_name(role).policy_name("b");
                let foreign = policy("sqs:*").to_string();
                cloud.run(request.policy_document(foreign).send()).unwrap();
            }),
            drifted: (&["inline_policy.b"], &["inline_policy.b"]),
        },
        Row {
            path: "managed_policy_arns",
            one: json!([managed("AmazonSQSFullAccess")]),
            other: json!([managed("ReadOnlyAccess"), managed("AmazonSQSFullAccess")]),
            with: vec![],
            changed: &["managed_policy_arns[1]"],
            removed: Removed::Planned(&["managed_policy_arns[0]"]),
            drift: Box::new(|cloud, role, _| {
                let request = cloud.aws.iam.attach_role_policy().role_name(role);
                let foreign = managed("PowerUserAccess");
                cloud.run(request.policy_arn(foreign.as_str().unwrap()).send()).unwrap();
            }),
            drifted: (&["managed_policy_arns[1]"], &["managed_policy_arns[0]"]),
        },
        Row {
            path: "permissions_boundary",
            one: managed("AmazonSQSFullAccess"),
            other: managed("ReadOnlyAccess"),
            with: vec![],
            changed: &["permissions_boundary"],
            removed: Removed::Planned(&["permissions_boundary"]),
            drift: Box::new(|cloud, role, _| {
                let request = cloud.aws.iam.put_role_permissions_boundary().role_name(role);
                let foreign = managed("PowerUserAccess");
                cloud
                    .run(request.permissions_boundary(foreign.as_str().unwrap()).send())
                    .unwrap();
            }),
            drifted: (&["permissions_boundary"], &["permissions_boundary"]),
        },
    ]
}
