//! Configuration on the wire: a Spec from what is live, requests from a Spec.

use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder;
use aws_sdk_lambda::types::Architecture;
use aws_sdk_lambda::types::DeadLetterConfig;
use aws_sdk_lambda::types::Environment;
use aws_sdk_lambda::types::EphemeralStorage;
use aws_sdk_lambda::types::FunctionConfiguration;
use aws_sdk_lambda::types::LogFormat;
use aws_sdk_lambda::types::LoggingConfig;
use aws_sdk_lambda::types::Runtime;
use aws_sdk_lambda::types::SnapStart;
use aws_sdk_lambda::types::SnapStartApplyOn;
use aws_sdk_lambda::types::TracingConfig;
use aws_sdk_lambda::types::TracingMode;
use aws_sdk_lambda::types::VpcConfig;
use eclusa_planner::schema::aws::lambda_function::EphemeralStorage as Storage;
use eclusa_planner::schema::aws::lambda_function::FunctionSpec;

use super::states;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::kinds::Update;

const CONFIGURE: Operation = Operation::write(Service::Lambda, "UpdateFunctionConfiguration");

/// What UpdateFunctionConfiguration writes.
const ATTRIBUTES: [&str; 9] = [
    "role",
    "handler",
    "runtime",
    "description",
    "timeout",
    "memory_size",
    "environment",
    "ephemeral_storage",
    "foreign_settings",
];

type Request = UpdateFunctionConfigurationFluentBuilder;

pub(super) fn differs(update: &Update<'_, FunctionSpec>) -> bool {
    ATTRIBUTES.iter().any(|attribute| update.changes(attribute))
}

/// The part of a Spec that is configuration; the rest is what a function without it has.
pub(super) fn spec(live: &FunctionConfiguration) -> FunctionSpec {
    let number =
        |value: Option<i32>, otherwise: u32| value.and_then(|value| value.try_into().ok()).unwrap_or(otherwise);
    let variables = live.environment().and_then(|environment| environment.variables());
    FunctionSpec {
        build: None,
        filename: None,
        runtime: live
            .runtime()
            .map(|runtime| runtime.as_str().to_owned())
            .unwrap_or_default(),
        handler: live.handler().unwrap_or_default().to_owned(),
        architectures: live
            .architectures()
            .iter()
            .map(|each| each.as_str().to_owned())
            .collect(),
        memory_size: number(live.memory_size(), 128),
        timeout: number(live.timeout(), 3),
        role: live.role().unwrap_or_default().to_owned(),
        environment: variables
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        description: live.description().unwrap_or_default().to_owned(),
        reserved_concurrent_executions: None,
        ephemeral_storage: Storage {
            size: number(live.ephemeral_storage().map(|storage| storage.size()), 512),
        },
        source: None,
        foreign_code: None,
        former_role: None,
        foreign_settings: foreign(live),
    }
}

/// Settings that this kind cannot declare, by their names in the API.
fn foreign(live: &FunctionConfiguration) -> Vec<String> {
    let is_set = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    let vpc = live.vpc_config().is_some_and(|vpc| !vpc.subnet_ids().is_empty());
    let dead_letters = live.dead_letter_config().and_then(|config| config.target_arn());
    let tracing = live.tracing_config().and_then(|config| config.mode());
    let snapshots = live.snap_start().and_then(|config| config.apply_on());
    let found = [
        ("DeadLetterConfig", is_set(dead_letters)),
        ("FileSystemConfigs", !live.file_system_configs().is_empty()),
        ("KMSKeyArn", is_set(live.kms_key_arn())),
        ("Layers", !live.layers().is_empty()),
        ("LoggingConfig", logs_elsewhere(live)),
        ("SnapStart", snapshots.is_some_and(|on| *on != SnapStartApplyOn::None)),
        (
            "TracingConfig",
            tracing.is_some_and(|mode| *mode != TracingMode::PassThrough),
        ),
        ("VpcConfig", vpc),
    ];
    let set = found.iter().filter(|(_, is_set)| *is_set);
    set.map(|(name, _)| (*name).to_owned()).collect()
}

fn logs_elsewhere(live: &FunctionConfiguration) -> bool {
    let Some(config) = live.logging_config() else {
        return false;
    };
    let usual = log_group(live.function_name().unwrap_or_default());
    config.log_format().is_some_and(|format| *format != LogFormat::Text)
        || config.log_group().is_some_and(|group| group != usual)
}

fn log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// Everything that a new function is made with, but code and tags.
pub(super) fn initial(request: CreateFunctionFluentBuilder, want: &FunctionSpec) -> CreateFunctionFluentBuilder {
    let described = Some(want.description.clone()).filter(|text| !text.is_empty());
    request
        .role(&want.role)
        .handler(&want.handler)
        .runtime(Runtime::from(want.runtime.as_str()))
        .set_description(described)
        .timeout(number(want.timeout))
        .memory_size(number(want.memory_size))
        .set_architectures(Some(architectures(want)))
        .set_environment((!want.environment.is_empty()).then(|| environment(want)))
        .set_ephemeral_storage(storage(want))
}

