#![allow(clippy::unwrap_used)]

use super::*;
use crate::resource::Value;

mod agreement;
mod mutation;

/// The tree and the problems of one text.
pub(super) fn parsed(text: &str) -> (Option<Node>, Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("stacks/test.yaml", text);
    let (tree, problems) = parse(&sources, file);
    (tree, problems, sources)
}

/// Every problem as its code and the texts it frames.
fn framed(text: &str) -> Vec<(&'static str, Vec<String>)> {
    let (_, problems, _) = parsed(text);
    let frame = |span: &Span| text.get(span.start..span.end).unwrap().to_owned();
    problems
        .iter()
        .map(|problem| {
            let labels = problem.labels.iter().map(|label| frame(&label.span)).collect();
            (problem.code, labels)
        })
        .collect()
}

fn is_framed(text: &str, code: &str, labels: &[&str]) {
    let problems = framed(text);
    let found = problems
        .iter()
        .any(|(found, frames)| *found == code && frames == labels);
    assert!(found, "{text:?} gave {problems:?}");
}

/// The only problem is framed at `place` characters from the start.
fn only_problem(text: &str, code: &str, start: usize, frame: &str) {
    let (_, problems, _) = parsed(text);
    let found: Vec<_> = problems
        .iter()
        .map(|problem| {
            let span = problem.labels.first().unwrap().span;
            (problem.code, span.start, text.get(span.start..span.end).unwrap())
        })
        .collect();
    assert_eq!(found, [(code, start, frame)], "{text:?}");
}

fn value(text: &str) -> Value {
    let (tree, problems, _) = parsed(text);
    assert_eq!(problems, [], "{text:?}");
    tree.unwrap().to_value()
}

