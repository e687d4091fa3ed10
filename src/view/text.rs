//! Plan and outcome as text: each change with its reason, the summary last, then the next command to type.

mod attributes;

use std::fmt::Write;
use std::time::Duration;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Reason;
use eclusa_planner::schema;

use super::Report;
use super::paint::BOLD;
use super::paint::CYAN;
use super::paint::GREEN;
use super::paint::RED;
use super::paint::YELLOW;
use super::paint::paint;
use super::paint::symbol;
use super::progress::seconds;
use crate::apply::outcome::Ended;
use crate::apply::outcome::Outcome;
use crate::clients::call::Calls;
use crate::failure;

/// The whole plan.
pub fn plan(report: &Report<'_>) -> String {
    let mut text = String::new();
    let shown: Vec<&Change> = report
        .plan
        .changes
        .iter()
        .filter(|change| change.action != Action::Keep)
        .collect();
    if !shown.is_empty() {
        let _ = writeln!(
            text,
            "eclusa will do this in environment {}:\n",
            paint(BOLD, &report.plan.environment)
        );
    }
    for change in shown {
        text.push_str(&one_change(change));
        text.push('\n');
    }
    text.push_str(&summary(report));
    text
}

fn one_change(change: &Change) -> String {
    let Change {
        address,
        action,
        cloud_name,
        ..
    } = change;
    let reason = change.sentence();
    let mut text = format!("  # {} {}: {reason}\n", paint(BOLD, address), will_be(*action));
    let has_names = schema::find(&address.kind).is_none_or(|schema| schema.naming().length > 0);
    let name = match cloud_name {
        Some(name) => format!(" {name:?}"),
        None if has_names => " (name known after apply)".to_owned(),
        None => String::new(),
    };
    let head = format!("{} {}{name}", symbol(*action), address.kind);
    let body = attributes::block(change);
    if body.is_empty() {
        let _ = writeln!(text, "  {head}");
    } else {
        let _ = writeln!(text, "  {head} {{\n{body}    }}");
    }
    text
}

fn will_be(action: Action) -> String {
    match action {
        Action::Create => "will be created".to_owned(),
        Action::Update => "will be updated in place".to_owned(),
        Action::Replace => format!("must be {}", paint(RED, "replaced")),
        Action::Delete => format!("will be {}", paint(RED, "deleted")),
        Action::Adopt => "will be adopted".to_owned(),
        Action::Check => "is checked during apply".to_owned(),
        Action::Blocked => format!("is {}", paint(RED, "blocked")),
        Action::Keep => "stays".to_owned(),
    }
}

fn summary(report: &Report<'_>) -> String {
    let Report {
        plan,
        calls,
        took,
        next,
    } = report;
    let mut text = notes(plan);
    if plan.has_changes() {
        let _ = writeln!(text, "{} {}", paint(BOLD, "Plan:"), counted(plan));
    } else {
        let _ = writeln!(text, "{}", nothing_to_do(plan));
    }
    let _ = writeln!(text, "{}", cost(calls, *took));
    if let Some(next) = next.as_ref().filter(|_| plan.has_changes()) {
        let _ = writeln!(text, "Next: {}", paint(CYAN, next));
    }
    text
}

/// Whether something that nobody declares stays, as somebody else's.
fn is_left(change: &Change) -> bool {
    let reason = &change.reason;
    let is_anothers = matches!(reason, Reason::NotRecorded { .. } | Reason::NotOursToDelete { .. });
    change.action == Action::Keep && is_anothers
}

/// What the reader must know beside the changes.
fn notes(plan: &Plan) -> String {
    let mut text = String::new();
    let caution = paint(YELLOW, "Note:");
    for change in &plan.changes {
        if let Reason::NotVerified { .. } = change.reason {
            let _ = writeln!(text, "{caution} {}: {}", change.address, change.sentence());
        }
        if is_left(change) {
            let name = change.cloud_name.clone().unwrap_or_else(|| change.address.to_string());
            let _ = writeln!(
                text,
                "{caution} {} {name:?} is left: {}",
                change.address.kind,
                change.sentence()
            );
        }
    }
    if !plan.unrecorded.is_empty() {
        let _ = writeln!(
            text,
            "{caution} the record does not know {} of these resources as they are, {} first: apply writes it",
            plan.unrecorded.len(),
            plan.unrecorded.first().map(ToString::to_string).unwrap_or_default()
        );
    }
    for unlisted in &plan.unlisted {
        let _ = writeln!(
            text,
            "{caution} not every {} could be looked at, so some of ours that is no longer declared may be missing here: {}",
            unlisted.kind, unlisted.because
        );
    }
    if !plan.not_compared.is_empty() && plan.intent == Intent::Converge {
        let _ = writeln!(
            text,
            "{caution} not compared, since this key cannot list them: {}; what refers to them was compared where the \
             record knows their ids",
            plan.not_compared.join(", ")
        );
    }
    for note in &plan.notes {
        let _ = writeln!(text, "{caution} {}", note.sentence());
    }
    text
}

