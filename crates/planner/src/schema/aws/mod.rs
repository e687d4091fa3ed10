//! What the AWS kinds are.
