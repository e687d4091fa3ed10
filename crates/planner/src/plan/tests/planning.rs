use super::invented::ROLE;
use super::invented::STORE;
use super::invented::USER;
use super::*;

fn plan_of(declared: &Declared, live: &[(&str, Live)]) -> Plan {
    let mut evaluation = Evaluation::new(declared).unwrap();
    plan_with(&mut evaluation, live)
}

fn plan_with(evaluation: &mut Evaluation<'_>, live: &[(&str, Live)]) -> Plan {
    let mut observations = Observations::new();
    for resource in &evaluation.declared().resources {
        let found = live.iter().find(|(name, _)| *name == resource.address.name);
        observations.insert(
            resource.address.clone(),
            found.map_or(Live::Absent, |(_, live)| live.clone()),
        );
    }
    plan(evaluation, &owner(), &observations, Intent::Converge).unwrap()
}

fn live_store(resource: &Resource, spec: &Json, id: &str) -> Live {
    let arn = format!("arn:store:123456789012:test-t-{}", resource.address.name);
    ours(resource, &live_spec(&STORE, spec), &[("arn", &arn), ("id", id)])
}

#[test]
fn a_first_plan_creates_everything_what_is_needed_first_and_otherwise_as_declared() {
    let declared = declared(vec![
        resource(&STORE, "a", &json!({ "text": "${store.c.id}" })),
        resource(&STORE, "b", &json!({})),
        resource(&STORE, "c", &json!({})),
    ]);
    let plan = plan_of(&declared, &[]);
    assert_eq!(actions(&plan), ["create b", "create c", "create a"]);
    assert!(fields(change(&plan, "a")).contains(&"text: null -> \"${t/store.c.id}\"".to_owned()));
    assert_eq!(
        plan.counts(),
        Counts {
            create: 3,
            ..Counts::default()
        }
    );
    assert!(plan.has_changes() && plan.blocked().next().is_none());
}

#[test]
fn the_outputs_of_what_stays_are_known_so_that_nothing_changes() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.id}" })),
        resource(&STORE, "b", &json!({ "size": 1 })),
    ];
    let declared = declared(resources.to_vec());
    let live = [
        ("a", live_store(&resources[0], &json!({ "text": "i-1" }), "i-0")),
        ("b", live_store(&resources[1], &json!({ "size": 1 }), "i-1")),
    ];
    assert!(!plan_of(&declared, &live).has_changes());
    let live = [
        live[0].clone(),
        ("b", live_store(&resources[1], &json!({ "size": 7 }), "i-1")),
    ];
    assert_eq!(actions(&plan_of(&declared, &live)), ["update b"]);
}

#[test]
fn what_refers_to_a_replaced_resource_changes_with_its_unknown_outputs_and_says_why() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.id}" })),
        resource(&STORE, "b", &json!({ "fixed": "new" })),
    ];
    let declared = declared(resources.to_vec());
    let plan = plan_of(
        &declared,
        &[
            ("a", live_store(&resources[0], &json!({ "text": "i-1" }), "i-0")),
            ("b", live_store(&resources[1], &json!({ "fixed": "old" }), "i-1")),
        ],
    );
    assert_eq!(actions(&plan), ["replace b", "update a"]);
    assert_eq!(fields(change(&plan, "a")), ["text: \"i-1\" -> \"${t/store.b.id}\""]);
    assert_eq!(
        change(&plan, "a").sentence(),
        "t/store.b, on which it hangs, is made anew"
    );
}

#[test]
fn a_replace_falls_through_to_those_whose_kind_says_so() {
    let resources = [
        resource(
            &USER,
            "u",
            &json!({ "store": "${store.a.arn}", "role": "${aws_iam_role.r.arn}" }),
        ),
        resource(&STORE, "a", &json!({ "fixed": "new" })),
        resource(&ROLE, "r", &json!({ "trust": "x" })),
    ];
    let declared = declared(resources.to_vec());
    let arn = "arn:store:123456789012:test-t-a";
    let role_arn = Evaluation::new(&declared)
        .unwrap()
        .outputs(&resources[2].address)
        .unwrap()["arn"]
        .clone();
    let user = json!({ "store": arn, "role": role_arn });
    let live = |fixed: &str, role: Live| {
        [
            ("u", ours(&resources[0], &live_spec(&USER, &user), &[])),
            ("a", live_store(&resources[1], &json!({ "fixed": fixed }), "i-1")),
            ("r", role),
        ]
    };
    let role = ours(
        &resources[2],
        &live_spec(&ROLE, &json!({ "trust": "x" })),
        &[("arn", &role_arn)],
    );
    let plan = plan_of(&declared, &live("old", role.clone()));
    assert_eq!(actions(&plan), ["replace a", "replace u"]);
    let dependency = resources[1].address.clone();
    assert_eq!(change(&plan, "u").reason, Reason::Replaced { dependency });
    let plan = plan_of(&declared, &live("new", Live::Absent));
    assert_eq!(actions(&plan), ["create r", "update u"]);
    assert_eq!(change(&plan, "u").touched_by, [resources[2].address.clone()]);
    assert!(!plan_of(&declared, &live("new", role)).has_changes());
}

