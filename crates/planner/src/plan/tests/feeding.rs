//! A queue and the function that it feeds: which changes first, and what becomes of a queue that gets another name.

use super::*;
use crate::plan::owned::Marked;
use crate::resource::Identity;

const OLD: &str = "arn:aws:sqs:us-east-1:123456789012:old";
const FORMER_QUEUE: &str = "t/aws_sqs_queue.q (formerly old)";
const FORMER_MAPPING: &str = "t/aws_lambda_event_source_mapping.m (formerly uuid)";

fn kind(name: &str) -> &'static dyn AnySchema {
    crate::schema::find(name).unwrap()
}

fn function(timeout: u32) -> Json {
    json!({
        "filename": "x.zip", "runtime": "provided.al2023", "handler": "bootstrap", "timeout": timeout,
        "role": "arn:aws:iam::123456789012:role/r",
    })
}

fn mapping() -> Json {
    json!({
        "event_source_arn": "${aws_sqs_queue.q.arn}",
        "function_name": "${aws_lambda_function.f.name}",
    })
}

fn fed(hidden: u32, runs: u32, name: Option<&str>) -> Vec<Resource> {
    let mut queue = resource(
        kind("aws_sqs_queue"),
        "q",
        &json!({ "visibility_timeout_seconds": hidden }),
    );
    queue.options.name = name.and_then(option_text);
    vec![
        queue,
        resource(kind("aws_lambda_function"), "f", &function(runs)),
        resource(kind("aws_lambda_event_source_mapping"), "m", &mapping()),
    ]
}

/// What must go before the named one, of queue and function.
fn needs(plan: &Plan, from: &str) -> Vec<String> {
    let (from, needs) = plan
        .graph
        .needs
        .iter()
        .find(|(address, _)| address.name == from)
        .unwrap();
    assert!(!needs.contains(from));
    let ends = needs.iter().filter(|needed| ["q", "f"].contains(&needed.name.as_str()));
    ends.map(|needed| needed.name.clone()).collect()
}

fn changed(before: (u32, u32), after: (u32, u32)) -> Plan {
    let resources = fed(after.0, after.1, None);
    let live = |resource: &Resource| {
        let spec = match resource.address.name.as_str() {
            "q" => json!({ "visibility_timeout_seconds": before.0 }),
            "f" => function(before.1),
            _ => return Live::Absent,
        };
        ours(resource, &live_spec(resource.schema, &spec), &[])
    };
    let observed: Observations = resources
        .iter()
        .map(|each| (each.address.clone(), live(each)))
        .collect();
    let declared = declared(resources);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    plan(&mut evaluation, &owner(), &observed, Intent::Converge).unwrap()
}

#[test]
fn a_queue_is_raised_before_its_function_and_lowered_after_it() {
    let raised = changed((60, 10), (180, 30));
    assert_eq!(
        (needs(&raised, "f"), needs(&raised, "q")),
        (vec!["q".to_owned()], Vec::new())
    );
    let lowered = changed((180, 30), (60, 10));
    assert_eq!(
        (needs(&lowered, "f"), needs(&lowered, "q")),
        (Vec::new(), vec!["f".to_owned()])
    );
    let one = changed((180, 10), (180, 30));
    assert_eq!((needs(&one, "f"), needs(&one, "q")), (Vec::new(), Vec::new()));
}

/// A queue called `old` so far, with messages, and the mapping that reads it.
fn renamed(is_enabled: bool, request: Request) -> Plan {
    let declared = declared(fed(180, 30, Some("new")));
    let mut observed: Observations = declared
        .resources
        .iter()
        .map(|each| (each.address.clone(), Live::Absent))
        .collect();
    let mut former =
        |address: &str, kind: &str, identity: Identity, name: &str, spec: &Json, outputs: &[(&str, &str)]| {
            let mark = Mark {
                owner: owner(),
                address: format!("t/{kind}.{address}"),
                digest: Digest("1:x".to_owned()),
                protect: false,
            };
            let marked = Marked::new(identity, name, &mark);
            let seen = Seen {
                mark: Some(mark),
                holds_data: kind == "aws_sqs_queue",
                ..foreign(&live_spec(super::feeding::kind(kind), spec), outputs)
            };
            observed.owned.push(Owned {
                address: Address::from_tag_text(&marked.address).unwrap().as_former(name),
                identity: marked.identity,
                cloud_name: marked.cloud_name,
                live: Live::Present(seen),
            });
        };
    former(
        "q",
        "aws_sqs_queue",
        Identity::Name("old".to_owned()),
        "old",
        &json!({}),
        &[("arn", OLD)],
    );
    former(
        "m",
        "aws_lambda_event_source_mapping",
        Identity::Natural(vec![OLD.to_owned(), "f".to_owned()]),
        "uuid",
        &json!({ "event_source_arn": OLD, "function_name": "f", "enabled": is_enabled }),
        &[("uuid", "uuid")],
    );
    let mut evaluation = Evaluation::new(&declared).unwrap();
    plan(&mut evaluation, &owner(), &observed, request).unwrap()
}

