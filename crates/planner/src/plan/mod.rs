//! Declared + live -> plan.
//!
//! [`Evaluation`] knows names and outputs and turns a declaration into the Spec that is wanted, as far as it
//! is known. [`plan`] holds that against [`Observations`] and decides. The generic [`diff`] serves all kinds.
//! At apply time the same [`Evaluation`] learns real outputs, and [`decide`] is asked once more.

pub mod change;
pub mod decide;
pub mod diff;
pub mod evaluation;
pub mod graph;
pub mod live;
mod planner;
pub mod sentinels;

pub use change::Action;
pub use change::Change;
pub use change::FieldChange;
pub use change::Reason;
pub use evaluation::Evaluation;
pub use graph::Graph;
pub use live::Live;
pub use live::Observations;
pub use live::Seen;
pub use planner::Intent;
pub use planner::Plan;
pub use planner::plan;
