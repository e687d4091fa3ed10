//! Names, identities and outputs, as far as they are known; grows while a run goes on.
//!
//! Each resource is evaluated by itself: what is known of the others is put into its name and attributes, the
//! rest travels as sentinels through `canonical`, and the kind says identity and outputs. What comes out may
//! make more known elsewhere, so that exactly those who refer to an output that changed are evaluated again,
//! until nothing changes. Known once means evaluated once: the work is linear in resources and references.
//!
//! What a name or identity hangs on can be another resource's output; while that is not known, neither is
//! the identity, nor any output whose text holds it. Learnt outputs (read from, or answered by, the cloud)
//! win over those that follow from names: an adopted role lies where it lies.
//!
//! Of a resource that only exists (`existing:`, and every role where the account's owner made them) nothing is
//! wanted, and before it is read only its name is known: it was not made by the rules of its kind.

mod references;
mod settling;

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::Value as Json;

pub(crate) use self::references::Use;
use self::settling::Queue;
use crate::environment::Declared;
use crate::environment::declared::Resource;
use crate::environment::declared::Roles;
use crate::plan::sentinels::Sentinels;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Outputs;
use crate::resource::PlaceField;
use crate::resource::SecretSource;
use crate::resource::Segment;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::Value;
use crate::resource::sentinel;
use crate::schema::DecodeError;

/// What is known about the declared resources. Made once per run; learns outputs as they come.
#[derive(Clone, Debug)]
pub struct Evaluation<'d> {
    declared: &'d Declared,
    /// The place's fields, known or as their sentinels.
    place: [(PlaceField, String); PlaceField::ALL.len()],
    index: HashMap<&'d Address, usize>,
    entries: Vec<Entry<'d>>,
    /// Who refers to each entry: a position, and which of its uses.
    users: Vec<Vec<(usize, usize)>>,
    /// How often a resource was evaluated: what keeps the work linear is proved by it.
    #[cfg(test)]
    evaluations: usize,
}

/// The Spec that is wanted for one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What it is called, as far as that is known; may hold sentinels of place fields before a cloud is asked.
    /// `None` too for kinds that have no names.
    pub cloud_name: Option<String>,
    /// It is only looked up: nothing is wanted of it, and it is never written.
    pub existing: bool,
    /// Canonical, unknowns restored: what is compared and shown.
    pub value: Value,
    /// Canonical, unknowns, secrets and whole resources as sentinels; fit for a typed Spec once `unknown` is
    /// empty. Which texts are secrets, `value` tells.
    pub spec: Json,
    /// What is not known yet, each once, in order of appearance.
    pub unknown: Vec<Unknown>,
}

/// One declared resource and what is known of it.
#[derive(Clone, Debug)]
struct Entry<'d> {
    resource: &'d Resource,
    value: Value,
    existing: Option<Text>,
    uses: Vec<Use>,
    /// How often it may be evaluated until everything settles.
    most_turns: usize,
    /// Known from names alone, before anything was learnt.
    before_apply: Outputs,
    learnt: Outputs,
    /// Known from names, then overlaid with what was learnt.
    outputs: Outputs,
    state: Result<State, DecodeError>,
}

/// What evaluating one resource gives.
#[derive(Clone, Debug)]
struct State {
    identity: Identity,
    wanted: Wanted,
    known: Outputs,
}

impl<'d> Evaluation<'d> {
    /// Works out cloud names, identities and the outputs that follow from them, to a fixed point.
    pub fn new(declared: &'d Declared) -> Result<Self, DecodeError> {
        let index: HashMap<&Address, usize> = declared
            .resources
            .iter()
            .enumerate()
            .map(|(position, resource)| (&resource.address, position))
            .collect();
        let entries: Vec<Entry<'d>> = declared
            .resources
            .iter()
            .map(|resource| Entry::new(declared, resource, &index))
            .collect();
        let mut users = vec![Vec::new(); entries.len()];
        for (position, entry) in entries.iter().enumerate() {
            for (number, used) in entry.uses.iter().enumerate() {
                if let Some(users) = users.get_mut(used.target) {
                    users.push((position, number));
                }
            }
        }
        let mut made = Self {
            declared,
            place: PlaceField::ALL.map(|field| (field, declared.place.text(field))),
            index,
            entries,
            users,
            #[cfg(test)]
            evaluations: 0,
        };
        let mut queue = Queue::default();
        for position in references::targets_first(&made.entries) {
            queue.push(position);
        }
        made.settle(queue);
        for entry in &mut made.entries {
            entry.state.as_ref().map_err(Clone::clone)?;
            entry.before_apply = entry.outputs.clone();
        }
        Ok(made)
    }

