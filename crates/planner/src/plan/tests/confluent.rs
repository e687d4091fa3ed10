//! The whole pipeline, on both clouds: the stack of the reference, from its files to plans.

mod hiding;
mod keeping;
mod noting;
mod remembering;
mod unseen;

use std::io;

use super::*;
use crate::environment::Asked;
use crate::environment::Files;
use crate::environment::declare;
use crate::environment::diagnostic::render;
use crate::environment::golden::assert_golden;
use crate::plan::record::Entry;
use crate::schema::Marking;

const ENVIRONMENT: &str = r#"environment: prod
cloud: live
aws: { region: eu-west-1, account: "123456789012" }
confluent: { organization: any }
stacks:
  telemetry:
    stack: telemetry
    with:
      mqtt_filter: city/+/readings
      sensors: { air: { partitions: 6, retention_ms: 3600000 }, noise: {} }
      mongodb: { host: cluster0.abcde.mongodb.net, user: sink, password: { secret: "env:MONGODB_PASSWORD" } }
"#;

/// The reference's stack, after some changes.
struct Pipeline(Vec<(String, String)>);

impl Files for Pipeline {
    fn read(&self, path: &str) -> io::Result<String> {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        match path {
            "environments/prod.yaml" => Ok(self.changed(ENVIRONMENT.to_owned())),
            "stacks/telemetry.yaml" => {
                std::fs::read_to_string(here.join("tests/fixtures/telemetry-stack.yaml")).map(|text| self.changed(text))
            }
            other => std::fs::read_to_string(here.join("../..").join(other)),
        }
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

impl Pipeline {
    fn changed(&self, text: String) -> String {
        self.0.iter().fold(text, |text, (from, to)| text.replace(from, to))
    }
}

fn pipeline(changes: &[(&str, &str)]) -> Declared {
    let changes = changes.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
    match declare(
        &Pipeline(changes.collect()),
        "environments/prod.yaml",
        &Asked::default(),
    ) {
        Ok(declared) => declared,
        Err(failed) => panic!("{}", render(&failed.problems, &failed.sources)),
    }
}

fn owner_of(declared: &Declared) -> Owner {
    declared.place.owner().unwrap()
}

/// Everything as it is declared, with an id of its own each in its kind's form, and marked as its kind is.
fn made(declared: &Declared) -> Observations {
    let mut evaluation = Evaluation::new(declared).unwrap();
    for resource in &declared.resources {
        let key = resource.address.key.as_deref().unwrap_or_default();
        let invented = |(output, example): &(&str, &str)| {
            let form = example.split_once('-').filter(|_| *output == "id");
            let prefix = form.map_or(*output, |(prefix, _)| prefix);
            format!("{prefix}-{}-{key}", resource.address.name)
        };
        let outputs = resource.schema.outputs().iter();
        let mut all: Outputs = outputs.map(|output| (output.0.to_owned(), invented(output))).collect();
        all.extend(evaluation.outputs(&resource.address).unwrap().clone());
        evaluation.learn(&resource.address, all);
    }
    let owner = owner_of(declared);
    let seen = |resource: &Resource| {
        let address = &resource.address;
        let Live::Present(mut seen) = ours(resource, &evaluation.wanted(address).unwrap().spec, &[]) else {
            panic!("made present")
        };
        let mark = Mark {
            owner: owner.clone(),
            ..seen.mark.take().unwrap()
        };
        seen.mark = match resource.schema.marking() {
            Marking::Tags | Marking::NameAndDescription | Marking::Description => Some(mark),
            Marking::Name => Some(Mark::of(&owner)),
            Marking::Scope | Marking::Nothing => None,
        };
        seen.outputs = evaluation.outputs(address).unwrap().clone();
        seen.handle.id = seen.outputs.get("id").cloned().unwrap_or_else(|| address.to_string());
        seen.holds_data = resource.schema.data().is_some();
        seen
    };
    let resources = declared.resources.iter();
    resources
        .map(|resource| (resource.address.clone(), Live::Present(seen(resource))))
        .collect()
}

fn planned(declared: &Declared, live: &Observations, request: impl Into<Request>) -> Plan {
    let mut evaluation = Evaluation::new(declared).unwrap();
    plan(&mut evaluation, &owner_of(declared), live, request).unwrap()
}

/// `action kind.name[key]` of all that does not stay as it is.
fn done(plan: &Plan) -> Vec<String> {
    let open = plan.changes.iter().filter(|change| change.action != Action::Keep);
    open.map(|change| format!("{:?} {}", change.action, short(&change.address)).to_lowercase())
        .collect()
}

fn short(address: &Address) -> String {
    let text = address.to_string();
    let text = text.trim_start_matches("telemetry/");
    text.trim_start_matches("confluent_")
        .trim_start_matches("aws_")
        .to_owned()
}

fn at(text: &str) -> Address {
    Address::parse(&format!("telemetry/{text}")).unwrap()
}

fn turn(plan: &Plan, text: &str) -> usize {
    let wanted = at(text);
    plan.changes
        .iter()
        .position(|change| change.address.is_meant_by(&wanted))
        .unwrap_or_else(|| panic!("{text} is not in the plan"))
}

fn reason<'p>(plan: &'p Plan, text: &str) -> &'p Reason {
    &plan.changes[turn(plan, text)].reason
}

