#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::environment::trial::codes;
use crate::environment::trial::json;
use crate::environment::trial::local;
use crate::environment::trial::problems;
use crate::environment::trial::texts;

/// The value of the input `a`, declared so and given so.
fn value(with: &str, declaration: &str) -> serde_json::Value {
    json(&local(with, &stack(declaration)))
}

fn wrong(with: &str, declaration: &str) -> Vec<(String, String)> {
    problems(&local(with, &stack(declaration)))
}

fn stack(declaration: &str) -> String {
    format!("inputs:\n  a: {declaration}\noutputs:\n  out: ${{input.a}}\n")
}

fn one(code: &str, text: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), text.to_owned())]
}

#[test]
fn each_type_takes_its_own_and_no_other() {
    let values = ["text", "5", "true", "[x]", "{ k: v }"];
    for (declaration, fitting) in [
        ("{ type: string }", "text"),
        ("{ type: integer }", "5"),
        ("{ type: boolean }", "true"),
        ("{ type: list }", "[x]"),
        ("{ type: map }", "{ k: v }"),
        ("{ type: object, open: true }", "{ k: v }"),
    ] {
        for given in values {
            let found = wrong(&format!("a: {given}"), declaration);
            match given == fitting {
                true => assert_eq!(found, [], "{declaration} {given}"),
                false => assert_eq!(found, one("wrong-type", given), "{declaration}"),
            }
        }
    }
}

#[test]
fn a_secret_takes_a_source_and_is_never_written_out() {
    let stack = "inputs:\n  a: { type: secret }\nresources:\n  aws_sqs_queue.q: {}\n";
    assert_eq!(codes(&local("a: { secret: \"env:NAME\" }", stack)), [""; 0]);
    for plain in ["hunter2", "12345", "{ secret: hunter2 }", "{ secret: \"pass:word\" }"] {
        assert_eq!(
            codes(&local(&format!("a: {plain}"), stack)),
            ["plain-secret"],
            "{plain}"
        );
    }
}

