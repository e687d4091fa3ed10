//! The plugins, and what they say of a configuration before there is a connector.

use serde_json::Value;
use serde_json::json;

use super::config;
use super::config::Config;
use super::config::MASK;
use super::config::PLUGIN;
use super::property::Property;
use super::property::Type;
use super::site::place;
use crate::confluent::refusal::Refusal;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;

/// The class behind the plugin, which answers of validation are named by.
const CLASS: &str = "com.mongodb.kafka.connect.MongoSinkConnector";
const GROUP: &str = "Connector";

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    place(call)?;
    Ok(Reply::ok(json!([{"class": PLUGIN, "type": "sink"}])))
}

/// However many errors there are, the answer is 200.
pub(super) fn validate(call: &Call<'_>) -> Result<Reply, Refusal> {
    place(call)?;
    let plugin = call.request.label("plugin");
    if plugin != PLUGIN {
        let message = format!("eclusa's embedded cloud has the plugin {PLUGIN} only, not {plugin}");
        return Err(Refusal::flat(404, 404, message));
    }
    let sent: Config = call.request.input()?;
    let mut problems = config::problems(&sent, call.context);
    let error_count = problems.values().map(Vec::len).sum::<usize>();
    let configs: Vec<_> = config::properties(call.context)
        .zip(1..)
        .map(|(property, order)| {
            let errors = problems.remove(property.name).unwrap_or_default();
            entry(property, order, config::value(&sent, property), &errors)
        })
        .collect();
    Ok(Reply::ok(
        json!({"name": CLASS, "groups": [GROUP], "error_count": error_count, "configs": configs}),
    ))
}

fn entry(property: &Property, order: usize, value: Option<&str>, errors: &[String]) -> Value {
    let name = property.name;
    let value = match value {
        Some(_) if property.kind == Type::Password => MASK,
        other => other.unwrap_or_default(),
    };
    json!({
        "definition": {
            "name": name,
            "type": property.kind.name(),
            "required": property.required,
            "default_value": property.default,
            "importance": if property.required { "HIGH" } else { "MEDIUM" },
            "documentation": "",
            "group": GROUP,
            "width": "NONE",
            "display_name": name,
            "dependents": [],
            "order": order,
            "alias": property.alias,
        },
        "value": {
            "name": name,
            "value": value,
            "recommended_values": property.allowed,
            "errors": errors,
            "visible": true,
        },
        "metadata": {},
    })
}
