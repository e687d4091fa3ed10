//! Raw HTTP against a server in this process.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::testing::Answer;
use crate::testing::Cloud;

/// What the fast delays make of a change set's making and of one resource's turn, in milliseconds.
const READY: u64 = 30;
const STEP: u64 = 10;

const TEMPLATE: &str = r#"
Description: one log group and, if wanted, one alarm
Parameters:
  Name: { Type: String }
  Days: { Type: Number, Default: 14, AllowedValues: [7, 13, 14] }
  Loud: { Type: String, Default: "false" }
  Key: { Type: String, NoEcho: true, Default: hidden }
Conditions:
  Loud: !Equals [!Ref Loud, "true"]
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub "/${AWS::StackName}/${Name}"
      RetentionInDays: !Ref Days
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Condition: Loud
    Properties:
      AlarmDescription: !Join ["-", [!Ref Name, !GetAtt Logs.Arn]]
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Threshold: !If [Loud, 1, !Ref AWS::NoValue]
Outputs:
  Arn: { Value: !GetAtt Logs.Arn, Description: where }
"#;

type Parameters<'p> = &'p [(&'p str, &'p str)];

async fn cfn(cloud: &Cloud, action: &str, parameters: Parameters<'_>) -> Answer {
    let head = "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20261122/us-east-1/cloudformation/aws4_request, \
                SignedHeaders=host, Signature=00\r\n";
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", "2010-05-15");
    let body = form.extend_pairs(parameters).finish();
    cloud.send(head, &body).await.expect("an answer")
}

async fn done(cloud: &Cloud, action: &str, parameters: Parameters<'_>) -> String {
    let answer = cfn(cloud, action, parameters).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Code and message of a refused call.
async fn refused(cloud: &Cloud, action: &str, parameters: Parameters<'_>) -> (String, String) {
    let answer = cfn(cloud, action, parameters).await;
    assert!(answer.status >= 400, "{answer:?}");
    let part = |element| texts(&answer.body, element).first().cloned().unwrap_or_default();
    (part("Code"), part("Message"))
}

fn texts(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once(&close))
        .map(|(text, _)| text.replace("&quot;", "\""))
        .collect()
}

fn text(xml: &str, element: &str) -> String {
    texts(xml, element).first().cloned().unwrap_or_default()
}

/// The parameters of a change set for the stack `s`.
fn change_set<'p>(kind: &'p str, template: &'p str, values: Parameters<'p>) -> Vec<(String, &'p str)> {
    let mut parameters = vec![
        ("StackName".to_owned(), "s"),
        ("ChangeSetName".to_owned(), "c"),
        ("ChangeSetType".to_owned(), kind),
        ("TemplateBody".to_owned(), template),
        ("Tags.member.1.Key".to_owned(), "owner"),
        ("Tags.member.1.Value".to_owned(), "us"),
    ];
    for (number, (key, value)) in values.iter().enumerate() {
        let member = format!("Parameters.member.{}", number + 1);
        parameters.push((format!("{member}.ParameterKey"), key));
        parameters.push((format!("{member}.ParameterValue"), value));
    }
    parameters
}

