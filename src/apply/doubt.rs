//! What was to go, and is gone or hidden from this key: what settles it, and what becomes of it where nothing does.

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::holders;
use eclusa_planner::resource::Address;

use super::node::Done;
use super::outcome::Ended;
use super::outcome::NodeError;
use super::outcome::Outcome;
use super::run::Run;

impl Run<'_, '_> {
    /// What may be hidden is a failure at once where nothing of this run can settle it, so that who wrote it stays.
    pub(super) fn with_doubt(&self, address: &Address, ended: Result<Done, NodeError>) -> Result<Done, NodeError> {
        let Ok(Done {
            hidden: Some(because), ..
        }) = &ended
        else {
            return ended;
        };
        let is_going = |holder: &&Address| {
            let mut changes = self.plan.changes.iter();
            changes.any(|change| change.address == **holder && matches!(change.action, Action::Delete | Action::Check))
        };
        let holders = holders(&self.evaluation, address);
        let is_absent = |holder: &&Address| self.observed.live.get(holder) == Some(&Live::Absent);
        match holders.iter().any(|holder| is_going(holder) || is_absent(holder)) {
            true => ended,
            false => Err(NodeError::Hidden(because.clone())),
        }
    }

    /// What may be hidden is gone where what it lived in or belonged to is; else nobody can say.
    pub(super) fn settle_hidden(&self, outcome: &mut Outcome) {
        for (address, because) in &self.hidden {
            let holders = holders(&self.evaluation, address);
            let is_gone = |holder: &&Address| {
                outcome.was_deleted(holder) || self.observed.live.get(holder) == Some(&Live::Absent)
            };
            if !holders.iter().any(is_gone) {
                let error = NodeError::Hidden(because.clone());
                let action = Action::Delete;
                outcome.ended.insert(address.clone(), Ended::Failed { action, error });
            }
        }
    }
}
