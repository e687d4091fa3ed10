//! Service accounts, API keys and role bindings, `iam/v2`.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | [`accounts::Account`] | `…/service-account/<sa-id>` | |
//! | [`keys::ApiKey`] | `…/api-key/<id>` | with its secret, which only the answer to its creation shows |
//! | [`keys::Deleted`] | `…/deleted-api-key/<id>` | so that a deleted key is not taken for one of the user's own |
//! | [`bindings::Binding`] | `…/role-binding/<rb-id>` | |
//!
//! - Names of accounts are unique in the organization and cannot be changed; deleting an account deletes its keys and
//!   role bindings. ACLs that name it stay.
//! - What a caller without a role at the organization sees of all this is its own account, keys and bindings, and the
//!   bindings in scopes that it manages.

pub(crate) mod accounts;
pub(crate) mod bindings;
pub(crate) mod keys;
#[cfg(test)]
mod tests;

use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;

pub(crate) const ACCOUNTS: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::Limits,
    operations: &[
        Operation::reads("ListServiceAccounts", "GET /iam/v2/service-accounts", accounts::list),
        Operation::writes(
            "CreateServiceAccount",
            "POST /iam/v2/service-accounts",
            accounts::create,
        ),
        Operation::reads("GetServiceAccount", "GET /iam/v2/service-accounts/{id}", accounts::get),
        Operation::writes(
            "UpdateServiceAccount",
            "PATCH /iam/v2/service-accounts/{id}",
            accounts::update,
        ),
        Operation::writes(
            "DeleteServiceAccount",
            "DELETE /iam/v2/service-accounts/{id}",
            accounts::delete,
        ),
    ],
};

pub(crate) const KEYS: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::RequestId,
    operations: &[
        Operation::reads("ListApiKeys", "GET /iam/v2/api-keys", keys::list),
        Operation::writes("CreateApiKey", "POST /iam/v2/api-keys", keys::create),
        Operation::reads("GetApiKey", "GET /iam/v2/api-keys/{id}", keys::get),
        Operation::writes("UpdateApiKey", "PATCH /iam/v2/api-keys/{id}", keys::update),
        Operation::writes("DeleteApiKey", "DELETE /iam/v2/api-keys/{id}", keys::delete),
    ],
};

pub(crate) const BINDINGS: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::RequestId,
    operations: &[
        Operation::reads("ListRoleBindings", "GET /iam/v2/role-bindings", bindings::list),
        Operation::writes("CreateRoleBinding", "POST /iam/v2/role-bindings", bindings::create),
        Operation::reads("GetRoleBinding", "GET /iam/v2/role-bindings/{id}", bindings::get),
        Operation::writes(
            "DeleteRoleBinding",
            "DELETE /iam/v2/role-bindings/{id}",
            bindings::delete,
        ),
    ],
};