#[test]
fn the_text_of_a_plain_secret_is_not_shown() {
    let stack = "inputs:\n  a: { type: secret }\n";
    for plain in [
        "hunter2",
        "\"hunter2\"",
        "{ secret: \"hunter2:x\" }",
        "{ secret: hunter2 }",
    ] {
        let files = local(&format!("a: {plain}"), stack);
        let failed = crate::environment::declare(&files, "environments/local.yaml", &Default::default()).unwrap_err();
        let text = crate::environment::diagnostic::render(&failed.problems, &failed.sources);
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_default_is_taken_where_nothing_or_null_is_given() {
    assert_eq!(value("", "{ type: integer, default: 3 }"), json!(3));
    assert_eq!(value("a: null", "{ type: integer, default: 3 }"), json!(3));
    assert_eq!(value("a: 4", "{ type: integer, default: 3 }"), json!(4));
    assert_eq!(value("", "{ type: integer, default: null }"), json!(null));
    assert_eq!(wrong("a: null", "{ type: integer }"), one("missing-input", "null"));
    assert_eq!(wrong("", "{ type: integer }"), one("missing-input", "t"));
}

#[test]
fn fields_take_their_own_defaults_and_an_object_has_none_of_itself() {
    let fields = "fields: { x: { type: integer, default: 1 }, y: { type: string, default: null } }";
    assert_eq!(
        value("a: {}", &format!("{{ type: object, {fields} }}")),
        json!({"x": 1, "y": null})
    );
    assert_eq!(
        value("", &format!("{{ type: object, default: {{}}, {fields} }}")),
        json!({"x": 1, "y": null})
    );
    assert_eq!(
        wrong("", &format!("{{ type: object, {fields} }}")),
        one("missing-input", "t")
    );
}

#[test]
fn an_open_object_takes_other_keys_and_a_closed_one_does_not() {
    let fields = "fields: { x: { type: integer, default: 1 } }";
    assert_eq!(
        value("a: { z: 2 }", &format!("{{ type: object, open: true, {fields} }}")),
        json!({"x": 1, "z": 2})
    );
    assert_eq!(
        wrong("a: { z: 2 }", &format!("{{ type: object, {fields} }}")),
        one("unknown-field", "z")
    );
}

#[test]
fn values_of_maps_and_items_of_lists_are_held_against_their_type() {
    let values = "values: { type: object, fields: { n: { type: integer, default: 7 } } }";
    assert_eq!(
        value("a: { k: {}, l: { n: 8 } }", &format!("{{ type: map, {values} }}")),
        json!({"k": {"n": 7}, "l": {"n": 8}})
    );
    assert_eq!(
        value("a: [{}, { n: 8 }]", &format!("{{ type: list, {values} }}")),
        json!([{"n": 7}, {"n": 8}])
    );
    assert_eq!(
        wrong("a: { k: { n: x } }", &format!("{{ type: map, {values} }}")),
        one("wrong-type", "x")
    );
    assert_eq!(
        wrong("a: [{ n: x }]", &format!("{{ type: list, {values} }}")),
        one("wrong-type", "x")
    );
}

#[test]
fn null_entries_and_items_are_not_given() {
    assert_eq!(value("a: { k: null, l: 1 }", "{ type: map }"), json!({"l": 1}));
    assert_eq!(value("a: [null, 1]", "{ type: list }"), json!([1]));
}

#[test]
fn limits_are_of_value_length_or_count() {
    for (declaration, low, high) in [
        ("integer", "1", "4"),
        ("string", "x", "xxxx"),
        ("list", "[x]", "[x, x, x, x]"),
        ("map", "{ a: 1 }", "{ a: 1, b: 1, c: 1, d: 1 }"),
    ] {
        let declaration = format!("{{ type: {declaration}, min: 2, max: 3 }}");
        for given in [low, high] {
            assert_eq!(wrong(&format!("a: {given}"), &declaration), one("out-of-range", given));
        }
    }
}

#[test]
fn the_limits_themselves_fit() {
    assert_eq!(value("a: 2", "{ type: integer, min: 2, max: 2 }"), json!(2));
    assert_eq!(value("a: äö", "{ type: string, min: 2, max: 2 }"), json!("äö"));
}

#[test]
fn an_enum_names_what_is_allowed() {
    assert_eq!(
        value("a: arm64", "{ type: string, enum: [x86_64, arm64] }"),
        json!("arm64")
    );
    assert_eq!(
        wrong("a: arm", "{ type: string, enum: [x86_64, arm64] }"),
        one("not-allowed", "arm")
    );
    assert_eq!(
        wrong("a: 3", "{ type: integer, enum: [1, 2] }"),
        one("not-allowed", "3")
    );
}

#[test]
fn a_default_fits_its_own_declaration() {
    assert_eq!(
        wrong("a: 3", "{ type: integer, default: 9, max: 5 }"),
        one("out-of-range", "9")
    );
    assert_eq!(wrong("a: 3", "{ type: integer, default: x }"), one("wrong-type", "x"));
}

#[test]
fn defaults_and_with_may_name_the_place_and_nothing_else() {
    assert_eq!(
        value("", "{ type: string, default: \"${environment.name}.${aws.region}\" }"),
        json!("local.us-east-1")
    );
    assert_eq!(value("a: ${environment.name}-x", "{ type: string }"), json!("local-x"));
    for reference in ["${input.a}", "${each.key}", "${aws_sqs_queue.q.arn}"] {
        assert_eq!(
            wrong("a: x", &format!("{{ type: string, default: \"{reference}\" }}")),
            one("not-available", reference)
        );
        assert_eq!(
            wrong(&format!("a: {reference}"), "{ type: string }"),
            one("not-available", reference)
        );
    }
}

#[test]
fn a_text_that_only_the_cloud_can_say_counts_its_known_length() {
    let files = |max: u8| {
        let environment = "environment: local\ncloud: live\naws: { region: us-east-1 }\nstacks:\n  t: { stack: s }\n";
        let stack = format!(
            "stack: s\n{}",
            stack(&format!(
                "{{ type: string, max: {max}, default: \"x${{aws.account_id}}\" }}"
            ))
        );
        texts(&[("environments/local.yaml", environment), ("stacks/s.yaml", &stack)])
    };
    assert_eq!(json(&files(13)), json!("x${aws.account_id}"));
    assert_eq!(codes(&files(12)), ["out-of-range"]);
}

#[test]
fn a_wrong_input_is_one_error_wherever_it_is_used() {
    let stack = "inputs:\n  n: { type: integer }\nresources:\n  aws_sqs_queue.q: { delay_seconds: \"${input.n}\", name: \"q-${input.n}\" }\n  \
                 aws_sqs_queue.r: { for_each: \"${input.n}\" }\n  aws_sqs_queue.s: { when: \"${input.n}\", delay_seconds: 901 }\n";
    assert_eq!(
        problems(&local("n: x", stack)),
        [one("wrong-type", "x"), one("out-of-range", "901")].concat()
    );
}

#[test]
fn one_stack_serves_several_instances_with_their_own_values() {
    let environment = "environment: local\ncloud: embedded\naws: { region: us-east-1 }\nstacks:\n  \
                       one: { stack: s, with: { d: 1 } }\n  two: { stack: s, with: { d: 2 } }\n  gone: null\n";
    let stack =
        "stack: s\ninputs:\n  d: { type: integer }\nresources:\n  aws_sqs_queue.q: { delay_seconds: \"${input.d}\" }\n";
    let files = texts(&[("environments/local.yaml", environment), ("stacks/s.yaml", stack)]);
    assert_eq!(
        crate::environment::trial::addresses(&files),
        ["one/aws_sqs_queue.q", "two/aws_sqs_queue.q"]
    );
}
