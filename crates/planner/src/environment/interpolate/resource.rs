//! What a reference to a resource names. `at` is the scalar it stands in: a value stands there, and a problem is
//! framed there until the caller narrows it to the reference.

use super::Refused;
use super::Scope;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::diagnostic::nearest;
use crate::environment::reference::ResourceReference;
use crate::environment::reference::Selector;
use crate::environment::source::Span;
use crate::environment::targets::Shape;
use crate::environment::targets::Target;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::environment::wording::near_or_list;
use crate::resource::Address;
use crate::resource::Part;
use crate::resource::Reference;
use crate::resource::Unknown;

impl Scope<'_> {
    pub(super) fn resource(&self, reference: &ResourceReference, at: Span) -> Result<Node, Refused> {
        let target = self.target(reference, at)?;
        if let Some(output) = &reference.output {
            check_output(target, output, at)?;
        }
        let one = |address: Address| value_of(address, reference.output.as_deref());
        let off = |span: &Span| Node {
            data: Data::Null,
            span: at,
            origin: Some(*span),
        };
        if reference.selector == Selector::EachKey {
            self.each(at)?;
        }
        match (&target.shape, &reference.selector) {
            (Shape::Unsettled, _) => Err(Refused::Reported),
            (Shape::One { off: None }, Selector::Only) => Ok(Node::new(one(target.address.clone()), at)),
            (Shape::One { off: Some(span) }, Selector::Only) => Ok(off(span)),
            (Shape::One { off: Some(_) }, Selector::All) => Ok(Node::new(Data::List(Vec::new()), at)),
            (Shape::Many { .. }, Selector::All) => {
                let items = target
                    .addresses()
                    .into_iter()
                    .map(|address| Node::new(one(address), at));
                Ok(Node::new(Data::List(items.collect()), at))
            }
            (Shape::Many { instances }, Selector::Key(_) | Selector::EachKey) => {
                let key = self.selected(&reference.selector, at)?;
                match instances.get(key) {
                    Some(None) => Ok(Node::new(one(target.address.with_key(key)), at)),
                    Some(Some(span)) => Ok(off(span)),
                    None => Err(self.no_instance(target, &reference.selector, key, at).into()),
                }
            }
            (Shape::One { .. }, _) => Err(plain_target(target, reference.output.as_deref(), at).into()),
            (Shape::Many { instances }, Selector::Only) => {
                Err(keyed_target(target, reference.output.as_deref(), instances.keys(), at).into())
            }
        }
    }

    fn no_instance(&self, target: &Target, selector: &Selector, key: &str, at: Span) -> Diagnostic {
        let keys: Vec<&str> = match &target.shape {
            Shape::Many { instances } => instances.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let problem = Diagnostic::at(
            "unknown-instance",
            format!("`{}` has no instance `[{key}]`", target.written()),
            at,
            "no such key in its `for_each`",
        )
        .and_at(target.span, "the resource is declared here");
        let problem = match self.each.filter(|_| *selector == Selector::EachKey) {
            Some(each) => problem.and_at(each.key_span, format!("`each.key` is `{key}` here")),
            None => problem,
        };
        problem.hint(near_or_list(key, "key", &keys))
    }

    fn selected<'k>(&'k self, selector: &'k Selector, at: Span) -> Result<&'k str, Refused> {
        match selector {
            Selector::Key(key) => Ok(key),
            _ => Ok(&self.each(at)?.key),
        }
    }

    /// The declared resource that a reference names.
    pub(crate) fn target(&self, reference: &ResourceReference, at: Span) -> Result<&Target, Refused> {
        let wanted = format!("{}.{}", reference.kind, reference.name);
        let Some(targets) = self.targets else {
            return Err(Diagnostic::at(
                "not-available",
                format!("a resource cannot be named in {}", self.within),
                at,
                "what a resource answers is not known before it exists",
            )
            .hint(match self.inputs {
                Some(_) => "name an input, or write the value out",
                None => "write the value out",
            })
            .into());
        };
        targets.by_name.get(&wanted).ok_or_else(|| {
            let problem = Diagnostic::at(
                "unknown-resource",
                format!("there is no resource `{wanted}` in this stack"),
                at,
                "not declared under `resources`",
            );
            let near = nearest(&wanted, targets.by_name.keys().map(String::as_str));
            match near {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("a reference names a resource of the same stack: ${kind.name.output}"),
            }
            .into()
        })
    }

    /// The resources that an item of `depends_on` names.
    pub(crate) fn dependencies(&self, reference: &ResourceReference, at: Span) -> Result<Vec<Address>, Refused> {
        let target = self.target(reference, at)?;
        match (&target.shape, &reference.selector) {
            (Shape::Unsettled, _) => Err(Refused::Reported),
            (_, Selector::Only | Selector::All) => Ok(target.addresses()),
            (Shape::One { .. }, _) => Err(plain_target(target, None, at).into()),
            (Shape::Many { instances }, selector) => {
                let key = self.selected(selector, at)?;
                match instances.get(key) {
                    Some(None) => Ok(vec![target.address.with_key(key)]),
                    Some(Some(_)) => Ok(Vec::new()),
                    None => Err(self.no_instance(target, selector, key, at).into()),
                }
            }
        }
    }
}

