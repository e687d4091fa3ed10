//! Connectors: their life and how they are shown.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::config;
use super::config::Config;
use super::config::PLUGIN;
use super::config::bad_request;
use super::health;
use crate::confluent::cmk;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::delays::Wait;
use crate::confluent::identifier::short;
use crate::confluent::kafka;
use crate::confluent::refusal::Refusal;
use crate::confluent::refusal::Shape;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::switches::DuplicateConnectors;
use crate::confluent::switches::StatusCodes;
use crate::store::Batch;
use crate::store::View;

/// Roles that may change connectors without managing their cluster; the last may only pause and resume.
const CHANGERS: &[&str] = &["ConnectManager"];
const OPERATORS: &[&str] = &["ConnectManager", "Operator"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Connector {
    id: String,
    name: String,
    config: Config,
    /// A configuration that takes effect later.
    next: Option<Next>,
    /// Why the last one was not taken.
    rejected: Option<String>,
    visible_at: u64,
    running_at: u64,
    paused_at: Option<u64>,
    /// Set by DELETE.
    gone_at: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Next {
    config: Config,
    at: u64,
}

impl Connector {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What runs.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn dead_letters(&self) -> String {
        let named = self.config.get("errors.deadletterqueue.topic.name");
        named
            .filter(|name| !name.is_empty() && *name != "dlq-${connector}")
            .cloned()
            .unwrap_or_else(|| format!("dlq-{}", self.id))
    }

    /// As it is by now: with the new configuration, if its time has come.
    fn settled(mut self, context: &Context) -> Self {
        if let Some(next) = self.next.take_if(|next| next.at <= context.now) {
            self.rejected = health::unusable(&next.config);
            if self.rejected.is_none() {
                self.config = next.config;
            }
            self.running_at = self
                .running_at
                .max(next.at + context.length(Wait::ConnectorProvisioning));
        }
        self
    }

    fn is_gone(&self, context: &Context) -> bool {
        self.gone_at.is_some_and(|gone_at| gone_at <= context.now)
    }

    fn stored(&self, context: &Context, cluster: &Cluster) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &cluster.id, &self.name), self)?;
        Ok(batch)
    }
}

fn prefix(context: &Context, cluster: &str) -> String {
    context.prefix("connector") + cluster + "/"
}

fn key(context: &Context, cluster: &str, name: &str) -> String {
    prefix(context, cluster) + name
}

/// Those that are not gone, shown yet or not.
fn all(view: View<'_>, context: &Context, cluster: &str) -> Result<Vec<Connector>, Refusal> {
    let prefix = prefix(context, cluster);
    let mut connectors = Vec::new();
    for found in view.scan::<Connector>(&prefix) {
        let (_, connector) = found?;
        if !connector.is_gone(context) {
            connectors.push(connector.settled(context));
        }
    }
    Ok(connectors)
}

/// Names of a cluster's connectors, those that are only just made and not yet gone too.
pub(crate) fn names(view: View<'_>, context: &Context, cluster: &str) -> Result<Vec<String>, Refusal> {
    let connectors = all(view, context, cluster)?;
    Ok(connectors.into_iter().map(|connector| connector.name).collect())
}

pub(crate) fn remove_all(view: View<'_>, context: &Context, cluster: &str, batch: &mut Batch) {
    let prefix = prefix(context, cluster);
    for key in view.keys(&prefix) {
        batch.delete(key);
    }
}

/// A connector and where it runs.
struct Site<'a> {
    call: &'a Call<'a>,
    cluster: Cluster,
}

/// What a caller is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Look,
    Operate,
    Change,
}

