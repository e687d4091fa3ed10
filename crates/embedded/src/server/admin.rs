//! What eclusa and its tests ask of the server itself, under `/_eclusa/`. None of it is counted as a call.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET health` | `{"build_id", "pid", "folder"}`: compare all that matters before trusting a port |
//! | `GET calls` | `{"totals": {"calls", "reads", "writes"}, "calls": [{"at", "service", "operation", "mutating", "status", "fault"?}]}`, oldest first |
//! | `POST calls/reset` | `{}`; counts, a fault plan's too, begin anew |
//! | `POST stop` | `{}`, then the server ends once the calls in progress are answered |

use std::sync::PoisonError;

use hyper::Method;
use serde_json::Value;
use serde_json::json;

use super::Shared;
use crate::http::Answer;
use crate::http::answer;

pub(super) const PREFIX: &str = "/_eclusa/";

/// `path` is what follows the prefix.
pub(super) fn respond(shared: &Shared, method: &Method, path: &str) -> Answer {
    let calls = || shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
    match (method.as_str(), path) {
        ("GET", "health") => {
            let folder = std::path::absolute(&shared.options.folder);
            let folder = folder
                .as_deref()
                .unwrap_or(&shared.options.folder)
                .display()
                .to_string();
            let build_id = &shared.options.build_id;
            json_answer(
                200,
                &json!({"build_id": build_id, "pid": std::process::id(), "folder": folder}),
            )
        }
        ("GET", "calls") => match serde_json::to_value(calls().report()) {
            Ok(report) => json_answer(200, &report),
            Err(error) => json_answer(500, &json!({"message": error.to_string()})),
        },
        ("POST", "calls/reset") => {
            calls().reset();
            json_answer(200, &json!({}))
        }
        ("POST", "stop") => {
            shared.life.ask();
            json_answer(200, &json!({}))
        }
        (_, "health" | "calls" | "calls/reset" | "stop") => json_answer(
            405,
            &json!({"message": format!("{method} is not what {PREFIX}{path} takes")}),
        ),
        _ => json_answer(
            404,
            &json!({"message": format!("there is no {PREFIX}{path}; see health, calls, calls/reset, stop")}),
        ),
    }
}

pub(super) fn json_answer(status: u16, body: &Value) -> Answer {
    answer(status, "application/json", body.to_string())
}
