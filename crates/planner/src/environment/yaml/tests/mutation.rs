//! Whatever the bytes: an answer, with frames inside the text.

use proptest::prelude::*;

use super::parsed;

const STACK: &str = "\
stack: telemetry
inputs:
  sensors: { type: map, values: { type: integer, default: 3, min: 1 } }
  topic_prefix: { type: string, default: \"${environment.name}.\" }   # so
resources:
  aws_sqs_queue.dead_letters:
    message_retention_seconds: 1209600
    redrive_allow_policy: &allow
      redrive_permission: byQueue
      source_queue_arns: [\"${aws_sqs_queue.ingest.arn}\"]
  aws_iam_role.rule:
    assume_role_policy:
      Version: '2012-10-17'
      Statement:
        - { Effect: Allow, Principal: { Service: iot.amazonaws.com }, Action: \"sts:AssumeRole\" }
    description: >-
      writes to
      the queue
    copy: *allow
outputs:
  queue_url: ${aws_sqs_queue.ingest.url}
";

fn answers(text: &str) -> Result<(), TestCaseError> {
    let (tree, problems, _) = parsed(text);
    prop_assert!(tree.is_some() || !problems.is_empty());
    for label in problems.iter().flat_map(|problem| &problem.labels) {
        prop_assert!(
            text.get(label.span.start..label.span.end).is_some(),
            "{:?} in {:?}",
            label,
            text
        );
    }
    Ok(())
}

fn splice() -> impl Strategy<Value = (usize, usize, String)> {
    let piece = prop_oneof![
        "[ \t\n\r:,\\-?\\[\\]{}#&*!|>'\"%@`$\\\\]{0,4}",
        "\\PC{0,6}",
        Just("${x}".to_owned()),
        Just("\u{E000}".to_owned()),
        Just("\u{FEFF}".to_owned()),
        Just("\0".to_owned()),
        Just("\n---\n".to_owned()),
        Just("*allow".to_owned()),
        Just("\"\\uD8".to_owned()),
    ];
    (0..STACK.len(), 0..20_usize, piece)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_gets_an_answer(text in any::<String>()) {
        answers(&text)?;
    }

    #[test]
    fn arbitrary_punctuation_gets_an_answer(text in "[ \t\n:,\\-?\\[\\]{}#&*!|>'\"%@ab1$\\\\]{0,60}") {
        answers(&text)?;
    }

    #[test]
    fn a_mutated_stack_gets_an_answer(splices in prop::collection::vec(splice(), 1..5)) {
        let mut characters: Vec<char> = STACK.chars().collect();
        for (at, length, piece) in splices {
            let at = at.min(characters.len());
            let end = (at + length).min(characters.len());
            characters.splice(at..end, piece.chars());
        }
        answers(&characters.into_iter().collect::<String>())?;
    }
}

#[test]
fn the_stack_itself_is_right() {
    assert_eq!(parsed(STACK).1, []);
}
