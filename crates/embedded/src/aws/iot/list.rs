//! ListTopicRules: every rule's name, filter and state, neither SQL nor actions.

use serde_json::Value;
use serde_json::json;

use super::refusals;
use super::rule;
use super::rule::Rule;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

/// As many as one answer holds at most, and where nothing is asked for (not published; small, so that paging is met).
const LARGEST_PAGE: usize = 10_000;
const DEFAULT_PAGE: usize = 100;

struct Wanted {
    topic: Option<String>,
    disabled: Option<bool>,
    page: usize,
    /// The last rule of the page before.
    after: Option<String>,
}

/// In the order of names. `topic` is compared with the rule's filter letter by letter.
pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let wanted = Wanted::of(request)?;
    let prefix = context.regional_prefix(rule::THINGS);
    let after = wanted
        .after
        .as_ref()
        .map(|name| prefix.clone() + name)
        .unwrap_or_default();
    let mut shown: Vec<Value> = Vec::new();
    let mut last = String::new();
    for found in view.scan_after::<Rule>(&prefix, &after) {
        let (_, rule) = found?;
        if !wanted.takes(&rule) {
            continue;
        }
        if shown.len() == wanted.page {
            return Ok(Reply::output(json!({"rules": shown, "nextToken": token(&last)})));
        }
        shown.push(item(&rule, context));
        last = rule.name;
    }
    Ok(Reply::output(json!({"rules": shown})))
}

fn item(rule: &Rule, context: &Context) -> Value {
    let mut item = json!({
        "ruleArn": rule.arn(context),
        "ruleName": rule.name,
        "createdAt": rule.created_at(),
        "ruleDisabled": rule.payload.rule_disabled,
    });
    if let (Some(filter), Value::Object(members)) = (&rule.topic_filter, &mut item) {
        members.insert("topicPattern".to_owned(), filter.as_str().into());
    }
    item
}

impl Wanted {
    fn of(request: &Request) -> Result<Self, Refusal> {
        let page = match request.queried("maxResults") {
            None => DEFAULT_PAGE,
            Some(text) => {
                let number = text.parse().ok().filter(|number| (1..=LARGEST_PAGE).contains(number));
                let rule = format!("be a number from 1 to {LARGEST_PAGE}");
                number.ok_or_else(|| refusals::constraint(&format!("'{text}'"), "maxResults", &rule))?
            }
        };
        let disabled = match request.queried("ruleDisabled") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(text) => {
                let rule = "be true or false";
                return Err(refusals::constraint(&format!("'{text}'"), "ruleDisabled", rule));
            }
        };
        let after = match request.queried("nextToken") {
            None => None,
            Some(token) => Some(named_by(token).ok_or_else(|| refusals::invalid("Invalid nextToken."))?),
        };
        Ok(Self {
            topic: request.queried("topic").map(str::to_owned),
            disabled,
            page,
            after,
        })
    }

    fn takes(&self, rule: &Rule) -> bool {
        self.disabled
            .is_none_or(|disabled| disabled == rule.payload.rule_disabled)
            && self
                .topic
                .as_ref()
                .is_none_or(|topic| rule.topic_filter.as_ref() == Some(topic))
    }
}

/// A rule's name in hexadecimal, so that nobody takes it for one.
fn token(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn named_by(token: &str) -> Option<String> {
    let pairs = (0..token.len()).step_by(2);
    let byte = |from: usize| u8::from_str_radix(token.get(from..from + 2)?, 16).ok();
    let name = String::from_utf8(pairs.map(byte).collect::<Option<_>>()?).ok()?;
    rule::is_name(&name).then_some(name)
}
