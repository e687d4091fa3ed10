use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::aws::policy::tests::any_document;
use crate::schema::tests::messages;

fn trust() -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "iot.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }],
    })
}

/// A document of a role's own with so many characters in its resource.
fn allowing(resource: &str) -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resource }],
    })
}

fn role(parts: Json) -> Json {
    let mut spec = json!({ "assume_role_policy": trust() });
    for (key, value) in parts.as_object().expect("attributes") {
        spec[key] = value.clone();
    }
    spec
}

fn decode(spec: Json) -> RoleSpec {
    serde_json::from_value(spec).expect("a declaration")
}

fn problems(parts: Json) -> Vec<String> {
    messages(&Erased::<IamRole>::new(), &role(parts))
}

fn place(account: Option<&str>) -> Place {
    Place {
        environment: "local".to_owned(),
        account: account.map(str::to_owned),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    }
}

prop_compose! {
    fn any_role()(
        assume_role_policy in any_document(),
        inline_policy in prop::collection::btree_map("[a-c]", any_document(), 0..3),
        managed_policy_arns in prop::collection::vec("[a-c]", 0..5),
        description in "[a-c ]{0,5}",
        max_session_duration in 3_600..=43_200_u32,
        permissions_boundary in prop::option::of("[a-c]?"),
    ) -> RoleSpec {
        RoleSpec {
            assume_role_policy,
            inline_policy,
            managed_policy_arns,
            description,
            max_session_duration,
            permissions_boundary,
        }
    }
}

proptest! {
    #[test]
    fn canonical_is_idempotent(spec in any_role()) {
        let once = IamRole::canonical(spec);
        prop_assert_eq!(IamRole::canonical(once.clone()), once);
    }
}

#[test]
fn what_is_left_out_is_the_published_default() {
    let spec = Erased::<IamRole>::new()
        .canonical(&role(json!({})))
        .expect("the least role");
    assert_eq!(
        spec,
        json!({
            "assume_role_policy": trust(),
            "inline_policy": {},
            "managed_policy_arns": [],
            "description": "",
            "max_session_duration": 3_600,
            "permissions_boundary": null,
        })
    );
}

#[test]
fn a_trust_policy_is_required() {
    let schema = Erased::<IamRole>::new();
    assert_eq!(schema.json_schema()["required"], json!(["assume_role_policy"]));
}

#[test]
fn attachments_are_a_set_and_policies_equal_by_meaning() {
    let one = role(json!({
        "managed_policy_arns": ["b", "a", "b"],
        "inline_policy": { "send": allowing("*") },
        "permissions_boundary": "",
    }));
    let mut other = role(json!({ "managed_policy_arns": ["a", "b"], "inline_policy": { "send": allowing("*") } }));
    other["inline_policy"]["send"]["Statement"][0]["Action"] = json!(["sqs:SendMessage"]);
    other["assume_role_policy"]["Statement"][0]["Action"] = json!(["sts:AssumeRole"]);
    assert_eq!(IamRole::canonical(decode(one)), IamRole::canonical(decode(other)));
}

#[test]
fn the_arn_holds_the_path_and_the_name_as_written() {
    let spec = decode(role(json!({})));
    let known = IamRole::known_outputs(&spec, "Local-Rule", &place(Some("123456789012")));
    assert_eq!(known["arn"], "arn:aws:iam::123456789012:role/eclusa/local/Local-Rule");
    assert_eq!(known["name"], "Local-Rule");
    assert_eq!(known.get("unique_id"), None);
    let account = sentinel::of_place(PlaceField::AccountId);
    let unasked = IamRole::known_outputs(&spec, "r", &place(None));
    assert_eq!(unasked["arn"], format!("arn:aws:iam::{account}:role/eclusa/local/r"));
}

#[test]
fn names_that_differ_in_case_only_are_one_role() {
    let spec = decode(role(json!({})));
    assert_eq!(IamRole::identity(&spec, "LabRole"), IamRole::identity(&spec, "labrole"));
}

#[test]
fn every_document_is_checked_for_its_use() {
    let [send] = problems(json!({ "inline_policy": { "send": trust() } }))
        .into_iter()
        .filter(|problem| problem.contains("names no principal"))
        .collect::<Vec<_>>()
        .try_into()
        .expect("one problem");
    assert!(send.starts_with("inline_policy.send.Statement.0.Principal: "), "{send}");
    let trusting = problems(json!({ "assume_role_policy": allowing("*") }));
    assert!(
        trusting.iter().any(|problem| problem.contains("names no resource")),
        "{trusting:?}"
    );
}

#[test]
fn sizes_are_counted_over_all_inline_policies() {
    let arn = |length: usize| format!("arn:{}", "x".repeat(length));
    let half = json!({ "a": allowing(&arn(5_000)), "b": allowing(&arn(4_900)) });
    assert!(problems(json!({ "inline_policy": half })).is_empty());
    let more = json!({ "a": allowing(&arn(5_000)), "b": allowing(&arn(5_200)) });
    let [problem] = problems(json!({ "inline_policy": more }))
        .try_into()
        .expect("one problem");
    assert!(
        problem.starts_with("inline_policy: expected at most 10240"),
        "{problem}"
    );
    let unknown = allowing(&sentinel::numbered(16));
    assert!(problems(json!({ "inline_policy": { "a": unknown } })).is_empty());
}

#[test]
fn a_trust_policy_has_its_own_limit() {
    let of = |length: usize| {
        let mut document = trust();
        document["Statement"][0]["Principal"]["Service"] = json!("x".repeat(length));
        problems(json!({ "assume_role_policy": document }))
    };
    assert!(of(1_900).is_empty());
    let [problem] = of(2_048).try_into().expect("one problem");
    assert!(
        problem.starts_with("assume_role_policy: expected at most 2048"),
        "{problem}"
    );
}

#[test]
fn policies_are_attached_by_arn_and_named_in_iams_alphabet() {
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    assert!(problems(json!({ "managed_policy_arns": [arn], "permissions_boundary": arn })).is_empty());
    let found = problems(json!({
        "managed_policy_arns": ["ReadOnlyAccess"],
        "permissions_boundary": "arn:aws:iam::123456789012:role/x",
        "inline_policy": { "a policy": allowing("*") },
    }));
    let starts = [
        "inline_policy.a policy: a policy's name",
        "managed_policy_arns.0: ",
        "permissions_boundary: ",
    ];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (problem, start) in found.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn a_description_is_latin_1() {
    assert!(problems(json!({ "description": "Über die Regel\n" })).is_empty());
    assert!(problems(json!({ "description": sentinel::numbered(16) })).is_empty());
    assert_eq!(problems(json!({ "description": "rule \u{2014} queue" })).len(), 1);
}