fn value_of(address: Address, output: Option<&str>) -> Data {
    let Some(output) = output else {
        return Data::Handle(address);
    };
    let unknown = Unknown::Output(Reference {
        address,
        output: output.to_owned(),
    });
    Data::Text([Part::Unknown(unknown)].into_iter().collect())
}

fn check_output(target: &Target, output: &str, at: Span) -> Result<(), Refused> {
    let Some(schema) = target.schema else {
        return Ok(());
    };
    let own = schema.own_outputs().map(|word| format!("{word}.NAME"));
    let outputs: Vec<&str> = schema.outputs().iter().map(|(name, _)| *name).collect();
    let is_own = output
        .split_once('.')
        .is_some_and(|(word, _)| schema.own_outputs() == Some(word));
    if outputs.contains(&output) || is_own {
        return Ok(());
    }
    Err(Diagnostic::at(
        "unknown-output",
        format!("{} has no output `{output}`", schema.name()),
        at,
        "no such output",
    )
    .and_at(target.span, "the resource is declared here")
    .hint(near_or_list(
        output,
        "output",
        &outputs.into_iter().chain(own.as_deref()).collect::<Vec<_>>(),
    ))
    .into())
}

fn plain_target(target: &Target, output: Option<&str>, at: Span) -> Diagnostic {
    let written = target.written();
    let form = output.map_or_else(|| written.clone(), |output| format!("${{{written}.{output}}}"));
    Diagnostic::at(
        "not-an-instance",
        format!("`{written}` is one resource, without `for_each`, and has no instances"),
        at,
        "an instance is named here",
    )
    .and_at(target.span, "the resource is declared here")
    .hint(format!("write {form}"))
}

fn keyed_target<'k>(
    target: &Target,
    output: Option<&str>,
    keys: impl Iterator<Item = &'k String>,
    at: Span,
) -> Diagnostic {
    let written = target.written();
    let tail = output.map(|output| format!(".{output}")).unwrap_or_default();
    let example = keys.into_iter().next().map_or("key", String::as_str);
    let mut forms = vec![
        format!("${{{written}[{example}]{tail}}} for one"),
        format!("${{{written}[each.key]{tail}}} for the one with the same key"),
    ];
    if output.is_some() {
        forms.push(format!("${{{written}[*]{tail}}} for a list of all"));
    }
    Diagnostic::at(
        "instance-needed",
        format!("`{written}` has a `for_each`: say which of its instances is meant"),
        at,
        "names all of them",
    )
    .and_at(target.span, "the resource is declared here")
    .hint(format!("write {}", forms.join(", ")))
}
