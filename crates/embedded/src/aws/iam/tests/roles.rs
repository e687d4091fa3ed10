use percent_encoding::percent_decode_str;

use super::*;

#[tokio::test]
async fn a_role_is_read_back_as_it_was_made() {
    let cloud = Cloud::start().await;
    let parameters = [
        ("RoleName", "Rule"),
        ("Path", "/eclusa/local/"),
        ("AssumeRolePolicyDocument", IOT_TRUST),
        ("Description", "a < b"),
        ("MaxSessionDuration", "7200"),
        ("PermissionsBoundary", "arn:aws:iam::aws:policy/PowerUserAccess"),
        ("Tags.member.1.Key", "owner"),
        ("Tags.member.1.Value", "me"),
    ];
    let made = done(&cloud, "CreateRole", &parameters).await;
    let read = done(&cloud, "GetRole", &[("RoleName", "Rule")]).await;
    for (element, expected) in [
        ("RoleName", "Rule"),
        ("Path", "/eclusa/local/"),
        ("Arn", "arn:aws:iam::123456789012:role/eclusa/local/Rule"),
        ("CreateDate", "2026-11-22T17:42:20Z"),
        ("Description", "a &lt; b"),
        ("MaxSessionDuration", "7200"),
        ("PermissionsBoundaryArn", "arn:aws:iam::aws:policy/PowerUserAccess"),
        ("Tags", "<member><Key>owner</Key><Value>me</Value></member>"),
    ] {
        assert_eq!(text(&read, element), Some(expected), "{element}");
        assert_eq!(text(&made, element), Some(expected), "{element}");
    }
    let trust = text(&read, "AssumeRolePolicyDocument").unwrap();
    assert_eq!(percent_decode_str(trust).decode_utf8().unwrap(), IOT_TRUST);
}

#[tokio::test]
async fn a_role_made_anew_has_another_id() {
    let cloud = Cloud::start().await;
    let first = text(&create(&cloud, "r").await, "RoleId").unwrap().to_owned();
    assert_eq!(
        text(&done(&cloud, "GetRole", &[("RoleName", "r")]).await, "RoleId"),
        Some(first.as_str())
    );
    assert!(first.starts_with("AROA") && first.len() == 21, "{first}");
    assert!(
        first
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    );
    done(&cloud, "DeleteRole", &[("RoleName", "r")]).await;
    let second = create(&cloud, "r").await;
    assert_ne!(text(&second, "RoleId"), Some(first.as_str()));
}

#[tokio::test]
async fn names_are_compared_without_case() {
    let cloud = Cloud::start().await;
    create(&cloud, "Rule").await;
    let again = [("RoleName", "rULE"), ("AssumeRolePolicyDocument", IOT_TRUST)];
    assert_eq!(
        refused(&cloud, "CreateRole", &again).await,
        refusal(409, "EntityAlreadyExists", "Role with name rULE already exists.")
    );
    let read = done(&cloud, "GetRole", &[("RoleName", "RULE")]).await;
    assert_eq!(text(&read, "RoleName"), Some("Rule"));
}

