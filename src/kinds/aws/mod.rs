//! How the AWS kinds are called.
