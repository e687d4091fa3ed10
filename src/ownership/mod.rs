//! Whose turn it is to write: the lease, and the rules that make a run alone. What is remembered of what was written:
//! the record.

mod alone;
mod holder;
mod keeper;
pub mod lease;
pub mod record;
mod thing;

pub use alone::Timing;
pub use holder::Holder;
pub use keeper::Kept;
pub use lease::Lease;
pub use thing::Read;
pub(crate) use thing::stamp;
