//! Policy documents: which are equal, how large they are, what is wrong with them.
//!
//! A document is open JSON, a map with `Version` and `Statement`; texts in it may hold sentinels.
//!
//! **Equal** (the rules of hashicorp/awspolicyequivalence, of which [`Document::canonical`] is the normal form):
//!
//! | spelling | canonical |
//! | --- | --- |
//! | order of statements, of lists, of keys; repetition | sorted, each once |
//! | one statement or a list of one | a list |
//! | one text or a list of one, for actions, resources, principals and condition values | one text |
//! | `true`, `5` as a condition's value | `"true"`, `"5"` |
//! | `allow`, `DENY` | `Allow`, `Deny` |
//! | a principal `arn:aws:iam::123456789012:root` | `"123456789012"` |
//! | `Principal: {}`, `Principal: { AWS: [] }` | none |
//!
//! **Not equal**: a missing Version (IAM reads it as 2008-10-17), Sid, Id, the case of actions and condition
//! keys, the principals `*` and `{ AWS: "*" }`.
//!
//! **Size**: IAM counts the characters that are not whitespace. The canonical form is what is sent and counted,
//! so one text stays shorter than a list of one.

mod check;

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;

pub use check::Grant;

use crate::resource::identity;

/// A policy document: `Version` and `Statement`, as IAM knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Document(Map<String, Json>);

const VERSION: &str = "Version";
const ID: &str = "Id";
const STATEMENT: &str = "Statement";
/// What a document may hold, in the order of the canonical form.
const DOCUMENT_KEYS: &[&str] = &[VERSION, ID, STATEMENT];

const SID: &str = "Sid";
const EFFECT: &str = "Effect";
const PRINCIPAL: &str = "Principal";
const NOT_PRINCIPAL: &str = "NotPrincipal";
const ACTION: &str = "Action";
const NOT_ACTION: &str = "NotAction";
const RESOURCE: &str = "Resource";
const NOT_RESOURCE: &str = "NotResource";
const CONDITION: &str = "Condition";
/// What a statement may hold, in the order of the canonical form.
const STATEMENT_KEYS: &[&str] = &[
    SID,
    EFFECT,
    PRINCIPAL,
    NOT_PRINCIPAL,
    ACTION,
    NOT_ACTION,
    RESOURCE,
    NOT_RESOURCE,
    CONDITION,
];
/// Principals that are accounts, roles and users.
const AWS: &str = "AWS";
const EFFECTS: &[&str] = &["Allow", "Deny"];

impl Document {
    /// Reads what a cloud returned, percent-decoded; `None` if that is no document. A list of one document is
    /// that document.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut found = serde_json::from_str(text).ok()?;
        if let Json::Array(documents) = &mut found
            && documents.len() == 1
        {
            found = documents.pop()?;
        }
        match found {
            Json::Object(document) => Some(Self(document)),
            _ => None,
        }
    }

    /// As a cloud takes it: compact JSON.
    pub fn to_text(&self) -> String {
        text_of(&self.0)
    }

    /// The normal form: equal documents become the same value, key order included. Total and idempotent.
    #[must_use]
    pub fn canonical(self) -> Self {
        let mut document = sorted_map(self.0, DOCUMENT_KEYS);
        if let Some(statement) = document.get_mut(STATEMENT) {
            let statements = match statement.take() {
                Json::Array(statements) => statements,
                Json::Object(single) => vec![Json::Object(single)],
                other => {
                    *statement = other;
                    return Self(document);
                }
            };
            *statement = Json::Array(as_set(statements.into_iter().map(canonical_statement)));
        }
        Self(document)
    }

    /// Characters that IAM counts, at least: those of outputs that are not known yet are left out.
    pub fn size(&self) -> usize {
        let text = self.clone().canonical().to_text();
        let counted: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        identity::length(&counted)
    }
}

