//! Checks across resources.

use crate::environment::Declared;
use crate::environment::diagnostic::Diagnostic;

/// Two addresses with one identity, and circles of needs.
pub(crate) fn check(_declared: &Declared, _problems: &mut Vec<Diagnostic>) {}
