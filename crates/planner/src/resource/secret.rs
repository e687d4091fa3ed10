//! Where a secret comes from. The planner only ever holds the name of the source, never its text.

use std::fmt;

/// The source of a secret as the file names it: `env:NAME`, `file:PATH` or `aws:SECRET_ID#json_key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretSource {
    Environment(String),
    File(String),
    SecretsManager {
        secret_id: String,
        json_key: Option<String>,
    },
}

impl SecretSource {
    /// Reads the written form; the error says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected env:NAME, file:PATH or aws:SECRET_ID#json_key";
        let (scheme, rest) = text.split_once(':').ok_or(EXPECTED)?;
        if rest.is_empty() {
            return Err(EXPECTED.to_owned());
        }
        match scheme {
            "env" if is_variable_name(rest) => Ok(Self::Environment(rest.to_owned())),
            "env" => Err("an environment variable's name holds letters, digits and _ only".to_owned()),
            "file" => Ok(Self::File(rest.to_owned())),
            "aws" => Ok(match rest.split_once('#') {
                Some((secret_id, json_key)) => Self::SecretsManager {
                    secret_id: secret_id.to_owned(),
                    json_key: Some(json_key.to_owned()),
                },
                None => Self::SecretsManager {
                    secret_id: rest.to_owned(),
                    json_key: None,
                },
            }),
            _ => Err(EXPECTED.to_owned()),
        }
    }
}

fn is_variable_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::SecretsManager {
                secret_id,
                json_key: Some(key),
            } => write!(f, "aws:{secret_id}#{key}"),
            Self::SecretsManager {
                secret_id,
                json_key: None,
            } => write!(f, "aws:{secret_id}"),
        }
    }
}
