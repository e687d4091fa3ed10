#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::json;

use crate::settings::Delays;
use crate::settings::Settings;
use crate::testing::Answer;
use crate::testing::BEGIN;
use crate::testing::Cloud;
use crate::testing::untiring;

const NO_QUEUE: (&str, &str) = (
    "com.amazonaws.sqs#QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue;Sender",
);

fn assert_refused(answer: &Answer, expected: (&str, &str)) {
    assert_eq!(answer.status, 400, "{answer:?}");
    let (shape, query) = answer.refused();
    assert_eq!((shape.as_str(), query.as_str()), expected, "{answer:?}");
}

fn assert_code(answer: &Answer, query: &str) {
    assert_eq!(answer.refused().1, format!("{query};Sender"), "{answer:?}");
}

async fn create(cloud: &Cloud, name: &str, attributes: Value) -> Answer {
    cloud
        .sqs("CreateQueue", json!({"QueueName": name, "Attributes": attributes}))
        .await
}

async fn set(cloud: &Cloud, url: &str, attributes: Value) -> Answer {
    cloud
        .sqs("SetQueueAttributes", json!({"QueueUrl": url, "Attributes": attributes}))
        .await
}

async fn send(cloud: &Cloud, url: &str, body: &str) -> Value {
    cloud
        .sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": body}))
        .await
        .done()
}

async fn receive(cloud: &Cloud, url: &str) -> Value {
    let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"]});
    cloud.sqs("ReceiveMessage", input).await.done()["Messages"].clone()
}

async fn real(reads_lag: bool) -> Cloud {
    let settings = Settings {
        delays: Delays::Real,
        reads_lag: Some(reads_lag),
        ..untiring()
    };
    Cloud::start_with(&settings).await
}

#[tokio::test]
async fn a_new_queue_has_awss_url_arn_and_defaults() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    assert_eq!(url, "https://sqs.us-east-1.amazonaws.com/123456789012/q");
    let expected = json!({
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": (BEGIN / 1000).to_string(),
        "DelaySeconds": "0",
        "LastModifiedTimestamp": (BEGIN / 1000).to_string(),
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "QueueArn": "arn:aws:sqs:us-east-1:123456789012:q",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    });
    assert_eq!(cloud.attributes(&url).await, expected);
}

#[tokio::test]
async fn creating_again_is_idempotent_with_equal_attributes_only() {
    let cloud = Cloud::start().await;
    let dead = cloud.queue("dead", json!({})).await;
    let arn = cloud.attributes(&dead).await["QueueArn"].as_str().unwrap().to_owned();
    let policy = |spaces: &str| format!("{{\"deadLetterTargetArn\":{spaces}\"{arn}\",\"maxReceiveCount\":5}}");
    let url = cloud
        .queue("q", json!({"VisibilityTimeout": "40", "RedrivePolicy": policy("")}))
        .await;
    for same in [
        json!({"VisibilityTimeout": "40"}),
        json!({"DelaySeconds": "0"}),
        json!({"RedrivePolicy": policy("  ")}),
        json!({}),
    ] {
        assert_eq!(create(&cloud, "q", same).await.done()["QueueUrl"], json!(url));
    }
    let other = create(&cloud, "q", json!({"VisibilityTimeout": "41"})).await;
    assert_refused(
        &other,
        ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists;Sender"),
    );
    assert!(other.message().contains("VisibilityTimeout"));
}

#[tokio::test]
async fn creating_again_ignores_tags_so_anybodys_equal_queue_is_taken() {
    let cloud = Cloud::start().await;
    let tagged = |value: &str| json!({"QueueName": "q", "tags": {"owner": value}});
    let url = cloud.sqs("CreateQueue", tagged("them")).await.done()["QueueUrl"].clone();
    assert_eq!(cloud.sqs("CreateQueue", tagged("us")).await.done()["QueueUrl"], url);
    let tags = cloud.sqs("ListQueueTags", json!({"QueueUrl": url})).await.done();
    assert_eq!(tags, json!({"Tags": {"owner": "them"}}));
}

