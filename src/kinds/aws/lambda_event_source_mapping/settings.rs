//! Settings on the wire: a Spec from what is live, requests from a Spec.

use aws_sdk_lambda::operation::create_event_source_mapping::builders::CreateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::types::EventSourceMappingConfiguration as Live;
use aws_sdk_lambda::types::EventSourceMappingMetricsConfig;
use aws_sdk_lambda::types::Filter;
use aws_sdk_lambda::types::FilterCriteria;
use aws_sdk_lambda::types::FunctionResponseType;
use aws_sdk_lambda::types::ProvisionedPollerConfig;
use aws_sdk_lambda::types::ScalingConfig;
use eclusa_planner::schema::aws::lambda_event_source_mapping as ours;
use eclusa_planner::schema::aws::lambda_event_source_mapping::MappingSpec;

use crate::kinds::Update;

/// The Spec of a live mapping.
pub(super) fn spec(live: &Live, enabled: bool) -> MappingSpec {
    let number =
        |value: Option<i32>, otherwise: u32| value.and_then(|value| value.try_into().ok()).unwrap_or(otherwise);
    let maximum = live.scaling_config().and_then(|config| config.maximum_concurrency());
    let patterns = live.filter_criteria().map(FilterCriteria::filters).unwrap_or_default();
    let filters: Vec<ours::Filter> = patterns
        .iter()
        .filter_map(|filter| filter.pattern())
        .map(|pattern| ours::Filter {
            pattern: pattern.to_owned(),
        })
        .collect();
    MappingSpec {
        event_source_arn: live.event_source_arn().unwrap_or_default().to_owned(),
        function_name: live.function_arn().unwrap_or_default().to_owned(),
        batch_size: number(live.batch_size(), 10),
        maximum_batching_window_in_seconds: number(live.maximum_batching_window_in_seconds(), 0),
        enabled,
        function_response_types: live
            .function_response_types()
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect(),
        scaling_config: maximum
            .and_then(|maximum| maximum.try_into().ok())
            .map(|maximum_concurrency| ours::ScalingConfig { maximum_concurrency }),
        filter_criteria: (!filters.is_empty()).then_some(ours::FilterCriteria { filters }),
        foreign_settings: foreign(live),
    }
}

/// Settings that this kind cannot declare, by their names in the API.
fn foreign(live: &Live) -> Vec<String> {
    let pollers = live
        .provisioned_poller_config()
        .is_some_and(|config| config.minimum_pollers().is_some() || config.maximum_pollers().is_some());
    let found = [
        ("KMSKeyArn", live.kms_key_arn().is_some_and(|arn| !arn.is_empty())),
        (
            "MetricsConfig",
            live.metrics_config().is_some_and(|config| !config.metrics().is_empty()),
        ),
        ("ProvisionedPollerConfig", pollers),
    ];
    let set = found.iter().filter(|(_, is_set)| *is_set);
    set.map(|(name, _)| (*name).to_owned()).collect()
}

/// Everything that a new mapping is made with, but tags.
pub(super) fn initial(
    request: CreateEventSourceMappingFluentBuilder,
    want: &MappingSpec,
) -> CreateEventSourceMappingFluentBuilder {
    request
        .event_source_arn(&want.event_source_arn)
        .function_name(&want.function_name)
        .batch_size(number(want.batch_size))
        .maximum_batching_window_in_seconds(number(want.maximum_batching_window_in_seconds))
        .enabled(want.enabled)
        .set_function_response_types(Some(response_types(want)))
        .set_scaling_config(want.scaling_config.as_ref().map(|_| scaling(want)))
        .set_filter_criteria(want.filter_criteria.as_ref().map(|_| filters(want)))
}

/// What differs, what is taken away as an explicit empty.
pub(super) fn edited(
    request: UpdateEventSourceMappingFluentBuilder,
    update: &Update<'_, MappingSpec>,
) -> UpdateEventSourceMappingFluentBuilder {
    let want = update.want;
    let if_changed = |attribute: &str| update.changes(attribute).then_some(());
    // The two go together: Lambda holds a batch against its window.
    let batch = if_changed("batch_size").or(if_changed("maximum_batching_window_in_seconds"));
    let window = want.maximum_batching_window_in_seconds;
    let request = request
        .set_function_name(if_changed("function_name").map(|()| want.function_name.clone()))
        .set_batch_size(batch.map(|()| number(want.batch_size)))
        .set_maximum_batching_window_in_seconds(batch.map(|()| number(window)))
        .set_enabled(if_changed("enabled").map(|()| want.enabled))
        .set_function_response_types(if_changed("function_response_types").map(|()| response_types(want)))
        .set_scaling_config(if_changed("scaling_config").map(|()| scaling(want)))
        .set_filter_criteria(if_changed("filter_criteria").map(|()| filters(want)));
    let foreign = update.seen.spec.foreign_settings.iter();
    foreign.fold(request, |request, setting| without(request, setting))
}

/// Takes one foreign setting away.
fn without(request: UpdateEventSourceMappingFluentBuilder, setting: &str) -> UpdateEventSourceMappingFluentBuilder {
    match setting {
        "KMSKeyArn" => request.kms_key_arn(""),
        "MetricsConfig" => {
            let none = EventSourceMappingMetricsConfig::builder().set_metrics(Some(Vec::new()));
            request.metrics_config(none.build())
        }
        "ProvisionedPollerConfig" => request.provisioned_poller_config(ProvisionedPollerConfig::builder().build()),
        _ => request,
    }
}

fn response_types(want: &MappingSpec) -> Vec<FunctionResponseType> {
    let kinds = want.function_response_types.iter();
    kinds.map(|kind| FunctionResponseType::from(kind.as_str())).collect()
}

fn scaling(want: &MappingSpec) -> ScalingConfig {
    let maximum = want
        .scaling_config
        .as_ref()
        .map(|config| number(config.maximum_concurrency));
    ScalingConfig::builder().set_maximum_concurrency(maximum).build()
}

/// Empty where there are none, which takes filters away.
fn filters(want: &MappingSpec) -> FilterCriteria {
    let declared = want.filter_criteria.iter().flat_map(|criteria| &criteria.filters);
    let filters: Vec<Filter> = declared
        .map(|filter| Filter::builder().pattern(&filter.pattern).build())
        .collect();
    FilterCriteria::builder()
        .set_filters((!filters.is_empty()).then_some(filters))
        .build()
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_mapping_has_no_foreign_settings() {
        let plain = Live::builder()
            .provisioned_poller_config(ProvisionedPollerConfig::builder().build())
            .filter_criteria(FilterCriteria::builder().build())
            .scaling_config(ScalingConfig::builder().build())
            .build();
        let spec = spec(&plain, true);
        assert_eq!(spec.foreign_settings, Vec::<String>::new());
        assert_eq!(
            (spec.scaling_config, spec.filter_criteria, spec.batch_size),
            (None, None, 10)
        );
    }

    #[test]
    fn dedicated_pollers_are_foreign() {
        let pollers = ProvisionedPollerConfig::builder().minimum_pollers(2).build();
        let live = Live::builder().provisioned_poller_config(pollers).build();
        assert_eq!(spec(&live, true).foreign_settings, ["ProvisionedPollerConfig"]);
    }
}
