use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;

use super::*;

async fn code(cloud: &Cloud, name: &str, input: Value) -> Answer {
    lambda(cloud, &format!("PUT {FUNCTIONS}/{name}/code"), input).await
}

async fn concurrency(cloud: &Cloud, name: &str, reserved: i64) -> Answer {
    let request = format!("PUT /2017-10-31/functions/{name}/concurrency");
    lambda(cloud, &request, json!({"ReservedConcurrentExecutions": reserved})).await
}

fn blobs(cloud: &Cloud) -> Vec<String> {
    let listed = std::fs::read_dir(cloud.folder().join("blobs")).unwrap().flatten();
    let mut names: Vec<String> = listed.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn sha256(content: &str) -> String {
    let hash = Sha256::digest([b"PK\x03\x04", content.as_bytes()].concat());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_new_function_is_pending_without_an_update_status_and_then_active() {
    let cloud = cloud().await;
    let answer = lambda(&cloud, &format!("POST {FUNCTIONS}"), function("f")).await;
    assert_eq!((answer.status, &answer.json()["State"]), (201, &json!("Pending")));
    let pending = configuration(&cloud, "f").await;
    assert_eq!(
        (&pending["State"], pending.get("LastUpdateStatus")),
        (&json!("Pending"), None)
    );
    cloud.advance(A_WHILE);
    let active = configuration(&cloud, "f").await;
    assert_eq!(
        (&active["State"], &active["LastUpdateStatus"]),
        (&json!("Active"), &json!("Successful"))
    );
    assert_ne!(pending["RevisionId"], active["RevisionId"]);
}

#[tokio::test]
async fn what_is_left_out_has_its_default() {
    let cloud = cloud().await;
    make(&cloud, "f", json!({})).await;
    let shown = get(&cloud, "f").await;
    let configuration = &shown["Configuration"];
    assert_eq!(
        configuration["FunctionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:f"
    );
    assert_eq!(configuration["Timeout"], 3);
    assert_eq!(configuration["MemorySize"], 128);
    assert_eq!(configuration["Architectures"], json!(["x86_64"]));
    assert_eq!(configuration["EphemeralStorage"], json!({"Size": 512}));
    assert_eq!(configuration["LoggingConfig"]["LogGroup"], "/aws/lambda/f");
    assert_eq!(configuration["Description"], "");
    for absent in ["Environment", "Layers", "VpcConfig", "KMSKeyArn"] {
        assert_eq!(configuration.get(absent), None, "{absent}");
    }
    assert_eq!((shown.get("Tags"), shown.get("Concurrency")), (None, None));
}

#[tokio::test]
async fn a_role_that_lambda_cannot_assume_yet_or_ever_is_refused_by_its_text() {
    let cloud = cloud().await;
    role(&cloud, "rule", "iot.amazonaws.com").await;
    cloud.advance(A_WHILE);
    role(&cloud, "new", "lambda.amazonaws.com").await;
    for name in ["new", "rule", "gone"] {
        let input = but(function("f"), json!({"Role": role_arn(name)}));
        let refused = lambda(&cloud, &format!("POST {FUNCTIONS}"), input).await;
        assert_eq!(error(&refused), INVALID, "{name}");
        assert_eq!(
            refused.message(),
            "The role defined for the function cannot be assumed by Lambda."
        );
    }
    cloud.advance(A_WHILE);
    make(&cloud, "f", json!({"Role": role_arn("new")})).await;
}

#[tokio::test]
async fn an_update_is_refused_while_the_function_is_pending_or_updated() {
    let cloud = cloud().await;
    lambda(&cloud, &format!("POST {FUNCTIONS}"), function("f")).await.json();
    let pending = configure(&cloud, "f", json!({"Timeout": 5})).await;
    assert_eq!(error(&pending), IN_PROGRESS);
    assert!(pending.message().ends_with("following state: Pending"));
    cloud.advance(A_WHILE);
    let taken = configure(&cloud, "f", json!({"Timeout": 5})).await.done();
    assert_eq!(taken["LastUpdateStatus"], "InProgress");
    for refused in [
        configure(&cloud, "f", json!({"Timeout": 6})).await,
        code(&cloud, "f", json!({"ZipFile": zip("two")})).await,
    ] {
        assert_eq!(error(&refused), IN_PROGRESS);
        assert!(
            refused
                .message()
                .contains("An update is in progress for resource: arn:")
        );
    }
    cloud.advance(A_WHILE);
    assert_eq!(configuration(&cloud, "f").await["LastUpdateStatus"], "Successful");
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let cloud = cloud().await;
    make(&cloud, "f", json!({})).await;
    let refused = lambda(&cloud, &format!("POST {FUNCTIONS}"), function("f")).await;
    assert_eq!(error(&refused), IN_PROGRESS);
    assert_eq!(refused.message(), "Function already exist: f");
}

#[tokio::test]
async fn what_is_not_sent_stays_and_an_explicit_empty_removes() {
    let cloud = cloud().await;
    let set = json!({
        "Environment": {"Variables": {"AB": "1"}},
        "Description": "d",
        "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"],
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"},
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
        "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "TracingConfig": {"Mode": "Active"},
    });
    make(&cloud, "f", set).await;
    configure(&cloud, "f", json!({"Timeout": 9})).await.done();
    cloud.advance(A_WHILE);
    let kept = configuration(&cloud, "f").await;
    assert_eq!(kept["Environment"]["Variables"], json!({"AB": "1"}));
    assert_eq!(
        kept["Layers"][0]["Arn"],
        "arn:aws:lambda:us-east-1:123456789012:layer:l:1"
    );
    assert_eq!(
        (&kept["Timeout"], &kept["TracingConfig"]["Mode"]),
        (&json!(9), &json!("Active"))
    );
    let empty = json!({
        "Environment": {"Variables": {}},
        "Description": "",
        "Layers": [],
        "DeadLetterConfig": {"TargetArn": ""},
        "KMSKeyArn": "",
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
        "TracingConfig": {"Mode": "PassThrough"},
    });
    configure(&cloud, "f", empty).await.done();
    let gone = configuration(&cloud, "f").await;
    for absent in ["Environment", "Layers", "DeadLetterConfig", "KMSKeyArn", "VpcConfig"] {
        assert_eq!(gone.get(absent), None, "{absent}");
    }
    assert_eq!(gone["TracingConfig"]["Mode"], "PassThrough");
}

#[tokio::test]
async fn an_update_of_another_revision_is_refused() {
    let cloud = cloud().await;
    let made = make(&cloud, "f", json!({})).await;
    let stale = json!({"Timeout": 5, "RevisionId": made["RevisionId"]});
    let refused = configure(&cloud, "f", stale).await;
    assert_eq!(error(&refused), (412, "PreconditionFailedException"));
    let now = configuration(&cloud, "f").await["RevisionId"].clone();
    configure(&cloud, "f", json!({"Timeout": 5, "RevisionId": now}))
        .await
        .done();
}

#[tokio::test]
async fn code_is_kept_beside_the_journal_and_shown_by_its_digest() {
    let cloud = cloud().await;
    let made = make(&cloud, "f", json!({})).await;
    let digest = |content: &str| STANDARD.encode(Sha256::digest([b"PK\x03\x04", content.as_bytes()].concat()));
    assert_eq!(
        (&made["CodeSha256"], &made["CodeSize"]),
        (&json!(digest("one")), &json!(7))
    );
    assert_eq!(blobs(&cloud), [sha256("one")]);
    make(&cloud, "g", json!({})).await;
    let updated = code(&cloud, "f", json!({"ZipFile": zip("two"), "Architectures": ["arm64"]}))
        .await
        .done();
    assert_eq!(updated["CodeSha256"], digest("two"));
    assert_eq!(updated["Architectures"], json!(["arm64"]));
    let mut both = [sha256("one"), sha256("two")];
    both.sort();
    assert_eq!(blobs(&cloud), both, "g has it still");
    for name in ["f", "g"] {
        let deleted = lambda(&cloud, &format!("DELETE {FUNCTIONS}/{name}"), Value::Null).await;
        assert_eq!(deleted.status, 204, "{deleted:?}");
    }
    assert_eq!(blobs(&cloud), [""; 0]);
    let journal = std::fs::read_to_string(cloud.folder().join("journal.jsonl")).unwrap();
    assert!(!journal.contains(&zip("one")));
}

#[tokio::test]
async fn a_function_and_its_code_survive_the_server() {
    let cloud = cloud().await;
    make(&cloud, "f", json!({"Tags": {"eclusa:owner": "local@1/r"}})).await;
    let before = get(&cloud, "f").await;
    let cloud = cloud.restart().await;
    assert_eq!(get(&cloud, "f").await, before);
    assert_eq!(blobs(&cloud), [sha256("one")]);
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    let cloud = cloud().await;
    for (changes, text) in [
        (json!({"Timeout": 901}), "less than or equal to 900"),
        (json!({"MemorySize": 127}), "greater than or equal to 128"),
        (json!({"Runtime": "provided.al2032"}), "'runtime'"),
        (json!({"Handler": "a b"}), "'handler'"),
        (json!({"Role": "bridge"}), "'role'"),
        (json!({"FunctionName": "a b"}), "'functionName'"),
        (
            json!({"Environment": {"Variables": {"AWS_REGION": "x"}}}),
            "reserved keys",
        ),
        (json!({"Environment": {"Variables": {"A": "x"}}}), "environment"),
        (json!({"Environment": {"Variables": {"AB": "x".repeat(4_096)}}}), "4KB"),
        (json!({"Architectures": ["x86_64", "arm64"]}), "'architectures'"),
        (json!({"Code": {"ZipFile": STANDARD.encode("text")}}), "Could not unzip"),
        (json!({"Code": {}}), "provide a source"),
        (json!({"Tags": {"aws:x": "y"}}), "System tags"),
    ] {
        let refused = lambda(&cloud, &format!("POST {FUNCTIONS}"), but(function("f"), changes)).await;
        assert_eq!(refused.status, 400, "{text} {refused:?}");
        assert!(refused.message().contains(text), "{refused:?}");
    }
}

#[tokio::test]
async fn a_function_is_found_by_name_and_by_arn_and_missing_with_its_arn() {
    let cloud = cloud().await;
    make(&cloud, "f", json!({})).await;
    let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af";
    assert_eq!(get(&cloud, arn).await, get(&cloud, "f").await);
    let missing = lambda(&cloud, &format!("GET {FUNCTIONS}/g"), Value::Null).await;
    assert_eq!(error(&missing), NOT_FOUND);
    assert_eq!(
        missing.message(),
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:g"
    );
}

#[tokio::test]
async fn concurrency_is_reserved_while_a_hundred_stay_unreserved() {
    let cloud = cloud().await;
    make(&cloud, "f", json!({})).await;
    make(&cloud, "g", json!({})).await;
    concurrency(&cloud, "f", 500).await.done();
    assert_eq!(
        get(&cloud, "f").await["Concurrency"],
        json!({"ReservedConcurrentExecutions": 500})
    );
    let refused = concurrency(&cloud, "g", 401).await;
    assert_eq!(error(&refused), INVALID);
    assert!(refused.message().contains("below its minimum value of [100]"));
    concurrency(&cloud, "g", 400).await.done();
    let read = lambda(&cloud, "GET /2019-09-30/functions/g/concurrency", Value::Null)
        .await
        .done();
    assert_eq!(read, json!({"ReservedConcurrentExecutions": 400}));
    let removed = lambda(&cloud, "DELETE /2017-10-31/functions/g/concurrency", Value::Null).await;
    assert_eq!(removed.status, 204);
    assert_eq!(get(&cloud, "g").await.get("Concurrency"), None);
}

#[tokio::test]
async fn tags_are_written_and_taken_away_by_arn() {
    let cloud = cloud().await;
    make(&cloud, "f", json!({"Tags": {"a": "1", "b": "2"}})).await;
    let tags = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af";
    let tagged = lambda(&cloud, &format!("POST {tags}"), json!({"Tags": {"b": "3", "c": "4"}})).await;
    assert_eq!((tagged.status, tagged.body.as_str()), (204, ""));
    let untagged = lambda(&cloud, &format!("DELETE {tags}?tagKeys=a&tagKeys=x"), Value::Null).await;
    assert_eq!(untagged.status, 204);
    let listed = lambda(&cloud, &format!("GET {tags}"), Value::Null).await.done();
    assert_eq!(listed, json!({"Tags": {"b": "3", "c": "4"}}));
    assert_eq!(get(&cloud, "f").await["Tags"], listed["Tags"]);
}

#[tokio::test]
async fn a_list_shows_no_states_and_goes_by_pages() {
    let cloud = cloud().await;
    for name in ["a", "b", "c"] {
        make(&cloud, name, json!({})).await;
    }
    let page = lambda(&cloud, &format!("GET {FUNCTIONS}?MaxItems=2"), Value::Null)
        .await
        .done();
    let functions = page["Functions"].as_array().unwrap();
    assert_eq!(functions.len(), 2);
    assert!(
        functions
            .iter()
            .all(|each| each.get("State").is_none() && each.get("LastUpdateStatus").is_none())
    );
    let marker = page["NextMarker"].as_str().unwrap();
    let rest = lambda(&cloud, &format!("GET {FUNCTIONS}?Marker={marker}"), Value::Null)
        .await
        .done();
    assert_eq!(rest["Functions"][0]["FunctionName"], "c");
    assert_eq!(rest.get("NextMarker"), None);
}
