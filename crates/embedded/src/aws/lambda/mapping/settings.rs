//! What a mapping is set to, and what a setting may be. A member that is left out of an update stays as it was; an
//! explicit empty one takes the setting away.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aws::lambda::refusals;
use crate::aws::lambda::tags::Tags;
use crate::aws::refusal::Refusal;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) enabled: bool,
    pub(super) batch_size: i64,
    pub(super) window: i64,
    pub(super) response_types: Vec<String>,
    pub(super) maximum_concurrency: Option<i64>,
    pub(super) filters: Vec<String>,
    /// Kept and shown as they are sent.
    pub(super) others: Map<String, Value>,
}

/// The members of CreateEventSourceMapping and UpdateEventSourceMapping.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    pub(super) event_source_arn: Option<String>,
    pub(super) function_name: Option<String>,
    enabled: Option<bool>,
    batch_size: Option<i64>,
    maximum_batching_window_in_seconds: Option<i64>,
    function_response_types: Option<Vec<String>>,
    scaling_config: Option<Scaling>,
    filter_criteria: Option<Criteria>,
    provisioned_poller_config: Option<Value>,
    metrics_config: Option<Value>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<Value>,
    pub(super) tags: Option<Tags>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scaling {
    maximum_concurrency: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Criteria {
    filters: Option<Vec<Filter>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    pattern: Option<String>,
}

impl Settings {
    pub(super) fn new() -> Self {
        Self {
            enabled: true,
            batch_size: 10,
            window: 0,
            response_types: Vec::new(),
            maximum_concurrency: None,
            filters: Vec::new(),
            others: Map::new(),
        }
    }

    /// Changes what was sent; explicit empties take away.
    pub(super) fn apply(&mut self, sent: &Sent) -> Result<(), Refusal> {
        self.enabled = sent.enabled.unwrap_or(self.enabled);
        self.batch_size = sent.batch_size.unwrap_or(self.batch_size);
        self.window = sent.maximum_batching_window_in_seconds.unwrap_or(self.window);
        if let Some(types) = &sent.function_response_types {
            self.response_types.clone_from(types);
        }
        if let Some(scaling) = &sent.scaling_config {
            self.maximum_concurrency = scaling.maximum_concurrency;
        }
        if let Some(criteria) = &sent.filter_criteria {
            let filters = criteria.filters.iter().flatten();
            self.filters = filters.filter_map(|filter| filter.pattern.clone()).collect();
        }
        let others = [
            ("ProvisionedPollerConfig", &sent.provisioned_poller_config),
            ("MetricsConfig", &sent.metrics_config),
            ("KMSKeyArn", &sent.kms_key_arn),
        ];
        for (name, value) in others {
            match value {
                None => {}
                Some(Value::Object(members)) if members.values().all(is_nothing) => drop(self.others.remove(name)),
                Some(value) if is_nothing(value) => drop(self.others.remove(name)),
                Some(value) => drop(self.others.insert(name.to_owned(), value.clone())),
            }
        }
        self.check()
    }

    fn check(&self) -> Result<(), Refusal> {
        within(self.batch_size, "batchSize", 1, 10_000)?;
        within(self.window, "maximumBatchingWindowInSeconds", 0, 300)?;
        if self.batch_size > 10 && self.window == 0 {
            return Err(refusals::invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ));
        }
        if let Some(maximum) = self.maximum_concurrency {
            within(maximum, "scalingConfig.maximumConcurrency", 2, 1_000)?;
            if self.others.contains_key("ProvisionedPollerConfig") {
                return Err(refusals::invalid(
                    "ScalingConfig and ProvisionedPollerConfig cannot be used together.",
                ));
            }
        }
        if let Some(unknown) = self
            .response_types
            .iter()
            .find(|kind| *kind != "ReportBatchItemFailures")
        {
            return Err(refusals::constraint(
                &format!("'[{unknown}]'"),
                "functionResponseTypes",
                "satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]",
            ));
        }
        if self.filters.len() > 5 {
            return Err(refusals::invalid("Only up to 5 filters are allowed."));
        }
        let is_pattern = |text: &String| serde_json::from_str::<Map<String, Value>>(text).is_ok();
        match self.filters.iter().all(is_pattern) {
            true => Ok(()),
            false => Err(refusals::invalid("Invalid filter pattern definition.")),
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn within(value: i64, member: &str, least: i64, most: i64) -> Result<(), Refusal> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let rule = if value < least {
        format!("have value greater than or equal to {least}")
    } else {
        format!("have value less than or equal to {most}")
    };
    Err(refusals::constraint(&format!("'{value}'"), member, &rule))
}