impl<'a> Site<'a> {
    /// The cluster of the path.
    fn of(call: &'a Call<'a>, purpose: Purpose) -> Result<Self, Refusal> {
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

    fn find(&self, name: &str) -> Result<Option<Connector>, Refusal> {
        let context = self.call.context;
        let found: Option<Connector> = self.call.view.get(&key(context, &self.cluster.id, name))?;
        let there = found.filter(|connector| !connector.is_gone(context));
        Ok(there.map(|connector| connector.settled(context)))
    }

    /// The connector of the path, once it can be asked for.
    fn connector(&self) -> Result<Connector, Refusal> {
        let name = self.call.request.label("connector");
        if !self.call.caller.is_shown(name) {
            return Err(forbidden());
        }
        let found = self.find(name)?;
        found
            .filter(|connector| connector.visible_at <= self.call.context.now)
            .ok_or_else(not_found)
    }

    fn shown_config(&self, connector: &Connector) -> Config {
        config::shown(&connector.config, &connector.id, &self.cluster, self.call.context)
    }

    /// State, and why where it FAILED.
    fn state(&self, connector: &Connector) -> Result<(&'static str, String), Refusal> {
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

    fn status(&self, connector: &Connector) -> Result<Value, Refusal> {
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

    fn info(&self, connector: &Connector) -> Result<Value, Refusal> {
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

fn tasks(connector: &Connector) -> u32 {
    let tasks = connector.config.get("tasks.max");
    tasks.and_then(|tasks| tasks.parse().ok()).unwrap_or(1)
}

fn task_list(connector: &Connector) -> Value {
    let tasks = (0..tasks(connector)).map(|task| json!({"connector": connector.name, "task": task}));
    Value::Array(tasks.collect())
}

fn forbidden() -> Refusal {
    Refusal::general(403, "", "Forbidden").shaped(Shape::Nested)
}

fn not_found() -> Refusal {
    Refusal::flat(404, 404, "resource not found")
}

/// The cluster of the path: not there, in another environment or hidden, it is 404.
pub(super) fn place(call: &Call<'_>) -> Result<Cluster, Refusal> {
    let (id, environment) = (call.request.label("cluster"), call.request.label("environment"));
    cmk::cluster::seen(call, id, environment).map_err(|_| not_found())
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Look)?;
    let connectors = all(call.view, call.context, &site.cluster.id)?;
    let visible = connectors
        .iter()
        .filter(|connector| connector.visible_at <= call.context.now && call.caller.is_shown(&connector.name));
    let expand: Vec<_> = call
        .request
        .all_queried("expand")
        .flat_map(|value| value.split(','))
        .collect();
    if expand.is_empty() {
        let names: Vec<_> = visible.map(|connector| &connector.name).collect();
        return Ok(Reply::ok(json!(names)));
    }
    let mut listed = serde_json::Map::new();
    for connector in visible {
        let mut shown = json!({"extensions": {}});
        if expand.contains(&"id") {
            shown["id"] = json!({"id": connector.id, "id_type": "ID"});
        }
        if expand.contains(&"info") {
            shown["info"] = site.info(connector)?;
        }
        if expand.contains(&"status") {
            shown["status"] = site.status(connector)?;
        }
        listed.insert(connector.name.clone(), shown);
    }
    Ok(Reply::ok(Value::Object(listed)))
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Look)?;
    let connector = site.connector()?;
    Ok(Reply::ok(site.info(&connector)?))
}

pub(super) fn get_config(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Look)?;
    let connector = site.connector()?;
    Ok(Reply::ok(json!(site.shown_config(&connector))))
}

pub(super) fn get_status(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Look)?;
    let connector = site.connector()?;
    Ok(Reply::ok(site.status(&connector)?))
}

pub(super) fn list_tasks(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Look)?;
    let connector = site.connector()?;
    let shown = (0..tasks(&connector)).map(|task| {
        json!({
            "id": {"connector": connector.name, "task": task},
            "config": {"connector": connector.name, "task.class": PLUGIN},
        })
    });
    Ok(Reply::ok(Value::Array(shown.collect())))
}

#[derive(Debug, Deserialize)]
struct CreateInput {
    name: Option<String>,
    config: Option<Config>,
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Change)?;
    let input: CreateInput = call.request.input()?;
    let name = input.name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| bad_request("name is required"))?;
    let sent = input.config.ok_or_else(|| bad_request("config is required"))?;
    if site.find(&name)?.is_some() {
        let message = format!("Connector {name} already exists");
        return Err(match call.context.switches.duplicate_connectors {
            DuplicateConnectors::BadRequest => bad_request(message),
            DuplicateConnectors::Conflict => Refusal::flat(409, 409, message),
        });
    }
    begin(&site, &name, sent, 201)
}

