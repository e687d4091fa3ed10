//! Where references stand in a file.

use std::cell::OnceCell;
use std::ops::Range;

use crate::environment::source::Sources;
use crate::environment::source::Span;

/// Where the references of one scalar stand in its file.
///
/// The scalar may be quoted, folded or escaped, so each `${` is counted instead of its offset; where the counts
/// do not agree, the whole scalar is framed. Nothing is counted before the first problem asks.
pub(crate) struct Frames<'t> {
    sources: &'t Sources,
    scalar: Span,
    text: &'t str,
    starts: OnceCell<Vec<(usize, usize)>>,
}

impl<'t> Frames<'t> {
    pub(crate) fn new(sources: &'t Sources, scalar: Span, text: &'t str) -> Self {
        Self {
            sources,
            scalar,
            text,
            starts: OnceCell::new(),
        }
    }

    /// The place of the reference that has this range in the text.
    pub(crate) fn of(&self, range: &Range<usize>) -> Span {
        let raw = self.raw();
        let starts = self.starts.get_or_init(|| starts(raw, self.text));
        let Ok(found) = starts.binary_search_by_key(&range.start, |(in_text, _)| *in_text) else {
            return self.scalar;
        };
        let start = starts.get(found).map_or(0, |(_, in_raw)| *in_raw);
        let wanted = self.text.get(range.clone()).unwrap_or_default();
        let whole = raw.get(start..).is_some_and(|rest| rest.starts_with(wanted));
        Span {
            file: self.scalar.file,
            start: self.scalar.start + start,
            end: self.scalar.start + start + if whole { wanted.len() } else { 2 },
        }
    }

    fn raw(&self) -> &'t str {
        let source = self.sources.get(self.scalar.file);
        source
            .and_then(|source| source.text.get(self.scalar.start..self.scalar.end))
            .unwrap_or_default()
    }
}

/// Where each `${` begins in the text and in the file; none if they are not as many.
fn starts(raw: &str, text: &str) -> Vec<(usize, usize)> {
    let all = |text: &str| text.match_indices("${").map(|(start, _)| start).collect::<Vec<_>>();
    let (in_raw, in_text) = (all(raw), all(text));
    if in_raw.len() != in_text.len() {
        return Vec::new();
    }
    in_text.into_iter().zip(in_raw).collect()
}
