//! How `confluent_connector` is called.
//!
//! - **Reads**: one call lists the connectors of a cluster with configuration, status and id. Secrets come back as
//!   asterisks, and the server adds properties of its own.
//! - **Judged**: a plan that changes a connector asks its kind what is wrong with the configuration, where all that it
//!   refers to is there already and its secrets can be read; a run asks again right before it writes.
//! - **Create**: the configuration is judged first; the connector is there once it has the declared status *and* its
//!   configuration reads back.
//! - **Update**: PUT replaces the whole configuration, so that what is live and nobody declares is sent along; secrets
//!   come from their sources, never from what was read. One that FAILED is put again, one that is PAUSED resumed.
//! - **Delete** goes on after its answer.
//! - **Replaces**: the class.

mod configuration;

use std::collections::BTreeSet;
use std::time::Duration;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::plan::live::OpenKeys;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::connector::Connector;
use eclusa_planner::schema::confluent::connector::ConnectorSpec;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use futures_util::future::try_join_all;

use super::gone_is_done;
use super::handle;
use super::lists;
use super::lookup;
use super::outputs;
use super::waiting::Wait;
use super::without_scope;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::connectors as api;
use crate::clients::confluent::connectors::plugin;
use crate::kinds::Around;
use crate::kinds::Found;
use crate::kinds::Kind;
use crate::kinds::Listed;
use crate::kinds::Present;
use crate::kinds::Scope;
use crate::kinds::Stranger;
use crate::kinds::Update;
use crate::kinds::Wanted;
use crate::kinds::readable;

const RUNNING: &str = "RUNNING";
const PAUSED: &str = "PAUSED";
const FAILED: &str = "FAILED";
/// A connector takes seconds to minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// One that was put again may be shown as FAILED for so many looks more.
const STALE_LOOKS: u32 = 8;

impl Kind for Connector {
    async fn observe(&self, io: &Io, wanted: &[Wanted]) -> Result<Vec<Found<ConnectorSpec>>, ProviderError> {
        try_join_all(wanted.iter().map(async |each| readable(find(io, each).await))).await
    }

    async fn list_owned(
        &self,
        io: &Io,
        owner: &Owner,
        around: &Around,
        _: &BTreeSet<Identity>,
    ) -> Result<Listed, ProviderError> {
        let mut listed = Listed::default();
        for cluster in around.of(KafkaCluster::NAME) {
            let Some(all) = listed.read(lists::connectors(io, of(cluster)).await)? else {
                continue;
            };
            for (name, one) in all.iter() {
                let identity = Identity::Name(name.clone());
                match Mark::from_display_name(name, owner) {
                    Some(_) => {
                        let within = Some(cluster.id());
                        let marked = lookup::marked(around, Self::NAME, identity, within, &one.id.id, name);
                        listed.owned.push(marked);
                    }
                    None => listed.strangers.push(Stranger {
                        holder: Some(cluster.address.clone()),
                        identity,
                        name: name.clone(),
                    }),
                }
            }
        }
        Ok(listed)
    }

    async fn create(&self, io: &Io, target: &Wanted, _: &Mark, want: &ConnectorSpec) -> Result<Outputs, ProviderError> {
        let cluster = target.scope.as_ref().ok_or_else(|| without_scope(api::CREATE))?;
        let name = &target.name;
        let config = configuration::of(io, target, want, api::CREATE).await?;
        configuration::judge(io, of(cluster), want, &config).await?;
        api::create(io, of(cluster), name, &config).await?;
        settled(io, target, want, 0).await
    }

    async fn update(
        &self,
        io: &Io,
        target: &Wanted,
        _: &Mark,
        update: Update<'_, ConnectorSpec>,
    ) -> Result<Outputs, ProviderError> {
        let cluster = target.scope.as_ref().ok_or_else(|| without_scope(api::PUT_CONFIG))?;
        let (name, want) = (&target.name, update.want);
        let was = update.seen.spec.status.as_str();
        let has_failed = was == FAILED && want.status == RUNNING;
        if update.changes("config") || has_failed {
            let mut config = configuration::of(io, target, want, api::PUT_CONFIG).await?;
            configuration::keep_undeclared(&mut config, &update);
            configuration::judge(io, of(cluster), want, &config).await?;
            api::put_config(io, of(cluster), name, &config).await?;
        }
        if was == PAUSED && want.status == RUNNING {
            api::resume(io, of(cluster), name).await?;
        }
        let stale = if has_failed { STALE_LOOKS } else { 0 };
        settled(io, target, want, stale).await
    }

    async fn judge(
        &self,
        io: &Io,
        target: &Wanted,
        want: &ConnectorSpec,
        update: Option<&Update<'_, ConnectorSpec>>,
    ) -> Result<Vec<String>, ProviderError> {
        let Some(cluster) = &target.scope else {
            return Ok(Vec::new());
        };
        if update.is_some_and(|update| !update.changes("config")) {
            return Ok(Vec::new());
        }
        let mut config = configuration::of(io, target, want, plugin::VALIDATE).await?;
        if let Some(update) = update {
            configuration::keep_undeclared(&mut config, update);
        }
        configuration::problems(io, of(cluster), want, &config).await
    }