#[tokio::test]
async fn a_deleted_queues_name_is_blocked_for_sixty_seconds() {
    let cloud = real(false).await;
    let url = cloud.queue("q", json!({})).await;
    cloud.sqs("DeleteQueue", json!({"QueueUrl": url})).await.done();
    cloud.advance(59_999);
    let code = "AWS.SimpleQueueService.QueueDeletedRecently;Sender";
    assert_refused(
        &create(&cloud, "q", json!({})).await,
        ("com.amazonaws.sqs#QueueDeletedRecently", code),
    );
    cloud.advance(1);
    create(&cloud, "q", json!({})).await.done();
}

#[tokio::test]
async fn the_block_of_a_name_outlives_the_server_and_is_short_with_fast_delays() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    cloud.sqs("DeleteQueue", json!({"QueueUrl": url})).await.done();
    let cloud = cloud.restart().await;
    assert_code(
        &create(&cloud, "q", json!({})).await,
        "AWS.SimpleQueueService.QueueDeletedRecently",
    );
    cloud.advance(1_000);
    create(&cloud, "q", json!({})).await.done();
}

#[tokio::test]
async fn every_operation_on_a_missing_queue_says_so_in_both_spellings() {
    let cloud = Cloud::start().await;
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/none";
    for (operation, input) in [
        ("GetQueueUrl", json!({"QueueName": "none"})),
        (
            "GetQueueAttributes",
            json!({"QueueUrl": url, "AttributeNames": ["All"]}),
        ),
        ("SetQueueAttributes", json!({"QueueUrl": url, "Attributes": {}})),
        ("ListQueueTags", json!({"QueueUrl": url})),
        ("TagQueue", json!({"QueueUrl": url, "Tags": {"a": "b"}})),
        ("UntagQueue", json!({"QueueUrl": url, "TagKeys": ["a"]})),
        ("SendMessage", json!({"QueueUrl": url, "MessageBody": "b"})),
        ("ReceiveMessage", json!({"QueueUrl": url})),
        ("DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": "0.0"})),
        ("PurgeQueue", json!({"QueueUrl": url})),
        ("DeleteQueue", json!({"QueueUrl": url})),
    ] {
        assert_refused(&cloud.sqs(operation, input).await, NO_QUEUE);
    }
}

#[tokio::test]
async fn another_accounts_queue_url_finds_nothing_here() {
    let cloud = Cloud::start().await;
    let url = cloud
        .queue("q", json!({}))
        .await
        .replace("123456789012", "210987654321");
    assert_refused(&cloud.sqs("ListQueueTags", json!({"QueueUrl": url})).await, NO_QUEUE);
}

#[tokio::test]
async fn names_of_other_characters_or_lengths_are_refused() {
    let cloud = Cloud::start().await;
    let long = "x".repeat(81);
    for name in ["a.b", "a b", "é", &long, "q.fifo", ".fifo"] {
        assert_code(&create(&cloud, name, json!({})).await, "InvalidParameterValue");
    }
    assert_code(
        &create(&cloud, "q", json!({"FifoQueue": "true"})).await,
        "InvalidParameterValue",
    );
    assert_code(&cloud.sqs("CreateQueue", json!({})).await, "MissingParameter");
}

#[tokio::test]
async fn a_fifo_queue_has_its_own_attributes() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q.fifo", json!({"FifoQueue": "true"})).await;
    let attributes = cloud.attributes(&url).await;
    let own = [
        "FifoQueue",
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoThroughputLimit",
    ];
    assert_eq!(
        own.map(|name| attributes[name].as_str().unwrap().to_owned()),
        ["true", "false", "queue", "perQueue"]
    );
    assert_code(
        &set(&cloud, &url, json!({"FifoThroughputLimit": "perMessageGroupId"})).await,
        "InvalidAttributeValue",
    );
}

#[tokio::test]
async fn attributes_outside_their_range_are_refused_and_the_bounds_are_not() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    for (name, least, most) in [
        ("DelaySeconds", 0, 900),
        ("MaximumMessageSize", 1_024, 1_048_576),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("VisibilityTimeout", 0, 43_200),
        ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
    ] {
        for wrong in [
            (least - 1).to_string(),
            (most + 1).to_string(),
            "x".to_owned(),
            String::new(),
        ] {
            assert_code(&set(&cloud, &url, json!({name: wrong})).await, "InvalidAttributeValue");
        }
        for right in [least, most] {
            set(&cloud, &url, json!({name: right.to_string()})).await.done();
        }
    }
}

