//! The vocabulary that every stage shares: what a resource is called, what its attributes may hold, what
//! it is known by in the cloud, and whose it is.

pub mod address;
pub mod identity;
pub mod mark;
pub mod place;
pub mod secret;
pub mod sentinel;
pub mod value;

pub use address::Address;
pub use identity::{Identity, Naming};
pub use mark::{Digest, Mark, Owner};
pub use place::{Place, PlaceField};
pub use secret::SecretSource;
pub use value::{Part, Reference, Segment, Text, Unknown, Value};

/// Outputs of one resource by name; every output is text.
pub type Outputs = std::collections::BTreeMap<String, String>;
