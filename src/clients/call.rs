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
use eclusa_planner::environment::declared::Limits;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Place;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::aws::Aws;
use super::error::Class;
use super::error::ProviderError;
use super::gate::Gate;
use super::gate::Standing;
use super::lists::Lists;
use super::retry;
use super::retry::Row;
use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::build::Target;

/// A service, by the name AWS gives its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    CloudFormation,
    Iam,
    Iot,
    Lambda,
    SecretsManager,
    Sqs,
    Sts,
}

impl Service {
    pub const ALL: [Self; 7] = [
        Self::CloudFormation,
        Self::Iam,
        Self::Iot,
        Self::Lambda,
        Self::SecretsManager,
        Self::Sqs,
        Self::Sts,
    ];

    /// The name in counts and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Iam => "iam",
            Self::Iot => "iot",
            Self::Lambda => "lambda",
            Self::SecretsManager => "secretsmanager",
            Self::Sqs => "sqs",
            Self::Sts => "sts",
        }
    }

    /// Calls in flight at once. IAM is global and answers low tens of requests a second; IoT's writes have
    /// unpublished quotas of a few a second; Lambda's control plane takes 15 a second in all.
    fn in_flight(self) -> usize {
        match self {
            Self::CloudFormation => 4,
            Self::Iam => 5,
            Self::Iot => 4,
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
}

/// What a kind's calls are made with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Io {
    pub aws: Aws,
    pub place: Place,
    pub limits: Limits,
    /// The folder that holds `environments/`, `stacks/` and `lambda/`.
    pub root: PathBuf,
    /// What programs under `lambda/` are compiled for.
    pub builds_for: Target,
    events: Events,
    /// The resource these calls are for, so that a wait can name it.
    subject: Option<Address>,
    leave: Leave,
    /// Shared during a look, see [`Io::sharing_lists`].
    lists: Option<Arc<Lists>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limiters: BTreeMap<Service, Limiter>,
    calls: Mutex<Calls>,
    written: Mutex<Vec<Written>>,
}

#[derive(Debug)]
struct Limiter {
    in_flight: Semaphore,
    /// Nothing is sent before this, since the server asked for it.
    resume: Mutex<Option<Instant>>,
}

impl Io {
    pub fn new(aws: Aws, place: Place, limits: Limits, events: Events) -> Self {
        let limiter = |service: Service| Limiter {
            in_flight: Semaphore::new(service.in_flight()),
            resume: Mutex::new(None),
        };
        let shared = Shared {
            limiters: Service::ALL.map(|service| (service, limiter(service))).into(),
            calls: Mutex::default(),
            written: Mutex::default(),
        };
        Self {
            aws,
            place,
            limits,
            root: PathBuf::new(),
            builds_for: Target::Lambda,
            events,
            subject: None,
            leave: Leave::ReadOnly,
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
    pub fn rooted(self, root: PathBuf, builds_for: Target) -> Self {
        Self {
            root,
            builds_for,
            ..self
        }
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
        match &self.lists {
            Some(lists) => lists.once(operation, read).await,
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
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(operation, &make).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(row) = retry::row(&error) else {
                return Err(error);
            };
            let pause = row.pause(attempt, error.retry_after, fastrand::f64());
            self.within_budget(row, began, pause, &error)?;
            self.tell_wait(row, began, &error);
            if error.class == Class::Throttled {
                self.hold(operation.service, pause);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt<T, E, F>(&self, operation: Operation, make: &impl Fn() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let _turn = self.turn(operation).await?;
        *self
            .shared
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(operation.service.name())
            .or_default() += 1;
        let answer = make().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(operation, &error));
        if operation.write {
            self.note(operation, &answer);
        }
        answer
    }

    /// Waits for this attempt's turn: a place among the service's calls, no throttling in force, and for a write an
    /// open gate. Nobody keeps a place while the gate is shut.
    async fn turn(&self, operation: Operation) -> Result<Option<SemaphorePermit<'_>>, ProviderError> {
        if matches!(self.leave, Leave::Lease) {
            return Ok(None);
        }
        let unlimited = || ProviderError::own(operation, Class::Unexpected, "NoLimiter", "no limiter for this service");
        let limiter = self.shared.limiters.get(&operation.service).ok_or_else(unlimited)?;
        loop {
            let place = limiter.in_flight.acquire().await.map_err(|_| unlimited())?;
            let resume = *limiter.resume.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(resume) = resume {
                tokio::time::sleep_until(resume).await;
            }
            if !operation.write {
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

    fn note<T: RequestId>(&self, operation: Operation, answer: &Result<T, ProviderError>) {
        let (code, request_id) = match answer {
            Ok(answer) => (None, answer.request_id().map(str::to_owned)),
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

    /// Throttling concerns everybody who calls this service.
    fn hold(&self, service: Service, pause: Duration) {
        if let Some(limiter) = self.shared.limiters.get(&service) {
            let until = Instant::now() + pause;
            let mut resume = limiter.resume.lock().unwrap_or_else(PoisonError::into_inner);
            *resume = Some(resume.map_or(until, |known| known.max(until)));
        }
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
