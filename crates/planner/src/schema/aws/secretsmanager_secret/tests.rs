use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::resource::PlaceField;
use crate::resource::sentinel;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::NOT_BUILT_YET;
use crate::schema::tests::messages;

fn decode(spec: serde_json::Value) -> SecretSpec {
    serde_json::from_value(spec).expect("a declaration")
}

prop_compose! {
    fn any_secret()(
        description in "[a-b]{0,3}",
        kms_key_id in prop::option::of(prop_oneof![Just(String::new()), Just(OWN_KEY.to_owned()), "alias/[a-b]"]),
        recovery_window_in_days in 0..=30_u32,
    ) -> SecretSpec {
        SecretSpec { description, kms_key_id, recovery_window_in_days, value: None }
    }
}

proptest! {
    #[test]
    fn canonical_is_idempotent(spec in any_secret()) {
        let once = SecretsManagerSecret::canonical(spec);
        prop_assert_eq!(SecretsManagerSecret::canonical(once.clone()), once);
    }
}

#[test]
fn what_is_left_out_is_the_published_default() {
    let canonical = SecretsManagerSecret::canonical(decode(json!({})));
    assert_eq!(
        canonical,
        SecretSpec {
            description: String::new(),
            kms_key_id: None,
            recovery_window_in_days: 30,
            value: None,
        }
    );
}

#[test]
fn the_services_own_key_and_none_are_equal() {
    for key in ["", "alias/aws/secretsmanager"] {
        let canonical = SecretsManagerSecret::canonical(decode(json!({ "kms_key_id": key })));
        assert_eq!(canonical.kms_key_id, None, "{key}");
    }
    let own = SecretsManagerSecret::canonical(decode(json!({ "kms_key_id": "alias/mine" })));
    assert_eq!(own.kms_key_id.as_deref(), Some("alias/mine"));
}

#[test]
fn a_window_is_nought_or_seven_days_and_more() {
    let schema = Erased::<SecretsManagerSecret>::new();
    for days in [0, 7, 30] {
        let none: [String; 0] = [];
        assert_eq!(messages(&schema, &json!({ "recovery_window_in_days": days })), none);
    }
    assert_eq!(
        messages(&schema, &json!({ "recovery_window_in_days": 6 })),
        ["recovery_window_in_days: expected 0 or 7 to 30 days, found 6"]
    );
}

#[test]
fn a_declared_value_is_an_error_of_its_own_code() {
    let value = sentinel::numbered(sentinel::FIRST_FREE);
    let problems = Erased::<SecretsManagerSecret>::new()
        .check(&json!({ "value": value }))
        .expect("a spec that decodes");
    let codes: Vec<&str> = problems.found.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [NOT_BUILT_YET]);
}

#[test]
fn the_arns_pattern_is_known_before_the_arn() {
    let place = Place {
        environment: "local".to_owned(),
        account: None,
        region: "cn-north-1".to_owned(),
        partition: "aws-cn".to_owned(),
        organization: None,
    };
    let known = SecretsManagerSecret::known_outputs(&decode(json!({})), "local/key", &place);
    let account = sentinel::of_place(PlaceField::AccountId);
    assert_eq!(
        known["arn_pattern"],
        format!("arn:aws-cn:secretsmanager:cn-north-1:{account}:secret:local/key-??????")
    );
    assert_eq!(known.get("arn"), None);
}

#[test]
fn a_name_holds_the_signs_of_a_path_and_a_mail_address() {
    assert_eq!(SecretsManagerSecret::check_name("local/team+key=a.b@c-d_e"), Ok(()));
    assert!(SecretsManagerSecret::check_name("a:b").is_err());
}
