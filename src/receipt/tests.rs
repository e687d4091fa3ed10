#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;

use super::*;

fn begun(run: &str, command: &str, owner: &str) -> Line {
    Line::Begun(Begun {
        format_version: FORMAT_VERSION.to_owned(),
        run: run.to_owned(),
        at: "2026-11-22T17:42:20Z".to_owned(),
        command: command.to_owned(),
        owner: owner.to_owned(),
        who: "ann on laptop (process 1)".to_owned(),
        version: "0.1.0".to_owned(),
        git_revision: None,
        plan: String::new(),
        changes: 1,
    })
}

fn ended(run: &str, complete: bool) -> Line {
    Line::Ended(Finished {
        run: run.to_owned(),
        at: "2026-11-22T17:42:21Z".to_owned(),
        took_ms: 1_000,
        exit: 0,
        complete,
        calls: BTreeMap::new(),
        resources: Vec::new(),
        writes: Vec::new(),
    })
}

fn journal() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::of(folder.path(), "local");
    (folder, journal)
}

#[test]
fn lines_are_read_back_as_runs_in_order() {
    let (_folder, journal) = journal();
    assert_eq!(journal.read().unwrap(), (Vec::new(), 0));
    for line in [begun("a", "apply", "o"), begun("b", "apply", "o"), ended("a", true)] {
        journal.append(&line).unwrap();
    }
    let (runs, unread) = journal.read().unwrap();
    let seen: Vec<_> = runs
        .iter()
        .map(|run| (run.begun.run.as_str(), run.ended.is_some()))
        .collect();
    assert_eq!((seen, unread), (vec![("a", true), ("b", false)], 0));
}

#[test]
fn the_file_is_for_its_owner_alone() {
    let (_folder, journal) = journal();
    journal.append(&begun("a", "apply", "o")).unwrap();
    let mode = fs::metadata(&journal.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_torn_line_costs_only_itself() {
    let (_folder, journal) = journal();
    journal.append(&begun("a", "apply", "o")).unwrap();
    let mut text = fs::read(&journal.path).unwrap();
    text.extend(b"{\"event\":\"beg");
    fs::write(&journal.path, text).unwrap();
    journal.append(&ended("a", true)).unwrap();
    let (runs, unread) = journal.read().unwrap();
    assert_eq!((runs.len(), unread), (1, 1));
    assert!(runs[0].ended.is_some());
}

#[test]
fn the_last_owner_counts_until_a_destroy_is_finished() {
    let (_folder, journal) = journal();
    let owner = || journal.last_owner().unwrap();
    assert_eq!(owner(), None);
    journal.append(&begun("a", "apply", "one")).unwrap();
    assert_eq!(owner().as_deref(), Some("one"));
    journal.append(&begun("b", "destroy", "two")).unwrap();
    assert_eq!(owner().as_deref(), Some("two"), "a destroy that was killed");
    journal.append(&ended("b", false)).unwrap();
    assert_eq!(owner().as_deref(), Some("two"), "a destroy that left something");
    journal.append(&begun("c", "destroy", "two")).unwrap();
    journal.append(&ended("c", true)).unwrap();
    assert_eq!(owner(), None);
}
