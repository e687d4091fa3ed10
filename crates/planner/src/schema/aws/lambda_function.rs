//! `aws_lambda_function`: a function made from a zip archive.
//!
//! - **Name**: `[A-Za-z0-9_-]{1,64}`, case-sensitive, cannot change. (botocore's model of Lambda, 2026-08)
//! - **Code** comes from one of `build`, a program under `lambda/`, and `filename`, a zip beside the stacks. Neither
//!   is compared. What is compared is `source`, the digest of what the code is made from, which the live function
//!   keeps as a tag; and code that somebody else uploaded shows as `foreign_code`, because the digest of our last
//!   upload is a tag too. So planning builds nothing. Without a digest to compare (nobody here can build), `source`
//!   is passed over.
//! - **Everything else** changes in place. What a live function has and this kind cannot declare (layers, a VPC, a
//!   key, …) is read into `foreign_settings`, so that somebody else's edit shows and is taken back.
//! - **Limits** are those of Lambda's published quotas: 900 s, 10,240 MB, 4 KB of environment variables. The service
//!   model allows more for compute types that this kind does not offer.
//! - **Equal**: no environment and an empty one, no description and an empty one; `/tmp` of 512 MB and none declared.
//! - **Role**: it must exist, and be one that Lambda may assume. A function with environment variables holds a KMS
//!   grant for the unique id of its role, so a role that was made anew under its old name breaks it though nothing
//!   reads different: the role's id at the last write is kept as a tag, another one shows as `former_role`.
//!   (repost.aws, knowledge centre `lambda-kmsaccessdeniedexception-errors`)

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::arn;
use super::check_arn;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::identity::length;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Local;
use crate::schema::LocalSource;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `aws_lambda_function`.
#[derive(Debug)]
pub struct LambdaFunction;

/// A Lambda function made from a zip archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_lambda_function")]
pub struct FunctionSpec {
    /// The program under lambda/ that is compiled and uploaded; this or filename.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub build: Option<String>,

    /// A zip archive with the code, relative to stacks/; this or build.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub filename: Option<String>,

    /// What runs the code: provided.al2023 for a compiled program, or a language's runtime.
    #[schemars(length(min = 1, max = 64))]
    pub runtime: String,

    /// Where the code begins; bootstrap for a compiled program.
    #[schemars(length(min = 1, max = 128))]
    pub handler: String,

    /// The processor, one of x86_64 and arm64.
    #[serde(default = "architectures")]
    #[schemars(length(min = 1, max = 1), extend("items" = { "type": "string", "enum": ["x86_64", "arm64"] }))]
    pub architectures: Vec<String>,

    /// Memory in MB; the processor's share grows with it.
    #[serde(default = "memory_size")]
    #[schemars(range(min = 128, max = 10_240))]
    pub memory_size: u32,

    /// Seconds after which one invocation is ended.
    #[serde(default = "timeout")]
    #[schemars(range(min = 1, max = 900))]
    pub timeout: u32,

    /// ARN of the role that the function runs as.
    pub role: String,

    /// Environment variables. Secrets do not belong here: whoever may read the function reads them.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,

    /// What the function is for.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub description: String,

    /// How many invocations may run at once, taken from the account's pool; 0 stops the function. Left out, the
    /// function shares the pool.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000))]
    pub reserved_concurrent_executions: Option<u32>,

    /// The file system under /tmp.
    #[serde(default = "ephemeral_storage")]
    pub ephemeral_storage: EphemeralStorage,

    /// Digest of what the code is made from: filled in from the files, and live from the tag that the last upload
    /// left.
    #[serde(default)]
    #[schemars(skip)]
    pub source: Option<String>,

    /// Digest of live code that is not our last upload. Never declared, so that it shows.
    #[serde(default)]
    #[schemars(skip)]
    pub foreign_code: Option<String>,

    /// Unique id of the role at the last write, where the live role has another one now. Never declared.
    #[serde(default)]
    #[schemars(skip)]
    pub former_role: Option<String>,

    /// Settings of a live function that cannot be declared, by their names in the API. Never declared.
    #[serde(default)]
    #[schemars(skip)]
    pub foreign_settings: Vec<String>,
}

/// The file system under /tmp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct EphemeralStorage {
    /// Its size in MB.
    #[schemars(range(min = 512, max = 10_240))]
    pub size: u32,
}

fn architectures() -> Vec<String> {
    vec!["x86_64".to_owned()]
}

