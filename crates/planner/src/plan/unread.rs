//! What could not be read, and what hangs on that.
//!
//! Of a scope that could not be read, and of one that is gone or hidden, nothing proves what lives in it. What is known
//! by the outputs of such a resource cannot have been looked for, and a difference of nothing but those outputs is none
//! yet: all of that is checked during apply.

use super::Change;
use super::Evaluation;
use super::change::Action;
use super::change::Reason;
use super::decide::awaited;
use super::live::Live;
use crate::environment::declared::Resource;
use crate::resource::Address;
use crate::resource::Identity;
use crate::schema::DecodeError;

/// What the decision about its scope says of what lives there: in a scope that is not there nothing is, and in one that
/// could not be read nothing was looked for.
pub(super) fn scoped(evaluation: &Evaluation<'_>, position: usize, decided: &[Option<Change>]) -> Option<Live> {
    let scopes = evaluation.scope_of(position);
    let mut changes = scopes.filter_map(|scope| decided.get(scope)?.as_ref());
    changes.find_map(|scope| match (scope.action, &scope.reason) {
        (Action::Create, _) | (Action::Blocked, Reason::ExistingAbsent) => Some(Live::Absent),
        (Action::Check, _) | (Action::Blocked, Reason::ExistingGoneOrHidden { .. }) => Some(Live::Unreadable {
            because: format!("{}, in which it lives, {}", scope.address, state(&scope.reason)),
            until: Some(scope.address.clone()),
        }),
        _ => None,
    })
}

/// What is known by nothing yet cannot have been looked for: it is made, unless what it is known by hangs on
/// something that could not be read. With an identity, not having looked proves nothing.
pub(super) fn not_there(
    evaluation: &Evaluation<'_>,
    resource: &Resource,
    position: usize,
    was_observed: bool,
    decided: &[Option<Change>],
) -> Result<Live, DecodeError> {
    let unread = evaluation.uses(position).iter().find_map(|used| {
        let change = decided.get(used.target)?.as_ref()?;
        (change.action == Action::Check).then_some(change)
    });
    let is_known = evaluation.identity(&resource.address)? != Identity::Unknown;
    Ok(match (is_known, unread) {
        (true, _) if !was_observed => Live::Unreadable {
            because: "it was not observed".to_owned(),
            until: None,
        },
        (false, Some(change)) => Live::Unreadable {
            because: format!(
                "what it is known by hangs on {}, which {}",
                change.address,
                state(&change.reason)
            ),
            until: Some(change.address.clone()),
        },
        (true, _) | (false, None) => Live::Absent,
    })
}

/// A difference of nothing but values of what could not be read is no difference yet.
pub(super) fn hang_on_unread(change: &mut Change, evaluation: &Evaluation<'_>, decided: &[Option<Change>]) {
    if !matches!(change.action, Action::Update | Action::Replace) || change.fields.is_empty() {
        return;
    }
    let unread = |address: &Address| {
        let position = evaluation.position(address)?;
        decided
            .get(position)?
            .as_ref()
            .filter(|change| change.action == Action::Check)
    };
    let mut hanging = change.fields.iter().map(|field| awaited(field).find_map(unread));
    if let Some(Some(first)) = hanging.next()
        && hanging.all(|other| other.is_some())
        && change.touched_by.is_empty()
    {
        change.action = Action::Check;
        change.reason = Reason::Unreadable {
            because: format!(
                "its difference hangs on {}, which {}",
                first.address,
                state(&first.reason)
            ),
            until: Some(first.address.clone()),
        };
        change.fields = Vec::new();
    }
}

/// What is the matter with something that is checked during apply.
fn state(reason: &Reason) -> &'static str {
    match reason {
        Reason::GoneOrHidden { .. } | Reason::ExistingGoneOrHidden { .. } => "is gone, or hidden from this key",
        _ => "could not be read",
    }
}
