//! How every call is made: under its service's limiter, counted, within the call limit, tried again only as
//! the table says.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use eclusa_planner::environment::declared::Libc;
use eclusa_planner::environment::declared::Limits;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Place;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::aws::Aws;
use super::confluent::ApiKey;
use super::confluent::Confluent;
use super::error::Class;
use super::error::ProviderError;
use super::gate::Gate;
use super::gate::Standing;
use super::keyring::Keyring;
use super::limiter::Limiters;
use super::lists::Lists;
use super::retry;
use super::retry::Row;
use super::secrets::Secrets;
use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::build::Target;

/// A service, by the name AWS gives its API; `confluent` is Confluent's control plane with Connect, `kafka` the REST
/// proxy of its clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    CloudFormation,
    Confluent,
    Iam,
    Iot,
    Kafka,
    Lambda,
    SecretsManager,
    Sqs,
    Sts,
}

impl Service {
    pub const ALL: [Self; 9] = [
        Self::CloudFormation,
        Self::Confluent,
        Self::Iam,
        Self::Iot,
        Self::Kafka,
        Self::Lambda,
        Self::SecretsManager,
        Self::Sqs,
        Self::Sts,
    ];

    /// The name in counts and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Confluent => "confluent",
            Self::Iam => "iam",
            Self::Iot => "iot",
            Self::Kafka => "kafka",
            Self::Lambda => "lambda",
            Self::SecretsManager => "secretsmanager",
            Self::Sqs => "sqs",
            Self::Sts => "sts",
        }
    }

    /// Whether AWS's credentials are what it asks for.
    pub fn is_aws(self) -> bool {
        !matches!(self, Self::Confluent | Self::Kafka)
    }

    /// Calls in flight at once, for one host. IAM is global and answers low tens of requests a second; IoT's writes have
    /// unpublished quotas of a few a second; Lambda's control plane takes 15 a second in all. Confluent publishes no
    /// numbers and says them in its answers' headers.
    pub(super) fn in_flight(self) -> usize {
        match self {
            Self::CloudFormation => 4,
            Self::Confluent => 10,
            Self::Iam => 5,
            Self::Iot => 4,
            Self::Kafka => 16,
            Self::Lambda => 6,
            Self::SecretsManager => 8,
            Self::Sqs => 16,
            Self::Sts => 2,
        }
    }
}

/// One operation of one service, named as the service names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    pub service: Service,
    pub name: &'static str,
    pub write: bool,
}

impl Operation {
    pub const fn read(service: Service, name: &'static str) -> Self {
        Self {
            service,
            name,
            write: false,
        }
    }

    pub const fn write(service: Service, name: &'static str) -> Self {
        Self {
            service,
            name,
            write: true,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.name(), self.name)
    }
}

/// Calls made so far, by service name.
pub type Calls = BTreeMap<&'static str, u64>;

/// One attempt of a write that was answered, for the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub operation: Operation,
    pub subject: Option<Address>,
    /// `None`: done; else the provider's code.
    pub code: Option<String>,
    pub request_id: Option<String>,
}

/// Whether writes may be sent.
#[derive(Clone, Debug)]
enum Leave {
    /// Nobody holds the lease: a write is a mistake of ours, and refused.
    ReadOnly,
    /// While the gate is open.
    Gate(Gate),
    /// The lease's own calls: they are what opens the gate, and wait for nobody.
    Lease,
    /// Where nothing of AWS is asked there is no lease to hold.
    Unleased,
}

/// What a kind's calls are made with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Io {
    pub aws: Aws,
    pub confluent: Confluent,
    pub secrets: Secrets,
    /// Keys of clusters.
    pub keyring: Keyring,
    pub place: Place,
    pub limits: Limits,
    /// The folder that holds `environments/`, `stacks/` and `lambda/`.
    pub root: PathBuf,
    /// What programs under `lambda/` are compiled for.
    pub builds_for: Target,
    /// What programs for Lambda are linked with.
    pub libc: Libc,
    events: Events,
    /// The resource these calls are for, so that a wait can name it.
    subject: Option<Address>,
    leave: Leave,
    /// AWS is another account's, or its credentials are dead: it is never asked.
    without_aws: bool,
    /// Shared during a look, see [`Io::sharing_lists`].
    lists: Option<Arc<Lists>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limiters: Limiters,
    calls: Mutex<Calls>,
    written: Mutex<Vec<Written>>,
}

/// What one attempt brought, with the provider's id of it.
#[derive(Debug)]
pub(super) struct Answered<T> {
    pub(super) answer: T,
    pub(super) request_id: Option<String>,
}

