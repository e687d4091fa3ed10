//! The lease's thing, and the calls on it: `eclusa-<environment>` with the attributes `holder`, `renewed`, `expires`.
//!
//! Calls: iot:DescribeThing, CreateThing, UpdateThing (`expectedVersion`, `merge`: what is not named stays, an empty
//! value removes), DeleteThing. UpdateThing answers nothing, so that what it did is read back.

use std::time::Duration;
use std::time::SystemTime;

use aws_sdk_iot::types::AttributePayload;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::holder::Holder;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

const DESCRIBE: Operation = Operation::read(Service::Iot, "DescribeThing");
const CREATE: Operation = Operation::write(Service::Iot, "CreateThing");
const UPDATE: Operation = Operation::write(Service::Iot, "UpdateThing");
const DELETE: Operation = Operation::write(Service::Iot, "DeleteThing");

pub(super) const HOLDER: &str = "holder";
pub(super) const RENEWED: &str = "renewed";
pub(super) const EXPIRES: &str = "expires";

/// The lease as it was read; `None`: there is no thing.
pub type Read = Option<Thing>;

/// The lease's thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    pub(super) id: String,
    pub(super) version: i64,
    /// The attribute's text, whoever wrote it; never empty.
    pub(super) holder: Option<String>,
    pub(super) renewed: Option<String>,
    pub(super) expires: Option<String>,
}

impl Thing {
    /// Who holds it, in words.
    pub fn held_by(&self) -> Option<String> {
        let text = self.holder.as_ref()?;
        Some(Holder::parse(text).map_or_else(|| format!("something that calls itself {text}"), |who| who.to_string()))
    }

    /// When the holder renewed it last, by its own clock: for the reader, never compared.
    pub fn renewed(&self) -> Option<&str> {
        self.renewed.as_deref()
    }

    /// When the environment expires, as RFC 3339 writes it.
    pub fn expires(&self) -> Option<&str> {
        self.expires.as_deref()
    }
}

/// What one write came to.
#[derive(Clone, Debug)]
pub(super) enum Wrote {
    Done,
    /// Not done: what is there is not what was expected.
    Moved,
    /// Whether it was done is not known.
    Unknown(ProviderError),
}

/// The thing's calls.
#[derive(Clone, Debug)]
pub(super) struct Things {
    io: Io,
    name: String,
}

type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Things {
    pub(super) fn of(io: &Io, environment: &str) -> Self {
        Self {
            io: io.for_lease(),
            name: format!("eclusa-{environment}"),
        }
    }

    pub(super) async fn read(&self) -> Result<Read, ProviderError> {
        let request = || self.io.aws.iot.describe_thing().thing_name(&self.name);
        match self.io.call(DESCRIBE, || request().send()).await {
            Ok(found) => {
                let text = |key: &str| found.attributes()?.get(key).filter(|text| !text.is_empty()).cloned();
                Ok(Some(Thing {
                    id: found.thing_id().unwrap_or_default().to_owned(),
                    version: found.version(),
                    holder: text(HOLDER),
                    renewed: text(RENEWED),
                    expires: text(EXPIRES),
                }))
            }
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn create(&self, attributes: Attributes<'_>) -> Result<Wrote, ProviderError> {
        let payload = payload(attributes);
        let request = || self.io.aws.iot.create_thing().thing_name(&self.name);
        let made = self
            .io
            .call(CREATE, || request().attribute_payload(payload.clone()).send());
        wrote(made.await.map(|_| ()))
    }

    /// Changes these attributes of the thing if it still has this version; the others stay.
    pub(super) async fn update(&self, version: i64, attributes: Attributes<'_>) -> Result<Wrote, ProviderError> {
        let payload = payload(attributes);
        let request = || {
            let request = self.io.aws.iot.update_thing().thing_name(&self.name);
            request.expected_version(version).attribute_payload(payload.clone())
        };
        wrote(self.io.call(UPDATE, || request().send()).await.map(|_| ()))
    }

    pub(super) async fn delete(&self, version: i64) -> Result<Wrote, ProviderError> {
        let request = || self.io.aws.iot.delete_thing().thing_name(&self.name);
        let deleted = self.io.call(DELETE, || request().expected_version(version).send());
        wrote(deleted.await.map(|_| ()))
    }
}

fn payload(attributes: Attributes<'_>) -> AttributePayload {
    let mut payload = AttributePayload::builder().merge(true);
    for (name, text) in attributes {
        payload = payload.attributes(*name, *text);
    }
    payload.build()
}

fn wrote(answer: Result<(), ProviderError>) -> Result<Wrote, ProviderError> {
    match answer {
        Ok(()) => Ok(Wrote::Done),
        Err(error) => match error.class {
            Class::AnswerLost => Ok(Wrote::Unknown(error)),
            Class::AlreadyExists | Class::NotFound => Ok(Wrote::Moved),
            _ if error.code == "VersionConflictException" => Ok(Wrote::Moved),
            _ => Err(error),
        },
    }
}

/// A time as the attributes hold it: RFC 3339 in UTC, with milliseconds, so that two renewals differ.
pub(crate) fn stamp(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or_default();
    DateTime::from_millis(millis).fmt(Format::DateTime).unwrap_or_default()
}

/// Reads [`stamp`].
pub(super) fn parse_stamp(text: &str) -> Option<SystemTime> {
    let millis = DateTime::from_str(text, Format::DateTime).ok()?.to_millis().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_and_is_in_the_attributes_alphabet() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_369_340_123);
        assert_eq!(stamp(time), "2026-11-22T17:42:20.123Z");
        assert_eq!(parse_stamp(&stamp(time)), Some(time));
        assert_eq!(parse_stamp("tomorrow"), None);
    }

    #[test]
    fn a_holder_in_another_hand_is_still_named() {
        let thing = Thing {
            id: String::new(),
            version: 1,
            holder: Some("terraform".to_owned()),
            renewed: None,
            expires: None,
        };
        assert_eq!(
            thing.held_by().as_deref(),
            Some("something that calls itself terraform")
        );
    }
}
