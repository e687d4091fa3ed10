//! What a function is set to: what a value may be, what is kept, what is shown.
//!
//! Limits: Lambda quotas; texts of the refusals as clients report them. A member that is left out of an update stays as
//! it was; an explicit empty one takes the setting away.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::refusals;
use crate::aws::refusal::Refusal;

/// Of all environment variables together.
const ENVIRONMENT_BYTES: usize = 4_096;

/// Variables that Lambda sets itself.
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Runtimes that functions can still be made for, and `provided` ones.
const RUNTIMES: &[&str] = &[
    "dotnet10",
    "dotnet8",
    "java11",
    "java17",
    "java21",
    "java25",
    "java8.al2",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
];

/// Settings kept and shown as they are sent: no client of this cloud gives them a meaning.
const OTHERS: &[&str] = &[
    "DeadLetterConfig",
    "FileSystemConfigs",
    "KMSKeyArn",
    "Layers",
    "LoggingConfig",
    "SnapStart",
    "TracingConfig",
    "VpcConfig",
];

/// The members of CreateFunction and UpdateFunctionConfiguration that are settings.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    pub(super) role: Option<String>,
    handler: Option<String>,
    runtime: Option<String>,
    description: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    environment: Option<Environment>,
    ephemeral_storage: Option<Storage>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Storage {
    size: i64,
}

/// As kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Configuration {
    pub(super) role: String,
    handler: String,
    runtime: String,
    description: String,
    pub(super) timeout: i64,
    memory_size: i64,
    environment: BTreeMap<String, String>,
    ephemeral_storage: i64,
    others: BTreeMap<String, Value>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            role: String::new(),
            handler: String::new(),
            runtime: String::new(),
            description: String::new(),
            timeout: 3,
            memory_size: 128,
            environment: BTreeMap::new(),
            ephemeral_storage: 512,
            others: BTreeMap::new(),
        }
    }
}

