//! `/org/v2/organizations`: whose key it is.

use serde::Deserialize;

use super::object::Identified;
use super::object::Metadata;
use super::object::or_default;
use super::page;
use super::request::Request;
use super::send::control;
use crate::clients::call::Io;
use crate::clients::call::Operation;
use crate::clients::call::Service;
use crate::clients::error::ProviderError;

const LIST: Operation = Operation::read(Service::Confluent, "ListOrganizations");

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// A UUID.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Identified for Organization {
    fn identity(&self) -> &str {
        &self.id
    }
}

/// The organizations that the key sees, which is its own.
pub async fn list(io: &Io) -> Result<Vec<Organization>, ProviderError> {
    let first = Request::get(&["org", "v2", "organizations"]).query("page_size", page::SIZE);
    page::all(first, |request| control(io, LIST, request)).await
}
