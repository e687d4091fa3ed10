//! Rules that every kind of the registry keeps.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use serde_json::json;

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/eclusa/local/bridge";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:ingest";

/// The least declaration of each kind, and one that uses every attribute (of those that exclude each other, the other).
fn declarations(kind: &str) -> [Json; 2] {
    match kind {
        "aws_sqs_queue" => [
            json!({}),
            json!({
                "visibility_timeout_seconds": 180,
                "message_retention_seconds": 1_209_600,
                "delay_seconds": 1,
                "receive_wait_time_seconds": 20,
                "maximum_message_size": 262_144,
                "redrive_policy": {
                    "dead_letter_target_arn": "arn:aws:sqs:us-east-1:123456789012:dead_letters",
                    "max_receive_count": 5,
                },
                "redrive_allow_policy": {
                    "redrive_permission": "byQueue",
                    "source_queue_arns": ["arn:aws:sqs:us-east-1:123456789012:ingest"],
                },
                "policy": {
                    "Version": "2012-10-17",
                    "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*" }],
                },
                "sqs_managed_sse_enabled": false,
                "kms_master_key_id": "alias/aws/sqs",
                "kms_data_key_reuse_period_seconds": 600,
                "fifo_queue": true,
                "content_based_deduplication": true,
                "deduplication_scope": "messageGroup",
                "fifo_throughput_limit": "perMessageGroupId",
            }),
        ],
        "aws_iam_role" => [
            json!({ "assume_role_policy": trust() }),
            json!({
                "assume_role_policy": trust(),
                "inline_policy": { "send": {
                    "Version": "2012-10-17",
                    "Statement": { "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*" },
                } },
                "managed_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                "description": "lets the rule write to the queue",
                "max_session_duration": 43_200,
                "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
            }),
        ],
        "aws_iot_topic_rule" => [
            json!({ "sql": "SELECT * FROM 'city/+/readings'", "sqs": sends_to("ingest") }),
            json!({
                "sql": "SELECT *, topic() AS topic FROM 'city/#' WHERE temperature > 50",
                "aws_iot_sql_version": "beta",
                "description": "readings to the queue",
                "enabled": false,
                "sqs": sends_to("ingest"),
                "error_action": { "sqs": sends_to("errors") },
            }),
        ],
        "aws_secretsmanager_secret" => [
            json!({}),
            json!({
                "description": "key of the bridge",
                "kms_key_id": "alias/mine",
                "recovery_window_in_days": 0,
                "value": "v",
            }),
        ],
        "aws_cloudformation_stack" => [
            json!({ "template_file": "telemetry/observability.cfn.yaml" }),
            json!({
                "template_file": "telemetry/observability.cfn.yaml",
                "parameters": { "RetentionDays": 14, "Alarms": true, "FunctionName": "bridge" },
                "capabilities": ["CAPABILITY_IAM"],
            }),
        ],
        "aws_lambda_function" => [
            json!({ "filename": "bridge.zip", "runtime": "provided.al2023", "handler": "bootstrap", "role": ROLE }),
            json!({
                "build": "bridge",
                "runtime": "provided.al2023",
                "handler": "bootstrap",
                "architectures": ["arm64"],
                "memory_size": 256,
                "timeout": 30,
                "role": ROLE,
                "environment": { "TOPIC_TEMPLATE": "local.{mqtt_topic:2}" },
                "description": "writes readings to Kafka",
                "reserved_concurrent_executions": 5,
                "ephemeral_storage": { "size": 1_024 },
            }),
        ],
        "aws_lambda_event_source_mapping" => [
            json!({ "event_source_arn": QUEUE, "function_name": "local-telemetry-bridge" }),
            json!({
                "event_source_arn": QUEUE,
                "function_name": "arn:aws:lambda:us-east-1:123456789012:function:local-telemetry-bridge",
                "batch_size": 100,
                "maximum_batching_window_in_seconds": 1,
                "enabled": false,
                "function_response_types": ["ReportBatchItemFailures"],
                "scaling_config": { "maximum_concurrency": 2 },
                "filter_criteria": { "filters": [{ "pattern": "{\"body\": {\"kind\": [\"air\"]}}" }] },
            }),
        ],
        other => confluent(other),
    }
}