/// Writes what differs and waits until it is in force; `anew` makes the grant for the environment anew. Returns the
/// revision.
pub(super) async fn change(
    io: &Io,
    name: &str,
    mut revision: Option<String>,
    update: &Update<'_, FunctionSpec>,
    anew: bool,
) -> Result<Option<String>, ProviderError> {
    let want = update.want;
    let anew = anew && !want.environment.is_empty();
    if anew {
        let emptied = |request: Request| request.environment(no_environment());
        revision = write(io, name, revision, emptied).await?;
    }
    if anew || differs(update) {
        let edited = |request: Request| {
            let request = edited(request, name, update);
            if anew {
                request.environment(environment(want))
            } else {
                request
            }
        };
        revision = write(io, name, revision, edited).await?;
    }
    Ok(revision)
}

async fn write(
    io: &Io,
    name: &str,
    revision: Option<String>,
    edit: impl Fn(Request) -> Request,
) -> Result<Option<String>, ProviderError> {
    io.call(CONFIGURE, || {
        let request = io.aws.lambda.update_function_configuration().function_name(name);
        edit(request.set_revision_id(revision.clone())).send()
    })
    .await?;
    states::await_success(io, name).await
}

/// What differs, what is taken away as an explicit empty.
fn edited(request: Request, name: &str, update: &Update<'_, FunctionSpec>) -> Request {
    let want = update.want;
    let if_changed = |attribute: &str| update.changes(attribute).then_some(());
    let request = request
        .set_role(if_changed("role").map(|()| want.role.clone()))
        .set_handler(if_changed("handler").map(|()| want.handler.clone()))
        .set_runtime(if_changed("runtime").map(|()| Runtime::from(want.runtime.as_str())))
        .set_description(if_changed("description").map(|()| want.description.clone()))
        .set_timeout(if_changed("timeout").map(|()| number(want.timeout)))
        .set_memory_size(if_changed("memory_size").map(|()| number(want.memory_size)))
        .set_environment(if_changed("environment").map(|()| environment(want)))
        .set_ephemeral_storage(if_changed("ephemeral_storage").and_then(|()| storage(want)));
    let foreign = update.seen.spec.foreign_settings.iter();
    foreign.fold(request, |request, setting| without(request, name, setting))
}

/// Takes one foreign setting away.
fn without(request: Request, function: &str, setting: &str) -> Request {
    let nothing = || Some(Vec::new());
    match setting {
        "DeadLetterConfig" => request.dead_letter_config(DeadLetterConfig::builder().target_arn("").build()),
        "FileSystemConfigs" => request.set_file_system_configs(Some(Vec::new())),
        "KMSKeyArn" => request.kms_key_arn(""),
        "Layers" => request.set_layers(nothing()),
        "LoggingConfig" => request.logging_config(
            LoggingConfig::builder()
                .log_format(LogFormat::Text)
                .log_group(log_group(function))
                .build(),
        ),
        "SnapStart" => request.snap_start(SnapStart::builder().apply_on(SnapStartApplyOn::None).build()),
        "TracingConfig" => request.tracing_config(TracingConfig::builder().mode(TracingMode::PassThrough).build()),
        "VpcConfig" => request.vpc_config(
            VpcConfig::builder()
                .set_subnet_ids(nothing())
                .set_security_group_ids(nothing())
                .build(),
        ),
        _ => request,
    }
}

pub(super) fn architectures(want: &FunctionSpec) -> Vec<Architecture> {
    want.architectures
        .iter()
        .map(|each| Architecture::from(each.as_str()))
        .collect()
}

fn environment(want: &FunctionSpec) -> Environment {
    let variables = want.environment.iter();
    let variables = variables.map(|(name, value)| (name.clone(), value.clone())).collect();
    Environment::builder().set_variables(Some(variables)).build()
}

fn no_environment() -> Environment {
    Environment::builder().set_variables(Some(Default::default())).build()
}

/// `None` never comes up: the size is there.
fn storage(want: &FunctionSpec) -> Option<EphemeralStorage> {
    EphemeralStorage::builder()
        .size(number(want.ephemeral_storage.size))
        .build()
        .ok()
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> aws_sdk_lambda::types::builders::FunctionConfigurationBuilder {
        FunctionConfiguration::builder().function_name("bridge")
    }

    #[test]
    fn a_plain_function_has_no_foreign_settings() {
        let logging = LoggingConfig::builder()
            .log_format(LogFormat::Text)
            .log_group("/aws/lambda/bridge");
        let plain = live()
            .logging_config(logging.build())
            .vpc_config(aws_sdk_lambda::types::VpcConfigResponse::builder().build())
            .dead_letter_config(DeadLetterConfig::builder().build())
            .build();
        assert_eq!(spec(&plain).foreign_settings, Vec::<String>::new());
        assert_eq!((spec(&plain).memory_size, spec(&plain).timeout), (128, 3));
    }

    #[test]
    fn what_cannot_be_declared_is_named_as_the_api_names_it() {
        let logging = LoggingConfig::builder().log_format(LogFormat::Json).build();
        let foreign = live().kms_key_arn("arn:aws:kms:…").logging_config(logging).build();
        assert_eq!(spec(&foreign).foreign_settings, ["KMSKeyArn", "LoggingConfig"]);
    }
}
