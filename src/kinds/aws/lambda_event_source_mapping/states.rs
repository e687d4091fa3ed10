//! What state a mapping is in, and the waits until it is out of it.

use std::time::Duration;

use tokio::time::Instant;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

const GET: Operation = Operation::read(Service::Lambda, "GetEventSourceMapping");

/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// What one look found.
struct Look {
    state: String,
    arn: String,
}

pub(super) fn is_deleting(state: Option<&str>) -> bool {
    state == Some("Deleting")
}

/// Whether it takes messages, or will; `None` while the state does not say.
pub(super) fn is_enabled(state: Option<&str>) -> Option<bool> {
    match state {
        Some("Creating" | "Enabling" | "Enabled") => Some(true),
        Some("Disabling" | "Disabled") => Some(false),
        _ => None,
    }
}

fn is_settled(state: &str) -> bool {
    matches!(state, "Enabled" | "Disabled")
}

/// Waits until it is enabled or disabled. Returns its ARN.
pub(super) async fn await_settled(io: &Io, uuid: &str) -> Result<String, ProviderError> {
    let found = wait(io, uuid, "the mapping to be ready", |look| {
        look.is_none_or(|look| is_settled(&look.state))
    });
    match found.await? {
        Some(look) => Ok(look.arn),
        None => Err(ProviderError::own(
            GET,
            Class::Unexpected,
            "MappingGone",
            "the mapping was deleted meanwhile",
        )),
    }
}

/// Waits until it says whether it takes messages.
pub(super) async fn await_switch(io: &Io, uuid: &str) -> Result<bool, ProviderError> {
    let found = wait(io, uuid, "the mapping's state", |look| {
        look.is_none_or(|look| is_settled(&look.state))
    });
    let state = found.await?.map(|look| look.state);
    is_enabled(state.as_deref()).ok_or_else(|| {
        ProviderError::own(
            GET,
            Class::Unavailable,
            "MappingGone",
            "the mapping was deleted while it was read",
        )
    })
}

/// Waits until it is not there any more.
pub(super) async fn await_gone(io: &Io, uuid: &str) -> Result<(), ProviderError> {
    wait(io, uuid, "the mapping to be gone", |look| look.is_none())
        .await
        .map(|_| ())
}

/// Looks until it is enough; a mapping that is not there is `None`.
async fn wait(
    io: &Io,
    uuid: &str,
    what: &str,
    is_enough: impl Fn(Option<&Look>) -> bool,
) -> Result<Option<Look>, ProviderError> {
    let began = Instant::now();
    let limit = io.limits.wait;
    let (mut pause, longest) = PAUSE;
    loop {
        let found = look(io, uuid).await?;
        if is_enough(found.as_ref()) {
            return Ok(found);
        }
        let status = found.map_or("gone".to_owned(), |look| look.state);
        if began.elapsed() + pause > limit {
            let text = format!("the mapping is still {status} after {} s", limit.as_secs());
            return Err(ProviderError::own(GET, Class::Pending, "MappingNotReady", text));
        }
        io.tell_waiting(what, &status, began, limit);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

async fn look(io: &Io, uuid: &str) -> Result<Option<Look>, ProviderError> {
    let request = || io.aws.lambda.get_event_source_mapping().uuid(uuid);
    match io.call(GET, || request().send()).await {
        Ok(live) => Ok(Some(Look {
            state: live.state.unwrap_or_default(),
            arn: live.event_source_mapping_arn.unwrap_or_default(),
        })),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_on_the_way_says_where_to_and_an_update_says_nothing() {
        assert_eq!(is_enabled(Some("Creating")), Some(true));
        assert_eq!(is_enabled(Some("Disabling")), Some(false));
        for state in [Some("Updating"), Some("Deleting"), None] {
            assert_eq!(is_enabled(state), None, "{state:?}");
        }
    }
}
