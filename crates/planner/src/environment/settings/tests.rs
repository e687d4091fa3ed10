#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::super::declared::*;
use super::parse_duration;
use crate::environment::Asked;
use crate::environment::declare;
use crate::environment::settings;
use crate::environment::trial::codes;
use crate::environment::trial::problems;
use crate::environment::trial::texts;
use crate::environment::walk;
use crate::resource::SecretSource;

const FULL: &str = "environment: local\ncloud: live\naws:\n  region: eu-west-1\n  account: \"123456789012\"\n  \
                    roles: { existing: LabRole }\nconfluent:\n  organization: 11111111-2222-3333-4444-555555555555\n  \
                    api_key: { id: { secret: \"env:ID\" }, secret: { secret: \"file:key\" } }\n  kafka_api_keys:\n    \
                    t/confluent_kafka_cluster.main: { id: { secret: \"env:K\" }, secret: { secret: \"env:S\" } }\n\
                    expires_after: 4h\n\
                    limits: { call: 20s, wait: 5m }\nembedded: { delays: real, idle: 2m, faults: faults.yaml }\n\
                    drift: { unseen: [aws_iam_role] }\nbuild: { libc: gnu }\n";

fn of(text: &str) -> Settings {
    settings(&texts(&[("environments/local.yaml", text)]), "environments/local.yaml")
        .unwrap()
        .0
}

fn wrong(text: &str) -> Vec<(String, String)> {
    problems(&texts(&[("environments/local.yaml", text)]))
}

#[test]
fn every_setting_is_read() {
    let expected = Settings {
        environment: "local".to_owned(),
        path: "environments/local.yaml".to_owned(),
        cloud: Cloud::Live,
        aws: AwsSettings {
            region: "eu-west-1".to_owned(),
            account: Some("123456789012".to_owned()),
            roles: Roles::Existing("LabRole".to_owned()),
        },
        confluent: Some(ConfluentSettings {
            organization: Some("11111111-2222-3333-4444-555555555555".to_owned()),
            api_key: Some((
                SecretSource::Environment("ID".to_owned()),
                SecretSource::File("key".to_owned()),
            )),
            kafka_api_keys: [(
                "t/confluent_kafka_cluster.main".to_owned(),
                (
                    SecretSource::Environment("K".to_owned()),
                    SecretSource::Environment("S".to_owned()),
                ),
            )]
            .into(),
        }),
        expires_after: Some(Duration::from_secs(4 * 3600)),
        limits: Limits {
            call: Duration::from_secs(20),
            wait: Duration::from_secs(300),
        },
        embedded: EmbeddedSettings {
            delays: Delays::Real,
            idle: Duration::from_secs(120),
            faults: Some("faults.yaml".to_owned()),
        },
        unseen: vec!["aws_iam_role".to_owned()],
        libc: Libc::Gnu,
    };
    assert_eq!(of(FULL), expected);
}

#[test]
fn what_is_left_out_has_its_default() {
    let made = of("environment: local\naws: { region: us-east-1 }\n");
    assert_eq!(
        (made.cloud, made.aws.account, made.aws.roles),
        (Cloud::Live, None, Roles::Managed)
    );
    assert_eq!((made.limits.call.as_secs(), made.limits.wait.as_secs()), (40, 600));
    assert_eq!(
        (made.embedded.delays, made.embedded.idle.as_secs(), made.embedded.faults),
        (Delays::Fast, 60, None)
    );
    assert_eq!(
        (made.confluent, made.expires_after, made.unseen),
        (None, None, Vec::new())
    );
}

#[test]
fn any_is_no_account_and_no_organisation() {
    let made = of(
        "environment: local\naws: { region: us-east-1, account: any, roles: managed }\nconfluent: { organization: any }\n",
    );
    assert_eq!((made.aws.account, made.aws.roles), (None, Roles::Managed));
    assert_eq!(made.confluent.and_then(|confluent| confluent.organization), None);
}

#[test]
fn an_environment_is_called_as_its_file() {
    assert_eq!(
        wrong("environment: other\naws: { region: us-east-1 }\n"),
        [("name-mismatch".to_owned(), "other".to_owned())]
    );
    assert_eq!(wrong("aws: { region: us-east-1 }\n")[0].0, "missing-attribute");
    let named = |name: &str| {
        let path = format!("environments/{name}.yaml");
        let text = format!("environment: {name}\naws: {{ region: us-east-1 }}\n");
        settings(&texts(&[(&path, &text)]), &path).is_ok()
    };
    assert!(named("a") && named("a-1") && named("abcdefghijklmnopqrst"));
    assert!(!named("A") && !named("1a") && !named("a_b") && !named("abcdefghijklmnopqrstu"));
}

#[test]
fn instances_and_regions_and_accounts_are_spelt_right() {
    let text = "environment: local\naws: { region: useast1, account: \"1234\" }\nstacks:\n  a-b: { stack: s }\n  \
                abcdefghijklmnopqrstu: { stack: s }\n  ok: { stack: ../s }\n";
    let found: Vec<String> = wrong(text).into_iter().map(|(_, text)| text).collect();
    for framed in ["useast1", "\"1234\"", "a-b", "abcdefghijklmnopqrstu", "../s"] {
        assert!(found.iter().any(|text| text == framed), "{framed} in {found:?}");
    }
    assert_eq!(found.len(), 5);
}

