//! The record's file: where [`Record`] lies, and its only reader and writer.
//!
//! | secret | holds |
//! | --- | --- |
//! | `eclusa/<environment>/record-0` | a part of the record, which says how many there are |
//! | `eclusa/<environment>/record-<n>` | the others, as many as it says |
//!
//! - **Value**: a `SecretBinary`, the gzip (no time, no name: equal parts are equal bytes) of the part's JSON, at most
//!   8 MiB unpacked. A part holds `version`, `of` (how many parts there are), `entries` by address; the hash of an
//!   address says in which part it lies. The number doubles when a part would be larger than 48 KiB (Secrets Manager
//!   takes 65,536 bytes), up to 64; it does not shrink while `record-0` can be read.
//! - **Mark**: the four tags of every AWS kind, with the address `record`; written by the call that creates.
//! - **Read** ([`read`]): `GetSecretValue` of `record-0`, then of the others, at once. That permission on
//!   `arn:…:secret:eclusa/<environment>/record-*` is all a reader needs: nothing in it is secret, and it can neither
//!   list nor describe nor read any other secret. No `record-0`, or one scheduled for deletion: no record.
//! - **Unread**: what is there, or may be, and cannot be read whole is told and is never an empty record: denied or not
//!   answered, no gzip, no JSON, a part missing, parts of different numbers, a newer eclusa's.
//! - **Write** ([`write`]): only parts whose content changed; none, no call. Each is looked at first (`DescribeSecret`):
//!   another owner's is never written over, and neither is one whose current version is not the one that was read. Then
//!   `CreateSecret`, or `PutSecretValue`; ours that is scheduled for deletion is restored first (`RestoreSecret`).
//!   The `ClientRequestToken` is a hash of the version before and the value: a repeated call makes nothing twice.
//!   A lost answer is settled by looking.
//! - **Order of a write**: parts that are new, the others, `record-0`. A reader in between, and after a run that was
//!   killed there, sees: while the number stays, parts of two writes, each entry whole and true when it was written;
//!   while one part becomes several, the old record; while several become more, the old record until the first old part
//!   is replaced, then parts of different numbers (unread) until `record-0` is. Never a part of a record for a whole one.
//! - **Write over**: what is damaged, incomplete or mixed is replaced by the next write. What could not be asked for, and
//!   what a newer eclusa wrote, is not ([`Stored::may_be_written_over`]).
//! - **Delete** ([`delete`]): `DeleteSecret` without recovery, `record-0` last. What is ours is told by `ListSecrets`, and
//!   by `DescribeSecret` from `record-0` on, since a list may lag.

pub mod hashes;
mod packing;
mod secret;
#[cfg(test)]
mod tests;
mod writing;

use eclusa_planner::plan::record::Record;
use eclusa_planner::plan::record::RecordError;
use eclusa_planner::plan::record::Shard;
use futures_util::future::join_all;

use self::packing::Content;
use self::packing::Unusable;
use self::secret::Value;
pub use self::writing::delete;
pub use self::writing::write;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;

/// What lies in an environment's secrets, as it was read.
#[derive(Clone, Debug)]
pub struct Stored {
    /// `None`: there is none, or [`Self::unread`] says why it is not known.
    pub record: Option<Record>,
    /// Why what is there, or may be, could not be read; a sentence for the reader.
    pub unread: Option<String>,
    environment: String,
    /// Those that were looked for, by number.
    parts: Vec<Part>,
    /// How many there are, as far as known; nought: there is none.
    of: u32,
    /// Why it may not be written over.
    blocked: Option<Box<ProviderError>>,
}

/// One secret, as it was read.
#[derive(Clone, Debug, Default)]
struct Part {
    /// Id of its current version; `None`: it is not there.
    version: Option<String>,
    /// `None`: nothing that can be used.
    content: Option<Content>,
}

/// What one secret gave.
enum Read {
    Absent,
    Part { version: Option<String>, shard: Shard },
    Unusable { version: Option<String>, because: Unusable },
    Unread(Box<ProviderError>),
}

/// Reads the environment's record.
///
/// # Errors
/// The credentials are missing or expired. Everything else that goes wrong is [`Stored::unread`].
pub async fn read(io: &Io, environment: &str) -> Result<Stored, ProviderError> {
    let first = read_part(io, environment, 0).await?;
    let others = match &first {
        Read::Part { shard, .. } => 1..shard.of,
        _ => 1..1,
    };
    let mut parts = vec![first];
    for part in join_all(others.map(|number| read_part(io, environment, number))).await {
        parts.push(part?);
    }
    Ok(Stored::of(environment, parts))
}

