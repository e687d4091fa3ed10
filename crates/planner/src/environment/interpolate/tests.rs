#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::environment::trial::codes;
use crate::environment::trial::json;
use crate::environment::trial::local;
use crate::environment::trial::output;
use crate::environment::trial::problems;

const INPUTS: &str = "inputs:\n  a: { type: object, open: true, default: {} }\n";

/// The output `out` written as `template`, with an open input `a`.
fn made(with: &str, template: &str) -> serde_json::Value {
    json(&local(with, &format!("{INPUTS}outputs:\n  out: {template}\n")))
}

fn wrong(with: &str, template: &str) -> Vec<(String, String)> {
    problems(&local(with, &format!("{INPUTS}outputs:\n  out: {template}\n")))
}

/// A stack with a plain queue, a switched-off one, one with instances, and the output `out`.
fn among_queues(template: &str) -> crate::environment::trial::Texts {
    let resources = "resources:\n  aws_sqs_queue.one: {}\n  aws_sqs_queue.off: { when: false }\n  \
                     aws_sqs_queue.many:\n    for_each: { b: {}, a: {}, c: { off: true } }\n    \
                     when: ${input.on}\n  aws_sqs_queue.none:\n    for_each: null\n";
    let inputs = "inputs:\n  on: { type: boolean, default: true }\n";
    local("", &format!("{inputs}{resources}outputs:\n  out: {template}\n"))
}

#[test]
fn a_scalar_that_is_one_reference_keeps_the_type_quoted_or_not() {
    let with = "a: { number: 5, flag: true, list: [1, x], map: { k: v }, text: t, half: 0.5 }";
    for (name, value) in [
        ("number", json!(5)),
        ("flag", json!(true)),
        ("list", json!([1, "x"])),
        ("map", json!({"k": "v"})),
        ("text", json!("t")),
        ("half", json!(0.5)),
    ] {
        assert_eq!(made(with, &format!("${{input.a.{name}}}")), value);
        assert_eq!(made(with, &format!("\"${{input.a.{name}}}\"")), value);
    }
}

#[test]
fn scalars_in_a_longer_text_are_written_plain() {
    let with = "a: { number: 43200, flag: false, text: t }";
    let text = "x-${input.a.number}-${input.a.flag}-${input.a.text}";
    assert_eq!(made(with, text), json!("x-43200-false-t"));
}

#[test]
fn a_doubled_dollar_is_a_literal_and_is_not_read_again() {
    assert_eq!(
        made("", "\"$${input.a} ${environment.name}\""),
        json!("${input.a} local")
    );
    let with = "a: { text: \"$${aws.region}\" }";
    assert_eq!(made(with, "${input.a.text}"), json!("${aws.region}"));
}

#[test]
fn place_values_are_put_in_and_the_embedded_account_is_known() {
    let text = "${environment.name} ${aws.region} ${aws.partition} ${aws.account_id}";
    assert_eq!(made("", text), json!("local us-east-1 aws 123456789012"));
    let tag = made("", "${environment.tag}");
    let is_tag = |tag: &str| tag.len() == 8 && tag.chars().all(|c| c.is_ascii_hexdigit());
    assert!(tag.as_str().is_some_and(is_tag), "{tag}");
}

#[test]
fn what_only_the_clouds_say_stays_unknown() {
    assert_eq!(
        made("", "o-${confluent.organization}"),
        json!("o-${confluent.organization}")
    );
}

#[test]
fn an_output_of_a_resource_is_unknown_text_and_the_whole_a_handle() {
    assert_eq!(
        json(&among_queues("${aws_sqs_queue.one.arn}")),
        json!("${t/aws_sqs_queue.one.arn}")
    );
    assert_eq!(
        json(&among_queues("x-${aws_sqs_queue.many[a].name}")),
        json!("x-${t/aws_sqs_queue.many[a].name}")
    );
    assert_eq!(
        json(&among_queues("${aws_sqs_queue.one}")),
        json!({"handle": "t/aws_sqs_queue.one"})
    );
    assert_eq!(
        json(&among_queues("${aws_sqs_queue.many[b]}")),
        json!({"handle": "t/aws_sqs_queue.many[b]"})
    );
}

#[test]
fn a_splat_is_a_list_in_key_order() {
    let expected = ["a", "b", "c"].map(|key| format!("${{t/aws_sqs_queue.many[{key}].name}}"));
    assert_eq!(json(&among_queues("${aws_sqs_queue.many[*].name}")), json!(expected));
}

