//! What a run may cost: calls by service, as eclusa counts them and as the cloud saw them.

use std::collections::BTreeMap;

use crate::world::World;

/// Calls that the cloud performed, by operation.
fn performed(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in world.calls().into_iter().filter(|call| call.was_performed()) {
        *counts.entry(call.operation).or_default() += 1;
    }
    counts
}

/// Calls that the cloud saw, by service.
fn seen(world: &World) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for call in world.calls() {
        let service = call.operation.split('.').next().unwrap().to_owned();
        *counts.entry(service).or_default() += 1;
    }
    counts
}

fn budget(rows: &[(&str, usize)]) -> BTreeMap<String, usize> {
    rows.iter()
        .map(|(operation, count)| ((*operation).to_owned(), *count))
        .collect()
}

#[test]
fn a_plan_without_changes_reads_everything_once() {
    let world = World::inflow();
    world.apply();
    world.forget_calls();
    let plan = world.plan_json();
    let reads = [
        ("cloudformation.DescribeStacks", 1),
        ("iam.GetRole", 1),
        ("iam.GetRolePolicy", 1),
        ("iam.ListAttachedRolePolicies", 1),
        ("iam.ListRolePolicies", 1),
        ("iam.ListRoles", 1),
        ("iot.GetTopicRule", 1),
        ("iot.ListTagsForResource", 1),
        ("iot.ListTopicRules", 1),
        ("lambda.ListEventSourceMappings", 1),
        ("lambda.ListFunctions", 1),
        ("secretsmanager.ListSecrets", 1),
        ("sqs.GetQueueAttributes", 3),
        ("sqs.ListQueueTags", 3),
        ("sqs.ListQueues", 1),
        ("sts.GetCallerIdentity", 1),
    ];
    assert_eq!(performed(&world), budget(&reads));
    let counted: BTreeMap<String, u64> = serde_json::from_value(plan["calls"].clone()).unwrap();
    assert_eq!(counted, seen(&world), "eclusa counts what the cloud saw");
}

/// Two calls a queue, four a role (one more each for its policies), one list of each kind.
#[test]
fn a_plan_of_the_shipped_stack_without_changes_costs_so_many_calls_of_each_service() {
    let world = World::aws_half();
    world.apply();
    world.forget_calls();
    let plan = world.plan_json();
    let counted: BTreeMap<String, u64> = serde_json::from_value(plan["calls"].clone()).unwrap();
    let expected = [
        ("cloudformation", 3),
        ("iam", 10),
        ("iot", 3),
        ("lambda", 4),
        ("secretsmanager", 2),
        ("sqs", 7),
        ("sts", 1),
    ];
    let expected = expected.map(|(service, count)| (service.to_owned(), count));
    assert_eq!(counted, expected.into());
    assert_eq!(counted, seen(&world), "eclusa counts what the cloud saw");
}

#[test]
fn the_first_apply_makes_each_thing_by_one_call() {
    let world = World::inflow();
    world.cloud();
    world.forget_calls();
    let ran = world.apply();
    let writes = [
        ("cloudformation.DescribeStacks", 1),
        ("iam.CreateRole", 1),
        ("iam.ListRoles", 1),
        ("iam.PutRolePolicy", 1),
        // The lease: found missing (404), made, read back, cleared.
        ("iot.CreateThing", 1),
        ("iot.CreateTopicRule", 1),
        ("iot.DescribeThing", 1),
        ("iot.ListTopicRules", 1),
        ("iot.UpdateThing", 1),
        ("lambda.ListEventSourceMappings", 1),
        ("lambda.ListFunctions", 1),
        ("secretsmanager.ListSecrets", 1),
        // The tags are read back, since CreateQueue takes an equal queue of somebody else's for its own.
        ("sqs.CreateQueue", 3),
        ("sqs.ListQueueTags", 3),
        ("sqs.ListQueues", 1),
        ("sts.GetCallerIdentity", 1),
    ];
    assert_eq!(
        performed(&world),
        budget(&writes),
        "reads of what is absent are answered 400 or 404"
    );
    let seen: Vec<String> = seen(&world)
        .iter()
        .map(|(service, count)| format!("{service} {count}"))
        .collect();
    ran.expect_said(&format!("({})", seen.join(", ")));
    let refused = |operation: &str| {
        let calls = world.calls();
        let refused = calls
            .iter()
            .filter(|call| call.operation == operation && call.status != Some(200));
        refused.count()
    };
    // One look at each absent queue and role; the rule is tried until its role can be assumed.
    let absent = ["sqs.GetQueueAttributes", "sqs.ListQueueTags", "iam.GetRole"].map(refused);
    assert_eq!(absent, [3, 3, 1]);
}

#[test]
fn reads_grow_with_queues_and_roles_but_rules_are_listed_once() {
    let queue = serde_json::json!({});
    let world = World::new(crate::world::LOCAL);
    world.set_resources([("aws_sqs_queue.one", &queue), ("aws_sqs_queue.two", &queue)]);
    world.cloud();
    world.forget_calls();
    world.plan();
    // One list of each kind beside, for what is ours and not declared.
    let expected = [
        ("cloudformation", 1),
        ("iam", 1),
        ("iot", 1),
        ("lambda", 2),
        ("secretsmanager", 1),
        ("sqs", 5),
        ("sts", 1),
    ];
    let expected = expected.map(|(service, count)| (service.to_owned(), count));
    assert_eq!(seen(&world), expected.into());
}