#[test]
fn a_resource_that_falls_with_another_is_not_replaced_where_it_is_protected() {
    let mut user = resource(&USER, "u", &json!({ "store": "${store.a.arn}" }));
    user.options.protect = true;
    let a = resource(&STORE, "a", &json!({ "fixed": "new" }));
    let declared = declared(vec![user.clone(), a.clone()]);
    let spec = live_spec(&USER, &json!({ "store": "arn:store:123456789012:test-t-a" }));
    let live = [
        ("u", ours(&user, &spec, &[])),
        ("a", live_store(&a, &json!({ "fixed": "old" }), "i")),
    ];
    let plan = plan_of(&declared, &live);
    assert_eq!(actions(&plan), ["replace a", "blocked u"]);
    assert_eq!(plan.blocked().count(), 1);
}

#[test]
fn a_live_output_that_names_do_not_foretell_is_given_up_when_its_resource_is_replaced() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.arn}" })),
        resource(&STORE, "b", &json!({ "fixed": "new" })),
    ];
    let declared = declared(resources.to_vec());
    let elsewhere = |fixed: &str| {
        ours(
            &resources[1],
            &live_spec(&STORE, &json!({ "fixed": fixed })),
            &[("arn", "arn:elsewhere")],
        )
    };
    let a = live_store(&resources[0], &json!({ "text": "arn:elsewhere" }), "i-0");
    let plan = plan_of(&declared, &[("a", a.clone()), ("b", elsewhere("new"))]);
    assert!(!plan.has_changes());
    let plan = plan_of(&declared, &[("a", a), ("b", elsewhere("old"))]);
    assert_eq!(actions(&plan), ["update a", "replace b"]);
    let foretold = "text: \"arn:elsewhere\" -> \"arn:store:123456789012:test-t-b\"";
    assert_eq!(fields(change(&plan, "a")), [foretold]);
}

#[test]
fn what_hangs_on_something_unread_is_checked_with_it_and_the_rest_is_planned() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.id}" })),
        resource(&STORE, "b", &json!({})),
        resource(&STORE, "c", &json!({ "text": "${store.b.id}", "size": 2 })),
        resource(
            &USER,
            "u",
            &json!({ "store": "${store.b.arn}", "store_id": "${store.b.id}" }),
        ),
    ];
    let declared = declared(resources.to_vec());
    let unread = Live::Unreadable {
        because: "access denied".to_owned(),
        until: None,
    };
    let plan = plan_of(
        &declared,
        &[
            ("a", live_store(&resources[0], &json!({ "text": "i-1" }), "i-0")),
            ("b", unread),
            (
                "c",
                live_store(&resources[2], &json!({ "text": "i-1", "size": 1 }), "i-2"),
            ),
        ],
    );
    assert_eq!(actions(&plan), ["check b", "check a", "update c", "check u"]);
    assert_eq!(plan.unread().count(), 3);
    let until = Some(resources[1].address.clone());
    assert!(matches!(&change(&plan, "u").reason, Reason::Unreadable { until: found, .. } if *found == until));
}

#[test]
fn what_was_not_observed_though_it_could_have_been_is_no_proof_of_absence() {
    let declared = declared(vec![resource(&STORE, "a", &json!({}))]);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let plan = plan(&mut evaluation, &owner(), &Observations::new(), Intent::Converge).unwrap();
    assert_eq!(actions(&plan), ["check a"]);
    assert!(plan.has_changes());
}

