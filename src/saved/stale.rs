//! Whether a saved plan is still the plan: everything that moved since, by name.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use eclusa_planner::plan::Plan;
use eclusa_planner::plan::fingerprint::Declarations;
use eclusa_planner::plan::fingerprint::Sightings;
use eclusa_planner::schema::DecodeError;
use serde_json::Value as Json;

use super::MadeAs;
use super::SavedPlan;
use super::VERSION;
use crate::session::Looked;
use crate::session::Session;
use crate::view;

impl SavedPlan {
    /// What differs before anything is asked of a cloud.
    pub fn moved_version(&self) -> Vec<String> {
        differs("eclusa", &self.eclusa, VERSION).into_iter().collect()
    }

    /// What differs in whom and where we are, and in what is declared; no resource need be read for it.
    pub fn moved_declarations(&self, session: &Session) -> Vec<String> {
        let now = MadeAs::of(&session.declared.place, &session.owner);
        let mut moved = self.made_as.moved(&now);
        let declared = self.declared.moved(&Declarations::of(&session.declared));
        moved.extend(declared.iter().map(ToString::to_string));
        moved
    }

    /// What differs in what is live, and in what would be done about it.
    ///
    /// # Errors
    /// What is live does not fit its kind's Spec.
    pub fn moved_live(&self, looked: &Looked<'_>) -> Result<Vec<String>, DecodeError> {
        let now = Sightings::of(&looked.evaluation, &looked.observed.live)?;
        let moved = self.live.moved(&now);
        if moved.is_empty() {
            return Ok(replanned(&self.changes, &looked.plan));
        }
        Ok(moved.iter().map(ToString::to_string).collect())
    }
}

impl MadeAs {
    /// The owner is made of the others, so that it is named only where none of them tells.
    fn moved(&self, now: &Self) -> Vec<String> {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let parts = [
            differs("environment", &self.environment, &now.environment),
            differs("account", &said(&self.account), &said(&now.account)),
            differs("region", &self.region, &now.region),
            differs("organization", &said(&self.organization), &said(&now.organization)),
        ];
        let moved: Vec<String> = parts.into_iter().flatten().collect();
        if moved.is_empty() {
            return differs("owner", &self.owner, &now.owner).into_iter().collect();
        }
        moved
    }
}

fn differs(what: &str, before: &str, now: &str) -> Option<String> {
    (before != now).then(|| format!("{what} (was {before}, is {now})"))
}

/// What is planned otherwise though nothing that has a fingerprint moved: data came or went.
fn replanned(saved: &[Json], plan: &Plan) -> Vec<String> {
    let now = view::json::changes(plan);
    let (saved, now) = (by_address(saved), by_address(&now));
    let addresses: BTreeSet<&&str> = saved.keys().chain(now.keys()).collect();
    addresses
        .into_iter()
        .filter_map(|address| {
            let (before, now) = (saved.get(*address), now.get(*address));
            let is_same = ["action", "fields"]
                .iter()
                .all(|part| before.map(|change| &change[part]) == now.map(|change| &change[part]));
            (!is_same).then(|| told(address, before.copied(), now.copied()))
        })
        .collect()
}

fn by_address(changes: &[Json]) -> BTreeMap<&str, &Json> {
    let addressed = changes
        .iter()
        .filter_map(|change| Some((change["address"].as_str()?, change)));
    addressed.collect()
}

fn told(address: &str, before: Option<&Json>, now: Option<&Json>) -> String {
    let action = |change: Option<&Json>| {
        let action = change.and_then(|change| change["action"].as_str());
        action.unwrap_or("keep").to_owned()
    };
    if action(before) == action(now) {
        return format!("{address} (what would change of it)");
    }
    let reason = now.and_then(|change| change["reason"]["text"].as_str());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "{address} (planned as {}, would be {} now{reason})",
        action(before),
        action(now)
    )
}
