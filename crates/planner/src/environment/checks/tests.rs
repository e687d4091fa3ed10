#![allow(clippy::unwrap_used)]

use crate::environment::trial::addresses;
use crate::environment::trial::codes;
use crate::environment::trial::local;
use crate::environment::trial::problems;
use crate::environment::trial::texts;

fn resources(lines: &str) -> crate::environment::trial::Texts {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    local("", &format!("resources:\n{lines}"))
}

const REDRIVE: &str = "redrive_policy: { dead_letter_target_arn: \"${aws_sqs_queue.b.arn}\", max_receive_count: 5 }";

#[test]
fn a_pair_of_queues_that_name_each_other_is_no_circle() {
    let allow =
        "redrive_allow_policy: { redrive_permission: byQueue, source_queue_arns: [\"${aws_sqs_queue.a.arn}\"] }";
    let files = resources(&format!(
        "aws_sqs_queue.a: {{ {REDRIVE} }}\naws_sqs_queue.b: {{ {allow} }}"
    ));
    assert_eq!(addresses(&files).len(), 2);
}

#[test]
fn a_circle_of_what_must_exist_is_one_error_with_every_place() {
    let files = resources(&format!(
        "aws_sqs_queue.a: {{ {REDRIVE} }}\naws_sqs_queue.b: {{ depends_on: [aws_sqs_queue.a] }}"
    ));
    let failed = crate::environment::declare(&files, "environments/local.yaml", &Default::default()).unwrap_err();
    assert_eq!(failed.problems.len(), 1);
    let framed: Vec<&str> = failed.problems[0]
        .labels
        .iter()
        .map(|label| &failed.sources.get(label.span.file).unwrap().text[label.span.start..label.span.end])
        .collect();
    assert_eq!(framed, ["${aws_sqs_queue.b.arn}", "aws_sqs_queue.a"]);
}

#[test]
fn a_circle_of_names_is_an_error_too() {
    let files = resources(
        "aws_sqs_queue.a: { name: \"${aws_sqs_queue.b.name}-x\" }\naws_sqs_queue.b: { name: \"${aws_sqs_queue.a.name}-x\" }",
    );
    assert_eq!(codes(&files), ["cycle"]);
}

#[test]
fn a_queue_may_name_itself_where_that_orders_nothing() {
    let files = resources(
        "aws_sqs_queue.a: { redrive_allow_policy: { redrive_permission: byQueue, source_queue_arns: [\"${aws_sqs_queue.a.arn}\"] } }",
    );
    assert_eq!(codes(&files), [""; 0]);
}

#[test]
fn two_addresses_with_one_identity_are_an_error_over_instances_too() {
    assert_eq!(
        codes(&resources(
            "aws_sqs_queue.a: { name: same }\naws_sqs_queue.b: { name: same }"
        )),
        ["one-identity"]
    );
    assert_eq!(
        codes(&resources(
            "aws_sqs_queue.a: { for_each: { x: {}, y: {} }, name: same }"
        )),
        ["one-identity"]
    );
    let environment = "environment: local\ncloud: embedded\naws: { region: us-east-1 }\nstacks:\n  t: { stack: s }\n  u: { stack: s }\n";
    let files = texts(&[
        ("environments/local.yaml", environment),
        (
            "stacks/s.yaml",
            "stack: s\nresources:\n  aws_sqs_queue.a: { name: same }\n",
        ),
    ]);
    assert_eq!(codes(&files), ["one-identity"]);
}

#[test]
fn one_name_in_two_kinds_or_looked_up_twice_is_no_collision() {
    assert_eq!(
        codes(&resources(
            "aws_sqs_queue.a: { existing: theirs }\naws_sqs_queue.b: { existing: theirs }"
        )),
        [""; 0]
    );
    assert_eq!(
        codes(&resources(
            "aws_sqs_queue.a: { existing: theirs }\naws_sqs_queue.b: { name: theirs }"
        )),
        ["one-identity"]
    );
}

#[test]
fn a_role_name_is_the_same_in_any_case() {
    let role = "assume_role_policy: { Version: \"2012-10-17\", Statement: [{ Effect: Allow, Principal: { Service: iot.amazonaws.com }, Action: \"sts:AssumeRole\" }] }";
    assert_eq!(
        codes(&resources(&format!(
            "aws_iam_role.a: {{ name: Same, {role} }}\naws_iam_role.b: {{ name: same, {role} }}"
        ))),
        ["one-identity"]
    );
}

