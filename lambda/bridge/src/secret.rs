//! The stored Kafka key: one `GetSecretValue`, signed.
//!
//! The secret is the JSON that eclusa stores: `api_key`, `api_secret`, `bootstrap_servers`, `rest_endpoint`; the last
//! one is of no use here. What the answer says is never shown, not in errors either.
//!
//! A process that does nothing but this, measured beside one that does it by `aws-sdk-secretsmanager` 1.125 (the same
//! profile, no TLS on the wire): 1.1 MB zipped and 3.8 ms from exec to key, against 2.4 MB and 11.3 ms.

use std::time::Duration;
use std::time::SystemTime;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::http::Answer;
use crate::http::Server;
use crate::sign;
use crate::sign::Credentials;
use crate::sign::Scope;

/// One attempt; a region's endpoint answers in tens of milliseconds.
const ATTEMPT: Duration = Duration::from_secs(2);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// Where the key is stored, and who asks for it.
pub struct Stored {
    /// Name or ARN.
    pub id: String,
    pub region: String,
    /// Instead of AWS's own address.
    pub endpoint: Option<String>,
    pub credentials: Credentials,
}

/// The key as it is stored.
#[derive(Deserialize)]
pub struct Key {
    pub api_key: String,
    pub api_secret: String,
    #[serde(default)]
    pub bootstrap_servers: Option<String>,
}

#[derive(Deserialize)]
struct Value {
    #[serde(rename = "SecretString")]
    text: String,
}

enum Failed {
    /// Worth another attempt.
    Passing(String),
    Lasting(String),
}

impl Stored {
    /// Reads the current key.
    ///
    /// # Errors
    /// A sentence for the log, without anything of the secret.
    pub async fn key(&self) -> Result<Key, String> {
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                sleep(PAUSE * attempt).await;
            }
            match timeout(ATTEMPT, self.ask()).await {
                Ok(Ok(key)) => return Ok(key),
                Ok(Err(Failed::Lasting(error))) => return Err(error),
                Ok(Err(Failed::Passing(error))) => last = error,
                Err(_) => last = format!("no answer in {} s", ATTEMPT.as_secs()),
            }
        }
        Err(format!("reading the secret {}: {last}", self.id))
    }

    async fn ask(&self) -> Result<Key, Failed> {
        let mut server = Server::at(&self.address()).map_err(Failed::Lasting)?;
        let request = self.request(&server.authority()).map_err(Failed::Lasting)?;
        let answer = server.send(request).await.map_err(Failed::Passing)?;
        self.read(&answer)
    }

    fn address(&self) -> String {
        let of_china = if self.region.starts_with("cn-") { ".cn" } else { "" };
        let own = || format!("https://secretsmanager.{}.amazonaws.com{of_china}", self.region);
        self.endpoint.clone().unwrap_or_else(own)
    }

    fn request(&self, host: &str) -> Result<Request<Full<Bytes>>, String> {
        let body = json!({ "SecretId": self.id }).to_string();
        let at = sign::amz_date(SystemTime::now());
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1"),
            ("host", host),
            ("x-amz-date", at.as_str()),
        ];
        if let Some(token) = &self.credentials.session_token {
            headers.push(("x-amz-security-token", token));
        }
        headers.push(("x-amz-target", "secretsmanager.GetSecretValue"));
        let scope = Scope {
            region: &self.region,
            service: "secretsmanager",
            at: &at,
        };
        let signed = sign::authorization(&self.credentials, scope, &headers, body.as_bytes());
        let mut request = Request::post("/").header("authorization", signed);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request
            .body(Full::from(body))
            .map_err(|error| format!("the request for the secret: {error}"))
    }

    fn read(&self, answer: &Answer) -> Result<Key, Failed> {
        if answer.status != 200 {
            return Err(self.refused(answer));
        }
        let value: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let value = value.ok_or_else(|| Failed::Lasting(format!("the secret {} holds no text", self.id)))?;
        serde_json::from_str(&value.text).map_err(|_| {
            Failed::Lasting(format!(
                "the secret {} is not a stored key: expected JSON with api_key and api_secret",
                self.id
            ))
        })
    }

    /// An error answer holds a code and a sentence, and nothing of the secret.
    fn refused(&self, answer: &Answer) -> Failed {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|name| body.get(name)?.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let code = text(["__type", "code"]);
        let code = code.rsplit('#').next().unwrap_or_default();
        let message = text(["message", "Message"]);
        let told = format!("reading the secret {}: {} {code} {message}", self.id, answer.status);
        let passing = answer.status >= 500 || answer.status == 429 || code.contains("Throttling");
        if passing {
            Failed::Passing(told)
        } else {
            Failed::Lasting(told)
        }
    }
}
