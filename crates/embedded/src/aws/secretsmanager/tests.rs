//! Raw HTTP against a server in this process.
#![allow(clippy::unwrap_used)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use crate::settings::Delays;
use crate::settings::Settings;
use crate::testing::Answer;
use crate::testing::BEGIN;
use crate::testing::Cloud;
use crate::testing::untiring;

const DAY: u64 = 86_400_000;
const TOKEN: &str = "11111111-1111-4111-8111-111111111111";
const OTHER_TOKEN: &str = "22222222-2222-4222-8222-222222222222";

async fn call(cloud: &Cloud, operation: &str, input: Value) -> Answer {
    let head = format!(
        "POST / HTTP/1.1\r\nx-amz-target: secretsmanager.{operation}\r\ncontent-type: application/x-amz-json-1.1\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20261122/us-east-1/secretsmanager/aws4_request, \
         SignedHeaders=host, Signature=00\r\n"
    );
    cloud.send(&head, &input.to_string()).await.expect("an answer")
}

async fn done(cloud: &Cloud, operation: &str, input: Value) -> Value {
    call(cloud, operation, input).await.done()
}

/// Shape and message of a refused call.
async fn refused(cloud: &Cloud, operation: &str, input: Value) -> (String, String) {
    let answer = call(cloud, operation, input).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let (shape, _) = answer.refused();
    let shape = shape.rsplit('#').next().unwrap_or_default().to_owned();
    (shape, answer.message())
}

async fn code(cloud: &Cloud, operation: &str, input: Value) -> String {
    refused(cloud, operation, input).await.0
}

