//! What is sent to a host, and what is made of its answers. Published bodies are replayed by the referees.
#![allow(clippy::unwrap_used)]

mod answers;
mod embedded;
mod lists;
mod machinery;
mod objects;
