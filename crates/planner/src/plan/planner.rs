//! Every declared resource decided, in order, with the graph of the run.
//!
//! What is there and ours is first taken to stay, with its live outputs. Then every resource is decided, what
//! is needed before what needs it. One that will be made anew loses its live outputs again, and everything
//! whose wanted value hung on them is decided once more; no resource loses them twice, so that it ends.
//!
//! Then come the deletes of what is ours and no longer declared. Targets leave everything out but themselves and
//! what they need.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;

use super::Change;
use super::Evaluation;
use super::Graph;
use super::Observations;
use super::cascade;
use super::chains;
use super::change::Action;
use super::change::Reason;
use super::decide::NAME;
use super::decide::decide_granted;
use super::decide::differences;
use super::decide::keep_data;
use super::decide::with_effects;
use super::destroy;
use super::draining;
use super::feeding;
use super::grants;
use super::graph::Because;
use super::late_logs;
use super::live::Live;
use super::live::Owned;
use super::live::Unlisted;
use super::notes;
use super::notes::Note;
use super::owned;
use super::record;
use super::renaming;
use super::request::Granted;
use super::request::Request;
use super::request::is_among;
use super::staying;
use super::unread::hang_on_unread;
use super::unread::not_there;
use super::unread::scoped;
use super::unseen;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Owner;
use crate::schema::DecodeError;
use crate::schema::Effect;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Make the clouds match the declaration.
    Converge,
    /// Delete what is ours, declared or not.
    Destroy,
}

/// A plan is a value: the same input gives the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub environment: String,
    pub owner: Owner,
    pub intent: Intent,
    /// In an order in which they could be applied, ties as declared. [`Intent::Converge`]: every declared
    /// resource, what stays as it is included. [`Intent::Destroy`]: what is absent, and what only exists
    /// (`existing:`), is left out. Deletes of what is no longer declared are among them.
    pub changes: Vec<Change>,
    /// Already turned round for [`Intent::Destroy`]: what `needs` names goes first.
    pub graph: Graph,
    /// Deletes that a replace begins with, each a step of its own in `graph`, and whose they are: what is made anew
    /// because of something else that is.
    pub firsts: BTreeMap<Address, Address>,
    /// Second halves of updates, each a step of its own in `graph`, and whose they are: what a role may do no longer.
    pub lasts: BTreeMap<Address, Address>,
    /// Log groups that may come back after a function is deleted, by name; see [`super::late_logs`].
    pub late_logs: Vec<String>,
    /// Kinds of which something of ours may be there that is not in the plan.
    pub unlisted: Vec<Unlisted>,
    /// What stays as it is and is not in the record so: something to do, though to no cloud's resource.
    pub unrecorded: Vec<Address>,
    /// Kinds that the environment file says this key cannot list; see [`super::unseen`].
    pub not_compared: Vec<String>,
    /// What to know beside; nothing to do.
    pub notes: Vec<Note>,
    pub request: Request,
}

/// How many changes a plan has of each action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub keep: usize,
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub adopt: usize,
    pub check: usize,
    pub blocked: usize,
}

impl Plan {
    /// Whether anything is not as declared, or cannot be said to be: what could not be read and what is
    /// blocked count, so that nobody reads "No changes" over them.
    pub fn has_changes(&self) -> bool {
        !self.unrecorded.is_empty() || self.changes.iter().any(|change| change.action != Action::Keep)
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            *match change.action {
                Action::Keep => &mut counts.keep,
                Action::Create => &mut counts.create,
                Action::Update => &mut counts.update,
                Action::Replace => &mut counts.replace,
                Action::Delete => &mut counts.delete,
                Action::Adopt => &mut counts.adopt,
                Action::Check => &mut counts.check,
                Action::Blocked => &mut counts.blocked,
            } += 1;
        }
        counts
    }

    /// What may not be touched: while there is any, an apply refuses before its first write; a destroy leaves
    /// it and goes on.
    pub fn blocked(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action == Action::Blocked)
    }

    /// Blocks a change that its cloud said it would not take.
    pub fn refuse(&mut self, address: &Address, sentence: String) {
        let mut changes = self.changes.iter_mut();
        if let Some(change) = changes.find(|change| change.address == *address) {
            change.action = Action::Blocked;
            change.reason = Reason::Refused { sentence };
            change.fields = Vec::new();
        }
    }

    /// What could not be read: the plan is not the whole answer.
    pub fn unread(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action == Action::Check)
    }
}

