#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::environment::source::Sources;
use crate::environment::source::Span;

fn only(text: &str) -> Expression {
    match pieces(text).as_slice() {
        [Piece::Reference(expression, range)] if *range == (0..text.len()) => expression.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

fn wrong(text: &str) -> Malformed {
    match pieces(text).as_slice() {
        [Piece::Malformed(malformed)] => malformed.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

fn words(path: &[&str]) -> Vec<String> {
    path.iter().map(|word| (*word).to_owned()).collect()
}

fn queue(selector: Selector, output: Option<&str>) -> Expression {
    Expression::Resource(ResourceReference {
        kind: "aws_sqs_queue".to_owned(),
        name: "ingest".to_owned(),
        selector,
        output: output.map(str::to_owned),
    })
}

#[test]
fn every_form_of_the_language_is_read() {
    assert_eq!(only("${input.a}"), Expression::Input(words(&["a"])));
    assert_eq!(
        only("${input.a.b-c.d_1}"),
        Expression::Input(words(&["a", "b-c", "d_1"]))
    );
    assert_eq!(only("${each.key}"), Expression::EachKey);
    assert_eq!(only("${each.value}"), Expression::EachValue(Vec::new()));
    assert_eq!(only("${each.value.x.y}"), Expression::EachValue(words(&["x", "y"])));
    assert_eq!(only("${environment.name}"), Expression::EnvironmentName);
    assert_eq!(only("${environment.tag}"), Expression::Place(PlaceField::Tag));
    assert_eq!(only("${aws.account_id}"), Expression::Place(PlaceField::AccountId));
    assert_eq!(only("${aws.region}"), Expression::Region);
    assert_eq!(only("${aws.partition}"), Expression::Partition);
    assert_eq!(
        only("${confluent.organization}"),
        Expression::Place(PlaceField::Organization)
    );
    assert_eq!(only("${aws_sqs_queue.ingest.arn}"), queue(Selector::Only, Some("arn")));
    assert_eq!(
        only("${aws_sqs_queue.ingest[a.b-C].arn}"),
        queue(Selector::Key("a.b-C".to_owned()), Some("arn"))
    );
    assert_eq!(
        only("${aws_sqs_queue.ingest[each.key].arn}"),
        queue(Selector::EachKey, Some("arn"))
    );
    assert_eq!(
        only("${aws_sqs_queue.ingest[*].arn}"),
        queue(Selector::All, Some("arn"))
    );
    assert_eq!(only("${aws_sqs_queue.ingest}"), queue(Selector::Only, None));
    assert_eq!(
        only("${aws_sqs_queue.ingest[air]}"),
        queue(Selector::Key("air".to_owned()), None)
    );
}

#[test]
fn a_doubled_dollar_is_a_literal_and_a_lone_one_is_itself() {
    for (text, literal) in [
        ("$${aws:username}", "${aws:username}"),
        ("5$ and $x", "5$ and $x"),
        ("", ""),
        ("$", "$"),
    ] {
        assert_eq!(pieces(text), [Piece::Literal(literal.to_owned())]);
    }
    let mixed = pieces("a$${b}${each.key}c");
    assert_eq!(mixed.len(), 3);
    assert_eq!(mixed.first(), Some(&Piece::Literal("a${b}".to_owned())));
}

#[test]
fn malformed_references_say_what_is_wrong_and_what_was_meant() {
    assert!(wrong("${}").message.contains("empty"));
    assert!(wrong("${ input.x }").message.contains("space"));
    assert!(wrong("${input}").hint.contains("names joined by dots"));
    assert!(wrong("${input.a..b}").hint.contains("names joined by dots"));
    assert!(wrong("${each.name}").hint.contains("${each.key}"));
    assert!(wrong("${confluent.org}").hint.contains("${confluent.organization}"));
    assert!(wrong("${topic()}").hint.contains("$${"));
    assert!(wrong("${aws_sqs_queue.ingest[*]}").message.contains("no output"));
    assert!(wrong("${aws_sqs_queue.ingest[a b].arn}").message.contains("space"));
    assert!(
        wrong("${aws_sqs_queue.ingest[].arn}")
            .hint
            .contains("${kind.name.output}")
    );
    assert!(
        wrong("${aws_sqs_queue.ingest.arn.x}")
            .hint
            .contains("${kind.name.output}")
    );
}

#[test]
fn an_unclosed_reference_is_framed_at_its_dollar_and_hides_nothing_behind_it() {
    let found = pieces("a ${input.x and ${each.key}");
    let malformed: Vec<_> = found
        .iter()
        .filter_map(|piece| match piece {
            Piece::Malformed(malformed) => Some(malformed.range.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(malformed, std::iter::once(2..4).collect::<Vec<_>>());
    assert!(
        found
            .iter()
            .any(|piece| matches!(piece, Piece::Reference(Expression::EachKey, _)))
    );
}

#[test]
fn a_dependency_is_a_key_without_an_output() {
    let selector = |text| dependency(text).map(|reference| reference.selector);
    assert_eq!(selector("aws_sqs_queue.ingest"), Some(Selector::Only));
    assert_eq!(
        selector("aws_sqs_queue.ingest[air]"),
        Some(Selector::Key("air".to_owned()))
    );
    assert_eq!(selector("aws_sqs_queue.ingest[each.key]"), Some(Selector::EachKey));
    for text in [
        "aws_sqs_queue",
        "aws_sqs_queue.ingest.arn",
        "aws_sqs_queue.ingest[*]",
        "${aws_sqs_queue.ingest}",
        "",
    ] {
        assert_eq!(selector(text), None, "{text}");
    }
}

#[test]
fn keys_of_for_each_are_forty_letters_at_most_and_never_each_key() {
    let forty = "x".repeat(40);
    assert!(["a", "A.b_c-9", "9", forty.as_str()].into_iter().all(is_instance_key));
    let forty_one = "x".repeat(41);
    assert!(
        !["", "each.key", "a b", "ä", "a/b", forty_one.as_str()]
            .into_iter()
            .any(is_instance_key)
    );
}

#[test]
fn a_reference_is_framed_where_it_stands_in_a_quoted_or_folded_scalar() {
    let mut sources = Sources::default();
    let text = "x: \"a \\u00e4 $${no} ${each.key}\"\n";
    let file = sources.add("stacks/a.yaml", text);
    let scalar = Span {
        file,
        start: 3,
        end: text.len() - 1,
    };
    let value = "a ä $${no} ${each.key}";
    let Some(Piece::Reference(_, range)) = pieces(value).pop() else {
        panic!("no reference");
    };
    let framed = Frames::new(&sources, scalar, value).of(&range);
    assert_eq!(&text[framed.start..framed.end], "${each.key}");
}

proptest! {
    #[test]
    fn any_text_is_cut_without_loss_of_literals(text in "[a-z.$\\{\\}\\[\\]* ä]{0,40}") {
        let plain = !text.contains("${");
        let found = pieces(&text);
        if plain {
            prop_assert_eq!(found, vec![Piece::Literal(text)]);
        } else {
            prop_assert!(!found.is_empty());
        }
    }
}
