//! How `confluent_api_key` is called.
//!
//! - **Reads**: every key that the caller sees, in one list; they are found by the mark in their description, or because
//!   the store's current version names them ([`store`]). The store tells which of several is the current one; its value
//!   is never read for that.
//! - **Create**: the answer holds the secret, once. It goes into the store before anything else; where that fails the
//!   key is deleted again, and so is what a lost answer may have made. Then the key is asked for until it is let in twice
//!   running, since servers hear of it one by one.
//! - **Update**: display name and description.
//! - **Delete**: gone and hidden both answer 403: the list tells.
//! - **Replaces**: owner, cluster, store.
//! - **Leftovers**: keys of ours whose declared key is another one by now. Where the store cannot be looked at, none is.

mod store;
pub mod temporary;

use std::collections::BTreeSet;
use std::time::Duration;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::mark::description;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::Whole;
use eclusa_planner::schema::confluent::api_key::ApiKey;
use eclusa_planner::schema::confluent::api_key::KeySpec;
use eclusa_planner::schema::confluent::api_key::identity_of;
use futures_util::future::try_join_all;

use super::handle;
use super::lists;
use super::lookup;
use super::lookup::WhenGone;
use super::outputs;
use super::waiting::Wait;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::ApiKey as Secret;
use crate::clients::confluent::api_keys as api;
use crate::clients::confluent::api_keys::KeyInfo;
use crate::clients::confluent::clusters;
use crate::clients::confluent::environments;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Standing;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::all_unread;

/// A key spreads within some minutes, and is asked for often meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

pub(crate) use store::is_key_version;

impl Kind for ApiKey {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<KeySpec>>, ProviderError> {
        match lists::keys(io).await {
            Ok(all) => try_join_all(wanted.iter().map(|each| find(io, &all, each))).await,
            Err(error) => all_unread(error, wanted.len()),
        }
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        _: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let all = match lists::keys(io).await {
            Ok(all) => all,
            Err(error) => return Listed::failed(error),
        };
        let mut listed = Listed::default();
        for key in all.iter() {
            let Some(mark) = mark_of(key, owner).filter(|mark| mark.owner == *owner) else {
                continue;
            };
            let natural = natural(key);
            let identity = match around.declared_anywhere(Self::NAME, &natural) {
                None => natural,
                Some((_, Standing::Unread)) => continue,
                Some((_, Standing::Present(it))) if *it == key.id => continue,
                // Which of several is in use is told by the store alone.
                Some((wanted, _)) if store::current(io, wanted).await.is_err() => continue,
                Some(_) => lookup::by_id(&key.id),
            };
            listed.owned.push(marked(key, identity, &mark));
        }
        Ok(listed)
    }

    async fn create(&self, io: &Io, target: &Wanted, mark: &Mark, want: &KeySpec) -> Result<Outputs, ProviderError> {
        let description = description::written(&want.description, mark, &target.address);
        let new = api::NewKey {
            owner: &want.owner,
            display_name: &target.name,
            description: &description,
            scope: scope(target),
        };
        let before: BTreeSet<String> = alike(io, target).await?.into_iter().collect();
        let key = match api::create(io, &new).await {
            Err(error) if error.class == Class::AnswerLost => {
                // Nobody has the secret of what it may have made.
                for lost in alike(io, target).await?.into_iter().filter(|id| !before.contains(id)) {
                    remove(io, &lost).await?;
                }
                return Err(error);
            }
            other => other?,
        };
        if let Err(error) = store::put(io, target, &key).await {
            return Err(match remove(io, key.id()).await {
                Ok(()) => error,
                Err(left) => ProviderError {
                    message: format!(
                        "{}; key {} stays behind, and its secret is lost ({left}): the next apply deletes it",
                        error.message,
                        key.id()
                    ),
                    ..error
                },
            });
        }
        let outputs = outputs([("name", target.name.as_str()), ("id", key.id())]);
        ready(io, target, key).await?;
        Ok(outputs)
    }

    async fn update(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        update: Update<'_, KeySpec>,
    ) -> Result<Outputs, ProviderError> {
        let description = description::written(&update.want.description, mark, &target.address);
        api::update(io, &update.seen.handle.id, &target.name, &description).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        remove(io, &handle.id).await
    }
}

async fn remove(io: &Io, id: &str) -> Result<(), ProviderError> {
    match api::delete(io, id).await {
        Err(error) if error.class == Class::NotFound => Ok(()),
        Err(error) if error.class == Class::Denied => {
            let all = api::list(io, api::Filter::default()).await?;
            match all.iter().any(|key| key.id == id) {
                true => Err(error),
                false => Ok(()),
            }
        }
        other => other,
    }
}

/// Ids of the live keys with this identity that bear our mark, read now.
async fn alike(io: &Io, target: &Wanted) -> Result<Vec<String>, ProviderError> {
    let owner = io.place.owner();
    let is_ours = |key: &&KeyInfo| {
        let mark = owner.as_ref().and_then(|owner| mark_of(key, owner));
        mark.is_some_and(|mark| Some(mark.owner) == owner) && natural(key) == target.identity
    };
    let all = api::list(io, api::Filter::default()).await?;
    Ok(all.iter().filter(is_ours).map(|key| key.id.clone()).collect())
}

