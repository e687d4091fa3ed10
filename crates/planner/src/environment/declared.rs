//! What the files declare, checked and expanded: the input of planning.

use std::collections::BTreeMap;
use std::time::Duration;

use super::source::Sources;
use super::source::Span;
use super::tree::Node;
use crate::resource::Address;
use crate::resource::Digest;
use crate::resource::Place;
use crate::resource::SecretSource;
use crate::resource::Text;
use crate::schema::AnySchema;

/// Everything one environment declares.
#[derive(Debug)]
pub struct Declared {
    pub settings: Settings,
    pub place: Place,
    /// In file order, instances of `for_each` in key order.
    pub resources: Vec<Resource>,
    /// The stacks' `outputs`, by instance.
    pub outputs: BTreeMap<String, Vec<(String, Node)>>,
    pub sources: Sources,
}

/// The environment file, layers merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub environment: String,
    /// The file it was read from, relative to the root.
    pub path: String,
    pub cloud: Cloud,
    pub aws: AwsSettings,
    pub confluent: Option<ConfluentSettings>,
    pub expires_after: Option<Duration>,
    pub limits: Limits,
    pub embedded: EmbeddedSettings,
    /// Kinds that the drift key cannot list.
    pub unseen: Vec<String>,
    pub libc: Libc,
}

/// The C library of programs that are compiled for Lambda.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Libc {
    /// Linked in: runs wherever its processor does.
    #[default]
    Musl,
    /// The one that is there: runs where it is no older than on the machine that compiled.
    Gnu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    Live,
    Embedded,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AwsSettings {
    pub region: String,
    /// `None` is `any`.
    pub account: Option<String>,
    pub roles: Roles,
}

/// Who makes roles: eclusa, or the account's owner (every `aws_iam_role` answers with one that exists).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roles {
    Managed,
    Existing(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConfluentSettings {
    /// `None` is `any`.
    pub organization: Option<String>,
    pub api_key: Option<(SecretSource, SecretSource)>,
    /// Keys for the inside of clusters that no stack declares, by the written form of the cluster's address: id, secret.
    pub kafka_api_keys: BTreeMap<String, (SecretSource, SecretSource)>,
}

/// The longest one call and one wait may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub call: Duration,
    pub wait: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedSettings {
    pub delays: Delays,
    /// The server exits after this long without a call.
    pub idle: Duration,
    /// A fault plan, relative to the root.
    pub faults: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delays {
    Fast,
    Real,
}

/// One resource after expansion: only references to resources and secrets are left in it.
#[derive(Clone, Debug)]
pub struct Resource {
    pub address: Address,
    pub schema: &'static dyn AnySchema,
    pub options: Options,
    /// A map; nulls are gone.
    pub attributes: Node,
    /// The resource's key in its stack file.
    pub span: Span,
    pub digest: Digest,
}

/// What stands beside the attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Overrides the default cloud name.
    pub name: Option<(Text, Span)>,
    /// Expanded: all instances of a `for_each`, nothing for what `when` switched off.
    pub depends_on: Vec<(Address, Span)>,
    pub protect: bool,
    pub adopt: bool,
    /// Look up by this name, never write.
    pub existing: Option<(Text, Span)>,
}
