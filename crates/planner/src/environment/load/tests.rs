#![allow(clippy::unwrap_used)]

use super::*;
use crate::environment::trial::codes;
use crate::environment::trial::texts;

const TOP: &str = "environment: local\ncloud: embedded\naws: { region: us-east-1 }\n";

#[test]
fn a_layer_is_found_beside_the_file_that_names_it() {
    assert_eq!(
        beside("environments/a.yaml", "base.yaml").as_deref(),
        Some("environments/base.yaml")
    );
    assert_eq!(
        beside("environments/a.yaml", "./shared/base.yaml").as_deref(),
        Some("environments/shared/base.yaml")
    );
    assert_eq!(
        beside("environments/shared/base.yaml", "../other.yaml").as_deref(),
        Some("environments/other.yaml")
    );
    assert_eq!(
        beside("environments/a.yaml", "../layers/x.yaml").as_deref(),
        Some("layers/x.yaml")
    );
    for outside in ["../../x.yaml", "/etc/passwd", "..\\x.yaml"] {
        assert_eq!(beside("environments/a.yaml", outside), None, "{outside}");
    }
}

#[test]
fn layers_lie_on_top_of_each_other_three_deep() {
    let files = texts(&[
        (
            "environments/local.yaml",
            "environment: local\nextends: middle.yaml\nlimits: { call: 10s }\n",
        ),
        (
            "environments/middle.yaml",
            "extends: base.yaml\naws: { region: eu-west-1 }\nlimits: { wait: 2m }\n",
        ),
        (
            "environments/base.yaml",
            "environment: base\ncloud: embedded\naws: { region: us-east-1, account: any }\nlimits: { call: 20s, wait: 1m }\n",
        ),
    ]);
    let (settings, _) = crate::environment::settings(&files, "environments/local.yaml").unwrap();
    assert_eq!(settings.aws.region, "eu-west-1");
    assert_eq!(
        (settings.limits.call.as_secs(), settings.limits.wait.as_secs()),
        (10, 120)
    );
}

#[test]
fn what_a_layer_that_cannot_be_read_would_say_is_not_missing() {
    let gone = texts(&[(
        "environments/local.yaml",
        "extends: base.yaml\nlimits: { call: soon }\n",
    )]);
    assert_eq!(codes(&gone), ["missing-layer", "bad-duration"]);
    let broken = texts(&[
        (
            "environments/local.yaml",
            "extends: base.yaml\nlimits: { call: soon }\nstacks:\n  t: { stack: s }\n",
        ),
        ("environments/base.yaml", "environment: \"local\n"),
        ("stacks/s.yaml", "stack: s\ninputs:\n  a: { type: integer }\n"),
    ]);
    assert_eq!(codes(&broken), ["unclosed-quote", "bad-duration"]);
}

#[test]
fn extends_names_one_file_below_the_root() {
    let with = |extends: &str| {
        codes(&texts(&[(
            "environments/local.yaml",
            &format!("{TOP}extends: {extends}\n"),
        )]))
    };
    assert_eq!(with("[a.yaml]"), ["wrong-type"]);
    assert_eq!(with("../../a.yaml"), ["bad-path"]);
    assert_eq!(with("local.yaml"), ["layer-cycle"]);
    assert_eq!(with("null"), [""; 0]);
}

#[test]
fn a_missing_environment_says_which_there_are() {
    let files = texts(&[("environments/academy.yaml", TOP)]);
    let failed = crate::environment::declare(&files, "environments/acadmy.yaml", &Default::default()).unwrap_err();
    assert_eq!(failed.problems[0].code, "missing-environment");
    assert_eq!(failed.problems[0].hint.as_deref(), Some("did you mean `academy`?"));
}

#[test]
fn a_file_that_is_no_map_says_what_it_should_be() {
    assert_eq!(codes(&texts(&[("environments/local.yaml", "[a]\n")])), ["wrong-type"]);
    let files = texts(&[
        (
            "environments/local.yaml",
            &format!("{TOP}stacks: {{ t: {{ stack: s }} }}\n"),
        ),
        ("stacks/s.yaml", "text\n"),
    ]);
    assert_eq!(codes(&files), ["wrong-type"]);
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    struct Unreadable;
    impl Files for Unreadable {
        fn read(&self, _: &str) -> std::io::Result<String> {
            Err(io::ErrorKind::InvalidData.into())
        }
        fn list(&self, _: &str) -> Vec<String> {
            Vec::new()
        }
    }
    let failed = crate::environment::declare(&Unreadable, "environments/x.yaml", &Default::default()).unwrap_err();
    assert_eq!(
        failed.problems[0].message,
        "environments/x.yaml cannot be read: it is not UTF-8 text"
    );
}
