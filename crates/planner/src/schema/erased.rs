//! Schemas without their Spec types, so that one planner serves all kinds. Specs travel as JSON, unknowns in
//! them as sentinels.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

use serde::Deserialize as _;
use serde_json::Value as Json;

use super::Effect;
use super::Ending;
use super::Local;
use super::Marking;
use super::Path;
use super::Problems;
use super::Proof;
use super::Schema;
use super::Takes;
use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;

/// A Spec that did not decode after the walk accepted it: a bug of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} passed its schema but did not decode: {cause}")]
pub struct DecodeError {
    pub kind: &'static str,
    pub cause: String,
}

/// [`Schema`] without its Spec type.
pub trait AnySchema: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn outputs(&self) -> &'static [(&'static str, &'static str)];
    /// [`Schema::OWN_OUTPUTS`]
    fn own_outputs(&self) -> Option<&'static str>;
    fn naming(&self) -> &'static Naming;
    fn ending(&self) -> Option<Ending>;
    fn replace_on(&self) -> &'static [Path];
    fn must_exist(&self) -> &'static [Path];
    fn open_maps(&self) -> &'static [Path];
    fn server_chosen(&self) -> &'static [Path];
    fn sets(&self) -> &'static [Path];
    fn documents(&self) -> &'static [Path];
    fn secrets(&self) -> &'static [Path];
    fn may_be_secret(&self) -> &'static [Path];
    fn masked(&self) -> &'static [Path];
    fn not_compared(&self) -> &'static [Path];
    fn local(&self) -> &'static [Local];
    fn takes(&self) -> &'static [Takes];
    fn scope(&self) -> &'static [&'static str];
    fn goes_with_scope(&self) -> bool;
    fn needs(&self) -> &'static [Path];
    fn grants_to(&self) -> &'static [Path];
    fn renames(&self) -> bool;
    fn fixed_name(&self) -> bool;
    fn near_misses(&self) -> &'static [(&'static str, &'static str)];
    fn on_replaced(&self) -> &'static [(&'static str, Effect)];
    fn data(&self) -> Option<&'static str>;
    fn marking(&self) -> Marking;
    fn proof(&self) -> Proof;
    fn rank(&self) -> u8;
    fn json_schema(&self) -> &Json;
    fn check(&self, spec: &Json) -> Result<Problems, DecodeError>;
    /// Decodes (filling defaults), canonicalises, serializes.
    fn canonical(&self, spec: &Json) -> Result<Json, DecodeError>;
    /// See [`Schema::refuses`]; both sides canonical.
    fn refuses(&self, live: &Json, want: &Json) -> Result<Option<String>, DecodeError>;
    /// [`Schema::while_used`], both canonical.
    fn while_used(&self, former: &Json, wanted: &Json) -> Result<Json, DecodeError>;
    fn identity(&self, spec: &Json, cloud_name: &str) -> Result<Identity, DecodeError>;
    fn known_outputs(&self, spec: &Json, cloud_name: &str, place: &Place) -> Result<Outputs, DecodeError>;
    fn check_name(&self, name: &str) -> Result<(), String>;
}

/// Makes a [`Schema`] an [`AnySchema`]; a wrapper, so that no method has two meanings inside a kind.
pub struct Erased<S> {
    json_schema: OnceLock<Json>,
    kind: PhantomData<fn() -> S>,
}

impl<S: Schema> Erased<S> {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self {
            json_schema: OnceLock::new(),
            kind: PhantomData,
        }
    }
}

impl<S: Schema> fmt::Debug for Erased<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::NAME)
    }
}

fn decode<S: Schema>(spec: &Json) -> Result<S::Spec, DecodeError> {
    S::Spec::deserialize(spec).map_err(|error| DecodeError {
        kind: S::NAME,
        cause: error.to_string(),
    })
}

