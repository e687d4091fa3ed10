//! Three kinds that no cloud has: a store that can be replaced, a user of it that falls with it, and a role.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Erased;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Proof;
use crate::schema::Schema;
use crate::schema::Whole;

pub(in crate::plan) static STORE: Erased<Store> = Erased::new();
pub(in crate::plan) static USER: Erased<User> = Erased::new();
pub(in crate::plan) static ROLE: Erased<Role> = Erased::new();
pub(in crate::plan) static FICKLE: Erased<Fickle> = Erased::new();

const NAMING: Naming = Naming {
    punctuation: "-_",
    replacement: '-',
    length: 80,
    tagged: false,
};

pub(in crate::plan) struct Store;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::plan) struct StoreSpec {
    size: u32,
    text: Option<String>,
    fixed: Option<String>,
    nested: Option<Nested>,
    members: Vec<String>,
    config: Option<BTreeMap<String, String>>,
    chosen: Option<u32>,
    password: Option<String>,
    target: Option<Target>,
}

/// A text, or a whole resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Target {
    Text(String),
    Whole(Whole),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::plan) struct Nested {
    fixed: Option<String>,
    chosen: Option<u32>,
}

impl Schema for Store {
    const NAME: &'static str = "store";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[("name", "x"), ("arn", "arn:x"), ("id", "i-1")];
    const NAMING: Naming = NAMING;
    const REPLACE_ON: &'static [Path] = &[&["fixed"], &["nested", "fixed"]];
    const MUST_EXIST: &'static [Path] = &[&["target"]];
    const OPEN_MAPS: &'static [Path] = &[&["config"]];
    const SERVER_CHOSEN: &'static [Path] = &[&["chosen"], &["nested", "chosen"]];
    const SETS: &'static [Path] = &[&["members"]];
    const SECRETS: &'static [Path] = &[&["password"]];
    const SCOPE: &'static [&'static str] = &["target"];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 50;
    type Spec = StoreSpec;

    fn canonical(spec: StoreSpec) -> StoreSpec {
        StoreSpec {
            text: spec
                .text
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty()),
            ..spec
        }
    }

    fn known_outputs(_spec: &StoreSpec, cloud_name: &str, place: &Place) -> Outputs {
        named_outputs("store", cloud_name, place)
    }
}

pub(in crate::plan) struct User;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::plan) struct UserSpec {
    store: Option<String>,
    store_id: Option<String>,
    role: Option<String>,
    size: u32,
}

impl Schema for User {
    const NAME: &'static str = "user";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[("id", "u-1")];
    const NAMING: Naming = NAMING;
    const MUST_EXIST: &'static [Path] = &[&["store"], &["role"]];
    const ON_REPLACED: &'static [(&'static str, Effect)] =
        &[("store", Effect::Replace), ("aws_iam_role", Effect::Touch)];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 10;
    type Spec = UserSpec;

    fn canonical(spec: UserSpec) -> UserSpec {
        spec
    }

    fn identity(spec: &UserSpec, _cloud_name: &str) -> Identity {
        Identity::Natural([&spec.store, &spec.store_id].into_iter().flatten().cloned().collect())
    }

    fn known_outputs(_spec: &UserSpec, _cloud_name: &str, _place: &Place) -> Outputs {
        Outputs::new()
    }
}

pub(in crate::plan) struct Role;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::plan) struct RoleSpec {
    trust: String,
    #[serde(default)]
    fixed: Option<String>,
}

impl Schema for Role {
    const NAME: &'static str = "aws_iam_role";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[("name", "x"), ("arn", "arn:x"), ("id", "r-1")];
    const NAMING: Naming = Naming { tagged: true, ..NAMING };
    const REPLACE_ON: &'static [Path] = &[&["fixed"]];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 60;
    type Spec = RoleSpec;

    fn canonical(spec: RoleSpec) -> RoleSpec {
        spec
    }

    fn known_outputs(_spec: &RoleSpec, cloud_name: &str, place: &Place) -> Outputs {
        named_outputs("role", cloud_name, place)
    }
}

/// A kind as none may be: it foretells an output only while it does not know what it refers to.
pub(in crate::plan) struct Fickle;

impl Schema for Fickle {
    const NAME: &'static str = "fickle";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[("mood", "x")];
    const NAMING: Naming = NAMING;
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 50;
    type Spec = StoreSpec;

    fn canonical(spec: StoreSpec) -> StoreSpec {
        spec
    }

    fn known_outputs(spec: &StoreSpec, _cloud_name: &str, _place: &Place) -> Outputs {
        let awaits = spec.text.as_deref().is_some_and(sentinel::awaits_output);
        awaits
            .then(|| ("mood".to_owned(), "x".to_owned()))
            .into_iter()
            .collect()
    }
}

fn named_outputs(kind: &str, cloud_name: &str, place: &Place) -> Outputs {
    let account = place.text(crate::resource::PlaceField::AccountId);
    [
        ("name", cloud_name.to_owned()),
        ("arn", format!("arn:{kind}:{account}:{cloud_name}")),
    ]
    .map(|(output, text)| (output.to_owned(), text))
    .into()
}
