//! Which ACLs a list or deletion asks for. What the query leaves out fits all; `ANY` too.

use super::acl::Acl;
use crate::confluent::request::Request;

#[derive(Debug)]
pub(super) struct Filter<'a> {
    resource_type: Option<&'a str>,
    resource_name: Option<&'a str>,
    pattern_type: Option<&'a str>,
    principal: Option<&'a str>,
    host: Option<&'a str>,
    operation: Option<&'a str>,
    permission: Option<&'a str>,
}

impl<'a> Filter<'a> {
    pub(super) fn of(request: &'a Request) -> Self {
        let any = |name: &str| request.queried(name).filter(|value| *value != "ANY");
        Self {
            resource_type: any("resource_type"),
            resource_name: request.queried("resource_name"),
            pattern_type: any("pattern_type"),
            principal: request.queried("principal"),
            host: request.queried("host"),
            operation: any("operation"),
            permission: any("permission"),
        }
    }

    /// Whether accounts are shown by their numbers: unless the query spoke of accounts.
    pub(super) fn by_number(&self) -> bool {
        match self.principal {
            None => true,
            Some(principal) => !principal.starts_with("UserV2:") && !principal.starts_with("User:sa-"),
        }
    }

    pub(super) fn takes(&self, acl: &Acl) -> bool {
        let fits = |wanted: Option<&str>, has: &str| wanted.is_none_or(|wanted| wanted == has);
        let resource = if self.pattern_type == Some("MATCH") {
            self.resource_name.is_none_or(|name| acl.covers(name))
        } else {
            fits(self.resource_name, &acl.resource_name) && fits(self.pattern_type, &acl.pattern_type)
        };
        resource
            && fits(self.resource_type, &acl.resource_type)
            && fits(self.host, &acl.host)
            && fits(self.operation, &acl.operation)
            && fits(self.permission, &acl.permission)
            && self.takes_principal(acl)
    }

    fn takes_principal(&self, acl: &Acl) -> bool {
        let Some(principal) = self.principal else {
            return true;
        };
        match principal.strip_prefix("UserV2:") {
            Some("*") => true,
            Some(id) => acl.principal.strip_prefix("User:") == Some(id),
            None => {
                let number = acl.number.map(|number| format!("User:{number}"));
                acl.principal == principal || number.as_deref() == Some(principal)
            }
        }
    }
}