fn edit<'l>(live: &'l mut Observations, text: &str) -> &'l mut Seen {
    match live.declared.get_mut(&at(text)) {
        Some(Live::Present(seen)) => seen,
        other => panic!("{text}: {other:?}"),
    }
}

fn put(live: &mut Observations, text: &str, value: Live) {
    live.insert(at(text), value);
}

/// A record of all that is declared on Confluent.
fn recorded(declared: &Declared, live: &Observations) -> Record {
    let mut evaluation = Evaluation::new(declared).unwrap();
    planned_with(&mut evaluation, declared, live);
    let mut record = Record::default();
    for resource in &declared.resources {
        if let Some(Live::Present(seen)) = live.get(&resource.address)
            && record::is_kept_for(&resource.address.kind)
        {
            let entry = Entry::of(&evaluation, resource, &seen.handle.id).unwrap();
            record.put(&resource.address, entry);
        }
    }
    record
}

fn planned_with(evaluation: &mut Evaluation<'_>, declared: &Declared, live: &Observations) -> Plan {
    plan(evaluation, &owner_of(declared), live, Intent::Converge).unwrap()
}

fn remember(declared: &Declared, live: &mut Observations, record: Record) {
    let mut evaluation = Evaluation::new(declared).unwrap();
    planned_with(&mut evaluation, declared, live);
    live.remember(record, &evaluation, &owner_of(declared)).unwrap();
}

#[test]
fn the_pipeline_is_made_in_the_order_that_its_clouds_take() {
    let declared = pipeline(&[]);
    let absent: Observations = declared
        .resources
        .iter()
        .map(|each| (each.address.clone(), Live::Absent))
        .collect();
    let plan = planned(&declared, &absent, Intent::Converge);
    assert_eq!(plan.counts().create, declared.resources.len());
    assert_eq!(plan.graph.cycle(), None);
    let order = [
        "confluent_environment.main",
        "confluent_kafka_cluster.main",
        "confluent_role_binding.admin",
        "confluent_api_key.admin",
        "confluent_kafka_topic.readings",
        "confluent_connector.mongodb",
    ];
    for pair in order.windows(2) {
        assert!(turn(&plan, pair[0]) < turn(&plan, pair[1]), "{pair:?}");
    }
    for (first, then) in [
        ("confluent_service_account.admin", "confluent_role_binding.admin"),
        ("aws_secretsmanager_secret.admin_key", "confluent_api_key.admin"),
        ("confluent_api_key.admin", "confluent_kafka_acl.sink[read]"),
        ("confluent_kafka_acl.sink[read]", "confluent_connector.mongodb"),
        ("confluent_api_key.bridge", "aws_lambda_function.bridge"),
        (
            "confluent_kafka_topic.readings[air]",
            "aws_lambda_event_source_mapping.ingest",
        ),
    ] {
        assert!(turn(&plan, first) < turn(&plan, then), "{first} before {then}");
    }
}