fn names(listed: &Value) -> Vec<&str> {
    let list = listed["SecretList"].as_array().unwrap();
    list.iter().map(|secret| secret["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_secret_is_described_with_its_tags_and_without_a_version() {
    let cloud = Cloud::start().await;
    let input = json!({"Name": "local/key", "Description": "d", "Tags": [{"Key": "a", "Value": ""}]});
    let made = done(&cloud, "CreateSecret", input).await;
    let arn = made["ARN"].as_str().unwrap();
    let (start, suffix) = arn.rsplit_once('-').unwrap();
    assert_eq!(start, "arn:aws:secretsmanager:us-east-1:123456789012:secret:local/key");
    assert!(
        suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_alphanumeric()),
        "{arn}"
    );
    #[allow(clippy::cast_precision_loss)]
    let now = BEGIN as f64 / 1000.0;
    let expected = json!({
        "ARN": arn, "Name": "local/key", "Description": "d", "CreatedDate": now, "LastChangedDate": now,
        "Tags": [{"Key": "a", "Value": ""}],
    });
    for id in ["local/key", arn, start] {
        assert_eq!(
            done(&cloud, "DescribeSecret", json!({"SecretId": id})).await,
            expected,
            "{id}"
        );
    }
    let wrong = format!("{start}-xxxxxx");
    for id in ["other", &wrong] {
        assert_eq!(
            code(&cloud, "DescribeSecret", json!({"SecretId": id})).await,
            "ResourceNotFoundException"
        );
    }
}

#[tokio::test]
async fn a_secret_made_anew_has_another_arn() {
    let cloud = Cloud::start().await;
    let first = done(&cloud, "CreateSecret", json!({"Name": "s"})).await["ARN"].clone();
    done(
        &cloud,
        "DeleteSecret",
        json!({"SecretId": "s", "ForceDeleteWithoutRecovery": true}),
    )
    .await;
    cloud.advance(300);
    let second = done(&cloud, "CreateSecret", json!({"Name": "s"})).await["ARN"].clone();
    assert_ne!(first, second);
}

#[tokio::test]
async fn the_label_of_the_current_version_moves_and_the_one_before_stays() {
    let cloud = Cloud::start().await;
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    assert_eq!(
        refused(&cloud, "GetSecretValue", json!({"SecretId": "s"})).await,
        (
            "ResourceNotFoundException".to_owned(),
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT".to_owned()
        )
    );
    let put = |token: &str, text: &str| json!({"SecretId": "s", "ClientRequestToken": token, "SecretString": text});
    let first = done(&cloud, "PutSecretValue", put(TOKEN, "one")).await;
    assert_eq!(first["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(first["VersionId"], TOKEN);
    done(&cloud, "PutSecretValue", put(OTHER_TOKEN, "two")).await;
    let described = done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert_eq!(
        described["VersionIdsToStages"],
        json!({TOKEN: ["AWSPREVIOUS"], OTHER_TOKEN: ["AWSCURRENT"]})
    );
    let got = done(&cloud, "GetSecretValue", json!({"SecretId": "s"})).await;
    assert_eq!(
        (&got["SecretString"], &got["VersionId"]),
        (&json!("two"), &json!(OTHER_TOKEN))
    );
    let before = json!({"SecretId": "s", "VersionStage": "AWSPREVIOUS"});
    assert_eq!(done(&cloud, "GetSecretValue", before).await["SecretString"], "one");
    // A third one: of two labels none is left for the first.
    done(
        &cloud,
        "UpdateSecret",
        json!({"SecretId": "s", "SecretString": "three"}),
    )
    .await;
    let gone = json!({"SecretId": "s", "VersionId": TOKEN});
    assert_eq!(code(&cloud, "GetSecretValue", gone).await, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_token_makes_one_version_once_and_no_other() {
    let cloud = Cloud::start().await;
    let create = |text: &str| json!({"Name": "s", "ClientRequestToken": TOKEN, "SecretString": text});
    let made = done(&cloud, "CreateSecret", create("one")).await;
    assert_eq!(done(&cloud, "CreateSecret", create("one")).await, made);
    assert_eq!(
        code(&cloud, "CreateSecret", create("two")).await,
        "ResourceExistsException"
    );
    let put = |text: &str| json!({"SecretId": "s", "ClientRequestToken": TOKEN, "SecretString": text});
    done(&cloud, "PutSecretValue", put("one")).await;
    assert_eq!(
        code(&cloud, "PutSecretValue", put("two")).await,
        "ResourceExistsException"
    );
    assert_eq!(
        code(&cloud, "CreateSecret", json!({"Name": "s"})).await,
        "ResourceExistsException"
    );
}

#[tokio::test]
async fn a_secret_scheduled_for_deletion_can_only_be_described_restored_and_forced() {
    let cloud = Cloud::start().await;
    done(&cloud, "CreateSecret", json!({"Name": "s", "SecretString": "v"})).await;
    done(
        &cloud,
        "DeleteSecret",
        json!({"SecretId": "s", "RecoveryWindowInDays": 7}),
    )
    .await;
    let described = done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert!(described["DeletedDate"].is_number(), "{described}");
    for (operation, input) in [
        ("GetSecretValue", json!({"SecretId": "s"})),
        ("PutSecretValue", json!({"SecretId": "s", "SecretString": "w"})),
        ("UpdateSecret", json!({"SecretId": "s", "Description": "w"})),
        (
            "TagResource",
            json!({"SecretId": "s", "Tags": [{"Key": "a", "Value": "b"}]}),
        ),
        ("UntagResource", json!({"SecretId": "s", "TagKeys": ["a"]})),
        ("DeleteSecret", json!({"SecretId": "s"})),
    ] {
        let (code, message) = refused(&cloud, operation, input).await;
        assert_eq!(code, "InvalidRequestException", "{operation}");
        assert!(message.contains("marked for deletion"), "{operation} {message}");
    }
    let (code, message) = refused(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    assert_eq!(code, "InvalidRequestException");
    assert!(message.contains("already scheduled for deletion"), "{message}");
    let cloud = cloud.restart().await;
    done(&cloud, "RestoreSecret", json!({"SecretId": "s"})).await;
    assert_eq!(
        done(&cloud, "GetSecretValue", json!({"SecretId": "s"})).await["SecretString"],
        "v"
    );
}

#[tokio::test]
async fn a_scheduled_secret_is_gone_when_its_day_has_come() {
    let cloud = Cloud::start().await;
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    done(
        &cloud,
        "DeleteSecret",
        json!({"SecretId": "s", "RecoveryWindowInDays": 7}),
    )
    .await;
    cloud.advance(7 * DAY - 1);
    done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    cloud.advance(1);
    for operation in ["DescribeSecret", "RestoreSecret"] {
        assert_eq!(
            code(&cloud, operation, json!({"SecretId": "s"})).await,
            "ResourceNotFoundException"
        );
    }
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
}

#[tokio::test]
async fn a_forced_deletion_keeps_the_name_for_a_while() {
    let settings = Settings {
        delays: Delays::Real,
        reads_lag: Some(false),
        ..untiring()
    };
    let cloud = Cloud::start_with(&settings).await;
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    let force = json!({"SecretId": "s", "ForceDeleteWithoutRecovery": true});
    done(&cloud, "DeleteSecret", force.clone()).await;
    assert_eq!(
        code(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await,
        "ResourceNotFoundException"
    );
    // By force, what is gone may be deleted again.
    done(&cloud, "DeleteSecret", force).await;
    let cloud = cloud.restart().await;
    cloud.advance(9_999);
    let (code, message) = refused(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    assert_eq!(code, "InvalidRequestException");
    assert!(message.contains("scheduled for deletion"), "{message}");
    cloud.advance(1);
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
}

#[tokio::test]
async fn a_window_is_seven_to_thirty_days_and_excludes_force() {
    let cloud = Cloud::start().await;
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    for input in [
        json!({"SecretId": "s", "RecoveryWindowInDays": 6}),
        json!({"SecretId": "s", "RecoveryWindowInDays": 31}),
        json!({"SecretId": "s", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true}),
    ] {
        assert_eq!(code(&cloud, "DeleteSecret", input).await, "InvalidParameterException");
    }
    let deleted = done(&cloud, "DeleteSecret", json!({"SecretId": "s"})).await;
    #[allow(clippy::cast_precision_loss)]
    let thirty_days = (BEGIN + 30 * DAY) as f64 / 1000.0;
    assert_eq!(deleted["DeletionDate"], json!(thirty_days));
}

#[tokio::test]
async fn what_the_model_bounds_is_refused() {
    let cloud = Cloud::start().await;
    for input in [
        json!({}),
        json!({"Name": "a b"}),
        json!({"Name": "a".repeat(513)}),
        json!({"Name": "s", "Description": "d".repeat(2_049)}),
        json!({"Name": "s", "SecretString": "v", "SecretBinary": "dg=="}),
        json!({"Name": "s", "SecretString": "v".repeat(65_537)}),
        json!({"Name": "s", "SecretString": "v", "ClientRequestToken": "short"}),
        json!({"Name": "s", "Tags": [{"Key": "aws:x", "Value": "y"}]}),
        json!({"Name": "s", "Tags": [{"Key": "", "Value": "y"}]}),
    ] {
        assert_eq!(
            code(&cloud, "CreateSecret", input.clone()).await,
            "InvalidParameterException",
            "{input}"
        );
    }
    assert_eq!(
        code(&cloud, "PutSecretValue", json!({"SecretId": "s", "SecretString": "v"})).await,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn a_binary_value_is_bounded_by_its_bytes_and_given_back_as_it_came() {
    let cloud = Cloud::start().await;
    let value = |length: usize| STANDARD.encode(vec![7_u8; length]);
    let create = |name: &str, length| json!({"Name": name, "ClientRequestToken": TOKEN, "SecretBinary": value(length)});
    let made = done(&cloud, "CreateSecret", create("s", 65_536)).await;
    assert_eq!(done(&cloud, "CreateSecret", create("s", 65_536)).await, made);
    let got = done(&cloud, "GetSecretValue", json!({"SecretId": "s"})).await;
    assert_eq!(
        (&got["SecretBinary"], &got["VersionId"]),
        (&json!(value(65_536)), &json!(TOKEN))
    );
    assert!(got.get("SecretString").is_none(), "{got}");
    for length in [0, 65_537] {
        assert_eq!(
            code(&cloud, "CreateSecret", create("t", length)).await,
            "InvalidParameterException"
        );
    }
    let put =
        |token: &str, length| json!({"SecretId": "s", "ClientRequestToken": token, "SecretBinary": value(length)});
    done(&cloud, "PutSecretValue", put(OTHER_TOKEN, 9)).await;
    done(&cloud, "PutSecretValue", put(OTHER_TOKEN, 9)).await;
    assert_eq!(
        code(&cloud, "PutSecretValue", put(OTHER_TOKEN, 8)).await,
        "ResourceExistsException"
    );
    let broken = json!({"SecretId": "s", "SecretBinary": "no base64!"});
    assert_eq!(code(&cloud, "PutSecretValue", broken).await, "SerializationException");
}

#[tokio::test]
async fn a_token_of_an_older_version_with_its_value_moves_no_label() {
    let cloud = Cloud::start().await;
    let put = |token: &str, text: &str| json!({"SecretId": "s", "ClientRequestToken": token, "SecretString": text});
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    done(&cloud, "PutSecretValue", put(TOKEN, "one")).await;
    done(&cloud, "PutSecretValue", put(OTHER_TOKEN, "two")).await;
    done(&cloud, "PutSecretValue", put(TOKEN, "one")).await;
    let got = done(&cloud, "GetSecretValue", json!({"SecretId": "s"})).await;
    assert_eq!(got["SecretString"], "two");
}

#[tokio::test]
async fn an_update_leaves_what_it_does_not_name_and_empties_what_it_empties() {
    let cloud = Cloud::start().await;
    let input = json!({"Name": "s", "Description": "d", "KmsKeyId": "alias/mine"});
    done(&cloud, "CreateSecret", input).await;
    done(&cloud, "UpdateSecret", json!({"SecretId": "s", "Description": "e"})).await;
    let shown = done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert_eq!(
        (&shown["Description"], &shown["KmsKeyId"]),
        (&json!("e"), &json!("alias/mine"))
    );
    done(
        &cloud,
        "UpdateSecret",
        json!({"SecretId": "s", "Description": "", "KmsKeyId": ""}),
    )
    .await;
    let shown = done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert!(
        shown.get("Description").is_none() && shown.get("KmsKeyId").is_none(),
        "{shown}"
    );
}

#[tokio::test]
async fn tags_are_added_and_taken_away_by_key() {
    let cloud = Cloud::start().await;
    done(
        &cloud,
        "CreateSecret",
        json!({"Name": "s", "Tags": [{"Key": "a", "Value": "1"}]}),
    )
    .await;
    let tags = json!([{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]);
    assert_eq!(
        done(&cloud, "TagResource", json!({"SecretId": "s", "Tags": tags})).await,
        json!({})
    );
    done(&cloud, "UntagResource", json!({"SecretId": "s", "TagKeys": ["b", "c"]})).await;
    let shown = done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert_eq!(shown["Tags"], json!([{"Key": "a", "Value": "2"}]));
}

#[tokio::test]
async fn a_list_pages_filters_and_hides_planned_deletions_unless_asked() {
    let cloud = Cloud::start().await;
    for name in ["a/1", "a/2", "b/1", "b/2"] {
        let tags = json!([{"Key": "owner", "Value": name}]);
        done(&cloud, "CreateSecret", json!({"Name": name, "Tags": tags})).await;
    }
    done(&cloud, "DeleteSecret", json!({"SecretId": "a/2"})).await;
    let mut found = Vec::new();
    let mut input = json!({"MaxResults": 2});
    loop {
        let page = done(&cloud, "ListSecrets", input.clone()).await;
        found.extend(names(&page).into_iter().map(str::to_owned));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
        assert!(found.len() < 10, "the list never ends");
    }
    assert_eq!(found, ["a/1", "b/1", "b/2"]);
    let all = done(&cloud, "ListSecrets", json!({"IncludePlannedDeletion": true})).await;
    assert_eq!(names(&all).len(), 4);
    for (filter, expected) in [
        (json!({"Key": "name", "Values": ["b/"]}), ["b/1", "b/2"].as_slice()),
        (json!({"Key": "name", "Values": ["!b/"]}), &["a/1"]),
        (json!({"Key": "tag-key", "Values": ["owner"]}), &["a/1", "b/1", "b/2"]),
        (json!({"Key": "tag-value", "Values": ["b/2", "a/1"]}), &["a/1", "b/2"]),
    ] {
        let listed = done(&cloud, "ListSecrets", json!({"Filters": [filter]})).await;
        assert_eq!(names(&listed), expected);
    }
    for (input, expected) in [
        (json!({"MaxResults": 101}), "InvalidParameterException"),
        (json!({"NextToken": "x"}), "InvalidNextTokenException"),
        (
            json!({"Filters": [{"Key": "all", "Values": ["x"]}]}),
            "InvalidParameterException",
        ),
    ] {
        assert_eq!(code(&cloud, "ListSecrets", input).await, expected);
    }
}

#[tokio::test]
async fn where_reads_lag_a_list_shows_a_new_secret_late_and_a_read_by_name_at_once() {
    let settings = Settings {
        reads_lag: Some(true),
        ..untiring()
    };
    let cloud = Cloud::start_with(&settings).await;
    done(&cloud, "CreateSecret", json!({"Name": "s"})).await;
    done(&cloud, "DescribeSecret", json!({"SecretId": "s"})).await;
    assert_eq!(names(&done(&cloud, "ListSecrets", json!({})).await).len(), 0);
    cloud.advance(100);
    assert_eq!(names(&done(&cloud, "ListSecrets", json!({})).await), ["s"]);
}
