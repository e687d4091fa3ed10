//! How `confluent_environment` is called.
//!
//! - **Reads**: the list of the organization's environments; what is remembered and missing by its id.
//! - **Create, update**: at once. Name and package change in place.
//! - **Delete** takes all that is in it along: what lies in it is deleted before, and looked for once more.
//! - **Replaces**: nothing.

use std::collections::BTreeSet;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::environment::Environment;
use eclusa_planner::schema::confluent::environment::EnvironmentSpec;
use eclusa_planner::schema::confluent::environment::StreamGovernance;
use futures_util::future::try_join_all;

use super::gone_is_done;
use super::handle;
use super::lists;
use super::lookup;
use super::lookup::WhenGone;
use super::outputs;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::clusters;
use crate::clients::confluent::environments as api;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::all_unread;

impl Kind for Environment {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<EnvironmentSpec>>, ProviderError> {
        match lists::environments(io).await {
            Ok(all) => try_join_all(wanted.iter().map(|each| find(io, &all, each, wanted))).await,
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
        let all = match lists::environments(io).await {
            Ok(all) => all,
            Err(error) => return Listed::failed(error),
        };
        let mut listed = Listed::default();
        for one in all
            .iter()
            .filter(|one| Mark::from_display_name(&one.display_name, owner).is_some())
        {
            let identity = Identity::Name(one.display_name.clone());
            if around.is_declared_one(Self::NAME, &one.id) {
                continue;
            }
            if !around.is_twin(Self::NAME, &identity, None, &one.id) {
                let (id, name) = (&one.id, &one.display_name);
                listed
                    .owned
                    .push(lookup::marked(around, Self::NAME, identity, None, id, name));
                continue;
            }
            let is_empty = lists::clusters(io, &one.id).await.map(|clusters| clusters.is_empty());
            lookup::twin(&mut listed, around, Self::NAME, None, one, identity, is_empty)?;
        }
        Ok(listed)
    }

    async fn create(
        &self,
        io: &Io,
        target: &Wanted,
        _: &Mark,
        want: &EnvironmentSpec,
    ) -> Result<Outputs, ProviderError> {
        let package = want
            .stream_governance
            .as_ref()
            .map(|governance| governance.package.as_str());
        Ok(outputs_of(&api::create(io, &target.name, package).await?))
    }

    async fn update(
        &self,
        io: &Io,
        target: &Wanted,
        _: &Mark,
        update: Update<'_, EnvironmentSpec>,
    ) -> Result<Outputs, ProviderError> {
        let id = &update.seen.handle.id;
        let called = update.seen.outputs.get("name");
        let package = update
            .want
            .stream_governance
            .as_ref()
            .map(|governance| governance.package.as_str());
        let change = api::Change {
            display_name: Some(target.name.as_str()).filter(|name| called.is_none_or(|called| called != name)),
            stream_governance: package.filter(|_| update.changes("stream_governance")),
        };
        if change != api::Change::default() {
            api::update(io, id, change).await?;
        }
        let mut outputs = update.seen.outputs.clone();
        outputs.insert("name".to_owned(), target.name.clone());
        Ok(outputs)
    }

    async fn delete(&self, io: &Io, target: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        let left = match target.takes_along {
            true => Vec::new(),
            false => clusters::list(io, &handle.id).await?,
        };
        if !left.is_empty() {
            let names = left.iter().map(|one| one.spec.display_name.as_str());
            return Err(super::holds_others(api::DELETE, "cluster", names));
        }
        gone_is_done(api::delete(io, &handle.id).await)
    }
}

async fn find(
    io: &Io,
    all: &[api::Environment],
    each: &Wanted,
    wanted: &[Wanted],
) -> Result<Found<EnvironmentSpec>, ProviderError> {
    let owner = io.place.owner();
    let get = |id: String| async move { api::get(io, &id).await };
    let present = |one: &_| present(one, each, owner.as_ref());
    let found = lookup::find(all, each, owner.as_ref(), WhenGone::NotFound, get, present).await?;
    Ok(match found {
        Found::Absent => lookup::renamed(all, each, wanted, owner.as_ref()).map_or(Found::Absent, present),
        found => found,
    })
}

fn present(one: &api::Environment, each: &Wanted, owner: Option<&Owner>) -> Found<EnvironmentSpec> {
    let package = &one.stream_governance_config.package;
    Found::Present(Box::new(Present {
        spec: EnvironmentSpec {
            stream_governance: (!package.is_empty()).then(|| StreamGovernance {
                package: package.clone(),
            }),
        },
        outputs: outputs_of(one),
        mark: lookup::mark(&one.display_name, each, owner),
        handle: handle(&one.id),
        // One of two with the same name was found empty.
        holds_data: lookup::id_of(&each.identity).is_none(),
        open: OpenKeys::default(),
    }))
}

fn outputs_of(one: &api::Environment) -> Outputs {
    outputs([
        ("name", &one.display_name),
        ("id", &one.id),
        ("resource_name", &one.metadata.resource_name),
    ])
}
