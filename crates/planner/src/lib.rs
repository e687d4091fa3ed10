//! The pure half of eclusa: environment YAML in, a plan and a schedule out.
//!
//! ```text
//! environment YAML + stacks  ->  Declared    (environment/)
//! Declared + Live            ->  Plan        (plan/)
//! Plan                       ->  Schedule    (schedule.rs)
//! ```
//!
//! Nothing here knows an SDK, a clock, a thread or a terminal; files are read through a trait. The same
//! input gives the same plan, byte for byte. `resource` is the vocabulary all stages share, `schema` says
//! what each kind is.

pub mod environment;
pub mod plan;
pub mod resource;
pub mod schedule;
pub mod schema;
