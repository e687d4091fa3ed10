//! What is ours in a kind's scope, as its lists and marks say.

use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Owner;

use crate::clients::Class;
use crate::clients::ProviderError;

/// The objects of one kind that are an owner's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub owned: Vec<Marked>,
    /// Why there may be more than these.
    pub unread: Option<String>,
    /// What is not ours, by what holds it; some of it may be declared all the same.
    pub strangers: Vec<Stranger>,
    /// Others of ours with the identity of one that is it, in which something is.
    pub full_twins: Vec<Stranger>,
    /// Accounts of another owner who has the same environment's name.
    pub namesakes: Vec<String>,
}

/// Something in a scope, for the reader by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// What it lies in; `None` where the kind lies in nothing.
    pub holder: Option<Address>,
    pub identity: Identity,
    pub name: String,
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
                Err(error) => listed.miss(error)?,
            }
        }
        Ok(listed)
    }

    /// Nothing could be listed; credentials end the run.
    pub fn failed(error: ProviderError) -> Result<Self, ProviderError> {
        let mut listed = Self::default();
        listed.miss(error)?;
        Ok(listed)
    }

    /// What one of several lists says; `None`: it could not be read, and may have had more.
    pub fn read<T>(&mut self, list: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
        match list {
            Ok(list) => Ok(Some(list)),
            Err(error) => self.miss(error).map(|()| None),
        }
    }

    /// Some could not be listed; credentials end the run.
    pub fn miss(&mut self, error: ProviderError) -> Result<(), ProviderError> {
        if error.class == Class::Credentials {
            return Err(error);
        }
        self.unread.get_or_insert_with(|| error.to_string());
        Ok(())
    }
}