fn nothing_to_do(plan: &Plan) -> String {
    if !plan.request.targets.is_empty() {
        let count = plan.changes.len();
        return format!("Nothing to do for the {count} targeted resources; the others were left out.");
    }
    if !plan.unlisted.is_empty() {
        return "Nothing to do about what could be read.".to_owned();
    }
    match plan.intent {
        Intent::Converge if !plan.not_compared.is_empty() => "Nothing to do about what was compared.".to_owned(),
        Intent::Destroy if !plan.not_compared.is_empty() => {
            format!(
                "{} Nothing of {} is left on Confluent.",
                paint(GREEN, "No changes."),
                plan.owner
            )
        }
        Intent::Converge => format!(
            "{} {} matches its {} declared resources.",
            paint(GREEN, "No changes."),
            plan.environment,
            plan.changes.iter().filter(|change| !is_left(change)).count()
        ),
        Intent::Destroy => format!("{} Nothing of {} is left.", paint(GREEN, "No changes."), plan.owner),
    }
}

fn counted(plan: &Plan) -> String {
    let count = |action: Action| plan.changes.iter().filter(|change| change.action == action).count();
    let always = [
        (Action::Create, "to create", GREEN),
        (Action::Update, "to update", YELLOW),
        (Action::Replace, "to replace", RED),
        (Action::Delete, "to delete", RED),
    ];
    let rarely = [
        (Action::Adopt, "to adopt", CYAN),
        (Action::Check, "to check", CYAN),
        (Action::Blocked, "blocked", RED),
    ];
    let mut parts: Vec<String> = always
        .iter()
        .map(|(action, words, _)| format!("{} {words}", count(*action)))
        .collect();
    let seldom = rarely.iter().filter(|(action, ..)| count(*action) > 0);
    parts.extend(seldom.map(|(action, words, style)| paint(*style, format!("{} {words}", count(*action)))));
    format!("{}.", parts.join(", "))
}

/// `12 API calls (iam 3, iot 2, sqs 6, sts 1), 0.4 s`
fn cost(calls: &Calls, took: Duration) -> String {
    let total: u64 = calls.values().sum();
    let by_service: Vec<String> = calls
        .iter()
        .map(|(service, count)| format!("{service} {count}"))
        .collect();
    let services = if by_service.is_empty() {
        String::new()
    } else {
        format!(" ({})", by_service.join(", "))
    };
    format!("{total} API calls{services}, {}", seconds(took))
}

/// How a run ended.
pub fn outcome(outcome: &Outcome, intent: Intent, environment: &str, calls: &Calls, took: Duration) -> String {
    let mut text = String::from("\n");
    for (address, error) in outcome.failures() {
        let about = format!("{address}: {error}");
        text.push_str(&self::error(&about, failure::hint_of_node(error).as_deref()));
    }
    text.push_str(&left(outcome));
    let done = |action: Action| outcome.done(action);
    let (verb, command) = match intent {
        Intent::Converge => ("Apply", "apply"),
        Intent::Destroy => ("Destroy", "destroy"),
    };
    let ended = if outcome.is_complete() {
        paint(GREEN, "complete")
    } else {
        paint(RED, "incomplete")
    };
    let adopted = match done(Action::Adopt) {
        0 => String::new(),
        count => format!("{count} adopted, "),
    };
    let _ = writeln!(
        text,
        "{verb} {ended}: {adopted}{} created, {} updated, {} replaced, {} deleted.",
        done(Action::Create),
        done(Action::Update),
        done(Action::Replace),
        done(Action::Delete)
    );
    let _ = writeln!(text, "{}", cost(calls, took));
    if !outcome.is_complete() {
        let next = paint(CYAN, format!("eclusa {command} {environment}"));
        let _ = writeln!(text, "Next: {next} (it goes on from what is really there)");
    }
    text
}

/// What may come back although its function is gone.
pub fn late_logs(groups: &[String]) -> String {
    let line = |group: &String| {
        format!(
            "may remain: log group {group}, which Lambda makes again if it writes last lines late; it costs next to \
             nothing\n  delete it with: aws logs delete-log-group --log-group-name {group}\n"
        )
    };
    groups.iter().map(line).collect()
}

/// What had no turn, and why.
fn left(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (address, ended) in &outcome.ended {
        let _ = match ended {
            Ended::Skipped { because } => writeln!(text, "not done: {address}, because of {because}"),
            Ended::NotStarted => writeln!(text, "not done: {address}, the run was interrupted before its turn"),
            Ended::Done { .. } | Ended::Failed { .. } => Ok(()),
        };
    }
    text
}

/// One error with its hint.
pub fn error(message: &str, hint: Option<&str>) -> String {
    let mut text = format!("{} {message}\n", paint(RED.bold(), "error:"));
    if let Some(hint) = hint {
        let _ = writeln!(text, "{} {hint}", paint(CYAN, "hint:"));
    }
    text
}

/// What another client needs to use the embedded AWS.
pub fn embedded_environment(address: &str, region: &str) -> String {
    format!(
        "AWS is served there until Ctrl-C. For another client:\n  \
         export AWS_ENDPOINT_URL={address} AWS_REGION={region} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n"
    )
}
