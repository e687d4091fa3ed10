//! The environment, read once.
//!
//! | variable | means |
//! | --- | --- |
//! | `KAFKA_SECRET_ID` | the secret with the stored key: JSON with `api_key`, `api_secret` and, by choice, `bootstrap_servers` |
//! | `KAFKA_BOOTSTRAP` | `host:port,..`, with `SASL_SSL://` before it or not; left out, the stored key's `bootstrap_servers`. `SASL_PLAINTEXT://` is taken on loopback only, where no password crosses a network |
//! | `TOPIC_TEMPLATE` | a template (see `template`) |
//! | `KEY_TEMPLATE` | a template; default `{mqtt_topic}`: what one device publishes on one topic stays in order |
//! | `HEADERS` | a JSON object from header to template; default none |
//! | `VALUE_FORMAT` | `json_with_id` (default), `as_is`, `base64` (the whole body) or `base64:FIELD` (one field of the JSON object) |
//! | `MAX_RECORD_BYTES` | the largest record, as the topic's `max.message.bytes`; 1024 to 16777216, default 1048576 |
//! | `KAFKA_CA_FILE` | PEM of the only authorities to trust, instead of the public ones |
//! | `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL` | another address of Secrets Manager |
//! | `AWS_LAMBDA_FUNCTION_NAME` | set by Lambda; what the metrics are counted by |
//! | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | set by Lambda |

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::kafka::Cluster;
use crate::kafka::Security;
use crate::message::Routing;
use crate::message::ValueFormat;
use crate::secret::Stored;
use crate::sign::Credentials;
use crate::template::Template;

/// Kafka's and the client's default for the largest record.
const LARGEST_RECORD: usize = 1_048_576;
/// From too little for any reading to more than any queue's message; the producer's buffer must hold at least one.
const RECORD_SIZES: RangeInclusive<usize> = 1024..=16_777_216;

/// Everything that is configuration.
pub struct Settings {
    pub routing: Routing,
    pub cluster: Cluster,
    pub stored: Stored,
    /// The function's name.
    pub function: String,
}

impl Settings {
    /// Reads the settings through `variable`; an empty text counts as left out.
    ///
    /// # Errors
    /// A sentence for each variable that is missing or wrong, all of them.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut reader = Reader {
            variable: &|name| variable(name).filter(|value| !value.is_empty()),
            problems: Vec::new(),
        };
        let routing = reader.routing();
        let cluster = reader.cluster();
        let stored = reader.stored();
        let function = (reader.variable)("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "bridge".to_owned());
        match (routing, cluster, stored) {
            (Some(routing), Some(cluster), Some(stored)) if reader.problems.is_empty() => Ok(Self {
                routing,
                cluster,
                stored,
                function,
            }),
            _ => Err(reader.problems),
        }
    }
}

struct Reader<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn required(&mut self, name: &str, what: &str) -> Option<String> {
        let value = (self.variable)(name);
        if value.is_none() {
            self.problems.push(format!("{name} is not set: {what}"));
        }
        value
    }

    fn kept<T>(&mut self, name: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.problems.push(format!("{name}: {problem}")))
            .ok()
    }

    fn routing(&mut self) -> Option<Routing> {
        let topic = self.required("TOPIC_TEMPLATE", "expected a topic such as readings.{mqtt_topic:2}");
        let topic = topic.and_then(|text| self.kept("TOPIC_TEMPLATE", Template::parse(&text)));
        let key = (self.variable)("KEY_TEMPLATE").unwrap_or_else(|| "{mqtt_topic}".to_owned());
        let key = self.kept("KEY_TEMPLATE", Template::parse(&key));
        let headers = (self.variable)("HEADERS").unwrap_or_else(|| "{}".to_owned());
        let headers = self.kept("HEADERS", headers_of(&headers));
        let value = (self.variable)("VALUE_FORMAT").map_or(Ok(ValueFormat::JsonWithId), |text| value_of(&text));
        let value = self.kept("VALUE_FORMAT", value);
        let largest = (self.variable)("MAX_RECORD_BYTES").map_or(Ok(LARGEST_RECORD), |text| largest_of(&text));
        let largest = self.kept("MAX_RECORD_BYTES", largest);
        Some(Routing {
            topic: topic?,
            key: key?,
            headers: headers?,
            value: value?,
            largest: largest?,
        })
    }

    fn cluster(&mut self) -> Option<Cluster> {
        let given = (self.variable)("KAFKA_BOOTSTRAP");
        let read = given.as_deref().map(bootstrap_of).transpose();
        let bootstrap = self.kept("KAFKA_BOOTSTRAP", read)?;
        let (security, servers) = bootstrap.unwrap_or((Security::Tls, String::new()));
        Some(Cluster {
            servers: Some(servers).filter(|servers| !servers.is_empty()),
            security,
            authority_file: (self.variable)("KAFKA_CA_FILE"),
        })
    }

    fn stored(&mut self) -> Option<Stored> {
        let id = self.required(
            "KAFKA_SECRET_ID",
            "expected the name or ARN of the secret with the Kafka key",
        );
        let region = self.required("AWS_REGION", "Lambda sets it");
        let access_key = self.required("AWS_ACCESS_KEY_ID", "Lambda sets it");
        let secret_key = self.required("AWS_SECRET_ACCESS_KEY", "Lambda sets it");
        let endpoint =
            (self.variable)("AWS_ENDPOINT_URL_SECRETS_MANAGER").or_else(|| (self.variable)("AWS_ENDPOINT_URL"));
        Some(Stored {
            id: id?,
            region: region?,
            endpoint,
            credentials: Credentials {
                access_key: access_key?,
                secret_key: secret_key?,
                session_token: (self.variable)("AWS_SESSION_TOKEN"),
            },
        })
    }
}

