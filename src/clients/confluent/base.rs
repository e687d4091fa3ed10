//! The base address of a host. A key is a password: it is never sent in plain text, but to this very machine.

use std::fmt;
use std::net::IpAddr;

use crate::clients::call::Operation;
use crate::clients::error::Class;
use crate::clients::error::ProviderError;

/// Scheme and authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) is_tls: bool,
    /// Host, and port where it is written.
    authority: String,
    host: String,
}

/// An address that cannot be one of Confluent's hosts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEndpoint(String);

impl BadEndpoint {
    pub(super) fn none(whose: &str) -> Self {
        Self(format!("{whose} has no endpoint of Confluent"))
    }

    /// As the failure of the call that was to go there.
    pub fn into_error(self, operation: Operation) -> ProviderError {
        ProviderError::own(operation, Class::Invalid, "NoEndpoint", self.0)
    }
}

impl Base {
    /// Takes `https://HOST[:PORT]`, and `http` for loopback; nothing but a `/` may follow.
    pub(super) fn parse(url: &str) -> Result<Self, BadEndpoint> {
        if url.is_empty() {
            return Err(BadEndpoint("there is no endpoint yet".to_owned()));
        }
        let wrong = |expected: &str| BadEndpoint(format!("the endpoint `{}` is {expected}", shown(url)));
        let uri: http::Uri = url.parse().map_err(|_| wrong("no URL"))?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("not an https URL")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("without a host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("not to hold a user or password"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong("more than scheme, host and port"));
        }
        let host = authority.host().to_ascii_lowercase();
        if !is_tls && !is_loopback(&host) {
            return Err(wrong("not an https URL, and keys are never sent in plain text"));
        }
        Ok(Self {
            is_tls,
            authority: authority.as_str().to_ascii_lowercase(),
            host,
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

/// What stands before an `@` may be a password.
fn shown(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, after)) => format!("...@{after}"),
        None => url.to_owned(),
    }
}

fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || literal.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_reached_over_tls_or_on_this_machine() {
        for (url, base, host) in [
            (
                "https://pkc-1.aws.confluent.cloud:443",
                "https://pkc-1.aws.confluent.cloud:443",
                "pkc-1.aws.confluent.cloud",
            ),
            (
                "https://API.confluent.cloud/",
                "https://api.confluent.cloud",
                "api.confluent.cloud",
            ),
            ("http://127.0.0.1:8082", "http://127.0.0.1:8082", "127.0.0.1"),
            ("http://[::1]:8082", "http://[::1]:8082", "[::1]"),
            ("http://localhost:1", "http://localhost:1", "localhost"),
        ] {
            let parsed = Base::parse(url).expect(url);
            assert_eq!((parsed.to_string().as_str(), parsed.host()), (base, host));
        }
    }

    #[test]
    fn a_key_is_never_sent_in_plain_text_nor_to_what_is_no_host() {
        for url in [
            "",
            "api.confluent.cloud",
            "http://api.confluent.cloud",
            "http://127.0.0.1.example.com",
            "SASL_SSL://pkc-1:9092",
            "https://pkc-1/kafka",
            "https://pkc-1?x=1",
            "https://",
        ] {
            assert!(Base::parse(url).is_err(), "{url}");
        }
        let error = Base::parse("https://me:hush@pkc-1").expect_err("a password");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}
