//! Confluent Cloud: the control plane and Connect on one port, Kafka REST v3 of all clusters on another; services, how a
//! request finds its operation, and the rules that all of them share. Facts: Confluent's OpenAPI files (Apache-2.0) and
//! the published test bodies of its Terraform provider; what those leave open is a switch ([`switches`]).
//!
//! | service, as in fault plans and the call log | routes |
//! | --- | --- |
//! | `confluent.control` | `/org/v2/environments`, `/org/v2/organizations`, `/cmk/v2/clusters`, `/iam/v2/service-accounts`, `/iam/v2/api-keys`, `/iam/v2/role-bindings`, `/srcm/v3/clusters` (reads), `/service-quota/v1/applied-quotas` (list) |
//! | `confluent.connect` | `/connect/v1/environments/{env}/clusters/{lkc}/connectors…` and `…/connector-plugins…` |
//! | `kafka` | `/kafka/v3/clusters/{lkc}`: the cluster, `topics`, their configs, `acls` |
//!
//! - Documents lie under `confluent/<organization>/<things>/`, so an AWS account that is lost takes nothing along.
//! - Who calls, and with what right, is [`key`] and [`rights`]; lists show what the caller may see and say nothing of the
//!   rest.
//! - Five shapes of errors and the headers of each group of operations are [`refusal`]'s and [`spelling`]'s.
//! - Waits are deadlines in the documents ([`delays`]).
//! - What is not implemented is refused with 501 and its name.

pub(crate) mod crn;
pub(crate) mod delays;
pub(crate) mod identifier;
pub(crate) mod key;
pub(crate) mod object;
pub(crate) mod page;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod rights;
pub(crate) mod route;
pub(crate) mod service;
pub(crate) mod spelling;
pub mod switches;

mod cmk;
mod connect;
mod iam;
mod kafka;
mod org;
mod quota;
mod srcm;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use self::service::Plane;
use self::service::Service;

/// Every service there is.
pub(crate) const SERVICES: &[&Service] = &[&CONTROL, &CONNECT, &KAFKA];

const CONTROL: Service = Service {
    name: "confluent.control",
    plane: Plane::Control,
    groups: &[
        &org::GROUP,
        &cmk::GROUP,
        &iam::ACCOUNTS,
        &iam::KEYS,
        &iam::BINDINGS,
        &srcm::GROUP,
        &quota::GROUP,
    ],
};

const CONNECT: Service = Service {
    name: "confluent.connect",
    plane: Plane::Control,
    groups: &[&connect::GROUP],
};

const KAFKA: Service = Service {
    name: "kafka",
    plane: Plane::Kafka,
    groups: &[&kafka::GROUP],
};