    async fn delete(&self, io: &Io, target: &Wanted, _: &Handle) -> Result<(), ProviderError> {
        let cluster = target.scope.as_ref().ok_or_else(|| without_scope(api::DELETE))?;
        let name = &target.name;
        gone_is_done(api::delete(io, of(cluster), name).await)?;
        let mut wait = Wait::new(io, "the connector to be gone", LONGEST_PAUSE);
        while api::list(io, of(cluster)).await?.contains_key(name) {
            wait.next(api::LIST, "still listed").await?;
        }
        Ok(())
    }
}

fn of(cluster: &Scope) -> api::In<'_> {
    api::In {
        environment: cluster.output("environment_id"),
        cluster: cluster.id(),
    }
}

async fn find(io: &Io, each: &Wanted) -> Result<Found<ConnectorSpec>, ProviderError> {
    let Some(cluster) = &each.scope else {
        return Ok(Found::Absent);
    };
    let owner = io.place.owner();
    let all = lists::connectors(io, of(cluster)).await?;
    let by_id = || all.iter().find(|(_, one)| each.existing && one.id.id == each.name);
    let untagged = || {
        let tag = owner.as_ref().map(|owner| format!("-{}", owner.tag()))?;
        all.get_key_value(each.name.strip_suffix(&tag)?)
    };
    if let Some((name, one)) = all.get_key_value(&each.name).or_else(by_id).or_else(untagged) {
        return Ok(present(name, one, cluster, owner.as_ref()));
    }
    if each.recorded.is_none() {
        return Ok(Found::Absent);
    }
    // Remembered, and in no list: by its name 404 is gone, 403 is hidden.
    match api::status(io, of(cluster), &each.name).await {
        Ok(_) => Ok(Found::Unreadable(
            "it answers by its name, and the list lacks it".to_owned(),
        )),
        Err(error) if error.class == Class::NotFound => Ok(Found::Absent),
        Err(error) if error.class == Class::Denied => Ok(lookup::hidden(&error)),
        Err(error) => Err(error),
    }
}

fn present(name: &str, one: &api::Connector, cluster: &Scope, owner: Option<&Owner>) -> Found<ConnectorSpec> {
    Found::Present(Box::new(Present {
        spec: configuration::spec(one, cluster.id()),
        outputs: outputs_of(name, one),
        mark: owner.and_then(|owner| Mark::from_display_name(name, owner)),
        handle: handle(&one.id.id),
        holds_data: false,
        open: OpenKeys::default(),
    }))
}

fn outputs_of(name: &str, one: &api::Connector) -> Outputs {
    outputs([("name", name), ("id", &one.id.id)])
}

/// Waits until it has the status that is wanted and its configuration reads back.
async fn settled(io: &Io, target: &Wanted, want: &ConnectorSpec, mut stale: u32) -> Result<Outputs, ProviderError> {
    let cluster = target.scope.as_ref().ok_or_else(|| without_scope(api::LIST))?;
    let name = &target.name;
    let mut wait = Wait::new(io, "the connector to be as declared", LONGEST_PAUSE);
    let mut is_told_to_pause = false;
    loop {
        let all = api::list(io, of(cluster)).await?;
        let Some(one) = all.get(name) else {
            wait.next(api::LIST, "not listed yet").await?;
            continue;
        };
        let state = one.status.connector.state.as_str();
        let reads_back = configuration::reads_back(target, want, &one.info.config);
        if state == want.status && reads_back && !one.id.id.is_empty() {
            return Ok(outputs_of(name, one));
        }
        if state == FAILED && stale == 0 {
            return Err(failed(name, one));
        }
        if state == FAILED {
            stale -= 1;
        }
        if state == RUNNING && want.status == PAUSED && !is_told_to_pause {
            api::pause(io, of(cluster), name).await?;
            is_told_to_pause = true;
        }
        let status = match reads_back {
            true => state.to_owned(),
            false => format!("{state}, with another configuration"),
        };
        wait.next(api::LIST, &status).await?;
    }
}

fn failed(name: &str, one: &api::Connector) -> ProviderError {
    let trace = one.status.connector.trace.trim();
    let tasks = one.status.tasks.iter().map(|task| task.msg.trim());
    let judged = one.status.validation_errors.iter().map(ToString::to_string);
    let mut said: Vec<String> = std::iter::once(trace)
        .chain(tasks)
        .map(str::to_owned)
        .chain(judged)
        .collect();
    said.retain(|text| !text.is_empty());
    said.dedup();
    let said = match said.is_empty() {
        true => "without a word why".to_owned(),
        false => said.join("; "),
    };
    let text = format!("connector {name} is FAILED: {said}");
    ProviderError::own(api::GET_STATUS, Class::Invalid, "ConnectorFailed", text)
}
