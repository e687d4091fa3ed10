//! One limiter a host: how many calls are in flight, and until when the host asked for silence.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::call::Service;

/// The limiters of all hosts that were called so far.
#[derive(Debug, Default)]
pub(super) struct Limiters(Mutex<HashMap<(Service, String), Arc<Limiter>>>);

impl Limiters {
    /// The limiter of this host of the service.
    pub(super) fn of(&self, service: Service, host: &str) -> Arc<Limiter> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = all.entry((service, host.to_owned())).or_insert_with(|| {
            Arc::new(Limiter {
                in_flight: Arc::new(Semaphore::new(service.in_flight())),
                resume: Mutex::new(None),
            })
        });
        Arc::clone(limiter)
    }
}

#[derive(Debug)]
pub(super) struct Limiter {
    in_flight: Arc<Semaphore>,
    /// Nothing is sent before this, since the host asked for it.
    resume: Mutex<Option<Instant>>,
}

impl Limiter {
    /// A place among the calls in flight, once no silence is in force; `None` never happens.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.in_flight).acquire_owned().await.ok()?;
        while let Some(resume) = self.resume() {
            tokio::time::sleep_until(resume).await;
        }
        Some(place)
    }

    fn resume(&self) -> Option<Instant> {
        let resume = *self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        resume.filter(|resume| *resume > Instant::now())
    }

    /// Silence for this long, or longer where more was asked for before.
    pub(super) fn hold(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        *resume = Some(resume.map_or(until, |known| known.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_is_left_alone_for_as_long_as_it_asked_and_others_are_not() {
        let limiters = Limiters::default();
        let began = Instant::now();
        let held = limiters.of(Service::Kafka, "pkc-1");
        held.hold(Duration::from_secs(3));
        held.hold(Duration::from_secs(1));
        assert!(limiters.of(Service::Kafka, "pkc-2").place().await.is_some());
        assert!(limiters.of(Service::Confluent, "pkc-1").place().await.is_some());
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(limiters.of(Service::Kafka, "pkc-1").place().await.is_some());
        assert_eq!(began.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_host_s_number_wait_for_a_place() {
        let limiters = Limiters::default();
        let limiter = limiters.of(Service::Kafka, "pkc-1");
        let mut places = Vec::new();
        for _ in 0..Service::Kafka.in_flight() {
            places.push(limiter.place().await);
        }
        let wait = tokio::time::timeout(Duration::from_secs(1), limiter.place());
        assert!(wait.await.is_err());
        places.pop();
        assert!(limiter.place().await.is_some());
    }
}
