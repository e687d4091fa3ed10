//! What state a function is in, and the waits until it is out of it.
//!
//! While a function is pending or updated, further updates are refused. A function without an update status is taken
//! for one that is updated: Lambda leaves it out until it knows.

use std::time::Duration;

use aws_sdk_lambda::types::FunctionConfiguration;
use aws_sdk_lambda::types::LastUpdateStatus;
use aws_sdk_lambda::types::State;
use tokio::time::Instant;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

const GET: Operation = Operation::read(Service::Lambda, "GetFunctionConfiguration");

/// First and longest pause between two looks; the SDKs' own waiters look once a second.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// Not over yet, with the words for it.
    Working(String),
    Done,
    /// Over, and it did not work; with Lambda's reason.
    Failed(String),
}

/// Whether nothing is going on, so that the revision stays as it is.
pub(super) fn is_settled(live: &FunctionConfiguration) -> bool {
    let phase = phase(live.state(), live.last_update_status(), None, None);
    !matches!(phase, Phase::Working(_))
}

/// Waits until the last create or update is over, and worked. Returns the revision.
pub(super) async fn await_success(io: &Io, name: &str) -> Result<Option<String>, ProviderError> {
    wait(io, name, true).await
}

/// Waits until the last create or update is over, however it ended. Returns the revision.
pub(super) async fn await_end(io: &Io, name: &str) -> Result<Option<String>, ProviderError> {
    wait(io, name, false).await
}

async fn wait(io: &Io, name: &str, must_work: bool) -> Result<Option<String>, ProviderError> {
    let began = Instant::now();
    let limit = io.limits.wait;
    let (mut pause, longest) = PAUSE;
    loop {
        let request = || io.aws.lambda.get_function_configuration().function_name(name);
        let live = io.call(GET, || request().send()).await?;
        let found = phase(
            live.state(),
            live.last_update_status(),
            live.state_reason(),
            live.last_update_status_reason(),
        );
        let status = match found {
            Phase::Failed(reason) if must_work => {
                return Err(ProviderError::own(GET, Class::Invalid, "FunctionFailed", reason));
            }
            Phase::Done | Phase::Failed(_) => return Ok(live.revision_id().map(str::to_owned)),
            Phase::Working(status) => status,
        };
        if began.elapsed() + pause > limit {
            let text = format!("the function is still {status} after {} s", limit.as_secs());
            return Err(ProviderError::own(GET, Class::Pending, "FunctionNotReady", text));
        }
        io.tell_waiting("the function to be ready", &status, began, limit);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

fn phase(
    state: Option<&State>,
    update: Option<&LastUpdateStatus>,
    state_reason: Option<&str>,
    update_reason: Option<&str>,
) -> Phase {
    let because = |what: &str, reason: Option<&str>| match reason {
        Some(reason) => format!("{what}: {reason}"),
        None => what.to_owned(),
    };
    match (state, update) {
        (None, _) => Phase::Working("without a state".to_owned()),
        (Some(state @ (State::Pending | State::Deleting)), _) => Phase::Working(state.as_str().to_owned()),
        (Some(State::Failed), _) => Phase::Failed(because("the function failed", state_reason)),
        (_, None) => Phase::Working("without an update status".to_owned()),
        (_, Some(LastUpdateStatus::InProgress)) => Phase::Working("being updated".to_owned()),
        (_, Some(LastUpdateStatus::Failed)) => Phase::Failed(because("the update failed", update_reason)),
        _ => Phase::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(state: Option<State>, update: Option<LastUpdateStatus>) -> Phase {
        phase(state.as_ref(), update.as_ref(), Some("because"), Some("for a reason"))
    }

    #[test]
    fn a_function_without_an_update_status_is_not_ready() {
        assert!(matches!(found(Some(State::Active), None), Phase::Working(_)));
        assert!(matches!(
            found(None, Some(LastUpdateStatus::Successful)),
            Phase::Working(_)
        ));
        assert_eq!(
            found(Some(State::Active), Some(LastUpdateStatus::Successful)),
            Phase::Done
        );
    }

    #[test]
    fn an_idle_function_is_ready_for_updates() {
        assert_eq!(
            found(Some(State::Inactive), Some(LastUpdateStatus::Successful)),
            Phase::Done
        );
    }

    #[test]
    fn what_failed_says_why() {
        assert_eq!(
            found(Some(State::Failed), None),
            Phase::Failed("the function failed: because".to_owned())
        );
        assert_eq!(
            found(Some(State::Active), Some(LastUpdateStatus::Failed)),
            Phase::Failed("the update failed: for a reason".to_owned())
        );
    }
}
