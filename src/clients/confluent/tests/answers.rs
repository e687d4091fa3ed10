//! Keys, errors in all shapes, and what may be repeated.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use crate::clients::Class;
use crate::clients::confluent::ApiKey;
use crate::clients::confluent::ClusterHost;
use crate::clients::confluent::Confluent;
use crate::clients::confluent::Endpoint;
use crate::clients::confluent::acls;
use crate::clients::confluent::clusters;
use crate::clients::confluent::connectors;
use crate::clients::confluent::connectors::ConnectorConfig;
use crate::clients::confluent::environments;
use crate::clients::confluent::testing::Canned;
use crate::clients::confluent::testing::answer;
use crate::clients::confluent::testing::host;
use crate::clients::confluent::testing::impatient;
use crate::clients::confluent::testing::io;
use crate::clients::confluent::testing::writing;
use crate::clients::confluent::topics;

const PAGE: &str = "<html><head><title>Error 401 Unauthorized</title></head><body>HTTP ERROR 401</body></html>";

#[tokio::test]
async fn each_host_is_sent_its_own_kind_of_key() {
    let canned = Canned::serve(vec![answer(200, "", r#"{"id":"env-1"}"#), answer(200, "", "{}")]).await;
    let io = io(&canned.url).await;
    environments::get(&io, "env-1").await.unwrap();
    clusters::probe(&io, &host(&io)).await.unwrap();
    let seen = canned.seen();
    let sent: Vec<_> = seen
        .iter()
        .map(|seen| (seen.line.as_str(), seen.authorization.as_str()))
        .collect();
    let expected = [
        (
            "GET /org/v2/environments/env-1",
            "Basic RU1CRURERUQ6YW55LXNlY3JldC13aWxsLWRv",
        ),
        ("GET /kafka/v3/clusters/lkc-1", "Basic Q0xVU1RFUktFWTpodXNoLWNsdXN0ZXI="),
    ];
    assert_eq!(sent, expected);
    assert!(
        seen[0].headers.contains("accept: application/json"),
        "{}",
        seen[0].headers
    );
}

#[tokio::test]
async fn a_401_says_which_kind_of_key_the_host_wants_and_shows_no_secret() {
    let nested = r#"{"error":{"code":401,"message":"hush-cluster"}}"#;
    let canned = Canned::serve(vec![
        answer(401, "", "{}"),
        answer(401, "", PAGE),
        answer(401, "", nested),
    ])
    .await;
    let io = io(&canned.url).await;
    let cloud = environments::get(&io, "env-1").await.unwrap_err();
    assert_eq!(cloud.class, Class::Credentials);
    let told = cloud.to_string();
    assert!(
        told.contains(
            "127.0.0.1 takes a Cloud API key (resource scope \"cloud\"), not a cluster's, and refused EMBEDDED"
        ),
        "{told}"
    );
    let host = host(&io);
    let kafka = topics::list(&io, &host).await.unwrap_err();
    assert_eq!((kafka.class, kafka.code.as_str()), (Class::Credentials, "HTTP 401"));
    let told = kafka.to_string();
    let wants =
        "Error 401 Unauthorized; 127.0.0.1 takes an API key of cluster lkc-1, not a Cloud key, and refused CLUSTERKEY";
    assert!(told.contains(wants), "{told}");
    let told = topics::list(&io, &host).await.unwrap_err().to_string();
    assert!(told.contains("(hidden)") && !told.contains("hush"), "{told}");
}

#[tokio::test]
async fn every_shape_of_error_is_told_with_request_status_text_and_id() {
    let shapes = [
        (
            404,
            r#"{"errors":[{"id":"1","status":"404","code":"resource_not_found","detail":"no such","source":{}}]}"#,
            Class::NotFound,
            "resource_not_found: no such",
        ),
        (
            403,
            r#"{"errors":[{"code":"forbidden_access","detail":"Forbidden Access"}]}"#,
            Class::Denied,
            "forbidden_access: Forbidden Access",
        ),
        (
            409,
            r#"{"errors":[{"code":"resource_already_exists","detail":"Service name is already in use."}]}"#,
            Class::AlreadyExists,
            "resource_already_exists: Service name is already in use.",
        ),
        (
            422,
            r#"{"errors":[{"code":"invalid_configuration","detail":"bad","source":{"pointer":"/spec/region"}}]}"#,
            Class::Invalid,
            "invalid_configuration: bad (at /spec/region)",
        ),
        (
            402,
            r#"{"errors":[{"code":"quota_exceeded"}]}"#,
            Class::Invalid,
            "quota_exceeded",
        ),
        (
            400,
            r#"{"error_code":40002,"message":"wrong"}"#,
            Class::Invalid,
            "40002: wrong",
        ),
        (
            400,
            r#"{"error_code":40002,"message":"Topic 'a' already exists."}"#,
            Class::AlreadyExists,
            "40002: Topic 'a' already exists.",
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"no"}}"#,
            Class::Denied,
            "403: no",
        ),
        (400, r#"{"code":400,"message":"odd"}"#, Class::Invalid, "400: odd"),
        (
            405,
            "<html><h2>HTTP ERROR 405</h2></html>",
            Class::Invalid,
            "HTTP 405: HTTP ERROR 405",
        ),
        (404, "", Class::NotFound, "HTTP 404"),
        (501, "", Class::Unexpected, "HTTP 501"),
        (302, "", Class::Unexpected, "HTTP 302"),
    ];
    let bytes = shapes.map(|(status, body, ..)| answer(status, "X-Request-Id: r-1\n", body));
    let canned = Canned::serve(bytes.to_vec()).await;
    let io = io(&canned.url).await;
    for (status, body, class, text) in shapes {
        let error = environments::get(&io, "env-1").await.unwrap_err();
        assert_eq!((error.class, error.status), (class, Some(status)), "{body}");
        let url = &canned.url;
        assert_eq!(
            error.to_string(),
            format!(
                "confluent:GetEnvironment: {text} (GET {url}/org/v2/environments/env-1 answered {status}, request id r-1)"
            )
        );
    }
    assert_eq!(canned.seen().len(), shapes.len(), "none of these is tried again");
}

#[tokio::test]
async fn a_403_about_the_key_itself_is_about_credentials() {
    let body = r#"{"errors":[{"code":"forbidden_access","detail":"invalid API key: gone"}]}"#;
    let canned = Canned::serve(vec![answer(403, "", body)]).await;
    let error = environments::get(&io(&canned.url).await, "env-1").await.unwrap_err();
    assert_eq!(error.class, Class::Credentials);
    assert!(error.message.contains("takes a Cloud API key"), "{error}");
}

#[tokio::test]
async fn a_cluster_that_is_protected_is_not_taken() {
    let body = r#"{"errors":[{"code":"deletion_protection_enabled","detail":"protected"}]}"#;
    let canned = Canned::serve(vec![answer(409, "", body)]).await;
    let io = writing(&io(&canned.url).await);
    let error = clusters::delete(&io, "env-1", "lkc-1").await.unwrap_err();
    assert_eq!(error.class, Class::Invalid);
    assert_eq!(canned.lines(), ["DELETE /cmk/v2/clusters/lkc-1?environment=env-1"]);
}

#[tokio::test]
async fn what_a_refusal_repeats_of_a_secret_is_hidden() {
    let body = r#"{"code":400,"message":"\"connection.password\" = pass\\\"word is odd"}"#;
    let canned = Canned::serve(vec![answer(400, "", body), answer(200, "", "no \"hush\" JSON")]).await;
    let io = writing(&io(&canned.url).await);
    let of = connectors::In {
        environment: "env-1",
        cluster: "lkc-1",
    };
    let config = ConnectorConfig {
        plain: BTreeMap::new(),
        secrets: BTreeMap::from([("connection.password".to_owned(), SecretString::from("pass\"word"))]),
    };
    let error = connectors::put_config(&io, of, "sink", &config).await.unwrap_err();
    assert!(error.message.contains("(hidden) is odd"), "{error}");
    assert!(canned.seen()[0].body.contains(r#"pass\"word"#));
    let error = connectors::config(&io, of, "sink").await.unwrap_err();
    assert_eq!(error.code, "AnswerNotUnderstood");
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_sent_once_and_what_may_be_done_twice_again() {
    for (status, lost) in [(0, true), (500, true), (503, true), (200, false)] {
        let bytes = match status {
            0 => Vec::new(),
            status => answer(status, "", "{}"),
        };
        let canned = Canned::serve(vec![bytes.clone(), bytes.clone(), bytes.clone(), bytes]).await;
        let io = writing(&impatient(&canned.url).await);
        // An answer without an id leaves as much open.
        let posted = environments::create(&io, "dev", None).await.unwrap_err();
        assert_eq!(posted.class, Class::AnswerLost, "{status}: {posted}");
        let raised = topics::raise_partitions(&io, &host(&io), "air", 6).await;
        let deleted = environments::delete(&io, "env-1").await;
        let granted = acls::create_batch(&io, &host(&io), &[]).await;
        if lost {
            assert_eq!(raised.unwrap_err().class, Class::AnswerLost, "{status}");
            assert_eq!(deleted.unwrap_err().class, Class::Pending, "{status}");
            assert_eq!(granted.unwrap_err().class, Class::Pending, "{status}");
        } else {
            assert!(raised.is_ok() && deleted.is_ok() && granted.is_ok());
        }
        assert_eq!(canned.seen().len(), 4, "{status}");
    }
}

#[tokio::test]
async fn a_post_that_never_left_may_be_sent_again() {
    // Nobody listens there any more.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let io = writing(&impatient(&url).await);
    let error = environments::create(&io, "dev", None).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Pending, "NoConnection"));
    assert!(error.to_string().contains("POST http://127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn a_host_without_tls_is_never_told_the_key() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let told = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let mut told = Vec::new();
        // Ended by a client that gives up.
        let _ = stream.read_to_end(&mut told).await;
        String::from_utf8_lossy(&told).into_owned()
    });
    let error = environments::list(&impatient(&url).await).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Pending, "NoConnection"));
    let told = told.await.unwrap();
    assert!(!told.is_empty() && !told.contains("/org/v2"), "{told}");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut io = impatient(&url).await;
    let endpoint = Endpoint::Embedded {
        control: Some(url.clone()),
        kafka: None,
    };
    io.confluent = Confluent::connect(&endpoint, None, Duration::from_millis(20));
    let error = environments::list(&io).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Pending, "NoAnswer"));
    let kafka: Result<ClusterHost, _> = io
        .confluent
        .cluster("lkc-1", "", ApiKey::new("K", SecretString::from("s")));
    assert!(kafka.unwrap_err().to_string().contains("no endpoint"));
}

#[tokio::test]
async fn a_packed_body_without_a_header_is_understood() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(br#"{"id":"env-1","display_name":"dev"}"#).unwrap();
    let canned = Canned::serve(vec![answer(200, "", packer.finish().unwrap())]).await;
    let found = environments::get(&io(&canned.url).await, "env-1").await.unwrap();
    assert_eq!(found.display_name, "dev");
}

#[tokio::test]
async fn a_request_for_nothing_in_particular_is_never_sent() {
    let canned = Canned::serve(Vec::new()).await;
    let io = writing(&io(&canned.url).await);
    assert!(environments::delete(&io, "").await.is_err());
    assert!(topics::delete(&io, &host(&io), "..").await.is_err());
    assert!(acls::delete(&io, &host(&io), &acls::Acl::default()).await.is_err());
    assert_eq!(canned.seen().len(), 0);
}
