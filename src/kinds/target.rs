//! What is looked for, where it may lie, and what a write is given beside its Spec.

use std::collections::BTreeMap;
use std::sync::Arc;

use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::SecretSource;
use eclusa_planner::resource::Segment;

use eclusa_planner::plan::record::Remembering;

/// One resource to look for, or to write.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub address: Address,
    pub identity: Identity,
    /// The cloud name as it is written; an identity compared without case has lost that.
    pub name: String,
    /// It is only looked up, for its outputs.
    pub existing: bool,
    /// It may be taken over: so it is looked for under a name without the owner's tag as well.
    pub adopt: bool,
    /// It may be taken over from these, so it is looked for under names with their tags.
    pub adopt_from: Vec<Owner>,
    /// What it lives in, once that has an id.
    pub scope: Option<Scope>,
    /// Outputs of the whole resources that its attributes take, as far as they are known, by attribute.
    pub taken: BTreeMap<String, Outputs>,
    /// The secret that holds the key which writes it.
    pub writes_with: Option<String>,
    /// Where its declared secrets come from, by their path in the Spec, where a sentinel stands for each.
    pub sources: Vec<(Vec<Segment>, SecretSource)>,
    /// What lies in it and is somebody else's may go with it.
    pub takes_along: bool,
    /// By what its API called it when it was last written, as far as that is remembered.
    pub recorded: Option<String>,
    /// The same of what was last written for this address, whatever it was called and wherever it lay.
    pub recorded_here: Option<String>,
}

impl Wanted {
    /// What is known by name and address alone.
    pub fn named(address: &Address, identity: &Identity, name: &str) -> Self {
        Self {
            address: address.clone(),
            identity: identity.clone(),
            name: name.to_owned(),
            existing: false,
            adopt: false,
            adopt_from: Vec::new(),
            scope: None,
            taken: BTreeMap::new(),
            writes_with: None,
            sources: Vec::new(),
            takes_along: false,
            recorded: None,
            recorded_here: None,
        }
    }

    /// An output of a whole resource that an attribute takes; empty while it is not known.
    pub fn taken(&self, attribute: &str, output: &str) -> &str {
        let outputs = self.taken.get(attribute);
        outputs
            .and_then(|outputs| outputs.get(output))
            .map_or("", String::as_str)
    }

    /// The id of what it lives in.
    pub fn scope_id(&self) -> Option<&str> {
        self.scope.as_ref().map(Scope::id)
    }
}

/// Something live in which others live: an environment, a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub address: Address,
    /// It is only looked up: what lies in it may be anybody's.
    pub existing: bool,
    pub outputs: Outputs,
    /// Secrets in Secrets Manager whose value is a key of it, by name, those first that others name as theirs.
    pub stores: Vec<String>,
}

impl Scope {
    pub fn id(&self) -> &str {
        self.output("id")
    }

    /// One output, empty where it has none of that name.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

/// How a declared resource was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Absent,
    /// Under this handle.
    Present(String),
    Unread,
}

/// Where what is ours may lie, and how what is declared was found, as far as it has been read.
#[derive(Clone, Debug)]
pub struct Around {
    /// Live scopes by their kind.
    pub scopes: BTreeMap<String, Vec<Scope>>,
    pub declared: Vec<(Wanted, Standing)>,
    pub memory: Arc<Remembering>,
}

impl Around {
    pub fn new(memory: &Arc<Remembering>) -> Self {
        Self {
            scopes: BTreeMap::new(),
            declared: Vec::new(),
            memory: Arc::clone(memory),
        }
    }

    /// The live scopes of one kind.
    pub fn of(&self, kind: &str) -> &[Scope] {
        self.scopes.get(kind).map_or(&[], Vec::as_slice)
    }

    /// What is declared with this identity in this scope, and how it was found.
    pub fn declared(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<&(Wanted, Standing)> {
        self.declared.iter().find(|(wanted, _)| {
            wanted.address.kind == kind && wanted.identity == *identity && wanted.scope_id() == scope
        })
    }

    /// The same wherever it lies: what is known by its scope as well.
    pub fn declared_anywhere(&self, kind: &str, identity: &Identity) -> Option<&(Wanted, Standing)> {
        let mut declared = self.declared.iter();
        declared.find(|(wanted, _)| wanted.address.kind == kind && wanted.identity == *identity)
    }

    /// Whether this object is what is declared, under whatever name it was found.
    pub fn is_declared_one(&self, kind: &str, handle: &str) -> bool {
        let mut declared = self.declared.iter();
        declared.any(|(wanted, standing)| {
            wanted.address.kind == kind && matches!(standing, Standing::Present(it) if it == handle)
        })
    }

    /// Whether another object than this one is what is declared with this identity.
    pub fn is_twin(&self, kind: &str, identity: &Identity, scope: Option<&str>, handle: &str) -> bool {
        matches!(self.declared(kind, identity, scope), Some((_, Standing::Present(it))) if it != handle)
    }
}
