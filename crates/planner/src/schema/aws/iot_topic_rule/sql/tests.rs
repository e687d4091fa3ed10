use proptest::prelude::*;

use super::*;
use crate::resource::PlaceField;

fn problems(sql: &str) -> Vec<String> {
    let mut problems = Problems::default();
    check(sql, &mut problems);
    assert!(problems.found.iter().all(|problem| problem.path == ["sql"]));
    problems.found.into_iter().map(|problem| problem.message).collect()
}

fn filter_problems(filter: &str) -> Vec<String> {
    problems(&format!("SELECT * FROM '{filter}'"))
}

/// Asserts that `sql` has one problem, which says `part`.
fn assert_problem(sql: &str, part: &str) {
    let found = problems(sql);
    assert!(
        matches!(found.as_slice(), [one] if one.contains(part)),
        "{sql}: {found:?}"
    );
}

#[test]
fn whitespace_outside_quotes_means_nothing() {
    assert_eq!(canonical("  SELECT\n\t*   FROM 'a  b/c' \n"), "SELECT * FROM 'a  b/c'");
    assert_eq!(canonical("SELECT \" '  \"  AS  x"), "SELECT \" '  \" AS x");
    assert_eq!(canonical("SELECT 'a''  b'  "), "SELECT 'a''  b'");
    assert_eq!(canonical("SELECT 'open  "), "SELECT 'open  ");
    assert_ne!(canonical("SELECT a,b"), canonical("SELECT a, b"));
}

#[test]
fn sql_with_an_escaped_quote_is_neither_judged_nor_changed() {
    let sql = r"SELECT  'it\'s  (' FROM 'a'";
    assert_eq!(canonical(sql), sql);
    assert!(problems(sql).is_empty());
}

