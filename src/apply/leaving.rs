//! How a run prepares what goes: what each is looked for by, what may be lost with it, what waits for it.

use std::sync::Arc;

use eclusa_planner::plan::Live;
use eclusa_planner::plan::Owned;
use eclusa_planner::plan::Reason;
use eclusa_planner::plan::is_loss_allowed;
use eclusa_planner::plan::owned;
use eclusa_planner::resource::Address;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use eclusa_planner::schema::confluent::kafka_topic::KafkaTopic;

use super::outcome::NodeError;
use super::removal::Removal;
use super::run::Run;
use super::run::Turn;
use crate::kinds::Inside;
use crate::kinds::Wanted;

impl<'d> Run<'_, 'd> {
    /// What is made anew after what it hangs on: looked for by what it was known by, since that may go with the other.
    pub(super) fn go_first(&self, replaced: &Address) -> Result<Turn<'d>, NodeError> {
        let target = self.looked_for(replaced)?;
        let protect = self.resource(replaced)?.options.protect;
        Ok(Turn::Remove(Box::new(self.removal(target, protect, None))))
    }

    /// What turned out to be declared after all, once its name was known, stays.
    pub(super) fn prune(&self, owned: &Owned) -> Result<Turn<'d>, NodeError> {
        let target = self.looked_for(&owned.address)?;
        let kind = &owned.address.kind;
        if owned::is_declared(&self.evaluation, kind, &owned.identity, target.scope_id())? {
            return Ok(Turn::Stay);
        }
        let mut removal = self.removal(target, false, None);
        removal.drains = self.drained_by(&owned.address)?;
        Ok(Turn::Remove(Box::new(removal)))
    }

    /// The queue that this mapping empties before it goes.
    fn drained_by(&self, mapping: &Address) -> Result<Option<Wanted>, NodeError> {
        let Reason::Drains { queue } = self.planned(mapping)?.reason else {
            return Ok(None);
        };
        Ok(self.observed.targets.get(&queue).cloned())
    }

    /// What it was looked for by.
    fn looked_for(&self, address: &Address) -> Result<Wanted, NodeError> {
        let target = self.observed.targets.get(address).cloned();
        target.ok_or_else(|| NodeError::Refused(format!("{address} was not looked for")))
    }

    pub(super) fn removal(&self, target: Wanted, protect: bool, live: Option<Live>) -> Removal {
        Removal {
            may_lose_data: self.may_lose_data(&target.address),
            target: self.with_leave(target),
            owner: self.plan.owner.clone(),
            protect,
            drains: None,
            live,
            memory: Arc::clone(&self.targets.memory),
        }
    }

    /// With what was allowed to go along with it, and what goes along with it anyway.
    pub(super) fn with_leave(&self, target: Wanted) -> Wanted {
        let scope = target.scope.as_ref().map(|scope| &scope.address);
        let mut reached = std::iter::once(&target.address).chain(scope);
        let allowed = &self.plan.request.allow_data_loss;
        Wanted {
            takes_along: reached.any(|address| allowed.iter().any(|written| address.is_meant_by(written))),
            inside: self.inside(&target.address),
            ..target
        }
    }

    /// The topics of a cluster that the plan saw and that are declared or ours.
    fn inside(&self, cluster: &Address) -> Option<Inside> {
        if cluster.kind != KafkaCluster::NAME {
            return None;
        }
        let all = || self.observed.targets.values();
        // As what was looked for in it knows it, with the stores of its keys.
        let mut known = all().filter_map(|target| target.scope.as_ref());
        let scope = known.find(|scope| scope.address == *cluster).cloned();
        let scope = scope.or_else(|| self.observed.scope(cluster, &self.targets, &self.evaluation))?;
        let topics = all().filter(|target| {
            let lies_there = target.scope_id() == Some(scope.id());
            target.address.kind == KafkaTopic::NAME && lies_there
        });
        Some(Inside {
            topics: topics.map(|topic| topic.name.clone()).collect(),
            scope,
        })
    }

    /// Leave to lose what something holds is leave to lose what lies in it too.
    pub(super) fn may_lose_data(&self, address: &Address) -> bool {
        let request = &self.plan.request;
        request.allows_data_loss(address) || is_loss_allowed(&self.evaluation, address, request)
    }
}