fn value_of(text: &str) -> Result<ValueFormat, String> {
    match text.split_once(':') {
        None if text == "json_with_id" => Ok(ValueFormat::JsonWithId),
        None if text == "as_is" => Ok(ValueFormat::AsIs),
        None if text == "base64" => Ok(ValueFormat::Base64),
        Some(("base64", field)) if !field.is_empty() => Ok(ValueFormat::Base64Field(field.to_owned())),
        _ => Err(format!(
            "expected json_with_id, as_is, base64 or base64:FIELD, found `{text}`"
        )),
    }
}

fn largest_of(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| RECORD_SIZES.contains(size));
    let (least, most) = RECORD_SIZES.into_inner();
    size.ok_or_else(|| format!("expected a number of bytes from {least} to {most}, found `{text}`"))
}

fn headers_of(text: &str) -> Result<Vec<(String, Template)>, String> {
    let map: std::collections::BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_| "expected a JSON object from header to template".to_owned())?;
    map.into_iter()
        .map(|(name, template)| Ok((name, Template::parse(&template)?)))
        .collect()
}

/// `SASL_SSL://a:9092,b:9092`; each server may repeat the protocol, as Confluent's own listings do.
pub fn bootstrap_of(text: &str) -> Result<(Security, String), String> {
    let mut security = Security::Tls;
    let mut servers = Vec::new();
    for server in text.split(',').map(str::trim) {
        let server = match server.split_once("://") {
            None | Some(("SASL_SSL", _)) => server.trim_start_matches("SASL_SSL://"),
            Some(("SASL_PLAINTEXT", rest)) if is_loopback(rest) => {
                security = Security::PlainOnLoopback;
                rest
            }
            Some(("SASL_PLAINTEXT", _)) => return Err("SASL_PLAINTEXT is taken on loopback only".to_owned()),
            Some((other, _)) => return Err(format!("expected SASL_SSL://host:port, found the protocol `{other}`")),
        };
        let port = server.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() {
            return Err(format!("expected host:port, found `{server}`"));
        }
        servers.push(server.to_owned());
    }
    if security == Security::PlainOnLoopback && !servers.iter().all(|server| is_loopback(server)) {
        return Err("SASL_PLAINTEXT is taken on loopback only".to_owned());
    }
    Ok((security, servers.join(",")))
}

fn is_loopback(server: &str) -> bool {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let lambda = [
            ("KAFKA_SECRET_ID", "key"),
            ("KAFKA_BOOTSTRAP", "SASL_SSL://pkc-1.confluent.cloud:9092"),
            ("TOPIC_TEMPLATE", "dev.{mqtt_topic:2}"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        let find = |name: &str, of: &[(&str, &str)]| {
            of.iter()
                .find(|(given, _)| *given == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::read(|name| find(name, changes).or_else(|| find(name, &lambda)))
    }

    #[test]
    fn the_shipped_functions_environment_is_enough() {
        let settings = read(&[]).ok().unwrap();
        assert_eq!(settings.cluster.servers.as_deref(), Some("pkc-1.confluent.cloud:9092"));
        assert_eq!(settings.cluster.security, Security::Tls);
        assert_eq!(settings.routing.value, ValueFormat::JsonWithId);
        assert_eq!(settings.routing.key, Template::parse("{mqtt_topic}").unwrap());
        assert!(settings.stored.endpoint.is_none());
    }

    #[test]
    fn every_wrong_variable_is_reported_at_once() {
        let wrong = read(&[
            ("KAFKA_SECRET_ID", ""),
            ("TOPIC_TEMPLATE", "{"),
            ("VALUE_FORMAT", "yaml"),
            ("MAX_RECORD_BYTES", "1 MB"),
            ("HEADERS", "[]"),
            ("KAFKA_BOOTSTRAP", "pkc-1"),
        ]);
        let problems = wrong.err().unwrap();
        assert_eq!(problems.len(), 6, "{problems:#?}");
    }

    #[test]
    fn a_value_is_json_text_or_what_base64_encodes() {
        let format = |text| read(&[("VALUE_FORMAT", text)]).map(|settings| settings.routing.value);
        assert_eq!(format("as_is"), Ok(ValueFormat::AsIs));
        assert_eq!(format("base64"), Ok(ValueFormat::Base64));
        assert_eq!(format("base64:data"), Ok(ValueFormat::Base64Field("data".to_owned())));
        for wrong in ["base64:", "as_is:x", ":", "BASE64"] {
            assert!(format(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_record_has_a_size_that_the_producer_can_hold() {
        let largest = |text| read(&[("MAX_RECORD_BYTES", text)]).map(|settings| settings.routing.largest);
        assert_eq!(largest("2097164"), Ok(2_097_164));
        for wrong in ["0", "1023", "16777217", "-1", "99999999999999999999"] {
            assert!(largest(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_crosses_no_network_in_clear() {
        assert_eq!(
            bootstrap_of("SASL_PLAINTEXT://127.0.0.1:9092"),
            Ok((Security::PlainOnLoopback, "127.0.0.1:9092".to_owned()))
        );
        for open in [
            "SASL_PLAINTEXT://pkc-1.confluent.cloud:9092",
            "SASL_PLAINTEXT://127.0.0.1:9092,pkc-1.confluent.cloud:9092",
            "SASL_PLAINTEXT://localhost.example.org:9092",
            "PLAINTEXT://127.0.0.1:9092",
        ] {
            assert!(bootstrap_of(open).is_err(), "{open}");
        }
    }
}
