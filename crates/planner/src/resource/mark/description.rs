//! Marks in the descriptions of accounts and keys.
//!
//! ```text
//! topics and ACLs, used by eclusa itself [eclusa prod 1a2b3c4d telemetry/admin 1:0123456789abcdef]
//! <the declared text> [eclusa <environment> <tag> <instance>/<name>[:key] <digest>]
//! ```
//!
//! The kind is that of the object and is left out. An address of more than 40 characters keeps its beginning and ends
//! in `~` and 8 hex digits of its SHA-256; no address holds a `~`, so that none is mistaken for a cut one. Confluent
//! takes descriptions of 128 characters (confluentinc/cli, `iam/command_service_account.go`).

use sha2::Digest as _;
use sha2::Sha256;

use super::Digest;
use super::Mark;
use super::Owner;
use crate::resource::Address;

/// Characters of a description, its mark included.
pub const LENGTH: usize = 128;
/// Characters of an address in it.
const ADDRESS: usize = 40;
/// Hex digits of the hash tail of an address that is cut.
const TAIL: usize = 8;
const OPENING: &str = "[eclusa ";
/// Characters of a tag and of a digest of ours.
const TAG: usize = 8;
const DIGEST: usize = 18;

/// An address as a description holds it.
pub fn address(address: &Address) -> String {
    let key = address.key.as_ref().map(|key| format!(":{key}")).unwrap_or_default();
    let whole = format!("{}/{}{key}", address.instance, address.name);
    if whole.chars().count() <= ADDRESS {
        return whole;
    }
    let hash = Sha256::digest(whole.as_bytes());
    let tail: String = hash.iter().take(TAIL / 2).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = whole.chars().take(ADDRESS - TAIL - 1).collect();
    format!("{kept}~{tail}")
}

/// Whether a mark read from a description names this address.
pub fn names(mark: &Mark, resource: &Address) -> bool {
    mark.address == resource.tag_text() || mark.address == address(resource)
}

/// A description: the declared text and the mark.
pub fn written(text: &str, mark: &Mark, resource: &Address) -> String {
    let Mark { owner, digest, .. } = mark;
    let (environment, tag, address) = (owner.environment(), owner.tag(), address(resource));
    let mark = format!("{OPENING}{environment} {tag} {address} {}]", digest.0);
    match text.is_empty() {
        true => mark,
        false => format!("{text} {mark}"),
    }
}

/// How many characters the declared text may have beside the mark of this address.
pub fn room(environment: &str, resource: &Address) -> usize {
    let address = address(resource).chars().count();
    let mark = OPENING.len() + environment.len() + 1 + TAG + 1 + address + 1 + DIGEST + "]".len();
    LENGTH.saturating_sub(mark + " ".len())
}

/// The declared text of a description, and the mark at its end. `kind` is that of the object; the owner of a mark that
/// is not `owner`'s is known by environment and tag only ([`Owner::of_tag`]).
pub fn read<'t>(text: &'t str, kind: &str, owner: &Owner) -> (&'t str, Option<Mark>) {
    let cut = text.strip_suffix(']').and_then(|rest| rest.rsplit_once(OPENING));
    let Some((declared, mark)) = cut.and_then(|(declared, inside)| Some((declared, parse(inside, kind, owner)?)))
    else {
        return (text, None);
    };
    (declared.strip_suffix(' ').unwrap_or(declared), Some(mark))
}

fn parse(inside: &str, kind: &str, owner: &Owner) -> Option<Mark> {
    let words: Vec<&str> = inside.split(' ').collect();
    let [environment, tag, address, digest] = words.as_slice() else {
        return None;
    };
    let is_tag = tag.len() == TAG && tag.chars().all(|c| c.is_ascii_hexdigit());
    if !is_tag || !address.contains('/') {
        return None;
    }
    let is_own = *environment == owner.environment() && *tag == owner.tag();
    let with_kind = address
        .split_once('/')
        .map(|(instance, name)| format!("{instance}/{kind}.{name}"))
        .filter(|text| Address::from_tag_text(text).is_some());
    Some(Mark {
        owner: if is_own {
            owner.clone()
        } else {
            Owner::of_tag(environment, tag)
        },
        address: with_kind.unwrap_or_else(|| (*address).to_owned()),
        digest: Digest((*digest).to_owned()),
        protect: false,
    })
}

/// What display name and description of an account tell together. The name says whose it is; a description that does
/// not say the same tells nothing.
pub fn of_account(name: &str, text: &str, kind: &str, owner: &Owner) -> Option<Mark> {
    let (_, described) = read(text, kind, owner);
    match Mark::from_display_name(name, owner) {
        Some(named) => Some(described.filter(|mark| mark.owner == *owner).unwrap_or(named)),
        None => described.filter(|mark| mark.owner != *owner),
    }
}

#[cfg(test)]
mod tests;
