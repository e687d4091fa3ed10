//! An account cannot be renamed: another name is another account, and what was the old one's moves before that goes.

use serde_json::Value as Json;

use super::applied;
use super::planned;
use super::stored;
use super::with_connector;
use crate::confluent::Confluent;

#[test]
fn another_name_is_another_account_and_all_that_was_its_follows() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let (whole, connector) = (confluent.kinds(), confluent.id("connector "));
    declared.set(&world, "confluent_service_account.sink", "name", "reader");
    assert_eq!(
        planned(&world),
        [
            "connector.sink update config[\"kafka.service.account.id\"]",
            "kafka_acl.dlq_create formerly delete",
            "kafka_acl.dlq_create replace principal",
            "kafka_acl.dlq_write formerly delete",
            "kafka_acl.dlq_write replace principal",
            "kafka_acl.group formerly delete",
            "kafka_acl.group replace principal",
            "kafka_acl.read formerly delete",
            "kafka_acl.read replace principal",
            "service_account.sink formerly delete",
            "service_account.sink replace",
        ]
    );
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole);
    let reader = confluent.id("account reader-");
    assert_eq!(confluent.id("connector "), connector, "changed in place");
    let name = confluent.name("connector ");
    let config = confluent.control("GET", &format!("{}/{name}/config", confluent.connectors()), Json::Null);
    assert_eq!(config["kafka.service.account.id"], reader.as_str());
}

#[test]
fn another_name_of_the_writing_account_leaves_a_key_that_writes_in_the_store() {
    let (world, mut declared) = applied(with_connector());
    let confluent = Confluent(&world);
    let (whole, key) = (confluent.kinds(), confluent.id("key "));
    declared.set(&world, "confluent_service_account.admin", "name", "root");
    // In the same run the new key is written with.
    declared.set(&world, "confluent_kafka_topic.one", "partitions", 2);
    assert_eq!(
        planned(&world),
        [
            "api_key.admin formerly delete",
            "api_key.admin replace owner",
            "kafka_topic.one update partitions",
            "role_binding.admin formerly delete",
            "role_binding.admin replace principal",
            "service_account.admin formerly delete",
            "service_account.admin replace",
        ]
    );
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole);
    let now = confluent.id("key ");
    assert_ne!(now, key);
    assert_eq!(stored(&world, "admin_key"), now);
}
