//! Counting, the gate, limits and retries: the same for these hosts as for AWS.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::clients::call::Answered;
use crate::clients::confluent::ApiKey;
use crate::clients::confluent::Confluent;
use crate::clients::confluent::Endpoint;
use crate::clients::confluent::environments;
use crate::clients::confluent::testing::Canned;
use crate::clients::confluent::testing::answer;
use crate::clients::confluent::testing::host;
use crate::clients::confluent::testing::impatient;
use crate::clients::confluent::testing::io;
use crate::clients::confluent::testing::writing;
use crate::clients::confluent::topics;
use crate::clients::secrets::Secrets;
use eclusa_planner::resource::SecretSource;

const READ: Operation = Operation::read(Service::Kafka, "ListTopics");
const WRITE: Operation = Operation::write(Service::Kafka, "CreateTopic");
const NOWHERE: &str = "http://127.0.0.1:1";

/// Answers these errors in turn, then is done; how often it was asked, and how long all took.
async fn meet(
    io: &Io,
    operation: Operation,
    errors: Vec<ProviderError>,
) -> (Result<(), ProviderError>, usize, Duration) {
    let asked = Cell::new(0);
    let began = Instant::now();
    let make = || {
        let next = errors.get(asked.get()).cloned();
        asked.set(asked.get() + 1);
        async move {
            match next {
                Some(error) => Err(error),
                None => Ok(Answered {
                    answer: (),
                    request_id: None,
                }),
            }
        }
    };
    let outcome = io.attempts(operation, "pkc-1", make).await;
    (outcome, asked.get(), began.elapsed())
}

