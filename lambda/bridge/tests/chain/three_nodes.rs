//! Three brokers, every record on all of them, acknowledged by two at least.

use crate::proxy::Fault;
use crate::run::Run;

#[tokio::test]
async fn nothing_happens() {
    let mut run = Run::start("nothing_happens").await;
    run.send(30_000).await;
    let seen = run.prove().await;
    assert_eq!((seen.reported, seen.duplicates), (0, 0));
}

/// With six partitions on three nodes, each node leads some: whichever is killed, leaders die.
#[tokio::test]
async fn leaders_are_killed_one_after_another() {
    let mut run = Run::start("leaders_are_killed_one_after_another").await;
    run.send(5_000).await;
    for node in 1..=3 {
        let cluster = run.cluster.clone();
        run.send_during(8_000, async {
            cluster.kill(node).await;
            cluster.start(node).await;
        })
        .await;
    }
    run.prove().await;
}

#[tokio::test]
async fn the_nodes_are_restarted_in_turn() {
    let mut run = Run::start("the_nodes_are_restarted_in_turn").await;
    run.send(2_000).await;
    for node in 1..=3 {
        let cluster = run.cluster.clone();
        run.send_during(5_000, async {
            cluster.shut_down(node).await;
            cluster.start(node).await;
        })
        .await;
    }
    run.prove().await;
}

#[tokio::test]
async fn leaders_are_killed_while_connections_are_cut() {
    let mut run = Run::start("leaders_are_killed_while_connections_are_cut").await;
    for proxy in &run.proxies {
        proxy.set(Fault::CutWithin(100_000));
        proxy.cut_all();
    }
    for node in 1..=2 {
        let cluster = run.cluster.clone();
        run.send_during(5_000, async {
            cluster.kill(node).await;
            cluster.start(node).await;
        })
        .await;
        for proxy in &run.proxies {
            proxy.set(Fault::CutHandshakes);
            proxy.cut_all();
        }
    }
    for proxy in &run.proxies {
        proxy.set(Fault::None);
    }
    run.prove().await;
}