#[tokio::test]
async fn unknown_and_read_only_attributes_are_refused_by_name() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    for name in [
        "Visibility",
        "QueueArn",
        "CreatedTimestamp",
        "FifoQueue",
        "ContentBasedDeduplication",
    ] {
        let answer = set(&cloud, &url, json!({name: "true"})).await;
        assert_code(&answer, "InvalidAttributeName");
        assert!(answer.message().contains(name));
    }
    let answer = cloud
        .sqs(
            "GetQueueAttributes",
            json!({"QueueUrl": url, "AttributeNames": ["Visibility"]}),
        )
        .await;
    assert_code(&answer, "InvalidAttributeName");
}

#[tokio::test]
async fn only_the_attributes_asked_for_are_shown() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    for (names, expected) in [
        (
            json!(["VisibilityTimeout", "Policy"]),
            json!({"Attributes": {"VisibilityTimeout": "30"}}),
        ),
        (json!(["Policy"]), json!({})),
        (json!([]), json!({})),
    ] {
        let answer = cloud
            .sqs("GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": names}))
            .await;
        assert_eq!(answer.done(), expected);
    }
}

#[tokio::test]
async fn setting_changes_what_is_named_and_the_empty_text_removes() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({"DelaySeconds": "7"})).await;
    cloud.advance(5_000);
    set(
        &cloud,
        &url,
        json!({"VisibilityTimeout": "31", "Policy": "{\"Version\":\"2012-10-17\"}"}),
    )
    .await
    .done();
    let attributes = cloud.attributes(&url).await;
    assert_eq!(
        (&attributes["DelaySeconds"], &attributes["VisibilityTimeout"]),
        (&json!("7"), &json!("31"))
    );
    assert_eq!(attributes["Policy"], "{\"Version\":\"2012-10-17\"}");
    assert_eq!(
        attributes["LastModifiedTimestamp"],
        ((BEGIN + 5_000) / 1000).to_string()
    );
    set(&cloud, &url, json!({"Policy": ""})).await.done();
    assert_eq!(cloud.attributes(&url).await["Policy"], Value::Null);
    assert_code(
        &set(&cloud, &url, json!({"Policy": "no json"})).await,
        "InvalidAttributeValue",
    );
}

#[tokio::test]
async fn a_refused_set_changes_nothing() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let before = cloud.attributes(&url).await;
    assert_code(
        &set(&cloud, &url, json!({"DelaySeconds": "9", "VisibilityTimeout": "-1"})).await,
        "InvalidAttributeValue",
    );
    assert_eq!(cloud.attributes(&url).await, before);
}

#[tokio::test]
async fn a_queue_has_one_kind_of_encryption() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    set(&cloud, &url, json!({"KmsMasterKeyId": "alias/aws/sqs"}))
        .await
        .done();
    let with_key = cloud.attributes(&url).await;
    assert_eq!(
        (
            &with_key["SqsManagedSseEnabled"],
            &with_key["KmsDataKeyReusePeriodSeconds"]
        ),
        (&json!("false"), &json!("300"))
    );
    let both = json!({"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"});
    assert_code(&set(&cloud, &url, both).await, "InvalidAttributeValue");
    set(&cloud, &url, json!({"SqsManagedSseEnabled": "true"})).await.done();
    let own = cloud.attributes(&url).await;
    assert_eq!(
        (&own["SqsManagedSseEnabled"], &own["KmsMasterKeyId"]),
        (&json!("true"), &Value::Null)
    );
}