impl Configuration {
    /// # Errors
    /// A setting is missing that a function of a zip needs, or one is not lawful.
    pub(super) fn new(sent: Sent) -> Result<Self, Refusal> {
        if sent.role.is_none() {
            return Err(refusals::missing("role"));
        }
        if sent.runtime.is_none() || sent.handler.is_none() {
            return Err(refusals::invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            ));
        }
        let mut made = Self::default();
        made.apply(sent)?;
        Ok(made)
    }

    /// Changes what was sent.
    ///
    /// # Errors
    /// A setting is not lawful; then what is here is not to be used.
    pub(super) fn apply(&mut self, sent: Sent) -> Result<(), Refusal> {
        let Sent {
            role,
            handler,
            runtime,
            description,
            timeout,
            memory_size,
            environment,
            ephemeral_storage,
            others,
        } = sent;
        set(&mut self.role, role, check_role)?;
        set(&mut self.handler, handler, check_handler)?;
        set(&mut self.runtime, runtime, check_runtime)?;
        set(&mut self.description, description, |text| {
            at_most(text, "description", 256)
        })?;
        set(&mut self.timeout, timeout, |value| range(*value, "timeout", 1, 900))?;
        set(&mut self.memory_size, memory_size, |value| {
            range(*value, "memorySize", 128, 10_240)
        })?;
        let variables = environment.and_then(|environment| environment.variables);
        set(&mut self.environment, variables, check_environment)?;
        let size = ephemeral_storage.map(|storage| storage.size);
        set(&mut self.ephemeral_storage, size, |value| {
            range(*value, "ephemeralStorage.size", 512, 10_240)
        })?;
        for (name, value) in others.into_iter().filter(|(_, value)| !value.is_null()) {
            if !OTHERS.contains(&name.as_str()) {
                continue;
            }
            if is_empty(&value) {
                self.others.remove(&name);
            } else {
                self.others.insert(name, value);
            }
        }
        Ok(())
    }

    /// The members of FunctionConfiguration.
    pub(super) fn shown(&self, function: &str) -> Map<String, Value> {
        let mut shown = json!({
            "Role": self.role,
            "Handler": self.handler,
            "Runtime": self.runtime,
            "Description": self.description,
            "Timeout": self.timeout,
            "MemorySize": self.memory_size,
            "EphemeralStorage": {"Size": self.ephemeral_storage},
            "PackageType": "Zip",
            "Version": "$LATEST",
            "TracingConfig": {"Mode": "PassThrough"},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{function}")},
        });
        if !self.environment.is_empty() {
            shown["Environment"] = json!({"Variables": self.environment});
        }
        for (name, value) in &self.others {
            match (name.as_str(), value) {
                ("Layers", Value::Array(arns)) => {
                    shown["Layers"] = arns.iter().map(|arn| json!({"Arn": arn, "CodeSize": 1})).collect();
                }
                ("LoggingConfig" | "SnapStart", Value::Object(members)) => {
                    if let Value::Object(all) = &mut shown[name] {
                        all.extend(members.clone());
                    }
                }
                _ => shown[name] = value.clone(),
            }
        }
        match shown {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

fn set<T>(kept: &mut T, sent: Option<T>, check: impl Fn(&T) -> Result<(), Refusal>) -> Result<(), Refusal> {
    if let Some(value) = sent {
        check(&value)?;
        *kept = value;
    }
    Ok(())
}

/// Whether a setting says "none": `""`, `[]`, `{}`, and members that say nothing but that.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text == "None" || text == "PassThrough",
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

fn range(value: i64, member: &str, least: i64, most: i64) -> Result<(), Refusal> {
    let quoted = format!("'{value}'");
    if value < least {
        let rule = format!("have value greater than or equal to {least}");
        return Err(refusals::constraint(&quoted, member, &rule));
    }
    if value > most {
        let rule = format!("have value less than or equal to {most}");
        return Err(refusals::constraint(&quoted, member, &rule));
    }
    Ok(())
}

fn at_most(text: &str, member: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() > most {
        let rule = format!("have length less than or equal to {most}");
        return Err(refusals::constraint(&format!("'{text}'"), member, &rule));
    }
    Ok(())
}

fn check_role(arn: &String) -> Result<(), Refusal> {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", owner, role]
            if partition.starts_with("aws")
                && account(owner)
                && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Ok(())
        }
        _ => Err(refusals::constraint(
            &format!("'{arn}'"),
            "role",
            "satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
        )),
    }
}

fn check_handler(handler: &String) -> Result<(), Refusal> {
    at_most(handler, "handler", 128)?;
    if handler.is_empty() || handler.contains(char::is_whitespace) {
        let rule = "satisfy regular expression pattern: [^\\s]+";
        return Err(refusals::constraint(&format!("'{handler}'"), "handler", rule));
    }
    Ok(())
}

fn check_runtime(runtime: &String) -> Result<(), Refusal> {
    if RUNTIMES.contains(&runtime.as_str()) {
        return Ok(());
    }
    let rule = format!("satisfy enum value set: [{}]", RUNTIMES.join(", "));
    Err(refusals::invalid(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must {rule} or be a valid ARN"
    )))
}

fn check_environment(variables: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let begins = |name: &str| name.starts_with(|first: char| first.is_ascii_alphabetic());
    let legal = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let reserved: Vec<&str> = variables
        .keys()
        .map(String::as_str)
        .filter(|name| RESERVED.contains(name))
        .collect();
    if !reserved.is_empty() {
        return Err(refusals::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    if let Some(name) = variables
        .keys()
        .find(|name| !begins(name) || !legal(name) || name.len() < 2)
    {
        let rule = "satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]";
        return Err(refusals::constraint(
            &format!("'{{{name}}}'"),
            "environment.variables",
            rule,
        ));
    }
    let measured = serde_json::to_string(variables)?;
    if measured.len() > ENVIRONMENT_BYTES {
        return Err(refusals::invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided exceeded the 4KB limit.",
        ));
    }
    Ok(())
}
