//! Who calls: Basic authentication with an API key.
//!
//! Keys that this cloud made are known with their secret, owner and scope, and are let in once they have spread. Of
//! others the id tells what they are, and any secret will do:
//!
//! | begins with | is |
//! | --- | --- |
//! | `CLUSTER` | a user's key of every cluster |
//! | `GLOBAL` | a user's Global key |
//! | anything else | a user's Cloud key |
//!
//! and, after that word, what goes wrong with it:
//!
//! | then | answer |
//! | --- | --- |
//! | `INVALID` | no such key |
//! | `DENIED` | nothing is allowed |
//! | `READONLY` | nothing that writes is allowed |
//! | `HALF` | every other thing is left out of lists and, asked for by name, forbidden, and so is making a cluster, a key or a binding among them; which, its name tells |
//! | `HIDING-<text>` | the same, of things whose names hold the text |
//!
//! The names that count are display names, those of topics and connectors, of API keys display name and description, of
//! role bindings the role, of ACLs resource and operation: none of what this cloud makes up.
//!
//! A key of the wrong kind for the host is 401, without a word about why.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::iam::bindings;
use super::iam::keys;
use super::iam::keys::ApiKey;
use super::iam::keys::Resource;
use super::refusal::Refusal;
use super::refusal::Shape;
use super::request::Context;
use super::request::Request;
use super::rights::Rights;
use super::service::Plane;
use super::switches::DeadKey;
use super::switches::FreshKey;
use super::switches::GlobalKeys;
use crate::store::View;

/// The one user of the organization, owner of all keys that this cloud did not make.
pub(crate) const USER: &str = "u-e7k2mq";

#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// `u-…` or `sa-…`.
    pub(crate) owner: String,
    pub(crate) rights: Rights,
    hidden: Hidden,
}

/// What the caller's key is not shown though it may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Hidden {
    Nothing,
    Half,
    Holding(String),
}

impl Caller {
    /// Whether a thing of this name is among those that the caller's key is shown.
    pub(crate) fn is_shown(&self, name: &str) -> bool {
        match &self.hidden {
            Hidden::Nothing => true,
            Hidden::Half => name.bytes().fold(0_u8, u8::wrapping_add).is_multiple_of(2),
            Hidden::Holding(text) => !name.contains(text),
        }
    }
}

impl Caller {
    /// Who may make a thing sees it: a key from which such things are hidden makes none.
    ///
    /// # Errors
    /// The name is hidden from this key.
    pub(crate) fn must_be_shown(&self, name: &str) -> Result<(), Refusal> {
        match self.is_shown(name) {
            true => Ok(()),
            false => Err(Refusal::forbidden()),
        }
    }
}

/// The key's id and secret.
pub(crate) fn credentials(authorization: &str) -> Option<(String, String)> {
    let encoded = authorization.strip_prefix("Basic ")?;
    let bytes = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// What the call asks of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) plane: Plane,
    pub(crate) mutating: bool,
}

/// # Errors
/// There is no key, or it is not let in.
pub(crate) fn caller(view: View<'_>, request: &Request, context: &Context, wanted: Wanted) -> Result<Caller, Refusal> {
    let (id, secret) = credentials(&request.authorization).ok_or_else(unauthorized)?;
    match view.get::<ApiKey>(&keys::key(context, &id))? {
        Some(key) if key.secret == secret => known(view, request, context, wanted, &key),
        Some(_) => Err(dead(context, wanted)),
        None if keys::was_deleted(view, context, &id)? => Err(dead(context, wanted)),
        None => foreign(context, wanted, &id),
    }
}

fn known(
    view: View<'_>,
    request: &Request,
    context: &Context,
    wanted: Wanted,
    key: &ApiKey,
) -> Result<Caller, Refusal> {
    let fits = match (&key.resource, wanted.plane) {
        (Resource::Cloud, plane) => plane == Plane::Control,
        (Resource::Global, plane) => plane == Plane::Control || global_reaches_kafka(context),
        (Resource::Cluster { id, .. }, plane) => plane == Plane::Kafka && id == request.label("cluster"),
    };
    if !fits {
        return Err(unauthorized());
    }
    let is_flapping = context.now < key.steady_at && !context.attempt.is_multiple_of(2);
    if context.now < key.usable_at || is_flapping {
        return Err(fresh(context, wanted));
    }
    let rights = if key.owner == USER {
        Rights::All
    } else {
        Rights::Granted(bindings::grants(view, context, &key.owner, wanted.plane)?)
    };
    Ok(Caller {
        owner: key.owner.clone(),
        rights,
        hidden: Hidden::Nothing,
    })
}

/// A key that this cloud did not make.
fn foreign(context: &Context, wanted: Wanted, id: &str) -> Result<Caller, Refusal> {
    let (fits, word) = if let Some(word) = id.strip_prefix("CLUSTER") {
        (wanted.plane == Plane::Kafka, word)
    } else if let Some(word) = id.strip_prefix("GLOBAL") {
        (wanted.plane == Plane::Control || global_reaches_kafka(context), word)
    } else {
        (wanted.plane == Plane::Control, id)
    };
    if word.starts_with("INVALID") {
        return Err(dead(context, wanted));
    }
    if !fits {
        return Err(unauthorized());
    }
    if word.starts_with("DENIED") || (word.starts_with("READONLY") && wanted.mutating) {
        return Err(denied(wanted));
    }
    Ok(Caller {
        owner: USER.to_owned(),
        rights: Rights::All,
        hidden: hidden(word),
    })
}

fn hidden(word: &str) -> Hidden {
    match word.strip_prefix("HIDING-") {
        Some(text) => Hidden::Holding(text.to_owned()),
        None if word.starts_with("HALF") => Hidden::Half,
        None => Hidden::Nothing,
    }
}

fn global_reaches_kafka(context: &Context) -> bool {
    context.switches.global_keys == GlobalKeys::Everywhere
}

fn unauthorized() -> Refusal {
    Refusal::general(401, "", "Unauthorized")
}

/// A key that does not exist, no longer or not with this secret.
fn dead(context: &Context, wanted: Wanted) -> Refusal {
    match (wanted.plane, context.switches.dead_key) {
        (Plane::Kafka, _) | (_, DeadKey::Unauthorized) => unauthorized(),
        (Plane::Control, DeadKey::Forbidden) => Refusal::general(
            403,
            "forbidden_access",
            "invalid API key: this host takes Cloud API keys that exist",
        ),
    }
}

/// A key that has not reached all that let callers in.
fn fresh(context: &Context, wanted: Wanted) -> Refusal {
    match (context.switches.fresh_key, wanted.plane) {
        (FreshKey::Unauthorized, _) => unauthorized(),
        (FreshKey::Forbidden, Plane::Control) => Refusal::general(403, "", "Forbidden"),
        (FreshKey::Forbidden, Plane::Kafka) => Refusal::general(403, "", "Forbidden").shaped(Shape::Html),
    }
}

pub(crate) fn denied(wanted: Wanted) -> Refusal {
    match wanted.plane {
        Plane::Control => Refusal::forbidden(),
        Plane::Kafka => Refusal::flat(403, 40301, "Request is not authorized"),
    }
}
