//! How every call is made: under its service's limiter, counted, within the call limit, tried again only as
//! the table says.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use eclusa_planner::environment::declared::Limits;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Place;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::aws::Aws;
use super::error::Class;
use super::error::ProviderError;
use super::lists::Lists;
use super::retry;
use super::retry::Row;
use crate::apply::event::Event;
use crate::apply::event::Events;

/// A service, by the name AWS gives its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Iam,
    Iot,
    Sqs,
    Sts,
}

impl Service {
    pub const ALL: [Self; 4] = [Self::Iam, Self::Iot, Self::Sqs, Self::Sts];

    /// The name in counts and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Iot => "iot",
            Self::Sqs => "sqs",
            Self::Sts => "sts",
        }
    }

    /// Calls in flight at once. IAM is global and answers low tens of requests a second; IoT's writes have
    /// unpublished quotas of a few a second.
    fn in_flight(self) -> usize {
        match self {
            Self::Iam => 5,
            Self::Iot => 4,
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

/// What a kind's calls are made with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Io {
    pub aws: Aws,
    pub place: Place,
    pub limits: Limits,
    events: Events,
    /// The resource these calls are for, so that a wait can name it.
    subject: Option<Address>,
    /// Shared during a look, see [`Io::sharing_lists`].
    lists: Option<Arc<Lists>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limiters: BTreeMap<Service, Limiter>,
    calls: Mutex<Calls>,
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
        };
        Self {
            aws,
            place,
            limits,
            events,
            subject: None,
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

    /// The same once it is known where it lies.
    #[must_use]
    pub fn placed(self, place: Place) -> Self {
        Self { place, ..self }
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

    /// Calls made so far, each attempt counted.
    pub fn calls(&self) -> Calls {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes one call, tried again as the table says. A write whose answer was lost comes back as
    /// [`Class::AnswerLost`]: the caller looks before it repeats.
    pub async fn call<T, E, F>(&self, operation: Operation, make: impl Fn() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(operation, &make).await {
                Ok(answer) => return Ok(answer),
                Err(error) => ProviderError::from_sdk(operation, &error),
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

    async fn attempt<T, E, F>(
        &self,
        operation: Operation,
        make: &impl Fn() -> F,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let Some(limiter) = self.shared.limiters.get(&operation.service) else {
            return Err(SdkError::construction_failure("no limiter for this service"));
        };
        let _permit = limiter
            .in_flight
            .acquire()
            .await
            .map_err(SdkError::construction_failure)?;
        let resume = *limiter.resume.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(resume) = resume {
            tokio::time::sleep_until(resume).await;
        }
        *self
            .shared
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(operation.service.name())
            .or_default() += 1;
        make().await
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
