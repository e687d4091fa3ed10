//! What a template means for one stack: conditions, functions, references and pseudo parameters put in.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;

use super::parameters;
use super::parameters::Parameters;
use super::refusals;
use super::resource;
use super::template::resources;
use super::template::section;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;

/// Deeper nesting of conditions and references than any sane template has goes in circles.
const DEEPEST: usize = 64;

pub(super) struct Evaluator<'t> {
    pub(super) template: &'t Value,
    pub(super) parameters: &'t Parameters,
    pub(super) context: &'t Context,
    pub(super) stack: (&'t str, &'t str),
    /// Ids of resources that were made before, by logical id; new ones are added as they are made up.
    pub(super) ids: RefCell<BTreeMap<String, String>>,
    pub(super) depth: RefCell<usize>,
}

/// A resource as it should be.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) properties: Value,
}

impl Evaluator<'_> {
    /// The resources whose condition holds, in the template's order.
    pub(super) fn resources(&self) -> Result<Vec<(String, Wanted)>, Refusal> {
        let mut wanted = Vec::new();
        for (logical, declared) in resources(self.template) {
            if self.is_on(declared)? {
                wanted.push((logical.clone(), self.resource(logical, declared)?));
            }
        }
        Ok(wanted)
    }

    /// Key, value and description of the outputs whose condition holds.
    pub(super) fn outputs(&self) -> Result<Vec<(String, String, String)>, Refusal> {
        let mut outputs = Vec::new();
        for (key, declared) in section(self.template, "Outputs") {
            if self.is_on(declared)? {
                let value = declared.get("Value").unwrap_or(&Value::Null);
                let value = self
                    .value(value)?
                    .as_ref()
                    .and_then(parameters::text)
                    .unwrap_or_default();
                let description = declared.get("Description").and_then(Value::as_str).unwrap_or_default();
                outputs.push((key.clone(), value, description.to_owned()));
            }
        }
        Ok(outputs)
    }

    fn resource(&self, logical: &str, declared: &Value) -> Result<Wanted, Refusal> {
        let kind = declared.get("Type").and_then(Value::as_str).unwrap_or_default();
        let empty = Value::Object(Map::new());
        let properties = self
            .value(declared.get("Properties").unwrap_or(&empty))?
            .unwrap_or(empty);
        let named = resource::name_property(kind)
            .and_then(|name| properties.get(name))
            .and_then(parameters::text);
        let id = match named {
            Some(name) => name,
            None => self.made_up(logical),
        };
        self.ids.borrow_mut().insert(logical.to_owned(), id.clone());
        Ok(Wanted {
            kind: kind.to_owned(),
            id,
            properties,
        })
    }

    /// `<stack>-<logical id>-<12 random>`, or what it was before.
    fn made_up(&self, logical: &str) -> String {
        let known = self.ids.borrow().get(logical).cloned();
        known.unwrap_or_else(|| {
            let random: String = (0..12).map(|_| fastrand::uppercase()).collect();
            format!("{}-{logical}-{random}", self.stack.0)
        })
    }

    fn is_on(&self, declared: &Value) -> Result<bool, Refusal> {
        match declared.get("Condition").and_then(Value::as_str) {
            Some(name) => self.condition(name),
            None => Ok(true),
        }
    }

    fn condition(&self, name: &str) -> Result<bool, Refusal> {
        let Some(condition) = self.template.pointer(&format!("/Conditions/{name}")) else {
            return Err(refusals::template(format!("Unresolved condition dependency {name}")));
        };
        self.deeper(|| self.holds(condition))
    }

    fn holds(&self, condition: &Value) -> Result<bool, Refusal> {
        let (function, argument) = only(condition).ok_or_else(|| refusals::template("a condition is one function"))?;
        let items = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (function.as_str(), items) {
            ("Condition", _) => self.condition(argument.as_str().unwrap_or_default()),
            ("Fn::Equals", [one, other]) => {
                let (one, other) = (self.value(one)?, self.value(other)?);
                let text = |value: &Option<Value>| value.as_ref().and_then(parameters::text);
                Ok(text(&one) == text(&other))
            }
            ("Fn::Not", [one]) => self.deeper(|| self.holds(one)).map(|holds| !holds),
            ("Fn::And", items) => items
                .iter()
                .try_fold(true, |all, item| Ok(self.deeper(|| self.holds(item))? && all)),
            ("Fn::Or", items) => items
                .iter()
                .try_fold(false, |any, item| Ok(self.deeper(|| self.holds(item))? || any)),
            _ => Err(refusals::template(format!(
                "no condition is made by {function} like this"
            ))),
        }
    }

    /// The value with everything put in; `None` where it is `AWS::NoValue`.
    fn value(&self, value: &Value) -> Result<Option<Value>, Refusal> {
        self.deeper(|| match value {
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.value(item).transpose());
                items
                    .collect::<Result<Vec<_>, _>>()
                    .map(|items| Some(Value::Array(items)))
            }
            Value::Object(members) => {
                match only(value).filter(|(name, _)| *name == "Ref" || name.starts_with("Fn::")) {
                    Some((function, argument)) => self.function(function, argument),
                    None => {
                        let mut object = Map::new();
                        for (name, member) in members {
                            if let Some(member) = self.value(member)? {
                                object.insert(name.clone(), member);
                            }
                        }
                        Ok(Some(Value::Object(object)))
                    }
                }
            }
            scalar => Ok(Some(scalar.clone())),
        })
    }

    fn function(&self, function: &str, argument: &Value) -> Result<Option<Value>, Refusal> {
        let items = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (function, items) {
            ("Ref", _) => self.reference(argument.as_str().unwrap_or_default()),
            ("Fn::If", [condition, yes, no]) => {
                let holds = self.condition(condition.as_str().unwrap_or_default())?;
                self.value(if holds { yes } else { no })
            }
            ("Fn::GetAtt", [logical, attribute]) => {
                let (logical, attribute) = (
                    logical.as_str().unwrap_or_default(),
                    attribute.as_str().unwrap_or_default(),
                );
                self.attribute(logical, attribute).map(|text| Some(Value::from(text)))
            }
            ("Fn::Join", [separator, parts]) => {
                let parts = self.value(parts)?;
                let parts = parts.as_ref().and_then(Value::as_array).into_iter().flatten();
                let parts: Vec<String> = parts.filter_map(parameters::text).collect();
                Ok(Some(Value::from(parts.join(separator.as_str().unwrap_or_default()))))
            }
            ("Fn::Sub", [text, own]) => self.substituted(text.as_str().unwrap_or_default(), own).map(Some),
            ("Fn::Sub", _) => self
                .substituted(argument.as_str().unwrap_or_default(), &Value::Null)
                .map(Some),
            _ => Err(refusals::template(format!(
                "eclusa's embedded cloud does not evaluate {function} like this"
            ))),
        }
    }

    fn substituted(&self, text: &str, own: &Value) -> Result<Value, Refusal> {
        let (mut made, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let (name, tail) = after.split_once('}').ok_or_else(|| {
                refusals::template("Template error: variable names in Fn::Sub syntax must end with }")
            })?;
            match (name.strip_prefix('!'), own.get(name), name.split_once('.')) {
                (Some(literal), _, _) => made.push_str(&format!("${{{literal}}}")),
                (None, Some(value), _) => {
                    made.push_str(
                        &self
                            .value(value)?
                            .as_ref()
                            .and_then(parameters::text)
                            .unwrap_or_default(),
                    );
                }
                (None, None, Some((logical, attribute))) => made.push_str(&self.attribute(logical, attribute)?),
                (None, None, None) => {
                    made.push_str(
                        &self
                            .reference(name)?
                            .as_ref()
                            .and_then(parameters::text)
                            .unwrap_or_default(),
                    );
                }
            }
            rest = tail;
        }
        made.push_str(rest);
        Ok(Value::from(made))
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, Refusal> {
        let context = self.context;
        let text = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => context.account.clone(),
            "AWS::Partition" => context.partition().to_owned(),
            "AWS::Region" => context.region.clone(),
            "AWS::StackId" => self.stack.1.to_owned(),
            "AWS::StackName" => self.stack.0.to_owned(),
            "AWS::URLSuffix" => context.domain().to_owned(),
            name => match self.parameters.get(name) {
                Some(value) => value.clone(),
                None => self.referred(name)?.id,
            },
        };
        Ok(Some(Value::from(text)))
    }

    fn attribute(&self, logical: &str, attribute: &str) -> Result<String, Refusal> {
        let referred = self.referred(logical)?;
        resource::attribute(&referred.kind, &referred.id, attribute, self.context).ok_or_else(|| {
            refusals::template(format!(
                "resource {logical} does not support attribute type {attribute} in Fn::GetAtt"
            ))
        })
    }

    fn referred(&self, logical: &str) -> Result<Wanted, Refusal> {
        let Some(declared) = self.template.pointer(&format!("/Resources/{logical}")) else {
            return Err(refusals::template(format!(
                "Unresolved resource dependencies [{logical}] in the Resources block of the template"
            )));
        };
        self.deeper(|| self.resource(logical, declared))
    }

    fn deeper<T>(&self, work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
        if *self.depth.borrow() >= DEEPEST {
            return Err(refusals::template(
                "Circular dependency between resources or conditions",
            ));
        }
        *self.depth.borrow_mut() += 1;
        let done = work();
        *self.depth.borrow_mut() -= 1;
        done
    }
}

/// Name and argument of an object with one member.
fn only(value: &Value) -> Option<(&String, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next()
}
