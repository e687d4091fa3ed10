//! Deletion: scheduled, with a window in which the secret can be restored, or forced, after which the name is taken for
//! a while yet.

use serde::Deserialize;
use serde::Serialize;

use super::refusals;
use super::secret;
use super::secret::Deletion;
use super::secret::IdInput;
use super::secret::seconds;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

const SHORTEST: i64 = 7;
const LONGEST: i64 = 30;
const DAY: u64 = 86_400_000;

/// What stays of a secret that was deleted by force.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Forced {
    reusable_at: u64,
}

pub(super) fn key(context: &Context, name: &str) -> String {
    context.regional_prefix("secretsmanager/forced") + name
}

/// Whether a forced deletion still keeps this name.
pub(super) fn still_blocks(view: View<'_>, context: &Context, name: &str) -> Result<bool, Refusal> {
    let forced: Option<Forced> = view.get(&key(context, name))?;
    Ok(forced.is_some_and(|forced| context.now < forced.reusable_at))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteInput {
    secret_id: Option<String>,
    recovery_window_in_days: Option<i64>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

/// By force, what is not there is deleted as well as any other, and what was scheduled goes at once.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: DeleteInput = request.input()?;
    let force = input.force_delete_without_recovery;
    let days = match input.recovery_window_in_days {
        Some(_) if force => return Err(refusals::window_and_force()),
        Some(days) if !(SHORTEST..=LONGEST).contains(&days) => return Err(refusals::window_out_of_range()),
        days => days.unwrap_or(LONGEST),
    };
    let id = input.secret_id.as_deref();
    let mut secret = match secret::known(view, context, id) {
        Err(refusal) if force && refusal.code.shape == "ResourceNotFoundException" => {
            return Ok(Reply::output(nothing_deleted(context, id.unwrap_or_default())));
        }
        other => other?,
    };
    if force {
        let mut batch = Batch::default();
        batch.delete(secret::key(context, &secret.name));
        let reusable_at = context.now + Wait::SecretNameReuse.length(context.delays);
        batch.put(key(context, &secret.name), &Forced { reusable_at })?;
        let mut answer = secret.named(context);
        answer["DeletionDate"] = seconds(context.now);
        return Ok(Reply::with(answer, batch));
    }
    if secret.deletion.is_some() {
        return Err(refusals::marked_for_deletion());
    }
    let gone_at = context.now + DAY * days.unsigned_abs();
    secret.deletion = Some(Deletion {
        asked_at: context.now,
        gone_at,
    });
    let mut answer = secret.named(context);
    answer["DeletionDate"] = seconds(gone_at);
    Ok(Reply::with(answer, secret.stored(context)?))
}

fn nothing_deleted(context: &Context, id: &str) -> serde_json::Value {
    let name = id.strip_prefix(&context.arn("secretsmanager", "secret:")).unwrap_or(id);
    let suffix = uuid().chars().take(6).collect::<String>();
    let arn = context.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
    serde_json::json!({"ARN": arn, "Name": name, "DeletionDate": seconds(context.now)})
}

/// One that is not scheduled stays as it is.
pub(super) fn restore(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: IdInput = request.input()?;
    let mut secret = secret::known(view, context, input.secret_id.as_deref())?;
    secret.deletion = None;
    Ok(Reply::with(secret.named(context), secret.stored(context)?))
}