fn leaf(written: &str) -> Value {
    match value(&format!("a: {written}\n")) {
        Value::Map(entries) => entries.get("a").unwrap().clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_scalars_are_read_as_the_table_says() {
    for null in ["null", "Null", "NULL", "~", ""] {
        assert_eq!(leaf(null), Value::Null, "{null}");
    }
    assert_eq!(leaf("true"), Value::Bool(true));
    assert_eq!(leaf("false"), Value::Bool(false));
    for (written, integer) in [
        ("0", 0),
        ("30", 30),
        ("-1", -1),
        ("+1", 1),
        ("123456789012", 123_456_789_012),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!(leaf(written), Value::Number(integer.into()), "{written}");
    }
    for (written, float) in [
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("-1.25E-2", -0.0125),
    ] {
        let number = serde_json::Number::from_f64(float).unwrap();
        assert_eq!(leaf(written), Value::Number(number), "{written}");
    }
    for text in [
        "2012-10-17",
        "1.2.3",
        "08:00:2b:01",
        "y",
        "n",
        "-",
        "1e",
        "e3",
        ".",
        "+",
        "arn:aws:sqs",
        "nullx",
        "4h",
        "12:99",
        "${a.b.c}",
        "x${a.b}y",
        "truer",
        "-foo",
        "1,000",
    ] {
        let quoted = if text == "-" { "\"-\"" } else { text };
        assert_eq!(leaf(quoted), Value::text(text), "{text}");
    }
}

#[test]
fn quoted_and_block_scalars_are_text() {
    for written in [
        "yes", "0755", "1_000", "12:30:45", "null", "~", "true", "1", "", ".inf", "True",
    ] {
        assert_eq!(leaf(&format!("\"{written}\"")), Value::text(written));
        assert_eq!(leaf(&format!("'{written}'")), Value::text(written));
    }
    assert_eq!(leaf("|\n  yes\n"), Value::text("yes\n"));
    assert_eq!(leaf(">-\n  0755\n"), Value::text("0755"));
}

#[test]
fn what_two_readers_read_differently_is_refused_at_the_value() {
    for (code, words) in [
        (
            "yaml-boolean",
            &[
                "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "True", "TRUE", "False",
                "FALSE",
            ][..],
        ),
        (
            "leading-zero",
            &["0755", "007", "-007", "00", "012345678901", "09", "00.5", "08e1"][..],
        ),
        (
            "yaml-number",
            &[
                "1_000", "0x1F", "0o17", "0b11", "12:30:45", "12:30", "08:30", ".inf", "-.inf", ".nan", "1_0.5",
            ][..],
        ),
        (
            "number-range",
            &["9223372036854775808", "-9223372036854775809", "1e999"][..],
        ),
    ] {
        for word in words {
            only_problem(&format!("a: {word}\n"), code, 3, word);
            only_problem(&format!("a:\n  - {word} # so\n"), code, 7, word);
            only_problem(&format!("a: [{word}]\n"), code, 4, word);
        }
    }
}

#[test]
fn a_refusal_says_both_ways_to_write_it() {
    let hint = |text: &str| parsed(text).1.first().unwrap().hint.clone().unwrap();
    assert_eq!(hint("a: yes"), "write `true` for the boolean, \"yes\" for the text");
    assert_eq!(hint("a: -007"), "write `-7` for the number, \"-007\" for the text");
    assert_eq!(hint("a: 00"), "write `0` for the number, \"00\" for the text");
    assert_eq!(hint("a: 00.5"), "write `0.5` for the number, \"00.5\" for the text");
    assert_eq!(hint("a: 1_000"), "write `1000` for the number, \"1_000\" for the text");
    assert_eq!(hint("a: 12:30"), "write \"12:30\" for the text");
}

#[test]
fn keys_are_text_however_they_are_written() {
    let Value::Map(entries) = value("1: a\ntrue: b\nyes: c\n0755: d\n~: e\n\"q k\": f\n? x\n: g\n") else {
        panic!("no map");
    };
    assert_eq!(
        entries.keys().collect::<Vec<_>>(),
        ["1", "true", "yes", "0755", "~", "q k", "x"]
    );
}

#[test]
fn spans_are_exact_with_quotes_and_without_comments() {
    let text = "a: \"x y\"  # c\nb: 'z'\nc: plain text # d\nd: {e: [1, 22]}\nf:\n  g: h\n\n# end\n";
    let (tree, _, _) = parsed(text);
    let tree = tree.unwrap();
    let written = |key: &str| {
        let entry = tree.entry(key).unwrap();
        let slice = |span: Span| text.get(span.start..span.end).unwrap();
        (slice(entry.key_span), slice(entry.value.span))
    };
    assert_eq!(written("a"), ("a", "\"x y\""));
    assert_eq!(written("b"), ("b", "'z'"));
    assert_eq!(written("c"), ("c", "plain text"));
    assert_eq!(written("d"), ("d", "{e: [1, 22]}"));
    assert_eq!(written("f"), ("f", "g: h"));
    assert_eq!(
        text.get(tree.span.start..tree.span.end).unwrap().lines().last(),
        Some("  g: h")
    );
}

#[test]
fn spans_count_bytes_behind_a_mark_wide_characters_and_carriage_returns() {
    let text = "\u{FEFF}ä: \"ü\"\r\nb: 日本\r\n";
    let (tree, problems, _) = parsed(text);
    assert_eq!(problems, []);
    let tree = tree.unwrap();
    let slice = |span: Span| text.get(span.start..span.end).unwrap();
    assert_eq!(slice(tree.entry("ä").unwrap().value.span), "\"ü\"");
    assert_eq!(slice(tree.entry("b").unwrap().value.span), "日本");
}

#[test]
fn an_empty_value_is_null_behind_its_colon() {
    let (tree, _, _) = parsed("a:\nb: 1\n");
    let a = tree.unwrap().get("a").unwrap().clone();
    assert_eq!((a.data, a.span.start, a.span.end), (Data::Null, 2, 2));
}

#[test]
fn an_empty_file_is_an_empty_map() {
    for text in ["", "\n\n", "# only a comment\n", "\u{FEFF}"] {
        let (tree, problems, _) = parsed(text);
        assert_eq!(
            (tree.unwrap().data, problems),
            (Data::Map(Vec::new()), Vec::new()),
            "{text:?}"
        );
    }
}

#[test]
fn a_duplicate_key_is_framed_at_the_second_and_the_first_is_kept() {
    let text = "a: 1\nb: 2\na: 3\n";
    let (tree, problems, _) = parsed(text);
    let starts: Vec<_> = problems
        .first()
        .unwrap()
        .labels
        .iter()
        .map(|label| label.span.start)
        .collect();
    assert_eq!((problems.len(), starts), (1, vec![10, 0]));
    assert_eq!(tree.unwrap().get("a").unwrap().data, Data::Integer(1));
    only_problem("{ a: 1, \"a\": 2 }", "duplicate-key", 8, "\"a\"");
    assert_eq!(framed("a: 1\na: {b: 1, b: 2}\n").len(), 2);
}

#[test]
fn a_tab_in_indentation_is_framed_at_the_tab() {
    for (text, at) in [
        ("a:\n\tb: 1\n", 3),
        ("a:\n  b: 1\n\tc: 2\n", 10),
        ("a:\n  \tb: 1\n", 5),
        ("\ta: 1\n", 0),
        ("a: 1\n\tb: 2\n", 5),
        ("a:\n\t- x\n", 3),
        ("a: x\n\ty\n", 5),
        ("-\ta: 1\n", 1),
        ("a: >\n\tx\n", 5),
        ("a:\n  - b: 1\n  \tc: 2\n", 14),
        ("a:\n  b: \"x\"\n\tc: 2\n", 12),
        ("a: {\n\tb: 1\n}\n", 5),
    ] {
        only_problem(text, "tab", at, "\t");
    }
}

#[test]
fn tabs_that_indent_nothing_are_fine() {
    value("a: 1\t# x\n\t# y\n\t\nb:\t2\n");
    value("a: |\n  x\n  \ty\n");
}

#[test]
fn an_unclosed_quote_is_framed_at_its_opening() {
    for (text, at) in [
        ("a: \"foo\nb: 1\n", 3),
        ("a: 'foo\nb: 1\n", 3),
        ("a: \"foo\nb: \"bar\"\n", 3),
        ("a: 'foo\nb: 'bar'\n", 3),
        ("a: \"x\"\nb: [\"y, 1]\nc: \"z\"\n", 11),
        ("a: \"foo\n---\nb: 1\n", 3),
        ("a:\n  - \"b\n  - \"c\"\n", 7),
        ("a: \"foo\nb: \"\n", 3),
        ("a:\n  b: \"foo\n  c: \"\nd: 1\n", 8),
        ("\"a: 1\nb: 2\n", 0),
        ("a: \"foo\n\tb: 1\n", 3),
    ] {
        let (_, problems, _) = parsed(text);
        let found: Vec<_> = problems
            .iter()
            .map(|p| (p.code, p.labels.first().unwrap().span.start))
            .collect();
        assert_eq!(found, [("unclosed-quote", at)], "{text:?}");
    }
}

#[test]
fn quotes_may_span_lines_that_are_indented() {
    assert_eq!(leaf("\"foo\n  bar\""), Value::text("foo bar"));
    value("a:\n  - \"b\n    c\"\n  - d\n");
    value("\"a\nb\"");
}

#[test]
fn text_behind_a_closing_quote_shows_the_quoted_text() {
    is_framed("a: 'it's'\n", "unclosed-quote", &["'it'", "s"]);
    is_framed("a: [\"b, \"c\"]\n", "unclosed-quote", &["\"b, \"", "c"]);
}

#[test]
fn every_unquoted_reference_in_a_flow_collection_is_framed_at_its_dollar() {
    only_problem("a: { b: ${x.y.z} }\n", "unquoted-reference", 8, "${x.y.z}");
    only_problem(
        "a: [ ${x.y[each.key].z} ]\n",
        "unquoted-reference",
        5,
        "${x.y[each.key].z}",
    );
    only_problem("a: {b: p-${x.y}-s}\n", "unquoted-reference", 9, "${x.y}");
    only_problem("a: { ${x}: 1 }\n", "unquoted-reference", 5, "${x}");
    only_problem("a: { b: ${x }\n", "unquoted-reference", 8, "${");
    only_problem("a: { b: ${x\nc: 1\n", "unquoted-reference", 8, "${");
    let several = "a: { b: ${x}, c: \"${y}\", d: [1, ${z}] }\ne: [${v}]\nf: ${free}\n";
    let frames: Vec<_> = framed(several).into_iter().map(|(_, frames)| frames.concat()).collect();
    assert_eq!(frames, ["${x}", "${z}", "${v}"]);
}

#[test]
fn a_file_with_unquoted_references_is_read_on_as_if_they_were_quoted() {
    let (tree, problems, _) = parsed("a: { b: ${x.y.z}, c: 1 }\nd: yes\n");
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["unquoted-reference", "yaml-boolean"]);
    let tree = tree.unwrap();
    assert_eq!(
        tree.get("a").unwrap().get("b").unwrap().to_value(),
        Value::text("${x.y.z}")
    );
    assert_eq!(tree.get("a").unwrap().get("c").unwrap().data, Data::Integer(1));
}

#[test]
fn references_in_block_style_and_in_quotes_need_no_quotes() {
    assert_eq!(leaf("${aws_sqs_queue.a.arn}"), Value::text("${aws_sqs_queue.a.arn}"));
    value("a: { b: \"${x}\", c: ['${y}'] }\nd: x ${y} z\ne: |\n  { ${z} }\n");
}

#[test]
fn an_alias_stands_at_its_place_and_comes_from_its_anchor() {
    let text = "a: &x {b: 1}\nc: *x\n";
    let (tree, problems, _) = parsed(text);
    assert_eq!(problems, []);
    let alias = tree.unwrap().get("c").unwrap().clone();
    let slice = |span: Span| text.get(span.start..span.end).unwrap();
    assert_eq!((slice(alias.span), slice(alias.origin.unwrap())), ("*x", "{b: 1}"));
    assert_eq!(alias.get("b").unwrap().data, Data::Integer(1));
    assert_eq!(value("a: &k key\n*k : 1\n"), value("a: key\nkey: 1\n"));
}

#[test]
fn an_alias_bomb_ends_fast_at_an_alias() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let (tree, problems, _) = parsed(&text);
    assert!(tree.is_none());
    let problem = problems.first().unwrap();
    let span = problem.labels.first().unwrap().span;
    assert_eq!(
        (problem.code, text.get(span.start..span.end)),
        ("alias-limit", Some("*a3"))
    );
}

