use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::Erased;
use crate::schema::tests::messages;

fn binding(role: &str, pattern: &str) -> BindingSpec {
    BindingSpec {
        principal: "User:sa-1".to_owned(),
        role_name: role.to_owned(),
        crn_pattern: pattern.to_owned(),
    }
}

proptest! {
    #[test]
    fn decoding_twice_is_decoding_once_and_makes_no_sentinel(text in "(\\PC|%[0-9A-Fa-f]{2}|%){0,20}") {
        let once = percent_decoded(&text);
        prop_assert_eq!(percent_decoded(&once), once.clone());
        prop_assert!(!sentinel::is_in(&once) || sentinel::is_in(&text));
    }
}

#[test]
fn a_pattern_is_the_same_however_it_is_encoded() {
    let plain = "crn://confluent.cloud/organization=o/environment=env-1/cloud-cluster=lkc-1/kafka=lkc-1/topic=a b*";
    let encoded = plain.replace('*', "%2A").replace(' ', "%20");
    let identity = |pattern: &str| RoleBinding::identity(&binding("DeveloperRead", pattern), "");
    assert_eq!(identity(plain), identity(&encoded));
    assert_eq!(
        RoleBinding::canonical(binding("DeveloperRead", &encoded)),
        binding("DeveloperRead", plain)
    );
    for kept in ["100%25 %zz %e", "%%320", "%2%30"] {
        assert_eq!(percent_decoded(kept), kept);
    }
}

#[test]
fn a_role_that_confluent_may_learn_is_no_error_and_a_misspelt_one_is() {
    let problems = |role: &str| {
        let spec = json!(binding(role, "crn://confluent.cloud/organization=o"));
        messages(&Erased::<RoleBinding>::new(), &spec)
    };
    assert_eq!(problems("TableflowAuditor"), [""; 0]);
    assert_eq!(problems("Operater"), ["role_name: there is no role \"Operater\""]);
    assert_eq!(problems("cluster admin").len(), 1);
}