fn memory_size() -> u32 {
    128
}

fn timeout() -> u32 {
    3
}

fn ephemeral_storage() -> EphemeralStorage {
    EphemeralStorage { size: 512 }
}

/// Bytes of all names and values of the environment (Lambda's published quotas: 4 KB in total).
const ENVIRONMENT_BYTES: usize = 4_096;
/// Names that Lambda sets itself (Lambda developer guide, "Using environment variables").
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

impl Schema for LambdaFunction {
    const NAME: &'static str = "aws_lambda_function";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-bridge"),
        (
            "arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:prod-telemetry-bridge",
        ),
    ];
    const NAMING: Naming = Naming {
        punctuation: "-_",
        replacement: '-',
        length: 64,
        tagged: false,
    };
    const MUST_EXIST: &'static [Path] = &[&["role"]];
    const SERVER_CHOSEN: &'static [Path] = &[&["source"]];
    const NOT_COMPARED: &'static [Path] = &[&["build"], &["filename"]];
    const LOCAL: &'static [Local] = &[
        Local {
            attribute: "filename",
            is: LocalSource::File,
            digest: "source",
        },
        Local {
            attribute: "build",
            is: LocalSource::Build,
            digest: "source",
        },
    ];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("variables", "environment"),
        ("environment_variables", "environment"),
        ("memory", "memory_size"),
        ("memory_mb", "memory_size"),
        ("role_arn", "role"),
        ("architecture", "architectures"),
        ("reserved_concurrency", "reserved_concurrent_executions"),
        ("zip", "filename"),
        ("zip_file", "filename"),
        ("s3_key", "filename"),
        ("source_code_hash", "filename"),
        ("function_name", "name"),
        ("name_prefix", "name"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[("aws_iam_role", Effect::Touch)];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 30;

    type Spec = FunctionSpec;

    fn check(spec: &FunctionSpec, problems: &mut Problems) {
        check_code(spec, problems);
        check_arn(&spec.role, "iam", "role/", &["role"], problems);
        check_environment(&spec.environment, problems);
        if spec.handler.contains(char::is_whitespace) {
            problems.add(&["handler"], "a handler holds no white space", None);
        }
    }

    fn canonical(mut spec: FunctionSpec) -> FunctionSpec {
        spec.foreign_settings.sort();
        spec
    }

    fn known_outputs(_spec: &FunctionSpec, cloud_name: &str, place: &Place) -> Outputs {
        let arn = arn(place, "lambda", &format!("function:{cloud_name}"));
        [("name", cloud_name.to_owned()), ("arn", arn)]
            .map(|(name, text)| (name.to_owned(), text))
            .into()
    }
}

fn check_code(spec: &FunctionSpec, problems: &mut Problems) {
    match (&spec.build, &spec.filename) {
        (Some(_), None) | (None, Some(_)) => {}
        (None, None) => problems.add(
            &[],
            "a function needs its code: `build` or `filename`",
            Some("write `build: NAME` for the program under lambda/NAME, or `filename: path.zip`"),
        ),
        (Some(_), Some(_)) => problems.add(
            &["filename"],
            "the code comes from `build` or from `filename`, not from both",
            Some("remove one of them"),
        ),
    }
}

/// Names are `[a-zA-Z][a-zA-Z0-9_]+`, so of two letters at least (botocore, `EnvironmentVariableName`).
fn check_environment(environment: &BTreeMap<String, String>, problems: &mut Problems) {
    for name in environment.keys().filter(|name| !sentinel::is_in(name)) {
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if RESERVED.contains(&name.as_str()) {
            problems.add(
                &["environment", name],
                format!("Lambda sets {name} itself"),
                Some("choose another name"),
            );
        } else if !begins || !legal || name.len() < 2 {
            problems.add(
                &["environment", name],
                format!("expected a name of letters, digits and _ that begins with a letter, two of them at least, found {name:?}"),
                None,
            );
        }
    }
    let bytes: usize = environment
        .iter()
        .map(|(name, value)| {
            name.len()
                + if sentinel::is_in(value) {
                    length(value)
                } else {
                    value.len()
                }
        })
        .sum();
    if bytes > ENVIRONMENT_BYTES {
        problems.add(
            &["environment"],
            format!("expected at most {ENVIRONMENT_BYTES} bytes of names and values together, found {bytes}"),
            None,
        );
    }
}

#[cfg(test)]
mod tests;
