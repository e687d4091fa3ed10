//! What a failed read means for an observation.

use crate::clients::Class;
use crate::clients::ProviderError;
use crate::kinds::Found;

/// Credentials end the run; any other failed read leaves this one resource unreadable, with the reason.
pub(crate) fn readable<S>(read: Result<Found<S>, ProviderError>) -> Result<Found<S>, ProviderError> {
    match read {
        Err(error) if error.class != Class::Credentials => Ok(Found::Unreadable(error.to_string())),
        other => other,
    }
}

/// A failed list leaves all that was to be found in it unreadable; credentials end the run.
pub(crate) fn all_unread<S>(error: ProviderError, count: usize) -> Result<Vec<Found<S>>, ProviderError> {
    match error.class {
        Class::Credentials => Err(error),
        _ => Ok((0..count).map(|_| Found::Unreadable(error.to_string())).collect()),
    }
}
