//! How `confluent_role_binding` is called.
//!
//! - **Reads**: the list of its pattern, since a search from above does not always show what lies below; what is
//!   remembered and missing by its id.
//! - **Create**: at once; what it allows spreads within minutes, so that those who need it are asked again (retry table).
//! - **Update**: there is none.
//! - **Delete**: by id. Gone and hidden both answer 403: the list tells.
//! - **Replaces**: everything.

use std::collections::BTreeSet;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::environment::Environment;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use eclusa_planner::schema::confluent::role_binding::BindingSpec;
use eclusa_planner::schema::confluent::role_binding::RoleBinding;
use futures_util::future::try_join_all;

use super::handle;
use super::lists;
use super::lookup;
use super::lookup::WhenGone;
use super::outputs;
use super::service_account::principals;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::role_bindings as api;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::readable;

impl Kind for RoleBinding {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<BindingSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, each).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        _: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let ours = match principals(io, owner).await {
            Ok(ours) => ours,
            Err(error) => return Listed::failed(error),
        };
        let mut listed = Listed::default();
        for pattern in patterns(io, around) {
            let Some(all) = listed.read(lists::bindings(io, &pattern).await)? else {
                continue;
            };
            for one in all.iter() {
                let identity = identity_of(one);
                let remembered = around.memory.of(Self::NAME, &identity, None);
                if !ours.contains(&one.principal) && remembered.is_none() {
                    continue;
                }
                let name = format!("{} of {} on {}", one.role_name, one.principal, one.crn_pattern);
                let mark = around.memory.mark(Self::NAME, &identity, None);
                listed.owned.push(Marked::new(identity, &name, &mark));
            }
        }
        Ok(listed)
    }

    async fn create(&self, io: &Io, _: &Wanted, _: &Mark, want: &BindingSpec) -> Result<Outputs, ProviderError> {
        let made = api::create(io, &want.principal, &want.role_name, &want.crn_pattern).await?;
        Ok(outputs([("id", &made.id)]))
    }

    async fn update(
        &self,
        _: &Io,
        _: &Wanted,
        _: &Mark,
        update: Update<'_, BindingSpec>,
    ) -> Result<Outputs, ProviderError> {
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, target: &Wanted, handle: &Handle) -> Result<(), ProviderError> {
        match api::delete(io, &handle.id).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            Err(error) if error.class == Class::Denied => match find(io, target).await? {
                Found::Absent | Found::Hidden(_) => Ok(()),
                Found::Present(_) | Found::Unreadable(_) | Found::Unverified { .. } => Err(error),
            },
            other => other,
        }
    }
}

/// Where bindings of ours may be: the organization, what of ours lies in it, and what it is called there.
fn patterns(io: &Io, around: &Around) -> BTreeSet<String> {
    let organization = io.place.organization.iter();
    let organization = organization.map(|id| format!("crn://confluent.cloud/organization={id}"));
    let environments = around.of(Environment::NAME).iter();
    let environments = environments.map(|scope| scope.output("resource_name").to_owned());
    let clusters = around.of(KafkaCluster::NAME).iter();
    let clusters = clusters.map(|scope| scope.output("rbac_crn").to_owned());
    let declared = around.declared.iter().filter_map(|(wanted, _)| pattern_of(wanted));
    organization
        .chain(environments)
        .chain(clusters)
        .chain(declared.map(str::to_owned))
        .filter(|pattern| !pattern.is_empty())
        .collect()
}

fn pattern_of(wanted: &Wanted) -> Option<&str> {
    match &wanted.identity {
        Identity::Natural(parts) if wanted.address.kind == RoleBinding::NAME => parts.get(2).map(String::as_str),
        _ => None,
    }
}

async fn find(io: &Io, each: &Wanted) -> Result<Found<BindingSpec>, ProviderError> {
    let Some(pattern) = pattern_of(each) else {
        return Ok(Found::Absent);
    };
    let all = lists::bindings(io, pattern).await?;
    // Of several alike the first made is as good as any.
    let mut alike: Vec<&api::RoleBinding> = all.iter().filter(|one| identity_of(one) == each.identity).collect();
    alike.sort_by_key(|one| (&one.metadata.created_at, &one.id));
    match alike.first() {
        Some(one) => Ok(present(one)),
        None => {
            let get = |id: String| async move { api::get(io, &id).await };
            lookup::missing(each, WhenGone::Forbidden, get, |one| present(&one)).await
        }
    }
}

fn spec(one: &api::RoleBinding) -> BindingSpec {
    RoleBinding::canonical(BindingSpec {
        principal: one.principal.clone(),
        role_name: one.role_name.clone(),
        crn_pattern: one.crn_pattern.clone(),
    })
}

fn identity_of(one: &api::RoleBinding) -> Identity {
    RoleBinding::identity(&spec(one), "")
}

fn present(one: &api::RoleBinding) -> Found<BindingSpec> {
    Found::Present(Box::new(Present {
        spec: spec(one),
        outputs: outputs([("id", &one.id)]),
        mark: None,
        handle: handle(&one.id),
        holds_data: false,
        open: OpenKeys::default(),
    }))
}