#[test]
fn long_aliased_texts_and_nested_anchors_are_limited_too() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(20));
    assert_eq!(parsed(&text).1.first().unwrap().code, "alias-limit");
    let keys = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "{*a : 1}, ".repeat(20));
    assert_eq!(parsed(&keys).1.first().unwrap().code, "alias-limit");
    let deep: String = (0..60).map(|level| format!("&n{level} [")).collect();
    let nested = format!("{deep}{}{}", "x, ".repeat(1000), "]".repeat(60));
    assert_eq!(parsed(&nested).1.first().unwrap().code, "alias-limit");
}

#[test]
fn an_alias_in_itself_or_of_nothing_is_an_error() {
    only_problem("a: &x [*x]\n", "alias-in-itself", 7, "*x");
    only_problem("a: *.example.com\n", "unknown-anchor", 3, "*.example.com");
    only_problem("a: *\n", "yaml-syntax", 3, "*");
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    value(&nested(DEPTH));
    only_problem(&nested(DEPTH + 1), "depth-limit", DEPTH, "[");
    let problems = framed(&nested(100_000));
    assert_eq!(problems.first().map(|(code, _)| *code), Some("depth-limit"));
    let alias = format!("a: &a {}\nb: {}*a{}\n", nested(40), "[".repeat(40), "]".repeat(40));
    is_framed(&alias, "depth-limit", &["*a"]);
    let blocks: String = (0..100).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(framed(&blocks).first().unwrap().0, "depth-limit");
}

