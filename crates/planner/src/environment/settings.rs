//! The environment file: its published schema, and its decoded settings.
//!
//! The schema walk reports what is unknown, missing or mistyped; what a JSON Schema cannot say is checked
//! here (names, durations, an account's digits, `roles`). Decoding goes on with a stand-in after a problem, so
//! that the stacks are checked in the same run.

mod file;
mod prepare;

use std::time::Duration;

use serde_json::Value as Json;

pub use file::EnvironmentFile;
pub(crate) use prepare::no_references;
pub(crate) use prepare::read_secrets;

use super::declared::AwsSettings;
use super::declared::Cloud;
use super::declared::ConfluentSettings;
use super::declared::Delays;
use super::declared::EmbeddedSettings;
use super::declared::Libc;
use super::declared::Limits;
use super::declared::Roles;
use super::declared::Settings;
use super::diagnostic::Diagnostic;
use super::interpolate::is_poisoned;
use super::source::Span;
use super::stack::is_name;
use super::stack::start_of;
use super::stack::text_of;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;
use super::wording::near_or_list;
use crate::resource::SecretSource;
use crate::schema;
use crate::schema::Path;

/// Where the environment file takes secrets.
pub(crate) const SECRETS: &[Path] = &[
    &["confluent", "api_key", "id"],
    &["confluent", "api_key", "secret"],
    &["confluent", "kafka_api_keys", "*", "id"],
    &["confluent", "kafka_api_keys", "*", "secret"],
];

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
    Settings {
        environment: read.environment(root, name),
        path: path.to_owned(),
        cloud: match root.get("cloud").and_then(text_of) {
            Some("embedded") => Cloud::Embedded,
            _ => Cloud::Live,
        },
        aws: AwsSettings {
            region: read.region(at(root, &["aws", "region"])),
            account: read.account(at(root, &["aws", "account"])),
            roles: read.roles(at(root, &["aws", "roles"])),
        },
        confluent: root.get("confluent").and_then(|section| read.confluent(section)),
        expires_after: read.duration(root.get("expires_after")),
        limits: Limits {
            call: read.duration(at(root, &["limits", "call"])).unwrap_or(LONGEST_CALL),
            wait: read.duration(at(root, &["limits", "wait"])).unwrap_or(LONGEST_WAIT),
        },
        embedded: EmbeddedSettings {
            delays: match at(root, &["embedded", "delays"]).and_then(text_of) {
                Some("real") => Delays::Real,
                _ => Delays::Fast,
            },
            idle: read.duration(at(root, &["embedded", "idle"])).unwrap_or(IDLE),
            faults: at(root, &["embedded", "faults"]).and_then(text_of).map(str::to_owned),
        },
        unseen: read.unseen(root),
        libc: match at(root, &["build", "libc"]).and_then(text_of) {
            Some("gnu") => Libc::Gnu,
            _ => Libc::Musl,
        },
    }
}

fn at<'n>(root: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, key| node.get(key))
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
        Some(ConfluentSettings {
            organization: organization.map(str::to_owned),
            api_key: section.get("api_key").and_then(key),
            kafka_api_keys: kafka_api_keys(section)
                .filter_map(|entry| Some((entry.key.clone(), key(&entry.value)?)))
                .collect(),
        })
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
        let Some(Data::List(items)) = at(root, &["drift", "unseen"]).map(|unseen| &unseen.data) else {
            return Vec::new();
        };
        let kinds: Vec<&str> = schema::SCHEMAS.iter().map(|schema| schema.name()).collect();
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

/// Id and secret of a key.
fn key(node: &Node) -> Option<(SecretSource, SecretSource)> {
    let part = |field: &str| match &node.get(field)?.data {
        Data::Secret(source) => Some(source.clone()),
        _ => None,
    };
    part("id").zip(part("secret"))
}

/// The keys for the inside of clusters; null ones are left out.
pub(crate) fn kafka_api_keys(confluent: &Node) -> impl Iterator<Item = &Entry> {
    let entries = match confluent.get("kafka_api_keys").map(|keys| &keys.data) {
        Some(Data::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter(|entry| !matches!(entry.value.data, Data::Null))
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
pub fn parse_duration(text: &str) -> Option<Duration> {
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
