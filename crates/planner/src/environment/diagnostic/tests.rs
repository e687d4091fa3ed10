#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::environment::golden::assert_golden;
use crate::environment::source::FileId;
use crate::environment::source::Sources;
use crate::environment::yaml;

fn find(sources: &Sources, file: FileId, text: &str) -> Span {
    let start = sources.get(file).unwrap().text.find(text).unwrap();
    Span {
        file,
        start,
        end: start + text.len(),
    }
}

fn golden(name: &str, problems: &[Diagnostic], sources: &Sources) {
    let path = format!("src/environment/diagnostic/golden/{name}.txt");
    assert_golden(&path, &render(problems, sources));
}

#[test]
fn one_place_is_framed_with_its_label_and_hint() {
    let mut sources = Sources::default();
    let file = sources.add(
        "stacks/telemetry.yaml",
        "resources:\n  aws_sqs_queue.a:\n    visibilty_timeout: 30\n",
    );
    let problem = Diagnostic::at(
        "unknown-attribute",
        "aws_sqs_queue.a has no attribute `visibilty_timeout`",
        find(&sources, file, "visibilty_timeout"),
        "not known",
    )
    .hint("did you mean `visibility_timeout_seconds`?");
    golden("one_place", &[problem], &sources);
}

#[test]
fn second_places_are_framed_in_their_own_files() {
    let mut sources = Sources::default();
    let over = sources.add("environments/local.yaml", "extends: base.yaml\naws:\n  region: 7\n");
    let base = sources.add(
        "environments/base.yaml",
        "aws:\n  region: us-east-1\n  # so\n\n\n\n\n  account: any\n",
    );
    let problem = Diagnostic::at(
        "mistyped",
        "expected text",
        find(&sources, over, "7"),
        "found a whole number",
    )
    .and_at(find(&sources, base, "us-east-1"), "replaces this")
    .and_at(find(&sources, over, "base.yaml"), "the layer below")
    .and_at(find(&sources, base, "any"), "beside this");
    golden("two_files", &[problem], &sources);
}

#[test]
fn problems_come_in_the_order_of_their_places_and_once() {
    let mut sources = Sources::default();
    let first = sources.add("a.yaml", "a: 1\nb: 2\n");
    let second = sources.add("b.yaml", "c: 3\n");
    let problem = |file: FileId, text: &str| Diagnostic::at("code", text, find(&sources, file, text), "");
    let problems = [
        problem(second, "c"),
        problem(first, "b"),
        Diagnostic::nowhere("missing-file", "there is no stacks/x.yaml").hint("make it"),
        problem(first, "a"),
        problem(second, "c"),
    ];
    golden("order", &problems, &sources);
}

#[test]
fn odd_texts_are_framed_where_they_are() {
    let mut sources = Sources::default();
    let empty = sources.add("empty.yaml", "");
    let odd = sources.add("odd.yaml", "a:\r\n\tb: 日本\u{1b}[31m\r\nlast: \"x\ny\"");
    let span = |file: FileId, start: usize, end: usize| Span { file, start, end };
    let problems = [
        Diagnostic::at("code", "an empty file", span(empty, 0, 0), "here"),
        Diagnostic::at("code", "a tab", span(odd, 4, 5), "here"),
        Diagnostic::at("code", "wide characters", find(&sources, odd, "本"), "here"),
        Diagnostic::at("code", "several lines", find(&sources, odd, "\"x\ny\""), "here"),
        Diagnostic::at("code", "beyond the end", span(odd, 4000, 5000), "here"),
    ];
    golden("odd", &problems, &sources);
}

#[test]
fn a_long_line_is_cut_around_its_place() {
    let mut sources = Sources::default();
    let text = format!("a: [{} yes, {}]\n", "123, ".repeat(400), "456, ".repeat(400));
    let file = sources.add("long.yaml", text);
    let near = find(&sources, file, "a:");
    let problem = Diagnostic::at("code", "a long line", find(&sources, file, "yes"), "here").and_at(near, "far away");
    golden("long_line", &[problem], &sources);
}

#[test]
fn what_the_parser_finds_is_readable() {
    for (name, text) in [
        ("tab", "a:\n\tb: 1\n"),
        ("quote", "a: \"foo\nb: \"bar\"\n"),
        ("apostrophe", "a: 'it's'\n"),
        ("reference", "a: { b: ${x.y.z}, c: [p-${v}] }\n"),
        ("ambiguous", "a: yes\nb: 0755\nc: 12:30\n"),
        ("duplicate", "a: 1\nb: 2\nc: 3\nd: 4\na: 5\n"),
        ("indentation", "a: 1\n  b: 2\n"),
        ("no_space", "a:1\nb: 2\n"),
        ("bracket", "a: [1, 2\nb: 3\n"),
        ("tag", "a: !Ref b\n"),
        ("merge", "a: &x {b: 1}\nc:\n  <<: *x\n"),
        ("star", "resource_name: *\n"),
    ] {
        let mut sources = Sources::default();
        let file = sources.add("stacks/test.yaml", text);
        let (_, problems) = yaml::parse(&sources, file);
        assert_golden(
            &format!("src/environment/yaml/golden/{name}.txt"),
            &render(&problems, &sources),
        );
    }
}

#[test]
fn colours_change_no_character() {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", "a: yes\n");
    let (_, problems) = yaml::parse(&sources, file);
    let styled = render_with(&problems, &sources, true);
    assert!(styled.contains('\u{1b}'));
    let mut plain = String::new();
    let mut rest = styled.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(plain + rest, render(&problems, &sources));
}

#[test]
fn a_misspelt_word_finds_the_one_meant() {
    let queue = [
        "visibility_timeout_seconds",
        "message_retention_seconds",
        "delay_seconds",
        "receive_wait_time_seconds",
        "maximum_message_size",
        "redrive_policy",
        "redrive_allow_policy",
        "policy",
        "sqs_managed_sse_enabled",
        "kms_master_key_id",
    ];
    for (word, meant) in [
        ("visibilty_timeout", Some("visibility_timeout_seconds")),
        ("visibility_timeout", Some("visibility_timeout_seconds")),
        ("timeout", Some("visibility_timeout_seconds")),
        ("delay", Some("delay_seconds")),
        ("delay-seconds", Some("delay_seconds")),
        ("Policy", Some("policy")),
        ("redrive_polcy", Some("redrive_policy")),
        ("kms_master_key", Some("kms_master_key_id")),
        ("wait_time", Some("receive_wait_time_seconds")),
        ("tags", None),
        ("runtime", None),
        ("", None),
    ] {
        assert_eq!(nearest(word, queue), meant, "{word}");
    }
    assert_eq!(nearest("acount", ["region", "account"]), Some("account"));
    assert_eq!(nearest("sqs", ["sql"]), None);
    assert_eq!(nearest("x", []), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_span_of_any_text_is_rendered(
        text in prop_oneof!["[a日\t ]{490,900}", "[\\PC\t\r\n]{0,60}", any::<String>(), "[a\t\r\n]{0,10}"],
        places in prop::collection::vec((prop_oneof![0..80_usize, 0..2_000_usize], 0..40_usize, any::<String>()), 0..4),
        message in any::<String>(),
    ) {
        let mut sources = Sources::default();
        let file = sources.add("x.yaml", text);
        let mut problem = Diagnostic::nowhere("code", message);
        for (start, length, label) in places {
            problem = problem.and_at(Span { file, start, end: start + length }, label);
        }
        prop_assert!(render(&[problem], &sources).starts_with("error[code]"));
    }
}
