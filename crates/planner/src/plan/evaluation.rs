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

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;

use serde_json::Value as Json;

pub(crate) use self::references::Use;
use super::sentinels::Sentinels;
use super::sentinels::hangs_on_output;
use crate::environment::Declared;
use crate::environment::declared::Resource;
use crate::environment::declared::Roles;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Outputs;
use crate::resource::PlaceField;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::Value;
use crate::resource::sentinel;
use crate::schema::DecodeError;

/// What is known about the declared resources. Made once per run; learns outputs as they come.
#[derive(Clone, Debug)]
pub struct Evaluation<'d> {
    declared: &'d Declared,
    index: HashMap<&'d Address, usize>,
    entries: Vec<Entry<'d>>,
    /// Who refers to each entry: a position, and which of its uses.
    users: Vec<Vec<(usize, usize)>>,
}

/// Positions to evaluate, each queued once.
#[derive(Default)]
struct Queue {
    order: VecDeque<usize>,
    is_in: HashSet<usize>,
}

/// The Spec that is wanted for one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What it is called, as far as that is known; may hold sentinels of place fields before a cloud is asked.
    pub cloud_name: Option<String>,
    /// It is only looked up: nothing is wanted of it, and it is never written.
    pub existing: bool,
    /// Canonical, unknowns restored: what is compared and shown.
    pub value: Value,
    /// Canonical, unknowns as sentinels; fit for a typed Spec once `unknown` is empty.
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
            index,
            entries,
            users,
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
    pub fn cloud_name(&self, address: &Address) -> Option<&str> {
        self.entry(address)?.state().ok()?.wanted.cloud_name.as_deref()
    }

    /// Whether this resource is only looked up, never written.
    pub fn is_existing(&self, address: &Address) -> bool {
        self.entry(address).is_some_and(|entry| entry.existing.is_some())
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

    pub(crate) fn position(&self, address: &Address) -> Option<usize> {
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

    fn entry(&self, address: &Address) -> Option<&Entry<'d>> {
        self.entries.get(self.position(address)?)
    }

    /// Evaluates the queued, and whoever uses an output that changed by it. An entry's turns are bounded by
    /// what it refers to: a kind whose answers do not settle is left where it is.
    fn settle(&mut self, mut queue: Queue) -> Vec<usize> {
        let mut turns: HashMap<usize, usize> = HashMap::new();
        while let Some(position) = queue.pop() {
            let Some(entry) = self.entries.get(position) else {
                continue;
            };
            let turn = turns.entry(position).or_default();
            if *turn > entry.uses.len() + 1 {
                continue;
            }
            *turn += 1;
            let state = self.evaluate(entry);
            if let Some(entry) = self.entries.get_mut(position) {
                entry.state = state;
            }
            self.refresh(position, &mut queue);
        }
        let mut evaluated: Vec<usize> = turns.into_keys().collect();
        evaluated.sort_unstable();
        evaluated
    }

    /// Brings one entry's outputs up to date and queues those who use one that changed.
    fn refresh(&mut self, position: usize, queue: &mut Queue) {
        let Some(entry) = self.entries.get_mut(position) else {
            return;
        };
        let mut outputs = entry
            .state
            .as_ref()
            .map(|state| state.known.clone())
            .unwrap_or_default();
        outputs.extend(entry.learnt.iter().map(|(output, text)| (output.clone(), text.clone())));
        if outputs == entry.outputs {
            return;
        }
        let before = std::mem::replace(&mut entry.outputs, outputs);
        let after = &self.entries[position].outputs;
        for (user, number) in self.users.get(position).into_iter().flatten() {
            let output = self.uses(*user).get(*number).and_then(|used| used.output.as_ref());
            if output.is_some_and(|output| before.get(output) != after.get(output)) {
                queue.push(*user);
            }
        }
    }

    fn evaluate(&self, entry: &Entry<'d>) -> Result<State, DecodeError> {
        let mut table = Sentinels::default();
        let known = |unknown: &Unknown| self.known_text(unknown);
        if let Some(name) = &entry.existing {
            return Ok(existing_state(entry.resource, table.encode_text(name, &known)));
        }
        let schema = entry.resource.schema;
        let cloud_name = match &entry.resource.options.name {
            Some((name, _)) => table.encode_text(name, &known),
            None => self.default_name(entry.resource),
        };
        let spec = schema.canonical(&table.encode_with(&entry.value, &known))?;
        let unknown = table.unknowns(&spec).ok_or_else(|| DecodeError {
            kind: schema.name(),
            cause: "its canonical form cut a text at a value that is not known yet".to_owned(),
        })?;
        let identity = schema.identity(&spec, &cloud_name)?;
        let mut outputs = schema.known_outputs(&spec, &cloud_name, &self.declared.place)?;
        outputs.retain(|_, text| !hangs_on_output(text));
        Ok(State {
            identity: as_far_as_known(identity),
            wanted: Wanted {
                cloud_name: (!hangs_on_output(&cloud_name)).then_some(cloud_name),
                existing: false,
                value: table.restore(&spec),
                spec,
                unknown,
            },
            known: outputs,
        })
    }

    fn known_text(&self, unknown: &Unknown) -> Option<Cow<'_, str>> {
        match unknown {
            Unknown::Place(field) => Some(Cow::Owned(self.declared.place.text(*field))),
            Unknown::Output(reference) => self
                .entry(&reference.address)?
                .outputs
                .get(&reference.output)
                .map(|text| Cow::Borrowed(text.as_str())),
        }
    }

    /// `<environment>-<instance>-<name>[-<key>]`, shaped by the kind.
    fn default_name(&self, resource: &Resource) -> String {
        let Address {
            instance, name, key, ..
        } = &resource.address;
        let mut text = format!("{}-{instance}-{name}", self.declared.place.environment);
        if let Some(key) = key {
            text.push('-');
            text.push_str(key);
        }
        let tag = self.declared.place.text(PlaceField::Tag);
        resource.schema.naming().shape(&text, &tag)
    }
}

impl Queue {
    fn push(&mut self, position: usize) {
        if self.is_in.insert(position) {
            self.order.push_back(position);
        }
    }

    fn pop(&mut self) -> Option<usize> {
        let position = self.order.pop_front()?;
        self.is_in.remove(&position);
        Some(position)
    }
}

impl Wanted {
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
        Self {
            resource,
            value,
            existing,
            uses,
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

/// The kind that `aws.roles` is about.
const ROLE: &str = "aws_iam_role";

/// Its attributes are not asked: what is only looked up need not declare any.
fn existing_state(resource: &Resource, name: String) -> State {
    let is_known = !hangs_on_output(&name);
    let says_name = resource.schema.outputs().iter().any(|(output, _)| *output == "name");
    let known = (is_known && says_name).then(|| ("name".to_owned(), name.clone()));
    State {
        identity: as_far_as_known(Identity::Name(name.clone())),
        wanted: Wanted::nothing(is_known.then_some(name)),
        known: known.into_iter().collect(),
    }
}

/// A text with the brackets of a sentinel is not learnt: no cloud has reason to answer one, and it could pose as
/// an unknown.
fn fit_to_learn(mut outputs: Outputs) -> Outputs {
    outputs.retain(|_, text| !text.contains([sentinel::OPEN, sentinel::CLOSE]));
    outputs
}

fn as_far_as_known(identity: Identity) -> Identity {
    let hangs = match &identity {
        Identity::Name(name) => hangs_on_output(name),
        Identity::Natural(parts) => parts.iter().any(|part| hangs_on_output(part)),
        Identity::Unknown => false,
    };
    if hangs { Identity::Unknown } else { identity }
}
