//! The rows of `aws_secretsmanager_secret`. A value cannot be declared yet; its test is that of the planner.

use aws_sdk_secretsmanager::types::Tag;
use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;

fn delete(cloud: &Clouds<'_>, secret: &str) {
    let request = cloud.aws.secretsmanager.delete_secret().secret_id(secret);
    cloud.run(request.force_delete_without_recovery(true).send()).unwrap();
}

pub(super) fn rows() -> Rows {
    let described: Drift = Box::new(|cloud, secret, _| {
        let request = cloud.aws.secretsmanager.update_secret().secret_id(secret);
        cloud.run(request.description("foreign").send()).unwrap();
    });
    let encrypted: Drift = Box::new(|cloud, secret, _| {
        let request = cloud.aws.secretsmanager.update_secret().secret_id(secret);
        cloud.run(request.kms_key_id("alias/foreign").send()).unwrap();
    });
    let tagged: Drift = Box::new(|cloud, secret, _| {
        let tag = Tag::builder().key("eclusa:recovery").value("21").build();
        let request = cloud.aws.secretsmanager.tag_resource().secret_id(secret);
        cloud.run(request.tags(tag).send()).unwrap();
    });
    Rows {
        kind: "aws_secretsmanager_secret",
        least: json!({}),
        beside: vec![],
        files: &[],
        rows: vec![
            row(&["description"], json!("one"), json!("other"), described),
            row(&["kms_key_id"], json!("alias/one"), json!("alias/other"), encrypted),
            row(&["recovery_window_in_days"], json!(7), json!(0), tagged),
        ],
        elsewhere: &["value"],
        delete,
        falls: &[],
    }
}

fn row(path: &'static [&'static str; 1], one: Json, other: Json, drift: Drift) -> Row {
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
