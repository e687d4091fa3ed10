//! What is ours and no longer declared: what it is called in a plan, and when it may go.
//!
//! A live object with a declared identity is declared, whatever its mark says. Any other is to be deleted: because
//! nothing declares its address any more, or because its declaration has another name by now. It goes after every
//! change that may stop using it, by the rank of the kinds (the inflow first), and after what refers to it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Change;
use super::Evaluation;
use super::Graph;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::decide::data_loss;
use super::graph::Because;
use super::graph::is_under_any;
use super::live::Live;
use super::live::Owned;
use super::live::Seen;
use super::planner::Intent;
use super::record::scope_id;
use super::request::Request;
use crate::environment::declared::Declared;
use crate::environment::declared::Roles;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Mark;
use crate::resource::Outputs;
use crate::resource::Owner;
use crate::resource::Segment;
use crate::resource::mark::description;
use crate::schema;
use crate::schema::AnySchema;
use crate::schema::DecodeError;
use crate::schema::Marking;
use crate::schema::Path;

/// One live object of ours, as a list of its kind names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marked {
    pub identity: Identity,
    /// Id of what it lives in, where its identity holds within that only.
    pub scope: Option<String>,
    pub cloud_name: String,
    /// [`Mark::address`], as it was read.
    pub address: String,
}

/// What the record's own secrets bear for an address: they are never pruned.
const RECORD: &str = "record";

/// Whether eclusa makes things of this kind here; what the account's owner makes is not ours to list.
pub fn is_managed(declared: &Declared, kind: &str) -> bool {
    !(kind == super::evaluation::ROLE && matches!(declared.settings.aws.roles, Roles::Existing(_)))
}

/// Leaves out what is declared by identity and gives the others an address, each its own: that of the mark, told
/// apart by the cloud name where it is declared or twice there. The same input gives the same addresses.
pub fn addressed(
    evaluation: &Evaluation<'_>,
    mut found: Vec<(String, Marked)>,
) -> Result<Vec<(Address, Marked)>, DecodeError> {
    let declared = identities(evaluation)?;
    found.retain(|(kind, marked)| {
        let stands_alone = marked.address != RECORD && !is_part(kind, marked);
        let scopes = declared.get(&(kind.as_str(), marked.identity.clone()));
        stands_alone && !scopes.is_some_and(|scopes| is_in_one(marked, scopes))
    });
    found.sort();
    found.dedup();
    let mut taken: BTreeSet<Address> = BTreeSet::new();
    let mut named = Vec::with_capacity(found.len());
    for (kind, marked) in found {
        let plain = Address::from_tag_text(&marked.address)
            .or_else(|| described(evaluation, &kind, &marked.address))
            .unwrap_or_else(|| Address::new("unknown", &kind, "unknown"));
        let is_free = evaluation.position(&plain).is_none() && !taken.contains(&plain);
        let address = if is_free {
            plain
        } else {
            plain.as_former(&marked.cloud_name)
        };
        taken.insert(address.clone());
        named.push((address, marked));
    }
    Ok(named)
}

/// CloudFormation hands a stack's tags to what the stack makes, which goes with the stack alone.
fn is_part(kind: &str, marked: &Marked) -> bool {
    Address::from_tag_text(&marked.address).is_some_and(|address| address.kind != kind)
}

/// Whether it lives in one of these; what is declared in a scope that is not known may be anywhere.
fn is_in_one(marked: &Marked, scopes: &[Option<String>]) -> bool {
    marked.scope.is_none() || scopes.iter().any(|scope| scope.is_none() || *scope == marked.scope)
}

/// The declared address that a description holds cut.
fn described(evaluation: &Evaluation<'_>, kind: &str, text: &str) -> Option<Address> {
    let declared = evaluation.declared().resources.iter().map(|resource| &resource.address);
    let mut of_kind = declared.filter(|address| address.kind == kind);
    of_kind.find(|address| description::address(address) == text).cloned()
}

type Identities<'d> = BTreeMap<(&'d str, Identity), Vec<Option<String>>>;

