//! Organizations and environments, `org/v2`.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | [`Environment`] | `…/environment/<env-id>` | |
//!
//! - Environments are made at once; names need not differ. Deleting one deletes all that lies in it.
//! - The organization is the one of the settings; it can be looked at.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::cmk;
use super::crn::Crn;
use super::iam::bindings;
use super::identifier::short;
use super::object;
use super::object::Times;
use super::page;
use super::page::page;
use super::refusal::Refusal;
use super::request::Context;
use super::service::Call;
use super::service::Dialect;
use super::service::Group;
use super::service::Headers;
use super::service::Operation;
use super::service::Reply;
use super::srcm;
use super::switches::Duplicates;
use crate::store::Batch;
use crate::store::View;

pub(crate) const GROUP: Group = Group {
    dialect: Dialect::Control,
    headers: Headers::Limits,
    operations: &[
        Operation::reads("ListOrganizations", "GET /org/v2/organizations", list_organizations),
        Operation::reads("GetOrganization", "GET /org/v2/organizations/{id}", get_organization),
        Operation::reads("ListEnvironments", "GET /org/v2/environments", list),
        Operation::writes("CreateEnvironment", "POST /org/v2/environments", create),
        Operation::reads("GetEnvironment", "GET /org/v2/environments/{id}", get),
        Operation::writes("UpdateEnvironment", "PATCH /org/v2/environments/{id}", update),
        Operation::writes("DeleteEnvironment", "DELETE /org/v2/environments/{id}", delete),
    ],
};

const PATH: &str = "/org/v2/environments";
/// The documentation's quota.
pub(crate) const MOST: usize = 25;
const LONGEST_NAME: usize = 64;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) id: String,
    display_name: String,
    package: String,
    times: Times,
}

impl Environment {
    pub(crate) fn crn(&self, context: &Context) -> Crn {
        crn(context, &self.id)
    }

    pub(crate) fn package(&self) -> &str {
        &self.package
    }

    fn shown(&self, context: &Context) -> Value {
        let name = self.crn(context).to_string();
        json!({
            "api_version": "org/v2",
            "kind": "Environment",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, &self.id), &name, self.times),
            "display_name": self.display_name,
            "stream_governance_config": {"package": self.package},
        })
    }

    fn stored(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &self.id), self)?;
        Ok(batch)
    }
}

fn key(context: &Context, id: &str) -> String {
    context.prefix("environment") + id
}

pub(crate) fn crn(context: &Context, id: &str) -> Crn {
    Crn::organization(&context.switches.organization).and("environment", id)
}

/// How other objects refer to an environment.
pub(crate) fn reference(context: &Context, id: &str) -> Value {
    json!({
        "api_version": "org/v2",
        "kind": "Environment",
        "id": id,
        "related": object::address(PATH, id),
        "resource_name": crn(context, id).to_string(),
    })
}

pub(crate) fn find(view: View<'_>, context: &Context, id: &str) -> Result<Option<Environment>, Refusal> {
    Ok(view.get(&key(context, id))?)
}

/// The environment, if it is there and the caller may see it.
///
/// # Errors
/// 404 where it is not, 403 where it is hidden.
fn seen(call: &Call<'_>) -> Result<Environment, Refusal> {
    let id = call.request.label("id");
    let found = find(call.view, call.context, id)?;
    let environment = found.ok_or_else(|| Refusal::not_found("resource_not_found", "Resource Not Found"))?;
    if is_visible(call, &environment) {
        Ok(environment)
    } else {
        Err(Refusal::forbidden())
    }
}

fn is_visible(call: &Call<'_>, environment: &Environment) -> bool {
    call.caller.is_shown(&environment.display_name) && call.caller.rights.sees(&environment.crn(call.context))
}

/// The environment of that id, if it is there and the caller may see it.
///
/// # Errors
/// 403 for whatever reason.
pub(crate) fn visible(call: &Call<'_>, id: &str) -> Result<Environment, Refusal> {
    find(call.view, call.context, id)?
        .filter(|environment| is_visible(call, environment))
        .ok_or_else(Refusal::forbidden)
}

pub(crate) fn all(call: &Call<'_>) -> Result<Vec<Environment>, Refusal> {
    let prefix = call.context.prefix("environment");
    let found: Result<Vec<_>, _> = call.view.scan::<Environment>(&prefix).collect();
    Ok(found?.into_iter().map(|(_, environment)| environment).collect())
}

fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "org/v2",
        kind: "EnvironmentList",
    };
    let visible = all(call)?
        .into_iter()
        .filter(|environment| is_visible(call, environment));
    let shown = visible.map(|environment| (environment.id.clone(), environment.shown(call.context)));
    page(call, kind, shown.collect())
}

fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(seen(call)?.shown(call.context)))
}

#[derive(Debug, Deserialize)]
struct Input {
    display_name: Option<String>,
    stream_governance_config: Option<Governance>,
}

#[derive(Debug, Deserialize)]
struct Governance {
    package: Option<String>,
}

impl Input {
    fn name(&self) -> Result<Option<&str>, Refusal> {
        match self.display_name.as_deref() {
            Some(name) if name.is_empty() || name.chars().count() > LONGEST_NAME => Err(Refusal::invalid(
                "/display_name",
                format!("display_name must have 1 to {LONGEST_NAME} characters"),
            )),
            name => Ok(name),
        }
    }

    fn package(&self) -> Result<Option<&str>, Refusal> {
        let package = self.stream_governance_config.as_ref();
        match package.and_then(|config| config.package.as_deref()) {
            None => Ok(None),
            Some(package @ ("ESSENTIALS" | "ADVANCED")) => Ok(Some(package)),
            Some(_) => Err(Refusal::invalid(
                "/stream_governance_config/package",
                "package must be ESSENTIALS or ADVANCED",
            )),
        }
    }
}

fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: Input = call.request.input()?;
    let context = call.context;
    let name = input.name()?.ok_or_else(|| Refusal::missing("/display_name"))?;
    let package = input.package()?.unwrap_or("ESSENTIALS");
    let organization = Crn::organization(&context.switches.organization);
    call.caller.rights.must_manage(&organization)?;
    let others = all(call)?;
    let refused = context.switches.duplicate_environments == Duplicates::Refused;
    if refused && others.iter().any(|other| other.display_name == name) {
        return Err(Refusal::general(
            409,
            "resource_already_exists",
            "an environment of this name exists",
        ));
    }
    if others.len() >= MOST {
        return Err(Refusal::general(
            402,
            "quota_exceeded",
            format!("the organization has {MOST} environments, as many as it can have"),
        ));
    }
    let environment = Environment {
        id: short("env"),
        display_name: name.to_owned(),
        package: package.to_owned(),
        times: Times::now(context),
    };
    Ok(Reply::of(201, environment.shown(context)).storing(environment.stored(context)?))
}

fn update(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: Input = call.request.input()?;
    let mut environment = seen(call)?;
    call.caller.rights.must_manage(&environment.crn(call.context))?;
    if let Some(name) = input.name()? {
        name.clone_into(&mut environment.display_name);
    }
    match input.package()? {
        Some("ESSENTIALS") if environment.package == "ADVANCED" => {
            return Err(Refusal::general(
                403,
                "forbidden_access",
                "a Stream Governance package cannot be downgraded",
            ));
        }
        Some(package) => package.clone_into(&mut environment.package),
        None => {}
    }
    environment.times.updated_at = call.context.now;
    Ok(Reply::ok(environment.shown(call.context)).storing(environment.stored(call.context)?))
}

fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let environment = seen(call)?;
    let scope = environment.crn(call.context);
    call.caller.rights.must_manage(&scope)?;
    let mut batch = Batch::default();
    batch.delete(key(call.context, &environment.id));
    for cluster in cmk::clusters(call.view, call.context, &environment.id)? {
        cmk::remove(call.view, call.context, &cluster, &mut batch)?;
    }
    bindings::remove_within(call.view, call.context, &scope, &mut batch)?;
    batch.delete(srcm::key(call.context, &environment.id));
    Ok(Reply::empty(204).storing(batch))
}

fn organization(context: &Context) -> Value {
    let id = &context.switches.organization;
    let times = Times {
        created_at: 0,
        updated_at: 0,
    };
    let address = object::address("/org/v2/organizations", id);
    json!({
        "api_version": "org/v2",
        "kind": "Organization",
        "id": id,
        "metadata": object::metadata(&address, &context.organization_crn(), times),
        "display_name": "Embedded",
        "jit_enabled": false,
    })
}

fn list_organizations(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "org/v2",
        kind: "OrganizationList",
    };
    let id = call.context.switches.organization.clone();
    page(call, kind, vec![(id, organization(call.context))])
}

fn get_organization(call: &Call<'_>) -> Result<Reply, Refusal> {
    if call.request.label("id") == call.context.switches.organization {
        Ok(Reply::ok(organization(call.context)))
    } else {
        Err(Refusal::forbidden())
    }
}
