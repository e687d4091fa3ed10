//! Role bindings: never changed, only made and deleted.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::accounts;
use crate::confluent::cmk;
use crate::confluent::crn::Crn;
use crate::confluent::delays::Wait;
use crate::confluent::identifier;
use crate::confluent::key::USER;
use crate::confluent::object;
use crate::confluent::object::Times;
use crate::confluent::org;
use crate::confluent::page;
use crate::confluent::page::page;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::rights::Grant;
use crate::confluent::service::Call;
use crate::confluent::service::Plane;
use crate::confluent::service::Reply;
use crate::confluent::switches::Duplicates;
use crate::confluent::switches::RoleBindingSearch;
use crate::confluent::switches::StatusCodes;
use crate::store::Batch;
use crate::store::View;

const PATH: &str = "/iam/v2/role-bindings";
const ROLES: &[&str] = &[
    "OrganizationAdmin",
    "EnvironmentAdmin",
    "CloudClusterAdmin",
    "MetricsViewer",
    "DataDiscovery",
    "NetworkAdmin",
    "Operator",
    "ConnectManager",
];
/// Roles on a resource inside a cluster, which Basic clusters do not have.
const RESOURCE_ROLES: &[&str] = &["ResourceOwner", "DeveloperRead", "DeveloperWrite", "DeveloperManage"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Binding {
    id: String,
    /// `User:sa-…`.
    principal: String,
    role_name: String,
    crn_pattern: String,
    /// From when clusters heed it.
    effective_at: u64,
    times: Times,
}

impl Binding {
    fn scope(&self) -> Option<Crn> {
        Crn::parse(&self.crn_pattern)
    }

    fn shown(&self, context: &Context) -> Value {
        let name = Crn::organization(&context.switches.organization).and("role-binding", &self.id);
        json!({
            "api_version": "iam/v2",
            "kind": "RoleBinding",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, &self.id), &name.to_string(), self.times),
            "principal": self.principal,
            "role_name": self.role_name,
            "crn_pattern": self.crn_pattern,
        })
    }
}

fn key(context: &Context, id: &str) -> String {
    context.prefix("role-binding") + id
}

fn all(view: View<'_>, context: &Context) -> Result<Vec<Binding>, Refusal> {
    let prefix = context.prefix("role-binding");
    let found: Result<Vec<_>, _> = view.scan::<Binding>(&prefix).collect();
    Ok(found?.into_iter().map(|(_, binding)| binding).collect())
}

/// What the bindings of an account grant: the control plane heeds them at once, clusters later.
pub(crate) fn grants(view: View<'_>, context: &Context, owner: &str, plane: Plane) -> Result<Vec<Grant>, Refusal> {
    let principal = format!("User:{owner}");
    let heeded = |binding: &Binding| {
        binding.principal == principal && (plane == Plane::Control || binding.effective_at <= context.now)
    };
    let bindings = all(view, context)?.into_iter().filter(heeded);
    Ok(bindings
        .filter_map(|binding| {
            Some(Grant {
                scope: binding.scope()?,
                role: binding.role_name,
            })
        })
        .collect())
}

fn remove(
    view: View<'_>,
    context: &Context,
    batch: &mut Batch,
    goes: impl Fn(&Binding) -> bool,
) -> Result<(), Refusal> {
    for binding in all(view, context)?.into_iter().filter(goes) {
        batch.delete(key(context, &binding.id));
    }
    Ok(())
}

pub(super) fn remove_of(view: View<'_>, context: &Context, account: &str, batch: &mut Batch) -> Result<(), Refusal> {
    let principal = format!("User:{account}");
    remove(view, context, batch, |binding| binding.principal == principal)
}

/// Deletes the bindings of a scope that goes.
pub(crate) fn remove_within(view: View<'_>, context: &Context, scope: &Crn, batch: &mut Batch) -> Result<(), Refusal> {
    remove(view, context, batch, |binding| {
        binding.scope().is_some_and(|within| scope.covers(&within))
    })
}

fn is_visible(call: &Call<'_>, binding: &Binding) -> bool {
    let own = binding.principal.strip_prefix("User:") == Some(&call.caller.owner);
    let managed = binding.scope().is_some_and(|scope| call.caller.rights.manages(&scope));
    call.caller.is_shown(&binding.role_name) && (own || managed)
}

