//! Which operation a request asks for. All of AWS shares one port, so the request's own marks tell the service:
//! `x-amz-target` (JSON), else the service it was signed for where that is a REST one (method and path tell the
//! operation), else `Action` and `Version` (query).

use std::collections::BTreeMap;

use super::credentials::Signer;
use super::protocol::Protocol;
use super::protocol::query;
use super::refusal::Code;
use super::refusal::Refusal;
use super::request::Asked;
use super::service::Service;
use crate::http::Raw;
use crate::path_template::labels;

/// A request for a service that is not implemented, refused in the protocol that it came in.
#[derive(Debug)]
pub(crate) struct Unrouted {
    pub(crate) protocol: Protocol,
    pub(crate) refusal: Refusal,
}

impl Unrouted {
    fn new(protocol: Protocol, what: &str) -> Self {
        let code = Code::general("UnknownOperationException", "InvalidAction");
        let message = format!("eclusa's embedded cloud implements no {what}");
        Self {
            protocol,
            refusal: Refusal::new(400, code, message),
        }
    }
}

/// Finds the operation of a service that is implemented, whether the operation is or not.
pub(crate) fn route(services: &[&'static Service], raw: &Raw, signer: Option<&Signer>) -> Result<Asked, Unrouted> {
    let target = raw.header("x-amz-target");
    if !target.is_empty() {
        return by_target(services, target);
    }
    if let Some(signer) = signer
        && let Some(service) = services.iter().find(|service| service.name == signer.service)
        && matches!(service.protocol, Protocol::Rest)
    {
        return Ok(by_path(service, raw));
    }
    let form = query::form(raw);
    if let Some(action) = value(&form, "Action") {
        return by_action(services, action, value(&form, "Version").unwrap_or_default());
    }
    let signed = signer.map_or("nothing".to_owned(), |signer| format!("service '{}'", signer.service));
    let what = format!(
        "service for {} {} (signed for {signed}, no x-amz-target, no Action)",
        raw.method, raw.path
    );
    Err(Unrouted::new(Protocol::Rest, &what))
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn by_target(services: &[&'static Service], target: &str) -> Result<Asked, Unrouted> {
    let (prefix, name) = target.split_once('.').unwrap_or((target, ""));
    let found = services
        .iter()
        .find(|service| matches!(service.protocol, Protocol::Json { target, .. } if target == prefix));
    found.map(|service| named(service, name)).ok_or_else(|| {
        let protocol = Protocol::Json {
            target: "",
            version: "1.1",
            namespace: "",
            query_compatible: true,
        };
        Unrouted::new(protocol, &format!("service with x-amz-target {target}"))
    })
}

fn by_action(services: &[&'static Service], action: &str, version: &str) -> Result<Asked, Unrouted> {
    let found = services
        .iter()
        .find(|service| matches!(service.protocol, Protocol::Query { version: known, .. } if known == version));
    found.map(|service| named(service, action)).ok_or_else(|| {
        let protocol = Protocol::Query {
            version: "",
            namespace: "",
        };
        Unrouted::new(
            protocol,
            &format!("query service of version '{version}' (Action {action})"),
        )
    })
}

fn named(service: &'static Service, name: &str) -> Asked {
    let operation = service.operations.iter().find(|operation| operation.name == name);
    Asked {
        service,
        operation,
        name: name.to_owned(),
        labels: BTreeMap::new(),
    }
}

fn by_path(service: &'static Service, raw: &Raw) -> Asked {
    let found = service.operations.iter().find_map(|operation| {
        let (method, template) = operation.route.split_once(' ')?;
        let labels = (method == raw.method.as_str())
            .then(|| labels(template, &raw.path))
            .flatten()?;
        Some((operation, labels))
    });
    match found {
        Some((operation, labels)) => Asked {
            service,
            operation: Some(operation),
            name: operation.name.to_owned(),
            labels,
        },
        None => Asked {
            service,
            operation: None,
            name: format!("{} {}", raw.method, raw.path),
            labels: BTreeMap::new(),
        },
    }
}