#[tokio::test]
async fn a_redrive_policy_needs_an_existing_queue_of_the_same_kind_that_allows_it() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    cloud.queue("dead", json!({})).await;
    cloud.queue("dead.fifo", json!({"FifoQueue": "true"})).await;
    cloud
        .queue(
            "closed",
            json!({"RedriveAllowPolicy": "{\"redrivePermission\":\"denyAll\"}"}),
        )
        .await;
    let source = "arn:aws:sqs:us-east-1:123456789012:q";
    let by_queue = |arn: &str| json!({"redrivePermission": "byQueue", "sourceQueueArns": [arn]}).to_string();
    cloud
        .queue("ours", json!({"RedriveAllowPolicy": by_queue(source)}))
        .await;
    cloud
        .queue(
            "theirs",
            json!({"RedriveAllowPolicy": by_queue("arn:aws:sqs:us-east-1:123456789012:x")}),
        )
        .await;
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:123456789012:{name}");
    let policy = |arn: &str, count: Value| json!({"deadLetterTargetArn": arn, "maxReceiveCount": count}).to_string();
    for (text, reason) in [
        (policy(&arn("none"), json!(5)), "does not exist"),
        (
            policy(&arn("dead").replace("us-east-1", "us-west-2"), json!(5)),
            "does not exist",
        ),
        (policy(&arn("dead.fifo"), json!(5)), "same type"),
        (policy(&arn("closed"), json!(5)), "does not allow"),
        (policy(&arn("theirs"), json!(5)), "does not allow"),
        (policy(&arn("dead"), json!(0)), "maxReceiveCount"),
        (policy(&arn("dead"), json!(1001)), "maxReceiveCount"),
        (json!({"maxReceiveCount": 5}).to_string(), "deadLetterTargetArn"),
        (
            json!({"deadLetterTargetArn": arn("dead"), "x": 1}).to_string(),
            "Only following",
        ),
    ] {
        let answer = set(&cloud, &url, json!({"RedrivePolicy": text})).await;
        assert_code(&answer, "InvalidParameterValue");
        assert!(answer.message().contains(reason), "{reason}: {answer:?}");
    }
    for text in [
        policy(&arn("dead"), json!(5)),
        policy(&arn("dead"), json!("5")),
        policy(&arn("ours"), json!(1000)),
    ] {
        set(&cloud, &url, json!({"RedrivePolicy": text})).await.done();
        assert_eq!(cloud.attributes(&url).await["RedrivePolicy"], json!(text));
    }
    set(&cloud, &url, json!({"RedrivePolicy": ""})).await.done();
    assert_eq!(cloud.attributes(&url).await["RedrivePolicy"], Value::Null);
}

#[tokio::test]
async fn a_redrive_allow_policy_is_checked() {
    let cloud = Cloud::start().await;
    let eleven: Vec<_> = (0..11).map(|index| format!("arn:{index}")).collect();
    for policy in [
        json!({"redrivePermission": "some"}),
        json!({"redrivePermission": "byQueue"}),
        json!({"redrivePermission": "byQueue", "sourceQueueArns": []}),
        json!({"redrivePermission": "byQueue", "sourceQueueArns": eleven}),
        json!({"redrivePermission": "allowAll", "sourceQueueArns": ["arn:1"]}),
    ] {
        let answer = create(&cloud, "q", json!({"RedriveAllowPolicy": policy.to_string()})).await;
        assert_code(&answer, "InvalidParameterValue");
    }
}

#[tokio::test]
async fn queues_are_listed_by_prefix_in_pages() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.sqs("ListQueues", json!({})).await.done(), json!({}));
    for name in ["a-1", "a-2", "a-3", "b-1"] {
        cloud.queue(name, json!({})).await;
    }
    let names = |answer: &Value| -> Vec<String> {
        let urls = answer["QueueUrls"].as_array().cloned().unwrap_or_default();
        urls.iter()
            .map(|url| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect()
    };
    let first = cloud
        .sqs("ListQueues", json!({"QueueNamePrefix": "a-", "MaxResults": 2}))
        .await
        .done();
    assert_eq!(names(&first), ["a-1", "a-2"]);
    let next = json!({"QueueNamePrefix": "a-", "MaxResults": 2, "NextToken": first["NextToken"]});
    let second = cloud.sqs("ListQueues", next).await.done();
    assert_eq!(
        (names(&second), &second["NextToken"]),
        (vec!["a-3".to_owned()], &Value::Null)
    );
    for wrong in [
        json!({"MaxResults": 0}),
        json!({"MaxResults": 1001}),
        json!({"MaxResults": 1, "NextToken": "!"}),
    ] {
        assert_code(&cloud.sqs("ListQueues", wrong).await, "InvalidParameterValue");
    }
}

