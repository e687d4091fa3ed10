//! What is wrong with a policy document, found without a cloud.
//!
//! IAM takes a document as a whole or answers `MalformedPolicyDocument`; this names the place. Only what is
//! certain is reported: shapes, words and what a document of this use must or may not hold, never which
//! actions or resources exist. Texts with sentinels are passed over.

use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value as Json;

use super::ACTION;
use super::AWS;
use super::CONDITION;
use super::DOCUMENT_KEYS;
use super::Document;
use super::EFFECT;
use super::EFFECTS;
use super::NOT_ACTION;
use super::NOT_PRINCIPAL;
use super::NOT_RESOURCE;
use super::PRINCIPAL;
use super::RESOURCE;
use super::SID;
use super::STATEMENT;
use super::STATEMENT_KEYS;
use super::VERSION;
use crate::environment::diagnostic::nearest;
use crate::resource::sentinel;
use crate::schema::Problem;
use crate::schema::Problems;
use crate::schema::WRONG_VALUE;

/// What a document is attached to, and so whom it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// To a role, saying who may assume it: principals, no resources.
    Trust,
    /// To a role, saying what it may do: resources, no principals.
    Identity,
    /// To a resource such as a queue, saying who may do what: principals.
    Resource,
}

const VERSIONS: &[&str] = &["2012-10-17", "2008-10-17"];
const PRINCIPAL_KINDS: &[&str] = &[AWS, "Service", "Federated", "CanonicalUser"];

impl Document {
    /// Reports what a cloud would refuse; `path` leads to the document.
    pub fn check(&self, grant: Grant, path: &[&str], problems: &mut Problems) {
        let mut check = Check {
            grant,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            problems,
        };
        check.keys(&self.0, DOCUMENT_KEYS);
        check.version(self.0.get(VERSION));
        match self.0.get(STATEMENT) {
            None => check.add("the document has no Statement", None),
            Some(found) => check.within(STATEMENT, |check| check.statements(found)),
        }
    }
}

struct Check<'p> {
    grant: Grant,
    path: Vec<String>,
    problems: &'p mut Problems,
}