#[test]
fn outputs_of_what_is_not_ours_are_not_taken() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.id}" })),
        resource(&STORE, "b", &json!({})),
    ];
    let declared = declared(resources.to_vec());
    let theirs = Live::Present(foreign(&live_spec(&STORE, &json!({})), &[("id", "i-theirs")]));
    let plan = plan_of(&declared, &[("b", theirs)]);
    assert_eq!(actions(&plan), ["blocked b", "create a"]);
    assert!(fields(change(&plan, "a")).contains(&"text: null -> \"${t/store.b.id}\"".to_owned()));
}

#[test]
fn with_roles_of_the_accounts_owner_none_is_planned_and_its_arn_is_known() {
    let resources = [
        resource(&ROLE, "r", &json!({ "trust": "x" })),
        resource(&STORE, "a", &json!({ "target": "${aws_iam_role.r.arn}" })),
    ];
    let mut declared = declared(resources.to_vec());
    declared.settings.aws.roles = Roles::Existing("LabRole".to_owned());
    let role = foreign(&json!({ "trust": "other" }), &[("arn", "arn:aws:iam::1:role/LabRole")]);
    let plan = plan_of(&declared, &[("r", Live::Present(role))]);
    assert_eq!(actions(&plan), ["create a"]);
    let known = "target: null -> \"arn:aws:iam::1:role/LabRole\"";
    assert!(fields(change(&plan, "a")).contains(&known.to_owned()));
    assert_eq!(actions(&plan_of(&declared, &[])), ["blocked r", "create a"]);
}

#[test]
fn a_second_plan_forgets_what_the_first_one_read() {
    let resources = [
        resource(&STORE, "a", &json!({ "text": "${store.b.id}" })),
        resource(&STORE, "b", &json!({})),
    ];
    let declared = declared(resources.to_vec());
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let a = live_store(&resources[0], &json!({ "text": "i-1" }), "i-0");
    let b = live_store(&resources[1], &json!({}), "i-1");
    let first = plan_with(&mut evaluation, &[("a", a.clone()), ("b", b.clone())]);
    assert!(!first.has_changes());
    assert_eq!(
        actions(&plan_with(&mut evaluation, &[("a", a.clone())])),
        ["create b", "update a"]
    );
    assert_eq!(plan_with(&mut evaluation, &[("a", a), ("b", b)]), first);
}

#[test]
fn every_reason_is_a_sentence_of_its_own() {
    let address = resource(&STORE, "a", &json!({})).address;
    let reasons = [
        Reason::Equal,
        Reason::Absent,
        Reason::Drift,
        Reason::Declared,
        Reason::CauseUnknown,
        Reason::CannotChange {
            paths: vec!["fixed".to_owned()],
            since: Box::new(Reason::Drift),
        },
        Reason::Replaced {
            dependency: address.clone(),
        },
        Reason::NotOurs { owner: None },
        Reason::NotOurs { owner: Some(owner()) },
        Reason::NotOursToDelete { owner: None },
        Reason::NotOursToDelete { owner: Some(owner()) },
        Reason::Unreadable {
            because: "denied".to_owned(),
            until: Some(address.clone()),
        },
        Reason::GoneOrHidden {
            because: "denied".to_owned(),
            anew: true,
        },
        Reason::GoneOrHidden {
            because: "denied".to_owned(),
            anew: false,
        },
        Reason::NotCompared { hangs_on: None },
        Reason::NotCompared {
            hangs_on: Some(address.clone()),
        },
        Reason::Destroyed,
        Reason::ExistingAbsent,
        Reason::ExistingGoneOrHidden {
            because: "denied".to_owned(),
        },
        Reason::Protected { holder: address },
    ];
    let sentences: std::collections::BTreeSet<String> = reasons.iter().map(Reason::sentence).collect();
    assert_eq!(sentences.len(), reasons.len());
    for sentence in sentences {
        assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
    }
}

#[test]
fn a_long_circle_of_references_is_evaluated_in_linear_work() {
    let resources: Vec<Resource> = (0..1_000)
        .map(|number| {
            let text = format!("${{store.n{}.id}} ${{store.n0.arn}}", (number + 1) % 1_000);
            let attributes = if number == 999 {
                json!({})
            } else {
                json!({ "text": text })
            };
            resource(&STORE, &format!("n{number}"), &attributes)
        })
        .collect();
    let declared = declared(resources);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let plan = plan_with(&mut evaluation, &[]);
    assert_eq!(plan.counts().create, 1_000);
    assert_eq!(plan.changes[0].address.name, "n999");
    assert!(evaluation.evaluations() <= 2_000, "{}", evaluation.evaluations());
}
