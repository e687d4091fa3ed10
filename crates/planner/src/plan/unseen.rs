//! Kinds that the key of a drift job cannot list, as the environment file says (`drift: { unseen: [kinds] }`).
//!
//! - They are not compared, which is said once and makes no answer incomplete.
//! - What refers to one is compared with the outputs that the record remembers. Without them a difference that hangs on
//!   such outputs alone is passed over, and what lives in it, or is known by it, is not compared either.
//! - All of that serves to compare, never to write: an apply looks for everything.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Change;
use super::Evaluation;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::live::Live;
use super::record::Record;
use super::record::scope_id;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Outputs;
use crate::resource::sentinel;
use crate::schema::DecodeError;

/// The output that is a resource's id.
const ID: &str = "id";

/// [`Live::NotCompared`] for every declared resource of these kinds, with what the record remembers of its outputs. An
/// entry counts where it is of the same identity in the same scope, as far as `evaluation` knows both: asked again when
/// more was learnt, more may be remembered. What is only looked up is in no record.
pub fn recalled(
    evaluation: &Evaluation<'_>,
    record: Option<&Record>,
    kinds: &[String],
) -> Result<BTreeMap<Address, Live>, DecodeError> {
    let mut known = evaluation.clone();
    let resources = evaluation.declared().resources.iter();
    let mut open: Vec<&Resource> = resources.filter(|each| kinds.contains(&each.address.kind)).collect();
    let mut found: BTreeMap<Address, Live> = open
        .iter()
        .map(|resource| (resource.address.clone(), Live::NotCompared { outputs: None }))
        .collect();
    // What one remembers may name the next.
    loop {
        let mut left = Vec::new();
        let before = open.len();
        for resource in open {
            match remembered(&known, record, resource)? {
                Some(outputs) => {
                    known.learn(&resource.address, outputs.clone());
                    let outputs = Some(outputs);
                    found.insert(resource.address.clone(), Live::NotCompared { outputs });
                }
                None => left.push(resource),
            }
        }
        if left.len() == before {
            return Ok(found);
        }
        open = left;
    }
}

/// The id of its entry, and what follows from names.
fn remembered(
    known: &Evaluation<'_>,
    record: Option<&Record>,
    resource: &Resource,
) -> Result<Option<Outputs>, DecodeError> {
    let address = &resource.address;
    let identity = known.identity(address)?;
    let entry = record.and_then(|record| record.get(address)).filter(|entry| {
        identity != Identity::Unknown && entry.identity == identity && entry.scope == scope_id(known, address)
    });
    let (Some(entry), false) = (entry, known.is_existing(address)) else {
        return Ok(None);
    };
    let mut outputs = known.outputs(address).cloned().unwrap_or_default();
    let listed = resource.schema.outputs().iter();
    for (_, example) in listed.filter(|(output, _)| *output == ID) {
        if is_formed_as(example, &entry.handle) {
            outputs.insert(ID.to_owned(), entry.handle.clone());
        }
    }
    Ok(Some(outputs))
}

/// Whether a handle is an id, and neither a name nor a path of ids.
fn is_formed_as(example: &str, handle: &str) -> bool {
    let prefix = example.find('-').and_then(|end| example.get(..=end));
    handle.starts_with(prefix.unwrap_or_default()) && !handle.contains('/')
}

/// The kinds that were not compared, for a view to say once.
pub(super) fn kinds(live: &Observations) -> Vec<String> {
    let found = live.declared.iter();
    let found = found.filter(|(_, live)| matches!(live, Live::NotCompared { .. }));
    let kinds: BTreeSet<&String> = found.map(|(address, _)| &address.kind).collect();
    kinds.into_iter().cloned().collect()
}

/// What a resource refers to that is not compared, and because of what each is not.
pub(super) fn passed_over(
    evaluation: &Evaluation<'_>,
    position: usize,
    decided: &[Option<Change>],
) -> BTreeMap<Address, Address> {
    let used = evaluation.uses(position).iter();
    let changes = used.filter_map(|used| decided.get(used.target)?.as_ref());
    changes
        .filter_map(|change| Some((change.address.clone(), cause(change)?.clone())))
        .collect()
}

/// The decision about what cannot have been looked for because of something that is not compared: it lives there and
/// nobody knows where that is, or it is known by that. `found` is what there is to say of it otherwise.
pub(super) fn hanging(
    evaluation: &Evaluation<'_>,
    live: &Observations,
    found: &Live,
    resource: &Resource,
    position: usize,
    decided: &[Option<Change>],
) -> Result<Option<Change>, DecodeError> {
    let address = &resource.address;
    let is_looked_for = match found {
        Live::Absent => false,
        Live::Unreadable { until, .. } => until.is_some() || live.get(address).is_some(),
        _ => true,
    };
    if is_looked_for {
        return Ok(None);
    }
    let root = |target: usize| cause(decided.get(target)?.as_ref()?);
    let nowhere = |target: &usize| {
        let scope = evaluation.declared().resources.get(*target);
        let found = scope.and_then(|scope| live.get(&scope.address));
        !matches!(found, Some(Live::NotCompared { outputs: Some(_) } | Live::Present(_)))
    };
    let lives_in = evaluation.scope_of(position).filter(nowhere).find_map(root);
    let is_unknown = evaluation.identity(address)? == Identity::Unknown;
    let known_by = evaluation.uses(position).iter().filter(|_| is_unknown);
    let hangs_on = lives_in.or_else(|| known_by.map(|used| used.target).find_map(root));
    Ok(hangs_on.map(|on| Change {
        address: address.clone(),
        cloud_name: evaluation.cloud_name(address).filter(|name| !sentinel::is_in(name)),
        action: Action::Keep,
        reason: Reason::NotCompared {
            hangs_on: Some(on.clone()),
        },
        fields: Vec::new(),
        touched_by: Vec::new(),
    }))
}

/// The resource of a kind that is not compared because of which this one is not.
fn cause(change: &Change) -> Option<&Address> {
    match &change.reason {
        Reason::NotCompared { hangs_on: None } => Some(&change.address),
        Reason::NotCompared { hangs_on } => hangs_on.as_ref(),
        _ => None,
    }
}
