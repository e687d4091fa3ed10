//! What the clouds themselves say of planned changes, so that a plan is refused before its first write and not in its
//! middle. Asked about what is made or changed, and needs nothing that the same plan makes.

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Plan;
use futures_util::future::try_join_all;

use crate::clients::Class;
use crate::clients::Io;
use crate::failure::Failure;
use crate::kinds;
use crate::observe::ObserveError;
use crate::observe::Observed;
use crate::observe::Targets;

/// Blocks each change that its cloud would not take. Whoever may not ask, or cannot now, learns it from the apply.
pub(super) async fn judge(
    io: &Io,
    evaluation: &Evaluation<'_>,
    targets: &Targets,
    observed: &Observed,
    plan: &mut Plan,
) -> Result<(), Failure> {
    let changing = plan.changes.iter().filter(|change| may_be_judged(plan, change));
    let asked = changing.map(async |change| {
        let problems = ask(io, evaluation, targets, observed, change).await?;
        Ok::<_, Failure>((change.address.clone(), problems))
    });
    for (address, problems) in try_join_all(asked).await? {
        if !problems.is_empty() {
            let sentence = format!(
                "{} does not take this configuration: {}",
                address.kind,
                problems.join("; ")
            );
            plan.refuse(&address, sentence);
        }
    }
    Ok(())
}

fn may_be_judged(plan: &Plan, change: &Change) -> bool {
    let is_written = matches!(
        change.action,
        Action::Create | Action::Update | Action::Replace | Action::Adopt
    );
    let needs = plan.graph.needs.get(&change.address);
    let is_missing = |other: &Change| {
        let may_be_missing = !matches!(other.action, Action::Keep | Action::Update);
        may_be_missing && needs.is_some_and(|needs| needs.contains(&other.address))
    };
    is_written && !plan.changes.iter().any(is_missing)
}

async fn ask(
    io: &Io,
    evaluation: &Evaluation<'_>,
    targets: &Targets,
    observed: &Observed,
    change: &Change,
) -> Result<Vec<String>, Failure> {
    let wanted = evaluation.wanted(&change.address)?;
    let (Some(kind), true) = (kinds::find(&change.address.kind), wanted.unknown.is_empty()) else {
        return Ok(Vec::new());
    };
    let target = targets.of(evaluation, &change.address)?;
    let seen = observed.live.get(&change.address).and_then(|live| live.seen());
    let seen = seen.filter(|_| matches!(change.action, Action::Update | Action::Adopt));
    match kind
        .judge(&io.about(&change.address), &target, seen, &wanted.spec, change)
        .await
    {
        Err(error) if error.class == Class::Credentials => Err(ObserveError::from(error).into()),
        Err(_) => Ok(Vec::new()),
        Ok(problems) => Ok(problems),
    }
}
