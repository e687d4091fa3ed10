#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::environment::trial::addresses;
use crate::environment::trial::attributes;
use crate::environment::trial::codes;
use crate::environment::trial::declared;
use crate::environment::trial::local;
use crate::environment::trial::problems;

/// One queue `q` with these lines.
fn queue(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!("resources:\n  aws_sqs_queue.q:\n{lines}")
}

const SENSORS: &str = "inputs:\n  sensors: { type: map, default: null }\n  on: { type: boolean, default: null }\n";

fn with_sensors(with: &str, lines: &str) -> crate::environment::trial::Texts {
    local(with, &format!("{SENSORS}{}", queue(lines)))
}

#[test]
fn for_each_makes_one_resource_a_key_in_key_order() {
    let files = with_sensors(
        "sensors: { noise: { d: 1 }, air: { d: 2 } }",
        "for_each: ${input.sensors}\ndelay_seconds: ${each.value.d}\nname: q-${each.key}",
    );
    assert_eq!(
        addresses(&files),
        ["t/aws_sqs_queue.q[air]", "t/aws_sqs_queue.q[noise]"]
    );
    let made = declared(&files).resources;
    assert_eq!(
        made[0].attributes.to_value(),
        crate::resource::Value::Map(
            [("delay_seconds".to_owned(), crate::resource::Value::Number(2.into()))]
                .into_iter()
                .collect()
        )
    );
    assert_eq!(
        made[0].options.name.as_ref().and_then(|(name, _)| name.known()),
        Some("q-air")
    );
}

#[test]
fn a_null_for_each_makes_none_and_a_null_entry_not_one() {
    assert!(addresses(&with_sensors("", "for_each: ${input.sensors}")).is_empty());
    assert_eq!(
        addresses(&local("", &queue("for_each: { a: null, b: {} }"))),
        ["t/aws_sqs_queue.q[b]"]
    );
    assert_eq!(
        addresses(&with_sensors(
            "sensors: { a: null, b: 1 }",
            "for_each: ${input.sensors}"
        )),
        ["t/aws_sqs_queue.q[b]"]
    );
}

#[test]
fn when_switches_off_and_is_asked_per_instance() {
    assert!(addresses(&with_sensors("on: false", "when: ${input.on}")).is_empty());
    assert_eq!(addresses(&with_sensors("on: true", "when: ${input.on}")).len(), 1);
    assert_eq!(addresses(&with_sensors("", "when: ${input.on}")).len(), 1);
    let some = with_sensors(
        "",
        "for_each: { a: { on: true }, b: { on: false } }\nwhen: ${each.value.on}",
    );
    assert_eq!(addresses(&some), ["t/aws_sqs_queue.q[a]"]);
}

#[test]
fn when_takes_a_boolean_and_nothing_that_is_not_known() {
    assert_eq!(codes(&local("", &queue("when: \"true\""))), ["wrong-type"]);
    assert_eq!(codes(&local("", &queue("when: 1"))), ["wrong-type"]);
    assert_eq!(
        codes(&local("", &queue("when: ${aws_sqs_queue.q.name}"))),
        ["not-available"]
    );
    assert_eq!(codes(&local("", &queue("when: ${environment.name}"))), ["wrong-type"]);
}

#[test]
fn a_broken_for_each_hides_no_other_problem_and_makes_no_more() {
    let stack = "resources:\n  aws_sqs_queue.q:\n    for_each: [a]\n    name: ${each.key}-${each.value.x}-${input.no}\n  \
                 aws_sqs_queue.r: { name: \"r-${aws_sqs_queue.q[b].name}\", depends_on: [\"aws_sqs_queue.q[c]\"] }\n  \
                 aws_sqs_queue.s: { for_each: { k: {} }, name: \"${aws_sqs_queue.q[each.key].name}\" }\n";
    assert_eq!(codes(&local("", stack)), ["wrong-type", "unknown-input"]);
}

#[test]
fn depends_on_means_all_instances_and_nothing_of_what_is_off() {
    let stack = "resources:\n  aws_sqs_queue.many: { for_each: { a: {}, b: {} } }\n  aws_sqs_queue.off: { when: false }\n  \
                 aws_sqs_queue.q:\n    depends_on: [aws_sqs_queue.many, aws_sqs_queue.off, null]\n  \
                 aws_sqs_queue.one: { depends_on: [\"aws_sqs_queue.many[b]\"] }\n  \
                 aws_sqs_queue.twin: { for_each: { a: {} }, depends_on: [\"aws_sqs_queue.many[each.key]\"] }\n";
    let needs: Vec<Vec<String>> = declared(&local("", stack))
        .resources
        .iter()
        .map(|each| {
            each.options
                .depends_on
                .iter()
                .map(|(address, _)| address.to_string())
                .collect()
        })
        .collect();
    let (a, b) = ("t/aws_sqs_queue.many[a]", "t/aws_sqs_queue.many[b]");
    assert_eq!(
        needs,
        [
            vec![],
            vec![],
            vec![a.to_owned(), b.to_owned()],
            vec![b.to_owned()],
            vec![a.to_owned()]
        ]
    );
}

#[test]
fn options_are_no_attributes_and_null_ones_are_not_given() {
    let files = local(
        "",
        &queue("name: n\nprotect: true\nadopt: false\nexisting: null\ndepends_on: null\ndelay_seconds: 1"),
    );
    assert_eq!(attributes(&files), json!({"delay_seconds": 1}));
    let options = declared(&files).resources.remove(0).options;
    assert!(options.protect && !options.adopt && options.existing.is_none() && options.depends_on.is_empty());
}

#[test]
fn existing_names_what_is_looked_up() {
    let options = declared(&local("", &queue("existing: theirs")))
        .resources
        .remove(0)
        .options;
    assert_eq!(
        options.existing.as_ref().and_then(|(name, _)| name.known()),
        Some("theirs")
    );
}

#[test]
fn options_of_a_wrong_type_are_framed() {
    let files = local("", &queue("protect: please\nname: [a]\nexisting: ''"));
    let expected = [("wrong-type", "[a]"), ("wrong-type", "please"), ("empty-name", "''")];
    let mut found = problems(&files);
    found.sort();
    let mut expected = expected.map(|(code, text)| (code.to_owned(), text.to_owned()));
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn null_values_of_an_input_leave_attributes_out() {
    let files = with_sensors(
        "",
        "delay_seconds: ${input.on}\nredrive_allow_policy: { redrive_permission: \"${input.on}\" }",
    );
    assert_eq!(attributes(&files), json!({}));
}

#[test]
fn a_text_that_grows_by_references_is_stopped() {
    let long = "x".repeat(200_000);
    let many = "${input.t}".repeat(2_000);
    let stack = format!(
        "inputs:\n  t: {{ type: string }}\noutputs:\n  out: [{}]\n",
        vec![format!("\"{many}\""); 20].join(", ")
    );
    assert_eq!(codes(&local(&format!("t: {long}"), &stack)), ["too-large"]);
}

#[test]
fn too_many_resources_are_one_error() {
    let entries: String = (0..6_000).map(|n| format!("k{n}: 1, ")).collect();
    let queues: String = (0..4)
        .map(|n| format!("  aws_sqs_queue.q{n}: {{ for_each: \"${{input.keys}}\" }}\n"))
        .collect();
    let stack = format!("inputs:\n  keys: {{ type: map }}\nresources:\n{queues}");
    assert_eq!(codes(&local(&format!("keys: {{ {entries} }}"), &stack)), ["too-large"]);
}
