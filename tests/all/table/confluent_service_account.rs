//! The rows of `confluent_service_account`. Its name is no attribute; `confluent_changes` has it
//! (`another_name_is_another_account_and_all_that_was_its_follows`).

use serde_json::Value as Json;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::confluent::Confluent;
use crate::confluent::reworded;

const ACCOUNTS: &str = "/iam/v2/service-accounts";

fn path(confluent: &Confluent<'_>, account: &str) -> String {
    format!("{ACCOUNTS}/{}", confluent.id(&format!("account {account}")))
}

fn delete(clouds: &Clouds<'_>, account: &str) {
    let path = path(&clouds.confluent, account);
    clouds.confluent.control("DELETE", &path, Json::Null);
}

pub(super) fn rows() -> Rows {
    let described: Drift = Box::new(|clouds, account, _| {
        let confluent = &clouds.confluent;
        let path = path(confluent, account);
        let live = confluent.control("GET", &path, Json::Null);
        let description = reworded(&live["description"], "foreign");
        confluent.control("PATCH", &path, json!({ "description": description }));
    });
    Rows {
        kind: "confluent_service_account",
        least: json!({}),
        beside: vec![],
        files: &[],
        rows: vec![Row {
            path: "description",
            one: json!("one"),
            other: json!("other"),
            with: vec![],
            changed: &["description"],
            removed: Removed::Planned(&["description"]),
            drift: described,
            drifted: (&["description"], &["description"]),
        }],
        elsewhere: &[],
        delete,
        falls: &[],
    }
}