/// A new connector, and its dead-letter topic once it runs.
fn begin(site: &Site<'_>, name: &str, sent: Config, status: u16) -> Result<Reply, Refusal> {
    let context = site.call.context;
    if !site.cluster.serves(context) {
        return Err(not_found());
    }
    let config = config::accepted(sent, name, None, context)?;
    let connector = Connector {
        id: short("lcc"),
        name: name.to_owned(),
        config,
        next: None,
        rejected: None,
        visible_at: context.after(Wait::ConnectorVisible),
        running_at: context.after(Wait::ConnectorProvisioning),
        paused_at: None,
        gone_at: None,
    };
    let mut batch = connector.stored(context, &site.cluster)?;
    let dead_letters = connector.dead_letters();
    let (view, cluster) = (site.call.view, &site.cluster.id);
    kafka::topic::make(view, context, cluster, &dead_letters, connector.running_at, &mut batch)?;
    Ok(answer(site, &connector, status).storing(batch))
}

/// No id, and in the published tests nothing at all.
fn answer(site: &Site<'_>, connector: &Connector, status: u16) -> Reply {
    if site.call.context.switches.status_codes == StatusCodes::Recorded {
        return Reply::empty(status);
    }
    Reply::of(
        status,
        json!({
            "name": connector.name,
            "type": "sink",
            "config": site.shown_config(connector),
            "tasks": task_list(connector),
        }),
    )
}

/// Makes the connector where there is none of that name.
pub(super) fn put_config(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Change)?;
    let sent: Config = call.request.input()?;
    let name = call.request.label("connector");
    let Some(mut connector) = site.find(name)? else {
        return begin(&site, name, sent, 200);
    };
    let config = config::accepted(sent, name, Some(&connector.config), call.context)?;
    connector.next = Some(Next {
        config,
        at: call.context.after(Wait::ConnectorChange),
    });
    let reply = answer(&site, &connector, 200);
    Ok(reply.storing(connector.stored(call.context, &site.cluster)?))
}

pub(super) fn pause(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Operate)?;
    let mut connector = site.connector()?;
    if connector.paused_at.is_none() {
        connector.paused_at = Some(call.context.after(Wait::ConnectorPause));
    }
    Ok(Reply::empty(202).storing(connector.stored(call.context, &site.cluster)?))
}

/// Long before it runs again.
pub(super) fn resume(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Operate)?;
    let mut connector = site.connector()?;
    if connector.paused_at.take().is_some() {
        connector.running_at = call.context.after(Wait::ConnectorProvisioning);
    }
    Ok(Reply::empty(202).storing(connector.stored(call.context, &site.cluster)?))
}

/// Only what runs can be restarted.
pub(super) fn restart(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Operate)?;
    let mut connector = site.connector()?;
    let (state, _) = site.state(&connector)?;
    if state != "RUNNING" {
        return Err(bad_request(format!(
            "Connector {} is {state}, not RUNNING",
            connector.name
        )));
    }
    connector.running_at = call.context.after(Wait::ConnectorProvisioning);
    Ok(Reply::empty(202).storing(connector.stored(call.context, &site.cluster)?))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let site = Site::of(call, Purpose::Change)?;
    let name = call.request.label("connector");
    if !call.caller.is_shown(name) {
        return Err(forbidden());
    }
    let mut connector = site.find(name)?.ok_or_else(not_found)?;
    if connector.gone_at.is_none() {
        connector.gone_at = Some(call.context.after(Wait::ConnectorDeletion));
    }
    let reply = match call.context.switches.status_codes {
        StatusCodes::Recorded => Reply::empty(204),
        StatusCodes::Specified => Reply::ok(json!({"error": null})),
    };
    Ok(reply.storing(connector.stored(call.context, &site.cluster)?))
}
