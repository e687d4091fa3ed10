#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use eclusa_planner::plan::Intent;
use eclusa_planner::resource::Address;
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;

fn plan() -> SavedPlan {
    let address = Address::new("t", "aws_sqs_queue", "a").with_key("air");
    SavedPlan {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION.to_owned(),
        eclusa: VERSION.to_owned(),
        root: "/root".into(),
        file: "environments/local.yaml".to_owned(),
        made_as: MadeAs {
            environment: "local".to_owned(),
            owner: "local@123456789012/us-east-1".to_owned(),
            account: Some("123456789012".to_owned()),
            region: "us-east-1".to_owned(),
            organization: None,
        },
        request: Request {
            targets: vec![address.clone()],
            adopt: vec![(address.clone(), None), (address, Some(Owner("o".to_owned())))],
            ..Intent::Converge.into()
        },
        has_changes: true,
        changes: vec![json!({ "address": "t/aws_sqs_queue.a[air]", "action": "create", "fields": [] })],
        declared: Declarations::default(),
        live: Sightings::default(),
    }
}

/// A folder and the path of a plan in it.
fn place() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.plan").to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn what_is_written_is_read_back() {
    let (_folder, path) = place();
    write(&plan(), &path).unwrap();
    assert_eq!(read(&path).unwrap(), plan());
}

#[test]
fn a_plan_is_replaced_whole_and_for_its_owner_alone() {
    let (folder, path) = place();
    write(&plan(), &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let mut other = plan();
    other.has_changes = false;
    write(&other, &path).unwrap();
    assert_eq!(read(&path).unwrap(), other);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn nothing_but_a_plan_or_an_empty_file_is_overwritten() {
    let (folder, path) = place();
    for text in ["x", "{}", "{ \"format\": \"another\" }"] {
        fs::write(&path, text).unwrap();
        let refused = write(&plan(), &path);
        assert!(
            matches!(refused, Err(SavedError::Occupied { .. })),
            "{text}: {refused:?}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, "").unwrap();
    write(&plan(), &path).unwrap();
    let inner = folder.path().join("folder.plan");
    fs::create_dir(&inner).unwrap();
    let refused = write(&plan(), inner.to_str().unwrap());
    assert!(matches!(refused, Err(SavedError::Occupied { .. })), "{refused:?}");
}

#[test]
fn a_plan_needs_its_suffix_and_a_folder_that_is_there() {
    let (folder, _) = place();
    let under = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["a", "a.json", "a.plan.txt", ".plan"] {
        let refused = write(&plan(), &under(name));
        assert!(
            matches!(refused, Err(SavedError::NoSuffix { .. })),
            "{name}: {refused:?}"
        );
    }
    let refused = write(&plan(), &under("none/a.plan"));
    assert!(matches!(refused, Err(SavedError::Write { .. })), "{refused:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn another_version_says_so_whatever_else_is_in_it() {
    let (_folder, path) = place();
    let told = |edit: fn(&mut Json)| {
        let mut json = serde_json::to_value(plan()).unwrap();
        edit(&mut json);
        fs::write(&path, json.to_string()).unwrap();
        read(&path).unwrap_err()
    };
    let newer = told(|json| json["format_version"] = "2.0".into());
    assert!(matches!(newer, SavedError::OtherFormat { .. }), "{newer:?}");
    let unknown = told(|json| {
        json["eclusa"] = "99.0.0".into();
        json["format_version"] = "1.9".into();
        json["more"] = 1.into();
    });
    assert!(matches!(unknown, SavedError::OtherFormat { .. }), "{unknown:?}");
    let damaged = told(|json| json["more"] = 1.into());
    assert!(matches!(damaged, SavedError::Damaged { .. }), "{damaged:?}");
    let address = told(|json| json["request"]["targets"] = json!(["no address"]));
    assert!(
        address.to_string().contains("\"no address\" is no address"),
        "{address}"
    );
}

#[test]
fn a_version_that_can_be_read_is_told_as_what_moved() {
    let mut plan = plan();
    assert_eq!(plan.moved_version(), Vec::<String>::new());
    plan.eclusa = "99.0.0".to_owned();
    assert_eq!(plan.moved_version(), [format!("eclusa (was 99.0.0, is {VERSION})")]);
}

proptest! {
    /// Wherever it is cut, and whatever stands in it.
    #[test]
    fn what_is_torn_or_garbled_is_an_error(cut in 0.0..1.0_f64, garbage in "\\PC{0,20}", is_cut: bool) {
        let (_folder, path) = place();
        let text = serde_json::to_string_pretty(&plan()).unwrap();
        let at = text.char_indices().map(|(at, _)| at).nth((text.len() as f64 * cut) as usize).unwrap();
        let (before, after) = text.split_at(at);
        let bad = if is_cut { before.to_owned() } else { format!("{before}\u{1}{garbage}{after}") };
        fs::write(&path, bad).unwrap();
        prop_assert!(read(&path).is_err());
    }
}
