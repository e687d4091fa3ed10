//! A thing's attributes, and what an attribute payload makes of them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::refusals;
use crate::aws::refusal::Refusal;

pub(super) type Attributes = BTreeMap<String, String>;

/// Of a thing without a type.
const MOST: usize = 3;

#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    attributes: Option<Attributes>,
    merge: Option<bool>,
}

/// The attributes after a payload: without one or without a list as they were, with `merge` laid over those that are
/// there, else in their place. An empty value removes its attribute.
pub(super) fn laid_over(present: &Attributes, payload: Option<&Payload>) -> Result<Attributes, Refusal> {
    let Some((payload, sent)) = payload.and_then(|payload| Some((payload, payload.attributes.as_ref()?))) else {
        return Ok(present.clone());
    };
    let mut made = match payload.merge {
        Some(true) => present.clone(),
        _ => Attributes::new(),
    };
    for (name, value) in sent {
        check(name, value)?;
        match value.is_empty() {
            true => made.remove(name),
            false => made.insert(name.clone(), value.clone()),
        };
    }
    match made.len() > MOST {
        true => Err(refusals::invalid(format!(
            "A thing without a thing type has at most {MOST} attributes, not {}.",
            made.len()
        ))),
        false => Ok(made),
    }
}

fn check(name: &str, value: &str) -> Result<(), Refusal> {
    let member = "attributePayload.attributes";
    if !is_attribute_name(name) {
        let rule = "satisfy constraint: [Member must have length between 1 and 128, Member must satisfy regular \
                    expression pattern: [a-zA-Z0-9_.,@/:#-]+]";
        return Err(refusals::constraint(&format!("'{name}'"), member, rule));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.,@/:#=[]-".contains(&byte);
    if value.len() > 800 || !value.bytes().all(legal) {
        let rule = "satisfy constraint: [Member must have length less than or equal to 800, Member must satisfy regular \
                    expression pattern: [a-zA-Z0-9_.,@/:#=\\[\\]-]*]";
        return Err(refusals::constraint(&format!("'{value}'"), member, rule));
    }
    Ok(())
}

pub(super) fn is_attribute_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.,@/:#-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(legal)
}
