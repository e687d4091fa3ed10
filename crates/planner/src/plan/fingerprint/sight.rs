//! What was read.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::json;

use super::How;
use super::Moved;
use super::compared;
use super::of_json;
use crate::plan::Evaluation;
use crate::plan::comparable::comparable;
use crate::plan::live::Handle;
use crate::plan::live::Live;
use crate::plan::live::Observations;
use crate::plan::live::OpenKeys;
use crate::plan::live::Owned;
use crate::plan::live::Seen;
use crate::plan::record::Record;
use crate::plan::sentinels;
use crate::resource::Address;
use crate::resource::Value;
use crate::schema;
use crate::schema::AnySchema;
use crate::schema::DecodeError;

/// Everything that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sightings {
    /// What is declared, by address.
    pub declared: BTreeMap<String, Sight>,
    /// What else is ours, by address.
    pub owned: BTreeMap<String, Sight>,
    /// The kinds of which not all that is ours could be listed.
    pub unlisted: BTreeSet<String>,
    /// What is neither declared nor ours, by the address of what holds it.
    #[serde(default)]
    pub strangers: BTreeMap<String, String>,
    /// Others of ours with its identity, by address.
    #[serde(default)]
    pub doubles: BTreeMap<String, String>,
    /// What is remembered, by address; `None` where no record was read.
    #[serde(default)]
    pub record: Option<BTreeMap<String, String>>,
}

/// How one object was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "lowercase", deny_unknown_fields)]
pub enum Sight {
    Absent,
    Present {
        /// `None` where nothing of it is compared: it is only looked up.
        attributes: Option<String>,
        outputs: String,
        mark: Option<String>,
        revision: Option<String>,
    },
    Unreadable,
    Unverified {
        outputs: String,
    },
    /// Gone, or not to be seen.
    Hidden,
    NotCompared {
        /// As they are remembered.
        outputs: Option<String>,
    },
}

impl Sightings {
    pub fn of(evaluation: &Evaluation<'_>, live: &Observations) -> Result<Self, DecodeError> {
        let mut declared = BTreeMap::new();
        for resource in &evaluation.declared().resources {
            let address = &resource.address;
            let wanted = evaluation.wanted(address)?;
            let sight = match live.get(address) {
                Some(Live::Present(seen)) if wanted.existing => looked_up(seen),
                Some(live) => sight(Some(resource.schema), live, &wanted.value, None)?,
                None => Sight::Unreadable,
            };
            declared.insert(address.to_string(), sight);
        }
        let owned = live.owned.iter().map(|owned| {
            let schema = schema::find(&owned.address.kind);
            let found = sight(schema, &owned.live, &Value::Null, Some(owned))?;
            Ok((owned.address.to_string(), found))
        });
        Ok(Self {
            declared,
            owned: owned.collect::<Result<_, DecodeError>>()?,
            unlisted: live.unlisted.iter().map(|unlisted| unlisted.kind.clone()).collect(),
            strangers: named(&live.strangers),
            doubles: named(&live.doubles),
            record: live.record.as_ref().map(remembered),
        })
    }

    /// What is found otherwise now.
    pub fn moved(&self, now: &Self) -> Vec<Moved> {
        let mut moved = compared(&self.declared, &now.declared, Sight::moved);
        moved.extend(compared(&self.owned, &now.owned, Sight::moved));
        let listed = self.unlisted.difference(&now.unlisted);
        moved.extend(listed.map(|kind| Moved::new(kind, vec![How::Listed])));
        let lost = now.unlisted.difference(&self.unlisted);
        moved.extend(lost.map(|kind| Moved::new(kind, vec![How::NotListed])));
        moved.extend(otherwise(&self.strangers, &now.strangers, &How::Strangers));
        moved.extend(otherwise(&self.doubles, &now.doubles, &How::Doubles));
        moved.extend(record_moved(self.record.as_ref(), now.record.as_ref()));
        by_name(moved)
    }
}

/// The same names in another order are the same.
fn named(found: &BTreeMap<Address, Vec<String>>) -> BTreeMap<String, String> {
    let found = found.iter().filter(|(_, names)| !names.is_empty());
    let of_names = |names: &Vec<String>| of_json(json!(names.iter().collect::<BTreeSet<_>>()));
    found
        .map(|(address, names)| (address.to_string(), of_names(names)))
        .collect()
}

fn remembered(record: &Record) -> BTreeMap<String, String> {
    let entries = record.entries.iter();
    entries
        .map(|(address, entry)| (address.clone(), of_json(json!(entry))))
        .collect()
}

/// What has another fingerprint by now, or only one before or now.
fn otherwise(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>, how: &How) -> Vec<Moved> {
    compared(before, now, |before, now| {
        (before != now).then(|| how.clone()).into_iter().collect()
    })
}