#[tokio::test]
async fn every_operation_on_a_missing_role_says_so() {
    let cloud = Cloud::start().await;
    let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let name = ("RoleName", "none");
    let policy = ("PolicyName", "p");
    let expected = refusal(404, "NoSuchEntity", "The role with name none cannot be found.");
    for (action, more) in [
        ("GetRole", vec![]),
        ("UpdateRole", vec![]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", IOT_TRUST)]),
        ("PutRolePolicy", vec![policy, ("PolicyDocument", SEND)]),
        ("GetRolePolicy", vec![policy]),
        ("DeleteRolePolicy", vec![policy]),
        ("ListRolePolicies", vec![]),
        ("AttachRolePolicy", vec![arn]),
        ("DetachRolePolicy", vec![arn]),
        ("ListAttachedRolePolicies", vec![]),
        ("PutRolePermissionsBoundary", vec![("PermissionsBoundary", arn.1)]),
        ("DeleteRolePermissionsBoundary", vec![]),
        (
            "TagRole",
            vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")],
        ),
        ("UntagRole", vec![("TagKeys.member.1", "k")]),
        ("ListRoleTags", vec![]),
        ("DeleteRole", vec![]),
    ] {
        let parameters = [&[name], more.as_slice()].concat();
        assert_eq!(refused(&cloud, action, &parameters).await, expected, "{action}");
    }
}

#[tokio::test]
async fn broken_constraints_are_told_together() {
    let cloud = Cloud::start().await;
    let parameters = [
        ("RoleName", "a role"),
        ("MaxSessionDuration", "60"),
        ("Tags.member.1.Key", "k"),
    ];
    let (status, code, message) = refused(&cloud, "CreateRole", &parameters).await;
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    assert_eq!(
        message,
        "4 validation errors detected: \
         Value 'a role' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [\\w+=,.@-]+; \
         Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null; \
         Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal \
         to 3600; \
         Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"
    );
    for session in ["43201", "1h", "-1", "99999999999999999999"] {
        let parameters = [
            ("RoleName", "r"),
            ("AssumeRolePolicyDocument", IOT_TRUST),
            ("MaxSessionDuration", session),
        ];
        assert_eq!(
            refused(&cloud, "CreateRole", &parameters).await.1,
            "ValidationError",
            "{session}"
        );
    }
}

#[tokio::test]
async fn a_path_begins_and_ends_with_a_slash() {
    let cloud = Cloud::start().await;
    for path in ["eclusa/", "/eclusa", "/with space/", ""] {
        let parameters = [
            ("RoleName", "r"),
            ("Path", path),
            ("AssumeRolePolicyDocument", IOT_TRUST),
        ];
        assert_eq!(
            refused(&cloud, "CreateRole", &parameters).await.1,
            "ValidationError",
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn roles_are_listed_by_path_page_by_page() {
    let cloud = Cloud::start().await;
    for name in ["c", "A", "b"] {
        let parameters = [
            ("RoleName", name),
            ("Path", "/eclusa/local/"),
            ("AssumeRolePolicyDocument", IOT_TRUST),
        ];
        done(&cloud, "CreateRole", &parameters).await;
    }
    create(&cloud, "elsewhere").await;
    let prefix = ("PathPrefix", "/eclusa/");
    let all = walk(&cloud, "ListRoles", &[prefix], "RoleName").await;
    assert_eq!(all, (vec!["A".to_owned(), "b".to_owned(), "c".to_owned()], 1));
    let paged = walk(&cloud, "ListRoles", &[prefix, ("MaxItems", "2")], "RoleName").await;
    assert_eq!(paged, (all.0, 2));
    assert_eq!(walk(&cloud, "ListRoles", &[], "RoleName").await.0.len(), 4);
    let none = done(&cloud, "ListRoles", &[("PathPrefix", "/none/")]).await;
    assert!(
        none.contains("<Roles></Roles><IsTruncated>false</IsTruncated>"),
        "{none}"
    );
    for bad in [
        ("MaxItems", "0"),
        ("MaxItems", "1001"),
        ("Marker", "zz"),
        ("Marker", "fff"),
    ] {
        assert_eq!(
            refused(&cloud, "ListRoles", &[bad]).await.1,
            "ValidationError",
            "{bad:?}"
        );
    }
}

#[tokio::test]
async fn lists_of_roles_lack_tags_and_boundaries() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let name = ("RoleName", "r");
    let tag = [name, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    done(&cloud, "TagRole", &tag).await;
    let boundary = ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    done(&cloud, "PutRolePermissionsBoundary", &[name, boundary]).await;
    let listed = done(&cloud, "ListRoles", &[]).await;
    let read = done(&cloud, "GetRole", &[name]).await;
    for element in ["Tags", "PermissionsBoundary", "RoleLastUsed"] {
        assert_eq!(text(&listed, element), None, "{element}");
        assert!(text(&read, element).is_some(), "{element}");
    }
    assert!(text(&listed, "MaxSessionDuration").is_some());
}

#[tokio::test]
async fn an_update_without_a_session_length_resets_it_and_keeps_the_description() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let name = ("RoleName", "r");
    let both = [name, ("Description", "d"), ("MaxSessionDuration", "7200")];
    let answer = done(&cloud, "UpdateRole", &both).await;
    assert!(answer.contains("<UpdateRoleResult></UpdateRoleResult>"), "{answer}");
    let shown = async || {
        let read = done(&cloud, "GetRole", &[name]).await;
        let part = |element| text(&read, element).map(str::to_owned);
        (part("Description"), part("MaxSessionDuration").unwrap())
    };
    assert_eq!(shown().await, (Some("d".to_owned()), "7200".to_owned()));
    done(&cloud, "UpdateRole", &[name]).await;
    assert_eq!(shown().await, (Some("d".to_owned()), "3600".to_owned()));
    done(&cloud, "UpdateRole", &[name, ("Description", "")]).await;
    assert_eq!(shown().await.0, None);
}

#[tokio::test]
async fn a_role_with_policies_is_not_deleted() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let name = ("RoleName", "r");
    let policy = ("PolicyName", "send");
    let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    done(&cloud, "PutRolePolicy", &[name, policy, ("PolicyDocument", SEND)]).await;
    done(&cloud, "AttachRolePolicy", &[name, arn]).await;
    assert_eq!(
        refused(&cloud, "DeleteRole", &[name]).await,
        refusal(
            409,
            "DeleteConflict",
            "Cannot delete entity, must detach all policies first."
        )
    );
    done(&cloud, "DetachRolePolicy", &[name, arn]).await;
    assert_eq!(
        refused(&cloud, "DeleteRole", &[name]).await,
        refusal(
            409,
            "DeleteConflict",
            "Cannot delete entity, must delete policies first."
        )
    );
    done(&cloud, "DeleteRolePolicy", &[name, policy]).await;
    done(&cloud, "DeleteRole", &[name]).await;
    assert_eq!(refused(&cloud, "GetRole", &[name]).await.1, "NoSuchEntity");
}

#[tokio::test]
async fn tag_keys_are_compared_without_case() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let name = ("RoleName", "r");
    let tag = async |key, value| {
        let parameters = [name, ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
        done(&cloud, "TagRole", &parameters).await;
    };
    tag("Team", "a").await;
    tag("b", "").await;
    tag("team", "c").await;
    let listed = done(&cloud, "ListRoleTags", &[name]).await;
    assert_eq!(
        (texts(&listed, "Key"), texts(&listed, "Value")),
        (vec!["b", "team"], vec!["", "c"])
    );
    let paged = walk(&cloud, "ListRoleTags", &[name, ("MaxItems", "1")], "Key").await;
    assert_eq!(paged, (vec!["b".to_owned(), "team".to_owned()], 2));
    let untag = [name, ("TagKeys.member.1", "TEAM"), ("TagKeys.member.2", "never there")];
    done(&cloud, "UntagRole", &untag).await;
    assert_eq!(texts(&done(&cloud, "ListRoleTags", &[name]).await, "Key"), ["b"]);
    let twice = [
        name,
        ("Tags.member.1.Key", "x"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "X"),
        ("Tags.member.2.Value", "2"),
    ];
    assert_eq!(refused(&cloud, "TagRole", &twice).await.1, "InvalidInput");
}

#[tokio::test]
async fn a_role_has_at_most_fifty_tags_and_none_of_aws() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let name = ("RoleName", "r");
    let tags = |range: std::ops::Range<u32>| {
        let numbered = range.enumerate().flat_map(|(index, number)| {
            let member = format!("Tags.member.{}", index + 1);
            [
                (format!("{member}.Key"), format!("k{number}")),
                (format!("{member}.Value"), String::new()),
            ]
        });
        numbered.collect::<Vec<_>>()
    };
    let refs = |tags: &[(String, String)]| -> Vec<(String, String)> {
        [&[(name.0.to_owned(), name.1.to_owned())], tags].concat()
    };
    let call = async |range| {
        let owned = refs(&tags(range));
        let parameters: Vec<_> = owned
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let answer = iam(&cloud, "TagRole", &parameters).await;
        text(&answer.body, "Code").map(str::to_owned)
    };
    assert_eq!(call(0..51).await.as_deref(), Some("ValidationError"));
    assert_eq!(call(0..50).await, None);
    assert_eq!(
        call(49..50).await,
        None,
        "a tag that is there already is no further one"
    );
    assert_eq!(call(50..51).await.as_deref(), Some("LimitExceeded"));
    let reserved = [name, ("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", "")];
    assert_eq!(refused(&cloud, "TagRole", &reserved).await.1, "InvalidInput");
}

#[tokio::test]
async fn an_empty_list_of_tags_is_sent_as_an_empty_text() {
    let cloud = Cloud::start().await;
    let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", IOT_TRUST), ("Tags", "")];
    done(&cloud, "CreateRole", &parameters).await;
    done(&cloud, "TagRole", &[("RoleName", "r"), ("Tags", "")]).await;
    done(&cloud, "UntagRole", &[("RoleName", "r"), ("TagKeys", "")]).await;
    let listed = done(&cloud, "ListRoleTags", &[("RoleName", "r")]).await;
    assert_eq!(text(&listed, "Tags"), Some(""));
}

#[tokio::test]
async fn roles_survive_a_kill() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let policy = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", SEND)];
    done(&cloud, "PutRolePolicy", &policy).await;
    let before = done(&cloud, "GetRole", &[("RoleName", "r")]).await;
    let cloud = cloud.restart().await;
    let after = done(&cloud, "GetRole", &[("RoleName", "r")]).await;
    assert_eq!(text(&after, "Role"), text(&before, "Role"));
    assert_eq!(
        texts(&done(&cloud, "ListRolePolicies", &[("RoleName", "r")]).await, "member"),
        ["p"]
    );
}

#[tokio::test]
async fn roles_are_the_same_in_every_region() {
    let cloud = Cloud::start().await;
    create(&cloud, "r").await;
    let settings = crate::settings::Settings {
        region: "eu-central-1".to_owned(),
        ..crate::testing::untiring()
    };
    crate::settings::write_settings(cloud.folder(), &settings).unwrap();
    done(&cloud, "GetRole", &[("RoleName", "r")]).await;
}

#[tokio::test]
async fn errors_are_spelled_as_the_query_protocol_does() {
    let cloud = Cloud::start().await;
    let answer = iam(&cloud, "GetRole", &[("RoleName", "none")]).await;
    let id = text(&answer.body, "RequestId").unwrap();
    assert_eq!(
        answer.body,
        format!(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>NoSuchEntity</Code><Message>The role with name none cannot be found.</Message></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>"
        )
    );
    assert_eq!(answer.headers.get("content-type").map(String::as_str), Some("text/xml"));
}
