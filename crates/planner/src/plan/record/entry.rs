//! What is remembered of one resource.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;

use crate::environment::declared::Resource;
use crate::plan::Evaluation;
use crate::resource::Address;
use crate::resource::Digest;
use crate::resource::Identity;
use crate::schema::DecodeError;

/// What is remembered of one resource. Fields that a later version adds are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub identity: Identity,
    /// Id or name by which its API calls it.
    pub handle: String,
    /// Id of what it lives in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Name of the secret that holds the key which writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing_key: Option<String>,
    /// Of the declaration that was last applied.
    pub digest: Digest,
    #[serde(default)]
    pub protect: bool,
    /// Names of the declared keys of its open map.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub keys: BTreeSet<String>,
    /// Argon2id hashes of the secrets that were sent, by attribute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<String, String>,
}

impl Entry {
    /// What is to be remembered of a declared resource that lives under this handle; without hashes.
    pub fn of(evaluation: &Evaluation<'_>, resource: &Resource, handle: &str) -> Result<Self, DecodeError> {
        let address = &resource.address;
        Ok(Self {
            identity: evaluation.identity(address)?,
            handle: handle.to_owned(),
            scope: scope_id(evaluation, address),
            writing_key: writing_key(evaluation, address),
            digest: resource.digest.clone(),
            protect: resource.options.protect,
            keys: declared_keys(resource, &evaluation.wanted(address)?.spec),
            hashes: BTreeMap::new(),
        })
    }

    /// Whether two entries tell the same, digests and hashes aside.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let told = |entry: &Self| Self {
            digest: Digest(String::new()),
            hashes: BTreeMap::new(),
            ..entry.clone()
        };
        told(self) == told(other)
    }
}

/// The id of what a resource lives in; `None` where it lives in nothing, or that is not known.
pub(in crate::plan) fn scope_id(evaluation: &Evaluation<'_>, address: &Address) -> Option<String> {
    let scope = evaluation.scope(address).into_iter().next()?;
    evaluation.outputs(scope)?.get("id").cloned()
}

fn writing_key(evaluation: &Evaluation<'_>, address: &Address) -> Option<String> {
    let key = evaluation.whole(address, "credentials")?;
    evaluation.cloud_name(evaluation.whole(key, "store")?)
}

fn declared_keys(resource: &Resource, spec: &Json) -> BTreeSet<String> {
    let maps = resource.schema.open_maps().iter();
    let maps = maps.filter_map(|path| path.iter().try_fold(spec, |at, segment| at.get(segment)));
    maps.filter_map(Json::as_object)
        .flat_map(|entries| entries.iter().filter(|(_, value)| !value.is_null()))
        .map(|(key, _)| key.clone())
        .collect()
}
