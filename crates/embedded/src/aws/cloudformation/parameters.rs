//! Values of parameters, held against what the template says about them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::refusals;
use super::template::section;
use crate::aws::refusal::Refusal;

pub(super) type Parameters = BTreeMap<String, String>;

/// What is shown in the place of a value that is not echoed.
pub(super) const MASK: &str = "****";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ParameterInput {
    parameter_key: Option<String>,
    parameter_value: Option<String>,
    #[serde(default)]
    use_previous_value: Option<String>,
}

/// All parameters of a template with their values: sent, kept or default.
pub(super) fn settle(
    template: &Value,
    sent: Vec<ParameterInput>,
    previous: &Parameters,
) -> Result<Parameters, Refusal> {
    let declared = section(template, "Parameters");
    let mut given = Parameters::new();
    let mut strange = Vec::new();
    for parameter in sent {
        let key = parameter.parameter_key.unwrap_or_default();
        if !declared.iter().any(|(name, _)| **name == key) {
            strange.push(key);
            continue;
        }
        let keeps = parameter.use_previous_value.as_deref() == Some("true");
        let value = if keeps {
            previous.get(&key).cloned()
        } else {
            parameter.parameter_value
        };
        given.extend(value.map(|value| (key, value)));
    }
    if !strange.is_empty() {
        return Err(refusals::validation(format!(
            "Parameters: [{}] do not exist in the template",
            strange.join(", ")
        )));
    }
    let mut missing = Vec::new();
    let mut settled = Parameters::new();
    for (name, says) in declared {
        match given.remove(name).or_else(|| says.get("Default").and_then(text)) {
            Some(value) => {
                check(name, says, &value)?;
                settled.insert(name.clone(), value);
            }
            None => missing.push(name.as_str()),
        }
    }
    if !missing.is_empty() {
        return Err(refusals::validation(format!(
            "Parameters: [{}] must have values",
            missing.join(", ")
        )));
    }
    Ok(settled)
}

fn check(name: &str, says: &Value, value: &str) -> Result<(), Refusal> {
    let allowed: Vec<String> = says
        .get("AllowedValues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(text)
        .collect();
    if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == value) {
        return Err(refusals::validation(format!(
            "Parameter '{name}' must be one of AllowedValues"
        )));
    }
    if says.get("Type").and_then(Value::as_str) == Some("Number") && value.parse::<f64>().is_err() {
        return Err(refusals::validation(format!("Parameter '{name}' must be a number.")));
    }
    Ok(())
}

/// A scalar as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The parameters as answers show them.
pub(super) fn shown(template: &Value, parameters: &Parameters) -> Value {
    let is_masked = |name: &String| {
        let says = template.pointer(&format!("/Parameters/{name}/NoEcho"));
        says.and_then(text).as_deref() == Some("true")
    };
    parameters
        .iter()
        .map(|(name, value)| {
            let value = if is_masked(name) { MASK } else { value };
            serde_json::json!({"ParameterKey": name, "ParameterValue": value})
        })
        .collect()
}
