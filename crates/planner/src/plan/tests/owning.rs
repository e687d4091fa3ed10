//! What is ours and not declared, moved, renamed, protected, adopted; what a request narrows and allows.

use super::*;
use crate::plan::owned::Marked;
use crate::plan::owned::addressed;
use crate::resource::Identity;

const OTHER: &str = "other@123456789012/us-east-1";

fn queue() -> &'static dyn AnySchema {
    crate::schema::find("aws_sqs_queue").unwrap()
}

fn rule() -> &'static dyn AnySchema {
    crate::schema::find("aws_iot_topic_rule").unwrap()
}

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}")
}

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

fn rule_to(queue: &str) -> Json {
    json!({ "sql": "SELECT * FROM 'a'", "sqs": { "queue_url": queue, "role_arn": "arn:aws:iam::123456789012:role/r" } })
}

/// As a wave of lists and reads would find it.
fn owned(kind: &dyn AnySchema, address: &str, cloud_name: &str, spec: &Json) -> (Marked, Seen) {
    let named = if kind.name() == "aws_sqs_queue" {
        vec![("arn", arn(cloud_name)), ("url", url(cloud_name))]
    } else {
        Vec::new()
    };
    let named: Vec<(&str, &str)> = named.iter().map(|(output, text)| (*output, text.as_str())).collect();
    let mark = Mark {
        owner: owner(),
        address: format!("t/{}.{address}", kind.name()),
        digest: Digest("1:x".to_owned()),
        protect: false,
    };
    let seen = Seen {
        mark: Some(mark.clone()),
        ..foreign(&live_spec(kind, spec), &named)
    };
    let identity = Identity::Name(cloud_name.to_owned());
    (Marked::new(identity, cloud_name, &mark), seen)
}

struct Case {
    declared: Declared,
    live: Observations,
}

impl Case {
    fn new(resources: Vec<Resource>, live: &[(&str, Live)], found: Vec<(&str, (Marked, Seen))>) -> Self {
        let declared = declared(resources);
        let evaluation = Evaluation::new(&declared).unwrap();
        let mut observed: Observations = declared
            .resources
            .iter()
            .map(|resource| {
                let found = live.iter().find(|(name, _)| *name == resource.address.name);
                let live = found.map_or(Live::Absent, |(_, live)| live.clone());
                (resource.address.clone(), live)
            })
            .collect();
        let listed = found
            .iter()
            .map(|(kind, (marked, _))| ((*kind).to_owned(), marked.clone()));
        for (address, marked) in addressed(&evaluation, listed.collect()).unwrap() {
            let same = |(_, (other, _)): &&(&str, (Marked, Seen))| *other == marked;
            let seen = found.iter().find(same).unwrap().1.1.clone();
            observed.owned.push(Owned {
                address,
                identity: marked.identity,
                cloud_name: marked.cloud_name,
                live: Live::Present(seen),
            });
        }
        Self {
            declared,
            live: observed,
        }
    }

    fn plan(&self, request: impl Into<Request>) -> Plan {
        let mut evaluation = Evaluation::new(&self.declared).unwrap();
        plan(&mut evaluation, &owner(), &self.live, request).unwrap()
    }
}

fn shown(plan: &Plan) -> Vec<String> {
    let open = plan.changes.iter().filter(|change| change.action != Action::Keep);
    open.map(|change| format!("{:?} {}: {}", change.action, change.address, change.sentence()))
        .collect()
}

fn needs(plan: &Plan, from: &str, needed: &str) -> bool {
    let named = |text: &str| {
        plan.changes
            .iter()
            .find(|change| change.address.to_string() == text)
            .unwrap()
    };
    plan.graph.needs[&named(from).address].contains(&named(needed).address)
}

const Q: &str = "aws_sqs_queue";
const R: &str = "aws_iot_topic_rule";

