//! AWS clients: one configuration, the SDK's own retries off, every attempt under the call limit.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::Credentials;
use aws_sdk_sqs::config::SharedCredentialsProvider;

/// The clients of the services in use.
#[derive(Clone, Debug)]
pub struct Aws {
    pub cloudformation: aws_sdk_cloudformation::Client,
    pub iam: aws_sdk_iam::Client,
    pub iot: aws_sdk_iot::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub secretsmanager: aws_sdk_secretsmanager::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub sts: aws_sdk_sts::Client,
}

/// Where AWS is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The real one, or what `AWS_ENDPOINT_URL` says.
    Cloud,
    /// The embedded one on loopback: no proxy, no TLS, credentials of no worth.
    Embedded(String),
}

impl Aws {
    /// Builds the clients; nothing is called yet.
    pub async fn connect(region: &str, endpoint: &Endpoint, call_limit: Duration) -> Self {
        let config = load(region, endpoint, call_limit).await;
        Self {
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            iot: aws_sdk_iot::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            secretsmanager: aws_sdk_secretsmanager::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
        }
    }
}

async fn load(region: &str, endpoint: &Endpoint, call_limit: Duration) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(call_limit.min(Duration::from_millis(3_100)))
                .operation_attempt_timeout(call_limit)
                .build(),
        );
    match endpoint {
        Endpoint::Cloud => loader.load().await,
        Endpoint::Embedded(url) => {
            let key = std::env::var("ECLUSA_EMBEDDED_ACCESS_KEY_ID").unwrap_or_else(|_| "embedded".to_owned());
            let credentials = Credentials::new(key, "embedded", None, None, "embedded");
            loader
                .endpoint_url(url)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .load()
                .await
        }
    }
}
