//! What must be kept together when a kind is added.

use std::fs;
use std::path::Path;

use eclusa::kinds::KINDS;
use eclusa_planner::schema::SCHEMAS;

#[test]
fn every_schema_has_its_calls_and_its_row_in_the_readme() {
    let schemas: Vec<&str> = SCHEMAS.iter().map(|schema| schema.name()).collect();
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
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