/// AWS has one host a service.
const ONLY_HOST: &str = "";

impl Io {
    pub fn new(aws: Aws, confluent: Confluent, secrets: Secrets, place: Place, limits: Limits, events: Events) -> Self {
        let shared = Shared {
            limiters: Limiters::default(),
            calls: Mutex::default(),
            written: Mutex::default(),
        };
        Self {
            aws,
            confluent,
            secrets,
            keyring: Keyring::default(),
            place,
            limits,
            root: PathBuf::new(),
            builds_for: Target::Lambda,
            libc: Libc::Musl,
            events,
            subject: None,
            leave: Leave::ReadOnly,
            without_aws: false,
            lists: None,
            shared: Arc::new(shared),
        }
    }

    /// The same, its waits told as this resource's.
    #[must_use]
    pub fn about(&self, address: &Address) -> Self {
        Self {
            subject: Some(address.clone()),
            ..self.clone()
        }
    }

    /// The same for an environment under this root, whose programs are compiled for this target.
    #[must_use]
    pub fn rooted(self, root: PathBuf, builds_for: Target, libc: Libc) -> Self {
        Self {
            root,
            builds_for,
            libc,
            ..self
        }
    }

    /// The same with these keys of clusters.
    #[must_use]
    pub fn with_keyring(self, keyring: Keyring) -> Self {
        Self { keyring, ..self }
    }

    /// The same, the control plane asked with this key.
    #[must_use]
    pub fn with_cloud_key(&self, key: ApiKey) -> Self {
        Self {
            confluent: self.confluent.with_cloud_key(key),
            lists: None,
            ..self.clone()
        }
    }

    /// Whether this is a run: what it makes may not be known everywhere yet.
    pub fn may_write(&self) -> bool {
        matches!(self.leave, Leave::Gate(_) | Leave::Unleased)
    }

    /// Whether lists are read once, see [`Io::sharing_lists`].
    pub fn shares_lists(&self) -> bool {
        self.lists.is_some()
    }

