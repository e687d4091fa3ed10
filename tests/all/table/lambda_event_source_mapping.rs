//! The rows of `aws_lambda_event_source_mapping`. Another queue or function is another mapping; the tests of `lambda`
//! have these.

use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder as Edit;
use aws_sdk_lambda::types::Filter;
use aws_sdk_lambda::types::FilterCriteria;
use aws_sdk_lambda::types::FunctionResponseType;
use aws_sdk_lambda::types::ProvisionedPollerConfig;
use aws_sdk_lambda::types::ScalingConfig;
use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::cloud::Cloud;
use crate::lambda::TRUSTS_LAMBDA;
use crate::world::until;

/// Each row's queue is called as its row.
fn uuid(cloud: &Cloud, row: &str) -> Option<String> {
    let queue = format!("arn:aws:sqs:us-east-1:123456789012:local-telemetry-{row}");
    let request = cloud.aws.lambda.list_event_source_mappings().event_source_arn(queue);
    let listed = cloud.run(request.send()).unwrap();
    listed.event_source_mappings().first()?.uuid().map(str::to_owned)
}

fn delete(cloud: &Clouds<'_>, row: &str) {
    let uuid = uuid(cloud, row).unwrap();
    until("a foreign delete", || {
        cloud
            .run(cloud.aws.lambda.delete_event_source_mapping().uuid(&uuid).send())
            .ok()
    });
}

/// Changes the mapping, once nothing else does, and waits until it is done.
fn edited(edit: impl Fn(Edit, bool) -> Edit + 'static) -> Drift {
    Box::new(move |cloud, row, declared| {
        let uuid = uuid(cloud, row).unwrap();
        until("a foreign edit of a mapping", || {
            let request = cloud.aws.lambda.update_event_source_mapping().uuid(&uuid);
            cloud.run(edit(request, declared).send()).ok()
        });
    })
}

/// One for each row.
const QUEUES: [&str; 9] = [
    "aws_sqs_queue.batch_size",
    "aws_sqs_queue.maximum_batching_window_in_seconds",
    "aws_sqs_queue.enabled",
    "aws_sqs_queue.function_response_types",
    "aws_sqs_queue.scaling_config",
    "aws_sqs_queue.scaling_config_maximum_concurrency",
    "aws_sqs_queue.filter_criteria",
    "aws_sqs_queue.filter_criteria_filters",
    "aws_sqs_queue.foreign_settings",
];

pub(super) fn rows() -> Rows {
    let trust: Json = serde_json::from_str(TRUSTS_LAMBDA).unwrap();
    let function = json!({
        "filename": "one.zip",
        "runtime": "provided.al2023",
        "handler": "bootstrap",
        "role": "${aws_iam_role.one.arn}",
    });
    let mut beside = vec![
        ("aws_iam_role.one", json!({ "assume_role_policy": trust })),
        ("aws_lambda_function.one", function),
    ];
    beside.extend(QUEUES.map(|queue| (queue, json!({}))));
    let mut rows: Vec<Row> = settings().into_iter().chain(filters()).chain(hidden()).collect();
    for row in &mut rows {
        let queue = json!(format!("${{aws_sqs_queue.{}.arn}}", row.name()));
        row.with.push(("event_source_arn", queue));
    }
    Rows {
        kind: "aws_lambda_event_source_mapping",
        least: json!({ "function_name": "${aws_lambda_function.one.name}" }),
        beside,
        files: &[("stacks/one.zip", "PK\u{3}\u{4}one")],
        elsewhere: &["event_source_arn", "function_name"],
        rows,
        delete,
        falls: &[],
    }
}

fn plain(path: &'static str, values: [Json; 2], fields: &'static [&'static str], drift: Drift) -> Row {
    let [one, other] = values;
    Row {
        path,
        one,
        other,
        with: vec![],
        changed: fields,
        removed: Removed::Planned(fields),
        drift,
        drifted: (fields, fields),
    }
}

fn scaling(maximum: i32) -> ScalingConfig {
    ScalingConfig::builder().maximum_concurrency(maximum).build()
}

fn settings() -> [Row; 6] {
    [
        plain(
            "batch_size",
            [json!(5), json!(6)],
            &["batch_size"],
            edited(|edit, _| edit.batch_size(7)),
        ),
        plain(
            "maximum_batching_window_in_seconds",
            [json!(5), json!(6)],
            &["maximum_batching_window_in_seconds"],
            edited(|edit, _| edit.maximum_batching_window_in_seconds(7)),
        ),
        plain(
            "enabled",
            [json!(false), json!(true)],
            &["enabled"],
            edited(|edit, declared| edit.enabled(declared)),
        ),
        Row {
            drifted: (&["function_response_types[0]"], &["function_response_types[0]"]),
            ..plain(
                "function_response_types",
                [json!(["ReportBatchItemFailures"]), json!([])],
                &["function_response_types[0]"],
                edited(|edit, declared| {
                    let types = if declared {
                        vec![]
                    } else {
                        vec![FunctionResponseType::ReportBatchItemFailures]
                    };
                    edit.set_function_response_types(Some(types))
                }),
            )
        },
        Row {
            changed: &["scaling_config.maximum_concurrency"],
            drifted: (&["scaling_config.maximum_concurrency"], &["scaling_config"]),
            ..plain(
                "scaling_config",
                [json!({ "maximum_concurrency": 5 }), json!({ "maximum_concurrency": 6 })],
                &["scaling_config"],
                edited(|edit, _| edit.scaling_config(scaling(7))),
            )
        },
        Row {
            removed: Removed::Refused("`maximum_concurrency`"),
            drifted: (&["scaling_config.maximum_concurrency"], &[]),
            ..plain(
                "scaling_config.maximum_concurrency",
                [json!(5), json!(6)],
                &["scaling_config.maximum_concurrency"],
                edited(|edit, _| edit.scaling_config(scaling(7))),
            )
        },
    ]
}

fn filter(kind: &str) -> Json {
    json!({ "pattern": json!({ "body": { "kind": [kind] } }).to_string() })
}

fn filters() -> [Row; 2] {
    let foreign = || {
        edited(|edit, _| {
            let filter = Filter::builder().pattern("{\"body\":{\"kind\":[\"foreign\"]}}").build();
            edit.filter_criteria(FilterCriteria::builder().filters(filter).build())
        })
    };
    let one = || json!([filter("air")]);
    let other = || json!([filter("air"), filter("noise")]);
    [
        Row {
            changed: &["filter_criteria.filters[1]"],
            drifted: (&["filter_criteria.filters[0].pattern"], &["filter_criteria"]),
            ..plain(
                "filter_criteria",
                [json!({ "filters": one() }), json!({ "filters": other() })],
                &["filter_criteria"],
                foreign(),
            )
        },
        Row {
            changed: &["filter_criteria.filters[1]"],
            drifted: (&["filter_criteria.filters[0].pattern"], &["filter_criteria"]),
            ..plain(
                "filter_criteria.filters",
                [one(), other()],
                &["filter_criteria"],
                foreign(),
            )
        },
    ]
}

/// What can only be seen on a live mapping.
fn hidden() -> [Row; 1] {
    let pollers = |edit: Edit, _| {
        let pollers = ProvisionedPollerConfig::builder().minimum_pollers(2).build();
        edit.provisioned_poller_config(pollers)
    };
    let field: &[&str] = &["foreign_settings[0]"];
    [Row {
        path: "foreign_settings",
        one: Json::Null,
        other: Json::Null,
        with: vec![],
        changed: &[],
        removed: Removed::Planned(&[]),
        drift: edited(pollers),
        drifted: (field, field),
    }]
}
