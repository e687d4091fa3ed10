//! `eclusa plan`: look, plan, show.

use std::time::Instant;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Plan;

use super::choices;
use crate::apply::event::Events;
use crate::cli::Format;
use crate::cli::PlanArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::saved;
use crate::saved::SavedPlan;
use crate::session::Session;
use crate::view;
use crate::view::Report;

pub async fn run(args: &PlanArgs) -> Result<Exit, Failure> {
    super::watched(async |events| plan(args, events).await).await
}

async fn plan(args: &PlanArgs, events: Events) -> Result<Exit, Failure> {
    let began = Instant::now();
    let request = choices::request(&args.choices)?;
    if let Some(out) = &args.out {
        saved::may_be_written(out)?;
    }
    let session = Session::open(&args.environment.environment, events.clone()).await?;
    let looked = session.look_only(&request, &events).await?;
    events.settle().await;
    if let Some(out) = &args.out {
        saved::write(&SavedPlan::of(&session, &looked)?, out)?;
    }
    let next = match &args.out {
        Some(out) => choices::saved_command(out),
        None => choices::command(&args.environment.environment, &args.choices),
    };
    let report = Report {
        plan: &looked.plan,
        calls: session.io.calls(),
        took: began.elapsed(),
        next: Some(next.clone()),
    };
    view::data(&match args.format {
        Format::Text => view::text::plan(&report),
        Format::Json => view::json::plan(&report),
    });
    if let Some(out) = &args.out {
        view::note(&format!(
            "saved to {out}: `{next}` carries out exactly this, or nothing\n"
        ));
    }
    Ok(exit(&looked.plan, args.detailed_exitcode))
}

/// An answer with unread parts is incomplete whatever else it says.
fn exit(plan: &Plan, detailed: bool) -> Exit {
    let has = |action: Action| plan.changes.iter().any(|change| change.action == action);
    let differences = if detailed && plan.has_changes() {
        Exit::Differences
    } else {
        Exit::Done
    };
    if has(Action::Check) || !plan.unlisted.is_empty() {
        Exit::Incomplete.or(differences)
    } else {
        differences
    }
}
