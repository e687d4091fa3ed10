//! The `.env` file: one `NAME=VALUE` a line, and nothing else but blank lines and `#` comments.
//!
//! | value | is |
//! | --- | --- |
//! | `plain` | itself: no blanks, no quotes |
//! | `'quoted'` | what stands between the quotes |
//! | `"quoted"` | the same with `\\`, `\"`, `\$`, `\n`, `\r`, `\t` |
//!
//! Nothing is expanded: a `$` is a `$`. An `export ` before the name is passed over. What shells and libraries read in
//! different ways (blanks or quotes in a plain value, a text after a closing quote, one name twice) is an error that
//! asks for quotes: a secret guessed wrong is refused by a cloud, far from its cause.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// The names with their texts, or every wrong line (counted from 1) with what is wrong; never with the text itself.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, SecretString>, Vec<(usize, String)>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut known = BTreeMap::new();
    let mut first = BTreeMap::<&str, usize>::new();
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match entry(line) {
            Ok(None) => {}
            Ok(Some((name, value))) => match first.insert(name, number) {
                Some(before) => problems.push((number, format!("{name} is set in line {before} already"))),
                None => {
                    known.insert(name.to_owned(), SecretString::from(value));
                }
            },
            Err(problem) => problems.push((number, problem.to_owned())),
        }
    }
    match problems.is_empty() {
        true => Ok(known),
        false => Err(problems),
    }
}

fn entry(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (name, value) = line.split_once('=').ok_or("expected NAME=VALUE")?;
    if !is_name(name) {
        return Err("expected a name of letters, digits and _ right before the `=`");
    }
    let value = match value.chars().next() {
        Some('\'') => single(value.get(1..).unwrap_or_default()),
        Some('"') => double(value.get(1..).unwrap_or_default()),
        _ => plain(value),
    };
    Ok(Some((name, value?)))
}

fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(legal)
}

fn plain(value: &str) -> Result<String, &'static str> {
    let wants_quotes = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`');
    match value.contains(wants_quotes) {
        true => Err("a value with blanks or quotes in it is written in quotes, right after the `=`"),
        false => Ok(value.to_owned()),
    }
}

const UNCLOSED: &str = "the value's closing quote is missing";
const AFTER: &str = "nothing may follow the value's closing quote";

fn single(rest: &str) -> Result<String, &'static str> {
    let (value, after) = rest.split_once('\'').ok_or(UNCLOSED)?;
    match after.is_empty() {
        true => Ok(value.to_owned()),
        false => Err(AFTER),
    }
}

fn double(rest: &str) -> Result<String, &'static str> {
    let mut value = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next().ok_or(UNCLOSED)? {
            '"' if letters.as_str().is_empty() => return Ok(value),
            '"' => return Err(AFTER),
            '\\' => value.push(match letters.next().ok_or(UNCLOSED)? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                same @ ('\\' | '"' | '$') => same,
                _ => return Err(r#"after a \ stands one of \ " $ n r t"#),
            }),
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    type Exposed = Vec<(String, String)>;

    fn of(text: &str) -> Result<Exposed, Vec<(usize, String)>> {
        let exposed = |(name, value): (String, SecretString)| (name, value.expose_secret().to_owned());
        parse(text).map(|known| known.into_iter().map(exposed).collect())
    }

    #[test]
    fn values_are_plain_or_quoted_and_nothing_is_expanded() {
        let text = "\u{feff}# keys\n\nA=pa$$w#rd\\=\r\n export B='it is $HOME \"x\"'\nC=\"a\\\"\\\\\\n\\$\"\nD=\n";
        let pairs = [
            ("A", "pa$$w#rd\\="),
            ("B", "it is $HOME \"x\""),
            ("C", "a\"\\\n$"),
            ("D", ""),
        ];
        let expected = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(of(text), Ok(expected.to_vec()));
    }

    #[test]
    fn every_line_that_may_mean_two_things_is_named_and_none_is_quoted() {
        let text =
            "A=hush1 hush2\nhush3\nB='hush4\nC=\"hush5\" # why\nD=\"hush6\\q\"\nE=x\nE=hush7\n9=hush8\nF = hush9\n";
        let problems = of(text).expect_err("problems");
        let lines: Vec<usize> = problems.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 7, 8, 9]);
        assert!(!format!("{problems:?}").contains("hush"), "{problems:?}");
    }

    proptest! {
        #[test]
        fn any_text_can_be_written_in_double_quotes(text in "[^\\n\\r]*") {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            // `lines` knows no other ends of lines than \n and \r\n.
            prop_assert_eq!(of(&format!("A=\"{escaped}\"")), Ok(vec![("A".to_owned(), text)]));
        }

        #[test]
        fn no_file_is_a_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
