//! What the plugin says of configurations.

use serde_json::Value;
use serde_json::json;

use super::World;
use crate::confluent::connect::config::MASK;
use crate::confluent::switches::ConfluentSettings;
use crate::confluent::switches::TlsProperties;

#[tokio::test]
async fn a_whole_configuration_is_valid_and_its_secret_masked() {
    let world = World::begin().await;
    let answer = world.validate(world.config()).await;
    assert_eq!(answer["error_count"], 0, "{answer}");
    let configs = answer["configs"].as_array().unwrap();
    let password = configs
        .iter()
        .find(|entry| entry["definition"]["name"] == "connection.password")
        .unwrap();
    assert_eq!(password["definition"]["type"], "PASSWORD");
    assert_eq!(password["value"]["value"], MASK);
    let plugins = world.connect("GET /connector-plugins", Value::Null).await.with(200);
    assert_eq!(plugins[0]["class"], "MongoDbAtlasSink");
    let request = "PUT /connector-plugins/S3_SINK/config/validate";
    world.connect(request, json!({})).await.flat(404, 404);
}

#[tokio::test]
async fn each_class_of_property_is_checked() {
    let world = World::begin().await;
    for (name, value, expected) in [
        ("database", Value::Null, "\"database\" is required"),
        ("database", json!(""), "\"database\" is required"),
        (
            "input.data.format",
            json!("CSV"),
            "Value \"CSV\" doesn't belong to the property's \"input.data.format\" enum",
        ),
        ("input.data.format", Value::Null, "Value \"null\" doesn't belong"),
        ("tasks.max", json!("two"), "Not a number of type INT"),
        ("tasks.max", json!("0"), "at least 1"),
        ("max.poll.records", json!("1.5"), "Not a number of type LONG"),
        ("auto.restart.on.user.error", json!("yes"), "true or false"),
        ("connector.class", json!("S3_SINK"), "not MongoDbAtlasSink"),
        ("topics", Value::Null, "\"topics\" is required"),
        ("topics.regex", json!("r.*"), "only one of"),
        ("kafka.service.account.id", Value::Null, "is required"),
        (
            "errors.deadletterqueue.topic.name",
            json!("readings"),
            "dead letter queue",
        ),
        ("transforms", json!("cut"), "\"transforms.cut.type\" is required"),
    ] {
        let errors = world.errors(world.config_with(name, value.clone()), name).await;
        assert!(
            errors.iter().any(|error| error.contains(expected)),
            "{name} {value}: {errors:?}"
        );
    }
    let without_mode = world.config_with("kafka.auth.mode", Value::Null);
    assert_eq!(
        world.errors(without_mode, "kafka.api.secret").await,
        ["\"kafka.api.secret\" is required"]
    );
}

#[tokio::test]
async fn an_alias_stands_for_its_property_and_unknown_properties_are_kept() {
    let world = World::begin().await;
    let mut config = world.config_with("input.data.format", Value::Null);
    config["data.format"] = json!("JSON");
    config["no.such.property"] = json!("kept");
    assert_eq!(world.validate(config.clone()).await["error_count"], 0);
    world.put(config).await.with(200);
    world.cloud.settle();
    assert_eq!(world.read().await["no.such.property"], "kept");
}

#[tokio::test]
async fn what_validation_finds_refuses_the_configuration_with_all_of_it() {
    let world = World::begin().await;
    let mut config = world.config_with("database", Value::Null);
    config["tasks.max"] = json!("x");
    let refused = world.put(config).await.with(400);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("2 error(s)") && message.contains("database") && message.contains("tasks.max"),
        "{message}"
    );
}

#[tokio::test]
async fn tls_properties_are_masked_only_where_the_switch_knows_them() {
    let world = World::begin().await;
    let name = "connection.ssl.truststorePassword";
    world.put(world.config_with(name, json!("p"))).await.with(200);
    world.cloud.settle();
    assert_eq!(world.read().await[name], "p");
    world.cloud.switch(ConfluentSettings {
        tls_properties: TlsProperties::Known,
        ..ConfluentSettings::default()
    });
    assert_eq!(world.read().await[name], MASK);
}
