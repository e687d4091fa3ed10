//! Keys of clusters: those that the user supplies, those that lie in Secrets Manager, and those that live in this
//! process alone. A stored one is read once a run.
//!
//! | key | comes from |
//! | --- | --- |
//! | supplied | `confluent.kafka_api_keys` of the environment file, by the cluster's address |
//! | stored | the secret that a `confluent_api_key` names as its `store`: JSON with `api_key` and `api_secret` |
//! | kept | made by this run, for one cluster, and deleted by it |

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use eclusa_planner::resource::SecretSource;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::call::Io;
use super::call::Operation;
use super::call::Service;
use super::confluent::ApiKey;
use super::error::Class;
use super::error::ProviderError;

pub const GET_VALUE: Operation = Operation::read(Service::SecretsManager, "GetSecretValue");

type Slot = Arc<OnceCell<ApiKey>>;

/// The sources of a key's id and secret.
type Sources = (SecretSource, SecretSource);

/// The keys of one environment's clusters. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<Keys>);

#[derive(Debug, Default)]
struct Keys {
    /// By the cluster's address.
    supplied: BTreeMap<String, Sources>,
    /// By the secret's name; whoever asks while one is being read waits for that.
    stored: Mutex<BTreeMap<String, Slot>>,
    /// By the cluster's id.
    kept: Mutex<BTreeMap<String, ApiKey>>,
}

/// What a store holds. Strings, not yet secrets: it goes out of scope at once.
#[derive(Deserialize)]
struct Stored {
    api_key: String,
    api_secret: String,
}

impl Keyring {
    pub fn of(supplied: BTreeMap<String, Sources>) -> Self {
        Self(Arc::new(Keys {
            supplied,
            ..Keys::default()
        }))
    }

    /// The user's own key of the cluster at this address; `None` where none is supplied, or its sources hold nothing.
    ///
    /// # Errors
    /// A source cannot be read.
    pub async fn supplied(&self, io: &Io, cluster: &str) -> Result<Option<ApiKey>, ProviderError> {
        let Some((id, secret)) = self.0.supplied.get(cluster) else {
            return Ok(None);
        };
        let mut texts = Vec::new();
        for source in [id, secret] {
            match io.secrets.resolve(io, source).await {
                Ok(text) => texts.push(text),
                Err(unresolved) if unresolved.is_unset() => return Ok(None),
                Err(unresolved) => return Err(unresolved.into_error(GET_VALUE, Class::Invalid)),
            }
        }
        let mut texts = texts.into_iter();
        Ok(texts
            .next()
            .zip(texts.next())
            .map(|(id, secret)| ApiKey::read(&id, secret)))
    }

    /// The key in a store.
    ///
    /// # Errors
    /// The secret cannot be read, holds nothing, or what is in it is no key.
    pub async fn stored(&self, io: &Io, secret: &str) -> Result<ApiKey, ProviderError> {
        let slot = Arc::clone(lock(&self.0.stored).entry(secret.to_owned()).or_default());
        slot.get_or_try_init(|| read(io, secret)).await.cloned()
    }

    /// Remembers what was just stored, so that it need not be read.
    pub fn store(&self, secret: &str, key: ApiKey) {
        let slot = Arc::new(OnceCell::new_with(Some(key)));
        lock(&self.0.stored).insert(secret.to_owned(), slot);
    }

    /// A key that nobody but this process has.
    pub fn kept(&self, cluster: &str) -> Option<ApiKey> {
        lock(&self.0.kept).get(cluster).cloned()
    }

    pub fn keep(&self, cluster: &str, key: ApiKey) {
        lock(&self.0.kept).insert(cluster.to_owned(), key);
    }
}

fn lock<T>(keys: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    keys.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(io: &Io, secret: &str) -> Result<ApiKey, ProviderError> {
    let request = || io.aws.secretsmanager.get_secret_value().secret_id(secret);
    let answer = io.call(GET_VALUE, || request().send()).await?;
    // The parser's own error may quote the text.
    let Ok(held) = serde_json::from_str::<Stored>(answer.secret_string().unwrap_or_default()) else {
        let text = format!("the secret {secret} holds no key of Confluent's");
        return Err(ProviderError::own(GET_VALUE, Class::Invalid, "NoKeyInSecret", text));
    };
    Ok(ApiKey::new(held.api_key, SecretString::from(held.api_secret)))
}
