//! Each attribute of each kind: changed in the YAML and back, removed and back, changed behind our back while declared
//! and while not, and the resource deleted behind our back. Each plan names exactly that, apply converges; a plan that
//! was saved before a foreign edit is refused by exactly what was edited.
//!
//! One world a kind, one resource a row: a step edits all rows at once, and the plan must name each with its own
//! fields. The rows are held against the kind's JSON Schema and the registries, so that a new attribute or kind
//! without a row fails.

mod cloudformation_stack;
mod confluent_api_key;
mod confluent_connector;
mod confluent_environment;
mod confluent_kafka_acl;
mod confluent_kafka_cluster;
mod confluent_kafka_topic;
mod confluent_role_binding;
mod confluent_service_account;
mod iam_role;
mod iot_topic_rule;
mod lambda_event_source_mapping;
mod lambda_function;
mod secretsmanager_secret;
mod sqs_queue;

use std::collections::BTreeSet;
use std::ops::Deref;

use eclusa::kinds::KINDS;
use eclusa_planner::schema;
use eclusa_planner::schema::SCHEMAS;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::confluent::Confluent;
use crate::saved;
use crate::world::LOCAL;
use crate::world::World;

/// A kind with all its attributes.
struct Rows {
    kind: &'static str,
    /// What a resource of the kind needs at least.
    least: Json,
    /// Resources of the stack that rows refer to, or that refer to them.
    beside: Vec<(&'static str, Json)>,
    /// Files that resources name, with their texts.
    files: &'static [(&'static str, &'static str)],
    rows: Vec<Row>,
    /// Attributes that cannot go through all steps, and are proved in tests of their own.
    elsewhere: &'static [&'static str],
    /// Deletes the live object of this name; where a kind has no names, of the row's.
    delete: fn(&Clouds<'_>, &str),
    /// What is planned beside when all rows' resources are gone: address, action, reason.
    falls: &'static [(&'static str, &'static str, &'static str)],
}

/// Both clouds, as somebody else works on them.
struct Clouds<'w> {
    cloud: Cloud,
    confluent: Confluent<'w>,
}

impl Deref for Clouds<'_> {
    type Target = Cloud;

    fn deref(&self) -> &Cloud {
        &self.cloud
    }
}

/// A foreign edit of the live object of this name; it is told whether the attribute is declared.
type Drift = Box<dyn Fn(&Clouds<'_>, &str, bool)>;

/// One attribute, or one key of an attribute that is an open map.
struct Row {
    /// Keys joined by dots; the key of an open map in brackets and quotes, as plans write it.
    path: &'static str,
    /// Two values to declare; null where it cannot be declared at all.
    one: Json,
    other: Json,
    /// What else must be declared with it, by path.
    with: Vec<(&'static str, Json)>,
    /// The fields planned when one becomes the other, and back.
    changed: &'static [&'static str],
    removed: Removed,
    /// Changes the live object so that it equals neither what is declared, `one` (true), nor the default (false).
    drift: Drift,
    /// The fields planned then, declared and not.
    drifted: (&'static [&'static str], &'static [&'static str]),
}

/// What comes of taking an attribute out.
enum Removed {
    /// These fields are planned, and planned again when it comes back.
    Planned(&'static [&'static str]),
    /// The server chooses: nothing is planned, and what is live stays.
    LeftToServer,
    /// The files are wrong without it; these words say so.
    Refused(&'static str),
}

const DECLARED: &str = "the declaration changed";
const DRIFT: &str = "changed outside eclusa since the last apply";
const ABSENT: &str = "it does not exist";
const GONE_OR_HIDDEN: &str = "it was ours and no list shows it: it is gone, or hidden from this key";
/// Kinds that answer 403 to the id of something that is gone.
const FORBIDDEN_WHEN_GONE: [&str; 2] = ["confluent_kafka_cluster", "confluent_api_key"];

impl Row {
    /// The resource's name within its kind.
    fn name(&self) -> String {
        let (attribute, key) = parts(self.path);
        key.unwrap_or(attribute).replace('.', "_")
    }

