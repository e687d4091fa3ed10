use percent_encoding::percent_decode_str;

use super::*;

const NAME: (&str, &str) = ("RoleName", "r");

async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    cloud
}

/// A permissions policy of so many characters, and some white space that does not count.
fn policy_of(size: usize) -> String {
    let frame = r#"{"Statement": {"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:"}}"#;
    let fill = size - (frame.len() - 1);
    frame.replace("*:*:", &format!("*:*:{}", "x".repeat(fill)))
}

async fn put(cloud: &Cloud, name: &str, document: &str) -> Answer {
    let parameters = [NAME, ("PolicyName", name), ("PolicyDocument", document)];
    iam(cloud, "PutRolePolicy", &parameters).await
}

#[tokio::test]
async fn an_inline_policy_is_replaced_and_read_back_percent_encoded() {
    let cloud = cloud().await;
    assert_eq!(put(&cloud, "p", SEND).await.status, 200);
    let other = SEND.replace("SendMessage", "Send+ü~*");
    assert_eq!(put(&cloud, "p", &other).await.status, 200);
    let read = done(&cloud, "GetRolePolicy", &[NAME, ("PolicyName", "p")]).await;
    assert_eq!(
        (text(&read, "RoleName"), text(&read, "PolicyName")),
        (Some("r"), Some("p"))
    );
    let document = text(&read, "PolicyDocument").unwrap();
    assert!(document.contains("Send%2B%C3%BC~%2A"), "{document}");
    assert_eq!(percent_decode_str(document).decode_utf8().unwrap(), other);
    assert_eq!(texts(&done(&cloud, "ListRolePolicies", &[NAME]).await, "member"), ["p"]);
}

#[tokio::test]
async fn names_of_inline_policies_are_paged() {
    let cloud = cloud().await;
    for name in ["c", "a", "b", "d", "e"] {
        assert_eq!(put(&cloud, name, SEND).await.status, 200);
    }
    let walked = walk(&cloud, "ListRolePolicies", &[NAME, ("MaxItems", "2")], "member").await;
    assert_eq!((walked.0.concat(), walked.1), ("abcde".to_owned(), 3));
}

#[tokio::test]
async fn what_is_deleted_between_two_pages_hides_nothing() {
    let cloud = cloud().await;
    for name in ["a", "b", "c"] {
        assert_eq!(put(&cloud, name, SEND).await.status, 200);
    }
    let first = done(&cloud, "ListRolePolicies", &[NAME, ("MaxItems", "1")]).await;
    done(&cloud, "DeleteRolePolicy", &[NAME, ("PolicyName", "a")]).await;
    let marker = text(&first, "Marker").unwrap();
    let rest = done(&cloud, "ListRolePolicies", &[NAME, ("Marker", marker)]).await;
    assert_eq!(texts(&rest, "member"), ["b", "c"]);
}

#[tokio::test]
async fn a_missing_inline_policy_is_no_entity() {
    let cloud = cloud().await;
    let expected = refusal(404, "NoSuchEntity", "The role policy with name p cannot be found.");
    for action in ["GetRolePolicy", "DeleteRolePolicy"] {
        assert_eq!(
            refused(&cloud, action, &[NAME, ("PolicyName", "p")]).await,
            expected,
            "{action}"
        );
    }
}

#[tokio::test]
async fn inline_policies_together_hold_10240_characters_without_white_space() {
    let cloud = cloud().await;
    assert_eq!(put(&cloud, "a", &policy_of(5000)).await.status, 200);
    assert_eq!(put(&cloud, "b", &policy_of(5240)).await.status, 200);
    assert_eq!(
        put(&cloud, "b", &policy_of(5240)).await.status,
        200,
        "replacing adds nothing"
    );
    let parameters = [NAME, ("PolicyName", "b"), ("PolicyDocument", &policy_of(5241))];
    assert_eq!(
        refused(&cloud, "PutRolePolicy", &parameters).await,
        refusal(
            409,
            "LimitExceeded",
            "Maximum policy size of 10240 bytes exceeded for role r"
        )
    );
    let read = done(&cloud, "GetRolePolicy", &[NAME, ("PolicyName", "b")]).await;
    let document = percent_decode_str(text(&read, "PolicyDocument").unwrap())
        .decode_utf8()
        .unwrap()
        .into_owned();
    assert_eq!(document, policy_of(5240));
}

