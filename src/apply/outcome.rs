//! How a run ended, resource by resource.

use std::collections::BTreeMap;
use std::time::Duration;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Record;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Outputs;
use eclusa_planner::schema::DecodeError;

use crate::clients::Class;
use crate::clients::ProviderError;
use crate::observe::ObserveError;

/// How one resource's turn ended.
#[derive(Debug)]
pub enum Ended {
    /// Done, as planned or with less to do than planned.
    Done {
        action: Action,
        took: Duration,
        outputs: Outputs,
        /// Of the secrets that were sent, by attribute.
        hashes: BTreeMap<String, String>,
    },
    Failed {
        action: Action,
        error: NodeError,
    },
    Skipped {
        because: Address,
    },
    /// The run was told to stop before its turn.
    NotStarted,
}

/// Why a resource could not be made what it should be.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Observe(#[from] ObserveError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("it still cannot be read: {0}")]
    Unreadable(String),
    /// It was to go; the cloud's words, which are the same for both.
    #[error("it is gone, or hidden from this key: {0}")]
    Hidden(String),
    #[error("{0}")]
    Refused(String),
    #[error("it is not known yet what {0} will be, though everything it needs is done")]
    StillUnknown(String),
}

impl NodeError {
    /// The class of the provider's error under it, if there is one.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Provider(error) | Self::Observe(ObserveError::Provider(error)) => Some(error.class),
            _ => None,
        }
    }
}

/// How the run ended.
#[derive(Debug, Default)]
pub struct Outcome {
    pub ended: BTreeMap<Address, Ended>,
    /// Ctrl-C, once.
    pub interrupted: bool,
    /// What is to be remembered from now on; `None` where nothing is.
    pub record: Option<Record>,
}

impl Outcome {
    /// Resources done with this action.
    pub fn done(&self, wanted: Action) -> usize {
        self.ended
            .values()
            .filter(|ended| matches!(ended, Ended::Done { action, .. } if *action == wanted))
            .count()
    }

    /// Whether this run deleted it, by this address.
    pub fn was_deleted(&self, address: &Address) -> bool {
        let deleted = Action::Delete;
        matches!(self.ended.get(address), Some(Ended::Done { action, .. }) if *action == deleted)
    }

    /// The errors, by address.
    pub fn failures(&self) -> impl Iterator<Item = (&Address, &NodeError)> {
        self.ended.iter().filter_map(|(address, ended)| match ended {
            Ended::Failed { error, .. } => Some((address, error)),
            _ => None,
        })
    }

    /// Whether everything that was planned is done.
    pub fn is_complete(&self) -> bool {
        self.ended.values().all(|ended| matches!(ended, Ended::Done { .. }))
    }
}
