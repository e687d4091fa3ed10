use proptest::prelude::*;

use super::*;

const KIND: &str = "confluent_service_account";

fn owner() -> Owner {
    Owner("local@123456789012/us-east-1".to_owned())
}

fn mark(resource: &Address) -> Mark {
    Mark {
        owner: owner(),
        address: resource.tag_text(),
        digest: Digest("1:0123456789abcdef".to_owned()),
        protect: false,
    }
}

prop_compose! {
    fn any_address()(
        instance in "[a-z][a-z0-9_]{0,19}",
        name in "[a-z][a-z0-9_]{0,39}",
        key in prop::option::of("[A-Za-z0-9._-]{1,40}"),
    ) -> Address {
        Address { key, ..Address::new(&instance, KIND, &name) }
    }
}

proptest! {
    #[test]
    fn a_description_reads_back(text in "[ -~]{0,40}", resource in any_address()) {
        let written = written(&text, &mark(&resource), &resource);
        let (declared, read) = read(&written, KIND, &owner());
        prop_assert_eq!(declared, text);
        let read = read.expect("a mark");
        prop_assert!(names(&read, &resource), "{:?}", read);
        prop_assert_eq!((read.owner, read.digest), (owner(), mark(&resource).digest));
    }

    #[test]
    fn a_text_that_has_room_fits_with_its_mark(resource in any_address(), environment in "[a-z][a-z0-9-]{0,19}") {
        let owner = Owner(format!("{environment}@123456789012/us-east-1"));
        let text = "x".repeat(room(&environment, &resource));
        let written = written(&text, &Mark { owner, ..mark(&resource) }, &resource);
        prop_assert_eq!(written.chars().count(), LENGTH);
    }

    #[test]
    fn no_text_makes_reading_fail(text in "\\PC{0,60}", tail in "\\[eclusa [ -~]{0,40}\\]") {
        let (declared, _) = read(&text, KIND, &owner());
        prop_assert!(text.starts_with(declared));
        let text = text + &tail;
        prop_assert!(text.starts_with(read(&text, KIND, &owner()).0));
    }
}

#[test]
fn two_long_addresses_stay_apart_and_are_named_by_their_cut() {
    let long = |end: &str| Address::new("telemetry", KIND, &format!("{}{end}", "x".repeat(39)));
    let (one, other) = (long("a"), long("b"));
    let cut = address(&one);
    assert_eq!((cut.chars().count(), cut.contains('~')), (40, true));
    assert_ne!(cut, address(&other));
    let text = written("", &mark(&one), &one);
    let (_, read) = read(&text, KIND, &owner());
    let read = read.expect("a mark");
    assert!(names(&read, &one) && !names(&read, &other), "{read:?}");
}

#[test]
fn another_owner_is_known_by_environment_and_tag() {
    let other = Owner("prod@210987654321/eu-west-1".to_owned());
    let resource = Address::new("telemetry", KIND, "admin");
    let text = written(
        "x",
        &Mark {
            owner: other.clone(),
            ..mark(&resource)
        },
        &resource,
    );
    let (declared, read) = read(&text, KIND, &owner());
    assert_eq!(declared, "x");
    assert_eq!(read.expect("a mark").owner, Owner::of_tag("prod", &other.tag()));
}

#[test]
fn an_account_is_told_by_its_name_and_what_it_is_for_by_its_description() {
    let resource = Address::new("telemetry", KIND, "admin");
    let text = written("x", &mark(&resource), &resource);
    let name = format!("admin-{}", owner().tag());
    assert_eq!(of_account(&name, &text, KIND, &owner()), Some(mark(&resource)));
    assert_eq!(of_account(&name, "edited", KIND, &owner()), Some(Mark::of(&owner())));
    assert_eq!(of_account("admin", &text, KIND, &owner()), None);
    assert_eq!(of_account("admin", "x", KIND, &owner()), None);
}