fn borrowed<'p>(parameters: &'p [(String, &'p str)]) -> Vec<(&'p str, &'p str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect()
}

async fn open(cloud: &Cloud, kind: &str, template: &str, values: Parameters<'_>) -> String {
    let parameters = change_set(kind, template, values);
    done(cloud, "CreateChangeSet", &borrowed(&parameters)).await
}

async fn open_refused(cloud: &Cloud, kind: &str, template: &str, values: Parameters<'_>) -> String {
    let parameters = change_set(kind, template, values);
    let (code, message) = refused(cloud, "CreateChangeSet", &borrowed(&parameters)).await;
    assert_eq!(code, "ValidationError", "{message}");
    message
}

const SET: [(&str, &str); 2] = [("StackName", "s"), ("ChangeSetName", "c")];

async fn execute(cloud: &Cloud) {
    cloud.advance(READY);
    let parameters = [SET[0], SET[1], ("ClientRequestToken", "t-1")];
    done(cloud, "ExecuteChangeSet", &parameters).await;
}

async fn describe(cloud: &Cloud) -> String {
    done(cloud, "DescribeStacks", &[SET[0]]).await
}

async fn status(cloud: &Cloud) -> String {
    text(&describe(cloud).await, "StackStatus")
}

/// `logical status` of the events, newest first.
async fn events(cloud: &Cloud, stack: &str) -> Vec<String> {
    let page = done(cloud, "DescribeStackEvents", &[("StackName", stack)]).await;
    let logical = texts(&page, "LogicalResourceId");
    let statuses = texts(&page, "ResourceStatus");
    logical
        .iter()
        .zip(statuses)
        .map(|(name, status)| format!("{name} {status}"))
        .collect()
}

/// A stack that is made.
async fn made(cloud: &Cloud, values: Parameters<'_>) -> String {
    let id = text(&open(cloud, "CREATE", TEMPLATE, values).await, "StackId");
    execute(cloud).await;
    cloud.advance(5 * STEP);
    assert_eq!(status(cloud).await, "CREATE_COMPLETE");
    id
}

#[tokio::test]
async fn a_stack_is_made_by_a_change_set_step_by_step() {
    let cloud = Cloud::start().await;
    open(&cloud, "CREATE", TEMPLATE, &[("Name", "a"), ("Loud", "true")]).await;
    let shell = describe(&cloud).await;
    assert_eq!(text(&shell, "StackStatus"), "REVIEW_IN_PROGRESS");
    assert!(!shell.contains("<Tags>"), "{shell}");
    let set = done(&cloud, "DescribeChangeSet", &SET).await;
    assert_eq!(
        (text(&set, "Status"), text(&set, "ExecutionStatus")),
        ("CREATE_IN_PROGRESS".into(), "UNAVAILABLE".into())
    );
    let early = refused(&cloud, "ExecuteChangeSet", &SET).await;
    assert_eq!(early.0, "InvalidChangeSetStatus");
    cloud.advance(READY);
    let set = done(&cloud, "DescribeChangeSet", &SET).await;
    assert_eq!(text(&set, "Status"), "CREATE_COMPLETE");
    assert_eq!(texts(&set, "Action"), ["Add", "Add"]);
    assert_eq!(text(&set, "Value"), "us");
    execute(&cloud).await;
    assert_eq!(status(&cloud).await, "CREATE_IN_PROGRESS");
    assert_eq!(
        events(&cloud, "s").await,
        ["Logs CREATE_IN_PROGRESS", "s CREATE_IN_PROGRESS"]
    );
    let cloud = cloud.restart().await;
    cloud.advance(2 * STEP);
    let stack = describe(&cloud).await;
    assert_eq!(text(&stack, "StackStatus"), "CREATE_COMPLETE");
    assert_eq!(
        text(&stack, "OutputValue"),
        "arn:aws:logs:us-east-1:123456789012:log-group:/s/a:*"
    );
    assert_eq!(text(&stack, "Description"), "one log group and, if wanted, one alarm");
    assert_eq!(
        events(&cloud, "s").await,
        [
            "s CREATE_COMPLETE",
            "Alarm CREATE_COMPLETE",
            "Alarm CREATE_IN_PROGRESS",
            "Logs CREATE_COMPLETE",
            "Logs CREATE_IN_PROGRESS",
            "s CREATE_IN_PROGRESS",
        ]
    );
    let resources = done(&cloud, "DescribeStackResources", &[SET[0]]).await;
    let physical = texts(&resources, "PhysicalResourceId");
    assert!(
        physical[0].starts_with("s-Alarm-") && physical[1] == "/s/a",
        "{physical:?}"
    );
    assert_eq!(refused(&cloud, "DescribeChangeSet", &SET).await.0, "ChangeSetNotFound");
    let page = done(&cloud, "DescribeStackEvents", &[SET[0]]).await;
    assert_eq!(texts(&page, "ClientRequestToken").len(), 6);
}

#[tokio::test]
async fn parameters_have_their_defaults_and_a_masked_one_is_not_shown() {
    let cloud = Cloud::start().await;
    made(&cloud, &[("Name", "a"), ("Key", "marker")]).await;
    let stack = describe(&cloud).await;
    let shown: Vec<_> = texts(&stack, "ParameterKey")
        .into_iter()
        .zip(texts(&stack, "ParameterValue"))
        .collect();
    let expected = [("Days", "14"), ("Key", "****"), ("Loud", "false"), ("Name", "a")];
    assert_eq!(shown, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert!(!stack.contains("marker"), "{stack}");
    let got = done(&cloud, "GetTemplate", &[SET[0], ("TemplateStage", "Original")]).await;
    assert!(text(&got, "TemplateBody").contains("!GetAtt Logs.Arn"), "{got}");
}

#[tokio::test]
async fn what_changes_nothing_is_an_empty_change_set() {
    let cloud = Cloud::start().await;
    made(&cloud, &[("Name", "a")]).await;
    let reformatted = TEMPLATE.replace("Type: AWS::Logs", "Type:   AWS::Logs");
    open(&cloud, "UPDATE", &reformatted, &[("Name", "a")]).await;
    cloud.advance(READY);
    let set = done(&cloud, "DescribeChangeSet", &SET).await;
    assert_eq!(
        (text(&set, "Status"), text(&set, "ExecutionStatus")),
        ("FAILED".into(), "UNAVAILABLE".into())
    );
    assert!(text(&set, "StatusReason").contains("didn't contain changes"), "{set}");
    assert_eq!(
        refused(&cloud, "ExecuteChangeSet", &SET).await.0,
        "InvalidChangeSetStatus"
    );
    done(&cloud, "DeleteChangeSet", &SET).await;
    done(&cloud, "DeleteChangeSet", &SET).await;
    assert_eq!(status(&cloud).await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn an_update_adds_changes_replaces_and_cleans_up() {
    let cloud = Cloud::start().await;
    made(&cloud, &[("Name", "a"), ("Loud", "true")]).await;
    open(&cloud, "UPDATE", TEMPLATE, &[("Name", "b"), ("Days", "7")]).await;
    cloud.advance(READY);
    let set = done(&cloud, "DescribeChangeSet", &SET).await;
    assert_eq!(texts(&set, "Action"), ["Modify", "Remove"]);
    assert_eq!(texts(&set, "Replacement"), ["True"]);
    execute(&cloud).await;
    cloud.advance(STEP);
    assert_eq!(status(&cloud).await, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    cloud.advance(2 * STEP);
    assert_eq!(status(&cloud).await, "UPDATE_COMPLETE");
    assert!(text(&describe(&cloud).await, "OutputValue").ends_with("/s/b:*"));
    // The name of what was replaced is free again, for another stack too.
    open(&cloud, "UPDATE", TEMPLATE, &[("Name", "a")]).await;
    execute(&cloud).await;
    cloud.advance(5 * STEP);
    assert_eq!(status(&cloud).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn a_resource_that_fails_rolls_a_new_stack_back_until_it_is_deleted() {
    let cloud = Cloud::start().await;
    open(&cloud, "CREATE", TEMPLATE, &[("Name", "a"), ("Days", "13")]).await;
    execute(&cloud).await;
    cloud.advance(5 * STEP);
    assert_eq!(status(&cloud).await, "ROLLBACK_COMPLETE");
    let page = done(&cloud, "DescribeStackEvents", &[SET[0]]).await;
    let reasons = texts(&page, "ResourceStatusReason");
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("13 is not a valid enum value")),
        "{reasons:?}"
    );
    assert!(!describe(&cloud).await.contains("OutputValue"));
    for kind in ["CREATE", "UPDATE"] {
        let message = open_refused(&cloud, kind, TEMPLATE, &[("Name", "a")]).await;
        assert!(
            message.contains("is in ROLLBACK_COMPLETE state and can not be updated"),
            "{message}"
        );
    }
    done(&cloud, "DeleteStack", &[SET[0]]).await;
    cloud.advance(STEP);
    made(&cloud, &[("Name", "a")]).await;
}

#[tokio::test]
async fn an_update_that_fails_goes_back_to_what_was() {
    let cloud = Cloud::start().await;
    made(&cloud, &[("Name", "a")]).await;
    open(&cloud, "UPDATE", TEMPLATE, &[("Name", "a"), ("Days", "13")]).await;
    execute(&cloud).await;
    cloud.advance(5 * STEP);
    assert_eq!(status(&cloud).await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(describe(&cloud).await.contains("<ParameterValue>14</ParameterValue>"));
    open(&cloud, "UPDATE", TEMPLATE, &[("Name", "a"), ("Days", "7")]).await;
    execute(&cloud).await;
    cloud.advance(5 * STEP);
    assert_eq!(status(&cloud).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn a_name_that_another_stack_uses_cannot_be_made() {
    let cloud = Cloud::start().await;
    let fixed = TEMPLATE.replace("/${AWS::StackName}/", "/");
    open(&cloud, "CREATE", &fixed, &[("Name", "a")]).await;
    execute(&cloud).await;
    cloud.advance(5 * STEP);
    let mut other = change_set("CREATE", &fixed, &[("Name", "a")]);
    other[0].1 = "other";
    done(&cloud, "CreateChangeSet", &borrowed(&other)).await;
    cloud.advance(READY);
    done(&cloud, "ExecuteChangeSet", &[("StackName", "other"), SET[1]]).await;
    cloud.advance(5 * STEP);
    let page = done(&cloud, "DescribeStackEvents", &[("StackName", "other")]).await;
    assert!(page.contains("already exists"), "{page}");
    assert!(page.contains("ROLLBACK_COMPLETE"), "{page}");
}

#[tokio::test]
async fn a_deleted_stack_is_found_by_its_id_alone() {
    let cloud = Cloud::start().await;
    let id = made(&cloud, &[("Name", "a")]).await;
    done(&cloud, "DeleteStack", &[SET[0], ("ClientRequestToken", "t-2")]).await;
    assert_eq!(status(&cloud).await, "DELETE_IN_PROGRESS");
    let busy = open_refused(&cloud, "UPDATE", TEMPLATE, &[("Name", "a")]).await;
    assert!(busy.contains("DELETE_IN_PROGRESS"), "{busy}");
    cloud.advance(2 * STEP);
    let gone = refused(&cloud, "DescribeStacks", &[SET[0]]).await;
    assert_eq!(
        gone,
        (
            "ValidationError".to_owned(),
            "Stack with id s does not exist".to_owned()
        )
    );
    let by_id = done(&cloud, "DescribeStacks", &[("StackName", &id)]).await;
    assert_eq!(text(&by_id, "StackStatus"), "DELETE_COMPLETE");
    assert_eq!(events(&cloud, &id).await[0], "s DELETE_COMPLETE");
    done(&cloud, "DeleteStack", &[SET[0]]).await;
    let second = made(&cloud, &[("Name", "a")]).await;
    assert_ne!(second, id);
}

#[tokio::test]
async fn a_shell_is_deleted_at_once_and_keeps_its_name_until_then() {
    let cloud = Cloud::start().await;
    open(&cloud, "CREATE", TEMPLATE, &[("Name", "a")]).await;
    let parameters = change_set("CREATE", TEMPLATE, &[("Name", "a")]);
    let again = refused(&cloud, "CreateChangeSet", &borrowed(&parameters)).await;
    assert_eq!(again.0, "AlreadyExistsException");
    let busy = open_refused(&cloud, "UPDATE", TEMPLATE, &[("Name", "a")]).await;
    assert!(busy.contains("REVIEW_IN_PROGRESS"), "{busy}");
    done(&cloud, "DeleteStack", &[SET[0]]).await;
    assert_eq!(refused(&cloud, "DescribeStacks", &[SET[0]]).await.0, "ValidationError");
}

#[tokio::test]
async fn the_same_token_makes_the_same_change_set() {
    let cloud = Cloud::start().await;
    let mut parameters = change_set("CREATE", TEMPLATE, &[("Name", "a")]);
    parameters.push(("ClientToken".to_owned(), "t"));
    let first = done(&cloud, "CreateChangeSet", &borrowed(&parameters)).await;
    let second = done(&cloud, "CreateChangeSet", &borrowed(&parameters)).await;
    assert_eq!(text(&first, "Id"), text(&second, "Id"));
}

#[tokio::test]
async fn what_no_template_may_say_is_refused_by_name() {
    let cloud = Cloud::start().await;
    let bucket = "Resources: { B: { Type: AWS::S3::Bucket } }";
    let circle = "Resources: { A: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Sub '${A}' } } }";
    let dangling = "Resources: { A: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Ref B } } }";
    let function = "Resources: { A: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !ImportValue B } } }";
    for (template, expected) in [
        (bucket, "AWS::S3::Bucket"),
        (circle, "Circular dependency"),
        (dangling, "Unresolved resource dependencies [B]"),
        (function, "Fn::ImportValue"),
        ("Resources: {}", "At least one Resources member"),
        (
            "Transform: X\nResources: { A: { Type: AWS::Logs::LogGroup } }",
            "Transform",
        ),
        ("Resources: [", "Template format error"),
    ] {
        let message = open_refused(&cloud, "CREATE", template, &[]).await;
        assert!(message.contains(expected), "{message}");
    }
    for (values, expected) in [
        ([("Nam", "a")].as_slice(), "[Nam] do not exist"),
        (&[], "[Name] must have values"),
        (&[("Name", "a"), ("Days", "15")], "'Days' must be one of AllowedValues"),
    ] {
        let message = open_refused(&cloud, "CREATE", TEMPLATE, values).await;
        assert!(message.contains(expected), "{message}");
    }
    let none = open_refused(&cloud, "UPDATE", TEMPLATE, &[("Name", "a")]).await;
    assert_eq!(none, "Stack [s] does not exist");
    made(&cloud, &[("Name", "a")]).await;
    let twice = open_refused(&cloud, "CREATE", TEMPLATE, &[("Name", "a")]).await;
    assert!(twice.contains("already exists and cannot be created again"), "{twice}");
}

#[tokio::test]
async fn all_stacks_are_listed_but_those_that_are_gone() {
    let cloud = Cloud::start().await;
    made(&cloud, &[("Name", "a")]).await;
    let mut other = change_set("CREATE", TEMPLATE, &[("Name", "a")]);
    other[0].1 = "other";
    done(&cloud, "CreateChangeSet", &borrowed(&other)).await;
    let mut names = texts(&done(&cloud, "DescribeStacks", &[]).await, "StackName");
    names.sort();
    assert_eq!(names, ["other", "s"]);
    done(&cloud, "DeleteStack", &[("StackName", "other")]).await;
    assert_eq!(texts(&done(&cloud, "DescribeStacks", &[]).await, "StackName"), ["s"]);
}

#[tokio::test]
async fn the_shipped_template_is_made_with_and_without_alarms() {
    let cloud = Cloud::start().await;
    let template = include_str!("../../../../../stacks/telemetry/observability.cfn.yaml");
    let values = |alarms| {
        [
            ("FunctionName", "bridge"),
            ("IngestQueue", "ingest"),
            ("DeadLetterQueue", "dead"),
            ("Alarms", alarms),
        ]
    };
    open(&cloud, "CREATE", template, &values("true")).await;
    execute(&cloud).await;
    cloud.advance(5 * STEP);
    assert_eq!(status(&cloud).await, "CREATE_COMPLETE");
    let resources = done(&cloud, "DescribeStackResources", &[SET[0]]).await;
    assert_eq!(texts(&resources, "LogicalResourceId").len(), 4);
    open(&cloud, "UPDATE", template, &values("false")).await;
    cloud.advance(READY);
    let set = done(&cloud, "DescribeChangeSet", &SET).await;
    assert_eq!(json!(texts(&set, "Action")), json!(["Remove", "Remove"]));
}