/// The same, of the Confluent kinds.
fn confluent(kind: &str) -> [Json; 2] {
    let cluster = || json!({ "outputs": { "id": "lkc-1" } });
    let key = || json!({ "outputs": { "id": "ABCDEFGHIJKLMNOP" } });
    let in_cloud = |more: Json| {
        let mut declaration = json!({
            "environment": { "outputs": { "id": "env-1" } },
            "cloud": "AWS",
            "region": "eu-west-1",
            "availability": "HIGH",
        });
        declaration
            .as_object_mut()
            .expect("a map")
            .extend(more.as_object().expect("a map").clone());
        declaration
    };
    match kind {
        "confluent_environment" => [json!({}), json!({ "stream_governance": { "package": "ADVANCED" } })],
        "confluent_kafka_cluster" => [
            in_cloud(json!({ "basic": {} })),
            in_cloud(json!({
                "basic": null, "standard": null, "enterprise": null, "freight": null, "dedicated": { "cku": 2 },
            })),
        ],
        "confluent_kafka_topic" => [
            json!({ "kafka_cluster": cluster() }),
            json!({
                "kafka_cluster": cluster(),
                "credentials": key(),
                "partitions": 3,
                "config": { "cleanup.policy": "compact,delete", "retention.ms": 604_800_000 },
            }),
        ],
        "confluent_service_account" => [json!({}), json!({ "description": "writes the readings" })],
        "confluent_role_binding" => [
            binding("crn://confluent.cloud/organization=o"),
            binding("crn://confluent.cloud/organization=o/environment=env-1/cloud-cluster=lkc-1/kafka=lkc-1/topic=a*"),
        ],
        "confluent_kafka_acl" => [
            json!({
                "kafka_cluster": cluster(), "principal": "User:sa-1", "resource_type": "CLUSTER",
                "resource_name": "kafka-cluster", "operation": "DESCRIBE",
            }),
            json!({
                "kafka_cluster": cluster(), "credentials": key(), "principal": "User:*", "resource_type": "TOPIC",
                "resource_name": "prod.", "pattern_type": "PREFIXED", "host": "*", "operation": "READ",
                "permission": "DENY",
            }),
        ],
        "confluent_api_key" => [
            json!({ "owner": "sa-1", "store": { "outputs": { "name": "key" } } }),
            json!({
                "owner": "sa-1", "store": { "outputs": { "name": "key" } }, "managed_resource": cluster(),
                "description": "key of the bridge",
            }),
        ],
        "confluent_connector" => [
            json!({ "kafka_cluster": cluster(), "config": { "connector.class": "DatagenSource" } }),
            json!({
                "kafka_cluster": cluster(),
                "status": "PAUSED",
                "config": { "connector.class": "DatagenSource", "topics": ["b", "a"], "tasks.max": 1 },
                "config_overrides": { "tasks.max": 2, "verbose": true },
            }),
        ],
        other => panic!("{other} has no declarations here"),
    }
}

fn binding(crn_pattern: &str) -> Json {
    json!({ "principal": "User:sa-1", "role_name": "CloudClusterAdmin", "crn_pattern": crn_pattern })
}

fn trust() -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "iot.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }],
    })
}

fn sends_to(queue: &str) -> Json {
    json!({
        "queue_url": format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}"),
        "role_arn": "arn:aws:iam::123456789012:role/eclusa/local/rule",
        "use_base64": true,
    })
}

/// `path: message` of each problem.
pub(crate) fn messages(schema: &dyn AnySchema, spec: &Json) -> Vec<String> {
    let problems = schema.check(spec).expect("a spec that decodes");
    problems
        .found
        .iter()
        .map(|problem| format!("{}: {}", problem.path.join("."), problem.message))
        .collect()
}

/// The schema below `at`, for one more segment of a path; `None` where there is no such attribute.
fn step<'s>(at: &'s Json, segment: &str) -> Option<&'s Json> {
    let below = match segment {
        "*" => at.get("items").or_else(|| at.get("additionalProperties")),
        name => at
            .get("properties")
            .and_then(|properties| properties.get(name))
            .or_else(|| at.get("additionalProperties")),
    };
    let alternatives = at.get("anyOf").and_then(Json::as_array).into_iter().flatten();
    below.filter(|schema| **schema != Json::Bool(false)).or_else(|| {
        alternatives
            .into_iter()
            .find_map(|alternative| step(alternative, segment))
    })
}

/// Whether resources of the kind have names at all.
fn has_names(schema: &dyn AnySchema) -> bool {
    schema.naming().length > 0
}

/// Whether a path is that of an attribute that cannot be declared, hidden from the JSON schema: the files fill it in,
/// or `canonical` does.
fn is_hidden(schema: &dyn AnySchema, path: Path) -> bool {
    let [least, _] = declarations(schema.name());
    let canonical = schema.canonical(&least).expect("a spec that decodes");
    matches!(path, [name] if canonical.get(name).is_some() && !has_attribute(schema.json_schema(), name))
}