fn sentences(plan: &Plan) -> Vec<String> {
    let former = plan.changes.iter().filter(|change| change.address.former.is_some());
    former
        .map(|change| format!("{:?} {}: {}", change.action, change.address, change.sentence()))
        .collect()
}

#[test]
fn a_queue_with_another_name_is_drained_by_its_mapping_and_both_go() {
    let plan = renamed(true, Intent::Converge.into());
    assert_eq!(
        sentences(&plan),
        [
            format!("Delete {FORMER_MAPPING}: {FORMER_QUEUE} goes, and this empties it first"),
            format!("Delete {FORMER_QUEUE}: t/aws_sqs_queue.q has another name now; it goes once it is empty"),
        ]
    );
    let former = |name: &str| {
        let mut changes = plan.changes.iter();
        changes
            .find(|change| change.address.to_string() == name)
            .unwrap()
            .address
            .clone()
    };
    let (mapping, queue) = (former(FORMER_MAPPING), former(FORMER_QUEUE));
    assert!(plan.graph.needs[&queue].contains(&mapping));
    let new = address(kind("aws_sqs_queue"), "q");
    assert!(
        plan.graph.needs[&mapping].contains(&new),
        "what fills it goes elsewhere first"
    );
}

#[test]
fn what_nothing_empties_is_data() {
    let plan = renamed(false, Intent::Converge.into());
    assert!(
        sentences(&plan)[1].contains("--allow-data-loss t/aws_sqs_queue.q"),
        "{:?}",
        sentences(&plan)
    );
}

#[test]
fn what_may_be_lost_is_not_waited_for() {
    let request = Request {
        allow_data_loss: vec![address(kind("aws_sqs_queue"), "q")],
        ..Intent::Converge.into()
    };
    let plan = renamed(true, request);
    assert!(
        sentences(&plan)
            .iter()
            .all(|text| text.contains("has another name now") && !text.contains("empty"))
    );
}

#[test]
fn what_hangs_on_what_is_made_anew_goes_before_it() {
    let declared = declared(fed(180, 30, None));
    let live = |resource: &Resource| {
        let (spec, outputs) = match resource.address.name.as_str() {
            "q" => (json!({ "visibility_timeout_seconds": 180 }), vec![]),
            "f" => (function(30), vec![]),
            _ => (
                json!({ "event_source_arn": "arn:aws:sqs:us-east-1:123456789012:test-t-q", "function_name": "test-t-f" }),
                vec![("uuid", "uuid")],
            ),
        };
        ours(resource, &live_spec(resource.schema, &spec), &outputs)
    };
    let observed: Observations = declared
        .resources
        .iter()
        .map(|each| (each.address.clone(), live(each)))
        .collect();
    let queue = address(kind("aws_sqs_queue"), "q");
    let request = Request {
        replace: vec![queue.clone()],
        ..Intent::Converge.into()
    };
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let plan = plan(&mut evaluation, &owner(), &observed, request).unwrap();
    let firsts: Vec<_> = plan.firsts.iter().collect();
    let [(first, whose)] = firsts.as_slice() else {
        panic!("{firsts:?}")
    };
    assert_eq!(whose.name, "m");
    assert!(plan.graph.needs[&queue].contains(first));
    assert!(plan.graph.needs[first].is_empty(), "{:?}", plan.graph.needs[first]);
}