/// Plans. The evaluation learns the outputs of what stays, and forgets those of what does not.
pub fn plan(
    evaluation: &mut Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    request: impl Into<Request>,
) -> Result<Plan, DecodeError> {
    let request = request.into();
    let mut graph = Graph::of(evaluation);
    let mut lasts = BTreeMap::new();
    let changes = match request.intent {
        Intent::Converge => converge_all(evaluation, owner, live, &mut graph, &mut lasts, &request)?,
        Intent::Destroy => {
            let (changes, order) = destroy::destroy(evaluation, owner, live, &graph, &request);
            graph = order;
            changes
        }
    };
    let firsts = match request.intent {
        Intent::Converge => chains::order(&mut graph, evaluation, &changes),
        Intent::Destroy => BTreeMap::new(),
    };
    let late_logs = late_logs::of(evaluation, &changes)?;
    let is_whole = request.targets.is_empty();
    let is_settled = |kind: &str| request.intent == Intent::Destroy && cascade::goes_whole(evaluation, &changes, kind);
    let unlisted = live
        .unlisted
        .iter()
        .filter(|unlisted| is_whole && !is_settled(&unlisted.kind));
    let unlisted = unlisted.cloned().collect();
    let unrecorded = match request.intent {
        Intent::Converge => record::unrecorded(evaluation, live, &changes)?,
        Intent::Destroy => Vec::new(),
    };
    Ok(Plan {
        unrecorded,
        not_compared: unseen::kinds(live),
        notes: notes::of(evaluation, owner, live, &changes, request.intent)?,
        environment: evaluation.declared().settings.environment.clone(),
        owner: owner.clone(),
        intent: request.intent,
        changes,
        graph,
        firsts,
        lasts,
        late_logs,
        unlisted,
        request,
    })
}

fn converge_all(
    evaluation: &mut Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    graph: &mut Graph,
    lasts: &mut BTreeMap<Address, Address>,
    request: &Request,
) -> Result<Vec<Change>, DecodeError> {
    let live = renaming::taken(evaluation, live);
    let live = live.as_ref();
    let mut changes = converge(evaluation, owner, live, graph, request)?;
    feeding::order(graph, evaluation, &changes)?;
    for former in &live.owned {
        take_the_place(evaluation, &mut changes, former)?;
    }
    if !request.targets.is_empty() {
        let resources = evaluation.declared().resources.iter();
        let targets = resources
            .map(|resource| &resource.address)
            .filter(|address| is_among(address, &request.targets));
        let needed = graph.with_needs(targets);
        changes.retain(|change| needed.contains(&change.address));
        staying::keep(&mut changes, evaluation, live, request);
        return Ok(changes);
    }
    staying::keep(&mut changes, evaluation, live, request);
    let drains = draining::drains(evaluation, live, request);
    let mut deletes = owned::changes(evaluation, owner, live, request, |owned| {
        if let Some(queue) = drains.get(&owned.address) {
            return Reason::Drains { queue: queue.clone() };
        }
        let is_drained = drains.values().any(|queue| *queue == owned.address);
        match owned::successor(evaluation, owned) {
            Some(by) if is_drained => Reason::Drained { by },
            Some(by) => Reason::Superseded { by },
            None => Reason::NotDeclared,
        }
    });
    for change in &mut deletes {
        keep_protected(evaluation, change);
    }
    staying::keep(&mut deletes, evaluation, live, request);
    owned::order_converging(graph, evaluation, live, &changes, &deletes)?;
    draining::order(graph, &drains);
    *lasts = grants::order(graph, &changes, &deletes);
    changes.extend(deletes);
    Ok(changes)
}