#[test]
fn a_length_of_time_is_a_number_and_a_unit() {
    for (text, seconds) in [("40s", 40), ("10m", 600), ("4h", 14_400), ("001s", 1)] {
        assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
    }
    for text in [
        "",
        "s",
        "40",
        "0s",
        "4 h",
        "-1s",
        "+1s",
        "1.5h",
        "4d",
        "10mm",
        "99999999999999999999h",
        "9000h",
        "4ä",
        "ä",
    ] {
        assert_eq!(parse_duration(text), None, "{text}");
    }
}

#[test]
fn secrets_stand_only_where_the_file_takes_them() {
    let text = "environment: local\naws: { region: us-east-1 }\nconfluent:\n  organization: { secret: \"env:X\" }\n  \
                api_key: { id: plain, secret: { secret: \"env:Y\" } }\n";
    let codes: Vec<String> = wrong(text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert!(codes.contains(&"plain-secret".to_owned()), "{codes:?}");
}

#[test]
fn keys_of_clusters_merge_by_cluster_and_a_null_takes_one_away() {
    let key = |name: &str| format!("{{ id: {{ secret: \"env:{name}_ID\" }}, secret: {{ secret: \"env:{name}\" }} }}");
    let cluster = |name: &str| format!("t/confluent_kafka_cluster.{name}");
    let keys = |entries: &[(&str, &str)]| {
        let entries = entries
            .iter()
            .map(|(name, key)| format!("    {}: {key}\n", cluster(name)));
        format!("confluent:\n  kafka_api_keys:\n{}", entries.collect::<String>())
    };
    let (a, b, c) = (key("A"), key("B"), key("C"));
    let below = format!(
        "aws: {{ region: us-east-1 }}\n{}",
        keys(&[("a", &a), ("b", &b), ("c", &c)])
    );
    let over = format!(
        "environment: local\nextends: base.yaml\n{}",
        keys(&[("b", "{ secret: { secret: \"env:NEW\" } }"), ("c", "null")])
    );
    let files = texts(&[("environments/local.yaml", &over), ("environments/base.yaml", &below)]);
    let made = settings(&files, "environments/local.yaml").unwrap().0;
    let secret = |name: &str| SecretSource::Environment(name.to_owned());
    let expected = [
        (cluster("a"), (secret("A_ID"), secret("A"))),
        (cluster("b"), (secret("B_ID"), secret("NEW"))),
    ];
    assert_eq!(made.confluent.unwrap().kafka_api_keys, expected.into());
}

#[test]
fn a_secret_in_plain_text_is_concealed_under_a_misspelt_attribute_too() {
    for attribute in ["kafka_api_keys", "kafka_api_key"] {
        let text = format!(
            "environment: local\naws: {{ region: us-east-1 }}\nconfluent:\n  {attribute}: {{ c: {{ id: plain-text, secret: \
             plain-text }} }}\n"
        );
        let files = texts(&[("environments/local.yaml", &text)]);
        let failed = settings(&files, "environments/local.yaml").unwrap_err();
        let shown = crate::environment::diagnostic::render(&failed.problems, &failed.sources);
        assert_eq!(shown.matches("error[plain-secret]").count(), 2, "{shown}");
        assert!(!shown.contains("plain-text"), "{shown}");
    }
}

#[test]
fn settings_are_read_without_the_stacks() {
    let text = "environment: local\naws: { region: us-east-1 }\nstacks:\n  t: { stack: nowhere }\n";
    assert_eq!(of(text).environment, "local");
    assert_eq!(codes(&texts(&[("environments/local.yaml", text)])), ["missing-stack"]);
}

#[test]
fn the_place_is_what_the_file_says_else_what_was_asked() {
    let place = |text: &str, asked: &Asked| {
        let files = texts(&[("environments/local.yaml", text)]);
        declare(&files, "environments/local.yaml", asked).unwrap().place
    };
    let asked = Asked {
        account: Some("999999999999".to_owned()),
        organization: Some("org".to_owned()),
        elsewhere: None,
    };
    let live = "environment: local\naws: { region: cn-north-1 }\n";
    let made = place(live, &asked);
    assert_eq!(
        (
            made.account.as_deref(),
            made.organization.as_deref(),
            made.partition.as_str()
        ),
        (Some("999999999999"), Some("org"), "aws-cn")
    );
    assert_eq!(place(live, &Asked::default()).account, None);
    let embedded = "environment: local\ncloud: embedded\naws: { region: us-east-1 }\n";
    assert_eq!(
        place(embedded, &Asked::default()).account.as_deref(),
        Some("123456789012")
    );
    let said = "environment: local\ncloud: embedded\naws: { region: us-east-1, account: \"000000000001\" }\n";
    assert_eq!(place(said, &asked).account.as_deref(), Some("000000000001"));
    let elsewhere = Asked {
        elsewhere: Some(crate::environment::Elsewhere {
            account: "222222222222".to_owned(),
            region: "us-gov-east-1".to_owned(),
        }),
        ..asked
    };
    let made = place(said, &elsewhere);
    assert_eq!(made.owner().unwrap().0, "local@222222222222/us-gov-east-1");
    assert_eq!(made.partition, "aws-us-gov");
}

#[test]
fn the_walk_knows_every_word_of_the_published_schema() {
    assert_eq!(walk::unsupported(&super::json_schema()), Vec::<String>::new());
}
