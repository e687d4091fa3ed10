//! The environment file: its published schema, and its decoded settings.
//!
//! The schema walk reports what is unknown, missing or mistyped; what a JSON Schema cannot say is checked
//! here (names, durations, an account's digits, `roles`). Decoding goes on with a stand-in after a problem, so
//! that the stacks are checked in the same run.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value as Json;

use super::declared::AwsSettings;
use super::declared::Cloud;
use super::declared::ConfluentSettings;
use super::declared::Delays;
use super::declared::EmbeddedSettings;
use super::declared::Limits;
use super::declared::Roles;
use super::declared::Settings;
use super::diagnostic::Diagnostic;
use super::interpolate::is_poisoned;
use super::interpolate::near_or_list;
use super::interpolate::no_source;
use super::interpolate::poison;
use super::source::Span;
use super::stack::is_name;
use super::stack::start_of;
use super::stack::text_of;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;
use crate::resource::SecretSource;
use crate::schema;
use crate::schema::Path;

/// An environment: where and how much.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentFile {
    /// Equals the file's name: a small letter, then small letters, digits and `-`, 20 at most.
    pub environment: String,
    /// A layer below, relative to the folder of this file: maps merge by key, lists and scalars replace.
    pub extends: Option<String>,
    /// The real clouds (the default), or both clouds inside eclusa.
    pub cloud: Option<CloudWord>,
    pub aws: AwsSection,
    pub confluent: Option<ConfluentSection>,
    /// How long the environment may live, such as `4h`; kept once, set by the first apply.
    pub expires_after: Option<String>,
    pub limits: Option<LimitsSection>,
    /// For `cloud: embedded`.
    pub embedded: Option<EmbeddedSection>,
    pub drift: Option<DriftSection>,
    /// Stacks by instance name: a small letter, then small letters, digits and `_`, 20 at most.
    pub stacks: Option<BTreeMap<String, StackSection>>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CloudWord {
    Live,
    Embedded,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsSection {
    /// Such as `us-east-1`.
    #[schemars(length(min = 1, max = 32))]
    pub region: String,
    /// `any`, or the only account (12 digits, quoted) that may be written to.
    pub account: Option<String>,
    /// `managed`, or `{ existing: NAME }`: every role answers with that one, and none is written.
    pub roles: Option<Json>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfluentSection {
    /// `any`, or the only organisation that may be written to.
    pub organization: Option<String>,
    pub api_key: Option<ApiKeySection>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeySection {
    /// `{ secret: "env:NAME" }`
    pub id: String,
    /// `{ secret: "env:NAME" }`
    pub secret: String,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    /// The longest one call may take, such as `40s`.
    pub call: Option<String>,
    /// The longest one wait may take, such as `10m`.
    pub wait: Option<String>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedSection {
    /// `fast` (milliseconds, the default) or `real`.
    pub delays: Option<DelaysWord>,
    /// The server exits after this long without a call, such as `1m`.
    pub idle: Option<String>,
    /// A fault plan, relative to the root.
    pub faults: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DelaysWord {
    Fast,
    Real,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftSection {
    /// Kinds that the drift job's key cannot list.
    pub unseen: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StackSection {
    /// `stacks/<stack>.yaml`
    pub stack: String,
    /// Values of the stack's inputs.
    pub with: Option<BTreeMap<String, Json>>,
}

/// Where the environment file takes secrets.
pub(crate) const SECRETS: &[Path] = &[&["confluent", "api_key", "id"], &["confluent", "api_key", "secret"]];

const LONGEST_CALL: Duration = Duration::from_secs(40);
const LONGEST_WAIT: Duration = Duration::from_secs(600);
const IDLE: Duration = Duration::from_secs(60);

/// The JSON Schema of an environment file.
pub fn json_schema() -> Json {
    schemars::schema_for!(EnvironmentFile).to_value()
}

/// Decodes the merged file. `name` is the file's name without its ending.
pub(crate) fn decode(root: &Node, path: &str, name: &str, problems: &mut Vec<Diagnostic>) -> Settings {
    let mut read = Decoder { problems };
    let aws = root.get("aws");
    let aws_field = |field: &str| aws.and_then(|aws| aws.get(field));
    Settings {
        environment: read.environment(root, name),
        path: path.to_owned(),
        cloud: match root.get("cloud").and_then(text_of) {
            Some("embedded") => Cloud::Embedded,
            _ => Cloud::Live,
        },
        aws: AwsSettings {
            region: read.region(aws_field("region")),
            account: read.account(aws_field("account")),
            roles: read.roles(aws_field("roles")),
        },
        confluent: root.get("confluent").and_then(|section| read.confluent(section)),
        expires_after: read.duration(root.get("expires_after")),
        limits: Limits {
            call: read.duration_in(root, "limits", "call").unwrap_or(LONGEST_CALL),
            wait: read.duration_in(root, "limits", "wait").unwrap_or(LONGEST_WAIT),
        },
        embedded: EmbeddedSettings {
            delays: match root
                .get("embedded")
                .and_then(|embedded| embedded.get("delays"))
                .and_then(text_of)
            {
                Some("real") => Delays::Real,
                _ => Delays::Fast,
            },
            idle: read.duration_in(root, "embedded", "idle").unwrap_or(IDLE),
            faults: root
                .get("embedded")
                .and_then(|embedded| embedded.get("faults"))
                .and_then(text_of)
                .map(str::to_owned),
        },
        unseen: read.unseen(root),
    }
}

/// Turns `{ secret: … }` into secrets where the file takes them.
pub(crate) fn read_secrets(root: &mut Node, problems: &mut Vec<Diagnostic>) {
    for path in SECRETS {
        let Some(node) = path.iter().try_fold(&mut *root, |node, segment| below(node, segment)) else {
            continue;
        };
        let Some(source) = node
            .get("secret")
            .filter(|_| matches!(&node.data, Data::Map(entries) if entries.len() == 1))
        else {
            continue;
        };
        let Some(written) = text_of(source) else {
            continue;
        };
        match SecretSource::parse(written) {
            Ok(source) => node.data = Data::Secret(source),
            Err(expected) => {
                problems.push(no_source(source.span, expected));
                node.data = poison();
            }
        }
    }
}

fn below<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.data {
        Data::Map(entries) => entries
            .iter_mut()
            .find(|entry| entry.key == key)
            .map(|entry| &mut entry.value),
        _ => None,
    }
}

/// References are put in under `with` only; elsewhere they are reported and poisoned.
pub(crate) fn no_references(root: &mut Node, problems: &mut Vec<Diagnostic>) {
    visit_references(root, &mut Vec::new(), problems);
}

fn visit_references(node: &mut Node, path: &mut Vec<String>, problems: &mut Vec<Diagnostic>) {
    if let [stacks, _, with] = path.as_slice()
        && stacks == "stacks"
        && with == "with"
    {
        return;
    }
    let refers = text_of(node).is_some_and(|text| text.contains("${"));
    match &mut node.data {
        Data::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                visit_references(&mut entry.value, path, problems);
                path.pop();
            }
        }
        Data::List(items) => items.iter_mut().for_each(|item| visit_references(item, path, problems)),
        data if refers => {
            *data = poison();
            problems.push(
                Diagnostic::at(
                    "not-available",
                    "settings of an environment hold no references",
                    node.span,
                    "a reference here",
                )
                .hint("references stand under `with` and in stack files"),
            );
        }
        _ => {}
    }
}

struct Decoder<'p> {
    problems: &'p mut Vec<Diagnostic>,
}

impl Decoder<'_> {
    fn environment(&mut self, root: &Node, name: &str) -> String {
        const NAMES: &str = "a small letter, then small letters, digits and `-`, 20 at most";
        match root.get("environment").map(|node| (node, text_of(node))) {
            Some((node, Some(declared))) if declared != name => self.problems.push(
                Diagnostic::at(
                    "name-mismatch",
                    "`environment` must be the file's name",
                    node.span,
                    format!("expected {name}"),
                )
                .hint(format!("write `environment: {name}`, or rename the file")),
            ),
            Some((node, Some(declared))) if !is_name(declared, 20, '-') => self.problems.push(Diagnostic::at(
                "bad-name",
                format!("`{declared}` cannot be the name of an environment"),
                node.span,
                NAMES,
            )),
            _ => {}
        }
        name.to_owned()
    }

    fn region(&mut self, node: Option<&Node>) -> String {
        const STAND_IN: &str = "us-east-1";
        let Some((node, region)) = node.and_then(|node| Some((node, text_of(node)?))) else {
            return STAND_IN.to_owned();
        };
        let words: Vec<&str> = region.split('-').collect();
        let word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let numbered = words.last().is_some_and(|last| last.parse::<u8>().is_ok());
        if words.len() >= 3 && numbered && words.iter().all(word) {
            return region.to_owned();
        }
        let problem = Diagnostic::at(
            "bad-region",
            format!("`{region}` is no region"),
            node.span,
            "expected a region",
        );
        self.problems
            .push(problem.hint("a region is written as AWS writes it: us-east-1"));
        STAND_IN.to_owned()
    }

    fn account(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        match text_of(node)? {
            "any" => None,
            account if account.len() == 12 && account.chars().all(|c| c.is_ascii_digit()) => Some(account.to_owned()),
            other => {
                self.problems.push(Diagnostic::at(
                    "bad-account",
                    format!("`{other}` is no AWS account"),
                    node.span,
                    "expected `any` or 12 digits in quotes",
                ));
                None
            }
        }
    }

    fn roles(&mut self, node: Option<&Node>) -> Roles {
        let Some(node) = node else {
            return Roles::Managed;
        };
        match &node.data {
            Data::Null => return Roles::Managed,
            Data::Text(text) if text.known() == Some("managed") => return Roles::Managed,
            Data::Map(entries) => {
                if let [Entry { key, value, .. }] = entries.as_slice()
                    && key == "existing"
                {
                    match text_of(value) {
                        Some(name) if !name.is_empty() => return Roles::Existing(name.to_owned()),
                        _ if matches!(value.data, Data::Null) => return Roles::Managed,
                        _ => {}
                    }
                }
            }
            _ if is_poisoned(node) => return Roles::Managed,
            _ => {}
        }
        self.problems.push(
            Diagnostic::at(
                "wrong-type",
                "`roles` is `managed` or `{ existing: NAME }`",
                node.span,
                "expected managed, or { existing: NAME }",
            )
            .hint("in a Learner Lab every role is one that exists: roles: { existing: LabRole }"),
        );
        Roles::Managed
    }

    fn confluent(&mut self, section: &Node) -> Option<ConfluentSettings> {
        if !matches!(section.data, Data::Map(_)) {
            return None;
        }
        let organization = section
            .get("organization")
            .and_then(text_of)
            .filter(|name| *name != "any");
        let part = |field: &str| match section.get("api_key")?.get(field)?.data {
            Data::Secret(ref source) => Some(source.clone()),
            _ => None,
        };
        let api_key: Option<(SecretSource, SecretSource)> = part("id").zip(part("secret"));
        Some(ConfluentSettings {
            organization: organization.map(str::to_owned),
            api_key,
        })
    }

    fn duration_in(&mut self, root: &Node, section: &str, field: &str) -> Option<Duration> {
        self.duration(root.get(section).and_then(|section| section.get(field)))
    }

    fn duration(&mut self, node: Option<&Node>) -> Option<Duration> {
        let node = node?;
        let text = text_of(node)?;
        let duration = parse_duration(text);
        if duration.is_none() {
            self.problems.push(Diagnostic::at(
                "bad-duration",
                format!("`{text}` is no length of time"),
                node.span,
                "expected a whole number and s, m or h, such as 40s, 10m, 4h",
            ));
        }
        duration
    }

    fn unseen(&mut self, root: &Node) -> Vec<String> {
        let Some(Data::List(items)) = root
            .get("drift")
            .and_then(|drift| drift.get("unseen"))
            .map(|unseen| &unseen.data)
        else {
            return Vec::new();
        };
        let built = schema::SCHEMAS.iter().map(|schema| schema.name());
        let kinds: Vec<&str> = built.chain(schema::NOT_BUILT.iter().copied()).collect();
        let mut unseen = Vec::new();
        for (item, kind) in items.iter().filter_map(|item| Some((item, text_of(item)?))) {
            if kinds.contains(&kind) {
                unseen.push(kind.to_owned());
                continue;
            }
            let problem = Diagnostic::at(
                "unknown-kind",
                format!("there is no kind `{kind}`"),
                item.span,
                "not a kind",
            );
            self.problems.push(problem.hint(near_or_list(kind, "kind", &kinds)));
        }
        unseen
    }
}

/// Places of lengths of time that are plain numbers.
pub(crate) fn unitless_durations(root: &Node) -> Vec<Span> {
    let paths: [&[&str]; 4] = [
        &["expires_after"],
        &["limits", "call"],
        &["limits", "wait"],
        &["embedded", "idle"],
    ];
    let found = paths
        .iter()
        .filter_map(|path| path.iter().try_fold(root, |node, key| node.get(key)));
    found
        .filter(|node| matches!(node.data, Data::Integer(_) | Data::Float(_)))
        .map(|node| node.span)
        .collect()
}

/// Reads `40s`, `10m` or `4h`; longer than a year is no length of time that anything here waits for.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    const YEAR: u64 = 366 * 24 * 3600;
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let seconds = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=YEAR).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// One instance of a stack, as an environment file asks for it.
pub(crate) struct Wanted<'n> {
    pub(crate) instance: &'n Entry,
    /// The stack's name, and its place.
    pub(crate) stack: Option<&'n Node>,
    pub(crate) with: Option<&'n Entry>,
}

/// The stacks that an environment file names; null ones are left out.
pub(crate) fn stacks<'n>(root: &'n Node, problems: &mut Vec<Diagnostic>) -> Vec<Wanted<'n>> {
    let Some(Data::Map(entries)) = root.get("stacks").map(|stacks| &stacks.data) else {
        return Vec::new();
    };
    let mut wanted = Vec::new();
    for instance in entries.iter().filter(|entry| !matches!(entry.value.data, Data::Null)) {
        if !is_name(&instance.key, 20, '_') {
            problems.push(Diagnostic::at(
                "bad-name",
                format!("`{}` cannot be the name of a stack instance", instance.key),
                instance.key_span,
                "a small letter, then small letters, digits and `_`, 20 at most",
            ));
            continue;
        }
        wanted.push(Wanted {
            instance,
            stack: instance.value.get("stack"),
            with: instance.value.entry("with"),
        });
    }
    wanted
}

/// What a file that is no map lacks.
pub(crate) fn not_a_map(root: &Node) -> Diagnostic {
    Diagnostic::at(
        "wrong-type",
        format!("an environment file is a map, and this is {}", root.describe()),
        start_of(root),
        "expected `environment:` and what belongs to it",
    )
}

#[cfg(test)]
mod tests;
