//! What a plan is asked for: its purpose, and what its asker allows.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use super::planner::Intent;
use crate::resource::Address;
use crate::resource::Owner;

/// What a plan is asked for. An address without a key means every instance of a `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub intent: Intent,
    /// Only these and what they need; everything where it is empty. Targets prune nothing.
    pub targets: Vec<Address>,
    /// To be made anew though nothing asks for it.
    pub replace: Vec<Address>,
    /// What these hold may be lost.
    pub allow_data_loss: Vec<Address>,
    /// May be taken over, unmarked or from this owner.
    pub adopt: Vec<(Address, Option<Owner>)>,
}

/// What is granted to one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Whoever is named here may lose it; an inner `None` is something without a mark.
    pub(crate) adopt_from: Vec<Option<Owner>>,
    pub(crate) replace: bool,
    pub(crate) lose_data: bool,
    /// A difference that awaits outputs of nothing but these is passed over: they are not compared, each because of the
    /// other.
    pub(crate) passes_over: BTreeMap<Address, Address>,
}

impl From<Intent> for Request {
    fn from(intent: Intent) -> Self {
        Self {
            intent,
            targets: Vec::new(),
            replace: Vec::new(),
            allow_data_loss: Vec::new(),
            adopt: Vec::new(),
        }
    }
}

impl Granted {
    /// Whether something of this owner, or without a mark, may be taken over.
    pub(crate) fn adopts(&self, found: Option<&Owner>) -> bool {
        self.adopt_from.iter().any(|from| from.as_ref() == found)
    }
}

impl Request {
    /// Whether what this resource holds may be lost. A destroy asked for that once, for everything.
    pub fn allows_data_loss(&self, address: &Address) -> bool {
        self.intent == Intent::Destroy || is_among(address, &self.allow_data_loss)
    }

    /// Every address that the asker wrote.
    pub fn named(&self) -> impl Iterator<Item = &Address> {
        let adopted = self.adopt.iter().map(|(address, _)| address);
        self.targets
            .iter()
            .chain(&self.replace)
            .chain(&self.allow_data_loss)
            .chain(adopted)
    }

    pub(crate) fn granted(&self, address: &Address, adopts: bool) -> Granted {
        let asked = self.adopt.iter().filter(|(written, _)| address.is_meant_by(written));
        // `--from` names one owner; what bears no mark at all needs no name.
        let mut adopt_from: Vec<Option<Owner>> = asked.flat_map(|(_, from)| [None, from.clone()]).collect();
        if adopts {
            adopt_from.push(None);
        }
        Granted {
            adopt_from,
            replace: is_among(address, &self.replace),
            lose_data: self.allows_data_loss(address),
            passes_over: BTreeMap::new(),
        }
    }
}

pub(crate) fn is_among(address: &Address, written: &[Address]) -> bool {
    written.iter().any(|written| address.is_meant_by(written))
}