/// What its declaration protects stays under its former name too.
fn keep_protected(evaluation: &Evaluation<'_>, change: &mut Change) {
    let resources = &evaluation.declared().resources;
    if let Reason::Superseded { by } | Reason::Drained { by } = &change.reason
        && let Some(holder) = resources.iter().find(|resource| resource.address == *by)
        && holder.options.protect
    {
        change.action = Action::Blocked;
        change.reason = Reason::Protected { holder: by.clone() };
    }
}

/// What is created while an object of ours under its former name stands for it is shown as replaced.
fn take_the_place(evaluation: &Evaluation<'_>, changes: &mut [Change], former: &Owned) -> Result<(), DecodeError> {
    let Some(address) = owned::successor(evaluation, former) else {
        return Ok(());
    };
    let created = |change: &&mut Change| change.address == address && change.action == Action::Create;
    let (Some(change), Some(position)) = (changes.iter_mut().find(created), evaluation.position(&address)) else {
        return Ok(());
    };
    if let Live::Present(seen) = &former.live {
        let resource = &evaluation.declared().resources[position];
        change.fields = differences(resource, &evaluation.wanted(&address)?, seen)?;
    }
    change.action = Action::Replace;
    change.reason = Reason::Renamed {
        from: former.cloud_name.clone(),
    };
    Ok(())
}

fn converge(
    evaluation: &mut Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    graph: &Graph,
    request: &Request,
) -> Result<Vec<Change>, DecodeError> {
    let granted: Vec<Granted> = evaluation
        .declared()
        .resources
        .iter()
        .map(|resource| {
            let granted = request.granted(&resource.address, resource.options.adopt);
            let lose_data = granted.lose_data || staying::is_allowed(evaluation, &resource.address, request);
            Granted { lose_data, ..granted }
        })
        .collect();
    let resources = &evaluation.declared().resources;
    let order = graph.order(&resources.iter().map(|resource| &resource.address).collect::<Vec<_>>());
    let mut rank = vec![0; order.len()];
    for (turn, position) in order.iter().enumerate() {
        rank[*position] = turn;
    }
    take_as_staying(evaluation, owner, live, &granted);
    let mut decided: Vec<Option<Change>> = vec![None; order.len()];
    let mut is_forgotten = vec![false; order.len()];
    let mut open: BTreeSet<usize> = (0..order.len()).collect();
    while let Some(turn) = open.pop_first() {
        let position = order[turn];
        let change = decide_one(evaluation, owner, live, graph, &granted, position, &decided)?;
        // What the service refuses to change stays as it is; what a template's outputs will be is not known while it
        // changes.
        let stays = match change.action {
            Action::Keep | Action::Adopt => true,
            Action::Update => resources[position].schema.own_outputs().is_none(),
            _ => matches!(change.reason, Reason::Refused { .. }),
        };
        let action = change.action;
        let has_turned = decided[position]
            .replace(change)
            .is_some_and(|earlier| earlier.action != action);
        if !stays && !std::mem::replace(&mut is_forgotten[position], true) {
            let touched = evaluation.forget(position);
            open.extend(
                touched
                    .into_iter()
                    .filter(|other| *other != position)
                    .map(|other| rank[other]),
            );
        }
        if has_turned {
            open.extend(
                evaluation
                    .users(position)
                    .map(|user| rank[user])
                    .filter(|user| *user > turn),
            );
        }
    }
    Ok(order
        .into_iter()
        .filter_map(|position| decided[position].take())
        .collect())
}

