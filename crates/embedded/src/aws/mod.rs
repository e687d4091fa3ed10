//! AWS: the services, how a request finds its operation, and the rules all of them share.
//!
//! A service is one `const` [`Service`](service::Service) in a file or folder of its own and one line in [`SERVICES`];
//! nothing else knows it.

pub(crate) mod credentials;
pub(crate) mod delays;
pub(crate) mod protocol;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod route;
pub(crate) mod service;

mod cloudformation;
mod iam;
mod iot;
mod lambda;
mod secretsmanager;
mod sqs;
mod sts;

use self::service::Service;

/// Every service there is.
pub(crate) const SERVICES: &[&Service] = &[
    &cloudformation::SERVICE,
    &iam::SERVICE,
    &iot::SERVICE,
    &lambda::SERVICE,
    &secretsmanager::SERVICE,
    &sqs::SERVICE,
    &sts::SERVICE,
];
