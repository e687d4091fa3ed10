//! The parts that all objects of the control plane share.

use serde_json::Value;
use serde_json::json;

use super::request::Context;
use crate::clock::rfc3339;

const API: &str = "https://api.confluent.cloud";

/// When an object was made and last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Times {
    pub(crate) created_at: u64,
    pub(crate) updated_at: u64,
}

impl Times {
    pub(crate) fn now(context: &Context) -> Self {
        Self {
            created_at: context.now,
            updated_at: context.now,
        }
    }
}

/// An object's address on the control plane, `https://api.confluent.cloud/org/v2/environments/env-1`.
pub(crate) fn address(path: &str, id: &str) -> String {
    format!("{API}{path}/{id}")
}

pub(crate) fn metadata(address: &str, resource_name: &str, times: Times) -> Value {
    json!({
        "self": address,
        "resource_name": resource_name,
        "created_at": rfc3339(times.created_at),
        "updated_at": rfc3339(times.updated_at),
    })
}
