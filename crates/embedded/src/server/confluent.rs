//! One call to Confluent: route, find out who calls, perform, spell the outcome as the operation's group does.

use std::sync::Arc;
use std::sync::PoisonError;

use super::Shared;
use super::admin;
use super::call::Call;
use super::call::Told;
use super::call::meet;
use super::exchange::HangUp;
use crate::confluent::key;
use crate::confluent::key::Wanted;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::request::Request;
use crate::confluent::route::Asked;
use crate::confluent::route::route;
use crate::confluent::service;
use crate::confluent::service::Dialect;
use crate::confluent::service::Group;
use crate::confluent::service::Headers;
use crate::confluent::service::Operation;
use crate::confluent::service::Plane;
use crate::confluent::service::Reply;
use crate::confluent::spelling::Spelling;
use crate::confluent::switches::ThrottleHeaders;
use crate::faults::Fault;
use crate::faults::Kind;
use crate::http::Answer;
use crate::http::Raw;
use crate::settings::Settings;
use crate::store::Batch;

/// Seconds that a throttled caller is told to wait where the fault plan does not say.
const RESET: u64 = 1;

pub(super) async fn call(shared: &Arc<Shared>, plane: Plane, raw: Raw) -> Result<Answer, HangUp> {
    match route(plane, &raw) {
        Some(asked) => meet(shared, ConfluentCall { asked, raw }).await,
        None => Ok(admin::json_answer(
            500,
            &serde_json::json!({"message": "no service listens here"}),
        )),
    }
}

struct ConfluentCall {
    asked: Asked,
    raw: Raw,
}

impl ConfluentCall {
    fn spelling(&self, headers: Headers, reset: u64) -> Spelling<'_> {
        let plane = self.asked.service.plane;
        let dialect = match (self.group(), plane) {
            (Some(group), _) => group.dialect,
            (None, Plane::Control) => Dialect::Control,
            (None, Plane::Kafka) => Dialect::Kafka,
        };
        Spelling {
            dialect,
            headers,
            path: &self.raw.path,
            reset,
        }
    }

    fn group(&self) -> Option<&'static Group> {
        self.asked.operation.map(|(group, _)| group)
    }

    fn headers(&self) -> Headers {
        match (self.group(), self.asked.service.plane) {
            (Some(group), _) => group.headers,
            (None, Plane::Control) => Headers::RequestId,
            (None, Plane::Kafka) => Headers::Bare,
        }
    }

    fn tell(&self, outcome: Result<Reply, Refusal>) -> Told {
        let spelling = self.spelling(self.headers(), RESET);
        match outcome {
            Ok(reply) => Told {
                line: reply.status.to_string(),
                answer: spelling.reply(reply),
            },
            Err(refusal) => Told {
                line: refusal.line(),
                answer: spelling.refusal(&refusal),
            },
        }
    }

    async fn answered(&self, shared: &Arc<Shared>, settings: &Settings) -> Result<Reply, Refusal> {
        let Some((_, operation)) = self.asked.operation else {
            return Err(Refusal::not_implemented(&self.asked.name));
        };
        let request = Request {
            path: self.raw.path.clone(),
            labels: self.asked.labels.clone(),
            query: form_urlencoded::parse(self.raw.query.as_bytes()).into_owned().collect(),
            body: self.raw.body.clone(),
            authorization: self.raw.header("authorization").to_owned(),
        };
        let context = Context::new(shared.clock.now(), settings, attempt(shared, &request));
        let wanted = Wanted {
            plane: self.asked.service.plane,
            mutating: operation.mutating,
        };
        perform(shared, operation, request, context, wanted).await
    }
}

impl Call for ConfluentCall {
    fn service(&self) -> &'static str {
        self.asked.service.name
    }

    fn operation(&self) -> &str {
        &self.asked.name
    }

    fn mutating(&self) -> bool {
        self.asked.operation.is_some_and(|(_, operation)| operation.mutating)
    }

    fn planned(&self, fault: &Fault, settings: &Settings) -> Told {
        let throttled = fault.kind == Kind::Throttle;
        let (status, code, message) = if throttled {
            (429, "rate_limit_exceeded", "Too Many Requests")
        } else {
            (500, "internal_server_error", "Internal Server Error")
        };
        let code = fault.code.clone().unwrap_or_else(|| code.to_owned());
        let message = fault.message.as_deref().unwrap_or(message);
        let mut refusal = Refusal::general(fault.status.unwrap_or(status), code, message);
        if let Some(shape) = fault.shape {
            refusal = refusal.shaped(shape);
        }
        let reset = fault.after_ms.map_or(RESET, |after| after.div_ceil(1000));
        let told = settings.confluent.kafka_throttle_headers == ThrottleHeaders::Present;
        let headers = match self.headers() {
            Headers::Bare if throttled && told => Headers::Limits,
            headers => headers,
        };
        Told {
            line: refusal.line(),
            answer: self.spelling(headers, reset).refusal(&refusal),
        }
    }

    fn internal(&self, problem: String) -> Told {
        self.tell(Err(Refusal::internal(problem)))
    }

    async fn perform(self, shared: &Arc<Shared>, settings: &Settings) -> Told {
        let outcome = self.answered(shared, settings).await;
        self.tell(outcome)
    }
}

/// How often the caller's key was tried before.
fn attempt(shared: &Shared, request: &Request) -> u64 {
    let Some((id, _)) = key::credentials(&request.authorization) else {
        return 0;
    };
    let mut attempts = shared.attempts.lock().unwrap_or_else(PoisonError::into_inner);
    let count = attempts.entry(id).or_default();
    *count += 1;
    *count - 1
}

/// On a thread that may block on the disk. A client that goes away stops nothing that began here.
async fn perform(
    shared: &Arc<Shared>,
    operation: &'static Operation,
    request: Request,
    context: Context,
    wanted: Wanted,
) -> Result<Reply, Refusal> {
    let shared = Arc::clone(shared);
    let work = move || {
        shared.store.transact(|view| {
            let outcome = key::caller(view, &request, &context, wanted).and_then(|caller| {
                (operation.run)(&service::Call {
                    view,
                    request: &request,
                    context: &context,
                    caller: &caller,
                })
            });
            match outcome {
                Ok(mut reply) => {
                    let batch = std::mem::take(&mut reply.batch);
                    (Ok(reply), batch)
                }
                Err(refusal) => (Err(refusal), Batch::default()),
            }
        })
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(store)) => Err(Refusal::internal(store.to_string())),
        Err(panic) => Err(Refusal::internal(format!("{} failed: {panic}", operation.name))),
    }
}
