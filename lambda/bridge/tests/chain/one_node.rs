//! One broker, and everything that can befall it, its connections, its key, its topics and the bridge's process.

use std::time::Duration;

use tokio::time::sleep;

use crate::proxy::Fault;
use crate::run::Run;
use crate::run::key;

#[tokio::test]
async fn nothing_happens() {
    let mut run = Run::start("nothing_happens").await;
    run.send(25_000).await;
    let seen = run.prove().await;
    assert_eq!((seen.reported, seen.duplicates), (0, 0));
}

#[tokio::test]
async fn the_broker_is_killed_and_restarted() {
    let mut run = Run::start("the_broker_is_killed_and_restarted").await;
    run.send(6_000).await;
    let cluster = run.cluster.clone();
    run.send_during(6_000, async {
        cluster.kill(1).await;
        cluster.start(1).await;
    })
    .await;
    run.prove().await;
}

#[tokio::test]
async fn the_broker_is_away_for_longer_than_an_invocation_lasts() {
    let mut run = Run::start("the_broker_is_away_for_longer_than_an_invocation_lasts").await;
    run.send(1_000).await;
    run.time = Duration::from_secs(3);
    let cluster = run.cluster.clone();
    run.send_during(1_000, async {
        cluster.kill(1).await;
        cluster.start(1).await;
    })
    .await;
    let seen = run.prove().await;
    assert!(seen.reported > 0);
}

#[tokio::test]
async fn every_record_is_too_large_for_its_topic_for_a_while() {
    let mut run = Run::start("every_record_is_too_large_for_its_topic_for_a_while").await;
    run.send(1_000).await;
    run.limit_records(100).await;
    run.send(200).await;
    run.limit_records(1_048_588).await;
    run.send(1_000).await;
    let seen = run.prove().await;
    assert!((200..250).contains(&seen.reported) && seen.duplicates == 0, "{seen:?}");
}

#[tokio::test]
async fn connections_are_cut_mid_produce() {
    let mut run = Run::start("connections_are_cut_mid_produce").await;
    run.proxies[0].set(Fault::CutWithin(120_000));
    run.proxies[0].cut_all();
    run.send(20_000).await;
    while run.proxies[0].cut() < 40 {
        run.send(500).await;
    }
    run.proxies[0].set(Fault::None);
    run.prove().await;
}

#[tokio::test]
async fn connections_are_cut_mid_handshake() {
    let mut run = Run::start("connections_are_cut_mid_handshake").await;
    run.send(1_000).await;
    run.proxies[0].set(Fault::CutHandshakes);
    while run.proxies[0].cut() < 20 {
        run.proxies[0].cut_all();
        run.send(500).await;
    }
    run.proxies[0].set(Fault::None);
    run.prove().await;
}

#[tokio::test]
async fn the_process_is_frozen_until_the_broker_closed_its_connections() {
    let mut run = Run::start("the_process_is_frozen_until_the_broker_closed_its_connections").await;
    for _ in 0..2 {
        run.send(2_000).await;
        let proxy = run.proxies[0].clone();
        run.freeze_during(proxy.until_all_are_closed()).await;
    }
    run.send(2_000).await;
    let seen = run.prove().await;
    assert_eq!((seen.reported, seen.duplicates), (0, 0));
}

/// Longer than the bridge keeps an idle connection, by its own clock. No broker closes one here: they went silent.
#[ignore = "takes as long as it says"]
#[tokio::test]
async fn the_process_is_frozen_for_five_minutes_and_its_connections_went_silent() {
    let mut run = Run::start("the_process_is_frozen_for_five_minutes_and_its_connections_went_silent").await;
    run.send(1_000).await;
    let proxy = run.proxies[0].clone();
    run.freeze_during(async {
        proxy.silence_all();
        sleep(Duration::from_secs(300)).await;
    })
    .await;
    run.send(1_000).await;
    run.prove().await;
}

/// What is answered as acknowledged must be stored by then: the process may end at any time after.
#[tokio::test]
async fn the_process_is_killed_at_any_moment() {
    let mut run = Run::start("the_process_is_killed_at_any_moment").await;
    run.proxies[0].set(Fault::CutWithin(30_000));
    for _ in 0..20 {
        run.send(50).await;
        run.send_and_kill(std::future::pending()).await;
    }
    for moment in 0..20 {
        run.send(50).await;
        run.send_and_kill(sleep(Duration::from_micros(400 * moment))).await;
    }
    run.proxies[0].set(Fault::None);
    run.prove().await;
}

#[tokio::test]
async fn connections_go_silent_while_the_process_is_frozen() {
    let mut run = Run::start("connections_go_silent_while_the_process_is_frozen").await;
    for _ in 0..3 {
        run.send(1_000).await;
        let proxy = run.proxies[0].clone();
        run.freeze_during(async { proxy.silence_all() }).await;
    }
    run.send(1_000).await;
    run.prove().await;
}

#[tokio::test]
async fn the_password_is_wrong_and_then_right() {
    let mut run = Run::start_with_key("the_password_is_wrong_and_then_right", key("bridge", "wrong")).await;
    run.send(50).await;
    assert_eq!(run.queue.reported, 50);
    run.lambda.set_secret(key("bridge", "right"));
    run.send(3_000).await;
    run.prove().await;
}

#[tokio::test]
async fn the_key_is_replaced_under_an_open_connection() {
    let mut run = Run::start("the_key_is_replaced_under_an_open_connection").await;
    run.send(2_000).await;
    run.lambda.set_secret(key("other", "right"));
    run.cluster.set_password("rotated").await;
    run.proxies[0].cut_all();
    run.send(2_000).await;
    run.cluster.set_password("right").await;
    let seen = run.prove().await;
    assert_eq!(
        seen.reported, 0,
        "the key is read again and the records offered once more"
    );
}

#[tokio::test]
async fn the_topics_are_deleted_and_made_again() {
    let mut run = Run::start("the_topics_are_deleted_and_made_again").await;
    for _ in 0..2 {
        run.send(2_000).await;
        run.remake_topics(50).await;
    }
    run.send(2_000).await;
    run.prove().await;
}

#[tokio::test]
async fn all_at_once() {
    let mut run = Run::start("all_at_once").await;
    run.proxies[0].set(Fault::CutWithin(200_000));
    run.send(3_000).await;
    let cluster = run.cluster.clone();
    run.send_during(3_000, async {
        cluster.kill(1).await;
        cluster.start(1).await;
    })
    .await;
    run.proxies[0].set(Fault::CutHandshakes);
    run.lambda.set_secret(key("other", "right"));
    run.cluster.set_password("rotated").await;
    run.proxies[0].cut_all();
    run.send(3_000).await;
    run.proxies[0].set(Fault::None);
    let proxy = run.proxies[0].clone();
    run.freeze_during(proxy.until_all_are_closed()).await;
    run.remake_topics(50).await;
    run.send(3_000).await;
    run.cluster.set_password("right").await;
    run.prove().await;
}
