use super::invented::FICKLE;
use super::invented::ROLE;
use super::invented::STORE;
use super::invented::USER;
use super::*;
use crate::resource::Identity;

fn identity(declared: &Declared, schema: &dyn AnySchema, name: &str) -> Identity {
    Evaluation::new(declared)
        .unwrap()
        .identity(&address(schema, name))
        .unwrap()
}

fn text_of(evaluation: &Evaluation<'_>, name: &str) -> String {
    let wanted = evaluation.wanted(&address(&STORE, name)).unwrap();
    wanted.spec["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_default_name_is_environment_instance_name_and_key_in_the_kinds_shape() {
    let mut keyed = resource(&STORE, "a", &json!({}));
    keyed.address.key = Some("k.1".to_owned());
    let role = resource(&ROLE, "r", &json!({ "trust": "x" }));
    let (store, tagged) = (keyed.address.clone(), role.address.clone());
    let declared = declared(vec![keyed, role]);
    let evaluation = Evaluation::new(&declared).unwrap();
    assert_eq!(evaluation.cloud_name(&store).unwrap(), "test-t-a-k-1");
    let tag = place().text(PlaceField::Tag);
    assert_eq!(evaluation.cloud_name(&tagged).unwrap(), format!("test-t-r-{tag}"));
    assert_eq!(
        evaluation.outputs(&store).unwrap()["arn"],
        "arn:store:123456789012:test-t-a-k-1"
    );
}

#[test]
fn names_settle_through_names_in_any_order_of_declaration() {
    let mut a = resource(&STORE, "a", &json!({}));
    a.options.name = option_text("x-${store.b.name}");
    let mut b = resource(&STORE, "b", &json!({ "text": "${store.a.arn}" }));
    b.options.name = option_text("y-${store.c.name}");
    let c = resource(&STORE, "c", &json!({ "text": "${store.a.name}" }));
    let declared = declared(vec![a, b, c]);
    let evaluation = Evaluation::new(&declared).unwrap();
    assert_eq!(text_of(&evaluation, "c"), "x-y-test-t-c");
    assert_eq!(text_of(&evaluation, "b"), "arn:store:123456789012:x-y-test-t-c");
}

#[test]
fn names_that_hang_on_each_other_stay_unknown_and_do_not_loop() {
    let mut a = resource(&STORE, "a", &json!({}));
    a.options.name = option_text("x-${store.b.name}");
    let mut b = resource(&STORE, "b", &json!({}));
    b.options.name = option_text("y-${store.a.name}");
    let declared = declared(vec![a, b]);
    let evaluation = Evaluation::new(&declared).unwrap();
    let a = address(&STORE, "a");
    assert_eq!(evaluation.identity(&a).unwrap(), Identity::Unknown);
    assert_eq!(evaluation.cloud_name(&a), None);
    assert!(evaluation.outputs(&a).unwrap().is_empty());
    assert_eq!(Graph::of(&evaluation).cycle(), Some(vec![a, address(&STORE, "b")]));
}

#[test]
fn resources_that_name_each_other_by_known_outputs_are_known_and_unordered() {
    let a = resource(&STORE, "a", &json!({ "text": "${store.b.arn}" }));
    let b = resource(&STORE, "b", &json!({ "text": "${store.a.arn} ${store.b.name}" }));
    let declared = declared(vec![a, b]);
    let evaluation = Evaluation::new(&declared).unwrap();
    assert_eq!(text_of(&evaluation, "a"), "arn:store:123456789012:test-t-b");
    assert_eq!(text_of(&evaluation, "b"), "arn:store:123456789012:test-t-a test-t-b");
    assert!(
        Graph::of(&evaluation)
            .needs
            .values()
            .all(std::collections::BTreeSet::is_empty)
    );
}

#[test]
fn an_unknown_output_travels_and_is_listed_until_it_is_learnt() {
    let a = resource(&STORE, "a", &json!({}));
    let b = resource(
        &STORE,
        "b",
        &json!({ "text": " <${store.a.id}> ", "members": ["${store.a.id}"] }),
    );
    let declared = declared(vec![b, a]);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let b = address(&STORE, "b");
    let wanted = evaluation.wanted(&b).unwrap();
    let reference = Unknown::Output(Reference {
        address: address(&STORE, "a"),
        output: "id".to_owned(),
    });
    assert_eq!(wanted.unknown, [reference]);
    assert_eq!(json!(wanted.value)["text"], "<${t/store.a.id}>");
    evaluation.learn(&address(&STORE, "a"), outputs(&[("id", "i-7")]));
    let wanted = evaluation.wanted(&b).unwrap();
    assert!(wanted.unknown.is_empty());
    assert_eq!(
        (&wanted.spec["text"], &wanted.spec["members"]),
        (&json!("<i-7>"), &json!(["i-7"]))
    );
}

#[test]
fn what_is_learnt_makes_names_and_identities_known_that_hang_on_it() {
    let a = resource(&STORE, "a", &json!({}));
    let mut b = resource(&STORE, "b", &json!({}));
    b.options.name = option_text("of-${store.a.id}");
    let user = resource(&USER, "u", &json!({ "store": "${store.b.arn}" }));
    let declared = declared(vec![user, b, a]);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let user = address(&USER, "u");
    assert_eq!(evaluation.identity(&user).unwrap(), Identity::Unknown);
    evaluation.learn(&address(&STORE, "a"), outputs(&[("id", "i-7")]));
    let arn = "arn:store:123456789012:of-i-7".to_owned();
    assert_eq!(evaluation.identity(&user).unwrap(), Identity::Natural(vec![arn]));
}

#[test]
fn what_was_read_wins_over_what_names_foretell() {
    let a = resource(&STORE, "a", &json!({}));
    let b = resource(&STORE, "b", &json!({ "text": "${store.a.arn}" }));
    let declared = declared(vec![a, b]);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    evaluation.learn(&address(&STORE, "a"), outputs(&[("arn", "arn:elsewhere")]));
    assert_eq!(text_of(&evaluation, "b"), "arn:elsewhere");
}

#[test]
fn a_learnt_text_that_poses_as_a_sentinel_is_not_taken() {
    let a = resource(&STORE, "a", &json!({}));
    let b = resource(&STORE, "b", &json!({ "text": "${store.a.id}" }));
    let declared = declared(vec![a, b]);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    evaluation.learn(&address(&STORE, "a"), outputs(&[("id", "\u{E000}16\u{E001}")]));
    assert_eq!(evaluation.wanted(&address(&STORE, "b")).unwrap().unknown.len(), 1);
}

#[test]
fn before_a_cloud_is_asked_names_hold_the_place_and_are_identities_all_the_same() {
    let store = resource(&STORE, "a", &json!({ "text": "${store.a.arn} ${aws.account_id}" }));
    let role = resource(&ROLE, "r", &json!({ "trust": "x" }));
    let mut declared = declared(vec![store, role]);
    declared.place.account = None;
    assert!(matches!(identity(&declared, &ROLE, "r"), Identity::Name(name) if name.starts_with("test-t-r-")));
    let evaluation = Evaluation::new(&declared).unwrap();
    let wanted = evaluation.wanted(&address(&STORE, "a")).unwrap();
    assert_eq!(
        json!(wanted.value)["text"],
        "arn:store:${aws.account_id}:test-t-a ${aws.account_id}"
    );
    assert_eq!(wanted.unknown, [Unknown::Place(PlaceField::AccountId)]);
}

#[test]
fn an_existing_resource_is_known_by_its_name_and_needs_no_attributes() {
    let mut role = resource(&ROLE, "r", &json!({}));
    role.options.existing = option_text("Theirs");
    let b = resource(
        &STORE,
        "b",
        &json!({ "text": "${aws_iam_role.r.name} ${aws_iam_role.r.arn}" }),
    );
    let declared = declared(vec![role, b]);
    assert_eq!(identity(&declared, &ROLE, "r"), Identity::Name("Theirs".to_owned()));
    let evaluation = Evaluation::new(&declared).unwrap();
    let text = json!(evaluation.wanted(&address(&STORE, "b")).unwrap().value)["text"].clone();
    assert_eq!(text, "Theirs ${t/aws_iam_role.r.arn}");
}

#[test]
fn where_the_accounts_owner_makes_roles_every_role_is_that_one() {
    let roles = ["r", "s"].map(|name| resource(&ROLE, name, &json!({ "trust": "${store.a.id}" })));
    let mut declared = declared(Vec::from(roles));
    declared
        .resources
        .push(resource(&STORE, "a", &json!({ "target": "${aws_iam_role.r.arn}" })));
    declared.settings.aws.roles = Roles::Existing("LabRole".to_owned());
    for name in ["r", "s"] {
        assert_eq!(identity(&declared, &ROLE, name), Identity::Name("LabRole".to_owned()));
    }
    let evaluation = Evaluation::new(&declared).unwrap();
    assert!(evaluation.is_existing(&address(&ROLE, "r")) && !evaluation.is_existing(&address(&STORE, "a")));
    assert_eq!(Graph::of(&evaluation).cycle(), None);
}

#[test]
fn a_reference_to_what_is_not_declared_stays_unknown() {
    let a = resource(&STORE, "a", &json!({ "text": "${not_built.x.arn}" }));
    let declared = declared(vec![a]);
    let evaluation = Evaluation::new(&declared).unwrap();
    assert_eq!(evaluation.wanted(&address(&STORE, "a")).unwrap().unknown.len(), 1);
    assert_eq!(
        evaluation.identity(&address(&STORE, "none")).unwrap(),
        Identity::Unknown
    );
    assert_eq!(evaluation.outputs(&address(&STORE, "none")), None);
}

#[test]
fn a_declaration_that_its_kind_cannot_decode_is_told_by_kind() {
    let declared = declared(vec![resource(&STORE, "a", &json!({ "size": "much" }))]);
    let error = Evaluation::new(&declared).unwrap_err();
    assert_eq!(error.kind, "store");
}

#[test]
fn a_kind_whose_answers_do_not_settle_holds_nothing_up() {
    let declared = declared(vec![resource(&FICKLE, "a", &json!({ "text": "${fickle.a.mood}" }))]);
    let evaluation = Evaluation::new(&declared).unwrap();
    assert!(evaluation.evaluations() < 5);
}
