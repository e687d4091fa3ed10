#![allow(clippy::unwrap_used)]

use crate::environment::trial::declared;
use crate::environment::trial::local;

fn digest(with: &str, lines: &str) -> String {
    let stack = format!(
        "inputs:\n  d: {{ type: integer, default: 5 }}\nresources:\n  aws_sqs_queue.q: {{ {lines} }}\n  aws_sqs_queue.r: {{ name: r }}\n"
    );
    declared(&local(with, &stack)).resources.remove(0).digest.0
}

#[test]
fn a_digest_is_a_version_and_sixteen_hex_digits() {
    let digest = digest("", "");
    let (version, hex) = digest.split_once(':').unwrap();
    assert_eq!(version, "1");
    assert!(hex.len() == 16 && hex.chars().all(|c| c.is_ascii_hexdigit()), "{hex}");
}

#[test]
fn it_is_the_same_however_the_same_is_written() {
    let plain = digest("", "delay_seconds: 5, receive_wait_time_seconds: 1");
    assert_eq!(digest("", "receive_wait_time_seconds: 1, delay_seconds: 5"), plain);
    assert_eq!(
        digest("", "delay_seconds: \"${input.d}\", receive_wait_time_seconds: 1"),
        plain
    );
    assert_eq!(
        digest("d: 5", "delay_seconds: \"${input.d}\", receive_wait_time_seconds: 1"),
        plain
    );
    assert_eq!(
        digest("", "delay_seconds: 5, receive_wait_time_seconds: 1, policy: null"),
        plain
    );
}

#[test]
fn it_changes_with_attributes_and_name() {
    let plain = digest("", "delay_seconds: 5");
    assert_ne!(digest("", "delay_seconds: 6"), plain);
    assert_ne!(digest("", ""), plain);
    assert_ne!(digest("", "delay_seconds: 5, name: other"), plain);
    assert_ne!(digest("d: 7", "delay_seconds: \"${input.d}\""), plain);
}

#[test]
fn protect_adopt_and_depends_on_are_not_in_it() {
    let plain = digest("", "delay_seconds: 5");
    assert_eq!(
        digest(
            "",
            "delay_seconds: 5, protect: true, adopt: true, depends_on: [aws_sqs_queue.r]"
        ),
        plain
    );
}

#[test]
fn a_reference_stays_as_text_and_differs_from_a_literal_that_looks_like_it() {
    let key = |text: &str| digest("", &format!("kms_master_key_id: \"{text}\""));
    assert_eq!(key("${aws_sqs_queue.r.name}"), key("${aws_sqs_queue.r.name}"));
    assert_ne!(key("${aws_sqs_queue.r.name}"), key("${aws_sqs_queue.r.url}"));
    assert_ne!(key("${aws_sqs_queue.r.name}"), key("$${t/aws_sqs_queue.r.name}"));
}
