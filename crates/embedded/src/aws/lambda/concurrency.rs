//! How many invocations are set aside for a function. The account has the default pool, of which a hundred must stay
//! unreserved (Lambda quotas).

use serde::Deserialize;
use serde_json::json;

use super::function;
use super::function::Function;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

const POOL: u64 = 1_000;
const UNRESERVED: u64 = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    reserved_concurrent_executions: Option<i64>,
}

pub(super) fn put(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut function = function::labelled(view, request, context)?;
    let sent = request.input::<Input>()?.reserved_concurrent_executions;
    let sent = sent.ok_or_else(|| refusals::missing("reservedConcurrentExecutions"))?;
    let Ok(wanted) = u64::try_from(sent) else {
        let rule = "have value greater than or equal to 0";
        return Err(refusals::constraint(
            &format!("'{sent}'"),
            "reservedConcurrentExecutions",
            rule,
        ));
    };
    let mut reserved = wanted;
    for found in view.scan::<Function>(&context.regional_prefix(function::THINGS)) {
        let (_, other) = found?;
        if other.name != function.name {
            reserved = reserved.saturating_add(other.reserved_concurrency.unwrap_or_default());
        }
    }
    if reserved > POOL - UNRESERVED {
        return Err(refusals::invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below \
             its minimum value of [{UNRESERVED}]."
        )));
    }
    function.reserved_concurrency = Some(wanted);
    let mut batch = Batch::default();
    function.store(context, &mut batch)?;
    Ok(Reply::with(json!({"ReservedConcurrentExecutions": wanted}), batch))
}

pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let function = function::labelled(view, request, context)?;
    Ok(Reply::output(match function.reserved_concurrency {
        Some(reserved) => json!({"ReservedConcurrentExecutions": reserved}),
        None => json!({}),
    }))
}

pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut function = function::labelled(view, request, context)?;
    function.reserved_concurrency = None;
    let mut batch = Batch::default();
    function.store(context, &mut batch)?;
    Ok(Reply::done(batch))
}
