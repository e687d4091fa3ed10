//! On what both understand, the tree is the one that `serde_yaml` reads.
//!
//! Known exceptions, all refused here: what [`super::super::scalar`] refuses (`serde_yaml` writes `yes`, `0755`,
//! `1_000` and `12:30:45` without quotes), tags, merge keys, U+E000 and U+E001. U+0085, U+2028 and U+2029 break
//! lines to YAML 1.1 and so to `serde_yaml`; to YAML 1.2 they are characters.

use proptest::prelude::*;
use serde_yaml::Value as Yaml;

use super::parsed;
use crate::environment::tree::Data;
use crate::environment::tree::Node;

fn agrees(ours: &Node, theirs: &Yaml) -> bool {
    match (&ours.data, theirs) {
        (Data::Null, Yaml::Null) => true,
        (Data::Bool(ours), Yaml::Bool(theirs)) => ours == theirs,
        (Data::Integer(ours), Yaml::Number(theirs)) => theirs.as_i64() == Some(*ours),
        (Data::Float(ours), Yaml::Number(theirs)) => theirs.as_i64().is_none() && theirs.as_f64() == Some(*ours),
        (Data::Text(ours), Yaml::String(theirs)) => ours.known() == Some(theirs),
        (Data::List(ours), Yaml::Sequence(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| agrees(ours, theirs))
        }
        (Data::Map(ours), Yaml::Mapping(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(entry, (key, value))| key.as_str() == Some(&entry.key) && agrees(&entry.value, value))
        }
        _ => false,
    }
}

/// Without the line breaks of YAML 1.1.
fn text(pattern: &str) -> impl Strategy<Value = String> + use<> {
    let breaks = |c: char| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
    proptest::string::string_regex(pattern)
        .expect("a pattern")
        .prop_map(move |text| text.replace(breaks, ""))
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z_.]{0,8}", "[ -~]{1,12}", text("\\PC{1,6}")].prop_map(|key| format!("k{key}"))
}

fn tree() -> impl Strategy<Value = Yaml> {
    let leaf = prop_oneof![
        Just(Yaml::Null),
        any::<bool>().prop_map(Yaml::Bool),
        any::<i64>().prop_map(|integer| Yaml::Number(integer.into())),
        any::<f64>()
            .prop_filter("finite", |float| float.is_finite())
            .prop_map(|float| Yaml::Number(float.into())),
        "[a-z ${}\\[\\],:#'\"-]{0,20}".prop_map(Yaml::String),
        "[ -~\n\t]{0,40}".prop_map(Yaml::String),
        text("(?s:.){0,40}").prop_map(Yaml::String),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Yaml::Sequence),
            prop::collection::vec((key(), inner), 0..6).prop_map(|entries| {
                Yaml::Mapping(
                    entries
                        .into_iter()
                        .map(|(key, value)| (Yaml::String(key), value))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_yaml_writes_is_read_back(tree in tree()) {
        let text = serde_yaml::to_string(&tree).expect("a tree can be written");
        let (ours, problems, _) = parsed(&text);
        let excepted = ["yaml-boolean", "leading-zero", "yaml-number", "number-range", "reserved-character"];
        prop_assert!(problems.iter().all(|problem| excepted.contains(&problem.code)), "{problems:?} in {text:?}");
        if problems.is_empty() {
            let ours = ours.expect("a tree without problems");
            // A text that other readers take for a number may come back as one there, not here.
            prop_assert!(agrees(&ours, &tree), "{ours:?} from {text:?}");
        }
    }
}
