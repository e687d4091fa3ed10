//! One call to AWS: route, check the signature, decode, perform, spell the outcome in the service's protocol.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Shared;
use super::call::Call;
use super::call::Told;
use super::call::meet;
use super::exchange::HangUp;
use crate::aws;
use crate::aws::credentials::Signer;
use crate::aws::refusal::Code;
use crate::aws::refusal::Details;
use crate::aws::refusal::Refusal;
use crate::aws::request::Asked;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::route::route;
use crate::aws::service::Operation;
use crate::faults::Fault;
use crate::faults::Kind;
use crate::http::Answer;
use crate::http::Raw;
use crate::http::set_status;
use crate::identifier::uuid;
use crate::settings::Settings;
use crate::store::Batch;

pub(super) async fn call(shared: &Arc<Shared>, raw: Raw) -> Result<Answer, HangUp> {
    let signer = Signer::of(&raw);
    match route(aws::SERVICES, &raw, signer.as_ref().ok()) {
        Ok(asked) => meet(shared, AwsCall { signer, asked, raw }).await,
        Err(unrouted) => {
            shared.log.line(&unrouted.refusal.message);
            Ok(unrouted.protocol.refusal(&unrouted.refusal, &uuid()))
        }
    }
}

struct AwsCall {
    signer: Result<Signer, Refusal>,
    asked: Asked,
    raw: Raw,
}

impl Call for AwsCall {
    fn service(&self) -> &'static str {
        self.asked.service.name
    }

    fn operation(&self) -> &str {
        &self.asked.name
    }

    fn mutating(&self) -> bool {
        self.asked.operation.is_some_and(|operation| operation.mutating)
    }

    fn planned(&self, fault: &Fault, _: &Settings) -> Told {
        let service = self.asked.service;
        let refusal = if fault.kind == Kind::Throttle {
            let (status, code) = &service.throttle;
            let seconds = fault.after_ms.unwrap_or_default().div_ceil(1000);
            planned(fault, *status, code, "Rate exceeded").with_header("retry-after", seconds.to_string())
        } else {
            let message = "We encountered an internal error. Please try again.";
            planned(fault, 500, &service.failure, message)
        };
        tell(&self.asked, Err(refusal))
    }

    fn internal(&self, problem: String) -> Told {
        tell(&self.asked, Err(Refusal::internal(problem)))
    }

    async fn perform(self, shared: &Arc<Shared>, settings: &Settings) -> Told {
        let Self { signer, asked, raw } = self;
        let outcome = answered(shared, settings, signer, &asked, raw).await;
        tell(&asked, outcome)
    }
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

fn tell(asked: &Asked, outcome: Result<Value, Refusal>) -> Told {
    let protocol = asked.service.protocol;
    let request_id = uuid();
    match outcome {
        Ok(output) => {
            let status = asked.operation.map_or(200, |operation| operation.status);
            let mut answer = protocol.output(&asked.name, &output, &request_id);
            set_status(&mut answer, status);
            Told {
                answer,
                line: status.to_string(),
            }
        }
        Err(refusal) => {
            let Details {
                status, code, message, ..
            } = &*refusal;
            Told {
                line: format!("{status} {}: {message}", code.shape),
                answer: protocol.refusal(&refusal, &request_id),
            }
        }
    }
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
