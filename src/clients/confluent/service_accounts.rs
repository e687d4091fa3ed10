//! `/iam/v2/service-accounts`. The display name is unique in the organization and stays for ever; DELETE takes the
//! account's keys along.

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

pub const LIST: Operation = Operation::read(Service::Confluent, "ListServiceAccounts");
pub const GET: Operation = Operation::read(Service::Confluent, "GetServiceAccount");
pub const CREATE: Operation = Operation::write(Service::Confluent, "CreateServiceAccount");
pub const UPDATE: Operation = Operation::write(Service::Confluent, "UpdateServiceAccount");
pub const DELETE: Operation = Operation::write(Service::Confluent, "DeleteServiceAccount");

const PATH: [&str; 3] = ["iam", "v2", "service-accounts"];

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ServiceAccount {
    /// `sa-...`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
    #[serde(deserialize_with = "or_default")]
    pub description: String,
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Identified for ServiceAccount {
    fn identity(&self) -> &str {
        &self.id
    }
}

fn at(id: &str) -> [&str; 4] {
    let [first, second, third] = PATH;
    [first, second, third, id]
}

/// Every account that the key sees.
pub async fn list(io: &Io) -> Result<Vec<ServiceAccount>, ProviderError> {
    let first = Request::get(&PATH).query("page_size", page::SIZE);
    page::all(first, |request| control(io, LIST, request)).await
}

/// The account of this name, if the key sees it.
pub async fn find(io: &Io, display_name: &str) -> Result<Option<ServiceAccount>, ProviderError> {
    let first = Request::get(&PATH)
        .query("display_name", display_name)
        .query("page_size", page::SIZE);
    let found: Vec<ServiceAccount> = page::all(first, |request| control(io, LIST, request)).await?;
    Ok(found.into_iter().find(|account| account.display_name == display_name))
}

/// One by id: 404 where it is gone.
pub async fn get(io: &Io, id: &str) -> Result<ServiceAccount, ProviderError> {
    one(&control(io, GET, Request::get(&at(id))).await?)
}

pub async fn create(io: &Io, display_name: &str, description: &str) -> Result<ServiceAccount, ProviderError> {
    let body = json!({"display_name": display_name, "description": description});
    one(&control(io, CREATE, Request::post(&PATH).json(&body)).await?)
}

pub async fn update(io: &Io, id: &str, description: &str) -> Result<(), ProviderError> {
    let request = Request::patch(&at(id)).json(&json!({"description": description}));
    control(io, UPDATE, request).await.map(|_| ())
}

/// With its keys.
pub async fn delete(io: &Io, id: &str) -> Result<(), ProviderError> {
    control(io, DELETE, Request::delete(&at(id))).await.map(|_| ())
}
