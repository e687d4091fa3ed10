//! Lists, a page at a time. `metadata.next` is an address: what is taken from it is where to go on, never where to ask.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::object::Identified;
use super::request::Request;
use super::send::Asking;
use crate::clients::error::ProviderError;

/// The largest that Confluent gives.
pub(super) const SIZE: &str = "100";
const TOKEN: &str = "page_token";
/// A million things: beyond that the list is no list.
const MOST: usize = 10_000;

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
struct Page<T> {
    #[serde(default)]
    metadata: Option<Metadata>,
    /// Null where there is nothing; but an answer without it is no list, and proves no absence.
    #[serde(deserialize_with = "Option::deserialize")]
    data: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    next: Option<String>,
}

/// Everything that the pages hold, each asked for with the filters of the first.
///
/// # Errors
/// A page cannot be read, or the pages go in a circle or elsewhere: a list that may be cut proves nothing.
pub(super) async fn all<'a, T: DeserializeOwned + Identified>(
    first: Request,
    ask: impl Fn(Request) -> Asking<'a>,
) -> Result<Vec<T>, ProviderError> {
    let mut request = first.clone();
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    loop {
        let answer = ask(request).await?;
        let page: Page<T> = answer.json()?;
        let things = page.data.unwrap_or_default();
        if things.iter().any(|thing| thing.identity().is_empty()) {
            return Err(answer.misunderstood("it lists what does not say of what it is"));
        }
        items.extend(things);
        let next = page.metadata.unwrap_or_default().next;
        let Some(next) = next.filter(|next| !next.is_empty()) else {
            return Ok(items);
        };
        let token = token(&first.path, &next).map_err(|why| answer.misunderstood(why))?;
        if !seen.insert(token.clone()) || seen.len() > MOST {
            return Err(answer.misunderstood("its pages have no end"));
        }
        request = first.clone().query(TOKEN, &token);
    }
}

/// The token in the address of the next page, which must be of the same list.
fn token(path: &str, next: &str) -> Result<String, &'static str> {
    let uri: http::Uri = next.parse().map_err(|_| "the next page's address is none")?;
    if uri.path() != path {
        return Err("the next page is one of another list");
    }
    let pairs = uri.query().unwrap_or_default().split('&');
    let token = pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == TOKEN && !value.is_empty()).then_some(value));
    // As in a form: a blank may be a plus.
    let token = token.ok_or("the next page's address holds no token")?.replace('+', " ");
    let decoded = percent_decode_str(&token).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "the next page's token is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_one_of_the_same_list() {
        let next = "https://api.confluent.cloud/cmk/v2/clusters?environment=env-1&page_token=a%2Fb%3D";
        assert_eq!(token("/cmk/v2/clusters", next), Ok("a/b=".to_owned()));
        assert_eq!(
            token("/cmk/v2/clusters", "/cmk/v2/clusters?page_token=x"),
            Ok("x".to_owned())
        );
        assert!(token("/org/v2/environments", next).is_err());
        assert!(
            token(
                "/cmk/v2/clusters",
                "https://api.confluent.cloud/cmk/v2/clusters?page_token="
            )
            .is_err()
        );
        assert!(token("/cmk/v2/clusters", "not an address").is_err());
    }
}
