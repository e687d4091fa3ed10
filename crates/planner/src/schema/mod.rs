//! What a kind is: its attributes, what equal means, what it is known by. The calls are the other half of the
//! same name, outside this crate.

pub mod aws;
pub mod confluent;
mod erased;
mod scalar;
mod whole;

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use erased::AnySchema;
pub use erased::DecodeError;
pub use erased::Erased;
pub use scalar::Scalar;
pub use whole::Takes;
pub use whole::Whole;

use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;

/// Where an attribute lies: keys by name, `*` any list item or any key of an open map. In [`Schema::SECRETS`] a
/// segment may begin with `*`: any key that ends in what follows.
pub type Path = &'static [&'static str];

/// What a replaced dependency does to a resource that refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Nothing,
    Touch,
    Replace,
}

/// How a resource shows whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    /// Tags, written by the create call.
    Tags,
    /// Its display name ends in `-<tag>`, whatever `name:` says.
    Name,
    /// The same, and its description ends in the rest of the mark.
    NameAndDescription,
    /// Its description ends in the mark; its name says nothing.
    Description,
    /// It bears nothing. In a scope of ours it is ours when it is declared or recorded; in a foreign one its name
    /// holds the tag.
    Scope,
    /// It is all identity: found equal it is satisfied, whoever made it.
    Nothing,
}

impl Marking {
    /// Whether every name ends in the tag, one that was declared too.
    pub fn ends_names(self) -> bool {
        matches!(self, Self::Name | Self::NameAndDescription)
    }

    /// Whether address and digest are written on the resource itself; else only the record knows them.
    pub fn tells_address(self) -> bool {
        matches!(self, Self::Tags | Self::NameAndDescription | Self::Description)
    }

    /// Whether the mark lies in the description.
    pub fn is_described(self) -> bool {
        matches!(self, Self::NameAndDescription | Self::Description)
    }

    /// Whether what bears no mark may be ours all the same, by where it lies or whom it serves.
    pub fn needs_no_mark(self) -> bool {
        matches!(self, Self::Scope | Self::Nothing)
    }
}

/// What proves that a resource is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A read by name that answers "not found".
    ByName,
    /// A complete list of the scope.
    ByList,
}

/// An attribute that names something of this project, and the attribute that takes its digest. The latter is
/// hidden from the JSON schema: it is filled in when the files are read, and cannot be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    pub attribute: &'static str,
    pub is: LocalSource,
    pub digest: &'static str,
}

/// What an attribute of a [`Local`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalSource {
    /// A file, relative to `stacks/`; its digest is `sha256:` and 64 hex digits of its bytes.
    File,
    /// A program under `lambda/`, built for the first of `architectures`; its digest is that of its sources and
    /// recipe, so that planning builds nothing.
    Build,
    /// A CloudFormation template, relative to `stacks/`; what is filled in is the template itself, parsed.
    Template,
}

/// What names end in where a boolean attribute is true, and only there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub attribute: &'static str,
    pub text: &'static str,
}

