//! Finding things by display name: which of several is meant, and what a missing one means.

use eclusa_planner::plan::doubles;
use eclusa_planner::plan::doubles::Twin;
use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Owner;

use crate::clients::Class;
use crate::clients::ProviderError;
use crate::clients::confluent::clusters::Cluster;
use crate::clients::confluent::environments::Environment;
use crate::clients::confluent::service_accounts::ServiceAccount;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Listed;
use crate::kinds::Scope;
use crate::kinds::Stranger;
use crate::kinds::Wanted;

/// What has an id and a display name.
pub(super) trait Named {
    fn id(&self) -> &str;
    fn name(&self) -> &str;
    /// RFC 3339.
    fn created(&self) -> &str;
}

macro_rules! named {
    ($type:ty, $name:ident $(. $rest:ident)*) => {
        impl Named for $type {
            fn id(&self) -> &str {
                &self.id
            }
            fn name(&self) -> &str {
                &self.$name$(.$rest)*
            }
            fn created(&self) -> &str {
                &self.metadata.created_at
            }
        }
    };
}

named!(Environment, display_name);
named!(Cluster, spec.display_name);
named!(ServiceAccount, display_name);

/// Finds one in the list of what it lies in, or by its id where no list shows what is remembered.
pub(super) async fn find<T: Named, S, F>(
    all: &[T],
    each: &Wanted,
    owner: Option<&Owner>,
    when_gone: WhenGone,
    get: impl FnOnce(String) -> F,
    present: impl Fn(&T) -> Found<S>,
) -> Result<Found<S>, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    match choose(all, each, owner) {
        Choice::One(one) => Ok(present(one)),
        Choice::Ambiguous(count) => Ok(ambiguous(each, count)),
        Choice::None => missing(each, when_gone, get, |one| present(&one)).await,
    }
}

/// Which of a list is meant.
enum Choice<'l, T> {
    None,
    One(&'l T),
    /// A name that somebody wrote, and that this many have.
    Ambiguous(usize),
}

/// Chooses: by id what is known by nothing else, what only exists by id or name, ours by name, else what has that name
/// without the owner's tag: it may be taken over, or blocks.
fn choose<'l, T: Named>(all: &'l [T], each: &Wanted, owner: Option<&Owner>) -> Choice<'l, T> {
    if let Some(id) = id_of(&each.identity) {
        return only(all.iter().filter(|one| one.id() == id));
    }
    let by_name = |name: &str| all.iter().filter(|one| one.name() == name).collect::<Vec<&'l T>>();
    if each.existing {
        let by_id = only(all.iter().filter(|one| one.id() == each.name));
        return match by_id {
            Choice::One(one) => Choice::One(one),
            _ => only(by_name(&each.name).into_iter()),
        };
    }
    let twins = by_name(&each.name);
    if let Some(it) = settled(&twins, each.recorded.as_deref()).it {
        return twins.get(it).map_or(Choice::None, |one| Choice::One(one));
    }
    let tag = owner.map(|owner| format!("-{}", owner.tag()));
    let Some(untagged) = tag.and_then(|tag| each.name.strip_suffix(&tag)) else {
        return Choice::None;
    };
    for from in &each.adopt_from {
        let theirs = only(by_name(&format!("{untagged}-{}", from.tag())).into_iter());
        if !matches!(theirs, Choice::None) {
            return theirs;
        }
    }
    match only(by_name(untagged).into_iter()) {
        Choice::Ambiguous(_) if !each.adopt => Choice::None,
        chosen => chosen,
    }
}

/// Whose a display name says that it is: ours, or somebody's it may be taken over from.
pub(super) fn mark(name: &str, each: &Wanted, owner: Option<&Owner>) -> Option<Mark> {
    let mut owners = owner.into_iter().chain(&each.adopt_from);
    owners.find_map(|owner| Mark::from_display_name(name, owner))
}

/// What is ours under its former name, and can get the one that is declared in place: the record knows it under this
/// address, or it has the default name of it, which no other declaration has.
pub(super) fn renamed<'l, T: Named>(
    all: &'l [T],
    each: &Wanted,
    others: &[Wanted],
    owner: Option<&Owner>,
) -> Option<&'l T> {
    let owner = owner.filter(|_| !each.existing && id_of(&each.identity).is_none())?;
    let is_it = |one: &&T| {
        let is_recorded = each.recorded_here.as_deref() == Some(one.id());
        let is_named = || default_address(&each.address.kind, one.name(), owner).as_ref() == Some(&each.address);
        let is_ours = Mark::from_display_name(one.name(), owner).is_some();
        is_ours && (is_recorded || is_named()) && !others.iter().any(|other| other.name == one.name())
    };
    match only(all.iter().filter(is_it)) {
        Choice::One(one) => Some(one),
        Choice::None | Choice::Ambiguous(_) => None,
    }
}

fn only<'l, T>(mut found: impl Iterator<Item = &'l T>) -> Choice<'l, T> {
    match (found.next(), found.count()) {
        (None, _) => Choice::None,
        (Some(one), 0) => Choice::One(one),
        (Some(_), more) => Choice::Ambiguous(more + 1),
    }
}

fn settled<T: Named>(twins: &[&T], recorded: Option<&str>) -> doubles::Settled {
    let twins: Vec<Twin> = twins
        .iter()
        .map(|twin| Twin {
            id: twin.id().to_owned(),
            created: twin.created().to_owned(),
            is_empty: true,
        })
        .collect();
    doubles::settle(&twins, recorded)
}

