use super::invented::ROLE;
use super::invented::STORE;
use super::invented::USER;
use super::*;

fn destroy_of(resources: Vec<Resource>, live: impl Fn(&Resource) -> Live) -> Plan {
    let declared = declared(resources);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let observations = declared
        .resources
        .iter()
        .map(|resource| (resource.address.clone(), live(resource)))
        .collect();
    plan(&mut evaluation, &owner(), &observations, Intent::Destroy).unwrap()
}

fn all_ours(resource: &Resource) -> Live {
    ours(resource, &json!({}), &[])
}

#[test]
fn what_needs_goes_before_what_is_needed_and_the_inflow_before_all() {
    let plan = destroy_of(
        vec![
            resource(&ROLE, "r", &json!({ "trust": "x" })),
            resource(&STORE, "a", &json!({ "target": "${store.b.arn}" })),
            resource(&STORE, "b", &json!({})),
            resource(&USER, "u", &json!({ "role": "${aws_iam_role.r.arn}" })),
        ],
        all_ours,
    );
    assert_eq!(actions(&plan), ["delete u", "delete a", "delete b", "delete r"]);
    assert!(
        plan.changes
            .iter()
            .all(|change| change.reason == Reason::Destroyed && change.fields.is_empty())
    );
    let (role, user) = (&plan.changes[3].address, &plan.changes[0].address);
    assert!(plan.graph.needs[role].contains(user));
}

#[test]
fn what_is_absent_or_only_exists_is_left_out() {
    let mut existing = resource(&STORE, "e", &json!({}));
    existing.options.existing = option_text("theirs");
    let plan = destroy_of(vec![existing, resource(&STORE, "gone", &json!({}))], |resource| {
        if resource.address.name == "gone" {
            Live::Absent
        } else {
            all_ours(resource)
        }
    });
    assert_eq!(plan.changes, []);
    assert!(!plan.has_changes());
}

#[test]
fn what_is_not_ours_is_named_and_left_and_what_cannot_be_read_is_checked() {
    let plan = destroy_of(
        vec![
            resource(&STORE, "theirs", &json!({})),
            resource(&STORE, "dark", &json!({})),
        ],
        |resource| match resource.address.name.as_str() {
            "theirs" => Live::Present(foreign(&json!({}), &[])),
            _ => Live::Unreadable {
                because: "access denied".to_owned(),
                until: None,
            },
        },
    );
    assert_eq!(actions(&plan), ["check dark", "blocked theirs"]);
    assert_eq!(
        change(&plan, "theirs").sentence(),
        "it bears no mark of eclusa, so it is left alone"
    );
}

#[test]
fn what_is_protected_stays_with_what_it_lives_in() {
    let mut holder = resource(
        &STORE,
        "a",
        &json!({ "target": "${store.b.arn}", "text": "${store.c.id}" }),
    );
    holder.options.protect = true;
    let others = ["b", "c"].map(|name| resource(&STORE, name, &json!({})));
    let address = holder.address.clone();
    let plan = destroy_of([vec![holder], Vec::from(others)].concat(), all_ours);
    assert_eq!(actions(&plan), ["blocked a", "delete c", "blocked b"]);
    assert_eq!(change(&plan, "b").reason, Reason::Protected { holder: address });
    assert_eq!(
        change(&plan, "b").sentence(),
        "it is protected by t/store.a: take the `protect: true` out there first"
    );
}

#[test]
fn a_destroy_asks_nothing_of_what_the_live_side_looks_like() {
    let plan = destroy_of(vec![resource(&STORE, "a", &json!({}))], |resource| {
        ours(resource, &json!({ "size": "strange" }), &[])
    });
    assert_eq!(actions(&plan), ["delete a"]);
}
