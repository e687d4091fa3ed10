//! One resource: what is declared beside what is live, and what follows.

use super::change::Change;
use super::evaluation::Wanted;
use super::live::Live;
use crate::environment::declared::Resource;
use crate::resource::Owner;
use crate::schema::DecodeError;

/// Decides one resource on its own. Used by the planner, and once more right before a write.
pub fn decide(_resource: &Resource, _owner: &Owner, _wanted: &Wanted, _live: &Live) -> Result<Change, DecodeError> {
    Err(DecodeError {
        kind: "",
        cause: String::new(),
    })
}