#[test]
fn the_pipeline_as_declared_has_nothing_to_do() {
    let declared = pipeline(&[]);
    let plan = planned(&declared, &made(&declared), Intent::Converge);
    assert_eq!(done(&plan), [""; 0]);
    assert!(!plan.has_changes());
}

#[test]
fn a_destroy_takes_connectors_then_what_keys_write_with_its_cluster_then_those_keys() {
    let declared = pipeline(&[]);
    let plan = planned(&declared, &made(&declared), Intent::Destroy);
    assert_eq!(plan.counts().delete, declared.resources.len());
    let order = [
        "confluent_connector.mongodb",
        "confluent_kafka_acl.sink[read]",
        "confluent_kafka_cluster.main",
        "confluent_api_key.admin",
        "confluent_service_account.admin",
    ];
    for pair in order.windows(2) {
        assert!(turn(&plan, pair[0]) < turn(&plan, pair[1]), "{pair:?}");
    }
    assert!(turn(&plan, "confluent_kafka_topic.readings[air]") < turn(&plan, "confluent_api_key.admin"));
    assert!(turn(&plan, "confluent_api_key.admin") < turn(&plan, "aws_secretsmanager_secret.admin_key"));
    assert!(turn(&plan, "confluent_kafka_cluster.main") < turn(&plan, "confluent_role_binding.admin"));
    assert!(turn(&plan, "confluent_api_key.bridge") < turn(&plan, "confluent_kafka_cluster.main"));
    assert!(turn(&plan, "confluent_kafka_cluster.main") < turn(&plan, "confluent_environment.main"));
}

#[test]
fn what_shows_its_owner_by_name_ends_in_the_tag_whatever_its_name_says() {
    let declared = pipeline(&[(
        "  confluent_environment.main:\n",
        "  confluent_environment.main:\n    name: city\n",
    )]);
    let tag = owner_of(&declared).tag();
    let evaluation = Evaluation::new(&declared).unwrap();
    let name = |text: &str| evaluation.cloud_name(&at(text)).unwrap();
    assert_eq!(name("confluent_environment.main"), format!("city-{tag}"));
    assert_eq!(
        name("confluent_kafka_cluster.main"),
        format!("prod-telemetry-main-{tag}")
    );
    assert_eq!(
        name("confluent_service_account.sink"),
        format!("prod-telemetry-sink-{tag}")
    );
    assert_eq!(
        name("confluent_connector.mongodb"),
        format!("prod-telemetry-mongodb-{tag}")
    );
    assert_eq!(
        name("confluent_api_key.sink".replace("sink", "admin").as_str()),
        "prod-telemetry-admin"
    );
    assert_eq!(name("confluent_kafka_topic.readings[air]"), "prod.air");
}

#[test]
fn secrets_are_told_by_their_place_and_never_by_their_text() {
    let declared = pipeline(&[]);
    let evaluation = Evaluation::new(&declared).unwrap();
    let wanted = evaluation.wanted(&at("confluent_connector.mongodb")).unwrap();
    let secrets = wanted.secrets();
    let [(path, source)] = secrets.as_slice() else {
        panic!("{secrets:?}")
    };
    assert_eq!(
        super::super::written::Written(path).to_string(),
        "config[\"connection.password\"]"
    );
    assert_eq!(source.to_string(), "env:MONGODB_PASSWORD");
    let text = wanted.spec["config"]["connection.password"].as_str().unwrap();
    assert!(crate::resource::sentinel::is_in(text));
}

