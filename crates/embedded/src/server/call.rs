//! One call to a cloud, from the request to the answer: route, count, meet the fault plan, check the signature, decode,
//! perform, store, answer. An answer is only given once all it rests on is on disk.

use std::future::pending;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::Value;

use super::Shared;
use super::exchange::HangUp;
use crate::aws;
use crate::aws::credentials::Signer;
use crate::aws::protocol::Answer;
use crate::aws::refusal::Code;
use crate::aws::refusal::Details;
use crate::aws::refusal::Refusal;
use crate::aws::request::Asked;
use crate::aws::request::Context;
use crate::aws::request::Raw;
use crate::aws::request::Request;
use crate::aws::route::route;
use crate::aws::service::Operation;
use crate::aws::service::Service;
use crate::faults;
use crate::faults::Fault;
use crate::faults::Kind;
use crate::identifier::uuid;
use crate::settings::Settings;
use crate::store::Batch;

pub(super) async fn call(shared: &Arc<Shared>, raw: Raw) -> Result<Answer, HangUp> {
    let signer = Signer::of(&raw);
    let asked = match route(aws::SERVICES, &raw, signer.as_ref().ok()) {
        Ok(asked) => asked,
        Err(unrouted) => {
            shared.log.line(&unrouted.refusal.message);
            return Ok(unrouted.protocol.refusal(&unrouted.refusal, &uuid()));
        }
    };
    let mutating = asked.operation.is_some_and(|operation| operation.mutating);
    let (id, counted) = {
        let mut calls = shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.begin(shared.clock.now(), asked.service.name, &asked.name, mutating)
    };
    let settings = Settings::read(&shared.options.folder);
    let due = settings
        .as_ref()
        .map_err(String::clone)
        .and_then(|settings| faults::due(&shared.options.folder, settings, &counted));
    let outcome = match (settings, due) {
        (Ok(settings), Ok(due)) => {
            if let Some(fault) = &due.fault {
                shared.log.line(&format!(
                    "{}.{} meets the fault plan: {}",
                    asked.service.name,
                    asked.name,
                    fault.kind.name()
                ));
                shared
                    .calls
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .note_fault(id, fault.kind.name());
            }
            tokio::time::sleep(Duration::from_millis(due.delay)).await;
            under_fault(shared, id, &settings, signer, &asked, raw, due.fault).await
        }
        (Err(problem), _) | (_, Err(problem)) => Ok(Err(Refusal::internal(problem))),
    };
    finish(shared, id, &asked, outcome)
}

/// Counts and logs the outcome, and spells it in the service's protocol.
fn finish(
    shared: &Shared,
    id: u64,
    asked: &Asked,
    outcome: Result<Result<Value, Refusal>, HangUp>,
) -> Result<Answer, HangUp> {
    let (service, name) = (asked.service, &asked.name);
    let request_id = uuid();
    let answer = match outcome {
        Ok(Ok(output)) => {
            shared.log.line(&format!("{}.{name} 200", service.name));
            service.protocol.output(name, &output, &request_id)
        }
        Ok(Err(refusal)) => {
            let Details {
                status, code, message, ..
            } = &*refusal;
            shared
                .log
                .line(&format!("{}.{name} {status} {}: {message}", service.name, code.shape));
            service.protocol.refusal(&refusal, &request_id)
        }
        Err(hang_up) => {
            shared
                .log
                .line(&format!("{}.{name} not answered: {hang_up}", service.name));
            return Err(hang_up);
        }
    };
    shared
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .note_status(id, answer.status().as_u16());
    Ok(answer)
}