/// Every declared identity that is known, with the ids of the scopes it is declared in.
fn identities<'d>(evaluation: &Evaluation<'d>) -> Result<Identities<'d>, DecodeError> {
    let mut found = Identities::new();
    for resource in &evaluation.declared().resources {
        let identity = evaluation.identity(&resource.address)?;
        if identity != Identity::Unknown {
            let scope = scope_id(evaluation, &resource.address);
            let kind = resource.address.kind.as_str();
            found.entry((kind, identity)).or_default().push(scope);
        }
    }
    Ok(found)
}

/// Whether something declared turned out to be this object, which lives in what has this id, if in anything.
pub fn is_declared(
    evaluation: &Evaluation<'_>,
    kind: &str,
    identity: &Identity,
    scope: Option<&str>,
) -> Result<bool, DecodeError> {
    for resource in &evaluation.declared().resources {
        if resource.address.kind == kind && evaluation.identity(&resource.address)? == *identity {
            let declared = scope_id(evaluation, &resource.address);
            if scope.is_none() || declared.is_none() || declared.as_deref() == scope {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The declared address whose former object this is.
pub(crate) fn successor(evaluation: &Evaluation<'_>, owned: &Owned) -> Option<Address> {
    let current = owned.address.current();
    let is_made = evaluation.position(&current).is_some() && !evaluation.is_existing(&current);
    (is_made && owned.address.former.is_some()).then_some(current)
}

/// The change of each, lowest rank first.
pub(super) fn changes(
    evaluation: &Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    request: &Request,
    reason: impl Fn(&Owned) -> Reason,
) -> Vec<Change> {
    let mut owned: Vec<&Owned> = live.owned.iter().collect();
    owned.sort_by_key(|owned| (rank(&owned.address), owned.address.clone()));
    let changes = owned.into_iter().filter_map(|owned| {
        let (action, reason) = match &owned.live {
            Live::Absent | Live::NotCompared { .. } => return None,
            Live::Unreadable { because, .. } | Live::Unverified { because, .. } => {
                let because = because.clone();
                (Action::Check, Reason::Unreadable { because, until: None })
            }
            Live::Hidden { because } => {
                let because = because.clone();
                (Action::Check, Reason::GoneOrHidden { because, anew: false })
            }
            Live::Present(seen) => present(evaluation, owner, request, owned, seen, reason(owned))?,
        };
        Some(Change {
            address: owned.address.clone(),
            cloud_name: Some(owned.cloud_name.clone()),
            action,
            reason,
            fields: Vec::new(),
            touched_by: Vec::new(),
        })
    });
    changes.collect()
}

fn present(
    evaluation: &Evaluation<'_>,
    owner: &Owner,
    request: &Request,
    owned: &Owned,
    seen: &Seen,
    reason: Reason,
) -> Option<(Action, Reason)> {
    let schema = schema::find(&owned.address.kind);
    let marking = schema.map_or(Marking::Tags, AnySchema::marking);
    // Read by name it may show another mark than in its list: it changed hands.
    let mark = seen.mark.as_ref().filter(|mark| mark.owner == *owner);
    if mark.is_none() && !marking.needs_no_mark() {
        return None;
    }
    if mark.is_some_and(|mark| mark.protect) {
        return Some((Action::Blocked, Reason::MarkedProtected));
    }
    if mark.is_none()
        && marking == Marking::Nothing
        && let Some(account) = schema.and_then(|schema| staying_account(evaluation, schema, seen, request))
    {
        return Some((Action::Keep, Reason::NotRecorded { account }));
    }
    let is_drained = matches!(reason, Reason::Drained { .. });
    if seen.holds_data && !is_drained && !request.allows_data_loss(&owned.address) {
        let data = schema.and_then(AnySchema::data);
        return Some((Action::Blocked, data_loss(data, &owned.address)));
    }
    Some((Action::Delete, reason))
}

/// The declared account that a grant is for and that stays.
fn staying_account(
    evaluation: &Evaluation<'_>,
    schema: &dyn AnySchema,
    seen: &Seen,
    request: &Request,
) -> Option<Address> {
    let id = granted_to(schema, seen)?;
    let mut accounts = evaluation.declared().resources.iter().map(|resource| &resource.address);
    let is_it = |account: &&Address| {
        let found = evaluation.outputs(account).and_then(|outputs| outputs.get("id"));
        account.kind == ACCOUNT && found.is_some_and(|found| found == id)
    };
    let stays = |account: &&Address| request.intent == Intent::Converge || evaluation.is_existing(account);
    accounts.find(is_it).filter(stays).cloned()
}

/// Id of the account that something grants to.
fn granted_to<'s>(schema: &dyn AnySchema, seen: &'s Seen) -> Option<&'s str> {
    let path = schema.grants_to().first()?;
    let principal = path.iter().try_fold(&seen.spec, |at, segment| at.get(segment))?;
    principal.as_str()?.split_once(':').map(|(_, id)| id)
}

/// The kind that grants are for.
const ACCOUNT: &str = "confluent_service_account";

pub(super) fn rank(address: &Address) -> u8 {
    schema::find(&address.kind).map_or(u8::MAX, AnySchema::rank)
}

/// When each may go while the rest converges.
pub(super) fn order_converging(
    graph: &mut Graph,
    evaluation: &Evaluation<'_>,
    live: &Observations,
    declared: &[Change],
    deletes: &[Change],
) -> Result<(), DecodeError> {
    let open: Vec<&Change> = declared
        .iter()
        .filter(|change| !matches!(change.action, Action::Keep | Action::Blocked))
        .collect();
    for owned in going(live, deletes) {
        let successor = successor(evaluation, owned);
        for change in &open {
            let address = &change.address;
            // What uses the successor may use this one so far, though no attribute of it says so: grants are needed by
            // `depends_on` alone.
            if let Some(successor) = &successor
                && graph.needs.get(address).is_some_and(|needs| needs.contains(successor))
            {
                graph.add_unless_circular(&owned.address, address);
            }
            let may_be_it = address.kind == owned.address.kind && evaluation.identity(address)? == Identity::Unknown;
            let may_use = match live.get(address) {
                Some(Live::Present(seen)) => uses(seen, owned, None),
                Some(Live::Absent) | None => false,
                Some(_) => true,
            };
            if may_be_it || may_use || successor.as_ref() == Some(address) {
                graph.add(&owned.address, address, Because::DependsOn);
            }
        }
    }
    order_deletes(graph, live, deletes);
    Ok(())
}

/// When each may go, and what waits for it, while everything goes. `graph` is turned round already.
pub(super) fn order_destroying(
    graph: &mut Graph,
    live: &Observations,
    evaluation: &Evaluation<'_>,
    deletes: &[Change],
) {
    for owned in going(live, deletes) {
        for resource in &evaluation.declared().resources {
            let Some(Live::Present(seen)) = live.get(&resource.address) else {
                continue;
            };
            let schema = resource.schema;
            if goes_before(schema, rank(&owned.address)).is_some_and(|paths| uses(seen, owned, paths)) {
                graph.add_unless_circular(&owned.address, &resource.address);
            }
            let used = Used::of(&seen.outputs);
            if refers(owned, schema.rank(), &used) {
                graph.add_unless_circular(&resource.address, &owned.address);
            }
        }
    }
    order_deletes(graph, live, deletes);
}

fn going<'l>(live: &'l Observations, deletes: &[Change]) -> impl Iterator<Item = &'l Owned> {
    let going: BTreeSet<&Address> = deletes
        .iter()
        .filter(|change| change.action != Action::Blocked)
        .map(|change| &change.address)
        .collect();
    let owned: Vec<&Owned> = live
        .owned
        .iter()
        .filter(|owned| going.contains(&owned.address))
        .collect();
    owned.into_iter()
}

