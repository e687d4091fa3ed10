//! What must be kept together when a kind is added.

use std::fs;
use std::io;
use std::path::Path;

use eclusa::kinds::KINDS;
use eclusa::kinds::WITHOUT_CALLS;
use eclusa::kinds::with_calls;
use eclusa_planner::environment::Asked;
use eclusa_planner::environment::Files;
use eclusa_planner::environment::declare;
use eclusa_planner::schema::SCHEMAS;

#[test]
fn every_schema_has_its_calls_unless_it_is_named_and_its_row_in_the_readme() {
    let schemas: Vec<&str> = SCHEMAS.iter().map(|schema| schema.name()).collect();
    let called = KINDS.iter().map(|kind| kind.name());
    let kinds: Vec<&str> = called.chain(WITHOUT_CALLS.iter().copied()).collect();
    assert_eq!(schemas, kinds);
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let table = readme.split("## Kinds").nth(1).unwrap().split("\n## ").next().unwrap();
    for schema in SCHEMAS {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", schema.name())));
        let row = row.unwrap_or_else(|| panic!("README has no row for {}", schema.name()));
        for (output, _) in schema.outputs() {
            assert!(
                row.contains(&format!("`{output}`")),
                "the row of {} lacks `{output}`",
                schema.name()
            );
        }
    }
}

struct Written(&'static str);

impl Files for Written {
    fn read(&self, path: &str) -> io::Result<String> {
        match path {
            "environments/local.yaml" => Ok(
                "environment: local\ncloud: embedded\naws: { region: us-east-1 }\nstacks: { t: { stack: s } }\n"
                    .to_owned(),
            ),
            "stacks/s.yaml" => Ok(format!("stack: s\nresources:\n{}", self.0)),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn what_cannot_be_called_yet_is_refused_where_it_is_declared() {
    let files = Written("  aws_sqs_queue.a: {}\n  confluent_environment.main: {}\n");
    let declared = declare(&files, "environments/local.yaml", &Asked::default());
    let failed = declared.and_then(with_calls).expect_err("an environment of Confluent");
    let codes: Vec<&str> = failed.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["kind-not-built"]);
    let span = failed.problems[0].labels[0].span;
    let text = &failed.sources.get(span.file).unwrap().text;
    assert_eq!(text.get(span.start..span.end), Some("confluent_environment.main"));
}

#[test]
fn each_word_of_another_tool_in_the_readme_is_suggested() {
    let queue = eclusa_planner::schema::find("aws_sqs_queue").unwrap();
    assert!(
        queue
            .near_misses()
            .contains(&("max_message_size", "maximum_message_size"))
    );
    let rule = eclusa_planner::schema::find("aws_iot_topic_rule").unwrap();
    assert!(rule.near_misses().contains(&("sql_version", "aws_iot_sql_version")));
}