/// Learns the live outputs of all that is there and may stay.
fn take_as_staying(evaluation: &mut Evaluation<'_>, owner: &Owner, live: &Observations, granted: &[Granted]) {
    let resources = &evaluation.declared().resources;
    let mut learnt = HashMap::new();
    for (position, resource) in resources.iter().enumerate() {
        let is_existing = evaluation.is_existing(&resource.address);
        match live.get(&resource.address) {
            Some(Live::Present(seen)) => {
                let found = seen.mark.as_ref().map(|mark| &mark.owner);
                let may_adopt = granted.get(position).is_some_and(|granted| granted.adopts(found));
                let is_ours = found == Some(owner) || resource.schema.marking().needs_no_mark();
                if is_existing || is_ours || may_adopt {
                    let mut outputs = seen.outputs.clone();
                    // What can be renamed is called as declared once this is done.
                    if resource.schema.renames() && !is_existing {
                        outputs.remove(NAME);
                    }
                    learnt.insert(position, outputs);
                }
            }
            Some(Live::Unverified { outputs, .. }) if is_existing => {
                learnt.insert(position, outputs.clone());
            }
            Some(Live::NotCompared { outputs: Some(outputs) }) => {
                learnt.insert(position, outputs.clone());
            }
            _ => {}
        }
    }
    evaluation.relearn_all(learnt);
}

fn is_made_anew(change: &Change) -> bool {
    matches!(change.action, Action::Create | Action::Replace)
}

fn decide_one(
    evaluation: &Evaluation<'_>,
    owner: &Owner,
    live: &Observations,
    graph: &Graph,
    granted: &[Granted],
    position: usize,
    decided: &[Option<Change>],
) -> Result<Change, DecodeError> {
    let resource = &evaluation.declared().resources[position];
    let wanted = evaluation.wanted(&resource.address)?;
    let granted = &Granted {
        passes_over: unseen::passed_over(evaluation, position, decided),
        ..granted[position].clone()
    };
    let all = live;
    let live = match (scoped(evaluation, position, decided), live.get(&resource.address)) {
        (Some(Live::Absent), _) => Cow::Owned(Live::Absent),
        (Some(unread), None | Some(Live::Absent)) => Cow::Owned(unread),
        (_, Some(live)) if *live != Live::Absent => Cow::Borrowed(live),
        (_, other) => Cow::Owned(not_there(evaluation, resource, position, other.is_some(), decided)?),
    };
    if let Some(hanging) = unseen::hanging(evaluation, all, &live, resource, position, decided)? {
        return Ok(hanging);
    }
    let mut change = decide_granted(resource, owner, &wanted, &live, granted)?;
    let effects = effects(evaluation, resource, graph, position, decided);
    with_effects(&mut change, resource, &live, &effects);
    keep_data(&mut change, resource, &live, granted);
    hang_on_unread(&mut change, evaluation, decided);
    Ok(change)
}

/// What the kinds' `ON_REPLACED` make of the needed resources that are made anew. One that was gone and is
/// created again counts: an interrupted replace leaves exactly that behind.
fn effects<'p>(
    evaluation: &Evaluation<'_>,
    resource: &Resource,
    graph: &Graph,
    position: usize,
    decided: &'p [Option<Change>],
) -> Vec<(&'p Address, Effect)> {
    let mut found: Vec<(&Address, Effect)> = Vec::new();
    if resource.schema.on_replaced().is_empty() {
        return found;
    }
    for used in evaluation.uses(position) {
        let Some(Some(change)) = decided.get(used.target) else {
            continue;
        };
        let effect = resource
            .schema
            .on_replaced()
            .iter()
            .find(|(kind, _)| *kind == change.address.kind)
            .map(|(_, effect)| *effect);
        let is_needed = graph
            .because(&resource.address, &change.address)
            .iter()
            .any(|because| *because != Because::DependsOn);
        if let Some(effect) = effect
            && is_made_anew(change)
            && is_needed
            && !found.iter().any(|(address, _)| **address == change.address)
        {
            found.push((&change.address, effect));
        }
    }
    found
}
