//! What is ours in a kind's scope, as its lists and tags say.

use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Owner;

use crate::clients::Class;
use crate::clients::ProviderError;

/// The objects of one kind that bear an owner's mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub owned: Vec<Marked>,
    /// Why there may be more than these.
    pub unread: Option<String>,
}

impl Listed {
    /// Keeps this owner's of those whose marks were read. What is gone by now is nobody's.
    pub fn of(
        owner: &Owner,
        read: impl IntoIterator<Item = (Identity, String, Result<Option<Mark>, ProviderError>)>,
    ) -> Result<Self, ProviderError> {
        let mut listed = Self::default();
        for (identity, name, mark) in read {
            match mark {
                Ok(Some(mark)) if mark.owner == *owner => listed.owned.push(Marked::new(identity, &name, &mark)),
                Ok(_) => {}
                Err(error) if error.class == Class::NotFound => {}
                Err(error) => {
                    let failed = Self::failed(error)?;
                    listed.unread = listed.unread.or(failed.unread);
                }
            }
        }
        Ok(listed)
    }

    /// Nothing could be listed; credentials end the run.
    pub fn failed(error: ProviderError) -> Result<Self, ProviderError> {
        if error.class == Class::Credentials {
            return Err(error);
        }
        Ok(Self {
            owned: Vec::new(),
            unread: Some(error.to_string()),
        })
    }
}