/// A record that came or went is named by its entries; one without any, as itself.
fn record_moved(before: Option<&BTreeMap<String, String>>, now: Option<&BTreeMap<String, String>>) -> Vec<Moved> {
    let none = BTreeMap::new();
    let moved = otherwise(before.unwrap_or(&none), now.unwrap_or(&none), &How::Record);
    match (before, now) {
        (None, Some(_)) if moved.is_empty() => vec![Moved::new(RECORD, vec![How::Made])],
        (Some(_), None) if moved.is_empty() => vec![Moved::new(RECORD, vec![How::Gone])],
        _ => moved,
    }
}

const RECORD: &str = "the record";

/// Each name once, where it stood first.
fn by_name(moved: Vec<Moved>) -> Vec<Moved> {
    let mut named: IndexMap<String, Vec<How>> = IndexMap::new();
    for Moved { name, how } in moved {
        named.entry(name).or_default().extend(how);
    }
    named.into_iter().map(|(name, how)| Moved { name, how }).collect()
}

impl Sight {
    /// What no list names any more is gone.
    fn moved(before: Option<&Self>, now: Option<&Self>) -> Vec<How> {
        let (before, now) = (before.unwrap_or(&Self::Absent), now.unwrap_or(&Self::Absent));
        match (before, now) {
            (Self::Present { .. }, Self::Present { .. }) => respects(before, now),
            _ if before == now => Vec::new(),
            (Self::Unverified { .. }, Self::Unverified { .. })
            | (Self::NotCompared { .. }, Self::NotCompared { .. }) => {
                vec![How::Outputs]
            }
            (_, now) if now.is_unread() => vec![How::NotReadable],
            (before, _) if before.is_unread() => vec![How::Readable],
            (_, Self::Present { .. }) => vec![How::Made],
            (_, _) => vec![How::Gone],
        }
    }

    fn is_unread(&self) -> bool {
        !matches!(self, Self::Absent | Self::Present { .. })
    }
}

/// In which respects one object that is there moved.
fn respects(before: &Sight, now: &Sight) -> Vec<How> {
    let mut how = Vec::new();
    if let Sight::Present {
        attributes,
        outputs,
        mark,
        revision,
    } = before
        && let Sight::Present {
            attributes: new_attributes,
            outputs: new_outputs,
            mark: new_mark,
            revision: new_revision,
        } = now
    {
        // While something is going on there is none; it ends without anybody's doing.
        let is_rewritten = revision.is_some() && new_revision.is_some() && revision != new_revision;
        let moved = [
            (attributes != new_attributes, How::Attributes),
            (outputs != new_outputs, How::Outputs),
            (mark != new_mark, How::Mark),
            (is_rewritten, How::Revision),
        ];
        how.extend(moved.into_iter().filter_map(|(moved, how)| moved.then_some(how)));
    }
    how
}

/// `owned`: what nothing declares is told by its cloud name as well.
fn sight(
    schema: Option<&dyn AnySchema>,
    live: &Live,
    wanted: &Value,
    owned: Option<&Owned>,
) -> Result<Sight, DecodeError> {
    let seen = match live {
        Live::Absent => return Ok(Sight::Absent),
        Live::Unreadable { .. } => return Ok(Sight::Unreadable),
        Live::Hidden { .. } => return Ok(Sight::Hidden),
        Live::NotCompared { outputs } => {
            let outputs = outputs.as_ref().map(|outputs| of_json(json!(outputs)));
            return Ok(Sight::NotCompared { outputs });
        }
        Live::Unverified { outputs, .. } => {
            let outputs = of_json(json!(outputs));
            return Ok(Sight::Unverified { outputs });
        }
        Live::Present(seen) => seen,
    };
    let Seen {
        spec,
        outputs,
        mark,
        handle: Handle { id: _, revision },
        holds_data: _,
        open,
    } = seen;
    let attributes = match schema {
        Some(schema) => compared_attributes(schema, spec, wanted, open)?,
        None => spec.clone(),
    };
    Ok(Sight::Present {
        attributes: Some(of_json(attributes)),
        outputs: of_json(json!([outputs, owned.map(|owned| &owned.cloud_name)])),
        mark: mark.as_ref().map(|mark| of_json(json!(mark))),
        revision: revision.as_deref().filter(|text| !is_counter(text)).map(str::to_owned),
    })
}

fn looked_up(seen: &Seen) -> Sight {
    Sight::Present {
        attributes: None,
        outputs: of_json(json!([seen.outputs, null])),
        mark: None,
        revision: None,
    }
}

/// A number counts what happened, whatever that was.
fn is_counter(revision: &str) -> bool {
    revision.chars().all(|c| c.is_ascii_digit())
}

/// The live attributes as they are compared, in an order of their own.
fn compared_attributes(
    schema: &dyn AnySchema,
    spec: &Json,
    wanted: &Value,
    open: &OpenKeys,
) -> Result<Json, DecodeError> {
    let live = sentinels::literal(&schema.canonical(spec)?);
    let (live, _) = comparable(schema, live, wanted.clone(), open);
    // Compared with itself every set is in the order of its items.
    let (ordered, _) = comparable(schema, live.clone(), live, open);
    Ok(serde_json::to_value(&ordered).unwrap_or(Json::Null))
}