#[tokio::test]
async fn tags_are_added_replaced_and_removed() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let list = || async { cloud.sqs("ListQueueTags", json!({"QueueUrl": url})).await.done() };
    assert_eq!(list().await, json!({}));
    cloud
        .sqs("TagQueue", json!({"QueueUrl": url, "Tags": {"a": "1", "b": "2"}}))
        .await
        .done();
    cloud
        .sqs(
            "TagQueue",
            json!({"QueueUrl": url, "Tags": {"b": "", "eclusa:owner": "x@1/us-east-1"}}),
        )
        .await
        .done();
    cloud
        .sqs("UntagQueue", json!({"QueueUrl": url, "TagKeys": ["a", "none"]}))
        .await
        .done();
    assert_eq!(
        list().await,
        json!({"Tags": {"b": "", "eclusa:owner": "x@1/us-east-1"}})
    );
}

#[tokio::test]
async fn tags_beyond_the_limits_are_refused() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let many: serde_json::Map<_, _> = (0..51).map(|index| (format!("k{index}"), json!(""))).collect();
    let key = "k".repeat(129);
    let value = "v".repeat(257);
    for tags in [
        Value::Object(many),
        json!({key: ""}),
        json!({"k": value}),
        json!({"aws:k": ""}),
        json!({"k;": ""}),
        json!({"": ""}),
    ] {
        assert_code(
            &cloud.sqs("TagQueue", json!({"QueueUrl": url, "Tags": tags})).await,
            "InvalidParameterValue",
        );
    }
}

#[tokio::test]
async fn a_message_is_hidden_once_received_and_comes_back_unless_deleted() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({"VisibilityTimeout": "30"})).await;
    let sent = send(&cloud, &url, "hello").await;
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let first = receive(&cloud, &url).await[0].clone();
    assert_eq!(
        (&first["MessageId"], &first["Body"], &first["MD5OfBody"]),
        (&sent["MessageId"], &json!("hello"), &sent["MD5OfMessageBody"])
    );
    assert_eq!(first["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(
        cloud.attributes(&url).await["ApproximateNumberOfMessagesNotVisible"],
        "1"
    );
    cloud.advance(29_999);
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    cloud.advance(1);
    let second = receive(&cloud, &url).await[0].clone();
    assert_eq!(second["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(
        second["Attributes"]["ApproximateFirstReceiveTimestamp"],
        BEGIN.to_string()
    );
    let delete = |handle: &Value| json!({"QueueUrl": url, "ReceiptHandle": handle});
    cloud.sqs("DeleteMessage", delete(&first["ReceiptHandle"])).await.done();
    assert_eq!(
        cloud.attributes(&url).await["ApproximateNumberOfMessagesNotVisible"],
        "1",
        "an old handle deletes nothing"
    );
    cloud
        .sqs("DeleteMessage", delete(&second["ReceiptHandle"]))
        .await
        .done();
    cloud
        .sqs("DeleteMessage", delete(&second["ReceiptHandle"]))
        .await
        .done();
    assert_eq!(
        cloud.attributes(&url).await["ApproximateNumberOfMessagesNotVisible"],
        "0"
    );
    assert_code(
        &cloud.sqs("DeleteMessage", delete(&json!("nonsense"))).await,
        "ReceiptHandleIsInvalid",
    );
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue() {
    let cloud = Cloud::start().await;
    let dead = cloud.queue("dead", json!({})).await;
    let arn = cloud.attributes(&dead).await["QueueArn"].clone();
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 2}).to_string();
    let url = cloud
        .queue("q", json!({"VisibilityTimeout": "0", "RedrivePolicy": policy}))
        .await;
    let sent = send(&cloud, &url, "poison").await;
    for _ in 0..2 {
        assert_eq!(receive(&cloud, &url).await[0]["MessageId"], sent["MessageId"]);
    }
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    let letter = receive(&cloud, &dead).await[0].clone();
    assert_eq!(
        (&letter["MessageId"], &letter["Body"]),
        (&sent["MessageId"], &json!("poison"))
    );
    assert_eq!(
        letter["Attributes"]["DeadLetterQueueSourceArn"],
        "arn:aws:sqs:us-east-1:123456789012:q"
    );
    assert_eq!(letter["Attributes"]["ApproximateReceiveCount"], "3");
}

