//! How `confluent_kafka_acl` is called.
//!
//! - **Reads**: every grant of the cluster in one call; all seven fields are what one is known by.
//! - **Create**: one that is there is there, which the cloud answers with 201 or 409.
//! - **Update**: there is none.
//! - **Delete**: by all seven fields.
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
use eclusa_planner::schema::Whole;
use eclusa_planner::schema::confluent::kafka_acl::AclSpec;
use eclusa_planner::schema::confluent::kafka_acl::KafkaAcl;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use futures_util::future::try_join_all;

use super::access;
use super::lists;
use super::service_account::principals;
use super::waiting::Wait;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::acls as api;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Scope;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::readable;

/// Reads lag behind writes by seconds.
const LONGEST_PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

impl Kind for KafkaAcl {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<AclSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, each).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        known: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let ours = match principals(io, owner).await {
            Ok(ours) => ours,
            Err(error) => return Listed::failed(error),
        };
        let mut listed = Listed::default();
        for cluster in around.of(KafkaCluster::NAME) {
            let all = match read(io, cluster).await {
                Ok(all) => all,
                Err(error) => {
                    if around.memory.knows_more(Self::NAME, cluster.id(), known) {
                        listed.miss(error)?;
                    }
                    continue;
                }
            };
            for one in all.iter() {
                let identity = identity_of(one);
                let remembered = around.memory.of(Self::NAME, &identity, Some(cluster.id()));
                if !ours.contains(&one.principal) && remembered.is_none() {
                    continue;
                }
                let mark = around.memory.mark(Self::NAME, &identity, Some(cluster.id()));
                listed
                    .owned
                    .push(Marked::new(identity, &told(one), &mark).within(cluster.id()));
            }
        }
        Ok(listed)
    }

    async fn create(&self, io: &Io, target: &Wanted, _: &Mark, want: &AclSpec) -> Result<Outputs, ProviderError> {
        let host = access::writing(io, target, api::CREATE).await?;
        match api::create(io, &host, &acl(want)).await {
            Ok(()) => {}
            Err(error) if error.class == Class::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(Outputs::new())
    }

    async fn update(
        &self,
        _: &Io,
        _: &Wanted,
        _: &Mark,
        update: Update<'_, AclSpec>,
    ) -> Result<Outputs, ProviderError> {
        Ok(update.seen.outputs.clone())
    }

    async fn delete(&self, io: &Io, target: &Wanted, _: &Handle) -> Result<(), ProviderError> {
        let Some(one) = acl_of(&target.identity) else {
            return Err(super::unexpected(api::DELETE, "it is not known by seven fields"));
        };
        let host = access::writing(io, target, api::DELETE).await?;
        api::delete(io, &host, &one).await?;
        let mut wait = Wait::new(io, "the grant to be gone", LONGEST_PAUSE);
        while api::list(io, &host).await?.contains(&one) {
            wait.next(api::LIST, "still listed").await?;
        }
        Ok(())
    }
}

async fn read(io: &Io, cluster: &Scope) -> Result<std::sync::Arc<Vec<api::Acl>>, ProviderError> {
    access::reading(
        io,
        cluster,
        api::LIST,
        |host| async move { lists::acls(io, &host).await },
    )
    .await
}

async fn find(io: &Io, each: &Wanted) -> Result<Found<AclSpec>, ProviderError> {
    let (Some(cluster), Some(wanted)) = (&each.scope, acl_of(&each.identity)) else {
        return Ok(Found::Absent);
    };
    match read(io, cluster).await?.contains(&wanted) {
        true => Ok(present(&wanted, cluster.id())),
        false => Ok(Found::Absent),
    }
}

fn present(one: &api::Acl, cluster: &str) -> Found<AclSpec> {
    Found::Present(Box::new(Present {
        spec: spec(one, cluster),
        outputs: Outputs::new(),
        mark: None,
        handle: Handle::default(),
        holds_data: false,
        open: OpenKeys::default(),
    }))
}

fn spec(one: &api::Acl, cluster: &str) -> AclSpec {
    AclSpec {
        kafka_cluster: Whole::of_id(cluster),
        credentials: None,
        principal: one.principal.clone(),
        resource_type: one.resource_type.clone(),
        resource_name: one.resource_name.clone(),
        pattern_type: one.pattern_type.clone(),
        host: one.host.clone(),
        operation: one.operation.clone(),
        permission: one.permission.clone(),
    }
}

fn acl(want: &AclSpec) -> api::Acl {
    api::Acl {
        resource_type: want.resource_type.clone(),
        resource_name: want.resource_name.clone(),
        pattern_type: want.pattern_type.clone(),
        principal: want.principal.clone(),
        host: want.host.clone(),
        operation: want.operation.clone(),
        permission: want.permission.clone(),
    }
}

fn identity_of(one: &api::Acl) -> Identity {
    KafkaAcl::identity(&spec(one, ""), "")
}

/// The seven fields, in the order in which the identity has them.
fn acl_of(identity: &Identity) -> Option<api::Acl> {
    let Identity::Natural(parts) = identity else {
        return None;
    };
    let [
        resource_type,
        resource_name,
        pattern_type,
        principal,
        host,
        operation,
        permission,
    ] = parts.as_slice()
    else {
        return None;
    };
    Some(api::Acl {
        resource_type: resource_type.clone(),
        resource_name: resource_name.clone(),
        pattern_type: pattern_type.clone(),
        principal: principal.clone(),
        host: host.clone(),
        operation: operation.clone(),
        permission: permission.clone(),
    })
}

/// A grant in words.
fn told(one: &api::Acl) -> String {
    let api::Acl {
        resource_type,
        resource_name,
        pattern_type,
        principal,
        operation,
        permission,
        ..
    } = one;
    let prefixed = if pattern_type == "PREFIXED" { "*" } else { "" };
    format!("{permission} {operation} {resource_type} {resource_name}{prefixed} to {principal}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_names_the_grant_that_it_was_made_of() {
        let one = api::Acl {
            resource_type: "TOPIC".to_owned(),
            resource_name: "local.".to_owned(),
            pattern_type: "PREFIXED".to_owned(),
            principal: "User:sa-1".to_owned(),
            host: "*".to_owned(),
            operation: "READ".to_owned(),
            permission: "ALLOW".to_owned(),
        };
        assert_eq!(acl_of(&identity_of(&one)), Some(one.clone()));
        assert_eq!(told(&one), "ALLOW READ TOPIC local.* to User:sa-1");
    }
}