/// What a kind is. Pure; everything about calls is the other half.
pub trait Schema: Send + Sync + 'static {
    /// As written in files and addresses.
    const NAME: &'static str;
    /// Outputs with an example each; all are text.
    const OUTPUTS: &'static [(&'static str, &'static str)];
    /// Below this word come outputs that each resource has of its own (what a template's `Outputs` name).
    const OWN_OUTPUTS: Option<&'static str> = None;
    /// Alphabet, length and suffix of default names.
    const NAMING: Naming;
    /// What default names end in, and names given by `name:` must, as far as an attribute says so.
    const ENDING: Option<Ending> = None;
    /// A change here cannot be made in place.
    const REPLACE_ON: &'static [Path] = &[];
    /// What is referred to here or below must exist before the write, though its name is known before.
    const MUST_EXIST: &'static [Path] = &[];
    /// Maps compared and written by declared key only.
    const OPEN_MAPS: &'static [Path] = &[];
    /// Left out, these are neither compared nor written: the server chooses.
    const SERVER_CHOSEN: &'static [Path] = &[];
    /// Lists whose order and repetition mean nothing.
    const SETS: &'static [Path] = &[];
    /// Documents in a language of their own (policies, templates): a change in one is the change of the whole,
    /// shown as a text diff.
    const DOCUMENTS: &'static [Path] = &[];
    /// Where a secret stands, and nothing else does.
    const SECRETS: &'static [Path] = &[];
    /// Where a secret may stand beside plain values.
    const MAY_BE_SECRET: &'static [Path] = &[];
    /// Where the cloud answers asterisks in place of what it keeps to itself: such an answer is compared with nothing.
    const MASKED: &'static [Path] = &[];
    /// Never compared: they say from what it is made, and what they make is compared elsewhere.
    const NOT_COMPARED: &'static [Path] = &[];
    /// Attributes that name something of this project, whose digest is compared.
    const LOCAL: &'static [Local] = &[];
    /// Attributes that take a whole resource.
    const TAKES: &'static [Takes] = &[];
    /// Attributes that name what this resource lives in.
    const SCOPE: &'static [&'static str] = &[];
    /// Whether deleting what it lives in deletes it too, without a trace and without asking.
    const GOES_WITH_SCOPE: bool = false;
    /// What else it cannot do without; `protect` reaches up there as it does up the scope.
    const NEEDS: &'static [Path] = &[];
    /// Names the account that this resource grants something; `protect` of the account's keys reaches here.
    const GRANTS_TO: &'static [Path] = &[];
    /// Whether a live one can be given another name in place.
    const RENAMES: bool = false;
    /// Whether a live one can never be given another name, so that one without a mark in it cannot be adopted.
    const FIXED_NAME: bool = false;
    /// Words of other tools (Terraform's above all) and the attribute here that each means.
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[];
    /// Kind of a replaced dependency, and what that does.
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[];
    /// What one may hold that is lost with it, as a word for the reader; such a kind is looked at again right before
    /// it is deleted.
    const DATA: Option<&'static str> = None;
    const MARKING: Marking;
    const PROOF: Proof;
    /// Deletes of what is no longer declared go by ascending rank: inflow first.
    const RANK: u8;

    /// The typed attributes: unknown fields denied, defaults by serde, never `skip_serializing_if` (what is
    /// left out must compare as null). Mark, name and secret texts are no fields of it.
    type Spec: Serialize + DeserializeOwned + JsonSchema + Clone + Debug + PartialEq + Send + Sync;

    /// What a JSON Schema cannot say, by path, before `canonical`; passes over unknowns
    /// ([`crate::resource::sentinel::is_in`]).
    fn check(_spec: &Self::Spec, _problems: &mut Problems) {}

    /// Total; equal meanings become equal values. Applied to both sides, and again once unknowns are known.
    fn canonical(spec: Self::Spec) -> Self::Spec;

    /// What the service refuses though no replacement should stand for it, as a sentence: why, and the way out. Both
    /// sides are canonical; unknowns may be in `want`.
    fn refuses(_live: &Self::Spec, _want: &Self::Spec) -> Option<String> {
        None
    }

    /// What it is for as long as both are needed, what it was and what is wanted: a role that lost a right at once could
    /// not serve what still uses it.
    fn while_used(_former: Self::Spec, wanted: Self::Spec) -> Self::Spec {
        wanted
    }

    /// By default the cloud name, unknown while another resource's output is missing in it. A kind that is known
    /// by something else has no names: its `NAMING` has the length 0.
    fn identity(_spec: &Self::Spec, cloud_name: &str) -> Identity {
        if sentinel::awaits_output(cloud_name) {
            Identity::Unknown
        } else {
            Identity::Name(cloud_name.to_owned())
        }
    }

    /// Outputs that follow from names and place alone, before anything exists. They hold for what eclusa
    /// makes; what was found (`existing`, adopted) may lie elsewhere, so its own outputs win. Takes the cloud
    /// name as it is written, which an identity that is compared without case has lost.
    fn known_outputs(spec: &Self::Spec, cloud_name: &str, place: &Place) -> Outputs;

    /// Whether a name given by `name:` fits the alphabet and length; the error says what was expected. By
    /// default what `NAMING` says; sentinels count as what they stand for.
    fn check_name(name: &str) -> Result<(), String> {
        Self::NAMING.check(name)
    }
}

