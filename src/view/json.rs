//! The plan for programs. `format_version` grows by a whole number when a reader must change.

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::FieldChange;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Reason;
use eclusa_planner::plan::written::Written;
use serde_json::Value as Json;
use serde_json::json;

use super::Report;
use super::value;

/// The version of this format.
const FORMAT_VERSION: &str = "1.0";

/// One JSON document, changes only.
pub fn plan(report: &Report<'_>) -> String {
    let document = json!({
        "format_version": FORMAT_VERSION,
        "environment": report.plan.environment,
        "owner": report.plan.owner,
        "changes": changes(report.plan),
        "targets": report.plan.request.targets,
        "unlisted": report.plan.unlisted,
        "not_verified": not_verified(report.plan),
        "not_compared": report.plan.not_compared,
        "notes": notes(report.plan),
        "calls": report.calls,
    });
    format!("{document:#}\n")
}

/// What does not stay as it is.
pub fn changes(plan: &Plan) -> Vec<Json> {
    let shown = plan.changes.iter().filter(|change| change.action != Action::Keep);
    shown.map(change_json).collect()
}

fn not_verified(plan: &Plan) -> Vec<Json> {
    let unverified = plan
        .changes
        .iter()
        .filter(|change| matches!(change.reason, Reason::NotVerified { .. } | Reason::NotRecorded { .. }));
    unverified
        .map(|change| json!({ "address": change.address, "reason": change.sentence() }))
        .collect()
}

fn notes(plan: &Plan) -> Vec<Json> {
    let notes = plan.notes.iter();
    notes
        .map(|note| json!({ "text": note.sentence(), "detail": note }))
        .collect()
}

fn change_json(change: &Change) -> Json {
    json!({
        "address": change.address,
        "kind": change.address.kind,
        "name": change.cloud_name,
        "action": change.action,
        "reason": { "text": change.sentence(), "detail": change.reason },
        "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

fn field(field: &FieldChange) -> Json {
    let unknown = field.after.as_ref().is_some_and(value::is_unknown);
    json!({
        "path": Written(&field.path).to_string(),
        "before": field.before,
        "after": field.after.as_ref().filter(|_| !unknown),
        "after_unknown": unknown,
        "forces_replacement": field.forces_replacement,
    })
}
