#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::environment::source::Sources;
use crate::environment::source::Span;
use crate::environment::yaml;
use crate::resource::Text;

fn merged(below: &str, over: &str) -> (Node, Sources) {
    let mut sources = Sources::default();
    let mut tree = |path: &str, text: &str| {
        let file = sources.add(path, text);
        let (tree, problems) = yaml::parse(&sources, file);
        assert_eq!(problems, []);
        tree.unwrap()
    };
    let (below, over) = (tree("below.yaml", below), tree("over.yaml", over));
    (merge(below, over), sources)
}

fn same_values(below: &str, over: &str, expected: &str) {
    let (merged, _) = merged(below, over);
    assert_eq!(merged.to_value(), self::merged(expected, "").0.to_value());
}

#[test]
fn maps_merge_by_key_at_any_depth() {
    same_values(
        "a: {b: {c: 1, d: 2}}\ne: 3",
        "a: {b: {d: 4}}",
        "a: {b: {c: 1, d: 4}}\ne: 3",
    );
}

#[test]
fn keys_below_keep_their_order_and_new_ones_follow() {
    let (tree, _) = merged("b: 1\na: 2\n", "z: 3\na: 4\nc: 5\n");
    let Data::Map(entries) = tree.data else { panic!() };
    let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["b", "a", "z", "c"]);
}

#[test]
fn lists_scalars_and_null_replace() {
    same_values(
        "a: [1, 2]\nb: x\nc: {d: 1}\ne: {f: 1}",
        "a: [3]\nb: y\nc: null\ne:",
        "a: [3]\nb: y\nc:\ne:",
    );
}

#[test]
fn a_map_replaces_what_is_no_map_and_the_other_way_round() {
    same_values("a: 1\nb: {c: 1}", "a: {d: 2}\nb: [3]", "a: {d: 2}\nb: [3]");
}

#[test]
fn every_node_keeps_the_place_of_the_layer_that_wrote_it() {
    let (tree, sources) = merged("a: {b: 1, c: 2}\n", "# over\na: {c: 3}\n");
    let at = |span: Span| sources.locate(span);
    let a = tree.entry("a").unwrap();
    assert_eq!(
        (at(a.key_span), at(a.value.span)),
        ("over.yaml:2:1".into(), "over.yaml:2:4".into())
    );
    assert_eq!(at(a.value.get("b").unwrap().span), "below.yaml:1:8");
    assert_eq!(at(a.value.entry("c").unwrap().key_span), "over.yaml:2:5");
}

#[test]
fn what_replaced_a_map_separates_the_maps_below_and_above() {
    let tree = |text: &str| merged(text, "").0;
    let (bottom, middle, top) = (tree("a: {b: 1}"), tree("a: null"), tree("a: {c: 2}"));
    let upwards = merge(merge(bottom, middle), top);
    assert_eq!(upwards.to_value(), tree("a: {c: 2}").to_value());
}

/// Trees in which a key starting with `m` holds a map and any other holds none, each node with a place of its
/// own.
fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<i64>().prop_map(Data::Integer),
        "[a-z]{0,3}".prop_map(|text| Data::Text(Text::literal(text))),
        prop::collection::vec(any::<bool>(), 0..3)
            .prop_map(|items| Data::List(items.into_iter().map(|item| node(Data::Bool(item), 0)).collect())),
    ];
    let scalars = prop::collection::vec((0..4_usize, leaf, any::<u8>()), 0..4);
    let scalars = scalars.prop_map(|entries| {
        map(entries
            .into_iter()
            .map(|(k, data, at)| (format!("k{k}"), node(data, at))))
    });
    scalars.prop_recursive(3, 30, 4, |inner| {
        prop::collection::vec((0..3_usize, inner.clone()), 0..3).prop_flat_map(move |maps| {
            inner.clone().prop_map(move |scalars| {
                let Data::Map(entries) = scalars.data else {
                    return scalars;
                };
                let scalars = entries.into_iter().map(|entry| (entry.key, entry.value));
                map(maps
                    .clone()
                    .into_iter()
                    .map(|(k, tree)| (format!("m{k}"), tree))
                    .chain(scalars))
            })
        })
    })
}

fn node(data: Data, at: u8) -> Node {
    let mut sources = Sources::default();
    let file = sources.add("x", "");
    Node::new(
        data,
        Span {
            file,
            start: at.into(),
            end: at.into(),
        },
    )
}

fn map(entries: impl IntoIterator<Item = (String, Node)>) -> Node {
    let mut kept: Vec<Entry> = Vec::new();
    for (key, value) in entries {
        if kept.iter().all(|entry| entry.key != key) {
            kept.push(Entry {
                key,
                key_span: value.span,
                value,
            });
        }
    }
    let at = u8::try_from(kept.len()).unwrap();
    node(Data::Map(kept), at)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_empty_map_is_the_identity_on_both_sides(tree in tree()) {
        let none = map([]);
        prop_assert_eq!(merge(tree.clone(), none.clone()), tree.clone());
        prop_assert_eq!(merge(none, tree.clone()), tree);
    }

    #[test]
    fn merging_a_tree_with_itself_changes_nothing(tree in tree()) {
        prop_assert_eq!(merge(tree.clone(), tree.clone()), tree);
    }

    #[test]
    fn layers_of_one_shape_may_be_merged_in_any_grouping(a in tree(), b in tree(), c in tree()) {
        let upwards = merge(merge(a.clone(), b.clone()), c.clone());
        prop_assert_eq!(upwards, merge(a, merge(b, c)));
    }
}
