//! Edits of what is shipped that touch every kind in every way that a call of its own takes.

use crate::world::World;
use crate::world::stub_zip;

const STACK: &str = "stacks/telemetry.yaml";

/// Writes the shipped stack so that everything in it differs from what turn `turn - 1` wrote. With `queue` the inflow's
/// queue has that name, so that it and what hangs on it are made anew.
pub(crate) fn edit(world: &World, shipped: &str, turn: usize, queue: Option<&str>) {
    let is_odd = turn % 2 == 1;
    let mut stack = shipped.to_owned();
    let mut put = |from: &str, to: &str| {
        assert!(stack.contains(from), "{STACK} does not hold {from:?}");
        stack = stack.replace(from, to);
    };
    let below = |key: &str, line: &str| (format!("  {key}:\n"), format!("  {key}:\n    {line}\n"));
    if let Some(queue) = queue {
        let (from, to) = below("aws_sqs_queue.ingest", &format!("name: {queue}"));
        put(&from, &to);
    }
    put(
        "visibility_timeout_seconds: 180",
        &format!("visibility_timeout_seconds: {}", 180 + turn),
    );
    let (from, to) = below("aws_iam_role.rule", &format!("max_session_duration: {}", 4000 + turn));
    put(&from, &to);
    put("SELECT *,", &format!("SELECT *, {turn} AS turn,"));
    put("timeout: 30 ", &format!("timeout: {} ", 10 + turn % 20));
    put(
        "batch_size: 10",
        if is_odd { "batch_size: 9" } else { "batch_size: 10" },
    );
    put(
        "RetentionDays: 14",
        if is_odd {
            "RetentionDays: 30"
        } else {
            "RetentionDays: 14"
        },
    );
    let reserved = format!("reserved_concurrent_executions: {}", 5 + turn);
    // Every other turn takes it away.
    if is_odd {
        let (from, to) = below("aws_lambda_function.bridge", &reserved);
        put(&from, &to);
    }
    let (from, to) = below(
        "aws_secretsmanager_secret.bridge_key",
        &format!("description: turn {turn}"),
    );
    put(&from, &to);
    world.write(STACK, &stack);
    std::fs::write(world.path("stacks/bridge.zip"), stub_zip(&turn.to_string())).unwrap();
}