fn canonical_statement(statement: Json) -> Json {
    let Json::Object(statement) = statement else {
        return sorted(statement);
    };
    let mut statement = sorted_map(statement, STATEMENT_KEYS);
    for (key, value) in &mut statement {
        let found = value.take();
        *value = match key.as_str() {
            EFFECT => canonical_effect(found),
            ACTION | NOT_ACTION | RESOURCE | NOT_RESOURCE => one_or_many(found, |text| text),
            PRINCIPAL | NOT_PRINCIPAL => canonical_principal(found),
            CONDITION => each_value(found, |_, keys| {
                each_value(keys, |_, values| one_or_many(values, scalar_as_text))
            }),
            _ => found,
        };
    }
    if statement.get(PRINCIPAL).is_some_and(names_nobody) {
        statement.shift_remove(PRINCIPAL);
    }
    Json::Object(statement)
}

fn canonical_principal(principal: Json) -> Json {
    match principal {
        Json::Object(_) => each_value(principal, |kind, principals| match kind {
            AWS => one_or_many(principals, account_of_root),
            _ => one_or_many(principals, |text| text),
        }),
        single => account_of_root(single),
    }
}

fn names_nobody(principal: &Json) -> bool {
    let is_empty = |principals: &Json| principals.as_array().is_some_and(Vec::is_empty);
    principal.as_object().is_some_and(|kinds| kinds.values().all(is_empty))
}

fn canonical_effect(effect: Json) -> Json {
    let canonical = effect
        .as_str()
        .and_then(|text| EFFECTS.iter().find(|known| known.eq_ignore_ascii_case(text)));
    canonical.map_or(effect.clone(), |known| Json::from(*known))
}

/// `arn:<partition>:iam::<account>:root` as the account, which IAM takes for the same principal.
fn account_of_root(principal: Json) -> Json {
    let account = principal.as_str().and_then(|text| {
        let (partition, account) = text.strip_prefix("arn:")?.strip_suffix(":root")?.split_once(":iam::")?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (!partition.contains(':') && is_account).then(|| Json::from(account))
    });
    account.unwrap_or(principal)
}

fn scalar_as_text(value: Json) -> Json {
    match value {
        Json::Bool(value) => Json::from(value.to_string()),
        Json::Number(value) => Json::from(value.to_string()),
        other => other,
    }
}

/// A list as a set, and a list of one as its item; a list within a list stays, so that twice is once.
fn one_or_many(value: Json, canonical: impl Fn(Json) -> Json) -> Json {
    let Json::Array(items) = value else {
        return canonical(value);
    };
    let mut items = as_set(items.into_iter().map(canonical));
    match items.as_slice() {
        [Json::Array(_)] => Json::Array(items),
        [_] => items.pop().unwrap_or_default(),
        _ => Json::Array(items),
    }
}

fn each_value(value: Json, canonical: impl Fn(&str, Json) -> Json) -> Json {
    match value {
        Json::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| {
                let value = canonical(&key, value);
                (key, value)
            })
            .collect(),
        other => other,
    }
}

fn as_set(items: impl Iterator<Item = Json>) -> Vec<Json> {
    let mut keyed: Vec<(String, Json)> = items.map(|item| (item.to_string(), item)).collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    keyed.dedup_by(|(one, _), (other, _)| one == other);
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// Keys in one order at every depth, so that equal values have equal texts to sort by.
fn sorted(value: Json) -> Json {
    match value {
        Json::Object(entries) => Json::Object(sorted_map(entries, &[])),
        Json::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// `first` in its order, then the others by name.
fn sorted_map(entries: Map<String, Json>, first: &[&str]) -> Map<String, Json> {
    let rank = |key: &str| first.iter().position(|known| *known == key).unwrap_or(first.len());
    let mut entries: Vec<(String, Json)> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
    entries.sort_by(|(one, _), (other, _)| match rank(one).cmp(&rank(other)) {
        Ordering::Equal => one.cmp(other),
        unequal => unequal,
    });
    entries.into_iter().collect()
}

fn text_of(entries: &Map<String, Json>) -> String {
    Json::Object(entries.clone()).to_string()
}

#[cfg(test)]
pub(crate) mod tests;