async fn read_part(io: &Io, environment: &str, number: u32) -> Result<Read, ProviderError> {
    let damaged = |what: &str| Unusable::Damaged(what.to_owned());
    Ok(match secret::value(io, &secret::name(environment, number)).await {
        Ok(Value::Absent) => Read::Absent,
        Ok(Value::Empty) => Read::Unusable {
            version: None,
            because: damaged("holds no value"),
        },
        Ok(Value::There { version, bytes }) => {
            let bytes = bytes.ok_or_else(|| damaged("holds a text, not what eclusa writes"));
            match bytes.and_then(|bytes| packing::unpack(&bytes)) {
                Ok(shard) => Read::Part { version, shard },
                Err(because) => Read::Unusable { version, because },
            }
        }
        Err(error) if error.class == Class::Credentials => return Err(error),
        Err(error) => Read::Unread(Box::new(error)),
    })
}

/// Why a record cannot be used, and, where it may not be written over either, the error of a write.
struct Trouble {
    told: String,
    blocked: Option<Box<ProviderError>>,
}

impl Stored {
    fn of(environment: &str, read: Vec<Read>) -> Self {
        let mut stored = Self {
            record: None,
            unread: None,
            environment: environment.to_owned(),
            parts: Vec::new(),
            of: 0,
            blocked: None,
        };
        let (mut shards, mut troubles) = (Vec::new(), Vec::new());
        for (number, part) in (0_u32..).zip(read) {
            let name = secret::name(environment, number);
            stored.parts.push(match part {
                Read::Absent => Part::default(),
                Read::Part { version, shard } => {
                    stored.of = stored.of.max(shard.of);
                    let content = Some(packing::content_of(&shard));
                    shards.push(shard);
                    Part { version, content }
                }
                Read::Unusable { version, because } => {
                    stored.of = stored.of.max(1);
                    troubles.push(Trouble::of(&name, because));
                    Part { version, content: None }
                }
                Read::Unread(error) => {
                    troubles.push(Trouble::unread(&name, environment, *error));
                    Part::default()
                }
            });
        }
        let is_there = !shards.is_empty();
        // What forbids a write is told before what a write mends.
        let worst = troubles.into_iter().min_by_key(|trouble| trouble.blocked.is_none());
        match worst.map_or_else(|| merge(environment, shards), Err) {
            Ok(record) => stored.record = is_there.then_some(record),
            Err(Trouble { told, blocked }) => (stored.unread, stored.blocked) = (Some(told), blocked),
        }
        stored
    }

    /// Whether [`write`] would replace what is there: it was read, or is damaged, or there is nothing.
    pub fn may_be_written_over(&self) -> bool {
        self.blocked.is_none()
    }

    fn part(&self, number: u32) -> Option<&Part> {
        self.parts.get(usize::try_from(number).ok()?)
    }

    /// Whether this record is stored already, part by part.
    fn holds(&self, record: &Record) -> bool {
        if self.of == 0 {
            return record.entries.is_empty();
        }
        let texts = packing::texts(record, self.of);
        let stored = self.parts.iter().map(|part| part.content);
        stored.eq(texts.iter().map(|text| Some(packing::content(text))))
    }
}

fn merge(environment: &str, shards: Vec<Shard>) -> Result<Record, Trouble> {
    Record::merge(shards).map_err(|error| Trouble::of_record(&format!("the record of {environment}"), error))
}

impl Trouble {
    fn of(name: &str, because: Unusable) -> Self {
        match because {
            Unusable::Newer(error) => Self::of_record(name, error),
            Unusable::Damaged(what) => Self::mended(format!("the secret {name} {what}")),
        }
    }

    fn of_record(what: &str, error: RecordError) -> Self {
        match error {
            RecordError::Newer(_) => {
                let told = format!("{what} cannot be read: {error}; use that one");
                let error = secret::refused(Class::Invalid, "RecordOfNewerVersion", told.clone());
                let blocked = Some(Box::new(error));
                Self { told, blocked }
            }
            RecordError::Incomplete { .. } | RecordError::Mixed => Self::mended(format!("{what}: {error}")),
        }
    }

    fn mended(told: String) -> Self {
        Self {
            told: format!("{told}; the next apply that writes the record makes it anew"),
            blocked: None,
        }
    }

    fn unread(name: &str, environment: &str, error: ProviderError) -> Self {
        let next = match error.class {
            Class::Denied => format!("; allow {} on {}*", secret::GET, secret::prefix(environment)),
            _ => String::new(),
        };
        let told = format!("the secret {name} cannot be read: {error}{next}");
        let text = format!("the record was not read, so it is not written over: {told}");
        let blocked = ProviderError {
            message: text,
            operation: secret::PUT,
            ..error
        };
        Self {
            told,
            blocked: Some(Box::new(blocked)),
        }
    }
}