fn has_path(schema: &Json, path: &[&str]) -> bool {
    let mut at = schema;
    for segment in path {
        match step(at, segment) {
            // An open document: anything may follow.
            Some(Json::Bool(true)) => return true,
            Some(below) => at = below,
            None => return false,
        }
    }
    true
}

fn has_attribute(at: &Json, name: &str) -> bool {
    match at {
        Json::Object(entries) => {
            let here = entries
                .get("properties")
                .is_some_and(|properties| properties.get(name).is_some());
            here || entries.values().any(|below| has_attribute(below, name))
        }
        Json::Array(items) => items.iter().any(|item| has_attribute(item, name)),
        _ => false,
    }
}

fn each_integer<'s>(at: &'s Json, visit: &mut impl FnMut(&'s Json)) {
    if at
        .get("type")
        .is_some_and(|found| found == "integer" || *found == json!(["integer", "null"]))
    {
        visit(at);
    }
    match at {
        Json::Object(entries) => entries.values().for_each(|below| each_integer(below, visit)),
        Json::Array(items) => items.iter().for_each(|item| each_integer(item, visit)),
        _ => {}
    }
}

#[test]
fn no_two_kinds_share_a_name() {
    let names: BTreeSet<&str> = SCHEMAS.iter().map(|schema| schema.name()).collect();
    assert_eq!(names.len(), SCHEMAS.len());
}

#[test]
fn a_scope_is_an_attribute_that_takes_a_whole_resource() {
    for schema in SCHEMAS {
        let takes: Vec<&str> = schema.takes().iter().map(|takes| takes.attribute).collect();
        assert!(schema.scope().iter().all(|scope| takes.contains(scope)), "{schema:?}");
        assert!(
            schema.takes().iter().all(|takes| find(takes.kind).is_some()),
            "{schema:?}"
        );
        assert!(
            schema.on_replaced().iter().all(|(kind, _)| find(kind).is_some()),
            "{schema:?}"
        );
    }
}

#[test]
fn names_bear_the_tag_where_they_are_the_mark() {
    for schema in SCHEMAS.iter().filter(|schema| schema.marking().ends_names()) {
        assert!(schema.naming().tagged, "{schema:?}");
    }
}

#[test]
fn every_path_leads_to_an_attribute() {
    for schema in SCHEMAS {
        let paths = [
            schema.replace_on(),
            schema.must_exist(),
            schema.open_maps(),
            schema.server_chosen(),
            schema.sets(),
            schema.documents(),
            schema.secrets(),
            schema.not_compared(),
            schema.may_be_secret(),
            schema.masked(),
            schema.needs(),
            schema.grants_to(),
        ];
        let local: Vec<[&str; 1]> = schema.local().iter().map(|local| [local.attribute]).collect();
        for attribute in &local {
            assert!(has_path(schema.json_schema(), attribute), "{schema:?} {attribute:?}");
        }
        let ending = schema.ending().map(|ending| [ending.attribute]);
        assert!(
            ending.is_none_or(|path| has_path(schema.json_schema(), &path)),
            "{schema:?} {ending:?}"
        );
        for path in paths.concat() {
            if is_hidden(*schema, path) {
                continue;
            }
            assert!(has_path(schema.json_schema(), path), "{schema:?} {path:?}");
        }
    }
    let queue = find("aws_sqs_queue").expect("a kind").json_schema();
    assert!(!has_path(queue, &["redrive_policy", "dead_letter_arn"]));
}

#[test]
fn a_near_miss_is_no_attribute_and_means_one() {
    for schema in SCHEMAS {
        for (foreign, ours) in schema.near_misses() {
            assert!(!has_attribute(schema.json_schema(), foreign), "{schema:?} {foreign}");
            let option = ["name", "existing", "for_each", "when"].contains(ours);
            assert!(option || has_attribute(schema.json_schema(), ours), "{schema:?} {ours}");
        }
    }
}

#[test]
fn every_known_output_is_listed_with_an_example() {
    let place = Place {
        environment: "local".to_owned(),
        account: None,
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    };
    for schema in SCHEMAS {
        let listed: BTreeSet<&str> = schema.outputs().iter().map(|(name, _)| *name).collect();
        assert_eq!(listed.len(), schema.outputs().len(), "{schema:?}");
        assert!(
            schema.outputs().iter().all(|(_, example)| !example.is_empty()),
            "{schema:?}"
        );
        let [least, _] = declarations(schema.name());
        let known = schema
            .known_outputs(&least, "a-name", &place)
            .expect("a spec that decodes");
        assert!(
            known.keys().all(|name| listed.contains(name.as_str())),
            "{schema:?} {known:?}"
        );
        let name = has_names(*schema).then_some("a-name");
        assert_eq!(known.get("name").map(String::as_str), name, "{schema:?}");
    }
}

