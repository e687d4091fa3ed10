//! What a caller may see and do. Users of the organization may do all; a service account what its role bindings grant,
//! on a cluster also what ACLs allow (`kafka::authorize`).

use super::crn::Crn;
use super::refusal::Refusal;

/// Roles that may change whatever their scope covers.
const ADMINS: &[&str] = &["OrganizationAdmin", "EnvironmentAdmin", "CloudClusterAdmin"];

#[derive(Debug, Clone)]
pub(crate) enum Rights {
    All,
    Granted(Vec<Grant>),
}

#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) role: String,
    pub(crate) scope: Crn,
}

impl Rights {
    /// Whether the thing is shown at all: it lies in a scope of some role, or some role's scope lies in it.
    pub(crate) fn sees(&self, thing: &Crn) -> bool {
        match self {
            Self::All => true,
            Self::Granted(grants) => grants
                .iter()
                .any(|grant| grant.scope.covers(thing) || thing.covers(&grant.scope)),
        }
    }

    pub(crate) fn manages(&self, thing: &Crn) -> bool {
        self.has(thing, ADMINS)
    }

    /// Whether one of these roles covers the thing.
    pub(crate) fn has(&self, thing: &Crn, roles: &[&str]) -> bool {
        match self {
            Self::All => true,
            Self::Granted(grants) => grants
                .iter()
                .any(|grant| roles.contains(&grant.role.as_str()) && grant.scope.covers(thing)),
        }
    }

    /// # Errors
    /// The caller does not manage the thing.
    pub(crate) fn must_manage(&self, thing: &Crn) -> Result<(), Refusal> {
        if self.manages(thing) {
            Ok(())
        } else {
            Err(Refusal::forbidden())
        }
    }
}
