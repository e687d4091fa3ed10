//! Every declared resource decided, in order, with the graph of the run.

use super::Change;
use super::Evaluation;
use super::Graph;
use super::Observations;
use crate::resource::Owner;
use crate::schema::DecodeError;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Make the clouds match the declaration.
    Converge,
    /// Delete what is declared and ours.
    Destroy,
}

/// A plan is a value: the same input gives the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub environment: String,
    pub owner: Owner,
    pub intent: Intent,
    /// Every declared resource, what stays as it is included, in an order in which they could be applied.
    pub changes: Vec<Change>,
    /// Already turned round for [`Intent::Destroy`]: what `needs` names goes first.
    pub graph: Graph,
}

/// Plans. The evaluation learns the outputs of what stays.
pub fn plan(
    _evaluation: &mut Evaluation<'_>,
    _owner: &Owner,
    _live: &Observations,
    _intent: Intent,
) -> Result<Plan, DecodeError> {
    Err(DecodeError {
        kind: "",
        cause: String::new(),
    })
}
