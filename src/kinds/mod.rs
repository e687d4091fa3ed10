//! How the kinds are called. What they are is the planner's half of the same name.

pub mod aws;
pub mod confluent;
mod erased;
mod listed;
mod sent;
mod target;
mod unreadable;

use std::collections::BTreeSet;
use std::future::Future;

use eclusa_planner::plan::FieldChange;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::Segment;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::aws::cloudformation_stack::CloudFormationStack;
use eclusa_planner::schema::aws::iam_role::IamRole;
use eclusa_planner::schema::aws::iot_topic_rule::IotTopicRule;
use eclusa_planner::schema::aws::lambda_event_source_mapping::EventSourceMapping;
use eclusa_planner::schema::aws::lambda_function::LambdaFunction;
use eclusa_planner::schema::aws::secretsmanager_secret::SecretsManagerSecret;
use eclusa_planner::schema::aws::sqs_queue::SqsQueue;
use eclusa_planner::schema::confluent::api_key::ApiKey;
use eclusa_planner::schema::confluent::connector::Connector;
use eclusa_planner::schema::confluent::environment::Environment;
use eclusa_planner::schema::confluent::kafka_acl::KafkaAcl;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use eclusa_planner::schema::confluent::kafka_topic::KafkaTopic;
use eclusa_planner::schema::confluent::role_binding::RoleBinding;
use eclusa_planner::schema::confluent::service_account::ServiceAccount;

pub use erased::Answer;
pub use erased::AnyKind;
pub use erased::Erased;
pub use listed::Listed;
pub use listed::Stranger;
pub use sent::hashes_of;
pub use sent::unsent;
pub use target::Around;
pub use target::Scope;
pub use target::Standing;
pub use target::Wanted;
pub(crate) use unreadable::all_unread;
pub(crate) use unreadable::readable;

use crate::clients::Io;
use crate::clients::ProviderError;

/// What looking found, in the shape of the kind's Spec.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<S> {
    /// Proved not to exist.
    Absent,
    Present(Box<Present<S>>),
    /// Could not be read, and why.
    Unreadable(String),
    /// It was ours, no list shows it, and by its id it is gone or hidden from this key; the cloud's own words.
    Hidden(String),
    /// Only looked up and may not be read: the outputs follow from its name.
    Unverified {
        because: String,
        outputs: Outputs,
    },
}

/// A live object.
#[derive(Clone, Debug, PartialEq)]
pub struct Present<S> {
    pub spec: S,
    pub outputs: Outputs,
    pub mark: Option<Mark>,
    pub handle: Handle,
    /// Deleting it would lose data.
    pub holds_data: bool,
    pub open: OpenKeys,
}

/// What an update works on: what is there, what is wanted, and what differs.
#[derive(Debug)]
pub struct Update<'u, S> {
    pub seen: &'u Present<S>,
    pub want: &'u S,
    pub fields: &'u [FieldChange],
    /// A dependency was made anew under its old name: what refers to it is written again though it reads the same.
    pub touched: bool,
}

impl<S> Update<'_, S> {
    /// Whether anything under this top-level attribute differs.
    pub fn changes(&self, attribute: &str) -> bool {
        let begins = |field: &FieldChange| matches!(field.path.first(), Some(Segment::Key(key)) if key == attribute);
        self.fields.iter().any(begins)
    }
}

/// The calls of one kind. A Spec handed to `create` or `update` holds no unknown.
pub trait Kind: Schema {
    /// Looks for each of `wanted`, in that order, with as few calls as the service allows. Never writes. An
    /// error means credentials: any other failure is [`Found::Unreadable`].
    fn observe(
        &self,
        io: &Io,
        wanted: &[Wanted],
    ) -> impl Future<Output = Result<Vec<Found<Self::Spec>>, ProviderError>> + Send;

    /// Names every live object that is this owner's, by its mark or by what is remembered, in all that is around; may
    /// leave out those in `known`, which are read anyway. Never writes. An error means credentials: any other failure
    /// is told in [`Listed::unread`].
    fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        known: &BTreeSet<Identity>,
    ) -> impl Future<Output = Result<Listed, ProviderError>> + Send;

    /// Makes it, its mark in the very call that makes it, and returns when it can be used.
    fn create(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        want: &Self::Spec,
    ) -> impl Future<Output = Result<Outputs, ProviderError>> + Send;

    /// Changes what differs, and nothing else; writes the mark anew. Where nothing differs, the mark alone.
    fn update(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        update: Update<'_, Self::Spec>,
    ) -> impl Future<Output = Result<Outputs, ProviderError>> + Send;

    /// What the cloud says is wrong with what is wanted, before anything is written; nothing where it has no such word to
    /// say. `update`: what is there is changed to it. Never writes.
    fn judge(
        &self,
        _io: &Io,
        _target: &Wanted,
        _want: &Self::Spec,
        _update: Option<&Update<'_, Self::Spec>>,
    ) -> impl Future<Output = Result<Vec<String>, ProviderError>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// Removes it; absent is success.
    fn delete(
        &self,
        io: &Io,
        target: &Wanted,
        handle: &Handle,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;
}

/// Every kind that exists, in the planner's order.
pub static KINDS: &[&dyn AnyKind] = &[
    &Erased(IotTopicRule),
    &Erased(SqsQueue),
    &Erased(LambdaFunction),
    &Erased(EventSourceMapping),
    &Erased(IamRole),
    &Erased(CloudFormationStack),
    &Erased(SecretsManagerSecret),
    &Erased(Environment),
    &Erased(KafkaCluster),
    &Erased(KafkaTopic),
    &Erased(ServiceAccount),
    &Erased(RoleBinding),
    &Erased(KafkaAcl),
    &Erased(ApiKey),
    &Erased(Connector),
];

/// The calls of a kind.
pub fn find(kind: &str) -> Option<&'static dyn AnyKind> {
    KINDS.iter().copied().find(|each| each.name() == kind)
}