    fn can_go(&self) -> bool {
        !matches!(self.removed, Removed::Refused(_))
    }

    /// The attributes with this value at the row's path.
    fn attributes(&self, least: &Json, value: &Json) -> Json {
        let mut attributes = least.clone();
        for (path, value) in &self.with {
            set(&mut attributes, path, value);
        }
        set(&mut attributes, self.path, value);
        attributes
    }
}

/// An attribute's path, and the key of the open map that it is.
fn parts(path: &str) -> (&str, Option<&str>) {
    match path.split_once("[\"") {
        Some((attribute, key)) => (attribute, key.strip_suffix("\"]")),
        None => (path, None),
    }
}

/// Sets what lies at a path, maps made on the way; null takes it out.
fn set(attributes: &mut Json, path: &str, value: &Json) {
    let (attribute, key) = parts(path);
    let mut parents: Vec<&str> = attribute.split('.').chain(key).collect();
    let last = parents.pop().unwrap();
    let mut map = attributes;
    for key in parents {
        map = map.as_object_mut().unwrap().entry(key).or_insert(json!({}));
    }
    let map = map.as_object_mut().unwrap();
    match value {
        Json::Null => drop(map.shift_remove(last)),
        value => drop(map.insert(last.to_owned(), value.clone())),
    }
}

impl Rows {
    /// A kind of which nothing goes through the steps: each attribute has a test of its own.
    fn all_elsewhere(kind: &'static str, attributes: &'static [&'static str]) -> Self {
        Self {
            kind,
            least: json!({}),
            beside: vec![],
            files: &[],
            rows: vec![],
            elsewhere: attributes,
            delete: |_, _| {},
            falls: &[],
        }
    }

    fn address(&self, row: &Row) -> String {
        format!("telemetry/{}.{}", self.kind, row.name())
    }

    /// Writes the stack, each row's resource with the value that is chosen for it.
    fn declare(&self, world: &World, value: impl Fn(&Row) -> Json) {
        let rows = self.rows.iter().map(|row| {
            let key = format!("{}.{}", self.kind, row.name());
            (key, row.attributes(&self.least, &value(row)))
        });
        let beside = self
            .beside
            .iter()
            .map(|(key, attributes)| ((*key).to_owned(), attributes.clone()));
        let resources: Vec<(String, Json)> = beside.chain(rows).collect();
        world.set_resources(resources.iter().map(|(key, attributes)| (key.as_str(), attributes)));
    }

    /// Expects that exactly these updates are planned, carries them out and expects that nothing is left.
    fn expect_updates<'r>(
        &self,
        world: &World,
        step: &str,
        expected: impl Iterator<Item = (&'r Row, &'static [&'static str], &'static str)>,
    ) {
        let mut expected: Vec<_> = expected
            .filter(|(_, fields, _)| !fields.is_empty())
            .map(|(row, fields, reason)| {
                let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
                (self.address(row), "update".to_owned(), reason.to_owned(), fields)
            })
            .collect();
        expected.sort();
        let planned: Vec<_> = world
            .plan()
            .into_iter()
            .map(|change| (change.address, change.action, change.reason, change.fields))
            .collect();
        assert_eq!(planned, expected, "{} {step}", self.kind);
        world.apply();
        world.expect_converged();
    }

    /// Everything that can happen to every row.
    fn hold(&self) {
        let world = World::new(LOCAL);
        for (path, text) in self.files {
            world.write(path, text);
        }
        self.declare(&world, |row| row.one.clone());
        let plan = world.plan();
        let name = |row: &Row| {
            let planned = plan.iter().find(|change| change.address == self.address(row));
            let name = planned.unwrap().name.clone();
            if name.is_empty() { row.name() } else { name }
        };
        world.apply();
        world.expect_converged();
        let clouds = Clouds {
            cloud: world.cloud(),
            confluent: Confluent(&world),
        };
        let every = || self.rows.iter();
        let removable = || every().filter(|row| row.can_go());

        self.declare(&world, |row| row.other.clone());
        self.expect_updates(&world, "changed", every().map(|row| (row, row.changed, DECLARED)));
        self.declare(&world, |row| row.one.clone());
        self.expect_updates(&world, "changed back", every().map(|row| (row, row.changed, DECLARED)));

        self.expect_stale(
            &world,
            |row| row.drifted.0,
            || {
                every().for_each(|row| (row.drift)(&clouds, &name(row), true));
            },
        );
        self.expect_updates(&world, "drifted", every().map(|row| (row, row.drifted.0, DRIFT)));

        self.expect_refusals(&world);
        self.declare(&world, |row| if row.can_go() { Json::Null } else { row.one.clone() });
        self.expect_updates(
            &world,
            "removed",
            removable().map(|row| (row, row.removed.planned(), DECLARED)),
        );
        let undeclared = |row: &Row| if row.can_go() { row.drifted.1 } else { &[] };
        self.expect_stale(&world, undeclared, || {
            removable().for_each(|row| (row.drift)(&clouds, &name(row), false));
        });
        self.expect_updates(
            &world,
            "drifted undeclared",
            removable().map(|row| (row, row.drifted.1, DRIFT)),
        );

        self.declare(&world, |row| row.one.clone());
        let back = removable().map(|row| match row.removed {
            // Its removal wrote nothing, so the digest is still that of `one`: what differs is the foreign edit.
            Removed::LeftToServer => (row, row.changed, DRIFT),
            _ => (row, row.removed.planned(), DECLARED),
        });
        self.expect_updates(&world, "back", back);

        every().for_each(|row| (self.delete)(&clouds, &name(row)));
        self.expect_creates(&world);
    }

    /// Expects that a plan saved before these foreign edits is the same whenever it is saved, and refused after them by
    /// each resource whose attributes are planned then, and by nothing that is not.
    fn expect_stale(&self, world: &World, drifted: impl Fn(&Row) -> &'static [&'static str], edit: impl FnOnce()) {
        world.ok(&saved::PLAN);
        let plan = world.read(saved::FILE);
        world.ok(&saved::PLAN);
        assert_eq!(world.read(saved::FILE), plan, "{}", self.kind);
        edit();
        world.forget_calls();
        let is_stale = self.rows.iter().any(|row| !drifted(row).is_empty());
        let ran = world.ends(if is_stale { 4 } else { 0 }, &saved::APPLY);
        assert_eq!(world.writes(), Vec::<String>::new());
        for row in &self.rows {
            let is_named = ran
                .stderr
                .contains(&format!("{} (its live attributes", self.address(row)));
            assert_eq!(is_named, !drifted(row).is_empty(), "{}", ran.stderr);
        }
    }

