//! `aws_lambda_event_source_mapping`: what feeds a queue's messages to a function.
//!
//! - **Identity**: the queue and the function; Lambda gives a UUID, and allows one mapping for each pair. So a mapping
//!   has no name, and its outputs are known only once it exists.
//! - **Attributes**: ranges and defaults are those of botocore's model of Lambda (2026-08) for queues. What only
//!   streams have is no attribute here; what a live mapping has beside (dedicated pollers, a key) is read into
//!   `foreign_settings`, so that somebody else's edit shows and is taken back.
//! - **Function**: written as name or ARN, compared as name, with the version or alias where there is one.
//! - **Batches** of more than ten messages need a window of a second at least; a window of any length may wait for
//!   up to 20 s while there is little traffic. (Lambda developer guide, `with-sqs`)
//! - **Order**: Lambda looks at queue, function and role when a mapping is made. It also refuses a function that may
//!   run longer than the queue hides its messages, but only then; the environment checks it at any time.
//! - **Equal**: the order of filters, the spelling of a filter's JSON; no filters and none declared.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;

use super::check_arn;
use super::shown;
use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `aws_lambda_event_source_mapping`.
#[derive(Debug)]
pub struct EventSourceMapping;

/// Feeds a queue's messages to a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_lambda_event_source_mapping")]
pub struct MappingSpec {
    /// ARN of the queue.
    pub event_source_arn: String,

    /// Name or ARN of the function.
    #[schemars(length(min = 1, max = 256))]
    pub function_name: String,

    /// Most messages that one invocation takes.
    #[serde(default = "batch_size")]
    #[schemars(range(min = 1, max = 10_000))]
    pub batch_size: u32,

    /// Seconds for which messages are gathered before the function is invoked; 0 invokes at once.
    #[serde(default)]
    #[schemars(range(min = 0, max = 300))]
    pub maximum_batching_window_in_seconds: u32,

    /// Whether messages are taken from the queue.
    #[serde(default = "enabled")]
    pub enabled: bool,

    /// What the function's answer tells: with ReportBatchItemFailures, which messages failed. Left out, an answer
    /// without an error acknowledges the whole batch.
    #[serde(default)]
    #[schemars(length(max = 1), extend("items" = { "type": "string", "enum": ["ReportBatchItemFailures"] }))]
    pub function_response_types: Vec<String>,

    /// How many invocations the mapping may run at once. Left out, as many as the function may.
    #[serde(default)]
    pub scaling_config: Option<ScalingConfig>,

    /// Which messages are taken; the others are deleted from the queue.
    #[serde(default)]
    pub filter_criteria: Option<FilterCriteria>,

    /// Settings of a live mapping that cannot be declared, by their names in the API. Never declared, so that they
    /// show.
    #[serde(default)]
    #[schemars(skip)]
    pub foreign_settings: Vec<String>,
}

/// How many invocations the mapping may run at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct ScalingConfig {
    /// Most invocations at once, within what the function may.
    #[schemars(range(min = 2, max = 1_000))]
    pub maximum_concurrency: u32,
}

/// Which messages are taken; the others are deleted from the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct FilterCriteria {
    /// A message is taken if one of these fits.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub filters: Vec<Filter>,
}

/// One filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Filter {
    /// An event pattern: a JSON object, such as `{"body": {"kind": ["air"]}}`.
    #[schemars(length(max = 4_096))]
    pub pattern: String,
}

fn batch_size() -> u32 {
    10
}

fn enabled() -> bool {
    true
}

/// Above this a batch needs a window (Lambda developer guide, `with-sqs`).
const WINDOWLESS_BATCH: u32 = 10;

