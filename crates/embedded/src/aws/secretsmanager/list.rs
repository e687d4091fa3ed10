//! ListSecrets: by name, a page at a time. It may lag behind a create, and hides what is scheduled for deletion unless
//! asked.

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::refusals;
use super::secret;
use super::secret::Secret;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    #[serde(default)]
    include_planned_deletion: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

/// Any value of a filter may match, every filter must. Values are prefixes; those that begin with `!` must not match.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl Filter {
    fn check(&self) -> Result<(), Refusal> {
        match self.key.as_deref() {
            Some("name" | "tag-key" | "tag-value") => Ok(()),
            other => Err(refusals::invalid_parameter(format!(
                "eclusa's embedded cloud filters secrets by name, tag-key and tag-value, not by {}.",
                other.unwrap_or("nothing")
            ))),
        }
    }

    fn takes(&self, secret: &Secret) -> bool {
        let texts: Vec<&String> = match self.key.as_deref() {
            Some("tag-key") => secret.tags.keys().collect(),
            Some("tag-value") => secret.tags.values().collect(),
            _ => vec![&secret.name],
        };
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => !texts.iter().any(|text| text.starts_with(value)),
            None => texts.iter().any(|text| text.starts_with(value.as_str())),
        })
    }
}

pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ListInput = request.input()?;
    input.filters.iter().try_for_each(Filter::check)?;
    let size = match input.max_results {
        None => PAGE,
        Some(asked) => usize::try_from(asked)
            .ok()
            .filter(|asked| (1..=PAGE).contains(asked))
            .ok_or_else(|| refusals::invalid_parameter("MaxResults must be between 1 and 100."))?,
    };
    let prefix = secret::prefix(context);
    let after = match &input.next_token {
        None => String::new(),
        Some(token) => token
            .strip_prefix("after:")
            .map(|name| format!("{prefix}{name}"))
            .ok_or_else(refusals::bad_page)?,
    };
    let mut page: Vec<Secret> = Vec::new();
    let mut more = false;
    for found in view.scan_after::<Secret>(&prefix, &after) {
        let (_, secret) = found?;
        if !is_listed(&secret, &input, context) {
            continue;
        }
        if page.len() == size {
            more = true;
            break;
        }
        page.push(secret);
    }
    let shown: Vec<Value> = page
        .iter()
        .map(|secret| secret.shown(context, "SecretVersionsToStages"))
        .collect();
    let mut output = json!({"SecretList": shown});
    if let Some(last) = page.last().filter(|_| more) {
        output["NextToken"] = json!(format!("after:{}", last.name));
    }
    Ok(Reply::output(output))
}

fn is_listed(secret: &Secret, input: &ListInput, context: &Context) -> bool {
    let scheduled = match secret.deletion {
        None => true,
        Some(deletion) => input.include_planned_deletion && context.now < deletion.gone_at,
    };
    scheduled && secret.listed_at <= context.now && input.filters.iter().all(|filter| filter.takes(secret))
}
