//! Lists of the control plane, a page at a time.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use serde_json::Value;
use serde_json::json;

use super::refusal::Refusal;
use super::request::Request;
use super::service::Call;
use super::service::Reply;
use super::switches::EmptyLists;

const DEFAULT_SIZE: usize = 10;
const LARGEST_SIZE: usize = 100;

/// `api_version` and `kind` of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
}

/// A page of what is listed, in the order of the items' ids. The next page's address repeats the filters. A full page
/// always has a next one, which may be empty: with `empty_lists: list` not even that.
pub(crate) fn page(call: &Call<'_>, kind: Kind, mut items: Vec<(String, Value)>) -> Result<Reply, Refusal> {
    let (request, nulls) = (call.request, call.context.switches.empty_lists == EmptyLists::Null);
    let size = size(request)?;
    let after = after(request)?;
    items.sort_by(|(left, _), (right, _)| left.cmp(right));
    let total = items.len();
    let mut rest = items.into_iter().skip_while(|(id, _)| Some(id) <= after.as_ref());
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some() || (nulls && page.len() == size);
    let mut metadata = json!({"first": address(request, &[]), "total_size": total});
    if let Some((last, _)) = page.last().filter(|_| more) {
        let token = BASE64_URL_SAFE_NO_PAD.encode(format!("after:{last}"));
        let place = [("page_size", size.to_string()), ("page_token", token)];
        metadata["next"] = json!(address(request, &place));
    }
    let data: Vec<_> = page.into_iter().map(|(_, shown)| shown).collect();
    let data = if nulls && data.is_empty() {
        Value::Null
    } else {
        json!(data)
    };
    let Kind { api_version, kind } = kind;
    Ok(Reply::ok(
        json!({"api_version": api_version, "kind": kind, "metadata": metadata, "data": data}),
    ))
}

fn size(request: &Request) -> Result<usize, Refusal> {
    let Some(asked) = request.queried("page_size") else {
        return Ok(DEFAULT_SIZE);
    };
    let size = asked.parse().ok().filter(|size| (1..=LARGEST_SIZE).contains(size));
    size.ok_or_else(|| invalid("page_size", "page_size must be between 1 and 100"))
}

fn after(request: &Request) -> Result<Option<String>, Refusal> {
    let Some(token) = request.queried("page_token") else {
        return Ok(None);
    };
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let last = decoded.and_then(|text| text.strip_prefix("after:").map(str::to_owned));
    last.map(Some)
        .ok_or_else(|| invalid("page_token", "page_token is not one that this list gave"))
}

fn invalid(parameter: &'static str, detail: &str) -> Refusal {
    Refusal::general(400, "invalid_filter", detail).at_parameter(parameter)
}

/// The list's address as the real cloud would give it, with the request's filters.
fn address(request: &Request, place: &[(&str, String)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in &request.query {
        if name != "page_size" && name != "page_token" {
            query.append_pair(name, value);
        }
    }
    for (name, value) in place {
        query.append_pair(name, value);
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("https://api.confluent.cloud{}{mark}{query}", request.path)
}
