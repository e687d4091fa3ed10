#![allow(clippy::unwrap_used)]

use std::fs;

use secrecy::ExposeSecret;

use super::*;
use crate::clients::confluent::testing::Canned;
use crate::clients::confluent::testing::answer;
use crate::clients::confluent::testing::io;

const FILE: &str = "environments/dev.yaml";

fn process(name: &str) -> Option<OsString> {
    match name {
        "SET" => Some("from the process".into()),
        "EMPTY" => Some("".into()),
        _ => None,
    }
}

fn secrets(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Secrets) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("environments")).unwrap();
    for (path, text) in files {
        fs::write(root.path().join(path), text).unwrap();
    }
    let secrets = Secrets::with(root.path(), FILE, process);
    (root, secrets)
}

async fn read_one(secrets: &Secrets, source: &str) -> Result<String, Unresolved> {
    let source = SecretSource::parse(source).unwrap();
    let text = secrets.resolve(&io("http://127.0.0.1:1").await, &source).await?;
    Ok(text.expose_secret().to_owned())
}

#[tokio::test]
async fn a_variable_is_the_process_s_before_it_is_the_file_s() {
    let (_root, secrets) = secrets(&[("environments/.env", b"SET=from the file's\n")]);
    assert_eq!(read_one(&secrets, "env:SET").await.unwrap(), "from the process");
    let (_root, secrets) = self::secrets(&[("environments/.env", b"EMPTY=filled\nOTHER=other\n")]);
    assert_eq!(read_one(&secrets, "env:EMPTY").await.unwrap(), "filled");
    assert_eq!(read_one(&secrets, "env:OTHER").await.unwrap(), "other");
}

#[tokio::test]
async fn an_unset_variable_names_both_places_where_it_can_be_set() {
    let (_root, secrets) = secrets(&[]);
    let error = read_one(&secrets, "env:NOWHERE").await.unwrap_err();
    assert!(error.is_unset());
    let told = "the secret `env:NOWHERE` is not set: export NOWHERE, or write NOWHERE=... in environments/.env";
    assert_eq!(error.to_string(), told);
}

#[tokio::test]
async fn a_wrong_line_is_named_and_its_text_is_not() {
    let (_root, secrets) = secrets(&[("environments/.env", b"A=1\nhush-hush\nB=x hush y\n")]);
    let error = read_one(&secrets, "env:A").await.unwrap_err();
    assert!(!error.is_unset());
    let told = error.to_string();
    assert!(
        told.contains("environments/.env:2: ") && told.contains("environments/.env:3: "),
        "{told}"
    );
    assert!(
        !told.contains("hush") && !format!("{error:?}").contains("hush"),
        "{told}"
    );
}

#[tokio::test]
async fn a_file_lies_under_the_root_and_ends_before_one_newline() {
    let files: [(&str, &[u8]); 4] = [
        ("a", b"x\n"),
        ("b", b"x\r\n"),
        ("c", b"x\n\n"),
        ("environments/d", b" x "),
    ];
    let (_root, secrets) = secrets(&files);
    for (path, text) in [("a", "x"), ("b", "x"), ("c", "x\n"), ("environments/d", " x ")] {
        assert_eq!(read_one(&secrets, &format!("file:{path}")).await.unwrap(), text);
    }
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_unreadable_and_what_is_not_there_is_unset() {
    let long = vec![b'x'; 65_537];
    let longest = vec![b'x'; 65_536];
    let (_root, secrets) = secrets(&[
        ("bytes", b"\xff"),
        ("long", &long),
        ("longest", &longest),
        ("empty", b"\n"),
    ]);
    assert_eq!(read_one(&secrets, "file:longest").await.unwrap().len(), 65_536);
    for (path, is_unset) in [
        ("bytes", false),
        ("long", false),
        ("environments", false),
        ("nowhere", true),
        ("empty", true),
    ] {
        let error = read_one(&secrets, &format!("file:{path}")).await.unwrap_err();
        assert_eq!(error.is_unset(), is_unset, "{error}");
        assert!(error.to_string().contains(&format!("`file:{path}`")), "{error}");
    }
}

#[tokio::test]
async fn a_stored_secret_is_asked_for_its_current_value_each_time() {
    let text = r#"{"SecretString":"{\"password\":\"old\"}"}"#;
    let binary = r#"{"SecretBinary":"aHVzaA=="}"#;
    let gone = r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}"#;
    let bytes = vec![
        answer(200, "", text),
        answer(200, "", text.replace("old", "new")),
        answer(200, "", binary),
        answer(400, "", gone),
    ];
    let canned = Canned::serve(bytes).await;
    let io = io(&canned.url).await;
    let (_root, secrets) = secrets(&[]);
    let source = SecretSource::parse("aws:dev/mongodb#password").unwrap();
    for expected in ["old", "new"] {
        let text = secrets.resolve(&io, &source).await.unwrap();
        assert_eq!(text.expose_secret(), expected);
    }
    assert!(!secrets.resolve(&io, &source).await.unwrap_err().is_unset());
    assert!(secrets.resolve(&io, &source).await.unwrap_err().is_unset());
    assert_eq!(canned.seen()[0].body, r#"{"SecretId":"dev/mongodb"}"#);
    assert_eq!(io.calls().get("secretsmanager"), Some(&4));
}

#[test]
fn a_member_is_a_text_and_the_rest_of_the_value_is_never_told() {
    let source = SecretSource::parse("aws:keys#password").unwrap();
    let value = r#"{"password": "x", "port": 9092, "hush": {"hush": "hush"}, "none": null}"#;
    assert_eq!(member(&source, value, "password").unwrap(), "x");
    assert_eq!(member(&source, value, "port").unwrap(), "9092");
    assert!(member(&source, value, "absent").unwrap_err().is_unset());
    assert!(member(&source, value, "none").unwrap_err().is_unset());
    for (value, key) in [(value, "hush"), ("hush", "password"), ("[\"hush\"]", "password")] {
        let error = member(&source, value, key).unwrap_err();
        assert!(!error.is_unset());
        assert!(!error.to_string().replace("`hush`", "").contains("hush"), "{error}");
    }
}

#[test]
fn a_secret_without_a_current_value_is_unset_and_a_forbidden_one_is_not() {
    let source = SecretSource::parse("aws:keys").unwrap();
    let asked = |class, code, text| not_stored(&source, ProviderError::own(GET_VALUE, class, code, text));
    assert!(asked(Class::NotFound, "ResourceNotFoundException", "").is_unset());
    let going = "You can't perform this operation on the secret because it was marked for deletion.";
    assert!(asked(Class::Invalid, "InvalidRequestException", going).is_unset());
    let denied = asked(Class::Denied, "AccessDeniedException", "no");
    assert!(!denied.is_unset());
    assert_eq!(denied.into_error(GET_VALUE, Class::Invalid).class, Class::Denied);
}