#[tokio::test]
async fn managed_policies_are_attached_once_and_listed_by_path() {
    let cloud = cloud().await;
    let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let reader = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    for arn in [basic, reader, basic] {
        done(&cloud, "AttachRolePolicy", &[NAME, ("PolicyArn", arn)]).await;
    }
    let listed = done(&cloud, "ListAttachedRolePolicies", &[NAME]).await;
    assert_eq!(texts(&listed, "PolicyArn"), [basic, reader]);
    assert_eq!(
        texts(&listed, "PolicyName"),
        ["AWSLambdaBasicExecutionRole", "ReadOnlyAccess"]
    );
    let below = [NAME, ("PathPrefix", "/service-role/")];
    assert_eq!(
        texts(&done(&cloud, "ListAttachedRolePolicies", &below).await, "PolicyArn"),
        [basic]
    );
    let paged = walk(
        &cloud,
        "ListAttachedRolePolicies",
        &[NAME, ("MaxItems", "1")],
        "PolicyArn",
    )
    .await;
    assert_eq!(paged, (vec![basic.to_owned(), reader.to_owned()], 2));
    done(&cloud, "DetachRolePolicy", &[NAME, ("PolicyArn", basic)]).await;
    assert_eq!(
        refused(&cloud, "DetachRolePolicy", &[NAME, ("PolicyArn", basic)]).await,
        refusal(404, "NoSuchEntity", &format!("Policy {basic} was not found."))
    );
}

#[tokio::test]
async fn a_role_has_at_most_ten_managed_policies() {
    let cloud = cloud().await;
    let arn = |number| format!("arn:aws:iam::aws:policy/Policy{number}");
    for number in 0..10 {
        done(&cloud, "AttachRolePolicy", &[NAME, ("PolicyArn", &arn(number))]).await;
    }
    done(&cloud, "AttachRolePolicy", &[NAME, ("PolicyArn", &arn(0))]).await;
    assert_eq!(
        refused(&cloud, "AttachRolePolicy", &[NAME, ("PolicyArn", &arn(10))]).await,
        refusal(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10")
    );
}

#[tokio::test]
async fn only_policies_of_aws_exist() {
    let cloud = cloud().await;
    let code = async |arn| refused(&cloud, "AttachRolePolicy", &[NAME, ("PolicyArn", arn)]).await.1;
    assert_eq!(code("arn:aws:iam::123456789012:policy/mine").await, "NoSuchEntity");
    assert_eq!(code("arn:aws:iam::aws:role/ReadOnlyAccess").await, "InvalidInput");
    assert_eq!(code("arn:aws-cn:iam::aws:policy/ReadOnlyAccess").await, "InvalidInput");
    assert_eq!(code("ReadOnlyAccess").await, "ValidationError");
    assert_eq!(
        code("arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy").await,
        "PolicyNotAttachable"
    );
}

#[tokio::test]
async fn a_boundary_is_put_shown_and_deleted_once() {
    let cloud = cloud().await;
    let boundary = |arn| [NAME, ("PermissionsBoundary", arn)];
    let arn = "arn:aws:iam::aws:policy/PowerUserAccess";
    done(&cloud, "PutRolePermissionsBoundary", &boundary(arn)).await;
    let read = done(&cloud, "GetRole", &[NAME]).await;
    assert_eq!(text(&read, "PermissionsBoundaryArn"), Some(arn));
    let own = "arn:aws:iam::123456789012:policy/mine";
    assert_eq!(
        refused(&cloud, "PutRolePermissionsBoundary", &boundary(own)).await,
        refusal(
            404,
            "NoSuchEntity",
            &format!("Scope ARN: {own} does not exist or is not attachable.")
        )
    );
    done(&cloud, "DeleteRolePermissionsBoundary", &[NAME]).await;
    assert_eq!(
        text(&done(&cloud, "GetRole", &[NAME]).await, "PermissionsBoundary"),
        None
    );
    assert_eq!(
        refused(&cloud, "DeleteRolePermissionsBoundary", &[NAME]).await.1,
        "NoSuchEntity"
    );
}