impl Check<'_> {
    fn add(&mut self, message: impl Into<String>, hint: Option<String>) {
        self.problems.found.push(Problem {
            code: WRONG_VALUE,
            path: self.path.clone(),
            message: message.into(),
            hint,
        });
    }

    fn within(&mut self, segment: impl Into<String>, check: impl FnOnce(&mut Self)) {
        self.path.push(segment.into());
        check(self);
        self.path.pop();
    }

    /// Keys that no policy knows.
    fn keys(&mut self, found: &Map<String, Json>, known: &[&str]) {
        for key in found.keys().filter(|key| !known.contains(&key.as_str())) {
            let hint = nearest(key, known.iter().copied()).map(|meant| format!("did you mean {meant}?"));
            self.within(key, |check| {
                check.add(
                    format!("`{key}` is not part of a policy; expected {}", known.join(", ")),
                    hint,
                );
            });
        }
    }

    fn version(&mut self, version: Option<&Json>) {
        let Some(version) = version else {
            let hint = r#"write Version: "2012-10-17"; without it the document is read as one of 2008-10-17"#;
            return self.add("the document has no Version", Some(hint.to_owned()));
        };
        self.within(VERSION, |check| check.one_of(version, VERSIONS));
    }

    fn one_of(&mut self, found: &Json, words: &[&str]) {
        let legal = found
            .as_str()
            .is_some_and(|text| words.contains(&text) || sentinel::is_in(text));
        if !legal {
            let near = found.as_str().and_then(|text| nearest(text, words.iter().copied()));
            self.add(
                format!("expected {}, found {}", words.join(" or "), described(found)),
                near.map(|meant| format!("did you mean {meant}?")),
            );
        }
    }

    fn statements(&mut self, found: &Json) {
        let mut sids = BTreeSet::new();
        match found {
            Json::Object(statement) => self.statement(statement, &mut sids),
            Json::Array(statements) if !statements.is_empty() => {
                for (index, statement) in statements.iter().enumerate() {
                    self.within(index.to_string(), |check| match statement {
                        Json::Object(statement) => check.statement(statement, &mut sids),
                        other => check.add(format!("expected a statement, found {}", described(other)), None),
                    });
                }
            }
            other => self.add(
                format!("expected a list of statements, found {}", described(other)),
                None,
            ),
        }
    }

    fn statement<'s>(&mut self, statement: &'s Map<String, Json>, sids: &mut BTreeSet<&'s str>) {
        self.keys(statement, STATEMENT_KEYS);
        self.sid(statement.get(SID), sids);
        match statement.get(EFFECT) {
            None => self.add("the statement has no Effect", Some("write Effect: Allow".to_owned())),
            Some(effect) => self.within(EFFECT, |check| check.one_of(effect, EFFECTS)),
        }
        self.either(statement, ACTION, NOT_ACTION);
        self.forbidden_and_missing(statement);
        for key in [ACTION, NOT_ACTION, RESOURCE, NOT_RESOURCE] {
            if let Some(found) = statement.get(key) {
                self.within(key, |check| check.texts(found, |text| check_text(key, text)));
            }
        }
        for key in [PRINCIPAL, NOT_PRINCIPAL] {
            if let Some(found) = statement.get(key) {
                self.within(key, |check| check.principal(found));
            }
        }
        if let Some(found) = statement.get(CONDITION) {
            self.within(CONDITION, |check| check.condition(found));
        }
    }

    fn sid<'s>(&mut self, sid: Option<&'s Json>, sids: &mut BTreeSet<&'s str>) {
        let problem = match sid {
            Some(Json::String(text)) if sentinel::is_in(text) || sids.insert(text) => return,
            Some(Json::String(text)) => format!("a second statement with the Sid {text:?}"),
            Some(other) => format!("expected text, found {}", described(other)),
            None => return,
        };
        self.within(SID, |check| check.add(problem, None));
    }

    fn either(&mut self, statement: &Map<String, Json>, one: &str, other: &str) {
        match (statement.get(one), statement.get(other)) {
            (None, None) => self.add(format!("the statement has neither {one} nor {other}"), None),
            (Some(_), Some(_)) => self.within(other, |check| {
                check.add(format!("a statement has {one} or {other}, not both"), None);
            }),
            _ => {}
        }
    }

    fn forbidden_and_missing(&mut self, statement: &Map<String, Json>) {
        let (needed, forbidden, why) = match self.grant {
            Grant::Trust => (
                Some((PRINCIPAL, NOT_PRINCIPAL)),
                Some([RESOURCE, NOT_RESOURCE]),
                "a trust policy is about its own role and names no resource",
            ),
            Grant::Identity => (
                Some((RESOURCE, NOT_RESOURCE)),
                Some([PRINCIPAL, NOT_PRINCIPAL]),
                "a role's own policy is about that role and names no principal",
            ),
            Grant::Resource => (Some((PRINCIPAL, NOT_PRINCIPAL)), None, ""),
        };
        if let Some((one, other)) = needed {
            self.either(statement, one, other);
        }
        for key in forbidden
            .into_iter()
            .flatten()
            .filter(|key| statement.contains_key(*key))
        {
            self.within(key, |check| check.add(why, Some(format!("remove {key}"))));
        }
    }

    /// One text or a list of at least one.
    fn texts(&mut self, found: &Json, problem: impl Fn(&str) -> Option<String>) {
        match found {
            Json::Array(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.within(index.to_string(), |check| check.text(item, &problem));
                }
            }
            other => self.text(other, &problem),
        }
    }

    fn text(&mut self, found: &Json, problem: &impl Fn(&str) -> Option<String>) {
        match found {
            Json::String(text) if sentinel::is_in(text) => {}
            Json::String(text) => {
                if let Some(problem) = problem(text) {
                    self.add(problem, None);
                }
            }
            other => self.add(
                format!("expected text or a list of texts, found {}", described(other)),
                None,
            ),
        }
    }

    fn principal(&mut self, found: &Json) {
        match found {
            Json::String(everyone) if everyone == "*" => {}
            Json::Object(kinds) if !kinds.is_empty() => {
                self.keys(kinds, PRINCIPAL_KINDS);
                for (kind, principals) in kinds {
                    self.within(kind, |check| check.texts(principals, |_| None));
                }
            }
            other => self.add(
                format!(
                    r#"expected "*" or a map of {}, found {}"#,
                    PRINCIPAL_KINDS.join(", "),
                    described(other)
                ),
                Some("write { Service: iot.amazonaws.com } or { AWS: <ARN> }".to_owned()),
            ),
        }
    }

    fn condition(&mut self, found: &Json) {
        let Json::Object(operators) = found else {
            return self.add(format!("expected a map of operators, found {}", described(found)), None);
        };
        for (operator, keys) in operators {
            self.within(operator, |check| match keys {
                Json::Object(keys) => keys
                    .iter()
                    .for_each(|(key, values)| check.within(key, |check| check.condition_values(values))),
                other => check.add(
                    format!("expected a map of condition keys, found {}", described(other)),
                    Some("write { StringEquals: { \"aws:SourceAccount\": … } }".to_owned()),
                ),
            });
        }
    }

    fn condition_values(&mut self, found: &Json) {
        let is_scalar = |value: &Json| value.is_string() || value.is_boolean() || value.is_number();
        let legal = match found {
            Json::Array(values) => values.iter().all(is_scalar),
            value => is_scalar(value),
        };
        if !legal {
            self.add(
                format!("expected a value or a list of values, found {}", described(found)),
                None,
            );
        }
    }
}

/// Actions are written `service:action`, a text of resources may not be empty.
fn check_text(key: &str, text: &str) -> Option<String> {
    match key {
        ACTION | NOT_ACTION if text != "*" && !text.contains(':') => Some(format!(
            r#"expected an action such as sqs:SendMessage or "*", found {text:?}"#
        )),
        RESOURCE | NOT_RESOURCE if text != "*" && !text.contains(':') => {
            Some(format!(r#"expected an ARN or "*", found {text:?}"#))
        }
        _ => None,
    }
}

fn described(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(entries) if entries.is_empty() => "an empty map".to_owned(),
        Json::Object(_) => "a map".to_owned(),
        scalar => scalar.to_string(),
    }
}
