//! Which operation a request asks for: host, method and path tell.

use std::collections::BTreeMap;

use super::SERVICES;
use super::service::Group;
use super::service::Operation;
use super::service::Plane;
use super::service::Service;
use crate::http::Raw;
use crate::path_template::labels;

#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) service: &'static Service,
    /// The operation with its group; `None`: it is not implemented, and named by `name`.
    pub(crate) operation: Option<(&'static Group, &'static Operation)>,
    /// As in `CreateEnvironment`; of an unknown operation method and path.
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<&'static str, String>,
}

/// The first operation in table order whose route fits; what no table has is asked of the host's first service that its
/// path begins with.
pub(crate) fn route(plane: Plane, raw: &Raw) -> Option<Asked> {
    let services = || SERVICES.iter().copied().filter(|service| service.plane == plane);
    let known = services().find_map(|service| {
        let mut operations = service
            .groups
            .iter()
            .flat_map(|group| group.operations.iter().map(move |operation| (*group, operation)));
        operations.find_map(|(group, operation)| {
            let (method, template) = operation.route.split_once(' ')?;
            let labels = (method == raw.method.as_str())
                .then(|| labels(template, &raw.path))
                .flatten()?;
            Some(Asked {
                service,
                operation: Some((group, operation)),
                name: operation.name.to_owned(),
                labels,
            })
        })
    });
    known.or_else(|| {
        let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
        let same = |service: &&Service| {
            service.operations().any(|operation| {
                operation
                    .route
                    .split_once(' ')
                    .is_some_and(|(_, path)| first(path) == first(&raw.path))
            })
        };
        let service = services().find(same).or_else(|| services().next())?;
        Some(Asked {
            service,
            operation: None,
            name: format!("{} {}", raw.method, raw.path),
            labels: BTreeMap::new(),
        })
    })
}