async fn under_fault(
    shared: &Arc<Shared>,
    id: u64,
    settings: &Settings,
    signer: Result<Signer, Refusal>,
    asked: &Asked,
    raw: Raw,
    fault: Option<Fault>,
) -> Result<Result<Value, Refusal>, HangUp> {
    let kind = fault.as_ref().map(|fault| fault.kind);
    match (kind, fault) {
        (Some(Kind::Throttle), Some(fault)) => Ok(Err(throttled(asked.service, &fault))),
        (Some(Kind::Fail), Some(fault)) => Ok(Err(failed(asked.service, &fault))),
        (Some(Kind::Cut), _) => Err(HangUp),
        (Some(Kind::Hang), Some(fault)) => {
            match fault.after_ms {
                Some(after) => tokio::time::sleep(Duration::from_millis(after)).await,
                None => pending().await,
            }
            Err(HangUp)
        }
        (Some(Kind::LoseAnswer), _) => {
            let lost = answered(shared, settings, signer, asked, raw).await;
            let status = lost.map_or_else(|refusal| refusal.status, |_| 200);
            shared
                .calls
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .note_status(id, status);
            Err(HangUp)
        }
        (Some(Kind::Delay) | None, _) | (_, None) => Ok(answered(shared, settings, signer, asked, raw).await),
    }
}

fn throttled(service: &Service, fault: &Fault) -> Refusal {
    let (status, code) = &service.throttle;
    let seconds = fault.after_ms.unwrap_or_default().div_ceil(1000);
    planned(fault, *status, code, "Rate exceeded").with_header("retry-after", seconds.to_string())
}

fn failed(service: &Service, fault: &Fault) -> Refusal {
    planned(
        fault,
        500,
        &service.failure,
        "We encountered an internal error. Please try again.",
    )
}

/// The service's own error, but for what the plan says otherwise.
fn planned(fault: &Fault, status: u16, code: &Code, message: &str) -> Refusal {
    let code = fault.code.as_deref().map_or_else(|| code.clone(), Code::named);
    Refusal::new(
        fault.status.unwrap_or(status),
        code,
        fault.message.as_deref().unwrap_or(message),
    )
}

async fn answered(
    shared: &Arc<Shared>,
    settings: &Settings,
    signer: Result<Signer, Refusal>,
    asked: &Asked,
    raw: Raw,
) -> Result<Value, Refusal> {
    let context = Context::new(shared.clock.now(), settings);
    signer?.check(asked, &context)?;
    let Some(operation) = asked.operation else {
        return Err(Refusal::unknown_operation(asked.service.name, &asked.name));
    };
    let request = Arc::new(asked.service.protocol.decode(asked, raw)?);
    perform(shared, operation, request, context).await
}

/// Performs the operation, again and again while it asks to wait.
async fn perform(
    shared: &Arc<Shared>,
    operation: &'static Operation,
    request: Arc<Request>,
    mut context: Context,
) -> Result<Value, Refusal> {
    let mut changes = shared.store.changes();
    loop {
        changes.mark_unchanged();
        let until = match once(shared, operation, &request, &context).await? {
            Done::Output(output) => return Ok(output),
            Done::Wait(until) => Duration::from_millis(until.saturating_sub(context.now)),
        };
        tokio::select! {
            // The sender lives as long as the store, so this ends only by a change.
            _ = changes.changed() => {}
            () = tokio::time::sleep(until) => {}
        }
        context.now = shared.clock.now();
    }
}

enum Done {
    Output(Value),
    Wait(u64),
}

/// On a thread that may block on the disk. A client that goes away stops nothing that began here.
async fn once(
    shared: &Arc<Shared>,
    operation: &'static Operation,
    request: &Arc<Request>,
    context: &Context,
) -> Result<Done, Refusal> {
    let (shared, request, context) = (Arc::clone(shared), Arc::clone(request), context.clone());
    let work = move || {
        shared
            .store
            .transact(|view| match (operation.run)(view, &request, &context) {
                Ok(reply) => match reply.wait_until {
                    Some(until) => (Ok(Done::Wait(until)), Batch::default()),
                    None => (Ok(Done::Output(reply.output)), reply.batch),
                },
                Err(refusal) => (Err(refusal), Batch::default()),
            })
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => done,
        Ok(Err(store)) => Err(Refusal::internal(store.to_string())),
        Err(panic) => Err(Refusal::internal(format!("{} failed: {panic}", operation.name))),
    }
}