/// Code of a value that cannot be.
pub const WRONG_VALUE: &str = "wrong-value";
/// Code of an attribute that is right and cannot be carried out by this version.
pub const NOT_BUILT_YET: &str = "attribute-not-built";

/// What `check` found, by path; a list's item is named by its index, counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems {
    pub found: Vec<Problem>,
}

/// One problem of a Spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// [`WRONG_VALUE`] or [`NOT_BUILT_YET`].
    pub code: &'static str,
    pub path: Vec<String>,
    pub message: String,
    pub hint: Option<String>,
}

impl Problems {
    pub fn add(&mut self, path: &[&str], message: impl Into<String>, hint: Option<&str>) {
        self.push(WRONG_VALUE, path, message.into(), hint);
    }

    /// Reports an attribute of the design that this version cannot carry out yet.
    pub fn not_built(&mut self, path: &[&str], message: impl Into<String>, hint: &str) {
        self.push(NOT_BUILT_YET, path, message.into(), Some(hint));
    }

    fn push(&mut self, code: &'static str, path: &[&str], message: String, hint: Option<&str>) {
        self.found.push(Problem {
            code,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            message,
            hint: hint.map(str::to_owned),
        });
    }
}

/// Every kind that exists, in the order of the documentation.
pub static SCHEMAS: &[&dyn AnySchema] = &[
    &IOT_TOPIC_RULE,
    &SQS_QUEUE,
    &LAMBDA_FUNCTION,
    &LAMBDA_EVENT_SOURCE_MAPPING,
    &IAM_ROLE,
    &STACK,
    &SECRET,
    &ENVIRONMENT,
    &KAFKA_CLUSTER,
    &KAFKA_TOPIC,
    &SERVICE_ACCOUNT,
    &ROLE_BINDING,
    &KAFKA_ACL,
    &API_KEY,
    &CONNECTOR,
];

static IOT_TOPIC_RULE: Erased<aws::iot_topic_rule::IotTopicRule> = Erased::new();
static SQS_QUEUE: Erased<aws::sqs_queue::SqsQueue> = Erased::new();
static LAMBDA_FUNCTION: Erased<aws::lambda_function::LambdaFunction> = Erased::new();
static LAMBDA_EVENT_SOURCE_MAPPING: Erased<aws::lambda_event_source_mapping::EventSourceMapping> = Erased::new();
static IAM_ROLE: Erased<aws::iam_role::IamRole> = Erased::new();
static STACK: Erased<aws::cloudformation_stack::CloudFormationStack> = Erased::new();
static SECRET: Erased<aws::secretsmanager_secret::SecretsManagerSecret> = Erased::new();
static ENVIRONMENT: Erased<confluent::environment::Environment> = Erased::new();
static KAFKA_CLUSTER: Erased<confluent::kafka_cluster::KafkaCluster> = Erased::new();
static KAFKA_TOPIC: Erased<confluent::kafka_topic::KafkaTopic> = Erased::new();
static SERVICE_ACCOUNT: Erased<confluent::service_account::ServiceAccount> = Erased::new();
static ROLE_BINDING: Erased<confluent::role_binding::RoleBinding> = Erased::new();
static KAFKA_ACL: Erased<confluent::kafka_acl::KafkaAcl> = Erased::new();
static API_KEY: Erased<confluent::api_key::ApiKey> = Erased::new();
static CONNECTOR: Erased<confluent::connector::Connector> = Erased::new();

/// The schema of a kind.
pub fn find(kind: &str) -> Option<&'static dyn AnySchema> {
    SCHEMAS.iter().copied().find(|schema| schema.name() == kind)
}

#[cfg(test)]
mod tests;
