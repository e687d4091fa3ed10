use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::environment::Asked;
use crate::environment::Declared;
use crate::environment::declare;
use crate::environment::diagnostic::render;
use crate::environment::trial::Texts;
use crate::environment::trial::texts;
use crate::schema::Erased;
use crate::schema::tests::messages;

fn spec(parameters: Json, template: Json) -> Json {
    json!({ "template_file": "t.yaml", "parameters": parameters, "template": template })
}

fn canonical(parameters: Json, template: Json) -> StackSpec {
    let spec = serde_json::from_value(spec(parameters, template)).expect("a declaration");
    CloudFormationStack::canonical(spec)
}

fn problems(parameters: Json, template: Json) -> Vec<String> {
    messages(&Erased::<CloudFormationStack>::new(), &spec(parameters, template))
}

/// A template with these parameters and one log group.
fn with(parameters: Json) -> Json {
    json!({ "Parameters": parameters, "Resources": { "Log": { "Type": "AWS::Logs::LogGroup" } } })
}

fn texts_of(parameters: &BTreeMap<String, Scalar>) -> Vec<(&str, &str)> {
    let texts = parameters.iter();
    texts.map(|(name, value)| (name.as_str(), value.0.as_str())).collect()
}

#[test]
fn short_forms_are_written_out_and_words_stay_text() {
    let text = "AWSTemplateFormatVersion: 2010-09-09\n\
                Conditions: { Loud: !Equals [!Ref Alarms, yes] }\n\
                Resources:\n  Log:\n    Type: AWS::Logs::LogGroup\n    Condition: Loud\n    Properties:\n      \
                LogGroupName: !Sub /aws/lambda/${FunctionName}\n      RetentionInDays: !If [Loud, 14, !Ref AWS::NoValue]\n      \
                A: !GetAtt Log.Arn\n      B: { Fn::GetAtt: Log.Arn }\n      C: { Fn::GetAtt: [Log, Arn] }\n      \
                D: !Condition Loud\n";
    let attribute = json!({ "Fn::GetAtt": ["Log", "Arn"] });
    assert_eq!(
        template::parse(text),
        Ok(json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Conditions": { "Loud": { "Fn::Equals": [{ "Ref": "Alarms" }, "yes"] } },
            "Resources": { "Log": {
                "Type": "AWS::Logs::LogGroup",
                "Condition": "Loud",
                "Properties": {
                    "LogGroupName": { "Fn::Sub": "/aws/lambda/${FunctionName}" },
                    "RetentionInDays": { "Fn::If": ["Loud", 14, { "Ref": "AWS::NoValue" }] },
                    "A": attribute, "B": attribute, "C": attribute,
                    "D": { "Condition": "Loud" },
                },
            } },
        }))
    );
}

#[test]
fn what_is_sent_as_json_reads_back_equal() {
    let yaml = "Resources:\n  A: { Type: T, Properties: { N: 1.5, F: !Sub ['${x}', { x: !Ref P }], 123: \"0755\" } }\n";
    let parsed = template::parse(yaml).expect("a template");
    assert_eq!(template::parse(&parsed.to_string()), Ok(parsed));
}

