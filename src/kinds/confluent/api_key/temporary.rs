//! A key that a destroy makes for itself where no stored or supplied one works: it bears our mark, so that whatever
//! becomes of this run the next one deletes it; its secret never leaves this process.

use eclusa_planner::plan::Observations;
use eclusa_planner::plan::Seen;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Digest;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::mark::description;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::api_key::ApiKey;
use eclusa_planner::schema::confluent::role_binding::RoleBinding;
use eclusa_planner::schema::confluent::service_account::ServiceAccount;
use serde_json::Value as Json;

use super::api;
use super::ready;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::kinds::Scope;
use crate::kinds::Wanted;

/// Roles by which an account may look into a cluster and change what is in it.
const ADMINS: [&str; 3] = ["CloudClusterAdmin", "EnvironmentAdmin", "OrganizationAdmin"];
/// What it is called; no instance of a stack has this name with a key of it.
const NAME: &str = "temporary";

/// The account of ours that may do all in this cluster.
pub fn account_for(cluster: &Scope, live: &Observations) -> Option<String> {
    let seen = || {
        let declared = live
            .declared
            .iter()
            .filter_map(|(address, live)| Some((address, live.seen()?)));
        let owned = live
            .owned
            .iter()
            .filter_map(|owned| Some((&owned.address, owned.live.seen()?)));
        declared.chain(owned)
    };
    let text = |seen: &Seen, attribute: &str| {
        let text = seen.spec.get(attribute).and_then(Json::as_str);
        text.unwrap_or_default().to_owned()
    };
    let accounts: Vec<&str> = seen()
        .filter(|(address, _)| address.kind == ServiceAccount::NAME)
        .filter_map(|(_, seen)| seen.outputs.get("id").map(String::as_str))
        .collect();
    let mut found = seen()
        .filter(|(address, _)| address.kind == RoleBinding::NAME)
        .filter(|(_, seen)| ADMINS.contains(&text(seen, "role_name").as_str()))
        .filter(|(_, seen)| cluster.output("rbac_crn").starts_with(&text(seen, "crn_pattern")))
        .filter_map(|(_, seen)| text(seen, "principal").strip_prefix("User:").map(str::to_owned));
    found.find(|account| accounts.contains(&account.as_str()))
}

/// Makes the key, waits until it is let in, and keeps it for this run.
pub async fn make(io: &Io, cluster: &Scope, account: &str, owner: &Owner) -> Result<(), ProviderError> {
    let address = Address::new(NAME, ApiKey::NAME, NAME);
    let mark = Mark {
        address: address.tag_text(),
        digest: Digest("1:0000000000000000".to_owned()),
        ..Mark::of(owner)
    };
    let description = description::written("made by a destroy", &mark, &address);
    let key = api::create(
        io,
        &api::NewKey {
            owner: account,
            display_name: NAME,
            description: &description,
            scope: api::Scope::Cluster {
                id: cluster.id(),
                environment: cluster.output("environment_id"),
            },
        },
    )
    .await?;
    let target = Wanted {
        scope: Some(cluster.clone()),
        ..Wanted::named(&address, &Identity::Unknown, NAME)
    };
    ready(io, &target, key.clone()).await?;
    io.keyring.keep(cluster.id(), key);
    Ok(())
}