impl<S: Schema> AnySchema for Erased<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }
    fn outputs(&self) -> &'static [(&'static str, &'static str)] {
        S::OUTPUTS
    }
    fn own_outputs(&self) -> Option<&'static str> {
        S::OWN_OUTPUTS
    }
    fn naming(&self) -> &'static Naming {
        const { &S::NAMING }
    }
    fn ending(&self) -> Option<Ending> {
        S::ENDING
    }
    fn replace_on(&self) -> &'static [Path] {
        S::REPLACE_ON
    }
    fn must_exist(&self) -> &'static [Path] {
        S::MUST_EXIST
    }
    fn open_maps(&self) -> &'static [Path] {
        S::OPEN_MAPS
    }
    fn server_chosen(&self) -> &'static [Path] {
        S::SERVER_CHOSEN
    }
    fn sets(&self) -> &'static [Path] {
        S::SETS
    }
    fn documents(&self) -> &'static [Path] {
        S::DOCUMENTS
    }
    fn secrets(&self) -> &'static [Path] {
        S::SECRETS
    }
    fn may_be_secret(&self) -> &'static [Path] {
        S::MAY_BE_SECRET
    }
    fn masked(&self) -> &'static [Path] {
        S::MASKED
    }
    fn not_compared(&self) -> &'static [Path] {
        S::NOT_COMPARED
    }
    fn local(&self) -> &'static [Local] {
        S::LOCAL
    }
    fn takes(&self) -> &'static [Takes] {
        S::TAKES
    }
    fn scope(&self) -> &'static [&'static str] {
        S::SCOPE
    }
    fn goes_with_scope(&self) -> bool {
        S::GOES_WITH_SCOPE
    }
    fn needs(&self) -> &'static [Path] {
        S::NEEDS
    }
    fn grants_to(&self) -> &'static [Path] {
        S::GRANTS_TO
    }
    fn renames(&self) -> bool {
        S::RENAMES
    }
    fn fixed_name(&self) -> bool {
        S::FIXED_NAME
    }
    fn near_misses(&self) -> &'static [(&'static str, &'static str)] {
        S::NEAR_MISSES
    }
    fn on_replaced(&self) -> &'static [(&'static str, Effect)] {
        S::ON_REPLACED
    }
    fn data(&self) -> Option<&'static str> {
        S::DATA
    }
    fn marking(&self) -> Marking {
        S::MARKING
    }
    fn proof(&self) -> Proof {
        S::PROOF
    }
    fn rank(&self) -> u8 {
        S::RANK
    }
    fn json_schema(&self) -> &Json {
        self.json_schema
            .get_or_init(|| schemars::schema_for!(S::Spec).to_value())
    }
    fn check(&self, spec: &Json) -> Result<Problems, DecodeError> {
        let mut problems = Problems::default();
        S::check(&decode::<S>(spec)?, &mut problems);
        Ok(problems)
    }
    fn canonical(&self, spec: &Json) -> Result<Json, DecodeError> {
        let canonical = S::canonical(decode::<S>(spec)?);
        serde_json::to_value(canonical).map_err(|error| DecodeError {
            kind: S::NAME,
            cause: error.to_string(),
        })
    }
    fn refuses(&self, live: &Json, want: &Json) -> Result<Option<String>, DecodeError> {
        Ok(S::refuses(&decode::<S>(live)?, &decode::<S>(want)?))
    }

    fn while_used(&self, former: &Json, wanted: &Json) -> Result<Json, DecodeError> {
        let (former, wanted) = (S::canonical(decode::<S>(former)?), S::canonical(decode::<S>(wanted)?));
        serde_json::to_value(S::canonical(S::while_used(former, wanted))).map_err(|error| DecodeError {
            kind: S::NAME,
            cause: error.to_string(),
        })
    }
    fn identity(&self, spec: &Json, cloud_name: &str) -> Result<Identity, DecodeError> {
        Ok(S::identity(&decode::<S>(spec)?, cloud_name))
    }
    fn known_outputs(&self, spec: &Json, cloud_name: &str, place: &Place) -> Result<Outputs, DecodeError> {
        Ok(S::known_outputs(&decode::<S>(spec)?, cloud_name, place))
    }
    fn check_name(&self, name: &str) -> Result<(), String> {
        S::check_name(name)
    }
}
