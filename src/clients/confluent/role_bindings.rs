//! `/iam/v2/role-bindings`. A list is of one scope: a search from above does not always show what lies below. An id that
//! is gone, or never was, answers 403.

use serde::Deserialize;
use serde_json::json;

use super::object::Identified;
use super::object::Metadata;
use super::object::one;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::control;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

pub const LIST: Operation = Operation::read(Service::Confluent, "ListRoleBindings");
pub const GET: Operation = Operation::read(Service::Confluent, "GetRoleBinding");
pub const CREATE: Operation = Operation::write(Service::Confluent, "CreateRoleBinding");
pub const DELETE: Operation = Operation::write(Service::Confluent, "DeleteRoleBinding");

const PATH: [&str; 3] = ["iam", "v2", "role-bindings"];

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RoleBinding {
    /// `rb-...`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// `User:sa-...`
    #[serde(deserialize_with = "or_default")]
    pub principal: String,
    #[serde(deserialize_with = "or_default")]
    pub role_name: String,
    /// As the server writes it; compare after percent-decoding.
    #[serde(deserialize_with = "or_default")]
    pub crn_pattern: String,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Identified for RoleBinding {
    fn identity(&self) -> &str {
        &self.id
    }
}

/// What a list is cut down to beside its scope, each exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    pub principal: Option<&'a str>,
    pub role_name: Option<&'a str>,
}

fn at(id: &str) -> [&str; 4] {
    let [first, second, third] = PATH;
    [first, second, third, id]
}

/// The bindings of this scope that the key sees; the server may take the scope for a prefix.
pub async fn list(io: &Io, crn_pattern: &str, filter: Filter<'_>) -> Result<Vec<RoleBinding>, ProviderError> {
    let mut first = Request::get(&PATH).query("crn_pattern", crn_pattern);
    for (name, wanted) in [("principal", filter.principal), ("role_name", filter.role_name)] {
        if let Some(wanted) = wanted {
            first = first.query(name, wanted);
        }
    }
    let first = first.query("page_size", page::SIZE);
    page::all(first, |request| control(io, LIST, request)).await
}

/// One by id: 403 where it is gone, or hidden.
pub async fn get(io: &Io, id: &str) -> Result<RoleBinding, ProviderError> {
    one(&control(io, GET, Request::get(&at(id))).await?)
}

pub async fn create(
    io: &Io,
    principal: &str,
    role_name: &str,
    crn_pattern: &str,
) -> Result<RoleBinding, ProviderError> {
    let body = json!({"principal": principal, "role_name": role_name, "crn_pattern": crn_pattern});
    one(&control(io, CREATE, Request::post(&PATH).json(&body)).await?)
}

pub async fn delete(io: &Io, id: &str) -> Result<(), ProviderError> {
    control(io, DELETE, Request::delete(&at(id))).await.map(|_| ())
}
