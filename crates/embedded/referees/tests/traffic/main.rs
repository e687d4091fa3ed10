//! What the built eclusa and the embedded Confluent say to each other over the life of the shipped pipeline, every request
//! and every answer held against Confluent's OpenAPI files.
//!
//! `ECLUSA_REFEREES` names the folder that holds them, `ECLUSA_BINARY` the binary. Run by `.ci/referees`.
#![allow(clippy::unwrap_used)]

mod operations;
mod proxy;
#[path = "../specification/specification.rs"]
#[allow(dead_code)]
mod specification;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use eclusa_embedded::ConfluentSettings;
use eclusa_embedded::Options;
use eclusa_embedded::ServerFile;
use eclusa_embedded::Settings;
use eclusa_embedded::read_server_file;
use eclusa_embedded::serve;
use eclusa_embedded::switches::EmptyLists;
use eclusa_embedded::switches::StatusCodes;
use eclusa_embedded::write_settings;
use tempfile::TempDir;

use crate::operations::Operations;
use crate::proxy::Kept;

fn given(name: &str) -> PathBuf {
    let given = std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: run .ci/referees"));
    PathBuf::from(given)
}

/// The shipped files with an environment that reaches a cloud like a real one, at these addresses.
struct World {
    root: TempDir,
    aws: String,
    control: String,
    kafka: String,
}

impl World {
    async fn new(server: &ServerFile, kept: &Kept) -> Self {
        let root = tempfile::tempdir().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        for folder in ["environments", "stacks", "stacks/telemetry"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            for entry in fs::read_dir(shipped.join(folder)).unwrap().flatten() {
                if entry.file_type().unwrap().is_file() {
                    fs::copy(entry.path(), root.path().join(folder).join(entry.file_name())).unwrap();
                }
            }
        }
        let world = Self {
            root,
            aws: server.aws_endpoint().unwrap(),
            control: proxy::start(server.confluent_port().unwrap(), Kept::clone(kept)).await,
            kafka: proxy::start(server.kafka_port().unwrap(), Kept::clone(kept)).await,
        };
        fs::write(world.root.path().join("stacks/bridge.zip"), "PK\u{3}\u{4}").unwrap();
        world.edit("stacks/telemetry.yaml", "build: bridge ", "filename: bridge.zip ");
        let key = "confluent: { api_key: { id: { secret: \"env:KEY\" }, secret: { secret: \"env:SECRET\" } } }\n";
        world.edit(
            "environments/local.yaml",
            "cloud: embedded\n",
            &format!("cloud: live\n{key}"),
        );
        world
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.root.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{} does not hold {from:?}", path.display());
        fs::write(path, text.replace(from, to)).unwrap();
    }

    async fn eclusa(&self, arguments: &[&str]) {
        let mut command = tokio::process::Command::new(given("ECLUSA_BINARY"));
        command.args(arguments).current_dir(self.root.path()).kill_on_drop(true);
        command
            .env("AWS_ENDPOINT_URL", &self.aws)
            .env("AWS_REGION", "us-east-1");
        command
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any");
        command.env("KEY", "CLOUDKEY").env("SECRET", "any");
        command.env("ECLUSA_CONFLUENT_ENDPOINT", &self.control);
        command.env("ECLUSA_KAFKA_ENDPOINT", &self.kafka);
        let ended = tokio::time::timeout(Duration::from_secs(240), command.output()).await;
        let output = ended.expect("an end in time").unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// With the switches that speak as the specification does.
async fn start(folder: &Path) -> ServerFile {
    let settings = Settings {
        idle_ms: 0,
        confluent: ConfluentSettings {
            status_codes: StatusCodes::Specified,
            empty_lists: EmptyLists::List,
            ..ConfluentSettings::default()
        },
        ..Settings::default()
    };
    write_settings(folder, &settings).unwrap();
    let options = Options {
        folder: folder.to_owned(),
        build_id: "referees".to_owned(),
    };
    tokio::spawn(serve(options));
    loop {
        match read_server_file(folder).unwrap() {
            Some(file) => return file,
            None => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

/// Where the specification is contradicted by published bodies (a Cloud key's resource is named `cloud`, Kafka REST and
/// role bindings refuse in shapes of their own, a connector's type may be unknown), or by itself (with a service account for authentication a connector has no
/// API key).
const CONTRADICTED: &[&str] = &[
    "\"cloud\" is not a \"uri\" at ",
    "GET /kafka/v3/clusters/{cluster_id}: answered 401: \"<html>",
    "/iam/v2/role-bindings/{id}: answered 403: \"errors\" is a required property",
    "\"kafka.api.key\" is a required property",
    "\"kafka.api.secret\" is a required property",
    "\"unknown\" is not one of \"sink\" or \"source\" at ",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_request_and_every_answer_is_as_the_specification_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    let kept = Kept::default();
    let world = World::new(&server, &kept).await;
    world.eclusa(&["apply", "local", "--yes"]).await;
    world.eclusa(&["plan", "local"]).await;
    world.edit(
        "environments/local.yaml",
        "air: { partitions: 6 }",
        "air: { partitions: 8, retention_ms: 3600000 }",
    );
    world.edit("stacks/telemetry.yaml", "ProvidedInValueStrategy", "FullKeyStrategy");
    world.edit("stacks/telemetry.yaml", "\"MongoDB sink\"", "\"The sink\"");
    world.eclusa(&["apply", "local", "--yes"]).await;
    world.edit("environments/local.yaml", ", retention_ms: 3600000", "");
    world.eclusa(&["apply", "local", "--yes"]).await;
    world.eclusa(&["destroy", "local", "--yes"]).await;

    let operations = Operations::read(&given("ECLUSA_REFEREES"));
    let exchanges = kept.lock().unwrap().clone();
    let mut met = BTreeMap::<String, usize>::new();
    let mut problems = BTreeSet::new();
    for exchange in &exchanges {
        let (operation, found) = operations.judge(exchange);
        *met.entry(operation).or_default() += 1;
        problems.extend(found);
    }
    println!("{} exchanges of {} operations: {met:#?}", exchanges.len(), met.len());
    assert!(met.len() > 25, "{met:#?}");
    problems.retain(|problem| !CONTRADICTED.iter().any(|known| problem.contains(known)));
    assert!(
        problems.is_empty(),
        "{}",
        problems.into_iter().collect::<Vec<_>>().join("\n")
    );
}