    pub fn declared(&self) -> &'d Declared {
        self.declared
    }

    /// What one resource is known by, given what was learnt so far. Unknown for what is not declared.
    pub fn identity(&self, address: &Address) -> Result<Identity, DecodeError> {
        match self.entry(address) {
            Some(entry) => Ok(entry.state()?.identity.clone()),
            None => Ok(Identity::Unknown),
        }
    }

    /// What one resource is called in the cloud: `name:`, `existing:`, or the default. `None` while that hangs
    /// on an output that is not known; sentinels of place fields may be in it before a cloud is asked.
    pub fn cloud_name(&self, address: &Address) -> Option<String> {
        self.entry(address)?.state.as_ref().ok()?.wanted.cloud_name.clone()
    }

    /// Whether this resource is only looked up, never written.
    pub fn is_existing(&self, address: &Address) -> bool {
        self.entry(address).is_some_and(|entry| entry.existing.is_some())
    }

    /// What a resource lives in, as it is declared; what is only looked up lives there too.
    pub fn scope(&self, address: &Address) -> Vec<&'d Address> {
        self.position(address)
            .into_iter()
            .flat_map(|position| self.scope_of(position))
            .map(|target| &self.declared.resources[target].address)
            .collect()
    }

    /// The resource that an attribute names as a whole: `kafka_cluster`, `credentials`.
    pub fn whole(&self, address: &Address, attribute: &str) -> Option<&'d Address> {
        let uses = self.uses(self.position(address)?).iter();
        let mut found = uses.filter(|used| used.output.is_none() && used.is_under(&[attribute]));
        Some(&self.declared.resources.get(found.next()?.target)?.address)
    }

    /// Every resource that is referred to at or below an attribute.
    pub(crate) fn referred(&self, address: &Address, path: &[&str]) -> Vec<&'d Address> {
        let position = self.position(address);
        let uses = position.map_or(&[][..], |position| self.uses(position)).iter();
        uses.filter(|used| used.is_under(path))
            .filter_map(|used| Some(&self.declared.resources.get(used.target)?.address))
            .collect()
    }

    /// Positions of what a resource lives in.
    pub(crate) fn scope_of(&self, position: usize) -> impl Iterator<Item = usize> {
        let scopes = self
            .declared
            .resources
            .get(position)
            .map_or(&[][..], |resource| resource.schema.scope());
        let uses = self.uses(position).iter();
        uses.filter(move |used| scopes.iter().any(|scope| used.is_under(&[scope])))
            .map(|used| used.target)
    }

    /// Adds real outputs (of a live resource that stays, or of a finished create).
    pub fn learn(&mut self, address: &Address, outputs: Outputs) {
        let mut changed = Queue::default();
        if let Some(position) = self.position(address)
            && let Some(entry) = self.entries.get_mut(position)
        {
            entry.learnt.extend(fit_to_learn(outputs));
            self.refresh(position, &mut changed);
            self.settle(changed);
        }
    }

    /// The outputs known so far, known before apply or learnt.
    pub fn outputs(&self, address: &Address) -> Option<&Outputs> {
        self.entry(address).map(|entry| &entry.outputs)
    }

    /// The wanted Spec, given what was learnt so far.
    pub fn wanted(&self, address: &Address) -> Result<Wanted, DecodeError> {
        match self.entry(address) {
            Some(entry) => Ok(entry.state()?.wanted.clone()),
            None => Ok(Wanted::nothing(None)),
        }
    }

    /// What is declared under an address.
    pub fn resource(&self, address: &Address) -> Option<&'d Resource> {
        self.declared.resources.get(self.position(address)?)
    }

    /// The same for as long as something still uses what is there ([`crate::schema::Schema::while_used`]); only where
    /// nothing is unknown.
    pub fn wanted_beside(&self, address: &Address, former: &Json) -> Result<Wanted, DecodeError> {
        let wanted = self.wanted(address)?;
        let Some(entry) = self.entry(address).filter(|_| wanted.unknown.is_empty()) else {
            return Ok(wanted);
        };
        let spec = entry.resource.schema.while_used(former, &wanted.spec)?;
        if spec == wanted.spec {
            return Ok(wanted);
        }
        Ok(Wanted {
            value: Sentinels::default().restore(&spec),
            spec,
            ..wanted
        })
    }

    /// Where it stands among what is declared.
    pub fn position(&self, address: &Address) -> Option<usize> {
        self.index.get(address).copied()
    }

    /// Who refers to a resource, in any way; one may come more than once.
    pub(crate) fn users(&self, position: usize) -> impl Iterator<Item = usize> {
        self.users.get(position).into_iter().flatten().map(|(user, _)| *user)
    }

    pub(crate) fn uses(&self, position: usize) -> &[Use] {
        self.entries.get(position).map_or(&[], |entry| &entry.uses)
    }

    /// Whether an output follows from names alone, so that referring to it orders nothing.
    pub(crate) fn is_known_before_apply(&self, position: usize, output: &str) -> bool {
        self.entries
            .get(position)
            .is_some_and(|entry| entry.before_apply.contains_key(output))
    }

    /// Forgets all that was learnt and learns this instead: a plan starts from what is there now.
    pub(crate) fn relearn_all(&mut self, mut learnt: HashMap<usize, Outputs>) {
        let mut changed = Queue::default();
        for position in 0..self.entries.len() {
            if let Some(entry) = self.entries.get_mut(position) {
                entry.learnt = learnt.remove(&position).map(fit_to_learn).unwrap_or_default();
            }
            self.refresh(position, &mut changed);
        }
        self.settle(changed);
    }

    /// Forgets what was learnt of one resource, because it will be made anew. Returns those evaluated again.
    pub(crate) fn forget(&mut self, position: usize) -> Vec<usize> {
        let mut changed = Queue::default();
        if let Some(entry) = self.entries.get_mut(position) {
            entry.learnt.clear();
            self.refresh(position, &mut changed);
        }
        self.settle(changed)
    }

    #[cfg(test)]
    pub(super) fn evaluations(&self) -> usize {
        self.evaluations
    }

    fn entry(&self, address: &Address) -> Option<&Entry<'d>> {
        self.entries.get(self.position(address)?)
    }
}

