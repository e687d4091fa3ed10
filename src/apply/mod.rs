//! Schedule + clouds -> Outcome: the only writes to resources.

mod doubt;
pub mod event;
mod node;
pub mod outcome;
mod remembered;
mod removal;
pub mod run;
