//! One exchange over HTTP, and what can happen on the way. Client, pool, TLS and proxy variables are the AWS SDK's own
//! ([`aws_smithy_http_client`]): one stack, one behaviour.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use http_body_util::Limited;

use super::base::Base;
use super::key::ApiKey;
use super::request::Request;
use crate::clients::error::chain;

/// As for AWS.
const CONNECT_LIMIT: Duration = Duration::from_millis(3_100);
/// A list of all settings of 4,096 topics takes about half of this.
const LONGEST_BODY: usize = 64 * 1024 * 1024;
const USER_AGENT: &str = concat!("eclusa/", env!("CARGO_PKG_VERSION"));

/// Connections to all hosts, made when they are first needed. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport {
    call_limit: Duration,
    secured: Arc<OnceLock<SharedHttpConnector>>,
    /// To this very machine; no proxy.
    plain: Arc<OnceLock<SharedHttpConnector>>,
}

/// An answer before anybody asked what it means.
#[derive(Clone, Default)]
pub(super) struct Raw {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    /// `Retry-After`, in seconds.
    pub(super) retry_after: Option<u32>,
    /// `X-RateLimit-Remaining`.
    pub(super) remaining: Option<u32>,
    /// `X-RateLimit-Reset`: seconds from now.
    pub(super) reset: Option<u32>,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// The request is none.
    NotBuilt(String),
    /// There was no connection: nothing can have been done.
    NotSent(String),
    /// It may have been done.
    NoAnswer(String),
}

impl Transport {
    pub(super) fn new(call_limit: Duration) -> Self {
        Self {
            call_limit,
            secured: Arc::default(),
            plain: Arc::default(),
        }
    }

    fn connector(&self, base: &Base) -> &SharedHttpConnector {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(self.call_limit.min(CONNECT_LIMIT))
            .build();
        let builder = Connector::builder().connector_settings(settings);
        if !base.is_tls {
            return self
                .plain
                .get_or_init(|| SharedHttpConnector::new(builder.build_http()));
        }
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        self.secured.get_or_init(|| {
            let builder = builder.proxy_config(ProxyConfig::from_env());
            SharedHttpConnector::new(builder.tls_provider(provider).build())
        })
    }

    /// Sends once, and reads the whole answer within the call limit.
    pub(super) async fn send(&self, base: &Base, request: &Request, key: &ApiKey) -> Result<Raw, Lost> {
        if let Some(problem) = &request.problem {
            return Err(Lost::NotBuilt(problem.clone()));
        }
        let built = build(base, request, key).map_err(|error| Lost::NotBuilt(error.to_string()))?;
        let exchange = async {
            let answer = self.connector(base).call(built).await.map_err(|error| {
                let told = chain(&error);
                match was_connecting(&error) {
                    true => Lost::NotSent(told),
                    false => Lost::NoAnswer(told),
                }
            })?;
            read(answer).await
        };
        let late = || Lost::NoAnswer(format!("no answer within {} s", self.call_limit.as_secs()));
        tokio::time::timeout(self.call_limit, exchange)
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

fn build(base: &Base, request: &Request, key: &ApiKey) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
    let body = request.body.clone().map_or_else(SdkBody::empty, SdkBody::from);
    let length = body.content_length().filter(|length| *length > 0);
    let mut built = HttpRequest::new(body);
    built.set_method(request.method)?;
    built.set_uri(format!("{base}{}", request.target()))?;
    let headers = built.headers_mut();
    headers.try_insert("authorization", key.authorization())?;
    headers.try_insert("accept", "application/json")?;
    headers.try_insert("user-agent", USER_AGENT)?;
    if let Some(length) = length {
        headers.try_insert("content-type", "application/json")?;
        headers.try_insert("content-length", length.to_string())?;
    }
    Ok(built)
}

async fn read(mut answer: HttpResponse) -> Result<Raw, Lost> {
    let text = |name: &str| answer.headers().get(name).map(str::to_owned);
    let number = |name: &str| text(name).and_then(|value| value.trim().parse().ok());
    let raw = Raw {
        status: answer.status().as_u16(),
        request_id: text("x-request-id"),
        retry_after: number("retry-after"),
        remaining: number("x-ratelimit-remaining"),
        reset: number("x-ratelimit-reset"),
        body: Vec::new(),
    };
    let body = Limited::new(answer.take_body(), LONGEST_BODY).collect().await;
    let body = body.map_err(|error| Lost::NoAnswer(format!("the answer broke off: {}", chain(&*error))))?;
    Ok(Raw {
        body: body.to_bytes().to_vec(),
        ..raw
    })
}

/// Whether it failed while there was no connection yet.
fn was_connecting(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(each) = cause {
        if let Some(client) = each.downcast_ref::<hyper_util::client::legacy::Error>() {
            return client.is_connect();
        }
        cause = each.source();
    }
    false
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("call_limit", &self.call_limit)
            .finish()
    }
}