    /// What must be there is missed by its path, all of it at once, offline.
    fn expect_refusals(&self, world: &World) {
        self.declare(world, |row| if row.can_go() { row.one.clone() } else { Json::Null });
        if self.rows.iter().all(Row::can_go) {
            return;
        }
        let ran = world.ends(1, &["validate", "local"]);
        let refused: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| match row.removed {
                Removed::Refused(words) => Some(words),
                _ => None,
            })
            .collect();
        for words in &refused {
            ran.expect_said(words);
        }
        ran.expect_said(&format!("{} problem", refused.len()));
    }

    fn expect_creates(&self, world: &World) {
        let text = |text: &str| text.to_owned();
        let rows = self
            .rows
            .iter()
            .map(|row| (self.address(row), text("create"), text(ABSENT)));
        let falls = self
            .falls
            .iter()
            .map(|(address, action, reason)| (text(address), text(action), text(reason)));
        let expected: BTreeSet<_> = rows.chain(falls).collect();
        let planned: BTreeSet<_> = world
            .plan()
            .into_iter()
            .map(|change| {
                // Confluent answers the same for what it deleted and what a key may not see: the create will tell.
                let is_hidden = FORBIDDEN_WHEN_GONE.contains(&self.kind) && change.reason.starts_with(GONE_OR_HIDDEN);
                match is_hidden && change.action == "check" {
                    true => (change.address, text("create"), text(ABSENT)),
                    false => (change.address, change.action, change.reason),
                }
            })
            .collect();
        assert_eq!(planned, expected, "{} deleted", self.kind);
        world.apply();
        world.expect_converged();
    }
}