#[tokio::test]
async fn a_delayed_message_appears_when_its_delay_is_over() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({"DelaySeconds": "5"})).await;
    send(&cloud, &url, "late").await;
    assert_eq!(cloud.attributes(&url).await["ApproximateNumberOfMessagesDelayed"], "1");
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    cloud.advance(5_000);
    assert_eq!(cloud.attributes(&url).await["ApproximateNumberOfMessages"], "1");
    assert_eq!(receive(&cloud, &url).await[0]["Body"], "late");
}

#[tokio::test]
async fn a_message_is_gone_when_its_retention_is_over() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({"MessageRetentionPeriod": "60"})).await;
    send(&cloud, &url, "old").await;
    cloud.advance(60_000);
    assert_eq!(cloud.attributes(&url).await["ApproximateNumberOfMessages"], "0");
    assert_eq!(receive(&cloud, &url).await, Value::Null);
}

#[tokio::test]
async fn a_long_poll_ends_with_the_first_message() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let input = json!({"QueueUrl": url, "WaitTimeSeconds": 20});
    let (received, _) = tokio::join!(cloud.sqs("ReceiveMessage", input), send(&cloud, &url, "awaited"));
    assert_eq!(received.done()["Messages"][0]["Body"], "awaited");
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_without_messages_ends_empty_when_its_time_is_over() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let poll = async {
        cloud
            .sqs("ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 20}))
            .await
    };
    let clock = async {
        tokio::time::sleep(std::time::Duration::from_secs(19)).await;
        cloud.advance(20_000);
    };
    let (received, ()) = tokio::join!(poll, clock);
    assert_eq!(received.done(), json!({}));
}

#[tokio::test]
async fn numbers_in_a_receive_are_checked() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    for (name, wrong) in [
        ("MaxNumberOfMessages", 0),
        ("MaxNumberOfMessages", 11),
        ("WaitTimeSeconds", 21),
        ("VisibilityTimeout", -1),
    ] {
        let answer = cloud.sqs("ReceiveMessage", json!({"QueueUrl": url, name: wrong})).await;
        assert_code(&answer, "InvalidParameterValue");
    }
}

#[tokio::test]
async fn messages_that_no_queue_takes_are_refused() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({"MaximumMessageSize": "1024"})).await;
    let try_send = |body: String| cloud.sqs("SendMessage", json!({"QueueUrl": url, "MessageBody": body}));
    assert_code(&try_send(String::new()).await, "MissingParameter");
    assert_code(&try_send("\u{1}".to_owned()).await, "InvalidMessageContents");
    assert_code(&try_send("x".repeat(1025)).await, "InvalidParameterValue");
    try_send("x".repeat(1024)).await.done();
}

#[tokio::test]
async fn message_attributes_come_back_when_asked_for_with_their_digest() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let attributes = json!({"city.name": {"DataType": "String", "StringValue": "Porto"}, "n": {"DataType": "Number", "StringValue": "1"}});
    let sent = cloud
        .sqs(
            "SendMessage",
            json!({"QueueUrl": url, "MessageBody": "b", "MessageAttributes": attributes}),
        )
        .await
        .done();
    // As moto 5.2 has it.
    assert_eq!(sent["MD5OfMessageAttributes"], "f0772a26d7435a718343f85b10107ef0");
    let asked = |names: Value| json!({"QueueUrl": url, "VisibilityTimeout": 0, "MessageAttributeNames": names});
    let all = cloud.sqs("ReceiveMessage", asked(json!(["All"]))).await.done()["Messages"][0].clone();
    assert_eq!(
        (&all["MessageAttributes"], &all["MD5OfMessageAttributes"]),
        (&attributes, &sent["MD5OfMessageAttributes"])
    );
    let some = cloud.sqs("ReceiveMessage", asked(json!(["city.*"]))).await.done()["Messages"][0].clone();
    assert_eq!(some["MessageAttributes"], json!({"city.name": attributes["city.name"]}));
    let none = cloud.sqs("ReceiveMessage", asked(json!([]))).await.done()["Messages"][0].clone();
    assert_eq!(none["MessageAttributes"], Value::Null);
}

