use proptest::prelude::*;

use super::*;

/// Trees of few keys and leaves, so that they often agree in part; unknowns and nulls among them.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (0..3_u32).prop_map(|number| Value::Number(number.into())),
        "[ab]?".prop_map(Value::text),
        "[ab]".prop_map(unknown),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn unknown(name: String) -> Value {
    let reference = crate::resource::Reference {
        address: crate::resource::Address::new("t", "store", &name),
        output: "id".to_owned(),
    };
    let part = crate::resource::Part::Unknown(crate::resource::Unknown::Output(reference));
    Value::Text([part].into_iter().collect())
}

/// What a value means: null entries of maps are not declared.
fn meaning(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(meaning).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .filter(|(_, value)| **value != Value::Null)
                .map(|(key, value)| (key.clone(), meaning(value)))
                .collect(),
        ),
        leaf => leaf.clone(),
    }
}

fn apply(value: &mut Value, path: &[Segment], after: Option<&Value>) {
    match (path, value) {
        ([], value) => *value = after.cloned().unwrap_or(Value::Null),
        ([Segment::Key(key)], Value::Map(entries)) if after.is_none() => {
            entries.shift_remove(key);
        }
        ([Segment::Key(key), rest @ ..], Value::Map(entries)) => {
            apply(entries.entry(key.clone()).or_insert(Value::Null), rest, after);
        }
        ([Segment::Index(position)], Value::List(items)) if after.is_none() => items.truncate(*position),
        ([Segment::Index(position), rest @ ..], Value::List(items)) => {
            if *position == items.len() {
                items.push(Value::Null);
            }
            apply(&mut items[*position], rest, after);
        }
        (path, value) => panic!("{path:?} leads nowhere in {value:?}"),
    }
}

proptest! {
    #[test]
    fn a_tree_does_not_differ_from_itself(tree in tree()) {
        prop_assert_eq!(diff(&tree, &tree), vec![]);
    }

    #[test]
    fn only_trees_of_one_meaning_do_not_differ(before in tree(), after in tree()) {
        prop_assert_eq!(diff(&before, &after).is_empty(), meaning(&before) == meaning(&after));
    }

    #[test]
    fn the_changes_turn_one_tree_into_the_other(before in tree(), after in tree()) {
        let mut changed = before.clone();
        for change in diff(&before, &after) {
            prop_assert_ne!(&change.before, &change.after);
            apply(&mut changed, &change.path, change.after.as_ref());
        }
        prop_assert_eq!(meaning(&changed), meaning(&after));
    }
}

#[test]
fn an_unknown_differs_from_every_known_text_and_equals_itself() {
    let before = Value::List(vec![Value::text("a"), unknown("a".to_owned())]);
    let after = Value::List(vec![unknown("a".to_owned()), unknown("a".to_owned())]);
    let changes = diff(&before, &after);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].path, [Segment::Index(0)]);
}

#[test]
fn a_null_entry_is_the_same_as_none() {
    let with = Value::Map([("a".to_owned(), Value::Null)].into_iter().collect());
    let without = Value::Map(indexmap::IndexMap::new());
    assert_eq!(diff(&with, &without), []);
    assert_eq!(diff(&without, &with), []);
}