#[test]
fn a_wrong_resource_hides_neither_circles_nor_collisions_of_others() {
    let files = resources(
        "aws_sqs_queue.a: { name: same }\naws_sqs_queue.b: { name: same }\naws_sqs_queue.c: { dealy_seconds: 5 }\naws_sqs_queue.d: { depends_on: [aws_sqs_queue.d] }",
    );
    let mut found = codes(&files);
    found.sort();
    assert_eq!(found, ["cycle", "one-identity", "unknown-attribute"]);
}

#[test]
fn a_problem_of_the_kind_is_framed_at_its_attribute() {
    let files =
        resources("aws_sqs_queue.a:\n  redrive_policy: { dead_letter_target_arn: nonsense, max_receive_count: 5 }");
    assert_eq!(problems(&files), [("wrong-value".to_owned(), "nonsense".to_owned())]);
}

#[test]
fn a_name_whose_length_is_known_is_checked_before_a_cloud_is_asked() {
    let environment = "environment: local\naws: { region: us-east-1 }\nstacks:\n  t: { stack: s }\n";
    let named = |letters: usize| {
        let stack = format!(
            "stack: s\nresources:\n  aws_sqs_queue.a: {{ name: \"{}-${{environment.tag}}\" }}\n",
            "x".repeat(letters)
        );
        codes(&texts(&[
            ("environments/local.yaml", environment),
            ("stacks/s.yaml", &stack),
        ]))
    };
    assert_eq!(named(71), [""; 0]);
    assert_eq!(named(72), ["bad-name"]);
}

#[test]
fn a_poisoned_attribute_is_one_error_and_hides_no_other_of_its_resource() {
    let files = resources("aws_sqs_queue.a:\n  delay_seconds: ${input.no}\n  message_retention_seconds: 5\n  typo: 1");
    let mut found = codes(&files);
    found.sort();
    assert_eq!(found, ["out-of-range", "unknown-attribute", "unknown-input"]);
}

#[test]
fn nothing_is_required_of_what_is_only_looked_up() {
    assert_eq!(
        addresses(&resources("aws_iam_role.lab: { existing: LabRole }")),
        ["t/aws_iam_role.lab"]
    );
    assert_eq!(
        codes(&resources("aws_iam_role.lab: { existing: null }")),
        ["missing-attribute"]
    );
    assert_eq!(
        codes(&resources("aws_iam_role.lab: { existing: LabRole, typo: 1 }")),
        ["unknown-attribute"]
    );
    assert_eq!(
        codes(&resources("aws_iam_role.lab: { existing: \"${input.no}\" }")),
        ["unknown-input"]
    );
}

#[test]
fn what_refers_to_a_resource_that_is_written_wrong_has_no_error_of_its_own() {
    let files = resources(
        "aws_sqs_queue.a:\naws_sqs_queue.b: { name: \"x-${aws_sqs_queue.a.name}\", depends_on: [aws_sqs_queue.a] }\naws_sqs_queue.c: { dealy: 1 }\naws_sqs_queue.d: { depends_on: [aws_sqs_queue.c], name: \"x-${aws_sqs_queue.c.name}\" }",
    );
    assert_eq!(codes(&files), ["wrong-type", "unknown-attribute"]);
}

/// A queue, a function that runs for 30 s, and what feeds one to the other.
fn fed(queue: &str, function: &str, mapping: &str) -> crate::environment::trial::Texts {
    resources(&format!(
        "aws_sqs_queue.q: {{ {queue} }}\naws_lambda_function.f: {{ build: f, runtime: r, handler: h, role: \
         \"arn:aws:iam::123456789012:role/r\", {function} }}\naws_lambda_event_source_mapping.m: {{ {mapping} }}"
    ))
}

const BY_REFERENCE: &str =
    "event_source_arn: \"${aws_sqs_queue.q.arn}\", function_name: \"${aws_lambda_function.f.arn}\"";