#[test]
fn what_is_not_part_of_the_language_is_named() {
    only_problem("a: !Ref b\n", "yaml-tag", 3, "!Ref");
    only_problem("a: !!str 1\n", "yaml-tag", 3, "!!str");
    only_problem("a: &x {b: 1}\nc:\n  <<: *x\n", "merge-key", 18, "<<");
    only_problem("a: 1\n---\nb: 2\n", "several-documents", 5, "---");
    only_problem("? [a]\n: 1\n", "complex-key", 2, "[");
    only_problem("%YAML 1.1\n---\na: 1\n", "yaml-syntax", 0, "%");
    only_problem("a: 1\n: 2\n", "empty-key", 5, "");
    value("\"<<\": 1\n");
}

#[test]
fn a_key_in_a_flow_map_has_a_colon_and_a_value() {
    only_problem("a: {b:1}\n", "no-value", 4, "b:1");
    only_problem("a: {b, c: 1}\n", "no-value", 4, "b");
    value("a: {b: , c: null, d : 1}\n");
}

#[test]
fn the_characters_of_sentinels_are_refused_wherever_they_stand() {
    only_problem("a: x\u{E000}1\n", "reserved-character", 4, "\u{E000}");
    only_problem("# \u{E001}\na: 1\n", "reserved-character", 2, "\u{E001}");
    only_problem("a: \"\\uE000\"\n", "reserved-character", 3, "\"\\uE000\"");
    only_problem("\"\\uE001\": 1\n", "reserved-character", 0, "\"\\uE001\"");
}