/// The id of what is known by nothing but that: one of several with the same name.
pub(super) fn id_of(identity: &Identity) -> Option<&str> {
    match identity {
        Identity::Natural(parts) => match parts.as_slice() {
            [id] => Some(id),
            _ => None,
        },
        Identity::Name(_) | Identity::Unknown => None,
    }
}

/// The identity of one that shares its name with another.
pub(super) fn by_id(id: &str) -> Identity {
    Identity::Natural(vec![id.to_owned()])
}

pub(super) fn ambiguous<S>(each: &Wanted, count: usize) -> Found<S> {
    Found::Unreadable(format!(
        "{count} are called {:?}: write the id of the one that is meant",
        each.name
    ))
}

/// What the cloud answers to the id of something that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenGone {
    /// 404: so 403 says that it is there, and hidden from this key.
    NotFound,
    /// 403, as for what is hidden.
    Forbidden,
}

/// What no list shows: never remembered, it is absent; else it is asked for by its id.
pub(super) async fn missing<T, S, F>(
    each: &Wanted,
    when_gone: WhenGone,
    get: impl FnOnce(String) -> F,
    present: impl FnOnce(T) -> Found<S>,
) -> Result<Found<S>, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let Some(id) = each.recorded.as_deref().filter(|id| !id.is_empty()) else {
        return Ok(Found::Absent);
    };
    match get(id.to_owned()).await {
        Ok(found) => Ok(present(found)),
        Err(error) => match error.class {
            Class::NotFound => Ok(Found::Absent),
            Class::Denied if when_gone == WhenGone::Forbidden => Ok(Found::Hidden(error.to_string())),
            Class::Denied => Ok(hidden(&error)),
            Class::Credentials => Err(error),
            _ => Ok(Found::Unreadable(error.to_string())),
        },
    }
}

/// It is there, and this key may not see it.
pub(super) fn hidden<S>(error: &ProviderError) -> Found<S> {
    Found::Unreadable(format!("it is hidden from this key, which no list shows it: {error}"))
}

/// One of ours, as a list of its kind names it: with the address that is remembered, else the one that its default name
/// tells.
pub(super) fn marked(
    around: &Around,
    kind: &str,
    identity: Identity,
    scope: Option<&str>,
    id: &str,
    name: &str,
) -> Marked {
    let owner = &around.memory.owner;
    let remembered = around.memory.by_handle(kind, id);
    let remembered = remembered.or_else(|| around.memory.of(kind, &identity, scope).map(|(address, _)| address));
    let address = remembered.cloned().or_else(|| default_address(kind, name, owner));
    let mark = Mark {
        address: address.map(|address| address.tag_text()).unwrap_or_default(),
        ..Mark::of(owner)
    };
    let marked = Marked::new(identity, name, &mark);
    match scope {
        Some(scope) => marked.within(scope),
        None => marked,
    }
}

/// Another of ours with the identity of one that is it: empty it is a leftover, else it stays until somebody looks.
pub(super) fn twin<T: Named>(
    listed: &mut Listed,
    around: &Around,
    kind: &str,
    scope: Option<&Scope>,
    one: &T,
    identity: Identity,
    is_empty: Result<bool, ProviderError>,
) -> Result<(), ProviderError> {
    let is_empty = is_empty.or_else(|error| listed.miss(error).map(|()| false))?;
    if is_empty {
        let within = scope.map(Scope::id);
        let identity = by_id(one.id());
        listed
            .owned
            .push(marked(around, kind, identity, within, one.id(), one.name()));
    } else {
        listed.full_twins.push(Stranger {
            holder: scope.map(|scope| scope.address.clone()),
            identity,
            name: format!("{} ({})", one.name(), one.id()),
        });
    }
    Ok(())
}

/// The address whose default name this is: `<environment>-<instance>-<name>[-<key>]-<tag>`.
fn default_address(kind: &str, name: &str, owner: &Owner) -> Option<Address> {
    let inside = name
        .strip_suffix(&format!("-{}", owner.tag()))?
        .strip_prefix(&format!("{}-", owner.environment()))?;
    let (instance, rest) = inside.split_once('-')?;
    let (name, key) = match rest.split_once('-') {
        Some((name, key)) => (name, Some(key)),
        None => (rest, None),
    };
    let text = match key {
        Some(key) => format!("{instance}/{kind}.{name}:{key}"),
        None => format!("{instance}/{kind}.{name}"),
    };
    Address::from_tag_text(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_name_tells_its_address_and_no_other_does() {
        let owner = Owner("local@123456789012/us-east-1".to_owned());
        let tag = owner.tag();
        let read = |name: &str| default_address("confluent_environment", name, &owner).map(|found| found.to_string());
        assert_eq!(
            read(&format!("local-telemetry-main-{tag}")).as_deref(),
            Some("telemetry/confluent_environment.main")
        );
        assert_eq!(
            read(&format!("local-telemetry-main-a-b-{tag}")).as_deref(),
            Some("telemetry/confluent_environment.main[a-b]")
        );
        for other in ["main".to_owned(), format!("Main-{tag}"), format!("local-x-{tag}")] {
            assert_eq!(read(&other), None, "{other}");
        }
    }
}
