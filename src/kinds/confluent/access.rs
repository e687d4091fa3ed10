//! With which key a cluster's own host is asked.
//!
//! - **Reading**: the key that the user supplies for it, else any declared key of that cluster whose secret can be read,
//!   those first that write something; one that is refused gives way to the next.
//! - A key that this run made for itself, where no other works, comes first.
//! - **Writing**: the key that `credentials` names; without that the user's, else as for reading.
//! - In a run a key, or what it may do, may just have been made: what it is refused is tried again for some minutes
//!   (retry table).

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::confluent::ApiKey;
use crate::clients::confluent::ClusterHost;
use crate::kinds::Scope;
use crate::kinds::Wanted;

/// Asks a cluster with each of its keys until one is not refused.
///
/// # Errors
/// Never of the class [`Class::Credentials`], which would end the run: a key of one cluster is no such thing.
pub(super) async fn reading<T, F>(
    io: &Io,
    scope: &Scope,
    operation: Operation,
    ask: impl Fn(ClusterHost) -> F,
) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let mut refused: Option<ProviderError> = None;
    for source in sources(io, scope) {
        let key = match source.key(io, scope).await {
            Ok(Some(key)) => key,
            Ok(None) => continue,
            Err(error) => {
                refused.get_or_insert(error);
                continue;
            }
        };
        match ask(source.host(io, scope, operation, key)?).await {
            Err(error) if matches!(error.class, Class::Credentials | Class::Denied) => {
                refused = Some(error);
            }
            other => return other,
        }
    }
    Err(match refused {
        Some(error) => ProviderError {
            class: Class::Denied,
            ..error
        },
        None => no_key(scope, operation),
    })
}

/// The host with the key that writes this resource.
pub(super) async fn writing(io: &Io, target: &Wanted, operation: Operation) -> Result<ClusterHost, ProviderError> {
    let scope = target.scope.as_ref().ok_or_else(|| super::without_scope(operation))?;
    if let Some(store) = &target.writes_with
        && io.keyring.kept(scope.id()).is_none()
    {
        let key = io.keyring.stored(io, store).await?;
        return Source::Store(store).host(io, scope, operation, key);
    }
    let mut refused = None;
    for source in sources(io, scope) {
        match source.key(io, scope).await {
            Ok(Some(key)) => return source.host(io, scope, operation, key),
            Ok(None) => {}
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| no_key(scope, operation)))
}

/// The code of what was not asked, since no key is declared, supplied or stored.
pub(super) const NO_KEY: &str = "NoClusterKey";

/// Where a key of a cluster may come from.
enum Source<'s> {
    Kept,
    Supplied,
    Store(&'s str),
}

fn sources<'s>(io: &Io, scope: &'s Scope) -> impl Iterator<Item = Source<'s>> {
    let kept = io.keyring.kept(scope.id()).map(|_| Source::Kept);
    let stores = scope.stores.iter().map(|store| Source::Store(store));
    kept.into_iter().chain([Source::Supplied]).chain(stores)
}

impl Source<'_> {
    /// The host, asked with a key from here. What the user supplies is no new key.
    fn host(&self, io: &Io, scope: &Scope, operation: Operation, key: ApiKey) -> Result<ClusterHost, ProviderError> {
        let host = io.confluent.cluster(scope.id(), scope.output("rest_endpoint"), key);
        let host = host.map_err(|bad| bad.into_error(operation))?;
        let may_spread = io.may_write() && !matches!(self, Self::Supplied);
        Ok(if may_spread { host.just_granted() } else { host })
    }

    async fn key(&self, io: &Io, scope: &Scope) -> Result<Option<ApiKey>, ProviderError> {
        match self {
            Self::Kept => Ok(io.keyring.kept(scope.id())),
            Self::Supplied => io.keyring.supplied(io, &scope.address.current().to_string()).await,
            Self::Store(store) => match io.keyring.stored(io, store).await {
                Err(error) if error.class == Class::NotFound => Ok(None),
                other => other.map(Some),
            },
        }
    }
}

fn no_key(scope: &Scope, operation: Operation) -> ProviderError {
    let text = format!(
        "there is no key of {} to ask it with: declare a confluent_api_key of it, or supply one under \
         `confluent.kafka_api_keys`",
        scope.address
    );
    ProviderError::own(operation, Class::Denied, NO_KEY, text)
}