fn throttled(operation: Operation, after: Option<u32>) -> ProviderError {
    ProviderError {
        retry_after: after,
        ..ProviderError::own(operation, Class::Throttled, "HTTP 429", "")
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_for_as_long_as_the_host_asks_and_a_little_longer() {
    let io = io(NOWHERE).await;
    let (outcome, asked, took) = meet(&io, READ, vec![throttled(READ, Some(7)), throttled(READ, Some(2))]).await;
    assert!(outcome.is_ok());
    assert_eq!(asked, 3);
    assert!(
        took >= Duration::from_secs(9) && took <= Duration::from_secs(11),
        "{took:?}"
    );
    assert_eq!(io.calls(), BTreeMap::from([("kafka", 3)]));
}

#[tokio::test(start_paused = true)]
async fn one_throttled_call_silences_all_calls_to_its_host() {
    let io = io(NOWHERE).await;
    let throttled = meet(&io, READ, vec![throttled(READ, Some(7))]);
    let other = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        meet(&io, READ, Vec::new()).await
    };
    let (_, (outcome, asked, took)) = tokio::join!(throttled, other);
    assert!(outcome.is_ok() && asked == 1);
    assert!(took >= Duration::from_secs(6), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_throttles_without_a_word_is_waited_for_over_its_five_minutes() {
    let io = io(NOWHERE).await;
    let (outcome, _, took) = meet(&io, READ, vec![throttled(READ, None); 1_000]).await;
    assert_eq!(outcome.unwrap_err().class, Class::Throttled);
    assert!(
        took > Duration::from_secs(300) && took <= Duration::from_secs(400),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_just_made_is_waited_for_and_its_refusal_stays_what_it_was() {
    let io = writing(&io(NOWHERE).await);
    let refused = ProviderError::own(WRITE, Class::Denied, "40301", "not authorized");
    let (outcome, asked, _) = meet(&io, WRITE, vec![refused.clone(); 2]).await;
    assert_eq!((outcome.unwrap_err().class, asked), (Class::Denied, 1));
    let spreading = ProviderError {
        spreading: true,
        ..refused
    };
    let (outcome, asked, _) = meet(&io, WRITE, vec![spreading.clone(); 9]).await;
    assert!(outcome.is_ok() && asked == 10);
    let (outcome, _, took) = meet(&io, WRITE, vec![spreading; 1_000]).await;
    assert_eq!(outcome.unwrap_err().class, Class::Denied);
    assert!(took <= Duration::from_secs(300), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_window_without_calls_left_is_waited_out_by_everybody_who_calls_that_host() {
    let io = io(NOWHERE).await;
    io.hold_used_up(READ, "pkc-1", Duration::from_secs(5));
    let (outcome, asked, took) = meet(&io, READ, Vec::new()).await;
    assert!(outcome.is_ok() && asked == 1);
    assert_eq!(took, Duration::from_secs(5));
}

#[tokio::test]
async fn headers_say_how_long_to_wait_each_in_seconds_from_now() {
    for (headers, status, after) in [
        ("Retry-After: 3\nX-RateLimit-Reset: 9\n", 429, Some(3)),
        ("X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 9\n", 429, Some(9)),
        ("Retry-After: soon\n", 429, None),
        ("", 429, None),
        ("Retry-After: 4\n", 503, Some(4)),
        ("X-RateLimit-Reset: 9\n", 503, None),
    ] {
        let canned = Canned::serve(vec![answer(status, headers, "")]).await;
        let error = environments::list(&impatient(&canned.url).await).await.unwrap_err();
        assert_eq!((error.class, error.retry_after), (Class::Pending, after), "{headers}");
    }
}

#[tokio::test]
async fn a_throttled_call_is_made_again_and_each_attempt_counted() {
    let bytes = vec![
        answer(
            429,
            "Retry-After: 0\n",
            "<html><title>Error 429 Too Many Requests</title></html>",
        ),
        answer(200, "", r#"{"data":null}"#),
        answer(429, "Retry-After: 0\n", ""),
        answer(201, "X-Request-Id: r-7\n", r#"{"id":"env-1"}"#),
    ];
    let canned = Canned::serve(bytes).await;
    let io = writing(&io(&canned.url).await);
    topics::list(&io, &host(&io)).await.unwrap();
    assert_eq!(environments::create(&io, "dev", None).await.unwrap().id, "env-1");
    assert_eq!(io.calls(), BTreeMap::from([("confluent", 2), ("kafka", 2)]));
    let written: Vec<_> = io
        .written()
        .into_iter()
        .map(|written| (written.code, written.request_id))
        .collect();
    let expected = [(Some("HTTP 429".to_owned()), None), (None, Some("r-7".to_owned()))];
    assert_eq!(written, expected);
}

#[tokio::test]
async fn a_write_without_the_lease_is_never_sent() {
    let canned = Canned::serve(vec![answer(201, "", "{}")]).await;
    let error = environments::create(&io(&canned.url).await, "dev", None)
        .await
        .unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Unexpected, "NoLease"));
    assert_eq!(canned.seen().len(), 0);
}

#[tokio::test]
async fn a_refusal_counts_as_spreading_only_with_what_was_just_granted() {
    let canned = Canned::serve(vec![answer(401, "", ""), answer(403, "", ""), answer(404, "", "")]).await;
    let io = impatient(&canned.url).await;
    let fresh = host(&io).just_granted();
    assert_eq!(
        topics::list(&io, &host(&io)).await.unwrap_err().class,
        Class::Credentials
    );
    let error = topics::list(&io, &fresh).await.unwrap_err();
    assert!(error.spreading && error.class == Class::Pending, "{error}");
    let error = topics::get(&io, &fresh, "air").await.unwrap_err();
    assert!(!error.spreading && error.class == Class::NotFound, "{error}");
}

#[tokio::test]
async fn a_missing_cloud_key_is_told_before_anything_is_sent() {
    let io = io(NOWHERE).await;
    let with = |key| {
        let mut other = io.clone();
        other.confluent = Confluent::connect(&Endpoint::Cloud, key, Duration::from_secs(1));
        other.secrets = Secrets::of(std::path::Path::new("/nowhere"), "environments/dev.yaml");
        other
    };
    let error = environments::list(&with(None)).await.unwrap_err();
    assert_eq!(error.class, Class::Credentials);
    assert!(error.message.contains("confluent.api_key"), "{error}");
    let source = |text| SecretSource::parse(text).unwrap();
    let key = (
        source("env:ECLUSA_TEST_NO_SUCH_KEY"),
        source("env:ECLUSA_TEST_NO_SUCH_SECRET"),
    );
    let error = environments::list(&with(Some(key))).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Class::Credentials, "SecretNotSet"));
    assert!(error.message.contains("export ECLUSA_TEST_NO_SUCH_KEY"), "{error}");
    assert_eq!(io.calls(), BTreeMap::new());
}

#[tokio::test]
async fn a_cluster_s_limits_are_its_own_even_where_one_address_stands_for_all() {
    let io = io(NOWHERE).await;
    let of = |endpoint| {
        let key = ApiKey::new("K", SecretString::from("s"));
        io.confluent.cluster("lkc-1", endpoint, key).unwrap()
    };
    assert_eq!(of("https://pkc-1.confluent.cloud:443").limiter, "pkc-1.confluent.cloud");
    assert_eq!(of("https://pkc-2.confluent.cloud:443").limiter, "pkc-2.confluent.cloud");
}