    /// The same once it is known where it lies.
    #[must_use]
    pub fn placed(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same, writing while the gate is open.
    #[must_use]
    pub fn under(&self, gate: Gate) -> Self {
        Self {
            leave: Leave::Gate(gate),
            ..self.clone()
        }
    }

    /// The same, asking nothing of AWS.
    #[must_use]
    pub fn without_aws(self) -> Self {
        Self {
            without_aws: true,
            ..self
        }
    }

    /// The same, writing to Confluent without a lease, since that lies on AWS.
    #[must_use]
    pub fn unleased(&self) -> Self {
        Self {
            leave: Leave::Unleased,
            without_aws: true,
            ..self.clone()
        }
    }

    /// The same for the lease's own calls: past gate and limiter, so that a renewal never queues behind the writes
    /// that wait for it.
    #[must_use]
    pub(crate) fn for_lease(&self) -> Self {
        Self {
            leave: Leave::Lease,
            ..self.clone()
        }
    }

    /// The same, each list that is asked for with [`Io::listed`] read once.
    #[must_use]
    pub fn sharing_lists(&self) -> Self {
        Self {
            lists: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// What a list answers; shared with whoever asked for the same before, where lists are shared.
    pub async fn listed<T: Any + Send + Sync>(
        &self,
        operation: Operation,
        read: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        self.listed_in(operation, "", read).await
    }

    /// The same where one operation lists one scope at a time: an environment, a cluster.
    pub async fn listed_in<T: Any + Send + Sync>(
        &self,
        operation: Operation,
        scope: &str,
        read: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        match &self.lists {
            Some(lists) => lists.once(operation, scope, read).await,
            None => read.await.map(Arc::new),
        }
    }

    /// Every answered attempt of a write so far.
    pub fn written(&self) -> Vec<Written> {
        self.shared
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Calls made so far, each attempt counted.
    pub fn calls(&self) -> Calls {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes one call, tried again as the table says; each attempt of a write passes the gate first. A write whose
    /// answer was lost comes back as [`Class::AnswerLost`]: the caller looks before it repeats.
    pub async fn call<T, E, F>(&self, operation: Operation, make: impl Fn() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let sorted = || async {
            let answer = make().await;
            let answer = answer.map_err(|error| ProviderError::from_sdk(operation, &error))?;
            Ok(Answered {
                request_id: answer.request_id().map(str::to_owned),
                answer,
            })
        };
        self.attempts(operation, ONLY_HOST, sorted).await
    }

    /// The same for any way of asking: `make` is one attempt, sent to this host.
    pub(super) async fn attempts<T, F>(
        &self,
        operation: Operation,
        host: &str,
        make: impl Fn() -> F,
    ) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<Answered<T>, ProviderError>>,
    {
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(operation, host, &make).await {
                Ok(answered) => return Ok(answered.answer),
                Err(error) => error,
            };
            let Some(row) = retry::row(&error) else {
                return Err(error);
            };
            let pause = row.pause(attempt, error.retry_after, fastrand::f64());
            self.within_budget(row, began, pause, &error)?;
            self.tell_wait(row, began, &error);
            if error.class == Class::Throttled {
                self.shared.limiters.of(operation.service, host).hold(pause);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt<T, F>(
        &self,
        operation: Operation,
        host: &str,
        make: &impl Fn() -> F,
    ) -> Result<Answered<T>, ProviderError>
    where
        F: Future<Output = Result<Answered<T>, ProviderError>>,
    {
        let _turn = self.turn(operation, host).await?;
        *self
            .shared
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(operation.service.name())
            .or_default() += 1;
        let answer = make().await;
        if operation.write {
            self.note(operation, &answer);
        }
        answer
    }

    /// Waits for this attempt's turn: a place among the host's calls, no throttling in force, and for a write an
    /// open gate. Nobody keeps a place while the gate is shut.
    async fn turn(&self, operation: Operation, host: &str) -> Result<Option<OwnedSemaphorePermit>, ProviderError> {
        if self.without_aws && operation.service.is_aws() {
            let text = "AWS is not asked here: only what lies on Confluent is in reach";
            return Err(ProviderError::own(operation, Class::Denied, "OutOfReach", text));
        }
        if matches!(self.leave, Leave::Lease) {
            return Ok(None);
        }
        let closed = || {
            ProviderError::own(
                operation,
                Class::Unexpected,
                "NoLimiter",
                "this host's limiter is closed",
            )
        };
        let limiter = self.shared.limiters.of(operation.service, host);
        loop {
            let place = limiter.place().await.ok_or_else(closed)?;
            if !operation.write || matches!(self.leave, Leave::Unleased) {
                return Ok(Some(place));
            }
            let Leave::Gate(gate) = &self.leave else {
                let text = "a write without the environment's lease is never sent";
                return Err(ProviderError::own(operation, Class::Unexpected, "NoLease", text));
            };
            match gate.standing(self.limits.call) {
                Standing::Open => return Ok(Some(place)),
                Standing::Lost(because) => return Err(ProviderError { operation, ..because }),
                Standing::Shut => {
                    drop(place);
                    gate.not_shut(self.limits.call).await;
                }
            }
        }
    }

    fn note<T>(&self, operation: Operation, answer: &Result<Answered<T>, ProviderError>) {
        let (code, request_id) = match answer {
            Ok(answered) => (None, answered.request_id.clone()),
            Err(error) => (Some(error.code.clone()), error.request_id.clone()),
        };
        let written = Written {
            operation,
            subject: self.subject.clone(),
            code,
            request_id,
        };
        let mut all = self.shared.written.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(written);
    }

    /// The host said that no call is left until its window ends: that concerns everybody who calls it.
    pub(super) fn hold_used_up(&self, operation: Operation, host: &str, window: Duration) {
        self.shared.limiters.of(operation.service, host).hold(window);
        let status = format!("{operation}: no calls left in {host}'s window");
        self.tell_waiting("throttled", &status, Instant::now(), window);
    }

    /// Past the row's own limit the error is permanent; past the environment's it is still pending.
    fn within_budget(
        &self,
        row: &Row,
        began: Instant,
        pause: Duration,
        error: &ProviderError,
    ) -> Result<(), ProviderError> {
        let after = began.elapsed() + pause;
        if after > self.limits.wait {
            return Err(ProviderError {
                class: Class::Pending,
                ..error.clone()
            });
        }
        if after > row.limit { Err(error.clone()) } else { Ok(()) }
    }

    /// Tells a wait that is not a repeated call: what for, and what was last seen.
    pub fn tell_waiting(&self, what: &str, status: &str, began: Instant, limit: Duration) {
        self.events.send(Event::Waiting {
            address: self.subject.clone(),
            what: what.to_owned(),
            status: status.to_owned(),
            waited: began.elapsed(),
            limit,
        });
    }

    fn tell_wait(&self, row: &Row, began: Instant, error: &ProviderError) {
        self.events.send(Event::Waiting {
            address: self.subject.clone(),
            what: row.reason.to_owned(),
            status: format!("{}: {}", error.operation, error.code),
            waited: began.elapsed(),
            limit: row.limit.min(self.limits.wait),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_limiter() {
        for service in Service::ALL {
            assert!(service.in_flight() > 0, "{service:?}");
        }
    }
}