#[test]
fn in_a_cluster_that_is_gone_nothing_is() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, "confluent_kafka_cluster.main", Live::Absent);
    let plan = planned(&declared, &live, Intent::Converge);
    for text in [
        "confluent_kafka_topic.readings[air]",
        "confluent_kafka_acl.bridge[write]",
        "confluent_connector.mongodb",
        "confluent_api_key.admin",
    ] {
        assert_eq!(reason(&plan, text), &Reason::Absent, "{text}");
    }
    assert_eq!(
        plan.changes[turn(&plan, "confluent_environment.main")].action,
        Action::Keep
    );
}

#[test]
fn what_a_cluster_holds_that_cannot_be_read_cannot_be_read() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let unreadable = || Live::Unreadable {
        because: "403".to_owned(),
        until: None,
    };
    put(&mut live, "confluent_kafka_cluster.main", unreadable());
    for text in ["confluent_kafka_topic.readings[air]", "confluent_connector.mongodb"] {
        put(&mut live, text, Live::Absent);
    }
    let plan = planned(&declared, &live, Intent::Converge);
    for text in ["confluent_kafka_topic.readings[air]", "confluent_connector.mongodb"] {
        let Reason::Unreadable { until, .. } = reason(&plan, text) else {
            panic!("{text}: {:?}", reason(&plan, text))
        };
        assert_eq!(until.as_ref(), Some(&at("confluent_kafka_cluster.main")), "{text}");
    }
}

#[test]
fn a_setting_that_nobody_declared_is_left_and_one_that_was_declared_once_is_unset() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let record = recorded(&declared, &live);
    let seen = edit(&mut live, "confluent_kafka_topic.readings[air]");
    seen.spec["config"]["max.message.bytes"] = json!("1048588");
    assert_eq!(done(&planned(&declared, &live, Intent::Converge)), [""; 0]);
    let without = pipeline(&[(", retention_ms: 3600000", "")]);
    remember(&without, &mut live, record);
    let plan = planned(&without, &live, Intent::Converge);
    assert_eq!(done(&plan), ["update kafka_topic.readings[air]"]);
    let change = &plan.changes[turn(&plan, "confluent_kafka_topic.readings[air]")];
    assert_eq!(fields(change), ["config[\"retention.ms\"]: \"3600000\" -> null"]);
    assert_eq!(change.reason, Reason::Declared);
}

#[test]
fn a_declared_default_that_nobody_set_is_no_difference() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let seen = edit(&mut live, "confluent_kafka_topic.readings[noise]");
    seen.spec["config"] = json!({});
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["update kafka_topic.readings[noise]"]);
    let seen = edit(&mut live, "confluent_kafka_topic.readings[noise]");
    seen.open
        .defaults
        .insert("cleanup.policy".to_owned(), "delete".to_owned());
    assert_eq!(done(&planned(&declared, &live, Intent::Converge)), [""; 0]);
}

#[test]
fn what_the_server_masks_or_adds_to_a_connector_is_no_difference() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let seen = edit(&mut live, "confluent_connector.mongodb");
    seen.spec["config"]["connection.password"] = json!("****************");
    seen.spec["config"]["connection.user"] = json!("****************");
    seen.spec["config"]["cloud.provider"] = json!("aws");
    assert_eq!(done(&planned(&declared, &live, Intent::Converge)), [""; 0]);
    let seen = edit(&mut live, "confluent_connector.mongodb");
    seen.spec["status"] = json!("FAILED");
    seen.spec["config"]["tasks.max"] = json!("2");
    let plan = planned(&declared, &live, Intent::Converge);
    let change = &plan.changes[turn(&plan, "confluent_connector.mongodb")];
    assert_eq!(
        fields(change),
        [
            "status: \"FAILED\" -> \"RUNNING\"",
            "config[\"tasks.max\"]: \"2\" -> \"1\""
        ]
    );
}

