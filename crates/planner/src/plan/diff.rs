//! The one diff, over canonical trees of any kind.

use super::change::FieldChange;
use crate::resource::Segment;
use crate::resource::Value;

/// Changes that turn `before` into `after`: the keys of `after` as they stand there, then those that only
/// `before` has. Maps are compared by key, where null is the same as absent; lists item by item; a leaf that is
/// not known yet differs from every known one and equals itself. Items that only one of two lists has stand at
/// its end.
pub fn diff(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut walk = Walk::default();
    walk.compare(declared(before), declared(after));
    walk.found
}

#[derive(Default)]
struct Walk {
    path: Vec<Segment>,
    found: Vec<FieldChange>,
}

impl Walk {
    fn compare(&mut self, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (Some(Value::Map(before)), Some(Value::Map(after))) => {
                for (key, wanted) in after {
                    self.below(
                        Segment::Key(key.clone()),
                        before.get(key).and_then(declared),
                        declared(wanted),
                    );
                }
                for (key, live) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
                    self.below(Segment::Key(key.clone()), declared(live), None);
                }
            }
            (Some(Value::List(before)), Some(Value::List(after))) => {
                for position in 0..before.len().max(after.len()) {
                    self.below(Segment::Index(position), before.get(position), after.get(position));
                }
            }
            (before, after) if before == after => {}
            (before, after) => self.found.push(FieldChange {
                path: self.path.clone(),
                before: before.cloned(),
                after: after.cloned(),
                forces_replacement: false,
            }),
        }
    }

    fn below(&mut self, segment: Segment, before: Option<&Value>, after: Option<&Value>) {
        self.path.push(segment);
        self.compare(before, after);
        self.path.pop();
    }
}

/// Null says that nothing is declared.
fn declared(value: &Value) -> Option<&Value> {
    (*value != Value::Null).then_some(value)
}

#[cfg(test)]
mod tests;
