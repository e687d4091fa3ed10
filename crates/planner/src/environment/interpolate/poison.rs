//! Values whose problem is already reported.

use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::Address;
use crate::resource::Part;
use crate::resource::Reference;
use crate::resource::Text;
use crate::resource::Unknown;

/// Stands for a value whose problem is already reported.
pub(crate) fn poison() -> Data {
    let reference = Reference {
        address: Address::new("", "", ""),
        output: String::new(),
    };
    Data::Text([Part::Unknown(Unknown::Output(reference))].into_iter().collect())
}

/// Whether a node is, or holds at its own level, a [`poison`].
pub(crate) fn is_poisoned(node: &Node) -> bool {
    matches!(&node.data, Data::Text(text) if is_poisoned_text(text))
}

/// Whether a text has a part whose problem is already reported.
pub(crate) fn is_poisoned_text(text: &Text) -> bool {
    text.unknowns()
        .any(|unknown| matches!(unknown, Unknown::Output(reference) if reference.address.kind.is_empty()))
}

/// Poisons every scalar that one of `places` lies in.
pub(crate) fn poison_at(node: &mut Node, places: &[Span]) {
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(|item| poison_at(item, places)),
        Data::Map(entries) => entries.iter_mut().for_each(|entry| poison_at(&mut entry.value, places)),
        _ => {
            let span = node.span;
            let holds = |place: &Span| place.file == span.file && place.start >= span.start && place.end <= span.end;
            if places.iter().any(holds) {
                node.data = poison();
            }
        }
    }
}

/// Appends poison to a text, which poisons it.
pub(super) fn push_poison(made: &mut Text) {
    if let Data::Text(text) = poison() {
        text.parts().iter().cloned().for_each(|part| made.push(part));
    }
}
