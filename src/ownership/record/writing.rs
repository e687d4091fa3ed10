//! Writing and deleting the record's secrets. See [`super`].

use std::collections::BTreeSet;

use eclusa_planner::plan::record::Record;
use eclusa_planner::resource::Owner;

use super::Stored;
use super::packing;
use super::packing::MOST_PARTS;
use super::packing::Packed;
use super::secret;
use super::secret::Found;
use super::secret::refused;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;

/// How often one secret is looked at and written before its trouble is told.
const ATTEMPTS: u32 = 4;

/// Writes the record where it is not stored so already: equal content makes no call at all, and neither does an empty
/// record where there is none.
///
/// # Errors
/// - What is stored could not be read and may be worth keeping ([`Stored::may_be_written_over`]); nothing was written.
/// - A secret of that name is another owner's ([`Class::NotOurs`]), or was written since it was read
///   ([`Class::LeaseLost`]).
/// - The record is larger than its secrets may be; or a call failed. What was written of several parts until then is
///   found again by the next write.
pub async fn write(io: &Io, owner: &Owner, stored: &Stored, record: &Record) -> Result<(), ProviderError> {
    if let Some(because) = &stored.blocked {
        return Err((**because).clone());
    }
    if stored.holds(record) {
        return Ok(());
    }
    let packed = packing::pack(record, stored.of)
        .map_err(|error| refused(Class::Invalid, "RecordTooLarge", error.to_string()))?;
    let known = u32::try_from(stored.parts.len()).unwrap_or(u32::MAX);
    let mut changed: Vec<(u32, Packed)> = (0..).zip(packed).collect();
    changed.retain(|(number, part)| stored.part(*number).and_then(|kept| kept.content) != Some(part.content));
    // Those that no reader looks for yet, then the others, and the one that tells how many there are last.
    changed.sort_by_key(|(number, _)| (*number < known, *number == 0, *number));
    for (number, part) in changed {
        let writing = Writing {
            io,
            owner,
            name: secret::name(&stored.environment, number),
            bytes: &part.bytes,
        };
        writing.settle(expected(stored, number)).await?;
    }
    Ok(())
}

/// Deletes by force all of the record's secrets that are this owner's, the first one last, so that what an interruption
/// leaves is found again. Those scheduled for deletion count as gone; absent is success.
///
/// # Errors
/// A call failed; what it was for is still there.
pub async fn delete(io: &Io, owner: &Owner, environment: &str) -> Result<(), ProviderError> {
    let mut numbers = secret::list(io, owner, environment).await?;
    numbers.extend(present(io, owner, environment).await?);
    for number in numbers.into_iter().rev() {
        remove(io, owner, &secret::name(environment, number)).await?;
    }
    Ok(())
}

/// Those that are there from the first one on without a gap, as writing leaves them: read by name, they are seen at once.
async fn present(io: &Io, owner: &Owner, environment: &str) -> Result<BTreeSet<u32>, ProviderError> {
    let mut ours = BTreeSet::new();
    for number in 0..MOST_PARTS {
        let Some(found) = secret::describe(io, &secret::name(environment, number)).await? else {
            break;
        };
        if found.owner.as_ref() == Some(owner) && !found.is_scheduled {
            ours.insert(number);
        }
    }
    Ok(ours)
}

async fn remove(io: &Io, owner: &Owner, name: &str) -> Result<(), ProviderError> {
    let mut tried = 1;
    loop {
        let error = match secret::delete(io, name).await {
            Ok(()) => return Ok(()),
            Err(error) if error.class == Class::AnswerLost && tried < ATTEMPTS => error,
            Err(error) => return Err(error),
        };
        match secret::describe(io, name).await? {
            None => return Ok(()),
            Some(found) if found.is_scheduled => return Ok(()),
            Some(found) if found.owner.as_ref() != Some(owner) => return Err(error),
            Some(_) => tried += 1,
        }
    }
}

/// What a secret is to be like before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    /// Its current version is the one that was read; none: it was not there.
    Version(Option<String>),
    /// Whatever lies there is no part of the record that was read.
    Anything,
}

fn expected(stored: &Stored, number: u32) -> Expected {
    match stored.part(number) {
        Some(kept) => Expected::Version(kept.version.clone()),
        None if number == 0 => Expected::Version(None),
        None => Expected::Anything,
    }
}

/// One secret that is to hold these bytes.
struct Writing<'w> {
    io: &'w Io,
    owner: &'w Owner,
    name: String,
    bytes: &'w [u8],
}

/// The version that was asked for.
type Sent = Option<String>;

impl Writing<'_> {
    /// Looks, writes, and looks again where it is not known whether that was done.
    async fn settle(&self, mut expected: Expected) -> Result<(), ProviderError> {
        let mut sent: Sent = None;
        let mut tried = 1;
        loop {
            let found = secret::describe(self.io, &self.name).await?;
            let written = match found {
                Some(found) if found.owner.as_ref() != Some(self.owner) => return Err(self.not_ours()),
                Some(found) if found.is_scheduled => {
                    expected = Expected::Anything;
                    self.restore(&mut sent).await
                }
                Some(found) if sent.is_some() && found.current == sent => return Ok(()),
                Some(found) => self.put(found, &expected, &mut sent).await,
                None => self.create(&mut sent).await,
            };
            match written {
                Ok(()) => return Ok(()),
                Err(error) if tried < ATTEMPTS && is_to_be_settled(&error) => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn create(&self, sent: &mut Sent) -> Result<(), ProviderError> {
        let token = sent.insert(packing::token(None, self.bytes));
        secret::create(self.io, self.owner, &self.name, token, self.bytes).await
    }

    async fn put(&self, found: Found, expected: &Expected, sent: &mut Sent) -> Result<(), ProviderError> {
        if let Expected::Version(version) = expected
            && *version != found.current
        {
            return Err(self.moved());
        }
        let token = sent.insert(packing::token(found.current.as_deref(), self.bytes));
        secret::put(self.io, &self.name, token, self.bytes).await
    }

    /// Brings it back, and gives it its value. A forced deletion that still goes on cannot be turned back: then the name
    /// is waited for.
    async fn restore(&self, sent: &mut Sent) -> Result<(), ProviderError> {
        match secret::restore(self.io, &self.name).await {
            Ok(()) => {}
            Err(error) if matches!(error.class, Class::Invalid | Class::NotFound) => return self.create(sent).await,
            Err(error) => return Err(error),
        }
        match secret::describe(self.io, &self.name).await? {
            Some(found) => self.put(found, &Expected::Anything, sent).await,
            None => self.create(sent).await,
        }
    }

    fn not_ours(&self) -> ProviderError {
        let text = format!(
            "the secret {} is not of {}, whose record belongs there: it is left as it is, and nothing is remembered",
            self.name, self.owner
        );
        refused(Class::NotOurs, "SecretOfSomebodyElse", text)
    }

    fn moved(&self) -> ProviderError {
        let text = format!(
            "the secret {} was written since it was read: it is left as it is",
            self.name
        );
        refused(Class::LeaseLost, "RecordMoved", text)
    }
}

/// Whether the next look tells what to do: the answer was lost, or somebody was faster.
fn is_to_be_settled(error: &ProviderError) -> bool {
    matches!(error.class, Class::AnswerLost | Class::AlreadyExists | Class::NotFound)
}
