//! Tags of roles. Keys are kept as they are spelled but compared without case (IAM user guide, "Tagging IAM
//! resources").

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::page::RolePageInput;
use super::parameters;
use super::parameters::Constraints;
use super::parameters::list;
use super::refusals;
use super::role;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

/// Sorted by key, as ListRoleTags answers them.
pub(super) type Tags = std::collections::BTreeMap<String, String>;

const MOST: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    key: Option<String>,
    value: Option<String>,
}

/// The parameter `Tags`.
///
/// # Errors
/// A key is there twice; to be told only once the constraints are kept.
pub(super) fn read(constraints: &mut Constraints, tags: Vec<TagInput>) -> Result<Tags, Refusal> {
    if tags.len() > MOST {
        let bound = format!("Member must have length less than or equal to {MOST}");
        constraints.breach("tags", &format!("[{} tags]", tags.len()), &bound);
    }
    let mut read = Tags::new();
    for (index, tag) in tags.into_iter().enumerate() {
        let number = index + 1;
        let key = constraints.required(&format!("tags.{number}.member.key"), tag.key, &parameters::TAG_KEY);
        let value = constraints.required(
            &format!("tags.{number}.member.value"),
            tag.value,
            &parameters::TAG_VALUE,
        );
        if read.keys().any(|known| same(known, &key)) {
            return Err(refusals::invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        read.insert(key, value);
    }
    Ok(read)
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether a role may have these tags.
pub(super) fn check(tags: &Tags) -> Result<(), Refusal> {
    if tags.len() > MOST {
        return Err(refusals::quota("TagsPerRole", MOST));
    }
    if tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(refusals::invalid_input(
            "aws: prefixed tag key names are not allowed for external use.",
        ));
    }
    Ok(())
}

/// As answers list them.
pub(super) fn shown(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagRoleInput {
    role_name: Option<String>,
    #[serde(default, deserialize_with = "list")]
    tags: Option<Vec<TagInput>>,
}

pub(super) fn tag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: TagRoleInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    if input.tags.is_none() {
        constraints.missing("tags");
    }
    let added = read(&mut constraints, input.tags.unwrap_or_default());
    constraints.kept()?;
    let added = added?;
    check(&added)?;
    let mut role = role::named(view, context, &name)?;
    role.tags
        .retain(|key, _| !added.keys().any(|replaced| same(replaced, key)));
    role.tags.extend(added);
    check(&role.tags)?;
    role.stored(context).map(Reply::done)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UntagRoleInput {
    role_name: Option<String>,
    #[serde(default, deserialize_with = "list")]
    tag_keys: Option<Vec<String>>,
}

/// Keys that the role does not have do no harm.
pub(super) fn untag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UntagRoleInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    if input.tag_keys.is_none() {
        constraints.missing("tagKeys");
    }
    let mut removed = Vec::new();
    for (index, key) in input.tag_keys.unwrap_or_default().into_iter().enumerate() {
        let parameter = format!("tagKeys.{}.member", index + 1);
        removed.push(constraints.required(&parameter, Some(key), &parameters::TAG_KEY));
    }
    constraints.kept()?;
    let mut role = role::named(view, context, &name)?;
    role.tags.retain(|key, _| !removed.iter().any(|gone| same(gone, key)));
    role.stored(context).map(Reply::done)
}

pub(super) fn list_tags(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (name, page) = request.input::<RolePageInput>()?.parts()?;
    let role = role::named(view, context, &name)?;
    let tags = role.tags.into_iter().enumerate();
    let numbered = tags.map(|(number, tag)| (format!("{number:04}"), tag));
    page.cut("Tags", numbered, |(key, value)| json!({"Key": key, "Value": value}))
        .map(Reply::output)
}
