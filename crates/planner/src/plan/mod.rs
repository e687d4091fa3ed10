//! Declared + live -> plan.
//!
//! [`Evaluation`] knows names and outputs and turns a declaration into the Spec that is wanted, as far as it
//! is known. [`plan`] holds that against [`Observations`] and decides. The generic [`diff`] serves all kinds.
//! [`fingerprint`] tells whether what a plan was made from is still so.
//! What resources cannot say themselves is in the [`record`]; what keeps a resource though it was to go, in `staying`;
//! what hangs on something that could not be read, in `unread`; what is not compared, in [`unseen`].
//! At apply time the same [`Evaluation`] learns real outputs, and [`decide_again`] is asked once more.

mod cascade;
mod chains;
pub mod change;
mod comparable;
pub mod decide;
mod destroy;
pub mod diff;
pub mod doubles;
mod draining;
pub mod evaluation;
pub(crate) mod feeding;
pub mod fingerprint;
pub(crate) mod grants;
pub mod graph;
mod late_logs;
pub mod live;
mod notes;
pub mod owned;
mod planner;
pub mod record;
mod renaming;
mod request;
pub mod sentinels;
mod staying;
mod unread;
pub mod unseen;
pub mod written;

#[cfg(test)]
pub(crate) mod tests;

pub use cascade::holders;
pub use chains::goes_along;
pub use change::Action;
pub use change::Change;
pub use change::FieldChange;
pub use change::Reason;
pub use comparable::is_masked;
pub use decide::decide;
pub use decide::decide_again;
pub use evaluation::Evaluation;
pub use evaluation::Wanted;
pub use graph::Because;
pub use graph::Graph;
pub use live::Live;
pub use live::Observations;
pub use live::Owned;
pub use live::Seen;
pub use live::Unlisted;
pub use notes::Note;
pub use planner::Counts;
pub use planner::Intent;
pub use planner::Plan;
pub use planner::plan;
pub use record::Record;
pub use request::Request;
pub use staying::is_allowed as is_loss_allowed;
