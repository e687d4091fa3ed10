//! Service accounts.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::bindings;
use super::keys;
use crate::confluent::crn::Crn;
use crate::confluent::identifier::short;
use crate::confluent::object;
use crate::confluent::object::Times;
use crate::confluent::page;
use crate::confluent::page::page;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::service::Call;
use crate::confluent::service::Reply;
use crate::store::Batch;
use crate::store::View;

const PATH: &str = "/iam/v2/service-accounts";
const LONGEST_NAME: usize = 64;
const LONGEST_DESCRIPTION: usize = 128;
/// Numbers of accounts, by which old lists of ACLs name them, begin here.
const FIRST_NUMBER: u64 = 100_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    display_name: String,
    description: String,
    /// What `User:<number>` in a list of ACLs stands for.
    pub(crate) number: u64,
    times: Times,
}

impl Account {
    fn shown(&self, context: &Context) -> Value {
        let name = crn(context, &self.id).to_string();
        json!({
            "api_version": "iam/v2",
            "kind": "ServiceAccount",
            "id": self.id,
            "metadata": object::metadata(&object::address(PATH, &self.id), &name, self.times),
            "display_name": self.display_name,
            "description": self.description,
        })
    }

    fn stored(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(key(context, &self.id), self)?;
        Ok(batch)
    }
}

fn key(context: &Context, id: &str) -> String {
    context.prefix("service-account") + id
}

pub(crate) fn crn(context: &Context, id: &str) -> Crn {
    Crn::organization(&context.switches.organization).and("service-account", id)
}

/// How other objects refer to an account.
pub(crate) fn reference(context: &Context, id: &str) -> Value {
    json!({
        "api_version": "iam/v2",
        "kind": "ServiceAccount",
        "id": id,
        "related": object::address(PATH, id),
        "resource_name": crn(context, id).to_string(),
    })
}

pub(crate) fn find(view: View<'_>, context: &Context, id: &str) -> Result<Option<Account>, Refusal> {
    Ok(view.get(&key(context, id))?)
}

pub(crate) fn all(view: View<'_>, context: &Context) -> Result<Vec<Account>, Refusal> {
    let prefix = context.prefix("service-account");
    let found: Result<Vec<_>, _> = view.scan::<Account>(&prefix).collect();
    Ok(found?.into_iter().map(|(_, account)| account).collect())
}

fn manages_all(call: &Call<'_>) -> bool {
    let organization = Crn::organization(&call.context.switches.organization);
    call.caller.rights.manages(&organization)
}

fn is_visible(call: &Call<'_>, account: &Account) -> bool {
    call.caller.is_shown(&account.display_name) && (manages_all(call) || call.caller.owner == account.id)
}

fn must_manage(call: &Call<'_>) -> Result<(), Refusal> {
    if manages_all(call) {
        Ok(())
    } else {
        Err(Refusal::forbidden())
    }
}

fn seen(call: &Call<'_>) -> Result<Account, Refusal> {
    let id = call.request.label("id");
    let found = find(call.view, call.context, id)?;
    let account = found.ok_or_else(|| Refusal::not_found("service_account_not_found", "Service Account Not Found"))?;
    if is_visible(call, &account) {
        Ok(account)
    } else {
        Err(Refusal::forbidden())
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let kind = page::Kind {
        api_version: "iam/v2",
        kind: "ServiceAccountList",
    };
    let names: Vec<_> = call.request.all_queried("display_name").collect();
    let listed = all(call.view, call.context)?.into_iter().filter(|account| {
        is_visible(call, account) && (names.is_empty() || names.contains(&account.display_name.as_str()))
    });
    let shown = listed.map(|account| (account.id.clone(), account.shown(call.context)));
    page(call, kind, shown.collect())
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(seen(call)?.shown(call.context)))
}

#[derive(Debug, Deserialize)]
struct Input {
    display_name: Option<String>,
    description: Option<String>,
}

impl Input {
    fn check(&self) -> Result<(), Refusal> {
        let length = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
        if length(&self.display_name) > LONGEST_NAME {
            let detail = format!("display_name can have at most {LONGEST_NAME} characters");
            return Err(Refusal::invalid("/display_name", detail));
        }
        if length(&self.description) > LONGEST_DESCRIPTION {
            let detail = format!("description can have at most {LONGEST_DESCRIPTION} characters");
            return Err(Refusal::invalid("/description", detail));
        }
        Ok(())
    }
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: Input = call.request.input()?;
    input.check()?;
    must_manage(call)?;
    let name = input.display_name.filter(|name| !name.is_empty());
    let display_name = name.ok_or_else(|| Refusal::missing("/display_name"))?;
    let others = all(call.view, call.context)?;
    if others.iter().any(|other| other.display_name == display_name) {
        return Err(Refusal::general(
            409,
            "resource_already_exists",
            "Service name is already in use.",
        ));
    }
    let highest = others.iter().map(|other| other.number).max();
    let account = Account {
        id: short("sa"),
        display_name,
        description: input.description.unwrap_or_default(),
        number: highest.map_or(FIRST_NUMBER, |number| number + 1),
        times: Times::now(call.context),
    };
    Ok(Reply::of(201, account.shown(call.context)).storing(account.stored(call.context)?))
}

/// A name that is sent along is passed over, whatever it is.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, Refusal> {
    let input: Input = call.request.input()?;
    input.check()?;
    let mut account = seen(call)?;
    must_manage(call)?;
    if let Some(description) = input.description {
        account.description = description;
    }
    account.times.updated_at = call.context.now;
    Ok(Reply::ok(account.shown(call.context)).storing(account.stored(call.context)?))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let account = seen(call)?;
    must_manage(call)?;
    let mut batch = Batch::default();
    batch.delete(key(call.context, &account.id));
    keys::remove(call.view, call.context, &mut batch, |key| key.owner == account.id)?;
    bindings::remove_of(call.view, call.context, &account.id, &mut batch)?;
    Ok(Reply::empty(204).storing(batch))
}
