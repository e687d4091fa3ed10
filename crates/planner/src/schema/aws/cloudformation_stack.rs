//! `aws_cloudformation_stack`: a stack made from a template that lies beside the stack file.
//!
//! - **Name**: a letter, then letters, digits and hyphens, at most 128; cannot change. (botocore's model of
//!   CloudFormation)
//! - **Template**: YAML or JSON, never interpolated: what it needs comes in as `parameters`. Both sides are compared
//!   parsed (see [`template`]), and what was compared is sent, as JSON, so that no second parser reads it otherwise.
//! - **Parameters**: scalars, as text. Those left out have the default that the template gives them, declared or not
//!   being the same. Of one with `NoEcho` CloudFormation answers `****`: it is sent with every write and never compared.
//! - **Capabilities** are leave to act, given with each write; they are not compared.
//! - **Settled**: a stack whose last operation is not over, or after which it cannot be updated, shows its status, which
//!   is never declared: so there is something to do, and the update waits or makes the stack anew.
//! - **Outputs** of the stack are its outputs under `outputs.<key>`; they cannot be referred to yet.
//! - **Marks**: tags, which CloudFormation puts on what the stack holds too.
//! - **Predecessor**: its children have fixed names, so the old stack goes before the new one is made.

pub mod template;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;

use crate::environment::diagnostic::nearest;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::schema::Local;
use crate::schema::LocalSource;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Scalar;
use crate::schema::Schema;
use template::Declaration;

/// The kind `aws_cloudformation_stack`.
#[derive(Debug)]
pub struct CloudFormationStack;

/// A stack of CloudFormation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_cloudformation_stack")]
pub struct StackSpec {
    /// The template, relative to stacks/. It is never interpolated.
    #[schemars(length(min = 1))]
    pub template_file: String,

    /// Values of the template's parameters: text, numbers, true or false.
    #[serde(default)]
    pub parameters: BTreeMap<String, Scalar>,

    /// What the template may do beyond making resources, such as CAPABILITY_IAM.
    #[serde(default)]
    #[schemars(extend("items" = {
        "type": "string",
        "enum": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
    }))]
    pub capabilities: Vec<String>,

    /// The template itself: filled in from the file, live as CloudFormation has it.
    #[serde(default)]
    #[schemars(skip)]
    pub template: Option<Json>,

    /// Values of parameters with NoEcho, taken out of `parameters`.
    #[serde(default)]
    #[schemars(skip)]
    pub masked_parameters: BTreeMap<String, Scalar>,

    /// Status of a live stack that is not settled. Never declared.
    #[serde(default)]
    #[schemars(skip)]
    pub unsettled: Option<String>,
}

/// Characters of a stack's name.
const LONGEST_NAME: usize = 128;

impl Schema for CloudFormationStack {
    const NAME: &'static str = "aws_cloudformation_stack";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-observability"),
        (
            "id",
            "arn:aws:cloudformation:eu-west-1:123456789012:stack/prod-telemetry-observability/6f1e2d9c-0b1a-4c5d-8e9f-001122334455",
        ),
    ];
    const OWN_OUTPUTS: Option<&'static str> = Some("outputs");
    const NAMING: Naming = Naming {
        punctuation: "-",
        replacement: '-',
        length: LONGEST_NAME,
        tagged: false,
    };
    const NOT_COMPARED: &'static [Path] = &[&["template_file"], &["capabilities"], &["masked_parameters"]];
    const DOCUMENTS: &'static [Path] = &[&["template"]];
    const LOCAL: &'static [Local] = &[Local {
        attribute: "template_file",
        is: LocalSource::Template,
        digest: "template",
    }];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("template_body", "template_file"),
        ("template_url", "template_file"),
        ("stack_name", "name"),
    ];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 40;

    type Spec = StackSpec;

    fn check(spec: &StackSpec, problems: &mut Problems) {
        let Some(template) = &spec.template else {
            return;
        };
        let declared = template::parameters(template);
        for (name, value) in &spec.parameters {
            match declared.get(name) {
                Some(declaration) => check_value(name, &value.0, declaration, problems),
                None => {
                    let hint = nearest(name, declared.keys().map(String::as_str));
                    let hint = hint.map(|meant| format!("did you mean `{meant}`?"));
                    let message = format!("the template has no parameter `{name}`");
                    problems.add(&["parameters", name], message, hint.as_deref());
                }
            }
        }
        for (name, declaration) in &declared {
            if declaration.default.is_none() && !spec.parameters.contains_key(name) {
                problems.add(
                    &["parameters"],
                    format!("the template's parameter `{name}` has no default and needs a value"),
                    None,
                );
            }
        }
        check_size(template, problems);
        check_capabilities(template, &spec.capabilities, problems);
    }

    fn canonical(mut spec: StackSpec) -> StackSpec {
        let declared = spec.template.as_ref().map(template::parameters).unwrap_or_default();
        for (name, declaration) in declared {
            if let Some(default) = declaration.default.filter(|_| !declaration.no_echo) {
                spec.parameters.entry(name.clone()).or_insert(Scalar(default));
            }
            if declaration.no_echo
                && let Some(value) = spec.parameters.remove(&name)
            {
                spec.masked_parameters.insert(name, value);
            }
        }
        spec.capabilities.sort();
        spec.capabilities.dedup();
        spec
    }

    fn known_outputs(_spec: &StackSpec, cloud_name: &str, _place: &Place) -> Outputs {
        [("name".to_owned(), cloud_name.to_owned())].into()
    }

    fn check_name(name: &str) -> Result<(), String> {
        if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err("expected a name that begins with a letter".to_owned());
        }
        Self::NAMING.check(name)
    }
}

/// Holds a value that is known against what the template says about it.
fn check_value(name: &str, value: &str, declaration: &Declaration, problems: &mut Problems) {
    if sentinel::is_in(value) {
        return;
    }
    if !declaration.allowed.is_empty() && !declaration.allowed.iter().any(|allowed| allowed == value) {
        problems.add(
            &["parameters", name],
            format!(
                "the template allows {} for `{name}`, found {value:?}",
                declaration.allowed.join(", ")
            ),
            None,
        );
    } else if declaration.is_number && value.parse::<f64>().is_err() {
        let message = format!("the template's parameter `{name}` is a number, found {value:?}");
        problems.add(&["parameters", name], message, None);
    }
}

fn check_size(template: &Json, problems: &mut Problems) {
    let size = template.to_string().len();
    if size > template::LARGEST {
        problems.add(
            &["template_file"],
            format!(
                "a template has at most {} bytes as JSON, this one {size}",
                template::LARGEST
            ),
            Some("part it into several stacks"),
        );
    }
}

/// CloudFormation refuses a template that makes IAM resources unless told that this is meant.
fn check_capabilities(template: &Json, capabilities: &[String], problems: &mut Problems) {
    let makes_iam = template::types(template).find(|kind| kind.starts_with("AWS::IAM::"));
    if let Some(kind) = makes_iam.filter(|_| !capabilities.iter().any(|given| given.ends_with("IAM"))) {
        problems.add(
            &["capabilities"],
            format!("the template makes an {kind}, which needs leave"),
            Some("write capabilities: [CAPABILITY_IAM]; CAPABILITY_NAMED_IAM where it names them"),
        );
    }
}

#[cfg(test)]
mod tests;