/// Among those that nothing declares: each rank after the one before it, within a rank what refers first.
fn order_deletes(graph: &mut Graph, live: &Observations, deletes: &[Change]) {
    let mut ranks: BTreeMap<u8, Vec<&Owned>> = BTreeMap::new();
    for owned in going(live, deletes) {
        graph.needs.entry(owned.address.clone()).or_default();
        ranks.entry(rank(&owned.address)).or_default().push(owned);
    }
    let mut before: &[&Owned] = &[];
    for (rank, group) in &ranks {
        for owned in group {
            for earlier in before {
                graph.add_unless_circular(&owned.address, &earlier.address);
            }
            let used = Used::of_owned(owned);
            for other in group.iter().filter(|other| other.address != owned.address) {
                if refers(other, *rank, &used) {
                    graph.add_unless_circular(&owned.address, &other.address);
                }
            }
        }
        before = group;
    }
}

/// Where a kind's references put it before something of another rank: anywhere in a lower one, only where it must
/// exist in the same, nowhere in a higher one.
fn goes_before(schema: &dyn AnySchema, used_rank: u8) -> Option<Option<&'static [Path]>> {
    match schema.rank().cmp(&used_rank) {
        std::cmp::Ordering::Less => Some(None),
        std::cmp::Ordering::Equal => Some(Some(schema.must_exist())),
        std::cmp::Ordering::Greater => None,
    }
}

