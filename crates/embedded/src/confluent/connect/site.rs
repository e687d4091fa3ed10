//! The place where a connector runs, as a caller sees it: who may do what there, and how connectors are shown.

use serde_json::Value;
use serde_json::json;

use super::config;
use super::config::Config;
use super::connector::Connector;
use super::connector::key;
use super::health;
use crate::confluent::cmk;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::refusal::Refusal;
use crate::confluent::refusal::Shape;
use crate::confluent::service::Call;

/// Roles that may change connectors without managing their cluster; the last may only pause and resume.
const CHANGERS: &[&str] = &["ConnectManager"];
const OPERATORS: &[&str] = &["ConnectManager", "Operator"];

/// A connector and where it runs.
pub(super) struct Site<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) cluster: Cluster,
}

/// What a caller is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Look,
    Operate,
    Change,
}

impl<'a> Site<'a> {
    /// The cluster of the path.
    pub(super) fn of(call: &'a Call<'a>, purpose: Purpose) -> Result<Self, Refusal> {
        let cluster = place(call)?;
        let (rights, crn) = (&call.caller.rights, cluster.crn(call.context));
        let allowed = match purpose {
            Purpose::Look => true,
            Purpose::Operate => rights.manages(&crn) || rights.has(&crn, OPERATORS),
            Purpose::Change => rights.manages(&crn) || rights.has(&crn, CHANGERS),
        };
        if allowed {
            Ok(Self { call, cluster })
        } else {
            Err(forbidden())
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<Option<Connector>, Refusal> {
        let context = self.call.context;
        let found: Option<Connector> = self.call.view.get(&key(context, &self.cluster.id, name))?;
        let there = found.filter(|connector| !connector.is_gone(context));
        Ok(there.map(|connector| connector.settled(context)))
    }

    /// The connector of the path, once it can be asked for.
    pub(super) fn connector(&self) -> Result<Connector, Refusal> {
        let name = self.call.request.label("connector");
        if !self.call.caller.is_shown(name) {
            return Err(forbidden());
        }
        let found = self.find(name)?;
        found
            .filter(|connector| connector.visible_at <= self.call.context.now)
            .ok_or_else(not_found)
    }

    pub(super) fn shown_config(&self, connector: &Connector) -> Config {
        config::shown(&connector.config, &connector.id, &self.cluster, self.call.context)
    }

    /// State, and why where it FAILED.
    pub(super) fn state(&self, connector: &Connector) -> Result<(&'static str, String), Refusal> {
        let now = self.call.context.now;
        let quiet = |state| Ok((state, String::new()));
        if connector.paused_at.is_some_and(|paused_at| paused_at <= now) {
            return quiet("PAUSED");
        }
        if now < connector.running_at {
            return quiet("PROVISIONING");
        }
        if let Some(reason) = &connector.rejected {
            let trace =
                format!("The new configuration was not taken, the connector runs on with the earlier one: {reason}");
            return Ok(("FAILED", trace));
        }
        match health::problem(self.call.view, self.call.context, &self.cluster, connector)? {
            Some(problem) => Ok(("FAILED", problem)),
            None => quiet("RUNNING"),
        }
    }

    pub(super) fn status(&self, connector: &Connector) -> Result<Value, Refusal> {
        let (state, trace) = self.state(connector)?;
        let name = &connector.name;
        let tasks: Vec<_> = (0..tasks(connector))
            .filter(|_| state != "PROVISIONING")
            .map(|id| json!({"id": id, "state": state, "worker_id": name, "msg": ""}))
            .collect();
        let errors: Vec<_> = (state == "FAILED").then_some(&trace).into_iter().collect();
        Ok(json!({
            "name": name,
            "connector": {"state": state, "worker_id": name, "trace": trace},
            "tasks": tasks,
            "type": kind(state),
            "errors_from_trace": [],
            "validation_errors": errors,
            "override_message": "",
        }))
    }

    pub(super) fn info(&self, connector: &Connector) -> Result<Value, Refusal> {
        let (state, _) = self.state(connector)?;
        Ok(json!({
            "name": connector.name,
            "type": kind(state),
            "config": self.shown_config(connector),
            "tasks": task_list(connector),
        }))
    }
}

/// Nothing is known of a connector's kind while it is being made.
fn kind(state: &str) -> &'static str {
    if state == "PROVISIONING" { "unknown" } else { "sink" }
}

pub(super) fn tasks(connector: &Connector) -> u32 {
    let tasks = connector.config.get("tasks.max");
    tasks.and_then(|tasks| tasks.parse().ok()).unwrap_or(1)
}

pub(super) fn task_list(connector: &Connector) -> Value {
    let tasks = (0..tasks(connector)).map(|task| json!({"connector": connector.name, "task": task}));
    Value::Array(tasks.collect())
}

pub(super) fn forbidden() -> Refusal {
    Refusal::general(403, "", "Forbidden").shaped(Shape::Nested)
}

pub(super) fn not_found() -> Refusal {
    Refusal::flat(404, 404, "resource not found")
}

/// The cluster of the path: not there, in another environment or hidden, it is 404.
pub(super) fn place(call: &Call<'_>) -> Result<Cluster, Refusal> {
    let (id, environment) = (call.request.label("cluster"), call.request.label("environment"));
    cmk::cluster::seen(call, id, environment).map_err(|_| not_found())
}
