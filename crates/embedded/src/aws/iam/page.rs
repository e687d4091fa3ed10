//! Paging: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out. A marker holds the last key that was shown, so
//! that what is added or deleted between two pages neither hides nor doubles anything else.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::parameters;
use super::parameters::Constraints;
use super::refusals;
use crate::aws::refusal::Refusal;

const DEFAULT_ITEMS: u32 = 100;
const MOST_ITEMS: u32 = 1000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PageInput {
    marker: Option<String>,
    max_items: Option<String>,
}

/// The input of operations that list something of one role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RolePageInput {
    role_name: Option<String>,
    #[serde(flatten)]
    page: PageInput,
}

impl RolePageInput {
    /// The role's name and the page.
    pub(super) fn parts(self) -> Result<(String, Page), Refusal> {
        let mut constraints = Constraints::default();
        let name = constraints.required("roleName", self.role_name, &parameters::ROLE_NAME);
        let page = Page::read(&mut constraints, self.page);
        constraints.kept()?;
        Ok((name, page?))
    }
}

#[derive(Debug)]
pub(super) struct Page {
    /// Empty: from the first one on.
    after: String,
    items: usize,
}

impl Page {
    /// # Errors
    /// The marker is none of ours; to be told only once the constraints are kept.
    pub(super) fn read(constraints: &mut Constraints, input: PageInput) -> Result<Self, Refusal> {
        let items = constraints.number("maxItems", input.max_items, 1, MOST_ITEMS);
        let marker = constraints.optional("marker", input.marker, &parameters::MARKER);
        let after = match marker {
            Some(marker) => {
                decoded(&marker).ok_or_else(|| refusals::validation(format!("Invalid Marker: {marker}")))?
            }
            None => String::new(),
        };
        Ok(Self {
            after,
            items: usize::try_from(items.unwrap_or(DEFAULT_ITEMS)).unwrap_or(usize::MAX),
        })
    }

    /// The page of items that come in the order of their keys, as the output's list `name`. Keys are short enough for a
    /// marker: up to 150 bytes.
    pub(super) fn cut<T>(
        &self,
        name: &str,
        items: impl IntoIterator<Item = (String, T)>,
        shown: impl Fn(&T) -> Value,
    ) -> Result<Value, Refusal> {
        let mut rest = items.into_iter().filter(|(key, _)| *key > self.after);
        let page: Vec<_> = rest.by_ref().take(self.items).collect();
        let truncated = rest.next().is_some();
        let values: Vec<_> = page.iter().map(|(_, item)| shown(item)).collect();
        let mut output = json!({name: values, "IsTruncated": truncated});
        if truncated && let Some((last, _)) = page.last() {
            output["Marker"] = json!(encoded(last));
        }
        Ok(output)
    }
}

fn encoded(key: &str) -> String {
    key.bytes().fold(String::new(), |mut marker, byte| {
        // Writing to a text cannot fail.
        let _ = write!(marker, "{byte:02x}");
        marker
    })
}

fn decoded(marker: &str) -> Option<String> {
    let digits: Vec<u8> = marker
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    String::from_utf8(pairs.iter().map(|[high, low]| high << 4 | low).collect()).ok()
}
