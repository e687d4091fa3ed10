//! What is done with the merged file before it is held against its schema.

use super::SECRETS;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::interpolate::no_source;
use crate::environment::interpolate::poison;
use crate::environment::stack::text_of;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::SecretSource;

/// Turns `{ secret: … }` into secrets where the file takes them.
pub(crate) fn read_secrets(root: &mut Node, problems: &mut Vec<Diagnostic>) {
    for path in SECRETS {
        for node in below(root, path) {
            read_secret(node, problems);
        }
    }
}

fn read_secret(node: &mut Node, problems: &mut Vec<Diagnostic>) {
    let source = node
        .get("secret")
        .filter(|_| matches!(&node.data, Data::Map(entries) if entries.len() == 1));
    let Some((source, written)) = source.and_then(|source| Some((source, text_of(source)?))) else {
        return;
    };
    match SecretSource::parse(written) {
        Ok(source) => node.data = Data::Secret(source),
        Err(expected) => {
            problems.push(no_source(source.span, expected));
            node.data = poison();
        }
    }
}

/// Every node at a path; `*` leads to each entry.
fn below<'n>(node: &'n mut Node, path: &[&str]) -> Vec<&'n mut Node> {
    let Some((first, rest)) = path.split_first() else {
        return vec![node];
    };
    let Data::Map(entries) = &mut node.data else {
        return Vec::new();
    };
    entries
        .iter_mut()
        .filter(|entry| *first == "*" || entry.key == *first)
        .flat_map(|entry| below(&mut entry.value, rest))
        .collect()
}

/// References are put in under `with` only; elsewhere they are reported and poisoned.
pub(crate) fn no_references(root: &mut Node, problems: &mut Vec<Diagnostic>) {
    visit_references(root, &mut Vec::new(), problems);
}

fn visit_references(node: &mut Node, path: &mut Vec<String>, problems: &mut Vec<Diagnostic>) {
    if let [stacks, _, with] = path.as_slice()
        && stacks == "stacks"
        && with == "with"
    {
        return;
    }
    let refers = text_of(node).is_some_and(|text| text.contains("${"));
    match &mut node.data {
        Data::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                visit_references(&mut entry.value, path, problems);
                path.pop();
            }
        }
        Data::List(items) => items.iter_mut().for_each(|item| visit_references(item, path, problems)),
        data if refers => {
            *data = poison();
            problems.push(
                Diagnostic::at(
                    "not-available",
                    "settings of an environment hold no references",
                    node.span,
                    "a reference here",
                )
                .hint("references stand under `with` and in stack files"),
            );
        }
        _ => {}
    }
}
