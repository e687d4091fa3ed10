#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::environment::source::Sources;
use crate::environment::trial::to_json;
use crate::environment::yaml;

fn kept_of(text: &str) -> (serde_json::Value, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("x.yaml", text);
    let (tree, problems) = yaml::parse(&sources, file);
    assert!(problems.is_empty(), "{problems:?}");
    let (kept, left_out) = leave_out(tree.unwrap());
    let paths = left_out.iter().map(|entry| entry.path.join(".")).collect();
    (to_json(&kept.to_value()), paths)
}

#[test]
fn null_attributes_entries_and_items_are_left_out() {
    let (kept, left_out) = kept_of("a: null\nb: { c: ~, d: 1 }\ne: [null, 2, null]\nf: 0\ng: ''\nh: false\n");
    assert_eq!(kept, json!({"b": {"d": 1}, "e": [2], "f": 0, "g": "", "h": false}));
    assert_eq!(left_out, ["a", "b.c", "e.0", "e.1"]);
}

#[test]
fn a_map_of_nothing_but_nulls_is_left_out_at_any_depth() {
    let (kept, left_out) = kept_of("a: { b: null, c: { d: null } }\ne: [{ f: null }]\n");
    assert_eq!(kept, json!({"e": []}));
    assert_eq!(left_out, ["a.b", "a.c.d", "a.c", "a", "e.0.f", "e.0"]);
}

#[test]
fn an_empty_map_or_list_that_was_written_stays() {
    assert_eq!(kept_of("basic: {}\nitems: []\n").0, json!({"basic": {}, "items": []}));
}

#[test]
fn attributes_that_are_all_null_are_an_empty_map() {
    assert_eq!(kept_of("a: null\n").0, json!({}));
}