fn refers(owned: &Owned, used_rank: u8, used: &Used<'_>) -> bool {
    let (Some(schema), Live::Present(seen)) = (schema::find(&owned.address.kind), &owned.live) else {
        return false;
    };
    goes_before(schema, used_rank).is_some_and(|paths| used.is_in(&seen.spec, &mut Vec::new(), paths))
}

fn uses(seen: &Seen, owned: &Owned, paths: Option<&[Path]>) -> bool {
    Used::of_owned(owned).is_in(&seen.spec, &mut Vec::new(), paths)
}

/// The texts by which others may refer to one object.
struct Used<'u> {
    /// Told from other texts wherever they stand: ARNs and URLs.
    distinct: Vec<&'u str>,
    /// Whole texts only: names and ids.
    plain: Vec<&'u str>,
}

impl<'u> Used<'u> {
    fn of(outputs: &'u Outputs) -> Self {
        let texts = outputs.values().map(String::as_str).filter(|text| !text.is_empty());
        let (distinct, plain) = texts.partition(|text| text.contains([':', '/']));
        Self { distinct, plain }
    }

    fn of_owned(owned: &'u Owned) -> Self {
        match &owned.live {
            Live::Present(seen) => {
                let mut used = Self::of(&seen.outputs);
                // Whoever works as an account uses what was granted to it.
                let schema = schema::find(&owned.address.kind);
                used.plain.extend(schema.and_then(|schema| granted_to(schema, seen)));
                used
            }
            _ => Self {
                distinct: Vec::new(),
                plain: vec![&owned.cloud_name],
            },
        }
    }

    fn is_in(&self, spec: &Json, at: &mut Vec<Segment>, paths: Option<&[Path]>) -> bool {
        match spec {
            Json::String(text) => {
                let is_it = self.plain.contains(&text.as_str()) || self.distinct.iter().any(|each| text.contains(each));
                is_it && paths.is_none_or(|paths| is_under_any(at, paths))
            }
            Json::Array(items) => items
                .iter()
                .enumerate()
                .any(|(index, item)| self.is_below(Segment::Index(index), item, at, paths)),
            Json::Object(entries) => entries
                .iter()
                .any(|(key, value)| self.is_below(Segment::Key(key.clone()), value, at, paths)),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }

    fn is_below(&self, segment: Segment, value: &Json, at: &mut Vec<Segment>, paths: Option<&[Path]>) -> bool {
        at.push(segment);
        let found = self.is_in(value, at, paths);
        at.pop();
        found
    }
}

impl Marked {
    pub fn new(identity: Identity, cloud_name: &str, mark: &Mark) -> Self {
        Self {
            identity,
            scope: None,
            cloud_name: cloud_name.to_owned(),
            address: mark.address.clone(),
        }
    }

    /// The same, living in what has this id.
    #[must_use]
    pub fn within(self, scope: &str) -> Self {
        Self {
            scope: Some(scope.to_owned()),
            ..self
        }
    }
}