/// One that is not there answers as one that is hidden.
fn seen(call: &Call<'_>) -> Result<Binding, Refusal> {
    let id = call.request.label("id");
    let found: Option<Binding> = call.view.get(&key(call.context, id))?;
    found.filter(|binding| is_visible(call, binding)).ok_or_else(|| {
        let message = format!("the caller is unauthorized for {id}, or role binding does not exist");
        Refusal::flat(403, 40301, message)
    })
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "iam/v2",
        kind: "RoleBindingList",
    };
    let pattern = call.request.required("crn_pattern")?;
    let asked = Crn::parse(pattern).ok_or_else(|| {
        let detail = format!("crn_pattern \"{pattern}\" is no CRN");
        Refusal::general(400, "invalid_filter", detail).at_parameter("crn_pattern")
    })?;
    let prefix = call.context.switches.role_binding_search == RoleBindingSearch::Prefix;
    let fits = |scope: &Crn| *scope == asked || (prefix && asked.covers(scope));
    let (principal, role) = (call.request.queried("principal"), call.request.queried("role_name"));
    let listed = all(call.view, call.context)?.into_iter().filter(|binding| {
        is_visible(call, binding)
            && binding.scope().as_ref().is_some_and(fits)
            && principal.is_none_or(|principal| binding.principal == principal)
            && role.is_none_or(|role| binding.role_name == role)
    });
    let shown = listed.map(|binding| (binding.id.clone(), binding.shown(call.context)));
    page(call, kind, shown.collect())
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(seen(call)?.shown(call.context)))
}

#[derive(Debug, Deserialize)]
struct Input {
    principal: Option<String>,
    role_name: Option<String>,
    crn_pattern: Option<String>,
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: Input = call.request.input()?;
    let context = call.context;
    let principal = input.principal.ok_or_else(|| Refusal::missing("/principal"))?;
    let role_name = input.role_name.ok_or_else(|| Refusal::missing("/role_name"))?;
    let pattern = input.crn_pattern.ok_or_else(|| Refusal::missing("/crn_pattern"))?;
    let scope = Crn::parse(&pattern)
        .filter(|scope| scope.value("organization") == Some(&context.switches.organization))
        .ok_or_else(|| wrong("/crn_pattern", format!("\"{pattern}\" is no CRN of this organization")))?;
    check_principal(call, &principal)?;
    check_scope(call, &role_name, &scope)?;
    call.caller.rights.must_manage(&scope)?;
    call.caller.must_be_shown(&role_name)?;
    let refused = context.switches.duplicate_role_bindings == Duplicates::Refused;
    let alike = |other: &Binding| {
        other.principal == principal && other.role_name == role_name && other.scope().as_ref() == Some(&scope)
    };
    if refused && all(call.view, context)?.iter().any(alike) {
        return Err(Refusal::general(
            409,
            "resource_already_exists",
            "this role binding exists",
        ));
    }
    let binding = Binding {
        id: identifier::role_binding(),
        principal,
        role_name,
        crn_pattern: scope.to_string(),
        effective_at: context.after(Wait::RoleBindingSpread),
        times: Times::now(context),
    };
    let mut batch = Batch::default();
    batch.put(key(context, &binding.id), &binding)?;
    Ok(Reply::of(201, binding.shown(context)).storing(batch))
}

fn wrong(pointer: &'static str, detail: String) -> Refusal {
    Refusal::general(400, "invalid_request_body", detail).at_pointer(pointer)
}

fn check_principal(call: &Call<'_>, principal: &str) -> Result<(), Refusal> {
    let known = match principal.strip_prefix("User:") {
        Some(USER) => true,
        Some(id) => accounts::find(call.view, call.context, id)?.is_some(),
        None => false,
    };
    if known {
        Ok(())
    } else {
        Err(wrong("/principal", format!("principal {principal} does not exist")))
    }
}

fn check_scope(call: &Call<'_>, role: &str, scope: &Crn) -> Result<(), Refusal> {
    if let Some(id) = scope.value("environment")
        && org::find(call.view, call.context, id)?.is_none()
    {
        return Err(Refusal::forbidden());
    }
    let cluster = match scope.value("cloud-cluster") {
        Some(id) => {
            let found = cmk::find(call.view, call.context, id)?;
            let there = found.filter(|cluster| scope.value("environment") == Some(&cluster.environment));
            Some(there.ok_or_else(Refusal::forbidden)?)
        }
        None => None,
    };
    if ROLES.contains(&role) {
        return Ok(());
    }
    if !RESOURCE_ROLES.contains(&role) {
        return Err(wrong("/role_name", format!("there is no role {role}")));
    }
    if cluster.is_some_and(|cluster| cluster.is_basic()) {
        let detail = format!("role {role} does not exist on Basic clusters");
        return Err(wrong("/role_name", detail));
    }
    Ok(())
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let binding = seen(call)?;
    if let Some(scope) = binding.scope() {
        call.caller.rights.must_manage(&scope)?;
    }
    let mut batch = Batch::default();
    batch.delete(key(call.context, &binding.id));
    let reply = match call.context.switches.status_codes {
        StatusCodes::Recorded => Reply::empty(204),
        StatusCodes::Specified => Reply::ok(binding.shown(call.context)),
    };
    Ok(reply.storing(batch))
}
