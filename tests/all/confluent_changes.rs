//! What becomes of Confluent's kinds where an attribute does not go there and back, where a name changes, where something
//! of somebody else's is in the way, where there are two of one, and where a run is killed in the middle of it.

mod accounts;
mod clusters;
mod connectors;
mod grants;
mod keys;
mod killed;
mod owners;
mod topics;

use serde_json::Value as Json;
use serde_json::json;

use crate::confluent::cluster_with_key;
use crate::confluent::cluster_with_sink;
use crate::confluent::sink_config;
use crate::world::LOCAL;
use crate::world::Planned;
use crate::world::World;

const CLUSTER: &str = "${confluent_kafka_cluster.main}";
const ADMIN_KEY: &str = "${confluent_api_key.admin}";

/// Resources of the stack, as a test edits them.
struct Declared(Vec<(&'static str, Json)>);

impl Declared {
    /// The attributes of one that is there, to be changed.
    fn at(&mut self, key: &str) -> &mut Json {
        let found = self.0.iter_mut().find(|(each, _)| *each == key);
        &mut found.unwrap_or_else(|| panic!("there is no {key}")).1
    }

    fn remove(&mut self, key: &str) {
        self.0.retain(|(each, _)| *each != key);
    }

    fn write(&self, world: &World) {
        world.set_resources(self.0.iter().map(|(key, attributes)| (*key, attributes)));
    }

    /// Sets an attribute and writes the stack.
    fn set(&mut self, world: &World, key: &str, attribute: &str, value: impl Into<Json>) {
        self.at(key)[attribute] = value.into();
        self.write(world);
    }
}

/// A world in which these are declared, and nothing is there.
fn declared(resources: Vec<(&'static str, Json)>) -> (World, Declared) {
    let (world, declared) = (World::new(LOCAL), Declared(resources));
    world.write("environments/local.password", "hush");
    declared.write(&world);
    (world, declared)
}

/// A world in which these are there.
fn applied(resources: Vec<(&'static str, Json)>) -> (World, Declared) {
    let (world, declared) = declared(resources);
    world.apply();
    world.expect_converged();
    (world, declared)
}

/// What is planned, as `kind.name action fields`, sorted; former names left out.
fn planned(world: &World) -> Vec<String> {
    let told = |change: Planned| {
        let address = change.address.strip_prefix("telemetry/").unwrap_or(&change.address);
        let address = address.strip_prefix("confluent_").unwrap_or(address);
        let address = match address.split_once(" (formerly ") {
            Some((address, _)) => format!("{address} formerly"),
            None => address.to_owned(),
        };
        let fields = change.fields.join(" ");
        format!("{address} {} {fields}", change.action).trim_end().to_owned()
    };
    let mut planned: Vec<String> = world.plan().into_iter().map(told).collect();
    planned.sort();
    planned
}

/// Why the only blocked resource is.
fn blocked(world: &World) -> String {
    let mut blocked = world.plan().into_iter().filter(|change| change.action == "blocked");
    let reason = blocked.next().unwrap().reason;
    assert_eq!(blocked.next(), None);
    reason
}

/// Refused before anything is written.
fn expect_refused(world: &World, words: &str) {
    world.forget_calls();
    world.ends(4, &["apply", "local", "--yes"]).expect_said(words);
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Applies with leave to lose what this holds, and expects that nothing is left to do.
fn apply_losing(world: &World, address: &str) {
    let address = format!("telemetry/confluent_{address}");
    world.ok(&["apply", "local", "--yes", "--allow-data-loss", &address]);
    world.expect_converged();
}

fn topic() -> Json {
    json!({ "kafka_cluster": CLUSTER, "credentials": ADMIN_KEY, "partitions": 1 })
}

fn with_topic() -> Vec<(&'static str, Json)> {
    let mut resources = cluster_with_key();
    resources.push(("confluent_kafka_topic.one", topic()));
    resources
}

/// What the sink's account must be granted before it can run.
const GRANTS: [&str; 4] = [
    "confluent_kafka_acl.read",
    "confluent_kafka_acl.group",
    "confluent_kafka_acl.dlq_create",
    "confluent_kafka_acl.dlq_write",
];

fn with_connector() -> Vec<(&'static str, Json)> {
    let mut resources = cluster_with_sink();
    resources.push((
        "confluent_connector.sink",
        json!({ "kafka_cluster": CLUSTER, "config": sink_config(), "depends_on": GRANTS }),
    ));
    resources
}

/// A second account that may do everything in the cluster.
fn other_admin() -> [(&'static str, Json); 2] {
    [
        ("confluent_service_account.other", json!({})),
        (
            "confluent_role_binding.other",
            json!({
                "principal": "User:${confluent_service_account.other.id}",
                "role_name": "CloudClusterAdmin",
                "crn_pattern": "${confluent_kafka_cluster.main.rbac_crn}",
            }),
        ),
    ]
}

/// A second cluster, `two`, with a key of its own.
fn second_cluster() -> [(&'static str, Json); 4] {
    [
        (
            "confluent_kafka_cluster.two",
            json!({
                "environment": "${confluent_environment.main}", "cloud": "AWS", "region": "us-east-1", "basic": {}
            }),
        ),
        (
            "confluent_role_binding.two",
            json!({
                "principal": "User:${confluent_service_account.admin.id}",
                "role_name": "CloudClusterAdmin",
                "crn_pattern": "${confluent_kafka_cluster.two.rbac_crn}",
            }),
        ),
        ("aws_secretsmanager_secret.two", json!({ "recovery_window_in_days": 0 })),
        (
            "confluent_api_key.two",
            json!({
                "owner": "${confluent_service_account.admin.id}",
                "managed_resource": "${confluent_kafka_cluster.two}",
                "store": "${aws_secretsmanager_secret.two}",
                "depends_on": ["confluent_role_binding.two"],
            }),
        ),
    ]
}

/// Id of the key that lies in a store.
fn stored(world: &World, store: &str) -> String {
    let cloud = world.cloud();
    let request = cloud.aws.secretsmanager.get_secret_value();
    let request = request.secret_id(format!("local-telemetry-{store}"));
    let got = cloud.run(request.send()).unwrap();
    let value: Json = serde_json::from_str(got.secret_string().unwrap()).unwrap();
    value["api_key"].as_str().unwrap().to_owned()
}
