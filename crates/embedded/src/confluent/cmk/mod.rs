//! Kafka clusters, `cmk/v2`.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | [`cluster::Cluster`] | `…/cluster/<lkc-id>` | |
//!
//! - A cluster is PROVISIONING first; the endpoints of a Dedicated one are empty until it is done. In a region that ends
//!   in `-0`, which no cloud has, it becomes FAILED.
//! - One that is not there, lies in another environment or is hidden is 403, all three alike.
//! - Deleting goes on after its answer: the cluster can be read for a while, what was in it is gone at once. Connectors
//!   stand in its way.
//! - Only Basic to Standard changes kind. A PATCH may not repeat what it does not change where that cannot be changed.

mod change;
pub(crate) mod cluster;
mod create;
#[cfg(test)]
mod tests;

pub(crate) use self::cluster::clusters;
pub(crate) use self::cluster::find;
pub(crate) use self::cluster::reference;
pub(crate) use self::cluster::remove;
pub(crate) use self::create::MOST;
use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;

pub(crate) const GROUP: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::Limits,
    operations: &[
        Operation::reads("ListClusters", "GET /cmk/v2/clusters", cluster::list),
        Operation::writes("CreateCluster", "POST /cmk/v2/clusters", create::create),
        Operation::reads("GetCluster", "GET /cmk/v2/clusters/{id}", cluster::get),
        Operation::writes("UpdateCluster", "PATCH /cmk/v2/clusters/{id}", change::update),
        Operation::writes("DeleteCluster", "DELETE /cmk/v2/clusters/{id}", cluster::delete),
    ],
};
