//! What apply and destroy share: read the lease, look, plan, show, ask; then, alone, carry out and tell.
//!
//! Nothing is written before consent, and with nothing to do nothing is written at all.

mod opening;
mod receipts;
mod turn;

use std::io;
use std::time::Duration;
use std::time::Instant;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Request;
use eclusa_planner::plan::record;
use eclusa_planner::resource::Owner;

pub(super) use self::opening::Named;
use self::opening::Opened;
use self::turn::Errand;
use self::turn::Turn;
use super::reviewed::Reviewed;
use crate::apply::event::Events;
use crate::apply::outcome::Ended;
use crate::apply::outcome::Outcome;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::failure::exit_of_node;
use crate::ownership::Holder;
use crate::session::Looked;
use crate::session::Session;
use crate::view;
use crate::view::Report;
use crate::view::ask::Answer;

/// How consent is had.
pub(super) struct Consent {
    pub(super) yes: bool,
    pub(super) question: String,
    /// The word that consents, from the environment's name.
    pub(super) word: fn(&str) -> String,
    /// How long to wait for a run that holds the lease.
    pub(super) lock_timeout: Duration,
    /// Go on though the last run was another owner's.
    pub(super) new_owner: bool,
    /// Whose things are meant, where these credentials are another's.
    pub(super) owner: Named,
    /// The saved plan that was consented to: that alone is carried out, or nothing.
    pub(super) reviewed: Option<Reviewed>,
    /// The command that was typed, without `--yes`.
    pub(super) command: String,
}

/// Runs the command; what blocks is refused before the first write.
pub(super) async fn run(given: &str, request: Request, consent: Consent) -> Result<Exit, Failure> {
    super::watched(async |events| watched(given, &request, &consent, events).await).await
}

async fn watched(given: &str, request: &Request, consent: &Consent, events: Events) -> Result<Exit, Failure> {
    let intent = request.intent;
    let began = Instant::now();
    let Opened {
        session,
        lease,
        at_best,
    } = opening::open(given, intent, consent, events.clone()).await?;
    if let Some(reviewed) = &consent.reviewed {
        reviewed.holds_for(&session)?;
    }
    let at_best = match intent {
        Intent::Converge if consent.new_owner => at_best,
        Intent::Converge => refuse_other_owner(&session).map(|()| at_best)?,
        Intent::Destroy => at_best.or(name_other_owners(&session)?),
    };
    let looked = look(&session, request, consent, &events).await?;
    show(&session, &looked.plan, began);
    let blocked = refuse(&looked.plan)?;
    let errand = Errand::of(&session, intent, lease.as_ref().map(|(_, reading)| reading), blocked);
    if !has_work(&looked.plan) && errand == Errand::None {
        return Ok(blocked.or(at_best));
    }
    view::data(&errand.text());
    confirm(&looked.plan, consent)?;
    if !consent.yes {
        session.wake().await?;
    }
    let turn = Turn {
        session: &session,
        given,
        request,
        consent,
        events,
        began,
        me: lease
            .as_ref()
            .map_or_else(Holder::this_run, |(lease, _)| lease.me().clone()),
        at_best,
    };
    turn.take(lease, looked).await
}

/// Observes and plans; a plan that was reviewed must come out again.
async fn look<'s>(
    session: &'s Session,
    request: &Request,
    consent: &Consent,
    events: &Events,
) -> Result<Looked<'s>, Failure> {
    let looked = session.look(request, events).await;
    events.settle().await;
    match &consent.reviewed {
        Some(reviewed) => reviewed.holds_against(looked),
        None => looked,
    }
}

/// Shows a plan with what it cost so far.
fn show(session: &Session, plan: &Plan, began: Instant) {
    let report = Report {
        plan,
        calls: session.io.calls(),
        took: began.elapsed(),
        next: None,
    };
    view::data(&view::text::plan(&report));
}

/// What the last run here was done to, under this environment's name, may still be there under another owner.
fn refuse_other_owner(session: &Session) -> Result<(), Failure> {
    let last = session.journal().last_owner().map_err(unread_receipts)?;
    match last {
        Some(last) if last != session.owner.0 => Err(Failure::Refused {
            message: format!(
                "the last run of this environment was done as {last}, and now it would be {}: what was made there would be \
                 left behind",
                session.owner
            ),
            hint: format!(
                "destroy it with the former credentials and region first{}, or go on with --new-owner",
                without_aws(session, &Owner(last))
                    .map(|command| format!(" (what lies on Confluent alone: `{command}`)"))
                    .unwrap_or_default()
            ),
        }),
        _ => Ok(()),
    }
}