#[tokio::test]
async fn a_purge_empties_the_queue_once_in_a_while() {
    let cloud = real(false).await;
    let url = cloud.queue("q", json!({})).await;
    send(&cloud, &url, "one").await;
    cloud.sqs("PurgeQueue", json!({"QueueUrl": url})).await.done();
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    assert_code(
        &cloud.sqs("PurgeQueue", json!({"QueueUrl": url})).await,
        "AWS.SimpleQueueService.PurgeQueueInProgress",
    );
    cloud.advance(60_000);
    cloud.sqs("PurgeQueue", json!({"QueueUrl": url})).await.done();
}

#[tokio::test]
async fn a_deleted_queue_takes_its_messages_along() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q", json!({})).await;
    let longer = cloud.queue("q-longer", json!({})).await;
    send(&cloud, &url, "gone").await;
    send(&cloud, &longer, "kept").await;
    cloud.sqs("DeleteQueue", json!({"QueueUrl": url})).await.done();
    cloud.advance(1_000);
    cloud.queue("q", json!({})).await;
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    assert_eq!(receive(&cloud, &longer).await[0]["Body"], "kept");
}

#[tokio::test]
async fn where_reads_lag_they_show_the_past_for_a_while() {
    let cloud = real(true).await;
    let url = cloud.queue("q", json!({})).await;
    assert_refused(&cloud.sqs("ListQueueTags", json!({"QueueUrl": url})).await, NO_QUEUE);
    cloud.advance(1_000);
    assert_eq!(cloud.sqs("ListQueues", json!({})).await.done(), json!({}));
    cloud.advance(4_000);
    assert_eq!(
        cloud.sqs("ListQueues", json!({})).await.done(),
        json!({"QueueUrls": [url]})
    );
    set(&cloud, &url, json!({"DelaySeconds": "9"})).await.done();
    assert_eq!(cloud.attributes(&url).await["DelaySeconds"], "0");
    cloud.advance(5_000);
    assert_eq!(cloud.attributes(&url).await["DelaySeconds"], "9");
    cloud.sqs("DeleteQueue", json!({"QueueUrl": url})).await.done();
    assert_eq!(cloud.attributes(&url).await["DelaySeconds"], "9");
    assert_refused(&set(&cloud, &url, json!({"DelaySeconds": "8"})).await, NO_QUEUE);
    cloud.advance(5_000);
    assert_refused(&cloud.sqs("GetQueueUrl", json!({"QueueName": "q"})).await, NO_QUEUE);
}

/// Sends to a FIFO queue.
async fn send_in(cloud: &Cloud, url: &str, group: &str, body: &str) -> Answer {
    let input = json!({"QueueUrl": url, "MessageBody": body, "MessageGroupId": group});
    cloud.sqs("SendMessage", input).await
}

fn bodies(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().into_iter().flatten();
    messages.map(|message| message["Body"].as_str().unwrap()).collect()
}

async fn fifo(cloud: &Cloud, more: &[(&str, &str)]) -> String {
    let mut attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
    for (name, value) in more {
        attributes[*name] = json!(value);
    }
    cloud.queue("q.fifo", attributes).await
}

#[tokio::test]
async fn a_group_keeps_its_order_and_nothing_overtakes_a_hidden_message() {
    let cloud = Cloud::start().await;
    let url = fifo(&cloud, &[]).await;
    let order: Vec<String> = (0..12).map(|number| format!("a{number}")).collect();
    for body in &order {
        send_in(&cloud, &url, "a", body).await.done();
    }
    let first = receive(&cloud, &url).await;
    assert_eq!(bodies(&first), order[..10]);
    send_in(&cloud, &url, "b", "b0").await.done();
    assert_eq!(bodies(&receive(&cloud, &url).await), ["b0"]);
    for message in first.as_array().unwrap() {
        let input = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
        cloud.sqs("DeleteMessage", input).await.done();
    }
    assert_eq!(bodies(&receive(&cloud, &url).await), order[10..]);
    cloud.advance(30_000);
    assert_eq!(bodies(&receive(&cloud, &url).await), ["a10", "a11", "b0"]);
}

