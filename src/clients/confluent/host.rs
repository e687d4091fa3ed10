//! The REST proxy of one cluster.

use std::time::Duration;

use tokio::time::Instant;

use super::base::Base;
use super::key::ApiKey;

/// How long what was just made counts as still spreading: users saw keys take two minutes, bindings three.
const SPREADING: Duration = Duration::from_secs(300);

/// A cluster's host, and the key to ask it with. Cheap enough to clone.
#[derive(Clone, Debug)]
pub struct ClusterHost {
    id: String,
    pub(super) base: Base,
    /// The cluster's own host, even where another one stands for it: limits are the cluster's.
    pub(super) limiter: String,
    pub(super) key: ApiKey,
    spreading_until: Option<Instant>,
}

impl ClusterHost {
    pub(super) fn new(id: String, base: Base, limiter: String, key: ApiKey) -> Self {
        let limiter = if limiter.is_empty() {
            base.host().to_owned()
        } else {
            limiter
        };
        Self {
            id,
            base,
            limiter,
            key,
            spreading_until: None,
        }
    }

    /// The cluster's id, `lkc-...`.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// The same where the key, or what it may do, was made in this run: for the next minutes a 401 or 403 may only mean
    /// that some server has not heard of it, and the retry table says to try again. Not for asking whether a key works.
    #[must_use]
    pub fn just_granted(self) -> Self {
        Self {
            spreading_until: Some(Instant::now() + SPREADING),
            ..self
        }
    }

    pub(super) fn is_spreading(&self) -> bool {
        self.spreading_until.is_some_and(|until| Instant::now() < until)
    }
}