#[test]
fn syntax_errors_are_framed_where_the_mistake_is() {
    is_framed("a: 1\n  b: 2\n", "yaml-syntax", &["b", "1"]);
    is_framed("a:1\nb: 2\n", "yaml-syntax", &["a:1", "b"]);
    is_framed("a: b: c\n", "yaml-syntax", &[":"]);
    is_framed("a: [1, 2\nb: 3\n", "yaml-syntax", &["[", ":"]);
    is_framed("a: {x: 1\n", "yaml-syntax", &["{"]);
    is_framed("  a: 1\n b: 2\n", "yaml-syntax", &["b: 2"]);
    is_framed("a: @x\n", "yaml-syntax", &["@"]);
    is_framed("a: x\0y\n", "yaml-syntax", &["\0"]);
    is_framed("a: \"x\\qy\"\n", "bad-escape", &["\\q"]);
    is_framed("a: \"x\\n\\uD800\"\n", "bad-escape", &["\\u"]);
    is_framed("a:\n- b\nc\n", "yaml-syntax", &["c"]);
}

#[test]
fn a_syntax_error_hides_the_tree_but_not_the_problems_before_it() {
    let (tree, problems, _) = parsed("a: yes\nb: 0755\nc: [\n");
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(
        (tree.is_none(), codes),
        (true, vec!["yaml-boolean", "leading-zero", "yaml-syntax"])
    );
}

#[test]
fn a_large_file_is_refused_and_a_long_line_is_read() {
    assert_eq!(framed(&"#".repeat(FILE + 1)).first().unwrap().0, "file-limit");
    value(&format!("a: {}\n", "x".repeat(FILE - 10)));
    let list = format!("a: [{}]\n", "1, ".repeat(300_000));
    assert!(parsed(&list).0.is_some());
}