#[test]
fn what_is_no_template_is_refused_with_its_place() {
    for (text, expected) in [
        ("Resources: {}", "at least one resource"),
        ("- a", "a map with `Resources`"),
        ("Resources: { A: { Type: } }", "null at /Resources/A/Type"),
        ("Resources:\n  A: 1\n  A: 2\n", "duplicate"),
        ("Resources:\n  A: \"\u{e000}\"\n", "/Resources/A"),
        ("Resources: [", "line"),
    ] {
        let problem = template::parse(text).expect_err(text);
        assert!(problem.contains(expected), "{text:?}: {problem}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_of_templates_panic(text in "(Resources:|[A-Za-z0-9 :\\n!\\[\\]{}\"'&*<#,.-]|!Sub |!GetAtt |\\$\\{a\\}){0,40}") {
        if let Ok(parsed) = template::parse(&text) {
            prop_assert_eq!(template::parse(&parsed.to_string()), Ok(parsed.clone()));
            template::parameters(&parsed);
            template::types(&parsed).count();
        }
    }

    #[test]
    fn canonical_is_idempotent(
        values in prop::collection::btree_map("[A-C]", "[a-b]?", 0..3),
        no_echo in any::<bool>(),
        default in prop::option::of("[a-b]"),
    ) {
        let mut declared = json!({ "A": { "Type": "String", "NoEcho": no_echo }, "B": { "Type": "String" } });
        if let Some(default) = default {
            declared["A"]["Default"] = json!(default);
            declared["B"]["Default"] = json!(default);
        }
        let once = canonical(json!(values), with(declared));
        prop_assert_eq!(CloudFormationStack::canonical(once.clone()), once);
    }
}

#[test]
fn numbers_and_booleans_are_text_to_cloudformation() {
    let canonical = canonical(json!({ "A": 14, "B": true, "C": "14", "D": 1.5 }), Json::Null);
    let expected = [("A", "14"), ("B", "true"), ("C", "14"), ("D", "1.5")];
    assert_eq!(texts_of(&canonical.parameters), expected);
}

#[test]
fn a_parameter_left_out_equals_its_default() {
    let template = with(json!({ "Days": { "Type": "Number", "Default": 14 } }));
    let left_out = canonical(json!({}), template.clone());
    assert_eq!(texts_of(&left_out.parameters), [("Days", "14")]);
    assert_eq!(left_out, canonical(json!({ "Days": "14" }), template));
}

#[test]
fn a_parameter_that_is_not_echoed_is_taken_out_of_the_comparison() {
    let template = with(json!({ "Key": { "Type": "String", "NoEcho": true, "Default": "d" } }));
    let declared = canonical(json!({ "Key": "secret" }), template.clone());
    assert_eq!(texts_of(&declared.masked_parameters), [("Key", "secret")]);
    let live = canonical(json!({ "Key": "****" }), template);
    assert_eq!(
        (declared.parameters, declared.template),
        (live.parameters, live.template)
    );
    assert!(CloudFormationStack::NOT_COMPARED.contains(&["masked_parameters"].as_slice()));
}

#[test]
fn parameters_are_held_against_the_template() {
    let template = with(json!({
        "Days": { "Type": "Number" },
        "Alarms": { "Type": "String", "AllowedValues": ["true", "false"], "Default": "true" },
    }));
    let none: [String; 0] = [];
    assert_eq!(problems(json!({ "Days": 14, "Alarms": false }), template.clone()), none);
    let unknown = sentinel::numbered(sentinel::FIRST_FREE);
    assert_eq!(
        problems(json!({ "Days": unknown, "Alarms": unknown }), template.clone()),
        none
    );
    assert_eq!(
        problems(json!({ "Alarm": true, "Alarms": "yes" }), template.clone()),
        [
            "parameters.Alarm: the template has no parameter `Alarm`",
            "parameters.Alarms: the template allows true, false for `Alarms`, found \"yes\"",
            "parameters: the template's parameter `Days` has no default and needs a value",
        ]
    );
    assert_eq!(
        problems(json!({ "Days": "many" }), template),
        ["parameters.Days: the template's parameter `Days` is a number, found \"many\""]
    );
}

#[test]
fn a_template_that_makes_roles_needs_leave() {
    let template = json!({ "Resources": { "R": { "Type": "AWS::IAM::Role" } } });
    assert_eq!(
        problems(json!({}), template.clone()),
        ["capabilities: the template makes an AWS::IAM::Role, which needs leave"]
    );
    let mut given = spec(json!({}), template);
    given["capabilities"] = json!(["CAPABILITY_NAMED_IAM"]);
    assert!(messages(&Erased::<CloudFormationStack>::new(), &given).is_empty());
}

#[test]
fn a_template_too_large_for_a_call_is_refused() {
    let mut template = with(json!({}));
    template["Description"] = json!("x".repeat(template::LARGEST));
    let found = problems(json!({}), template);
    assert!(
        found[0].starts_with("template_file: a template has at most 51200 bytes"),
        "{found:?}"
    );
}

#[test]
fn a_name_begins_with_a_letter() {
    for name in ["1a", "-a", "a_b", ""] {
        assert!(CloudFormationStack::check_name(name).is_err(), "{name}");
    }
    assert_eq!(CloudFormationStack::check_name("a-1"), Ok(()));
}

const TEMPLATE: &str = "Parameters: { Name: { Type: String } }\n\
                        Resources: { Log: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Sub '/x/${Name}' } } }\n";

fn files(attributes: &str, template: &str) -> Texts {
    let stack = format!("stack: s\nresources:\n  aws_cloudformation_stack.o: {{ {attributes} }}\n");
    texts(&[
        (
            "environments/local.yaml",
            "environment: local\ncloud: embedded\naws: { region: us-east-1 }\nstacks:\n  t:\n    stack: s\n",
        ),
        ("stacks/s.yaml", &stack),
        ("stacks/s/o.yaml", template),
    ])
}

fn declared(attributes: &str, template: &str) -> Result<Declared, String> {
    declare(
        &files(attributes, template),
        "environments/local.yaml",
        &Asked::default(),
    )
    .map_err(|failed| render(&failed.problems, &failed.sources))
}

#[test]
fn a_template_is_read_beside_the_stack_and_never_interpolated() {
    let attributes = "template_file: s/o.yaml, parameters: { Name: a }";
    let declared = declared(attributes, TEMPLATE).unwrap_or_else(|text| panic!("{text}"));
    let evaluation = crate::plan::Evaluation::new(&declared).expect("it decodes");
    let wanted = evaluation.wanted(&declared.resources[0].address).expect("it decodes");
    assert_eq!(wanted.unknown, []);
    assert_eq!(
        wanted.spec.pointer("/template/Resources/Log/Properties/LogGroupName"),
        Some(&json!({ "Fn::Sub": "/x/${Name}" }))
    );
}

#[test]
fn problems_with_a_template_are_framed_where_it_is_named() {
    for (attributes, template, expected) in [
        (
            "template_file: s/p.yaml",
            TEMPLATE,
            ["error[missing-file]", "stacks/s/p.yaml does not exist"],
        ),
        (
            "template_file: s/o.yaml",
            "Resources: [",
            ["error[bad-template]", "stacks/s/o.yaml:"],
        ),
        (
            "template_file: s/o.yaml",
            TEMPLATE,
            ["error[wrong-value]", "`Name` has no default"],
        ),
        (
            "template_file: s/o.yaml, parameters: { Name: a, Nam: b }",
            TEMPLATE,
            ["error[wrong-value]", "did you mean `Name`?"],
        ),
        (
            "template_file: s/o.yaml, template: {}",
            TEMPLATE,
            ["error[unknown-attribute]", "`template`"],
        ),
    ] {
        let text = declared(attributes, template).expect_err(attributes);
        assert!(expected.iter().all(|part| text.contains(part)), "{attributes}\n{text}");
    }
}
