//! Templates of REST paths, `/rules/{ruleName}`: what an operation's labels are in a request's path.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// What the template's labels match in the path, or `None` where it does not match. `{name+}` takes the rest, slashes
/// included.
pub(crate) fn labels(template: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut labels = BTreeMap::new();
    let mut rest = Some(path.strip_prefix('/')?);
    for part in template.strip_prefix('/')?.split('/') {
        let here = rest?;
        let label = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let greedy = label.and_then(|label| label.strip_suffix('+'));
        let (segment, after) = match here.split_once('/') {
            Some((segment, after)) if greedy.is_none() => (segment, Some(after)),
            _ => (here, None),
        };
        match greedy.or(label) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                labels.insert(name, percent_decode_str(segment).decode_utf8_lossy().into_owned());
            }
            None if part == percent_decode_str(segment).decode_utf8_lossy() => {}
            None => return None,
        }
        rest = after;
    }
    rest.is_none().then_some(labels)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::labels;

    #[test]
    fn labels_match_one_segment_each_and_are_decoded() {
        assert_eq!(
            labels("/rules/{ruleName}", "/rules/a%20b"),
            Some(BTreeMap::from([("ruleName", "a b".to_owned())]))
        );
        assert_eq!(labels("/rules", "/rules"), Some(BTreeMap::new()));
        for path in ["/rules", "/rules/", "/rules/a/b", "/other/a", ""] {
            assert_eq!(labels("/rules/{ruleName}", path), None, "{path}");
        }
    }

    #[test]
    fn an_escaped_letter_of_the_template_is_the_letter() {
        assert!(labels("/topics/{topic}/configs:alter", "/topics/t/configs%3Aalter").is_some());
    }

    #[test]
    fn a_greedy_label_takes_the_rest_of_the_path() {
        let found = labels("/tags/{arn+}", "/tags/arn:aws:iot/a%2Fb/c");
        assert_eq!(found, Some(BTreeMap::from([("arn", "arn:aws:iot/a/b/c".to_owned())])));
    }
}
