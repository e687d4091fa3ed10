//! Managed connectors, `connect/v1`: of the plugins only `MongoDbAtlasSink`.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | [`operations::Connector`] | `…/connector/<lkc-id>/<name>` | with its configuration, secrets too |
//!
//! - A new connector is neither listed nor found for a while, then PROVISIONING, then RUNNING, or FAILED as long as
//!   something is in its way ([`health`]): a host that begins with `unreachable` or ends with `.invalid`, a password of
//!   asterisks, a topic that is not there, a right that its account lacks or that has not spread yet.
//! - PUT of a configuration is an upsert, a replacement, and takes effect later: until then reads show the old one, and
//!   RUNNING. One that cannot run is FAILED while the old one runs on and is shown.
//! - Reads show secrets as sixteen asterisks, and keys that the service adds; defaults are not shown.
//! - A sink makes its dead-letter topic `dlq-<lcc-id>`, and leaves it behind.
//! - Pausing, resuming and deleting go on after their answer.
//! - Offsets are not implemented.

mod config;
mod connector;
mod health;
mod operations;
mod plugin;
mod property;
mod site;
#[cfg(test)]
mod tests;

pub(crate) use self::connector::names;
pub(crate) use self::connector::remove_all;
use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;

pub(crate) const GROUP: Group = Group {
    dialect: Dialect::Connect,
    headers: Headers::RetryAfter,
    operations: &[
        Operation::reads(
            "ListConnectors",
            "GET /connect/v1/environments/{environment}/clusters/{cluster}/connectors",
            operations::list,
        ),
        Operation::writes(
            "CreateConnector",
            "POST /connect/v1/environments/{environment}/clusters/{cluster}/connectors",
            operations::create,
        ),
        Operation::reads(
            "GetConnector",
            "GET /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}",
            operations::get,
        ),
        Operation::writes(
            "DeleteConnector",
            "DELETE /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}",
            operations::delete,
        ),
        Operation::reads(
            "GetConnectorConfig",
            "GET /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/config",
            operations::get_config,
        ),
        Operation::writes(
            "PutConnectorConfig",
            "PUT /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/config",
            operations::put_config,
        ),
        Operation::reads(
            "GetConnectorStatus",
            "GET /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/status",
            operations::get_status,
        ),
        Operation::reads(
            "ListConnectorTasks",
            "GET /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/tasks",
            operations::list_tasks,
        ),
        Operation::writes(
            "PauseConnector",
            "PUT /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/pause",
            operations::pause,
        ),
        Operation::writes(
            "ResumeConnector",
            "PUT /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/resume",
            operations::resume,
        ),
        Operation::writes(
            "RestartConnector",
            "POST /connect/v1/environments/{environment}/clusters/{cluster}/connectors/{connector}/restart",
            operations::restart,
        ),
        Operation::reads(
            "ListConnectorPlugins",
            "GET /connect/v1/environments/{environment}/clusters/{cluster}/connector-plugins",
            plugin::list,
        ),
        Operation::reads(
            "ValidateConnectorConfig",
            "PUT /connect/v1/environments/{environment}/clusters/{cluster}/connector-plugins/{plugin}/config/validate",
            plugin::validate,
        ),
    ],
};
