//! Where secret texts come from, and when: read from their source right before they are sent, never earlier.
//!
//! | source | is |
//! | --- | --- |
//! | `env:NAME` | the process's variable, else the line of the `.env` beside the environment file ([`dotenv`]) |
//! | `file:PATH` | the file's text, relative to the root; one trailing newline is not part of it |
//! | `aws:SECRET_ID` | the current value of a secret in Secrets Manager |
//! | `aws:SECRET_ID#json_key` | one member of that value, which is then a JSON object |
//!
//! - Empty is unset. Longer than 65,536 bytes (the longest value that Secrets Manager keeps), and what is not UTF-8, is
//!   refused.
//! - What is unset is told apart from what cannot be read ([`Unresolved`]): a plan calls the one "not compared" and goes
//!   on; an apply that must send either fails.
//! - Errors name source, place and what to do. No text of a secret, and nothing of the files they lie in, is in them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;

use eclusa_planner::resource::SecretSource;
use secrecy::SecretString;

use super::call::Io;
use super::call::Operation;
use super::call::Service;
use super::error::Class;
use super::error::ProviderError;

mod dotenv;
#[cfg(test)]
mod tests;

const GET_VALUE: Operation = Operation::read(Service::SecretsManager, "GetSecretValue");
const LONGEST: u64 = 65_536;

/// What reads secrets for one environment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets(Arc<Sources>);

#[derive(Debug)]
struct Sources {
    root: PathBuf,
    dotenv: PathBuf,
    variable: fn(&str) -> Option<OsString>,
    /// Read once, when a variable is asked for that the process does not have.
    lines: OnceLock<Result<BTreeMap<String, SecretString>, String>>,
}

/// Why a secret's text is not known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unresolved {
    /// The source holds nothing.
    #[error("the secret `{of}` is not set: {next}")]
    Unset { of: SecretSource, next: String },
    /// There is something, but it cannot be read, or cannot be a secret.
    #[error("the secret `{of}` cannot be read: {because}")]
    Unreadable { of: SecretSource, because: String },
    /// Secrets Manager was asked in vain.
    #[error("the secret `{of}` cannot be read: {error}")]
    Asked {
        of: SecretSource,
        error: Box<ProviderError>,
    },
}

impl Unresolved {
    pub fn is_unset(&self) -> bool {
        matches!(self, Self::Unset { .. })
    }

    /// As the failure of a call that had to send it.
    pub fn into_error(self, operation: Operation, class: Class) -> ProviderError {
        match self {
            Self::Asked { error, .. } => *error,
            Self::Unset { .. } => ProviderError::own(operation, class, "SecretNotSet", self.to_string()),
            Self::Unreadable { .. } => ProviderError::own(operation, class, "SecretUnreadable", self.to_string()),
        }
    }
}

impl Secrets {
    /// For an environment under this root, whose file lies at this path in it.
    pub fn of(root: &Path, environment_file: &str) -> Self {
        Self::with(root, environment_file, |name| std::env::var_os(name))
    }

    fn with(root: &Path, environment_file: &str, variable: fn(&str) -> Option<OsString>) -> Self {
        Self(Arc::new(Sources {
            root: root.to_owned(),
            dotenv: root.join(environment_file).with_file_name(".env"),
            variable,
            lines: OnceLock::new(),
        }))
    }

    /// The secret's text, read now.
    ///
    /// # Errors
    /// The source holds nothing, or what cannot be a secret, or was asked in vain.
    pub async fn resolve(&self, io: &Io, source: &SecretSource) -> Result<SecretString, Unresolved> {
        let text = match source {
            SecretSource::Environment(name) => self.variable(source, name)?,
            SecretSource::File(path) => self.file(source, path).await?,
            SecretSource::SecretsManager { secret_id, json_key } => {
                stored(io, source, secret_id, json_key.as_deref()).await?
            }
        };
        match text.len() as u64 {
            0 => Err(unset(source, "it is empty: give it a text")),
            length if length > LONGEST => Err(unreadable(source, too_long())),
            _ => Ok(SecretString::from(text)),
        }
    }

    fn variable(&self, source: &SecretSource, name: &str) -> Result<String, Unresolved> {
        use secrecy::ExposeSecret;
        match (self.0.variable)(name) {
            Some(text) if !text.is_empty() => text
                .into_string()
                .map_err(|_| unreadable(source, "the variable's text is not UTF-8")),
            _ => match self.lines() {
                Ok(lines) => lines
                    .get(name)
                    .map(|text| text.expose_secret().to_owned())
                    .ok_or_else(|| {
                        unset(
                            source,
                            format!("export {name}, or write {name}=... in {}", self.dotenv()),
                        )
                    }),
                Err(because) => Err(unreadable(source, because.clone())),
            },
        }
    }