#[test]
fn a_function_that_outlives_its_queues_visibility_is_framed_with_its_queue() {
    let short = fed("visibility_timeout_seconds: 29", "timeout: 30", BY_REFERENCE);
    assert_eq!(problems(&short), [("short-visibility".to_owned(), "29".to_owned())]);
    let failed = crate::environment::declare(&short, "environments/local.yaml", &Default::default()).unwrap_err();
    let framed: Vec<&str> = failed.problems[0]
        .labels
        .iter()
        .map(|label| &failed.sources.get(label.span.file).unwrap().text[label.span.start..label.span.end])
        .collect();
    assert_eq!(framed, ["29", "30", "aws_lambda_event_source_mapping.m"]);
    let enough = fed("visibility_timeout_seconds: 30", "timeout: 30", BY_REFERENCE);
    assert_eq!(codes(&enough), [""; 0]);
}

#[test]
fn a_visibility_left_out_is_framed_at_its_queue() {
    let short = fed("", "timeout: 31", BY_REFERENCE);
    assert_eq!(
        problems(&short),
        [("short-visibility".to_owned(), "aws_sqs_queue.q".to_owned())]
    );
}

#[test]
fn a_mapping_that_names_its_ends_as_text_is_held_against_them_too() {
    let by_name = "event_source_arn: \"arn:aws:sqs:us-east-1:123456789012:local-t-q\", function_name: local-t-f";
    assert_eq!(codes(&fed("", "timeout: 31", by_name)), ["short-visibility"]);
    let elsewhere = "event_source_arn: \"arn:aws:sqs:us-east-1:123456789012:other\", function_name: local-t-f";
    assert_eq!(codes(&fed("", "timeout: 31", elsewhere)), [""; 0]);
}

#[test]
fn what_is_only_looked_up_says_nothing_of_its_timeouts() {
    assert_eq!(codes(&fed("existing: q", "timeout: 31", BY_REFERENCE)), [""; 0]);
}

#[test]
fn two_mappings_of_one_queue_and_function_are_one_identity() {
    let twice = fed(
        "",
        "timeout: 3",
        &format!("{BY_REFERENCE} }}\naws_lambda_event_source_mapping.n: {{ {BY_REFERENCE}"),
    );
    assert_eq!(codes(&twice), ["one-identity"]);
}

#[test]
fn a_fifo_queue_takes_the_default_batch_and_no_more() {
    let fifo = |mapping: &str| {
        codes(&fed(
            "fifo_queue: true",
            "timeout: 3",
            &format!("{BY_REFERENCE}{mapping}"),
        ))
    };
    assert_eq!(fifo(""), [""; 0]);
    assert_eq!(fifo(", batch_size: 10, maximum_batching_window_in_seconds: 0"), [""; 0]);
    assert_eq!(
        fifo(", batch_size: 11, maximum_batching_window_in_seconds: 1"),
        ["fifo-queue"; 2]
    );
}

#[test]
fn a_fifo_queue_is_known_by_a_url_that_is_put_together_before_a_cloud_is_asked() {
    let environment = "environment: local\naws: { region: us-east-1 }\nstacks:\n  t: { stack: s }\n";
    for name in ["local-t-q.fifo", "${aws_sqs_queue.q.name}"] {
        let url = format!("https://sqs.${{aws.region}}.amazonaws.com/${{aws.account_id}}/{name}");
        let stack = format!(
            "stack: s\nresources:\n  aws_sqs_queue.q: {{ fifo_queue: true }}\n  aws_iot_topic_rule.r: {{ sql: \"SELECT * \
             FROM 'a'\", sqs: {{ queue_url: \"{url}\", role_arn: \"arn:aws:iam::123456789012:role/r\" }} }}\n"
        );
        let files = texts(&[("environments/local.yaml", environment), ("stacks/s.yaml", &stack)]);
        let failed = crate::environment::declare(&files, "environments/local.yaml", &Default::default()).unwrap_err();
        let labels: Vec<&str> = failed.problems[0]
            .labels
            .iter()
            .map(|label| label.text.as_str())
            .collect();
        assert_eq!(
            labels,
            [
                "t/aws_iot_topic_rule.r sends to it",
                "t/aws_sqs_queue.q is a FIFO queue"
            ]
        );
    }
}

#[test]
fn a_name_that_another_resource_ends_may_end_in_fifo() {
    let files = resources(
        "aws_sqs_queue.a: { fifo_queue: true }\naws_sqs_queue.b: { fifo_queue: true, name: \"x-${aws_sqs_queue.a.name}\" }",
    );
    assert_eq!(codes(&files), [""; 0]);
}
