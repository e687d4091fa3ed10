//! What each resource is looked for by.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Request;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::DecodeError;

use crate::kinds::Scope;
use crate::kinds::Wanted;
use eclusa_planner::plan::record::Remembering;

/// Makes targets of addresses, with what is remembered and what was asked for.
#[derive(Clone, Debug)]
pub struct Targets {
    pub memory: Arc<Remembering>,
    request: Request,
    stores: Arc<Stores>,
}

/// The stores of each cluster's declared keys, those first that something is written with.
type Stores = BTreeMap<Address, Vec<Address>>;

impl Targets {
    pub fn new(memory: &Arc<Remembering>, request: &Request, evaluation: &Evaluation<'_>) -> Self {
        Self {
            memory: Arc::clone(memory),
            request: request.clone(),
            stores: Arc::new(stores(evaluation)),
        }
    }

    /// What one declared resource is known by, as far as it is known.
    pub fn of(&self, known: &Evaluation<'_>, address: &Address) -> Result<Wanted, DecodeError> {
        let name = known.cloud_name(address).unwrap_or_default();
        let identity = known.identity(address)?;
        let scope = known
            .scope(address)
            .into_iter()
            .next()
            .and_then(|scope| self.scope(known, scope));
        let schema = known.resource(address).map(|resource| resource.schema);
        let taken = schema
            .into_iter()
            .flat_map(|schema| schema.takes())
            .filter_map(|takes| {
                let outputs = known.outputs(known.whole(address, takes.attribute)?)?;
                Some((takes.attribute.to_owned(), outputs.clone()))
            });
        let sources = known.wanted(address)?;
        let sources = sources
            .secrets()
            .into_iter()
            .map(|(path, source)| (path, source.clone()))
            .collect();
        let mut wanted = Wanted {
            existing: known.is_existing(address),
            adopt: self.adopts(known, address),
            adopt_from: self.adopted_from(address),
            recorded_here: self.memory.handle_of(address).map(str::to_owned),
            taken: taken.collect(),
            writes_with: store_of(known, known.whole(address, "credentials")),
            sources,
            scope,
            ..Wanted::named(address, &identity, &name)
        };
        let remembered = self.memory.of(&address.kind, &identity, wanted.scope_id());
        wanted.recorded = remembered
            .map(|(_, entry)| entry.handle.clone())
            .filter(|_| !wanted.existing);
        Ok(wanted)
    }

    /// What is known of something that nothing declares.
    pub fn owned(&self, address: &Address, identity: &Identity, cloud_name: &str, scope: Option<&Scope>) -> Wanted {
        let scope_id = scope.map(Scope::id);
        let remembered = self.memory.of(&address.kind, identity, scope_id);
        Wanted {
            scope: scope.cloned(),
            recorded: remembered.map(|(_, entry)| entry.handle.clone()),
            ..Wanted::named(address, identity, cloud_name)
        }
    }

    /// A declared resource as what others live in; `None` until it has an id.
    pub fn scope(&self, known: &Evaluation<'_>, address: &Address) -> Option<Scope> {
        let outputs = known.outputs(address)?;
        outputs.get("id").filter(|id| !id.is_empty())?;
        let stores = self.stores.get(address).into_iter().flatten();
        let named = stores.filter_map(|store| known.outputs(store)?.get("name").cloned());
        Some(Scope {
            address: address.clone(),
            existing: known.is_existing(address),
            outputs: outputs.clone(),
            stores: named.collect(),
        })
    }

    /// The owners that `--from` names for it.
    fn adopted_from(&self, address: &Address) -> Vec<Owner> {
        let asked = self.request.adopt.iter();
        let asked = asked.filter(|(written, _)| address.is_meant_by(written));
        asked.filter_map(|(_, from)| from.clone()).collect()
    }

    fn adopts(&self, known: &Evaluation<'_>, address: &Address) -> bool {
        let asked = self
            .request
            .adopt
            .iter()
            .any(|(written, _)| address.is_meant_by(written));
        asked || known.resource(address).is_some_and(|resource| resource.options.adopt)
    }
}

/// Something that nothing declares as what others live in.
pub(super) fn undeclared_scope(address: &Address, outputs: &Outputs) -> Scope {
    Scope {
        address: address.clone(),
        existing: false,
        outputs: outputs.clone(),
        stores: Vec::new(),
    }
}

fn stores(evaluation: &Evaluation<'_>) -> Stores {
    let resources = evaluation.declared().resources.iter().map(|each| &each.address);
    let writers: BTreeSet<&Address> = resources
        .clone()
        .filter_map(|address| evaluation.whole(address, "credentials"))
        .collect();
    let mut keys: Vec<(&Address, &Address)> = resources
        .filter_map(|key| Some((key, evaluation.whole(key, "managed_resource")?)))
        .collect();
    keys.sort_by_key(|(key, _)| !writers.contains(key));
    let mut stores = Stores::new();
    for (key, cluster) in keys {
        if let Some(store) = evaluation.whole(key, "store") {
            stores.entry(cluster.clone()).or_default().push(store.clone());
        }
    }
    stores
}

fn store_of(known: &Evaluation<'_>, key: Option<&Address>) -> Option<String> {
    let store = known.whole(key?, "store")?;
    known.outputs(store)?.get("name").cloned()
}
