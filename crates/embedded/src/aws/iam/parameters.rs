//! What the model says about parameters (lengths, characters, ranges), and how a breach is told: all of them in one
//! `ValidationError`, as the real service does. Bounds and patterns: botocore `iam/2010-05-08`.

use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::Error;

use super::refusals;
use crate::aws::refusal::Refusal;

/// The constraints of one text shape.
#[derive(Debug)]
pub(super) struct Text {
    min: usize,
    max: usize,
    /// As the answer spells it; `legal` is what counts.
    pattern: &'static str,
    legal: fn(char) -> bool,
}

pub(super) const ROLE_NAME: Text = Text {
    min: 1,
    max: 64,
    pattern: r"[\w+=,.@-]+",
    legal: in_name,
};

pub(super) const POLICY_NAME: Text = Text { max: 128, ..ROLE_NAME };

pub(super) const DOCUMENT: Text = Text {
    min: 1,
    max: 131_072,
    pattern: r"[\u0009\u000A\u000D\u0020-\u00FF]+",
    legal: |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FF}'),
};

pub(super) const DESCRIPTION: Text = Text {
    min: 0,
    max: 1000,
    pattern: r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*",
    legal: |c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{A1}'..='\u{FF}'),
};

pub(super) const PATH: Text = Text {
    min: 1,
    max: 512,
    pattern: r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
    legal: |c| matches!(c, '!'..='~'),
};

pub(super) const PATH_PREFIX: Text = Text {
    pattern: r"\u002F[\u0021-\u007F]*",
    legal: |c| matches!(c, '!'..='\u{7F}'),
    ..PATH
};

pub(super) const ARN: Text = Text {
    min: 20,
    max: 2048,
    pattern: r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
    legal: |c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{85}'),
};

pub(super) const TAG_KEY: Text = Text {
    min: 1,
    max: 128,
    pattern: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+",
    legal: in_tag,
};

pub(super) const TAG_VALUE: Text = Text {
    min: 0,
    max: 256,
    pattern: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
    legal: in_tag,
};

pub(super) const MARKER: Text = Text {
    min: 1,
    max: 320,
    pattern: r"[\u0020-\u00FF]+",
    legal: |c| matches!(c, ' '..='\u{FF}'),
};

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn in_tag(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

/// Collects every breach, then refuses with all of them.
#[derive(Debug, Default)]
pub(super) struct Constraints(Vec<String>);

impl Constraints {
    /// A required text; empty where it is missing, which [`Constraints::kept`] then refuses.
    pub(super) fn required(&mut self, parameter: &str, value: Option<String>, text: &Text) -> String {
        let Some(value) = value else {
            self.missing(parameter);
            return String::new();
        };
        self.check(parameter, &value, text);
        value
    }

    pub(super) fn optional(&mut self, parameter: &str, value: Option<String>, text: &Text) -> Option<String> {
        if let Some(value) = &value {
            self.check(parameter, value, text);
        }
        value
    }

    fn check(&mut self, parameter: &str, value: &str, text: &Text) {
        let length = value.chars().count();
        if length < text.min {
            let bound = format!("Member must have length greater than or equal to {}", text.min);
            self.breach(parameter, value, &bound);
        }
        if length > text.max {
            let bound = format!("Member must have length less than or equal to {}", text.max);
            self.breach(parameter, value, &bound);
        }
        if !value.chars().all(text.legal) {
            let bound = format!("Member must satisfy regular expression pattern: {}", text.pattern);
            self.breach(parameter, value, &bound);
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, parameter: &str, value: Option<String>, min: u32, max: u32) -> Option<u32> {
        let text = value?;
        match text.parse::<i64>() {
            Ok(number) if number < i64::from(min) => {
                let bound = format!("Member must have value greater than or equal to {min}");
                self.breach(parameter, &text, &bound);
            }
            Ok(number) if number > i64::from(max) => {
                let bound = format!("Member must have value less than or equal to {max}");
                self.breach(parameter, &text, &bound);
            }
            Ok(number) => return u32::try_from(number).ok(),
            Err(_) => self.breach(parameter, &text, "Member must be an integer"),
        }
        None
    }

    pub(super) fn missing(&mut self, parameter: &str) {
        self.0.push(format!(
            "Value null at '{parameter}' failed to satisfy constraint: Member must not be null"
        ));
    }

    pub(super) fn breach(&mut self, parameter: &str, value: &str, bound: &str) {
        self.0.push(format!(
            "Value '{value}' at '{parameter}' failed to satisfy constraint: {bound}"
        ));
    }

    /// # Errors
    /// Any constraint was broken.
    pub(super) fn kept(self) -> Result<(), Refusal> {
        match self.0.len() {
            0 => Ok(()),
            count => {
                let plural = if count == 1 { "" } else { "s" };
                let message = format!("{count} validation error{plural} detected: {}", self.0.join("; "));
                Err(refusals::validation(message))
            }
        }
    }
}

/// The input of operations that take a role's name and nothing else.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleNameInput {
    pub(super) role_name: Option<String>,
}

impl RoleNameInput {
    pub(super) fn name(self) -> Result<String, Refusal> {
        let mut constraints = Constraints::default();
        let name = constraints.required("roleName", self.role_name, &ROLE_NAME);
        constraints.kept()?;
        Ok(name)
    }
}

/// A list parameter: clients send an empty list as one empty text.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    if value.as_str() == Some("") {
        return Ok(Some(Vec::new()));
    }
    serde_json::from_value(value).map(Some).map_err(D::Error::custom)
}
