#![allow(clippy::unwrap_used)]

use std::fs;
use std::fs::OpenOptions;
use std::io::Write;

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::folder;

fn put(store: &Store, key: &str, value: &Value) {
    let batch = || {
        let mut batch = Batch::default();
        batch.put(key, value).unwrap();
        batch
    };
    store.transact(|_| ((), batch())).unwrap();
}

fn delete(store: &Store, key: &str) {
    store
        .transact(|_| {
            let mut batch = Batch::default();
            batch.delete(key);
            ((), batch)
        })
        .unwrap();
}

fn all(store: &Store) -> Documents {
    store
        .transact(|view| {
            (
                view.scan::<Value>("")
                    .map(|found| found.unwrap())
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect(),
                Batch::default(),
            )
        })
        .unwrap()
}

#[test]
fn what_was_stored_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    put(&store, "a", &json!({"x": 1}));
    put(&store, "b", &json!(2));
    delete(&store, "b");
    let before = all(&store);
    drop(store);
    assert_eq!(all(&Store::open(folder.path()).unwrap()), before);
    assert_eq!(before, Documents::from([("a".to_owned(), json!({"x": 1}))]));
}

#[test]
fn a_line_cut_off_anywhere_loses_that_line_alone() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    put(&store, "a", &json!(1));
    let first = fs::read(folder.path().join(folder::JOURNAL)).unwrap().len();
    put(&store, "b", &json!(2));
    drop(store);
    let whole = fs::read(folder.path().join(folder::JOURNAL)).unwrap();
    for cut in first..whole.len() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(folder::JOURNAL), &whole[..cut]).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(
            all(&store),
            Documents::from([("a".to_owned(), json!(1))]),
            "cut at {cut}"
        );
        put(&store, "c", &json!(3));
        drop(store);
        let again = all(&Store::open(folder.path()).unwrap());
        assert_eq!(
            again.keys().collect::<Vec<_>>(),
            ["a", "c"],
            "appended after a cut at {cut}"
        );
    }
}

#[test]
fn a_damaged_line_before_the_last_is_an_error_with_its_number() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join(folder::JOURNAL),
        "{\"number\":1}\nnonsense\n{\"number\":2}\n",
    )
    .unwrap();
    let error = Store::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl:2:"), "{error}");
}

#[test]
fn a_snapshot_empties_the_journal_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let long = "x".repeat(300_000);
    for index in 0..10 {
        put(
            &store,
            &format!("key-{}", index % 3),
            &json!({"index": index, "long": long}),
        );
    }
    assert!(folder.path().join(folder::SNAPSHOT).exists());
    assert!(fs::metadata(folder.path().join(folder::JOURNAL)).unwrap().len() < 10 * 300_000);
    let before = all(&store);
    drop(store);
    assert_eq!(all(&Store::open(folder.path()).unwrap()), before);
}

#[test]
fn lines_that_the_snapshot_holds_are_not_applied_twice() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join(folder::SNAPSHOT),
        "{\"number\":2,\"documents\":{\"a\":2}}",
    )
    .unwrap();
    let journal =
        "{\"number\":1,\"put\":{\"a\":1}}\n{\"number\":2,\"put\":{\"a\":2}}\n{\"number\":3,\"put\":{\"b\":3}}\n";
    fs::write(folder.path().join(folder::JOURNAL), journal).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(
        all(&store),
        Documents::from([("a".to_owned(), json!(2)), ("b".to_owned(), json!(3))])
    );
}

#[test]
fn a_change_is_told_and_a_read_is_not() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut changes = store.changes();
    all(&store);
    assert!(!changes.has_changed().unwrap());
    put(&store, "a", &json!(1));
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert!(!changes.has_changed().unwrap());
}

#[test]
fn a_scan_keeps_to_its_prefix_and_begins_after_the_last_key_seen() {
    let documents: Documents = ["p/a", "p/b", "p/c", "q/a"]
        .map(|key| (key.to_owned(), json!(key)))
        .into();
    let view = View::of(&documents);
    let keys = |after| {
        view.scan_after::<Value>("p/", after)
            .map(|found| found.unwrap().0)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(""), ["p/a", "p/b", "p/c"]);
    assert_eq!(keys("p/a"), ["p/b", "p/c"]);
    assert_eq!(view.keys("q/").collect::<Vec<_>>(), ["q/a"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_history_reads_back_as_it_was(
        steps in prop::collection::vec((0..6_u8, any::<Option<i32>>()), 0..20),
        garbage in prop::collection::vec(any::<u8>().prop_filter("no line ends", |byte| *byte != b'\n'), 0..30),
    ) {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut expected = Documents::new();
        for (key, value) in steps {
            let key = format!("k{key}");
            if let Some(value) = value {
                put(&store, &key, &json!(value));
                expected.insert(key, json!(value));
            } else {
                delete(&store, &key);
                expected.remove(&key);
            }
        }
        drop(store);
        let mut journal = OpenOptions::new().append(true).open(folder.path().join(folder::JOURNAL)).unwrap();
        journal.write_all(&garbage).unwrap();
        prop_assert_eq!(all(&Store::open(folder.path()).unwrap()), expected);
    }
}