#[test]
fn what_is_no_longer_declared_goes_the_inflow_first_and_after_what_stops_using_it() {
    let moves = resource(rule(), "moves", &rule_to(&url("new")));
    let live = ours(&moves, &live_spec(rule(), &rule_to(&url("old"))), &[]);
    let dead = json!({ "redrive_policy": { "dead_letter_target_arn": arn("dead"), "max_receive_count": 3 } });
    let found = vec![
        (Q, owned(queue(), "dead", "dead", &json!({}))),
        (Q, owned(queue(), "old", "old", &dead)),
        (R, owned(rule(), "gone", "gone", &rule_to(&url("elsewhere")))),
    ];
    let plan = Case::new(vec![moves], &[("moves", live)], found).plan(Intent::Converge);
    assert_eq!(
        shown(&plan),
        [
            "Update t/aws_iot_topic_rule.moves: changed outside eclusa since the last apply",
            "Delete t/aws_iot_topic_rule.gone: it is no longer declared",
            "Delete t/aws_sqs_queue.dead: it is no longer declared",
            "Delete t/aws_sqs_queue.old: it is no longer declared",
        ]
    );
    assert!(needs(&plan, "t/aws_sqs_queue.old", "t/aws_iot_topic_rule.moves"));
    assert!(!needs(&plan, "t/aws_sqs_queue.dead", "t/aws_iot_topic_rule.moves"));
    assert!(needs(&plan, "t/aws_sqs_queue.old", "t/aws_iot_topic_rule.gone"));
    assert!(needs(&plan, "t/aws_sqs_queue.dead", "t/aws_sqs_queue.old"));
    assert_eq!(plan.graph.cycle(), None);
}

#[test]
fn queues_that_name_each_other_can_be_deleted() {
    let to = |name: &str| json!({ "redrive_policy": { "dead_letter_target_arn": arn(name), "max_receive_count": 3 } });
    let found = vec![
        (Q, owned(queue(), "one", "one", &to("two"))),
        (Q, owned(queue(), "two", "two", &to("one"))),
    ];
    let case = Case::new(Vec::new(), &[], found);
    for intent in [Intent::Converge, Intent::Destroy] {
        let plan = case.plan(intent);
        assert_eq!(plan.changes.len(), 2);
        assert_eq!(plan.graph.cycle(), None);
    }
}

#[test]
fn a_destroy_takes_what_is_not_declared_before_what_it_uses() {
    let used = resource(queue(), "used", &json!({}));
    let outputs = [("arn", arn("test-t-used")), ("url", url("test-t-used"))];
    let outputs = outputs.each_ref().map(|(output, text)| (*output, text.as_str()));
    let live = ours(&used, &live_spec(queue(), &json!({})), &outputs);
    let found = vec![(R, owned(rule(), "gone", "gone", &rule_to(&url("test-t-used"))))];
    let plan = Case::new(vec![used], &[("used", live)], found).plan(Intent::Destroy);
    assert_eq!(actions(&plan), ["delete gone", "delete used"]);
    assert!(needs(&plan, "t/aws_sqs_queue.used", "t/aws_iot_topic_rule.gone"));
}

#[test]
fn a_declared_identity_is_declared_and_only_marked_anew() {
    let renamed = Resource {
        options: Options {
            name: option_text("fixed"),
            ..Options::default()
        },
        ..resource(queue(), "renamed", &json!({}))
    };
    let was = Resource {
        address: address(queue(), "was"),
        ..renamed.clone()
    };
    let live = ours(&was, &live_spec(queue(), &json!({})), &[]);
    let listed = owned(queue(), "was", "fixed", &json!({}));
    let plan = Case::new(vec![renamed], &[("renamed", live)], vec![(Q, listed)]).plan(Intent::Converge);
    assert_eq!(
        shown(&plan),
        ["Update t/aws_sqs_queue.renamed: it was t/aws_sqs_queue.was and keeps its name"]
    );
    assert_eq!(plan.changes[0].fields, []);
}

#[test]
fn a_changed_protect_is_an_update_with_that_reason_and_says_what_else_changed() {
    let mut protected = resource(queue(), "a", &json!({ "delay_seconds": 1 }));
    protected.options.protect = true;
    for (delay, sentence) in [
        (1, "it is protected from now on"),
        (
            2,
            "it is protected from now on; changed outside eclusa since the last apply",
        ),
    ] {
        let live = ours(&protected, &live_spec(queue(), &json!({ "delay_seconds": delay })), &[]);
        let plan = Case::new(vec![protected.clone()], &[("a", live)], Vec::new()).plan(Intent::Converge);
        assert_eq!(shown(&plan), [format!("Update t/aws_sqs_queue.a: {sentence}")]);
    }
}