#[test]
fn partitions_only_grow_and_a_cluster_only_rises_to_standard() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    edit(&mut live, "confluent_kafka_topic.readings[air]").spec["partitions"] = json!(12);
    edit(&mut live, "confluent_kafka_topic.readings[noise]").spec["partitions"] = json!(1);
    let cluster = edit(&mut live, "confluent_kafka_cluster.main");
    cluster.spec["availability"] = json!("LOW");
    cluster.spec["basic"] = Json::Null;
    cluster.spec["standard"] = json!({});
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(
        done(&plan),
        [
            "blocked kafka_cluster.main",
            "blocked kafka_topic.readings[air]",
            "update kafka_topic.readings[noise]"
        ]
    );
    for text in ["confluent_kafka_topic.readings[air]", "confluent_kafka_cluster.main"] {
        assert!(matches!(reason(&plan, text), Reason::Refused { .. }), "{text}");
    }
}

#[test]
fn with_an_account_that_is_made_anew_go_its_keys_and_grants() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, "confluent_service_account.sink", Live::Absent);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(
        plan.changes[turn(&plan, "confluent_service_account.sink")].action,
        Action::Create
    );
    assert_eq!(
        plan.changes[turn(&plan, "confluent_kafka_acl.sink[read]")].action,
        Action::Replace
    );
    assert_eq!(
        plan.changes[turn(&plan, "confluent_kafka_acl.bridge[write]")].action,
        Action::Keep
    );
    let connector = &plan.changes[turn(&plan, "confluent_connector.mongodb")];
    assert_eq!(connector.action, Action::Update);
    assert!(fields(connector)[0].starts_with("config[\"kafka.service.account.id\"]"));
}

/// One line a change, in order: what is done, to what, why.
fn listed(plan: &Plan) -> String {
    let lines = plan.changes.iter().map(|change| {
        let action = format!("{:?}", change.action).to_lowercase();
        format!("{action:8} {}: {}\n", short(&change.address), change.sentence())
    });
    lines.collect()
}

#[test]
fn the_whole_pipeline_reads_as_its_golden_text_says() {
    let declared = pipeline(&[]);
    let absent: Observations = declared
        .resources
        .iter()
        .map(|each| (each.address.clone(), Live::Absent))
        .collect();
    let made = made(&declared);
    let mut worn = made.clone();
    put(&mut worn, "confluent_kafka_topic.readings[noise]", Live::Absent);
    edit(&mut worn, "confluent_kafka_topic.readings[air]").spec["partitions"] = json!(9);
    edit(&mut worn, "confluent_service_account.bridge").spec["description"] = json!("edited");
    edit(&mut worn, "confluent_connector.mongodb").spec["status"] = json!("PAUSED");
    put(&mut worn, "confluent_api_key.drift", Live::Absent);
    put(&mut worn, "confluent_role_binding.admin", Live::Absent);
    let texts = [
        ("from nothing", planned(&declared, &absent, Intent::Converge)),
        ("worn", planned(&declared, &worn, Intent::Converge)),
        ("destroyed", planned(&declared, &made, Intent::Destroy)),
    ];
    let text: String = texts
        .iter()
        .map(|(title, plan)| {
            let open: String = listed(plan)
                .lines()
                .filter(|line| !line.starts_with("keep"))
                .map(|line| format!("{line}\n"))
                .collect();
            format!("== {title}\n{open}")
        })
        .collect();
    assert_golden("src/plan/tests/confluent/pipeline.txt", &text);
}

#[test]
fn many_topics_of_one_cluster_are_evaluated_a_few_times_each() {
    let sensors: String = (0..500).map(|number| format!("s{number}: {{}}, ")).collect();
    let declared = pipeline(&[("noise: {}", &sensors)]);
    let live = made(&declared);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    planned_with(&mut evaluation, &declared, &live);
    let (evaluations, resources) = (evaluation.evaluations(), declared.resources.len());
    assert!(
        evaluations <= 4 * resources,
        "{evaluations} evaluations of {resources} resources"
    );
}