impl Removed {
    fn planned(&self) -> &'static [&'static str] {
        match self {
            Self::Planned(fields) => fields,
            Self::LeftToServer | Self::Refused(_) => &[],
        }
    }
}

/// Every attribute of a schema, whole maps and what they hold.
fn attributes_of(schema: &Json, above: &str) -> Vec<String> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut paths = Vec::new();
    for (key, below) in properties {
        let path = format!("{above}{key}");
        paths.extend(attributes_of(below, &format!("{path}.")));
        paths.push(path);
    }
    paths
}

fn all() -> Vec<Rows> {
    vec![
        sqs_queue::rows(),
        iam_role::rows(),
        iot_topic_rule::rows(),
        lambda_function::rows(),
        lambda_event_source_mapping::rows(),
        cloudformation_stack::rows(),
        secretsmanager_secret::rows(),
        confluent_environment::rows(),
        confluent_kafka_cluster::rows(),
        confluent_service_account::rows(),
        confluent_role_binding::rows(),
        confluent_api_key::rows(),
        confluent_kafka_topic::rows(),
        confluent_kafka_acl::rows(),
        confluent_connector::rows(),
    ]
}

#[test]
fn every_kind_and_every_attribute_has_a_row() {
    let names = |names: Vec<&'static str>| names.into_iter().collect::<BTreeSet<_>>();
    let in_table = names(all().iter().map(|rows| rows.kind).collect());
    let called = KINDS.iter().map(|kind| kind.name());
    assert_eq!(names(called.collect()), in_table);
    let described = SCHEMAS.iter().map(|schema| schema.name());
    assert_eq!(names(described.collect()), in_table);
    for rows in all() {
        let schema = schema::find(rows.kind).unwrap();
        let declarable: BTreeSet<String> = attributes_of(schema.json_schema(), "").into_iter().collect();
        let in_rows = rows.rows.iter().filter(|row| row.one != Json::Null);
        let paths = in_rows
            .map(|row| parts(row.path).0)
            .chain(rows.elsewhere.iter().copied());
        let in_rows: BTreeSet<String> = paths.map(str::to_owned).collect();
        assert_eq!(in_rows, declarable, "{}", rows.kind);
    }
}

#[test]
fn a_queue_is_planned_and_converges_attribute_by_attribute() {
    sqs_queue::rows().hold();
}

#[test]
fn a_role_is_planned_and_converges_attribute_by_attribute() {
    iam_role::rows().hold();
}

#[test]
fn a_rule_is_planned_and_converges_attribute_by_attribute() {
    iot_topic_rule::rows().hold();
}

#[test]
fn a_function_is_planned_and_converges_attribute_by_attribute() {
    lambda_function::rows().hold();
}

#[test]
fn a_mapping_is_planned_and_converges_attribute_by_attribute() {
    lambda_event_source_mapping::rows().hold();
}

#[test]
fn a_stack_is_planned_and_converges_attribute_by_attribute() {
    cloudformation_stack::rows().hold();
}

#[test]
fn a_secret_is_planned_and_converges_attribute_by_attribute() {
    secretsmanager_secret::rows().hold();
}

#[test]
fn a_cluster_is_planned_and_converges_attribute_by_attribute() {
    confluent_kafka_cluster::rows().hold();
}

#[test]
fn an_account_is_planned_and_converges_attribute_by_attribute() {
    confluent_service_account::rows().hold();
}

#[test]
fn a_key_is_planned_and_converges_attribute_by_attribute() {
    confluent_api_key::rows().hold();
}

#[test]
fn a_topic_is_planned_and_converges_attribute_by_attribute() {
    confluent_kafka_topic::rows().hold();
}

#[test]
fn a_connector_is_planned_and_converges_attribute_by_attribute() {
    confluent_connector::rows().hold();
}
