use super::*;

fn parsed(sql: &str) -> Statement {
    parse(sql, Version::V20160323).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn refused(sql: &str) -> String {
    let refused = parse(sql, Version::V20160323).map(|statement| format!("{statement:?}"));
    refused.expect_err(sql).to_string()
}

/// The first item of a SELECT.
fn expression(text: &str) -> Expression {
    let mut statement = parsed(&format!("SELECT {text} FROM 'a'"));
    statement.select.items.remove(0).what
}

/// With brackets around every operation.
fn bracketed(expression: &Expression) -> String {
    match expression {
        Expression::Star => "*".to_owned(),
        Expression::Number(text) | Expression::Attribute(text) => text.clone(),
        Expression::Text(text) => format!("'{text}'"),
        Expression::Unary(sign, operand) => format!("({sign:?} {})", bracketed(operand)),
        Expression::Binary(operator, left, right) => {
            format!("({} {operator:?} {})", bracketed(left), bracketed(right))
        }
        Expression::Member(inner, name) => format!("({}).{name}", bracketed(inner)),
        Expression::Call { function, arguments } => {
            let arguments: Vec<_> = arguments.iter().map(bracketed).collect();
            format!("{function}({})", arguments.join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn attribute(name: &str) -> Expression {
    Expression::Attribute(name.to_owned())
}

#[test]
fn what_the_guide_shows_parses() {
    for sql in [
        "SELECT * FROM 'a/b'",
        "SELECT color AS my_color FROM 'a/b' WHERE temperature > 50 AND color <> 'red'",
        "select *, topic() as mqtt_topic, timestamp() as received_at from 'city/+/readings'",
        "SELECT *, 15 as speed FROM 'a/#'",
        "SELECT VALUE color FROM 'a/b'",
        "SELECT foo.bar AS bar.baz FROM 'a/b'",
        "SELECT (temperature - 32) * 5 / 9 AS celsius, upper(color) as my_color FROM 'a/b'",
        "SELECT encode(*, 'base64') AS data, timestamp() AS ts FROM 'a/b' WHERE timestamp() % 12 = 0",
        "SELECT aws_lambda(\"arn:aws:lambda:us-east-1:1:function:f\", {\"payload\":attribute1}) as output FROM 't'",
        "SELECT (SELECT VALUE n FROM e) as sensors FROM 'my/topic'",
        "SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'topic'",
        "SELECT {'latitude': get(lat_long, 0),'longitude':get(lat_long, 1)} as lat_long FROM 'topic/subtopic'",
        "SELECT [lat,long] as lat_long FROM 'topic/subtopic'",
        "SELECT CASE color WHEN 'green' THEN 'go' WHEN 'red' THEN 'stop' ELSE 'none' END as instructions FROM 'a/b'",
        "SELECT cast(true as Int) AS n, NULL AS m FROM 'a/b'",
        "SELECT topic(3) AS device",
        "SET @c = upper(color), @d = @c + 'x' SELECT @c AS c FROM 'a' WHERE @d <> 'y'",
        "SELECT newer_function(a) FROM '$aws/things/+/shadow/update/accepted'",
        "SELECT *\n  FROM 'a'\n WHERE NOT (a = 1 OR b >= 2.5e-3)\n;",
    ] {
        parsed(sql);
    }
}

#[test]
fn operators_bind_as_in_sql_and_to_the_left() {
    let shown = |text| bracketed(&expression(text));
    assert_eq!(shown("1 - 2 - 3"), "((1 Subtract 2) Subtract 3)");
    assert_eq!(shown("1 + 2 * 3 % 4"), "(1 Add ((2 Multiply 3) Remainder 4))");
    assert_eq!(shown("a OR b AND NOT c = 1"), "(a Or (b And (Not (c Equal 1))))");
    assert_eq!(shown("NOT a AND b"), "((Not a) And b)");
    assert_eq!(shown("a + 1 <= b * 2"), "((a Add 1) LessOrEqual (b Multiply 2))");
    assert_eq!(shown("-a.b * -1"), "((Minus (a).b) Multiply (Minus 1))");
    assert_eq!(shown("1 - -2"), "(1 Subtract (Minus 2))");
    assert_eq!(
        shown("(1 - 2) * get(a, 0).b"),
        "((1 Subtract 2) Multiply (get(a, 0)).b)"
    );
}

#[test]
fn clauses_end_up_in_their_places() {
    let statement = parsed("SET @x = 1 SELECT a AS b.c, * FROM 't/+' WHERE @x");
    assert_eq!(
        statement,
        Statement {
            variables: vec![("x".to_owned(), Expression::Number("1".to_owned()))],
            select: Select {
                value: false,
                items: vec![
                    Item {
                        what: attribute("a"),
                        alias: vec!["b".to_owned(), "c".to_owned()],
                    },
                    Item {
                        what: Expression::Star,
                        alias: Vec::new(),
                    },
                ],
                from: Some(Source::Topic("t/+".to_owned())),
                condition: Some(Expression::Variable("x".to_owned())),
            },
        }
    );
    assert_eq!(statement.topic_filter(), Some("t/+"));
    assert_eq!(parsed("SELECT *").topic_filter(), None);
}

#[test]
fn a_nested_select_reads_an_attribute_and_not_a_topic() {
    let Expression::Nested(select) = expression("(SELECT VALUE n FROM e.f WHERE n)") else {
        panic!("not nested");
    };
    assert_eq!(select.from, Some(Source::Path(vec!["e".to_owned(), "f".to_owned()])));
    assert!(select.value && select.condition.is_some());
    assert!(refused("SELECT (SELECT n FROM 'e') FROM 'a'").contains("expected the name of an attribute"));
}

#[test]
fn value_is_a_keyword_only_where_an_item_follows_it() {
    let value = |sql: &str| parsed(sql).select.value;
    assert!(value("SELECT VALUE color FROM 'a'"));
    assert!(value("SELECT VALUE * FROM 'a'"));
    assert!(value("SELECT value (a) FROM 'a'"));
    assert!(value("SELECT VALUE CASE a WHEN 1 THEN 2 END FROM 'a'"));
    assert!(!value("SELECT value FROM 'a'"));
    assert!(!value("SELECT value AS v, other FROM 'a'"));
    assert!(!value("SELECT value * 2 AS v FROM 'a'"));
    assert!(!value("SELECT value.inner FROM 'a'"));
    assert!(refused("SELECT VALUE a, b FROM 'a'").contains("takes one item"));
}

#[test]
fn numbers_and_texts_are_kept_as_written() {
    let number = "1234567890123456789012345678901234.5E-12";
    assert_eq!(expression(number), Expression::Number(number.to_owned()));
    assert_eq!(expression("'it''s \\d+'"), Expression::Text("it's \\d+".to_owned()));
    assert_eq!(expression("\"it's\""), Expression::Text("it's".to_owned()));
    assert_eq!(expression("'größe €'"), Expression::Text("größe €".to_owned()));
}

#[test]
fn after_a_dot_and_after_as_any_word_is_a_name() {
    let item = parsed("SELECT a.select AS from FROM 'a'").select.items.remove(0);
    assert_eq!(
        item.what,
        Expression::Member(Box::new(attribute("a")), "select".to_owned())
    );
    assert_eq!(item.alias, ["from"]);
}

#[test]
fn what_is_no_sql_is_refused_with_its_place() {
    for (sql, expected) in [
        ("", "expected SELECT, found the end at line 1, column 1"),
        ("SELEC * FROM 'a'", "expected SELECT, found 'SELEC' at line 1, column 1"),
        (
            "SELECT FROM 'a'",
            "expected an expression, found 'FROM' at line 1, column 8",
        ),
        (
            "SELECT * FORM 'a'",
            "expected the end of the statement, found 'FORM' at line 1, column 10",
        ),
        (
            "SELECT *\nFROM a/b",
            "expected a topic filter in single quotes, found 'a' at line 2, column 6",
        ),
        (
            "SELECT * FROM \"a\"",
            "expected a topic filter in single quotes, found \"a\" at line 1, column 15",
        ),
        ("SELECT * FROM 'a", "no closing ' for the text at line 1, column 15"),
        (
            "SELECT * FROM 'a' WHERE",
            "expected an expression, found the end at line 1, column 24",
        ),
        (
            "SELECT * WHERE a FROM 'a'",
            "expected the end of the statement, found 'FROM' at line 1, column 18",
        ),
        (
            "SELECT a, FROM 'a'",
            "expected an expression, found 'FROM' at line 1, column 11",
        ),
        ("SELECT (a FROM 'a'", "expected ')', found 'FROM' at line 1, column 11"),
        ("SELECT f(a FROM 'a'", "expected ')', found 'FROM' at line 1, column 12"),
        ("SELECT a ! b FROM 'a'", "unexpected character '!' at line 1, column 10"),
        (
            "SELECT 'é' é! FROM 'a'",
            "unexpected character '!' at line 1, column 13",
        ),
        (
            "SELECT a AS FROM 'a'",
            "expected the end of the statement, found 'a' at line 1, column 18",
        ),
        (
            "SELECT a + * FROM 'a'",
            "expected an expression, found '*' at line 1, column 12",
        ),
        (
            "SELECT CASE a ELSE 1 END FROM 'a'",
            "expected WHEN, found 'ELSE' at line 1, column 15",
        ),
        (
            "SELECT CASE a WHEN 1 THEN 2 FROM 'a'",
            "expected END, found 'FROM' at line 1, column 29",
        ),
        (
            "SELECT cast(a AS Blob) FROM 'a'",
            "'Blob' is no type to cast to at line 1, column 18",
        ),
        (
            "SELECT {a: 1} FROM 'a'",
            "expected a key in quotes, found 'a' at line 1, column 9",
        ),
        (
            "SELECT * /* all */ FROM 'a'",
            "expected the end of the statement, found '/' at line 1, column 10",
        ),
        (
            "SET @a = 1, @a = 2 SELECT @a FROM 'a'",
            "the variable '@a' is set twice at line 1, column 13",
        ),
        (
            "SELECT @ FROM 'a'",
            "expected a name of 1 to 64 letters, digits and underscores after '@' at line 1, column 8",
        ),
    ] {
        assert_eq!(refused(sql), expected, "{sql}");
    }
}

#[test]
fn topic_filters_are_bounded_and_their_wildcards_are_whole_levels() {
    let from = |filter: &str| parse(&format!("SELECT * FROM '{filter}'"), Version::V20160323).is_ok();
    let long = "x".repeat(256);
    for fine in [
        "a",
        "+",
        "#",
        "a/+/c",
        "a/#",
        "/a",
        "a/b/c/d/e/f/g/h",
        "$aws/rules/r/a/b/c/d/e/f/g/h",
        &long,
    ] {
        assert!(from(fine), "{fine}");
    }
    let longer = "x".repeat(257);
    for wrong in ["", "a/#/c", "a#", "a/b+", "++", "a/b/c/d/e/f/g/h/i", &longer] {
        assert!(!from(wrong), "{wrong}");
    }
}

#[test]
fn the_first_version_has_no_literals_and_no_nested_selects() {
    let first = |text: &str| parse(&format!("SELECT {text} FROM 'a'"), Version::V20151008).is_ok();
    for newer in [
        "[a]",
        "{'a': 1}",
        "(SELECT a FROM b)",
        "cast(a AS Decimal)",
        "cast(a AS Boolean)",
    ] {
        expression(newer);
        assert!(!first(newer), "{newer}");
    }
    assert!(first("cast(a AS Int), f(*), (a.b + 1)"));
}

#[test]
fn endless_statements_are_refused_and_do_not_exhaust_the_stack() {
    for (opening, closing) in [
        ("(", ")"),
        ("[", "]"),
        ("-", ""),
        ("NOT ", ""),
        ("f(", ")"),
        ("(SELECT ", ")"),
    ] {
        let (openings, closings) = (opening.repeat(20_000), closing.repeat(20_000));
        let problem = refused(&format!("SELECT {openings}a{closings} FROM 'a'"));
        assert!(problem.contains("nested too deep"), "{opening}: {problem}");
    }
    for link in [" + a", ".a", " AND a", " = a"] {
        let problem = refused(&format!("SELECT a{} FROM 'a'", link.repeat(20_000)));
        assert!(problem.contains("too many operators"), "{link}: {problem}");
    }
    let items = "a,".repeat(20_000);
    parsed(&format!("SELECT [{items}a] AS x, {items}a FROM 'a'"));
}

#[test]
fn roles_named_in_calls_are_found_wherever_they_stand() {
    let role = |name: &str| format!("'arn:aws:iam::123456789012:role/{name}'");
    let sql = format!(
        "SET @s = get_secret('s', 'SecretString', 'k', {}) \
         SELECT get_dynamodb('t', 'k', a, {}).b + 1 AS x, \
           CASE a WHEN 1 THEN get_thing_shadow(a, {}) END, upper({}), \
           (SELECT VALUE get_thing_shadow(n, {}) FROM e) \
         FROM 'a' WHERE NOT [machinelearning_predict('m', {}, b)] = {{'x': get_secret('s', 'x', {})}}",
        role("set"),
        role("item"),
        role("branch"),
        role("upper"),
        role("nested"),
        role("where"),
        role("object"),
    );
    let statement = parsed(&sql);
    let names: Vec<_> = named_roles(&statement)
        .into_iter()
        .filter_map(|arn| arn.rsplit('/').next())
        .collect();
    assert_eq!(names, ["set", "item", "branch", "nested", "where", "object"]);
}
