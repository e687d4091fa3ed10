//! How Confluent Cloud is asked. Facts: Confluent's OpenAPI files and the published test bodies of its Terraform provider.
//!
//! | what | host | key |
//! | --- | --- | --- |
//! | [`organizations`], [`environments`], [`clusters`], [`service_accounts`], [`api_keys`], [`role_bindings`], [`connectors`] | `api.confluent.cloud` | a Cloud key ([`Confluent`]) |
//! | [`topics`], [`topic_configs`], [`acls`] and [`clusters::probe`] | the cluster's own ([`ClusterHost`]) | a key of that cluster |
//!
//! - Every call goes through [`Io`]: limiter, count, gate, retry table and events are those of all calls.
//! - Functions take `io` and what is asked for, and return Confluent's object or a [`ProviderError`]; what is no longer
//!   there is an error like any other, since it may be 403 as well as 404: what that proves is the caller's to say.
//! - Whatever an answer lacks has its default, whatever else it holds is passed over, and words that nobody here knows
//!   stay texts.
//! - A POST is never repeated unless nothing was sent, nothing was done (429), or doing it twice is doing it once.
//! - A read or a repeatable write that was not answered is tried again ([`super::retry`]).

use std::sync::Arc;
use std::time::Duration;

use eclusa_planner::resource::SecretSource;
use tokio::sync::OnceCell;

use self::base::Base;
use self::key::Wants;
use self::transport::Transport;
use super::call::Io;
use super::call::Operation;
use super::error::Class;
use super::error::ProviderError;
use super::secrets::Unresolved;

pub mod acls;
pub mod api_keys;
mod base;
mod body;
pub mod clusters;
pub mod connectors;
pub mod environments;
mod host;
mod key;
mod object;
pub mod organizations;
mod page;
mod redact;
mod refusal;
mod request;
pub mod role_bindings;
mod send;
pub mod service_accounts;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod topic_configs;
pub mod topics;
mod transport;

pub use self::base::BadEndpoint;
pub use self::host::ClusterHost;
pub use self::key::ApiKey;
pub use self::object::Metadata;
pub use self::object::Reference;

const CONTROL: &str = "https://api.confluent.cloud";
/// Points elsewhere, as `AWS_ENDPOINT_URL` does for AWS: a test server, a recording proxy.
const CONTROL_OVERRIDE: &str = "ECLUSA_CONFLUENT_ENDPOINT";
/// The same for Kafka REST of every cluster; the path tells clusters apart.
const KAFKA_OVERRIDE: &str = "ECLUSA_KAFKA_ENDPOINT";

/// Where Confluent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The real one, or what the two `ECLUSA_*_ENDPOINT` variables say.
    Cloud,
    /// The embedded one on loopback: no proxy, no TLS, and without a declared key one of no worth.
    Embedded {
        control: Option<String>,
        kafka: Option<String>,
    },
}

/// One Confluent organization's control plane, and the way to its clusters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Confluent(Arc<Connection>);

#[derive(Debug)]
struct Connection {
    transport: Transport,
    control: Result<Base, BadEndpoint>,
    /// Stands for every cluster's own host.
    kafka: Option<Result<Base, BadEndpoint>>,
    /// Id and secret.
    cloud_key: Option<(SecretSource, SecretSource)>,
    is_embedded: bool,
    /// Once its sources were read.
    resolved: OnceCell<ApiKey>,
}

impl Confluent {
    /// Builds the client; nothing is called and no secret is read yet.
    pub fn connect(endpoint: &Endpoint, cloud_key: Option<(SecretSource, SecretSource)>, call_limit: Duration) -> Self {
        let overriding = |variable| std::env::var(variable).ok().filter(|url| !url.is_empty());
        let none = || Err(BadEndpoint::none("the embedded cloud of this build"));
        let (control, kafka) = match endpoint {
            Endpoint::Cloud => (
                Base::parse(overriding(CONTROL_OVERRIDE).as_deref().unwrap_or(CONTROL)),
                overriding(KAFKA_OVERRIDE).map(|url| Base::parse(&url)),
            ),
            Endpoint::Embedded { control, kafka } => (
                control.as_deref().map_or_else(none, Base::parse),
                Some(kafka.as_deref().map_or_else(none, Base::parse)),
            ),
        };
        Self(Arc::new(Connection {
            transport: Transport::new(call_limit),
            control,
            kafka,
            cloud_key,
            is_embedded: *endpoint != Endpoint::Cloud,
            resolved: OnceCell::new(),
        }))
    }

    /// The REST proxy of a cluster, asked with a key of it.
    ///
    /// # Errors
    /// The endpoint that the cluster names is not one, which is so until it is provisioned.
    pub fn cluster(&self, id: &str, http_endpoint: &str, key: ApiKey) -> Result<ClusterHost, BadEndpoint> {
        let own = Base::parse(http_endpoint);
        let limiter = own.as_ref().map(|base| base.host().to_owned()).unwrap_or_default();
        let base = match &self.0.kafka {
            Some(instead) => instead.clone()?,
            None => own?,
        };
        Ok(ClusterHost::new(id.to_owned(), base, limiter, key))
    }

    /// The same control plane, asked with this key.
    #[must_use]
    pub fn with_cloud_key(&self, key: ApiKey) -> Self {
        Self(Arc::new(Connection {
            transport: self.0.transport.clone(),
            control: self.0.control.clone(),
            kafka: self.0.kafka.clone(),
            cloud_key: None,
            is_embedded: self.0.is_embedded,
            resolved: OnceCell::new_with(Some(key)),
        }))
    }

    /// The environment's Cloud key, read from its sources by the first call that needs it.
    async fn cloud_key(&self, io: &Io, operation: Operation) -> Result<&ApiKey, ProviderError> {
        self.0
            .resolved
            .get_or_try_init(|| async {
                match self.read_cloud_key(io).await {
                    Ok(Some(key)) => Ok(key),
                    Ok(None) if self.0.is_embedded => Ok(ApiKey::embedded()),
                    Err(unresolved) if self.0.is_embedded && unresolved.is_unset() => Ok(ApiKey::embedded()),
                    Ok(None) => Err(no_cloud_key(operation)),
                    Err(unresolved) => Err(unresolved.into_error(operation, Class::Credentials)),
                }
            })
            .await
    }

    async fn read_cloud_key(&self, io: &Io) -> Result<Option<ApiKey>, Unresolved> {
        let Some((id, secret)) = &self.0.cloud_key else {
            return Ok(None);
        };
        let id = io.secrets.resolve(io, id).await?;
        let secret = io.secrets.resolve(io, secret).await?;
        Ok(Some(ApiKey::read(&id, secret)))
    }

    fn control(&self, operation: Operation) -> Result<&Base, ProviderError> {
        let control = self.0.control.as_ref();
        control.map_err(|bad| bad.clone().into_error(operation))
    }
}

fn no_cloud_key(operation: Operation) -> ProviderError {
    let text = format!(
        "no key is declared, and {}: set `confluent.api_key` in the environment file",
        Wants::Cloud.told("api.confluent.cloud")
    );
    ProviderError::own(operation, Class::Credentials, "NoCloudKey", text)
}
