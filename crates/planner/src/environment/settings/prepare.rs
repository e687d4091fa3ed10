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
        let Some(node) = path.iter().try_fold(&mut *root, |node, segment| below(node, segment)) else {
            continue;
        };
        let Some(source) = node
            .get("secret")
            .filter(|_| matches!(&node.data, Data::Map(entries) if entries.len() == 1))
        else {
            continue;
        };
        let Some(written) = text_of(source) else {
            continue;
        };
        match SecretSource::parse(written) {
            Ok(source) => node.data = Data::Secret(source),
            Err(expected) => {
                problems.push(no_source(source.span, expected));
                node.data = poison();
            }
        }
    }
}

fn below<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.data {
        Data::Map(entries) => entries
            .iter_mut()
            .find(|entry| entry.key == key)
            .map(|entry| &mut entry.value),
        _ => None,
    }
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