#[test]
fn a_new_name_is_made_first_and_the_old_object_goes_last() {
    let renamed = Resource {
        options: Options {
            name: option_text("new"),
            ..Options::default()
        },
        ..resource(queue(), "a", &json!({ "delay_seconds": 1 }))
    };
    let found = || vec![(Q, owned(queue(), "a", "old", &json!({})))];
    let mut protected = renamed.clone();
    protected.options.protect = true;
    let plan = Case::new(vec![protected], &[], found()).plan(Intent::Converge);
    assert!(matches!(plan.changes[1].reason, Reason::Protected { .. }));
    let mut case = Case::new(vec![renamed], &[], found());
    let plan = case.plan(Intent::Converge);
    assert_eq!(
        shown(&plan),
        [
            "Replace t/aws_sqs_queue.a: it is called \"old\" so far; the new one is made first, the old one deleted last",
            "Delete t/aws_sqs_queue.a (formerly old): t/aws_sqs_queue.a has another name now",
        ]
    );
    assert_eq!(fields(&plan.changes[0]), ["delay_seconds: 0 -> 1"]);
    assert!(needs(&plan, "t/aws_sqs_queue.a (formerly old)", "t/aws_sqs_queue.a"));

    let Live::Present(seen) = &mut case.live.owned[0].live else {
        panic!("made present")
    };
    seen.holds_data = true;
    let plan = case.plan(Intent::Converge);
    assert_eq!(
        shown(&plan)[1],
        "Blocked t/aws_sqs_queue.a (formerly old): the messages in it would be lost: allow that with \
         `--allow-data-loss t/aws_sqs_queue.a`"
    );
    let allowed = Request {
        allow_data_loss: vec![address(queue(), "a")],
        ..Intent::Converge.into()
    };
    assert_eq!(plan.blocked().count(), 1);
    assert_eq!(case.plan(allowed).blocked().count(), 0);
    assert_eq!(case.plan(Intent::Destroy).blocked().count(), 0);
}

#[test]
fn what_its_mark_protects_stays_whoever_declares_it() {
    let (marked, mut seen) = owned(queue(), "a", "a", &json!({}));
    seen.mark.as_mut().unwrap().protect = true;
    let gone = Case::new(Vec::new(), &[], vec![(Q, (marked, seen.clone()))]);
    let declared = resource(queue(), "b", &json!({}));
    let still = Case::new(vec![declared], &[("b", Live::Present(seen))], Vec::new());
    for (case, intent) in [
        (&gone, Intent::Converge),
        (&gone, Intent::Destroy),
        (&still, Intent::Destroy),
    ] {
        let plan = case.plan(intent);
        assert_eq!(plan.changes[0].reason, Reason::MarkedProtected);
        assert_eq!(plan.changes[0].action, Action::Blocked);
    }
}

#[test]
fn what_bears_no_mark_is_adopted_by_option_or_request_and_anothers_only_by_its_name() {
    let mut declared = resource(queue(), "a", &json!({ "delay_seconds": 1 }));
    let unmarked = foreign(&live_spec(queue(), &json!({})), &[]);
    let mut theirs = unmarked.clone();
    theirs.mark = Some(Mark {
        owner: Owner(OTHER.to_owned()),
        address: "x/aws_sqs_queue.y".to_owned(),
        digest: Digest("1:x".to_owned()),
        protect: false,
    });
    let ask = |from: Option<&str>| Request {
        adopt: vec![(address(queue(), "a"), from.map(|from| Owner(from.to_owned())))],
        ..Intent::Converge.into()
    };
    let nothing = Request::from(Intent::Converge);
    let mut check = |adopt: bool, seen: &Seen, request: &Request, action: Action| {
        declared.options.adopt = adopt;
        let live = Live::Present(seen.clone());
        let plan = Case::new(vec![declared.clone()], &[("a", live)], Vec::new()).plan(request.clone());
        assert_eq!(plan.changes[0].action, action, "{adopt} {request:?}");
        if action == Action::Adopt {
            assert_eq!(fields(&plan.changes[0]), ["delay_seconds: 0 -> 1"]);
        }
    };
    check(false, &unmarked, &nothing, Action::Blocked);
    check(true, &unmarked, &nothing, Action::Adopt);
    check(false, &unmarked, &ask(None), Action::Adopt);
    check(true, &theirs, &nothing, Action::Blocked);
    check(false, &theirs, &ask(None), Action::Blocked);
    check(
        false,
        &theirs,
        &ask(Some("third@123456789012/us-east-1")),
        Action::Blocked,
    );
    check(false, &theirs, &ask(Some(OTHER)), Action::Adopt);
}

#[test]
fn what_cannot_change_in_place_is_not_adopted() {
    let mut declared = resource(store(), "a", &json!({ "fixed": "a" }));
    declared.options.adopt = true;
    let live = Live::Present(foreign(&live_spec(store(), &json!({ "fixed": "b" })), &[]));
    let plan = Case::new(vec![declared], &[("a", live)], Vec::new()).plan(Intent::Converge);
    let paths = vec!["fixed".to_owned()];
    assert_eq!(plan.changes[0].reason, Reason::CannotAdopt { paths });
}

