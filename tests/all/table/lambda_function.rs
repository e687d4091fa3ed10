//! The rows of `aws_lambda_function`. `build` needs a compiler; its tests are those of `lambda`.

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Edit;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::Architecture;
use aws_sdk_lambda::types::Environment;
use aws_sdk_lambda::types::EphemeralStorage;
use aws_sdk_lambda::types::Runtime;
use aws_sdk_lambda::types::TracingConfig;
use aws_sdk_lambda::types::TracingMode;
use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::lambda::TRUSTS_LAMBDA;
use crate::world::until;

const FOREIGN_ROLE: &str = "foreign";

fn delete(cloud: &Clouds<'_>, function: &str) {
    let request = cloud.aws.lambda.delete_function().function_name(function);
    cloud.run(request.send()).unwrap();
}

/// Changes the configuration, once nothing else does.
fn edited(edit: impl Fn(Edit) -> Edit + 'static) -> Drift {
    Box::new(move |cloud, function, _| {
        until("a foreign edit of a function", || {
            let request = cloud.aws.lambda.update_function_configuration();
            cloud.run(edit(request.function_name(function)).send()).ok()
        });
    })
}

/// Uploads code, once nothing else changes the function.
fn uploaded(text: &'static str, architecture: Option<Architecture>) -> Drift {
    Box::new(move |cloud, function, _| {
        until("a foreign upload", || {
            let request = cloud.aws.lambda.update_function_code().function_name(function);
            let request = request.zip_file(Blob::new(text));
            let request = request.set_architectures(architecture.clone().map(|one| vec![one]));
            cloud.run(request.send()).ok()
        });
    })
}

pub(super) fn rows() -> Rows {
    let trust: Json = serde_json::from_str(TRUSTS_LAMBDA).unwrap();
    let runs = || json!({ "assume_role_policy": trust });
    Rows {
        kind: "aws_lambda_function",
        least: json!({
            "filename": "one.zip",
            "runtime": "provided.al2023",
            "handler": "bootstrap",
            "role": "${aws_iam_role.one.arn}",
        }),
        beside: vec![
            ("aws_iam_role.one", runs()),
            ("aws_iam_role.two", runs()),
            (
                "aws_iam_role.foreign",
                json!({ "name": FOREIGN_ROLE, "assume_role_policy": trust }),
            ),
        ],
        files: &[
            ("stacks/one.zip", "PK\u{3}\u{4}one"),
            ("stacks/two.zip", "PK\u{3}\u{4}two"),
        ],
        elsewhere: &["build"],
        rows: needed().into_iter().chain(settings()).chain(hidden()).collect(),
        delete,
        falls: &[],
    }
}

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

fn needed() -> [Row; 4] {
    let required = |words: &'static str, row: Row| Row {
        removed: Removed::Refused(words),
        drifted: (row.drifted.0, &[]),
        ..row
    };
    [
        required(
            "`build` or `filename`",
            Row {
                changed: &["source"],
                drifted: (&["foreign_code"], &[]),
                ..plain(
                    &["filename"],
                    json!("one.zip"),
                    json!("two.zip"),
                    uploaded("PK\u{3}\u{4}foreign", None),
                )
            },
        ),
        required(
            "`runtime`",
            plain(
                &["runtime"],
                json!("provided.al2023"),
                json!("provided.al2"),
                edited(|edit| edit.runtime(Runtime::Python313)),
            ),
        ),
        required(
            "`handler`",
            plain(
                &["handler"],
                json!("bootstrap"),
                json!("other"),
                edited(|edit| edit.handler("foreign")),
            ),
        ),
        required(
            "`role`",
            Row {
                // The tag of the role that was written is that of another one than the live role.
                drifted: (&["role", "former_role"], &[]),
                ..plain(
                    &["role"],
                    json!("${aws_iam_role.one.arn}"),
                    json!("${aws_iam_role.two.arn}"),
                    edited(|edit| edit.role(format!("arn:aws:iam::123456789012:role/eclusa/local/{FOREIGN_ROLE}"))),
                )
            },
        ),
    ]
}

fn settings() -> [Row; 8] {
    [
        Row {
            changed: &["architectures[0]"],
            removed: Removed::Planned(&["architectures[0]"]),
            // What is uploaded is the same file, so only the processor tells.
            drifted: (&["architectures[0]"], &["architectures[0]"]),
            drift: Box::new(|cloud, function, declared| {
                let foreign = if declared {
                    Architecture::X8664
                } else {
                    Architecture::Arm64
                };
                uploaded("PK\u{3}\u{4}one", Some(foreign))(cloud, function, declared);
            }),
            ..plain(
                &["architectures"],
                json!(["arm64"]),
                json!(["x86_64"]),
                edited(|edit| edit),
            )
        },
        plain(
            &["memory_size"],
            json!(256),
            json!(512),
            edited(|edit| edit.memory_size(1024)),
        ),
        plain(&["timeout"], json!(10), json!(20), edited(|edit| edit.timeout(30))),
        Row {
            changed: &["environment.AB", "environment.CD"],
            removed: Removed::Planned(&["environment.AB"]),
            drifted: (&["environment.AB", "environment.EF"], &["environment.EF"]),
            ..plain(
                &["environment"],
                json!({ "AB": "one" }),
                json!({ "AB": "two", "CD": "three" }),
                edited(|edit| edit.environment(Environment::builder().variables("EF", "foreign").build())),
            )
        },
        plain(
            &["description"],
            json!("one"),
            json!("other"),
            edited(|edit| edit.description("foreign")),
        ),
        plain(
            &["reserved_concurrent_executions"],
            json!(2),
            json!(3),
            Box::new(|cloud, function, _| {
                let request = cloud.aws.lambda.put_function_concurrency().function_name(function);
                cloud.run(request.reserved_concurrent_executions(4).send()).unwrap();
            }),
        ),
        storage(
            "ephemeral_storage",
            json!({ "size": 600 }),
            json!({ "size": 700 }),
            Removed::Planned(SIZE),
            SIZE,
        ),
        storage(
            "ephemeral_storage.size",
            json!(600),
            json!(700),
            Removed::Refused("`size`"),
            &[],
        ),
    ]
}

const SIZE: &[&str] = &["ephemeral_storage.size"];

fn storage(path: &'static str, one: Json, other: Json, removed: Removed, undeclared: &'static [&'static str]) -> Row {
    Row {
        path,
        one,
        other,
        with: vec![],
        changed: SIZE,
        removed,
        drift: edited(|edit| edit.ephemeral_storage(EphemeralStorage::builder().size(800).build().unwrap())),
        drifted: (SIZE, undeclared),
    }
}

/// What can only be seen on a live function.
fn hidden() -> [Row; 1] {
    [Row {
        path: "foreign_settings",
        one: Json::Null,
        other: Json::Null,
        with: vec![],
        changed: &[],
        removed: Removed::Planned(&[]),
        drift: edited(|edit| {
            let tracing = TracingConfig::builder().mode(TracingMode::Active).build();
            edit.tracing_config(tracing)
                .kms_key_arn("arn:aws:kms:us-east-1:123456789012:key/k")
        }),
        drifted: (
            &["foreign_settings[0]", "foreign_settings[1]"],
            &["foreign_settings[0]", "foreign_settings[1]"],
        ),
    }]
}
