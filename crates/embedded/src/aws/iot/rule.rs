//! Rules: made, read, replaced, switched and deleted.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::payload::Payload;
use super::payload::Sent;
use super::refusals;
use super::roles;
use super::sql;
use super::sql::Statement;
use super::tags;
use super::tags::Tags;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) name: String,
    /// Milliseconds since 1970. Kept when the rule is replaced; what AWS does then is not published.
    created_at: u64,
    pub(super) payload: Payload,
    pub(super) topic_filter: Option<String>,
    pub(super) tags: Tags,
    /// Until then another update conflicts with the last one.
    settled_at: u64,
}

impl Rule {
    pub(super) fn arn(&self, context: &Context) -> String {
        context.arn("iot", &format!("rule/{}", self.name))
    }

    /// Seconds since 1970, as the protocol writes times.
    pub(super) fn created_at(&self) -> u64 {
        self.created_at / 1000
    }

    pub(super) fn store(&self, context: &Context, batch: &mut Batch) -> Result<(), Refusal> {
        Ok(batch.put(context.regional_prefix(THINGS) + &self.name, self)?)
    }

    fn settled(self, context: &Context) -> Result<Self, Refusal> {
        match context.now < self.settled_at {
            true => Err(refusals::conflicting(&self.name)),
            false => Ok(self),
        }
    }

    /// Stored, with the next update's earliest time.
    fn updated(mut self, context: &Context) -> Result<Reply, Refusal> {
        self.settled_at = context.now + Wait::RuleSettling.length(context.delays);
        let mut batch = Batch::default();
        self.store(context, &mut batch)?;
        Ok(Reply::done(batch))
    }
}

/// Of the store's keys for rules.
pub(super) const THINGS: &str = "iot/rule";

/// 1 to 128 letters, digits and underscores.
pub(super) fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

pub(super) fn find(view: View<'_>, context: &Context, name: &str) -> Result<Option<Rule>, Refusal> {
    Ok(view.get(&(context.regional_prefix(THINGS) + name))?)
}

/// The name in the path.
fn name(request: &Request) -> Result<&str, Refusal> {
    let name = request.labels.get("ruleName").map(String::as_str).unwrap_or_default();
    if name.len() > 128 {
        return Err(refusals::constraint(
            &format!("'{name}'"),
            "ruleName",
            "have length less than or equal to 128",
        ));
    }
    match is_name(name) {
        true => Ok(name),
        false => Err(refusals::constraint(
            &format!("'{name}'"),
            "ruleName",
            "satisfy regular expression pattern: ^[a-zA-Z0-9_]+$",
        )),
    }
}

fn named(view: View<'_>, request: &Request, context: &Context) -> Result<Rule, Refusal> {
    let name = name(request)?;
    find(view, context, name)?.ok_or_else(|| refusals::denied(name))
}

fn checked(request: &Request) -> Result<(Payload, Statement), Refusal> {
    request.input::<Sent>()?.checked()
}

fn check_roles(view: View<'_>, context: &Context, payload: &Payload, statement: &Statement) -> Result<(), Refusal> {
    roles::check(
        view,
        context,
        payload.roles().into_iter().chain(sql::named_roles(statement)),
    )
}

/// In which order AWS finds fault is not published; here an existing name comes before roles, so that a repeated create
/// learns of its first attempt.
pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let name = name(request)?;
    let tags = tags::in_header(request)?;
    let (payload, statement) = checked(request)?;
    if let Some(rule) = find(view, context, name)? {
        return Err(refusals::exists(name, &rule.arn(context)));
    }
    check_roles(view, context, &payload, &statement)?;
    let rule = Rule {
        name: name.to_owned(),
        created_at: context.now,
        topic_filter: statement.topic_filter().map(str::to_owned),
        payload,
        tags,
        settled_at: 0,
    };
    rule.updated(context)
}

pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let rule = named(view, request, context)?;
    let mut shown = serde_json::to_value(&rule.payload)?;
    if let Value::Object(members) = &mut shown {
        members.insert("ruleName".to_owned(), rule.name.as_str().into());
        members.insert("createdAt".to_owned(), rule.created_at().into());
    }
    Ok(Reply::output(json!({"ruleArn": rule.arn(context), "rule": shown})))
}

/// The whole payload anew: what is left out has its default, not its former value. Tags stay.
pub(super) fn replace(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut rule = named(view, request, context)?;
    let (payload, statement) = checked(request)?;
    check_roles(view, context, &payload, &statement)?;
    rule = rule.settled(context)?;
    rule.topic_filter = statement.topic_filter().map(str::to_owned);
    rule.payload = payload;
    rule.updated(context)
}

pub(super) fn enable(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    switch(view, request, context, false)
}

pub(super) fn disable(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    switch(view, request, context, true)
}

fn switch(view: View<'_>, request: &Request, context: &Context, disabled: bool) -> Result<Reply, Refusal> {
    let mut rule = named(view, request, context)?.settled(context)?;
    rule.payload.rule_disabled = disabled;
    rule.updated(context)
}

pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let rule = named(view, request, context)?.settled(context)?;
    let mut batch = Batch::default();
    batch.delete(context.regional_prefix(THINGS) + &rule.name);
    Ok(Reply::done(batch))
}