/// A destroy removes what is this owner's; what another may have left under the environment's name is told, and is no
/// success where the last run was that other's.
fn name_other_owners(session: &Session) -> Result<Exit, Failure> {
    let journal = session.journal();
    for owner in journal.owners_left().map_err(unread_receipts)? {
        if owner == session.owner.0 {
            continue;
        }
        let also = without_aws(session, &Owner(owner.clone()))
            .map(|command| format!("; what lies on Confluent alone goes with `{command}`"))
            .unwrap_or_default();
        view::note(&format!(
            "the receipts tell of {owner} too, and what it left is not looked at here: that takes its own credentials and \
             region{also}\n"
        ));
    }
    let last = journal.last_owner().map_err(unread_receipts)?;
    Ok(match last {
        Some(last) if last != session.owner.0 => Exit::Refused,
        _ => Exit::Done,
    })
}

/// The command that removes an owner's things from Confluent without its credentials.
fn without_aws(session: &Session, owner: &Owner) -> Option<String> {
    let (account, region) = owner.account_and_region()?;
    let environment = &session.declared.settings.environment;
    record::concerns(&session.declared)
        .then(|| format!("eclusa destroy {environment} --account {account} --region {region}"))
}

fn unread_receipts(error: io::Error) -> Failure {
    Failure::System {
        what: "reading the receipts",
        error,
    }
}

/// Refuses what may not be carried out; else how it will end at best.
fn refuse(plan: &Plan) -> Result<Exit, Failure> {
    refuse_absent(plan)?;
    let found = refuse_blocked(plan)?;
    Ok(if plan.unlisted.is_empty() {
        found
    } else {
        found.or(Exit::Incomplete)
    })
}

/// Apply writes nothing while anything blocks; destroy leaves what is not ours and goes on, and says 4.
fn refuse_blocked(plan: &Plan) -> Result<Exit, Failure> {
    let blocked: Vec<String> = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Blocked)
        .map(|change| change.address.to_string())
        .collect();
    match (blocked.as_slice(), plan.intent) {
        ([], _) => Ok(Exit::Done),
        (_, Intent::Destroy) => Ok(Exit::Refused),
        (names, Intent::Converge) => Err(Failure::Refused {
            message: format!("nothing was written, since this is blocked: {}", names.join(", ")),
            hint: "the plan above says what can be done about each".to_owned(),
        }),
    }
}

/// There must be something to adopt: what is only declared is made by apply.
fn refuse_absent(plan: &Plan) -> Result<(), Failure> {
    let asked = |change: &Change| {
        let mut adopted = plan.request.adopt.iter();
        adopted.any(|(written, _)| change.address.is_meant_by(written))
    };
    let is_made = |change: &&Change| asked(change) && matches!(change.action, Action::Create | Action::Replace);
    match plan.changes.iter().find(is_made) {
        None => Ok(()),
        Some(change) => Err(Failure::Refused {
            message: format!(
                "nothing was written: there is nothing of {}'s name to adopt",
                change.address
            ),
            hint: format!("`eclusa apply {}` makes it", plan.environment),
        }),
    }
}

fn has_work(plan: &Plan) -> bool {
    !plan.unrecorded.is_empty()
        || plan
            .changes
            .iter()
            .any(|change| !matches!(change.action, Action::Keep | Action::Blocked))
}

fn confirm(plan: &Plan, consent: &Consent) -> Result<(), Failure> {
    if consent.yes {
        return Ok(());
    }
    let word = (consent.word)(&plan.environment);
    let hint = match view::ask::for_word(&consent.question, &word) {
        Answer::Yes => return Ok(()),
        Answer::No => "nothing was written".to_owned(),
        Answer::NobodyThere => {
            let command = &consent.command;
            format!("nothing was written; where nobody can be asked, say it beforehand: {command} --yes")
        }
    };
    Err(Failure::Refused {
        message: "not confirmed".to_owned(),
        hint,
    })
}

fn exit(outcome: &Outcome) -> Exit {
    let interrupted = if outcome.interrupted {
        Exit::Interrupted
    } else {
        Exit::Done
    };
    outcome.ended.values().fold(interrupted, |exit, ended| match ended {
        Ended::Failed { error, .. } => exit.or(exit_of_node(error)),
        Ended::Skipped { .. } | Ended::NotStarted | Ended::Done { .. } => exit,
    })
}
