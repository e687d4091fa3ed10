//! Saved plans: what `plan --out FILE.plan` writes, and what `apply FILE.plan` may carry out.
//!
//! A saved plan is consent given beforehand to exactly one plan, so its apply asks nothing, and carries out that plan or
//! nothing. The file holds what was asked for, whom it was made as, fingerprints of all that was read for it (of more than
//! its targets, where it has any), and the changes as they were shown. Everything is read and planned again before it is
//! applied; whatever moved since is refused by name, before the first write. So a plan applied once is stale, unless there
//! was nothing to do.
//!
//! The file is JSON, mode 0600, replaced whole ([`file`]). It holds no more than what the plan shows, fingerprints that
//! nothing can be read from, and the names of secrets' sources: nothing secret can get in. The environment is that of the
//! root it was made in; where that root is no more (another machine), the one that the user stands in.

mod file;
mod stale;

use std::io;
use std::path::Path;
use std::path::PathBuf;

use eclusa_planner::plan::Request;
use eclusa_planner::plan::fingerprint::Declarations;
use eclusa_planner::plan::fingerprint::Sightings;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::Place;
use eclusa_planner::schema::DecodeError;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;

pub use self::file::may_be_written;
pub use self::file::read;
pub use self::file::write;
use crate::session::Looked;
use crate::session::Session;
use crate::view;

/// What the name of a plan file ends in; no environment is called so.
const SUFFIX: &str = ".plan";
/// What tells a plan file from other JSON.
const FORMAT: &str = "eclusa plan";
/// Grows by a whole number when a reader must change.
const FORMAT_VERSION: &str = "1.0";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A plan as its file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    format: String,
    format_version: String,
    /// The version of the eclusa that made it.
    eclusa: String,
    /// The folder that holds `environments/`, absolute.
    root: PathBuf,
    /// The environment's file, relative to the root.
    file: String,
    made_as: MadeAs,
    request: Request,
    /// Whether there is anything to do.
    has_changes: bool,
    /// As `--format json` shows them.
    changes: Vec<Json>,
    declared: Declarations,
    live: Sightings,
}

/// Whom and where a plan was made as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MadeAs {
    environment: String,
    owner: String,
    account: Option<String>,
    region: String,
    organization: Option<String>,
}

/// Why a file is no plan that can be applied here.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    #[error("there is no plan file {path}")]
    Missing { path: String },
    #[error("{path} cannot be read: {error}")]
    Read { path: String, error: io::Error },
    #[error("{path} is no plan of eclusa: {cause}")]
    Foreign { path: String, cause: String },
    #[error("{path} is damaged: {cause}")]
    Damaged { path: String, cause: String },
    #[error(
        "{path} was made by eclusa {eclusa} in format {format_version}, and this is eclusa {VERSION}, which reads \
         {FORMAT_VERSION}"
    )]
    OtherFormat {
        path: String,
        eclusa: String,
        format_version: String,
    },
    #[error("a plan is saved to a file whose name ends in {SUFFIX}, and {path:?} does not")]
    NoSuffix { path: String },
    #[error("{path} is there and is no plan of eclusa, so it is not overwritten")]
    Occupied { path: String },
    #[error("the plan cannot be saved to {path}: {error}")]
    Write { path: String, error: io::Error },
    #[error("{path} says what is applied, so that {option} can change nothing about it")]
    Decided { path: String, option: &'static str },
}

/// Whether what was typed is the name of a plan file.
pub fn is_plan_file(typed: &str) -> bool {
    typed.ends_with(SUFFIX)
}

impl SavedPlan {
    /// The plan as it is saved.
    ///
    /// # Errors
    /// What is live does not fit its kind's Spec.
    pub fn of(session: &Session, looked: &Looked<'_>) -> Result<Self, DecodeError> {
        let root = &session.located.root.folder;
        Ok(Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION.to_owned(),
            eclusa: VERSION.to_owned(),
            root: std::path::absolute(root).unwrap_or_else(|_| root.clone()),
            file: session.located.path.clone(),
            made_as: MadeAs::of(&session.declared.place, &session.owner),
            request: looked.plan.request.clone(),
            has_changes: looked.plan.has_changes(),
            changes: view::json::changes(&looked.plan),
            declared: Declarations::of(&session.declared),
            live: Sightings::of(&looked.evaluation, &looked.observed.live)?,
        })
    }

    /// The environment's file: in the root that the plan was made in, else in the root from here.
    pub fn environment_file(&self, here: Option<&Path>) -> PathBuf {
        let made_in = self.root.join(&self.file);
        match here {
            Some(here) if !made_in.is_file() => here.join(&self.file),
            _ => made_in,
        }
    }

    pub fn environment(&self) -> &str {
        &self.made_as.environment
    }

    /// What was asked for.
    pub fn request(&self) -> &Request {
        &self.request
    }
}

impl MadeAs {
    fn of(place: &Place, owner: &Owner) -> Self {
        Self {
            environment: place.environment.clone(),
            owner: owner.to_string(),
            account: place.account.clone(),
            region: place.region.clone(),
            organization: place.organization.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
