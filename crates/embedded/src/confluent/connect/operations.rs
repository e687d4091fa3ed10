//! What can be done with connectors.

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::config;
use super::config::Config;
use super::config::bad_request;
use super::connector::Connector;
use super::connector::Next;
use super::connector::all;
use super::site::Purpose;
use super::site::Site;
use super::site::forbidden;
use super::site::not_found;
use super::site::task_list;
use super::site::tasks;
use crate::confluent::delays::Wait;
use crate::confluent::identifier::short;
use crate::confluent::kafka;
use crate::confluent::refusal::Refusal;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::confluent::switches::DuplicateConnectors;
use crate::confluent::switches::OtherNameInside;
use crate::confluent::switches::StatusCodes;

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
    let config = site.shown_config(&connector);
    let shown =
        (0..tasks(&connector)).map(|task| json!({"id": {"connector": connector.name, "task": task}, "config": config}));
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
    let name = meant(call, &sent).to_owned();
    if !call.caller.is_shown(&name) {
        return Err(forbidden());
    }
    let Some(mut connector) = site.find(&name)? else {
        return begin(&site, &name, sent, 200);
    };
    let config = config::accepted(sent, &name, Some(&connector.config), call.context)?;
    connector.next = Some(Next {
        config,
        at: call.context.after(Wait::ConnectorChange),
    });
    let reply = answer(&site, &connector, 200);
    Ok(reply.storing(connector.stored(call.context, &site.cluster)?))
}

/// The connector that a configuration is for: the path's, unless the name inside counts for more.
fn meant<'a>(call: &'a Call<'_>, sent: &'a Config) -> &'a str {
    let inside = sent.get("name").filter(|name| !name.is_empty());
    match (call.context.switches.other_name_inside, inside) {
        (OtherNameInside::Second, Some(inside)) => inside,
        _ => call.request.label("connector"),
    }
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