impl Schema for EventSourceMapping {
    const NAME: &'static str = "aws_lambda_event_source_mapping";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("uuid", "91c8d4a5-0f0e-4a3b-9a51-5f2f7d0c1b2a"),
        (
            "arn",
            "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:91c8d4a5-0f0e-4a3b-9a51-5f2f7d0c1b2a",
        ),
    ];
    const NAMING: Naming = Naming {
        punctuation: "-",
        replacement: '-',
        length: 0,
        tagged: false,
    };
    const REPLACE_ON: &'static [Path] = &[&["event_source_arn"]];
    const MUST_EXIST: &'static [Path] = &[&["event_source_arn"], &["function_name"]];
    const SETS: &'static [Path] = &[&["function_response_types"], &["filter_criteria", "filters"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("function_arn", "function_name"),
        ("function", "function_name"),
        ("queue_arn", "event_source_arn"),
        ("queue", "event_source_arn"),
        ("source_arn", "event_source_arn"),
        ("batching_window", "maximum_batching_window_in_seconds"),
        ("filter", "filters"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[
        ("aws_sqs_queue", Effect::Replace),
        ("aws_lambda_function", Effect::Replace),
    ];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 20;

    type Spec = MappingSpec;

    fn check(spec: &MappingSpec, problems: &mut Problems) {
        check_arn(&spec.event_source_arn, "sqs", "", &["event_source_arn"], problems);
        check_function(&spec.function_name, problems);
        if spec.batch_size > WINDOWLESS_BATCH && spec.maximum_batching_window_in_seconds == 0 {
            problems.add(
                &["batch_size"],
                format!("a batch of more than {WINDOWLESS_BATCH} messages needs a window of one second at least"),
                Some("set maximum_batching_window_in_seconds, or take smaller batches"),
            );
        }
        for (index, filter) in spec.filter_criteria.iter().flat_map(|each| &each.filters).enumerate() {
            check_pattern(&filter.pattern, index, problems);
        }
    }

    fn canonical(mut spec: MappingSpec) -> MappingSpec {
        spec.function_response_types.sort();
        spec.function_response_types.dedup();
        spec.foreign_settings.sort();
        MappingSpec {
            function_name: function_in(&spec.function_name).to_owned(),
            filter_criteria: spec.filter_criteria.and_then(canonical_filters),
            ..spec
        }
    }

    fn identity(spec: &MappingSpec, _cloud_name: &str) -> Identity {
        let function = function_in(&spec.function_name);
        if sentinel::awaits_output(&spec.event_source_arn) || sentinel::awaits_output(function) {
            return Identity::Unknown;
        }
        Identity::Natural(vec![spec.event_source_arn.clone(), function.to_owned()])
    }

    fn known_outputs(_spec: &MappingSpec, _cloud_name: &str, _place: &Place) -> Outputs {
        Outputs::new()
    }

    fn check_name(_name: &str) -> Result<(), String> {
        Err("a mapping has no name: it is known by its queue and its function".to_owned())
    }
}

/// The function's name, with what follows it, in a name or an ARN.
pub fn function_in(text: &str) -> &str {
    let is_arn = text.starts_with("arn:");
    let after = is_arn.then(|| text.split_once(":function:")).flatten();
    after.map_or(text, |(_, name)| name)
}

fn check_function(text: &str, problems: &mut Problems) {
    let path = ["function_name"];
    if text.starts_with("arn:") {
        check_arn(text, "lambda", "function:", &path, problems);
        return;
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_:$".contains(c);
    let strange = sentinel::pieces(text).into_iter().any(|piece| match piece {
        sentinel::Piece::Literal(literal) => !literal.chars().all(legal),
        sentinel::Piece::Sentinel(_) => false,
    });
    if strange {
        problems.add(
            &path,
            format!("expected the name or the ARN of a function, found {}", shown(text)),
            Some("refer to the function's own output, ${aws_lambda_function.name.name}"),
        );
    }
}

fn check_pattern(pattern: &str, index: usize, problems: &mut Problems) {
    if sentinel::is_in(pattern) {
        return;
    }
    let problem = match serde_json::from_str::<Json>(pattern) {
        Ok(Json::Object(_)) => return,
        Ok(_) => "it is another kind of JSON".to_owned(),
        Err(error) => error.to_string(),
    };
    problems.add(
        &["filter_criteria", "filters", &index.to_string(), "pattern"],
        format!("expected a JSON object: {problem}"),
        None,
    );
}

fn canonical_filters(criteria: FilterCriteria) -> Option<FilterCriteria> {
    let mut patterns: Vec<String> = criteria
        .filters
        .into_iter()
        .map(|filter| canonical_pattern(filter.pattern))
        .collect();
    patterns.sort();
    patterns.dedup();
    let filters: Vec<Filter> = patterns.into_iter().map(|pattern| Filter { pattern }).collect();
    (!filters.is_empty()).then_some(FilterCriteria { filters })
}

/// One spelling of a pattern; what holds an unknown or is no JSON stays as it is.
fn canonical_pattern(pattern: String) -> String {
    if sentinel::is_in(&pattern) {
        return pattern;
    }
    match serde_json::from_str::<Json>(&pattern) {
        Ok(mut parsed) => {
            parsed.sort_all_objects();
            parsed.to_string()
        }
        Err(_) => pattern,
    }
}

#[cfg(test)]
mod tests;
