//! From resource to resource, until nothing more becomes known.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;

use serde_json::Value as Json;

use super::Entry;
use super::Evaluation;
use super::State;
use super::Wanted;
use crate::environment::declared::Resource;
use crate::plan::sentinels::Sentinels;
use crate::plan::sentinels::hangs_on_output;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::PlaceField;
use crate::resource::Unknown;
use crate::schema::DecodeError;

/// Positions to evaluate, each queued once.
#[derive(Default)]
pub(super) struct Queue {
    order: VecDeque<usize>,
    is_in: HashSet<usize>,
}

impl<'d> Evaluation<'d> {
    /// Evaluates the queued, and whoever uses an output that changed by it. An entry's turns are bounded by the
    /// outputs it refers to: a kind whose answers do not settle is left where it is.
    pub(super) fn settle(&mut self, mut queue: Queue) -> Vec<usize> {
        let mut turns: HashMap<usize, usize> = HashMap::new();
        while let Some(position) = queue.pop() {
            let Some(entry) = self.entries.get(position) else {
                continue;
            };
            let turn = turns.entry(position).or_default();
            if *turn > entry.most_turns {
                continue;
            }
            *turn += 1;
            let state = self.evaluate(entry);
            #[cfg(test)]
            {
                self.evaluations += 1;
            }
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
    pub(super) fn refresh(&mut self, position: usize, queue: &mut Queue) {
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
            if output.is_none_or(|output| before.get(output) != after.get(output)) {
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
        let named = entry.resource.options.name.as_ref().map(|(name, _)| {
            let name = table.encode_text(name, &known);
            self.declared_name(entry.resource, name)
        });
        let spec = schema.canonical(&table.encode_with(&entry.value, &known))?;
        let unknown = table.unknowns(&spec).ok_or_else(|| DecodeError {
            kind: schema.name(),
            cause: "its canonical form cut a text at a value that is not known yet".to_owned(),
        })?;
        let cloud_name = named.unwrap_or_else(|| self.default_name(entry.resource, &spec));
        let identity = schema.identity(&spec, &cloud_name)?;
        let mut outputs = schema.known_outputs(&spec, &cloud_name, &self.declared.place)?;
        outputs.retain(|_, text| !hangs_on_output(text));
        Ok(State {
            identity: as_far_as_known(identity),
            wanted: Wanted {
                cloud_name: (!cloud_name.is_empty() && !hangs_on_output(&cloud_name)).then_some(cloud_name),
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
            Unknown::Place(field) => Some(Cow::Borrowed(self.place_text(*field))),
            Unknown::Output(reference) => self
                .entry(&reference.address)?
                .outputs
                .get(&reference.output)
                .map(|text| Cow::Borrowed(text.as_str())),
        }
    }

    /// `<environment>-<instance>-<name>[-<key>]`, shaped by the kind.
    fn default_name(&self, resource: &Resource, spec: &Json) -> String {
        let Address {
            instance, name, key, ..
        } = &resource.address;
        let mut text = format!("{}-{instance}-{name}", self.declared.place.environment);
        if let Some(key) = key {
            text.push('-');
            text.push_str(key);
        }
        let schema = resource.schema;
        let ending = schema
            .ending()
            .filter(|ending| spec.get(ending.attribute) == Some(&Json::Bool(true)));
        let ending = ending.map_or("", |ending| ending.text);
        schema.naming().shape(&text, self.place_text(PlaceField::Tag), ending)
    }

    /// With the tag at its end, where the name is the mark.
    fn declared_name(&self, resource: &Resource, name: String) -> String {
        match resource.schema.marking().ends_names() {
            true => resource
                .schema
                .naming()
                .ending_in(&name, self.place_text(PlaceField::Tag)),
            false => name,
        }
    }

    fn place_text(&self, field: PlaceField) -> &str {
        let found = self.place.iter().find(|(each, _)| *each == field);
        found.map_or("", |(_, text)| text)
    }
}

impl Queue {
    pub(super) fn push(&mut self, position: usize) {
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

fn as_far_as_known(identity: Identity) -> Identity {
    let hangs = match &identity {
        Identity::Name(name) => hangs_on_output(name),
        Identity::Natural(parts) => parts.iter().any(|part| hangs_on_output(part)),
        Identity::Unknown => false,
    };
    if hangs { Identity::Unknown } else { identity }
}
