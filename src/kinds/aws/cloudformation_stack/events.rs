//! Waits over a stack's events: what it is doing, when it is over, and what failed first.

use std::time::Duration;

use aws_sdk_cloudformation::types::ResourceStatus;
use aws_sdk_cloudformation::types::StackEvent;
use tokio::time::Instant;

use super::describe;
use super::is_going_on;
use super::status;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

const EVENTS: Operation = Operation::read(Service::CloudFormation, "DescribeStackEvents");

/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
const WORKED: [&str; 2] = ["CREATE_COMPLETE", "UPDATE_COMPLETE"];
/// Resources that were only stopped because another one failed say this.
const STOPPED: &str = "cancelled";

/// Waits until no operation goes on, whoever began it. `None`: the stack is gone.
pub(super) async fn rest(io: &Io, stack: &str) -> Result<Option<String>, ProviderError> {
    let mut wait = Wait::new(io);
    loop {
        let Some(live) = describe(io, stack).await? else {
            return Ok(None);
        };
        let status = status(&live);
        if !is_going_on(status) {
            return Ok(Some(status.to_owned()));
        }
        wait.pause("the stack's operation", status).await?;
    }
}

/// Waits until the operation with this token is over, and worked.
pub(super) async fn over(io: &Io, operation: Operation, stack: &str, token: &str) -> Result<(), ProviderError> {
    let mut wait = Wait::new(io);
    loop {
        let events = since(io, stack, token).await?;
        let of_stack = events.iter().find(|event| is_of_stack(event));
        let status = of_stack.map_or("", status_of);
        if WORKED.contains(&status) {
            return Ok(());
        }
        if !status.is_empty() && !is_going_on(status) {
            return Err(failure(operation, status, &events));
        }
        let latest = events.first();
        let told = latest.map_or_else(|| "not begun yet".to_owned(), doing);
        wait.pause("the stack", &told).await?;
    }
}

/// Waits until a stack is gone, whatever its events say: a shell may have none.
pub(super) async fn gone(io: &Io, operation: Operation, stack: &str, token: &str) -> Result<(), ProviderError> {
    let mut wait = Wait::new(io);
    while let Some(live) = describe(io, stack).await? {
        let status = status(&live);
        if status == "DELETE_FAILED" {
            let events = since(io, stack, token).await?;
            // An earlier deletion may have failed too: only the event of this one counts.
            if events
                .iter()
                .any(|event| is_of_stack(event) && status_of(event) == status)
            {
                return Err(failure(operation, status, &events));
            }
        }
        wait.pause("the stack's deletion", status).await?;
    }
    Ok(())
}

/// The events of one operation, newest first.
async fn since(io: &Io, stack: &str, token: &str) -> Result<Vec<StackEvent>, ProviderError> {
    let mut found: Vec<StackEvent> = Vec::new();
    let mut next = None;
    loop {
        let request = || io.aws.cloudformation.describe_stack_events().stack_name(stack);
        let page = io
            .call(EVENTS, || request().set_next_token(next.clone()).send())
            .await?;
        let mut is_whole = false;
        for event in page.stack_events.unwrap_or_default() {
            match event.client_request_token() == Some(token) {
                true => found.push(event),
                // What comes before ours is older than the operation; what comes after is somebody else's.
                false => is_whole = !found.is_empty(),
            }
        }
        next = page.next_token;
        if is_whole || next.is_none() {
            return Ok(found);
        }
    }
}

struct Wait<'i> {
    io: &'i Io,
    began: Instant,
    pause: Duration,
}

impl<'i> Wait<'i> {
    fn new(io: &'i Io) -> Self {
        Self {
            io,
            began: Instant::now(),
            pause: PAUSE.0,
        }
    }

    /// Tells what is waited for, and waits a little longer than the last time.
    async fn pause(&mut self, what: &str, status: &str) -> Result<(), ProviderError> {
        let limit = self.io.limits.wait;
        if self.began.elapsed() + self.pause > limit {
            let text = format!("{what} is not over after {} s: {status}", limit.as_secs());
            return Err(ProviderError::own(EVENTS, Class::Pending, "NotOverYet", text));
        }
        self.io.tell_waiting(what, status, self.began, limit);
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE.1);
        Ok(())
    }
}

fn is_of_stack(event: &StackEvent) -> bool {
    event.resource_type() == Some("AWS::CloudFormation::Stack") && event.physical_resource_id() == event.stack_id()
}

fn status_of(event: &StackEvent) -> &str {
    event.resource_status().map_or("", ResourceStatus::as_str)
}

fn doing(event: &StackEvent) -> String {
    format!(
        "{} {}",
        event.logical_resource_id().unwrap_or_default(),
        status_of(event)
    )
}

/// The first resource that failed of its own accord, in CloudFormation's words.
fn failure(operation: Operation, status: &str, newest_first: &[StackEvent]) -> ProviderError {
    let failed = newest_first.iter().rev().find(|event| {
        let reason = event.resource_status_reason().unwrap_or_default();
        status_of(event).ends_with("_FAILED") && !reason.to_lowercase().contains(STOPPED)
    });
    let text = match failed {
        Some(event) => format!(
            "{} ({}) is {}: {}; the stack is {status}",
            event.logical_resource_id().unwrap_or_default(),
            event.resource_type().unwrap_or_default(),
            status_of(event),
            event.resource_status_reason().unwrap_or("no reason is given"),
        ),
        None => format!("the stack is {status}"),
    };
    ProviderError::own(operation, Class::Invalid, status, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent::builder()
            .logical_resource_id(logical)
            .resource_type("AWS::Logs::LogGroup")
            .resource_status(status.into())
            .resource_status_reason(reason)
            .build()
    }

    #[test]
    fn the_error_is_the_first_failure_that_nobody_else_caused() {
        let newest_first = [
            event("s", "ROLLBACK_COMPLETE", ""),
            event("Later", "CREATE_FAILED", "another reason"),
            event("Logs", "CREATE_FAILED", "13 is not a valid enum value"),
            event("Alarm", "CREATE_FAILED", "Resource creation cancelled"),
        ];
        let error = failure(EVENTS, "ROLLBACK_COMPLETE", &newest_first);
        assert_eq!(error.code, "ROLLBACK_COMPLETE");
        assert_eq!(
            error.message,
            "Logs (AWS::Logs::LogGroup) is CREATE_FAILED: 13 is not a valid enum value; the stack is ROLLBACK_COMPLETE"
        );
    }
}