async fn find(io: &Io, all: &[KeyInfo], each: &Wanted) -> Result<Found<KeySpec>, ProviderError> {
    let owner = io.place.owner();
    if each.existing {
        let named = |key: &&KeyInfo| key.id == each.name || key.spec.display_name == each.name;
        let found: Vec<&KeyInfo> = all.iter().filter(named).collect();
        return Ok(match found.as_slice() {
            [] => Found::Absent,
            [key] => present(key, owner.as_ref()),
            several => lookup::ambiguous(each, several.len()),
        });
    }
    if let Some(id) = lookup::id_of(&each.identity) {
        let found = all.iter().find(|key| key.id == id);
        return Ok(found.map_or(Found::Absent, |key| present(key, owner.as_ref())));
    }
    if !each.taken.contains_key("store") {
        // Nothing declares it: it is called by its id.
        let found = all.iter().find(|key| key.id == each.name);
        return Ok(found.map_or(Found::Absent, |key| present(key, owner.as_ref())));
    }
    let current = match store::current(io, each).await {
        Err(error) if error.class == Class::Credentials => return Err(error),
        other => other,
    };
    let is_ours = |key: &KeyInfo| {
        let mark = owner.as_ref().and_then(|owner| mark_of(key, owner));
        mark.is_some_and(|mark| Some(&mark.owner) == owner.as_ref())
    };
    match current {
        Ok(None) => Ok(Found::Absent),
        Ok(Some(id)) => {
            let listed = all.iter().find(|key| key.id == id && natural(key) == each.identity);
            if let Some(key) = listed {
                return Ok(present(key, owner.as_ref()));
            }
            let recorded = Wanted {
                recorded: Some(id),
                ..each.clone()
            };
            let get = |id: String| async move { api::get(io, &id).await };
            lookup::missing(&recorded, WhenGone::Forbidden, get, |key| {
                match natural(&key) == each.identity {
                    true => present(&key, owner.as_ref()),
                    // The store holds the key of what it was declared as before.
                    false => Found::Absent,
                }
            })
            .await
        }
        Err(error) => {
            let ours: Vec<&KeyInfo> = all
                .iter()
                .filter(|key| is_ours(key) && natural(key) == each.identity)
                .collect();
            let recorded = ours.iter().find(|key| Some(&key.id) == each.recorded.as_ref());
            match (recorded, ours.as_slice()) {
                (Some(key), _) | (None, [key]) => Ok(present(key, owner.as_ref())),
                (None, []) => {
                    let get = |id: String| async move { api::get(io, &id).await };
                    lookup::missing(each, WhenGone::Forbidden, get, |key| present(&key, owner.as_ref())).await
                }
                (None, _) => Ok(Found::Unreadable(format!(
                    "there are several keys of it, and the store does not tell which is in use: {error}"
                ))),
            }
        }
    }
}

/// Waits until the key is let in twice running.
async fn ready(io: &Io, target: &Wanted, key: Secret) -> Result<(), ProviderError> {
    let mut wait = Wait::new(io, "the key to be known everywhere", LONGEST_PAUSE);
    let mut running = 0;
    while running < 2 {
        let answer = match &target.scope {
            Some(cluster) => {
                let host = io
                    .confluent
                    .cluster(cluster.id(), cluster.output("rest_endpoint"), key.clone());
                let host = host.map_err(|bad| bad.into_error(clusters::PROBE))?;
                clusters::probe(io, &host).await
            }
            None => environments::list(&io.with_cloud_key(key.clone())).await.map(|_| ()),
        };
        match answer {
            Ok(()) => running += 1,
            Err(error) if matches!(error.class, Class::Credentials | Class::Denied) => {
                running = 0;
                wait.next(error.operation, &error.code).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn scope(target: &Wanted) -> api::Scope<'_> {
    match &target.scope {
        Some(cluster) => api::Scope::Cluster {
            id: cluster.id(),
            environment: cluster.output("environment_id"),
        },
        None => api::Scope::Cloud,
    }
}

/// Owner, what it opens, display name.
fn natural(key: &KeyInfo) -> Identity {
    let cluster = (!key.spec.is_cloud()).then_some(key.spec.resource.id.as_str());
    identity_of(&key.spec.owner.id, cluster, &key.spec.display_name)
}

fn mark_of(key: &KeyInfo, owner: &Owner) -> Option<Mark> {
    description::read(&key.spec.description, ApiKey::NAME, owner).1
}

fn marked(key: &KeyInfo, identity: Identity, mark: &Mark) -> Marked {
    let marked = Marked::new(identity, &key.id, mark);
    match key.spec.is_cloud() {
        true => marked,
        false => marked.within(&key.spec.resource.id),
    }
}

fn present(key: &KeyInfo, owner: Option<&Owner>) -> Found<KeySpec> {
    let text = &key.spec.description;
    let (declared, mark) = match owner {
        Some(owner) => description::read(text, ApiKey::NAME, owner),
        None => (text.as_str(), None),
    };
    // What its store names is ours, whoever rewrote its description.
    let mark = mark.or_else(|| owner.map(Mark::of));
    Found::Present(Box::new(Present {
        spec: KeySpec {
            owner: key.spec.owner.id.clone(),
            managed_resource: (!key.spec.is_cloud()).then(|| Whole::of_id(&key.spec.resource.id)),
            store: Whole::default(),
            description: declared.to_owned(),
        },
        outputs: outputs([("name", &key.spec.display_name), ("id", &key.id)]),
        mark,
        handle: handle(&key.id),
        holds_data: false,
        open: OpenKeys::default(),
    }))
}