impl Wanted {
    /// Every secret that is wanted, by its path in `spec`, where a sentinel stands for its text.
    pub fn secrets(&self) -> Vec<(Vec<Segment>, &SecretSource)> {
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), &self.value)];
        while let Some((path, value)) = open.pop() {
            let below = |segment: Segment| path.iter().cloned().chain([segment]).collect::<Vec<Segment>>();
            match value {
                Value::Secret(source) => found.push((path, source)),
                Value::List(items) => {
                    let items = items.iter().enumerate().rev();
                    open.extend(items.map(|(position, item)| (below(Segment::Index(position)), item)));
                }
                Value::Map(entries) => {
                    let entries = entries.iter().rev();
                    open.extend(entries.map(|(key, value)| (below(Segment::Key(key.clone())), value)));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Handle(_) => {}
            }
        }
        found
    }

    fn nothing(cloud_name: Option<String>) -> Self {
        Self {
            cloud_name,
            existing: true,
            value: Value::Null,
            spec: Json::Null,
            unknown: Vec::new(),
        }
    }
}

impl<'d> Entry<'d> {
    fn new(declared: &Declared, resource: &'d Resource, index: &HashMap<&Address, usize>) -> Self {
        let existing = match (&resource.options.existing, &declared.settings.aws.roles) {
            (Some((name, _)), _) => Some(name.clone()),
            (None, Roles::Existing(role)) if resource.schema.name() == ROLE => Some(Text::literal(role)),
            (None, _) => None,
        };
        let value = resource.attributes.to_value();
        let uses = references::of(resource, &value, existing.as_ref(), index);
        let most_turns = 2 + uses.iter().map(|used| outputs_of(declared, used)).sum::<usize>();
        Self {
            resource,
            value,
            existing,
            uses,
            most_turns,
            before_apply: Outputs::new(),
            learnt: Outputs::new(),
            outputs: Outputs::new(),
            state: Ok(State {
                identity: Identity::Unknown,
                wanted: Wanted::nothing(None),
                known: BTreeMap::new(),
            }),
        }
    }

    fn state(&self) -> Result<&State, DecodeError> {
        self.state.as_ref().map_err(Clone::clone)
    }
}

/// How many outputs a reference is to: one, or all of a whole resource.
fn outputs_of(declared: &Declared, used: &Use) -> usize {
    let target = declared.resources.get(used.target).filter(|_| used.output.is_none());
    target.map_or(1, |target| target.schema.outputs().len() + 1)
}

/// The kind that `aws.roles` is about.
pub(super) const ROLE: &str = "aws_iam_role";

/// A text with the brackets of a sentinel is not learnt: no cloud has reason to answer one, and it could pose as
/// an unknown.
fn fit_to_learn(mut outputs: Outputs) -> Outputs {
    outputs.retain(|_, text| !text.contains([sentinel::OPEN, sentinel::CLOSE]));
    outputs
}