#[test]
fn a_shaped_name_is_a_legal_name() {
    let texts = [
        "local-telemetry-ingest".to_owned(),
        "prod-t-readings-air.v2-X".to_owned(),
        format!("a-{}", "long_".repeat(60)),
        "a\u{e9}t\u{e9} / +".to_owned(),
    ];
    for schema in SCHEMAS.iter().filter(|schema| has_names(**schema)) {
        for text in &texts {
            let endings = [Some(""), schema.ending().map(|ending| ending.text)];
            for ending in endings.into_iter().flatten() {
                let name = schema.naming().shape(text, "0badcafe", ending);
                assert_eq!(schema.check_name(&name), Ok(()), "{schema:?} {name}");
            }
        }
        assert!(schema.check_name("").is_err(), "{schema:?}");
        assert!(schema.check_name("a\nname").is_err(), "{schema:?}");
        let too_long = "x".repeat(schema.naming().length + 1);
        assert!(schema.check_name(&too_long).is_err(), "{schema:?}");
    }
}

#[test]
fn a_kind_without_names_takes_and_makes_none() {
    for schema in SCHEMAS.iter().filter(|schema| !has_names(**schema)) {
        assert_eq!(schema.naming().shape("local-t-a", "0badcafe", ""), "", "{schema:?}");
        assert!(schema.check_name("local-t-a").is_err(), "{schema:?}");
    }
}

#[test]
fn what_the_files_fill_in_cannot_be_declared() {
    for schema in SCHEMAS {
        for local in schema.local() {
            assert!(!has_path(schema.json_schema(), &[local.digest]), "{schema:?} {local:?}");
            let [mut least, _] = declarations(schema.name());
            least[local.digest] = json!("sha256:00");
            assert!(schema.canonical(&least).is_ok(), "{schema:?} {local:?}");
        }
    }
}

#[test]
fn an_identity_waits_for_the_outputs_in_its_name() {
    for schema in SCHEMAS.iter().filter(|schema| has_names(**schema)) {
        let [least, _] = declarations(schema.name());
        let identity = |name: &str| schema.identity(&least, name).expect("a spec that decodes");
        assert_eq!(identity(&sentinel::numbered(sentinel::FIRST_FREE)), Identity::Unknown);
        let tagged = format!("a-{}", sentinel::of_place(crate::resource::PlaceField::Tag));
        match identity(&tagged) {
            Identity::Name(name) => assert_eq!(name, tagged, "{schema:?}"),
            Identity::Natural(parts) => assert!(parts.contains(&tagged), "{schema:?}"),
            Identity::Unknown => panic!("{schema:?}"),
        }
    }
}

#[test]
fn the_least_declaration_and_the_fullest_decode_without_a_problem() {
    for schema in SCHEMAS {
        for spec in declarations(schema.name()) {
            let canonical = schema.canonical(&spec).expect("a spec that decodes");
            assert_eq!(schema.canonical(&canonical).as_ref(), Ok(&canonical), "{schema:?}");
            let problems = schema.check(&spec).expect("a spec that decodes");
            let wrong: Vec<_> = problems
                .found
                .iter()
                .filter(|problem| problem.code == WRONG_VALUE)
                .collect();
            assert!(wrong.is_empty(), "{schema:?} {wrong:?}");
        }
    }
}

#[test]
fn the_declarations_leave_no_attribute_out() {
    for schema in SCHEMAS {
        let declarations = declarations(schema.name());
        let properties = schema.json_schema()["properties"].as_object().expect("properties");
        for name in properties.keys() {
            let is_used = declarations.iter().any(|declaration| declaration.get(name).is_some());
            assert!(is_used, "{schema:?} {name}");
        }
    }
}

#[test]
fn unknown_attributes_are_refused_by_schema_and_by_decoding() {
    for schema in SCHEMAS {
        assert_eq!(schema.json_schema()["additionalProperties"], json!(false), "{schema:?}");
        let [mut least, _] = declarations(schema.name());
        least["no_such_attribute"] = json!(1);
        assert!(schema.canonical(&least).is_err(), "{schema:?}");
    }
}

#[test]
fn every_number_has_its_range_and_every_attribute_its_description() {
    for schema in SCHEMAS {
        each_integer(schema.json_schema(), &mut |integer| {
            let has = |limit: &str| integer.get(limit).is_some_and(Json::is_number);
            assert!(has("minimum") && has("maximum"), "{schema:?} {integer}");
        });
        let properties = schema.json_schema()["properties"].as_object().expect("properties");
        for (name, property) in properties {
            assert!(property.get("description").is_some(), "{schema:?} {name}");
        }
    }
}
