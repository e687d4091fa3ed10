//! From YAML to [`Declared`]: parse, merge layers, decode, interpolate, expand, check.

pub mod declared;
pub mod diagnostic;
#[cfg(test)]
pub(crate) mod golden;
pub mod layers;
pub mod source;
pub mod tree;
pub mod walk;
pub mod yaml;

pub use declared::Declared;
pub use diagnostic::Diagnostic;
pub use source::Files;
pub use source::Sources;

use crate::resource::Place;

/// What a file may leave for the clouds to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub account: Option<String>,
    pub organization: Option<String>,
}

/// The settings of an environment that a client needs before it can ask who it is.
pub fn settings(_files: &dyn Files, _path: &str) -> Result<(declared::Settings, Sources), Failed> {
    Err(Failed::default())
}

/// Loads an environment file (`environments/local.yaml`, relative to the root) with its layers and stacks,
/// expands and checks it. Every problem found is returned, not the first.
pub fn declare(_files: &dyn Files, _path: &str, _asked: &Asked) -> Result<Declared, Failed> {
    let _: Option<Place> = None;
    Err(Failed::default())
}

/// Problems and the texts they are framed in.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    pub problems: Vec<Diagnostic>,
    pub sources: Sources,
}