#[test]
fn published_examples_have_no_problem() {
    for sql in [
        "SELECT color AS rgb FROM 'topic/subtopic' WHERE temperature > 50",
        "select *, topic() as mqtt_topic, timestamp() AS received_at FROM 'city/+/readings'",
        "SELECT (SELECT VALUE n FROM e) as sensors FROM 'my/topic'",
        "SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'topic'",
        "SELECT {'latitude': get(lat_long, 0),'longitude':get(lat_long, 1)} as lat_long FROM 'topic/subtopic'",
        "SELECT [lat,long] as lat_long FROM 'topic/subtopic'",
        "SELECT encode(*, 'base64') AS data FROM '#';",
        "SELECT CASE color WHEN 'green' THEN 'go' ELSE 'stop' END AS go FROM 'a' WHERE NOT x = 'y'",
        "SELECT state.from AS from FROM '$aws/things/+/shadow/update'",
        "SELECT VALUE *",
        "SELECT 'FROM' AS word WHERE 'a' = b",
    ] {
        assert_eq!(problems(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn clauses_stand_once_and_in_order() {
    assert_problem("", "found none of them");
    assert_problem("FROM 'a' SELECT *", "found FROM, SELECT");
    assert_problem("SELECT * WHERE a > 1 FROM 'a'", "found SELECT, WHERE, FROM");
    assert_problem("SELECT * FROM 'a' FROM 'b'", "found SELECT, FROM, FROM");
    assert_problem("SELCT * FROM 'a'", "found FROM");
    assert_problem("EXPLAIN SELECT * FROM 'a'", "each once and in this order");
    assert_problem("SELECT FROM 'a'", "nothing follows SELECT");
    assert_problem("SELECT * FROM", "nothing follows FROM");
    assert_problem("SELECT * FROM 'a' WHERE", "nothing follows WHERE");
}

#[test]
fn a_misspelt_clause_is_named() {
    assert_problem("SELECT * FORM 'a/b'", "expected FROM before \"a/b\", found \"FORM\"");
    assert_problem("SELECT * FROM 'a' WHRE x > 1", "found \"WHRE\"");
}

#[test]
fn the_topic_filter_is_enclosed_in_single_quotes() {
    assert_problem(
        "SELECT * FROM city/readings",
        "in single quotes after FROM, found \"city\"",
    );
    assert_problem("SELECT * FROM \"city\"", "in single quotes");
}

#[test]
fn quotes_and_brackets_are_closed() {
    assert_problem("SELECT * FROM 'a", "the quote ' at character 15 is never closed");
    assert_problem("SELECT upper(a FROM 'a'", "the ( at character 13 is never closed");
    assert_problem("SELECT a) FROM 'a'", "the ) at character 9 closes nothing");
    assert_problem("SELECT [a) FROM 'a'", "the ) at character 10 closes nothing");
    assert!(problems("SELECT ')' AS x FROM 'a'").is_empty());
}

#[test]
fn wildcards_stand_alone_in_their_level() {
    for filter in ["a/b", "+", "#", "+/a/#", "/a//b", "$aws/events/presence/connected/+"] {
        assert_eq!(filter_problems(filter), Vec::<String>::new(), "{filter}");
    }
    for filter in ["#/a", "a#", "a/#b", "a+/b", "a/++"] {
        assert_eq!(filter_problems(filter).len(), 1, "{filter}");
    }
    assert_eq!(filter_problems("a+/#/b").len(), 2, "every problem");
}

#[test]
fn a_filter_is_not_empty_not_long_and_not_reserved() {
    assert_eq!(filter_problems("").len(), 1);
    assert!(filter_problems(&"x".repeat(256)).is_empty());
    assert_eq!(filter_problems(&"x".repeat(257)).len(), 1);
    assert_eq!(filter_problems(&"\u{e9}".repeat(129)).len(), 1, "bytes, not characters");
    assert!(filter_problems("1/2/3/4/5/6/7/8").is_empty());
    assert_eq!(filter_problems("1/2/3/4/5/6/7/8/9").len(), 1);
    assert!(filter_problems("$aws/rules/to_queue/1/2/3/4/5/6/7/8").is_empty());
    assert_eq!(filter_problems("$aws/rules/to_queue/1/2/3/4/5/6/7/8/9").len(), 1);
    assert_eq!(filter_problems("$aws/certificates/a").len(), 1);
}

#[test]
fn what_is_not_known_yet_is_passed_over() {
    let output = sentinel::numbered(sentinel::FIRST_FREE);
    assert!(problems(&format!("SELECT {output} FRM")).is_empty());
    let account = sentinel::of_place(PlaceField::AccountId);
    assert!(filter_problems(&format!("{account}/{}", "x".repeat(243))).is_empty());
    assert_eq!(filter_problems(&format!("{account}/{}", "x".repeat(244))).len(), 1);
    let [shown] = filter_problems(&format!("{account}/#/a"))
        .try_into()
        .expect("one problem");
    assert!(shown.contains("\"…/#/a\""), "{shown}");
}

fn any_sql() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "SELECT",
        "FROM",
        "WHERE",
        " ",
        "  ",
        "\n",
        "'",
        "\"",
        "(",
        ")",
        "[",
        "}",
        "*",
        "'a/+'",
        ".",
        "AS",
        "\\",
        "\u{e9}",
        "\u{e000}16\u{e001}",
        ";",
    ]);
    prop::collection::vec(word, 0..20).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_text_is_checked_without_a_panic(sql in prop_oneof![any_sql(), any::<String>()]) {
        check(&sql, &mut Problems::default());
    }

    #[test]
    fn canonical_is_idempotent_and_touches_whitespace_only(sql in prop_oneof![any_sql(), any::<String>()]) {
        let once = canonical(&sql);
        prop_assert_eq!(canonical(&once), once.clone());
        let visible = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(visible(&once), visible(&sql));
    }

    #[test]
    fn canonical_changes_no_verdict(sql in any_sql()) {
        prop_assert_eq!(problems(&canonical(&sql)).is_empty(), problems(&sql).is_empty());
    }
}