#[test]
fn what_is_switched_off_is_null_and_a_splat_over_it_empty() {
    assert_eq!(json(&among_queues("${aws_sqs_queue.off.arn}")), json!(null));
    assert_eq!(json(&among_queues("${aws_sqs_queue.off}")), json!(null));
    assert_eq!(json(&among_queues("${aws_sqs_queue.off[*].arn}")), json!([]));
    assert_eq!(json(&among_queues("${aws_sqs_queue.none[*].arn}")), json!([]));
}

#[test]
fn null_a_list_a_map_a_secret_and_a_resource_are_no_part_of_a_longer_text() {
    let with = "a: { none: null, list: [1], map: {}, secret: { secret: \"env:X\" } }";
    for (name, code) in [
        ("none", "null-in-text"),
        ("list", "list-in-text"),
        ("map", "map-in-text"),
        ("secret", "secret-in-text"),
    ] {
        let reference = format!("${{input.a.{name}}}");
        let expected = [(code.to_owned(), reference.clone())];
        assert_eq!(wrong(with, &format!("\"x{reference}\"")), expected);
    }
    assert_eq!(codes(&among_queues("x${aws_sqs_queue.one}")), ["resource-in-text"]);
    assert_eq!(codes(&among_queues("x${aws_sqs_queue.off.arn}")), ["null-in-text"]);
    assert_eq!(codes(&among_queues("x${aws_sqs_queue.many[*].arn}")), ["list-in-text"]);
}

#[test]
fn a_null_in_a_longer_text_frames_both_places() {
    let files = local(
        "a: { none: null }",
        &format!("{INPUTS}outputs:\n  out: x${{input.a.none}}\n"),
    );
    let asked = crate::environment::Asked::default();
    let failed = crate::environment::declare(&files, "environments/local.yaml", &asked).unwrap_err();
    let places: Vec<String> = failed.problems[0]
        .labels
        .iter()
        .map(|label| failed.sources.locate(label.span))
        .collect();
    assert_eq!(places, ["stacks/s.yaml:5:9", "environments/local.yaml:8:18"]);
}

#[test]
fn every_problem_of_a_text_is_reported() {
    let found = wrong(
        "a: { none: null }",
        "\"${input.b} ${input.a.none} ${each.key} ${nothing} ${aws_sqs_queue.q.arn}\"",
    );
    let found: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(
        found,
        [
            "unknown-input",
            "null-in-text",
            "not-available",
            "malformed-reference",
            "unknown-resource"
        ]
    );
}

#[test]
fn a_field_of_null_is_null_and_an_absent_key_of_an_open_object_too() {
    assert_eq!(made("a: { none: null }", "${input.a.none.below}"), json!(null));
    assert_eq!(made("", "${input.a.anything}"), json!(null));
}

#[test]
fn a_field_of_a_scalar_is_an_error() {
    assert_eq!(
        wrong("a: { x: 5 }", "${input.a.x.y}"),
        [("unknown-field".to_owned(), "${input.a.x.y}".to_owned())]
    );
}

#[test]
fn a_value_remembers_where_it_stands_and_where_it_came_from() {
    let files = local(
        "a: { list: [5] }",
        &format!("{INPUTS}outputs:\n  out: ${{input.a.list}}\n"),
    );
    let node = output(&files);
    let crate::environment::tree::Data::List(items) = &node.data else {
        panic!("{node:?}");
    };
    assert_eq!(items[0].span, node.span);
    assert_ne!(items[0].origin.map(|origin| origin.file), Some(node.span.file));
    assert_eq!(items[0].origin.map(|origin| origin.end - origin.start), Some(1));
}

#[test]
fn a_map_of_one_key_secret_is_a_secret_only_where_it_names_a_source() {
    let files = |text: &str| local("", &format!("{INPUTS}outputs:\n  out: {text}\n"));
    assert_eq!(codes(&files("{ secret: \"env:NAME\" }")), ["secret-not-allowed"]);
    assert_eq!(codes(&files("{ secret: \"env:no name\" }")), ["plain-secret"]);
    assert_eq!(json(&files("{ secret: plain }")), json!({"secret": "plain"}));
}

#[test]
fn keys_hold_no_references() {
    assert_eq!(
        codes(&local("", "outputs:\n  out: { \"a-${environment.name}\": 1 }\n")),
        ["reference-in-key"]
    );
    assert_eq!(
        json(&local("", "outputs:\n  out: { \"$${x}\": 1 }\n")),
        json!({"${x}": 1})
    );
}
