//! The tests that run the built binary against the embedded cloud. One binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod academy;
mod budget;
mod build;
mod cloud;
mod confluent;
mod confluent_changes;
mod crash;
mod credentials;
mod draining;
mod edits;
mod environments;
mod faults;
mod generated;
mod kills;
mod lambda;
mod large;
mod lease;
mod left_behind;
mod lifecycle;
mod markers;
mod ownership;
mod ownership_rules;
mod pipeline;
mod process;
mod registry;
mod saved;
mod secrets;
mod sharing;
mod shipped_faults;
mod stacks;
mod table;
mod terminal;
mod unmarked;
mod world;
