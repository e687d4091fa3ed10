//! How the clouds are asked: clients, the one retry table, limits per service, and errors sorted by what the
//! caller does next.

pub mod aws;
pub mod call;
pub mod clock;
pub mod confluent;
pub mod embedded;
pub mod error;
pub mod gate;
pub mod identity;
pub mod keyring;
mod limiter;
pub mod lists;
pub mod retry;
pub mod secrets;

pub use call::Io;
pub use call::Operation;
pub use call::Service;
pub use error::Class;
pub use error::ProviderError;
