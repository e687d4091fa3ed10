use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::json;

use super::super::document;
use super::*;

fn trust_message(text: &str) -> String {
    let refused = document::trust(text).expect_err(text);
    assert_eq!(
        (refused.status, refused.code.query.as_ref()),
        (400, "MalformedPolicyDocument")
    );
    refused.message.clone()
}

fn permissions_message(text: &str) -> String {
    document::check_permissions(text).expect_err(text).message.clone()
}

fn policy(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

#[test]
fn text_that_is_no_json_is_told_apart_from_json_that_is_no_policy() {
    assert_eq!(trust_message("{"), "This policy contains invalid Json");
    for wrong in [
        "[]",
        "{}",
        r#"{"Statement":[]}"#,
        r#"{"Statement":"x"}"#,
        r#"{"Statement":[1]}"#,
        r#"{"Version":"2020-01-01","Statement":[]}"#,
        r#"{"statement":[]}"#,
    ] {
        assert_eq!(trust_message(wrong), "Syntax errors in policy.", "{wrong}");
    }
}

#[test]
fn a_trust_policy_names_principals_and_sts_actions_and_no_resources() {
    for (statement, message) in [
        (
            r#"{"Principal":"*","Action":"sts:AssumeRole"}"#,
            "Missing required field Effect",
        ),
        (
            r#"{"Effect":"allow","Principal":"*","Action":"sts:AssumeRole"}"#,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#,
            "Missing required field Principal",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","iam:PassRole"]}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":"x"}}"#,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Extra":1}"#,
            "Syntax errors in policy.",
        ),
    ] {
        assert_eq!(trust_message(&policy(statement)), message, "{statement}");
    }
}

#[test]
fn a_permissions_policy_names_actions_and_resources_and_no_principals() {
    for (statement, message) in [
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}"#,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Effect":"Allow","Resource":"*"}"#,
            "Policy statement must contain actions.",
        ),
        (
            r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
            "Policy statement must contain actions.",
        ),
        (
            r#"{"Effect":"Allow","Action":"sqs:*"}"#,
            "Policy statement must contain resources.",
        ),
        (
            r#"{"Effect":"Allow","Action":"SendMessage","Resource":"*"}"#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            r#"{"Effect":"Allow","Action":"sqs:*","Resource":"my-queue"}"#,
            "Resource my-queue must be in ARN format or \"*\".",
        ),
        (
            r#"{"Effect":"Allow","Action":"sqs:*","NotAction":"sqs:x","Resource":"*"}"#,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Sid":"a b","Effect":"Allow","Action":"sqs:*","Resource":"*"}"#,
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        ),
        (
            r#"{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"a:b","Resource":"*"}"#,
            "Statement IDs (SID) in a single policy must be unique.",
        ),
    ] {
        assert_eq!(permissions_message(&policy(statement)), message, "{statement}");
    }
}

#[test]
fn lawful_spellings_are_taken() {
    for statement in [
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Deny","NotAction":["iam:*"],"NotResource":["arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":false}}}"#,
        r#"{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*"}"#,
    ] {
        document::check_permissions(&policy(statement)).expect(statement);
    }
    document::check_permissions(SEND).expect("a single statement that is no list");
}

#[test]
fn a_trust_policy_holds_2048_characters_without_white_space() {
    let of = |size: usize| {
        let empty = policy(r#"{"Sid":"","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#);
        let fill = "x".repeat(size - empty.len());
        empty.replace(r#""Sid":"""#, &format!(r#""Sid": {} "{fill}""#, " ".repeat(100)))
    };
    document::trust(&of(2048)).expect("just enough");
    let refused = document::trust(&of(2049)).expect_err("one too many");
    assert_eq!(
        (refused.status, refused.code.query.as_ref(), refused.message.as_str()),
        (409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
    );
}

#[tokio::test]
async fn a_malformed_trust_policy_makes_no_role_and_changes_none() {
    let cloud = Cloud::start().await;
    let wrong = [("RoleName", "r"), ("AssumeRolePolicyDocument", "{}")];
    assert_eq!(refused(&cloud, "CreateRole", &wrong).await.1, "MalformedPolicyDocument");
    assert_eq!(refused(&cloud, "GetRole", &[("RoleName", "r")]).await.1, "NoSuchEntity");
    create(&cloud, "r").await;
    let before = done(&cloud, "GetRole", &[("RoleName", "r")]).await;
    let wrong = [("RoleName", "r"), ("PolicyDocument", "nonsense")];
    assert_eq!(
        refused(&cloud, "UpdateAssumeRolePolicy", &wrong).await,
        refusal(400, "MalformedPolicyDocument", "This policy contains invalid Json")
    );
    let after = done(&cloud, "GetRole", &[("RoleName", "r")]).await;
    assert_eq!(text(&after, "Role"), text(&before, "Role"));
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!("*")),
        Just(json!("Allow")),
        Just(json!("sts:AssumeRole")),
        any::<i64>().prop_map(|number| json!(number)),
    ];
    let element = prop_oneof![
        Just("Statement"),
        Just("Effect"),
        Just("Principal"),
        Just("Action"),
        Just("Resource"),
        Just("Condition"),
        Just("Sid"),
        Just("Service"),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            prop::collection::vec((element.clone(), inner), 0..5).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn encoded_documents_hold_unreserved_characters_only_and_decode_to_themselves(text: String) {
        let encoded = document::encoded(&text);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        prop_assert_eq!(percent_decode_str(&encoded).decode_utf8().unwrap(), text);
    }

    #[test]
    fn no_document_is_beyond_the_grammar(value in json_value()) {
        let text = value.to_string();
        for refused in [document::trust(&text).err(), document::check_permissions(&text).err()].into_iter().flatten() {
            prop_assert!(refused.status < 500, "{}", refused.message);
        }
    }
}
