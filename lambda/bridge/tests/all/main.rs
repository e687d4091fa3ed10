//! The built binary under a Lambda Runtime API, against a broker and a Secrets Manager of the test's own.
#![allow(clippy::unwrap_used)]

mod delivery;
mod lambda;
mod world;