#[tokio::test]
async fn a_message_of_a_fifo_queue_tells_its_group_and_number() {
    let cloud = Cloud::start().await;
    let url = fifo(&cloud, &[]).await;
    let mut numbers = Vec::new();
    for body in ["one", "two"] {
        numbers.push(send_in(&cloud, &url, "g", body).await.done()["SequenceNumber"].clone());
    }
    assert!(numbers[0].as_str() < numbers[1].as_str(), "{numbers:?}");
    let received = receive(&cloud, &url).await;
    let attributes = &received[0]["Attributes"];
    assert_eq!(
        (&attributes["MessageGroupId"], &attributes["SequenceNumber"]),
        (&json!("g"), &numbers[0])
    );
    let digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
    assert_eq!(attributes["MessageDeduplicationId"], digest);
}

#[tokio::test]
async fn what_is_sent_twice_within_five_minutes_is_delivered_once() {
    let cloud = Cloud::start().await;
    let url = fifo(&cloud, &[]).await;
    let first = send_in(&cloud, &url, "a", "same").await.done();
    let received = receive(&cloud, &url).await;
    let input = json!({"QueueUrl": url, "ReceiptHandle": received[0]["ReceiptHandle"]});
    cloud.sqs("DeleteMessage", input).await.done();
    cloud.advance(299_999);
    let cloud = cloud.restart().await;
    let again = send_in(&cloud, &url, "b", "same").await.done();
    assert_eq!(
        (&again["MessageId"], &again["SequenceNumber"]),
        (&first["MessageId"], &first["SequenceNumber"])
    );
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    cloud.advance(1);
    send_in(&cloud, &url, "a", "same").await.done();
    assert_eq!(bodies(&receive(&cloud, &url).await), ["same"]);
}

#[tokio::test]
async fn a_deduplication_id_counts_within_the_group_where_the_queue_says_so() {
    let cloud = Cloud::start().await;
    let url = fifo(&cloud, &[("DeduplicationScope", "messageGroup")]).await;
    for group in ["a", "b", "a"] {
        send_in(&cloud, &url, group, "same").await.done();
    }
    assert_eq!(bodies(&receive(&cloud, &url).await), ["same", "same"]);
}

#[tokio::test]
async fn a_fifo_queue_made_anew_remembers_no_message() {
    let cloud = Cloud::start().await;
    let url = fifo(&cloud, &[]).await;
    send_in(&cloud, &url, "a", "same").await.done();
    cloud.sqs("DeleteQueue", json!({"QueueUrl": url})).await.done();
    cloud.advance(1_000);
    let url = fifo(&cloud, &[]).await;
    assert_eq!(receive(&cloud, &url).await, Value::Null);
    send_in(&cloud, &url, "a", "same").await.done();
    assert_eq!(bodies(&receive(&cloud, &url).await), ["same"]);
}

#[tokio::test]
async fn messages_that_no_fifo_queue_takes_are_refused() {
    let cloud = Cloud::start().await;
    let url = cloud.queue("q.fifo", json!({"FifoQueue": "true"})).await;
    let long = "x".repeat(129);
    for (more, code) in [
        (json!({"MessageDeduplicationId": "1"}), "MissingParameter"),
        (json!({"MessageGroupId": "g"}), "InvalidParameterValue"),
        (
            json!({"MessageGroupId": "g g", "MessageDeduplicationId": "1"}),
            "InvalidParameterValue",
        ),
        (
            json!({"MessageGroupId": "g", "MessageDeduplicationId": long}),
            "InvalidParameterValue",
        ),
        (
            json!({"MessageGroupId": "g", "MessageDeduplicationId": "1", "DelaySeconds": 1}),
            "InvalidParameterValue",
        ),
    ] {
        let mut input = json!({"QueueUrl": url, "MessageBody": "b"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_code(&cloud.sqs("SendMessage", input).await, code);
    }
    assert_eq!(receive(&cloud, &url).await, Value::Null);
}