#[test]
fn a_target_brings_what_it_needs_and_prunes_nothing() {
    let resources = vec![
        resource(store(), "wanted", &json!({ "target": "${store.needed.arn}" })),
        resource(store(), "needed", &json!({})),
        resource(store(), "other", &json!({})),
    ];
    let found = vec![(Q, owned(queue(), "gone", "gone", &json!({})))];
    let request = Request {
        targets: vec![address(store(), "wanted")],
        ..Intent::Converge.into()
    };
    let plan = Case::new(resources, &[], found).plan(request);
    assert_eq!(actions(&plan), ["create needed", "create wanted"]);
}

#[test]
fn a_replace_that_was_asked_for_obeys_protect_and_data() {
    let mut declared = resource(queue(), "a", &json!({}));
    let request = Request {
        replace: vec![address(queue(), "a")],
        ..Intent::Converge.into()
    };
    let seen = |holds_data: bool| {
        let Live::Present(seen) = ours(
            &resource(queue(), "a", &json!({})),
            &live_spec(queue(), &json!({})),
            &[],
        ) else {
            panic!("made present")
        };
        Live::Present(Seen { holds_data, ..seen })
    };
    let plan_of = |declared: &Resource, holds_data: bool| {
        let case = Case::new(vec![declared.clone()], &[("a", seen(holds_data))], Vec::new());
        case.plan(request.clone()).changes[0].clone()
    };
    assert_eq!(plan_of(&declared, false).reason, Reason::Asked);
    assert!(matches!(plan_of(&declared, true).reason, Reason::DataLoss { .. }));
    declared.options.protect = true;
    assert!(matches!(plan_of(&declared, false).reason, Reason::Protected { .. }));
}

#[test]
fn two_objects_with_one_address_are_told_apart_and_an_address_that_cannot_be_read_is_unknown() {
    let (mut broken, seen) = owned(queue(), "x", "broken", &json!({}));
    broken.address = String::new();
    let found = vec![
        (Q, owned(queue(), "a", "one", &json!({}))),
        (Q, owned(queue(), "a", "two", &json!({}))),
        (Q, (broken, seen)),
    ];
    let plan = Case::new(Vec::new(), &[], found).plan(Intent::Converge);
    let addresses: Vec<String> = plan.changes.iter().map(|change| change.address.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "t/aws_sqs_queue.a",
            "t/aws_sqs_queue.a (formerly two)",
            "unknown/aws_sqs_queue.unknown"
        ]
    );
}

#[test]
fn what_bears_the_mark_of_another_kind_is_a_part_of_that_and_goes_with_it() {
    let stack = "t/aws_cloudformation_stack.s".to_owned();
    let (mut listed, seen) = owned(queue(), "a", "made-by-a-stack", &json!({}));
    listed.address.clone_from(&stack);
    assert!(
        Case::new(Vec::new(), &[], vec![(Q, (listed, seen))])
            .plan(Intent::Converge)
            .changes
            .is_empty()
    );

    let declared = resource(queue(), "q", &json!({}));
    let mut live = ours(&declared, &live_spec(queue(), &json!({})), &[]);
    if let Live::Present(seen) = &mut live {
        seen.mark.as_mut().expect("a mark").address = stack;
    }
    let plan = Case::new(vec![declared], &[("q", live)], Vec::new()).plan(Intent::Converge);
    assert!(
        matches!(plan.changes[0].reason, Reason::PartOf { .. }),
        "{:?}",
        plan.changes[0]
    );
}

#[test]
fn the_records_own_secrets_are_no_leftovers() {
    let secret = crate::schema::find("aws_secretsmanager_secret").expect("a kind");
    let (mut listed, seen) = owned(secret, "a", "eclusa/dev/record-0", &json!({}));
    listed.address = "record".to_owned();
    let found = vec![("aws_secretsmanager_secret", (listed, seen))];
    assert!(
        Case::new(Vec::new(), &[], found)
            .plan(Intent::Converge)
            .changes
            .is_empty()
    );
}

#[test]
fn what_is_only_looked_up_and_may_not_be_read_is_taken_to_be_there() {
    let mut existing = resource(store(), "e", &json!({}));
    existing.options.existing = option_text("theirs");
    let user = resource(store(), "u", &json!({ "text": "${store.e.arn}" }));
    let unverified = Live::Unverified {
        because: "denied".to_owned(),
        outputs: outputs(&[("arn", "arn:theirs")]),
    };
    let live = ours(&user, &live_spec(store(), &json!({ "text": "arn:theirs" })), &[]);
    let plan = Case::new(vec![existing, user], &[("e", unverified), ("u", live)], Vec::new()).plan(Intent::Converge);
    assert!(!plan.has_changes(), "{:?}", shown(&plan));
    assert!(matches!(plan.changes[0].reason, Reason::NotVerified { .. }));
}
