//! Connectors: another name and another class are another connector.

use serde_json::json;

use super::applied;
use super::planned;
use super::with_connector;
use crate::confluent::Confluent;

const SINK: &str = "confluent_connector.sink";

#[test]
fn another_name_is_another_connector_made_first() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let whole = confluent.kinds();
    declared.set(&world, SINK, "name", "sunk");
    assert_eq!(
        planned(&world),
        ["connector.sink formerly delete", "connector.sink replace"]
    );
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole);
    assert!(confluent.name("connector ").starts_with("sunk-"));
}

/// The embedded cloud has one class, so that what is declared cannot be: the old connector must outlive the question.
#[test]
fn another_class_is_another_connector_and_what_it_is_to_be_is_judged_before_the_old_one_goes() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let connector = confluent.id("connector ");
    declared.at(SINK)["config"]["connector.class"] = json!("PostgresSink");
    declared.write(&world);
    assert_eq!(planned(&world), ["connector.sink replace config[\"connector.class\"]"]);
    world.forget_calls();
    let ran = world.ends(1, &["apply", "local", "--yes"]);
    ran.expect_said("PostgresSink");
    assert_eq!(confluent.id("connector "), connector);
    assert_eq!(world.performed("confluent.connect.DeleteConnector"), 0);
}
