//! The rows of `aws_cloudformation_stack`. Capabilities are not compared; their test is that of the planner.

use aws_sdk_cloudformation::types::Parameter;
use serde_json::json;

use super::Clouds;
use super::Drift;
use super::Removed;
use super::Row;
use super::Rows;
use crate::stacks::change;
use crate::stacks::remove;

const ONE: &str = r#"
Parameters: { Days: { Type: Number, Default: 14 } }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub "/test/${AWS::StackName}", RetentionInDays: !Ref Days }
"#;
const OTHER: &str = r#"
Parameters: { Days: { Type: Number, Default: 14 } }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub "/other/${AWS::StackName}", RetentionInDays: !Ref Days }
"#;
const FOREIGN: &str = r#"
Parameters: { Days: { Type: Number, Default: 14 } }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub "/foreign/${AWS::StackName}", RetentionInDays: !Ref Days }
"#;

fn delete(cloud: &Clouds<'_>, stack: &str) {
    remove(cloud, stack);
}

pub(super) fn rows() -> Rows {
    let template: Drift = Box::new(|cloud, stack, _| change(cloud, stack, Some(FOREIGN), &[]));
    let parameters: Drift = Box::new(|cloud, stack, _| {
        let days = Parameter::builder().parameter_key("Days").parameter_value("90").build();
        change(cloud, stack, None, &[days]);
    });
    Rows {
        kind: "aws_cloudformation_stack",
        least: json!({ "template_file": "one.cfn.yaml" }),
        beside: vec![],
        files: &[("stacks/one.cfn.yaml", ONE), ("stacks/other.cfn.yaml", OTHER)],
        rows: vec![
            Row {
                path: "template_file",
                one: json!("one.cfn.yaml"),
                other: json!("other.cfn.yaml"),
                with: vec![],
                changed: &["template"],
                removed: Removed::Refused("`template_file`"),
                drift: template,
                drifted: (&["template"], &[]),
            },
            Row {
                path: "parameters",
                one: json!({ "Days": 7 }),
                other: json!({ "Days": 30 }),
                with: vec![],
                changed: &["parameters.Days"],
                removed: Removed::Planned(&["parameters.Days"]),
                drift: parameters,
                drifted: (&["parameters.Days"], &["parameters.Days"]),
            },
        ],
        elsewhere: &["capabilities"],
        delete,
        falls: &[],
    }
}
