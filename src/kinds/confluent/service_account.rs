//! How `confluent_service_account` is called.
//!
//! - **Reads**: the list of the organization's accounts; what is remembered and missing by its id.
//! - **Create**: the name is unique in the organization, so that a second one is refused (409) even to a key that cannot
//!   see the first.
//! - **Update**: the description, nothing else.
//! - **Delete** takes the account's keys along.
//! - **Replaces**: nothing; another name is another account.

use std::collections::BTreeSet;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::mark::description;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::service_account::AccountSpec;
use eclusa_planner::schema::confluent::service_account::ServiceAccount;
use futures_util::future::try_join_all;

use super::gone_is_done;
use super::handle;
use super::lists;
use super::lookup;
use super::lookup::WhenGone;
use super::outputs;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::service_accounts as api;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::all_unread;

impl Kind for ServiceAccount {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<AccountSpec>>, ProviderError> {
        match lists::accounts(io).await {
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
        let all = match lists::accounts(io).await {
            Ok(all) => all,
            Err(error) => return Listed::failed(error),
        };
        let mut listed = Listed::default();
        for one in all.iter() {
            let Some(mark) = description::of_account(&one.display_name, &one.description, Self::NAME, owner) else {
                continue;
            };
            let identity = Identity::Name(one.display_name.clone());
            if mark.owner == *owner {
                let mut marked = lookup::marked(around, Self::NAME, identity, None, &one.id, &one.display_name);
                if !mark.address.is_empty() {
                    marked.address = mark.address;
                }
                listed.owned.push(marked);
            } else if mark.owner.is_namesake_of(owner) {
                listed.namesakes.push(one.display_name.clone());
            }
        }
        Ok(listed)
    }

    async fn create(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        want: &AccountSpec,
    ) -> Result<Outputs, ProviderError> {
        let description = description::written(&want.description, mark, &target.address);
        Ok(outputs_of(&api::create(io, &target.name, &description).await?))
    }

    async fn update(
        &self,
        io: &Io,
        target: &Wanted,
        mark: &Mark,
        update: Update<'_, AccountSpec>,
    ) -> Result<Outputs, ProviderError> {
        let description = description::written(&update.want.description, mark, &target.address);
        api::update(io, &update.seen.handle.id, &description).await?;
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, _: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        gone_is_done(api::delete(io, &handle.id).await)
    }
}

async fn find(io: &Io, all: &[api::ServiceAccount], each: &Wanted) -> Result<Found<AccountSpec>, ProviderError> {
    let owner = io.place.owner();
    let get = |id: String| async move { api::get(io, &id).await };
    let present = |one: &_| present(one, owner.as_ref());
    lookup::find(all, each, owner.as_ref(), WhenGone::NotFound, get, present).await
}

fn present(one: &api::ServiceAccount, owner: Option<&Owner>) -> Found<AccountSpec> {
    let kind = ServiceAccount::NAME;
    let text = owner.map_or(one.description.as_str(), |owner| {
        description::read(&one.description, kind, owner).0
    });
    Found::Present(Box::new(Present {
        spec: AccountSpec {
            description: text.to_owned(),
        },
        outputs: outputs_of(one),
        mark: owner.and_then(|owner| description::of_account(&one.display_name, &one.description, kind, owner)),
        handle: handle(&one.id),
        holds_data: false,
        open: OpenKeys::default(),
    }))
}

fn outputs_of(one: &api::ServiceAccount) -> Outputs {
    outputs([("name", &one.display_name), ("id", &one.id)])
}

/// The accounts of this owner, as grants name them.
pub(super) async fn principals(io: &Io, owner: &Owner) -> Result<BTreeSet<String>, ProviderError> {
    let all = lists::accounts(io).await?;
    let ours = all
        .iter()
        .filter(|one| Mark::from_display_name(&one.display_name, owner).is_some());
    Ok(ours.map(|one| format!("User:{}", one.id)).collect())
}
