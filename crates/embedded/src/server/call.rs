//! One call to a cloud, whichever it is: count it, meet the fault plan, have it performed and answered, log it. An answer
//! is only given once all it rests on is on disk.

use std::future::Future;
use std::future::pending;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

use super::Shared;
use super::exchange::HangUp;
use crate::faults;
use crate::faults::Fault;
use crate::faults::Kind;
use crate::http::Answer;
use crate::settings::Settings;

/// What a cloud answers.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) answer: Answer,
    /// What the log says of it after the operation's name: the status, and of a refusal its code and message.
    pub(super) line: String,
}

/// A call whose operation is known, implemented or not.
pub(super) trait Call {
    /// As in fault plans.
    fn service(&self) -> &'static str;
    fn operation(&self) -> &str;
    fn mutating(&self) -> bool;
    /// The cloud's own error for `throttle` and `fail`, but for what the plan says otherwise.
    fn planned(&self, fault: &Fault, settings: &Settings) -> Told;
    /// A fault of this program or of its files, told as the cloud tells its own.
    fn internal(&self, problem: String) -> Told;
    fn perform(self, shared: &Arc<Shared>, settings: &Settings) -> impl Future<Output = Told> + Send;
}

pub(super) async fn meet<C: Call>(shared: &Arc<Shared>, call: C) -> Result<Answer, HangUp> {
    let (service, operation) = (call.service(), call.operation().to_owned());
    let (id, counted) = {
        let mut calls = shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.begin(shared.clock.now(), service, &operation, call.mutating())
    };
    let settings = Settings::read(&shared.options.folder);
    let due = settings
        .as_ref()
        .map_err(String::clone)
        .and_then(|settings| faults::due(&shared.options.folder, settings, &counted));
    let outcome = match (settings, due) {
        (Ok(settings), Ok(due)) => {
            if let Some(fault) = &due.fault {
                let name = fault.kind.name();
                shared
                    .log
                    .line(&format!("{service}.{operation} meets the fault plan: {name}"));
                shared
                    .calls
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .note_fault(id, name);
            }
            tokio::time::sleep(Duration::from_millis(due.delay)).await;
            under_fault(shared, id, &settings, call, due.fault).await
        }
        (Err(problem), _) | (_, Err(problem)) => Ok(call.internal(problem)),
    };
    match outcome {
        Ok(told) => {
            shared.log.line(&format!("{service}.{operation} {}", told.line));
            note_status(shared, id, &told);
            Ok(told.answer)
        }
        Err(hang_up) => {
            shared
                .log
                .line(&format!("{service}.{operation} not answered: {hang_up}"));
            Err(hang_up)
        }
    }
}

async fn under_fault<C: Call>(
    shared: &Arc<Shared>,
    id: u64,
    settings: &Settings,
    call: C,
    fault: Option<Fault>,
) -> Result<Told, HangUp> {
    let kind = fault.as_ref().map(|fault| fault.kind);
    match (kind, fault) {
        (Some(Kind::Throttle | Kind::Fail), Some(fault)) => Ok(call.planned(&fault, settings)),
        (Some(Kind::Cut), _) => Err(HangUp),
        (Some(Kind::Hang), Some(fault)) => {
            match fault.after_ms {
                Some(after) => tokio::time::sleep(Duration::from_millis(after)).await,
                None => pending().await,
            }
            Err(HangUp)
        }
        (Some(Kind::LoseAnswer), _) => {
            let lost = call.perform(shared, settings).await;
            note_status(shared, id, &lost);
            Err(HangUp)
        }
        (Some(_) | None, _) => Ok(call.perform(shared, settings).await),
    }
}

fn note_status(shared: &Shared, id: u64, told: &Told) {
    shared
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .note_status(id, told.answer.status().as_u16());
}