    fn lines(&self) -> &Result<BTreeMap<String, SecretString>, String> {
        self.0.lines.get_or_init(|| {
            let text = match read(&self.0.dotenv) {
                Ok(text) => text,
                Err(Unread::Missing) => return Ok(BTreeMap::new()),
                Err(because) => return Err(format!("{}: {}", self.dotenv(), because.told())),
            };
            dotenv::parse(&text).map_err(|problems| {
                let told = problems
                    .iter()
                    .map(|(line, problem)| format!("{}:{line}: {problem}", self.dotenv()));
                told.collect::<Vec<_>>().join("; ")
            })
        })
    }

    /// The `.env` as the reader knows it.
    fn dotenv(&self) -> String {
        let path = &self.0.dotenv;
        path.strip_prefix(&self.0.root).unwrap_or(path).display().to_string()
    }

    async fn file(&self, source: &SecretSource, path: &str) -> Result<String, Unresolved> {
        let whole = self.0.root.join(path);
        let text = tokio::task::spawn_blocking(move || read(&whole)).await;
        match text {
            Ok(Ok(mut text)) => {
                if text.ends_with('\n') {
                    text.pop();
                    if text.ends_with('\r') {
                        text.pop();
                    }
                }
                Ok(text)
            }
            Ok(Err(Unread::Missing)) => Err(unset(source, "there is no such file: write the secret into it")),
            Ok(Err(because)) => Err(unreadable(source, because.told())),
            Err(_) => Err(unreadable(source, "the reading was given up")),
        }
    }
}

/// Why a file gave no text.
enum Unread {
    Missing,
    NoFile,
    TooLong,
    NotText,
    Failed(io::Error),
}

impl Unread {
    fn told(&self) -> String {
        match self {
            Self::Missing => "there is no such file".to_owned(),
            Self::NoFile => "it is not a regular file".to_owned(),
            Self::TooLong => too_long(),
            Self::NotText => "it is not UTF-8".to_owned(),
            Self::Failed(error) => error.kind().to_string(),
        }
    }
}

fn too_long() -> String {
    format!("it is longer than {LONGEST} bytes")
}

fn read(path: &Path) -> Result<String, Unread> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unread::Missing,
        _ => Unread::Failed(error),
    };
    // Before it is opened: a named pipe would be waited for.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(Unread::NoFile);
    }
    let mut bytes = Vec::new();
    // Room for a line's end beyond the longest secret.
    let most = LONGEST + 2;
    let file = File::open(path).map_err(failed)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Unread::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Unread::NotText)
}

async fn stored(io: &Io, source: &SecretSource, id: &str, json_key: Option<&str>) -> Result<String, Unresolved> {
    let asked = io
        .call(GET_VALUE, || {
            io.aws.secretsmanager.get_secret_value().secret_id(id).send()
        })
        .await;
    let value = asked.map_err(|error| not_stored(source, error))?.secret_string;
    let value = value.ok_or_else(|| unreadable(source, "its value is binary, a text is needed"))?;
    match json_key {
        None => Ok(value),
        Some(key) => member(source, &value, key),
    }
}

fn not_stored(source: &SecretSource, error: ProviderError) -> Unresolved {
    let is_going = error.code == "InvalidRequestException" && error.message.contains("deletion");
    match error.class {
        Class::NotFound => unset(source, "Secrets Manager has no value of it: create the secret"),
        _ if is_going => unset(source, "it is scheduled for deletion: restore the secret"),
        _ => Unresolved::Asked {
            of: source.clone(),
            error: Box::new(error),
        },
    }
}

fn member(source: &SecretSource, value: &str, key: &str) -> Result<String, Unresolved> {
    use serde_json::Value;
    // The parser's own error may quote the text.
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(value) else {
        return Err(unreadable(source, "its value is not a JSON object"));
    };
    match members.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other @ (Value::Number(_) | Value::Bool(_))) => Ok(other.to_string()),
        Some(Value::Array(_) | Value::Object(_)) => Err(unreadable(source, format!("its member `{key}` is no text"))),
        Some(Value::Null) | None => Err(unset(source, format!("its value has no member `{key}`: add it"))),
    }
}

fn unset(source: &SecretSource, next: impl Into<String>) -> Unresolved {
    Unresolved::Unset {
        of: source.clone(),
        next: next.into(),
    }
}

fn unreadable(source: &SecretSource, because: impl Into<String>) -> Unresolved {
    Unresolved::Unreadable {
        of: source.clone(),
        because: because.into(),
    }
}
