//! What apply and destroy share: look, plan, show, ask, carry out, tell.

use std::collections::BTreeSet;
use std::time::Instant;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Request;
use tokio::sync::watch;

use crate::apply::event::Events;
use crate::apply::outcome::Ended;
use crate::apply::outcome::Outcome;
use crate::apply::run::Run;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::failure::exit_of_node;
use crate::interrupt;
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
    let session = Session::open(given, events.clone()).await?;
    let looked = session.look(request, &events).await?;
    events.settle().await;
    let report = Report {
        plan: &looked.plan,
        calls: session.io.calls(),
        took: began.elapsed(),
        next: None,
    };
    view::data(&view::text::plan(&report));
    refuse_absent(&looked.plan)?;
    let mut found = refuse_blocked(&looked.plan)?;
    if !looked.plan.unlisted.is_empty() {
        found = found.or(Exit::Incomplete);
    }
    if !has_work(&looked.plan) {
        return Ok(found);
    }
    confirm(&looked.plan, consent)?;
    if !consent.yes {
        session.wake().await?;
    }
    let outcome = carry_out(&session, looked, events.clone()).await;
    events.settle().await;
    let calls = session.io.calls();
    view::data(&view::text::outcome(&outcome, intent, given, &calls, began.elapsed()));
    Ok(exit(&outcome).or(found))
}

async fn carry_out(session: &Session, looked: Looked<'_>, events: Events) -> Outcome {
    let (stop, stopped) = watch::channel(false);
    let guard = interrupt::watch(stop);
    let run = Run {
        io: &session.io,
        plan: &looked.plan,
        evaluation: looked.evaluation,
        observed: looked.observed,
        events,
        stop: stopped,
        made_anew: BTreeSet::new(),
    };
    let outcome = run.carry_out().await;
    guard.abort();
    outcome
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
    plan.changes
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
