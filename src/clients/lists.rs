//! Lists read once: during one look at an environment, whoever needs the same list shares one reading of it.
//!
//! Outside such a look nothing is kept: what is read right before or after a write is always fresh.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::OnceCell;

use super::call::Operation;
use super::error::Class;
use super::error::ProviderError;

type Slot = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// What was listed so far, by operation (service and name) and what it was asked to list.
#[derive(Debug, Default)]
pub struct Lists(Mutex<HashMap<String, Slot>>);

impl Lists {
    /// What `read` answers, or answered to whoever was first. A failure is nobody else's: the next one reads again.
    pub(super) async fn once<T: Any + Send + Sync>(
        &self,
        operation: Operation,
        scope: &str,
        read: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(format!("{operation} {scope}")).or_default())
        };
        let list = slot
            .get_or_try_init(|| async { read.await.map(|list| Arc::new(list) as Arc<dyn Any + Send + Sync>) })
            .await?;
        Arc::clone(list).downcast().map_err(|_| {
            let text = "one operation is listed in two shapes";
            ProviderError::own(operation, Class::Unexpected, "TwoShapes", text)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::clients::Service;

    const LIST: Operation = Operation::read(Service::Iot, "ListTopicRules");

    #[tokio::test]
    async fn a_list_is_read_once_and_a_failure_is_not_kept() {
        let (lists, reads) = (Lists::default(), Cell::new(0));
        let read = async |fails: bool| {
            reads.set(reads.get() + 1);
            if fails {
                return Err(ProviderError::own(LIST, Class::Unavailable, "Down", "down"));
            }
            Ok(reads.get())
        };
        assert!(lists.once(LIST, "", read(true)).await.is_err());
        for _ in 0..2 {
            assert_eq!(*lists.once(LIST, "", read(false)).await.expect("a list"), 2);
        }
    }

    #[tokio::test]
    async fn each_scope_has_a_list_of_its_own() {
        let lists = Lists::default();
        for scope in ["env-1", "env-2", "env-1"] {
            let read = async { Ok(scope) };
            assert_eq!(*lists.once(LIST, scope, read).await.expect("a list"), scope);
        }
    }
}
