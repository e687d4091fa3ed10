//! Kinds without their Spec types; Specs travel as JSON.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use eclusa_planner::plan::Change;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Seen;
use eclusa_planner::plan::live::Handle;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::Around;
use super::Found;
use super::Kind;
use super::Listed;
use super::Present;
use super::Update;
use super::Wanted;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;

/// A boxed answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// [`Kind`] without its Spec type.
pub trait AnyKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn observe<'a>(&'a self, io: &'a Io, wanted: &'a [Wanted]) -> Answer<'a, Vec<Live>>;
    fn list_owned<'a>(
        &'a self,
        io: &'a Io,
        owner: &'a Owner,
        around: &'a Around,
        known: &'a BTreeSet<Identity>,
    ) -> Answer<'a, Listed>;
    fn create<'a>(&'a self, io: &'a Io, target: &'a Wanted, mark: &'a Mark, want: &'a Json) -> Answer<'a, Outputs>;
    fn update<'a>(
        &'a self,
        io: &'a Io,
        target: &'a Wanted,
        mark: &'a Mark,
        seen: &'a Seen,
        want: &'a Json,
        change: &'a Change,
    ) -> Answer<'a, Outputs>;
    fn judge<'a>(
        &'a self,
        io: &'a Io,
        target: &'a Wanted,
        seen: Option<&'a Seen>,
        want: &'a Json,
        change: &'a Change,
    ) -> Answer<'a, Vec<String>>;
    fn delete<'a>(&'a self, io: &'a Io, target: &'a Wanted, handle: &'a Handle) -> Answer<'a, ()>;
}

/// Makes a [`Kind`] an [`AnyKind`]; a wrapper, so that no method has two meanings inside a kind.
#[derive(Debug)]
pub struct Erased<K>(pub K);

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn observe<'a>(&'a self, io: &'a Io, wanted: &'a [Wanted]) -> Answer<'a, Vec<Live>> {
        Box::pin(async move {
            let found = self.0.observe(io, wanted).await?;
            found.into_iter().map(live).collect()
        })
    }

    fn list_owned<'a>(
        &'a self,
        io: &'a Io,
        owner: &'a Owner,
        around: &'a Around,
        known: &'a BTreeSet<Identity>,
    ) -> Answer<'a, Listed> {
        Box::pin(self.0.list_owned(io, owner, around, known))
    }

    fn create<'a>(&'a self, io: &'a Io, target: &'a Wanted, mark: &'a Mark, want: &'a Json) -> Answer<'a, Outputs> {
        Box::pin(async move {
            let want: K::Spec = decode(K::NAME, want)?;
            self.0.create(io, target, mark, &want).await
        })
    }

    fn update<'a>(
        &'a self,
        io: &'a Io,
        target: &'a Wanted,
        mark: &'a Mark,
        seen: &'a Seen,
        want: &'a Json,
        change: &'a Change,
    ) -> Answer<'a, Outputs> {
        Box::pin(async move {
            let want: K::Spec = decode(K::NAME, want)?;
            let present = present::<K>(seen)?;
            self.0.update(io, target, mark, update(&present, &want, change)).await
        })
    }

    fn judge<'a>(
        &'a self,
        io: &'a Io,
        target: &'a Wanted,
        seen: Option<&'a Seen>,
        want: &'a Json,
        change: &'a Change,
    ) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            let want: K::Spec = decode(K::NAME, want)?;
            let present = seen.map(present::<K>).transpose()?;
            let update = present.as_ref().map(|present| update(present, &want, change));
            self.0.judge(io, target, &want, update.as_ref()).await
        })
    }

    fn delete<'a>(&'a self, io: &'a Io, target: &'a Wanted, handle: &'a Handle) -> Answer<'a, ()> {
        Box::pin(self.0.delete(io, target, handle))
    }
}

fn present<K: Kind>(seen: &Seen) -> Result<Present<K::Spec>, ProviderError> {
    Ok(Present {
        spec: decode(K::NAME, &seen.spec)?,
        outputs: seen.outputs.clone(),
        mark: seen.mark.clone(),
        handle: seen.handle.clone(),
        holds_data: seen.holds_data,
        open: seen.open.clone(),
    })
}

fn update<'u, S>(seen: &'u Present<S>, want: &'u S, change: &'u Change) -> Update<'u, S> {
    Update {
        seen,
        want,
        fields: &change.fields,
        touched: !change.touched_by.is_empty(),
    }
}

fn live<S: Serialize>(found: Found<S>) -> Result<Live, ProviderError> {
    Ok(match found {
        Found::Absent => Live::Absent,
        Found::Unreadable(because) => Live::Unreadable { because, until: None },
        Found::Hidden(because) => Live::Hidden { because },
        Found::Unverified { because, outputs } => Live::Unverified { because, outputs },
        Found::Present(present) => Live::Present(Seen {
            spec: serde_json::to_value(&present.spec).map_err(|error| bug("live Spec", &error))?,
            outputs: present.outputs,
            mark: present.mark,
            handle: present.handle,
            holds_data: present.holds_data,
            open: present.open,
        }),
    })
}

fn decode<S: DeserializeOwned>(kind: &'static str, spec: &Json) -> Result<S, ProviderError> {
    serde_json::from_value(spec.clone()).map_err(|error| bug(kind, &error))
}

fn bug(what: &str, error: &serde_json::Error) -> ProviderError {
    let none = Operation::read(Service::Sts, "none");
    ProviderError::own(none, Class::Unexpected, "Undecodable", format!("{what}: {error}"))
}
