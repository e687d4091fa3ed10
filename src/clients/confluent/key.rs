//! API keys, and which host wants which kind of them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret;
use secrecy::SecretString;

/// An API key with its secret. Debug shows the id alone.
#[derive(Clone, Debug)]
pub struct ApiKey {
    id: String,
    secret: SecretString,
}

impl ApiKey {
    pub fn new(id: impl Into<String>, secret: SecretString) -> Self {
        Self { id: id.into(), secret }
    }

    /// Both parts as their sources give them; a pasted blank belongs to neither.
    pub fn read(id: &SecretString, secret: SecretString) -> Self {
        let trimmed = secret.expose_secret().trim();
        let secret = match trimmed.len() == secret.expose_secret().len() {
            true => secret,
            false => SecretString::from(trimmed),
        };
        Self::new(id.expose_secret().trim(), secret)
    }

    /// What the embedded cloud takes: any secret will do.
    pub(super) fn embedded() -> Self {
        Self::new("EMBEDDED", SecretString::from("any-secret-will-do"))
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The `Authorization` header.
    pub(super) fn authorization(&self) -> String {
        let pair = format!("{}:{}", self.id, self.secret.expose_secret());
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    }
}

/// Which kind of key a host wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants<'a> {
    Cloud,
    /// A key of this cluster.
    Cluster(&'a str),
}

impl Wants<'_> {
    /// A clause about the host.
    pub(super) fn told(self, host: &str) -> String {
        match self {
            Self::Cloud => format!("{host} takes a Cloud API key (resource scope \"cloud\"), not a cluster's"),
            Self::Cluster(id) => format!("{host} takes an API key of cluster {id}, not a Cloud key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_whole_and_shown_without_its_secret() {
        let key = ApiKey::read(&SecretString::from(" KEY\n"), SecretString::from("hush\n"));
        assert_eq!(key.authorization(), "Basic S0VZOmh1c2g=");
        let shown = format!("{key:?}");
        assert!(shown.contains("KEY") && !shown.contains("hush"), "{shown}");
    }
}
