//! Problems as text, in the manner of rustc: header, frames, hint.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::HashSet;
use std::ops::Range;

use annotate_snippets::Annotation;
use annotate_snippets::AnnotationKind;
use annotate_snippets::Group;
use annotate_snippets::Level;
use annotate_snippets::Renderer;
use annotate_snippets::Snippet;

use super::Diagnostic;
use super::Label;
use super::PLAIN_SECRET;
use crate::environment::source::FileId;
use crate::environment::source::Source;
use crate::environment::source::Sources;
use crate::environment::source::Span;

/// Lines around a framed line that are kept, so that a gap of one shows the line and not `...`.
const NEAR: usize = 1;

/// A line of more bytes is cut around its first place before it is laid out, which is slow for long lines.
const LONG: usize = 500;
/// Bytes that are kept before a place in such a line, and twice as many behind its start.
const AROUND: usize = 120;
const CUT: &str = "...";

/// Renders problems as plain text, in the order of their places, each once: header, frames, hint. Problems
/// without a place come first. Frames show the first line of a place only.
pub fn render(problems: &[Diagnostic], sources: &Sources) -> String {
    render_with(problems, sources, false)
}

/// As [`render`], with ANSI colours if asked for. Whether the reader can show them is the caller's business.
pub fn render_with(problems: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut pages = Pages::new(problems, sources);
    let mut rendered = String::new();
    for problem in in_order(problems) {
        let frames = frames(problem, &mut pages);
        if !rendered.is_empty() {
            rendered.push('\n');
        }
        let text = renderer.render(&[group(problem, &frames)]);
        rendered.push_str(&frames.iter().fold(text, |text, frame| frame.with_true_column(text)));
        rendered.push('\n');
    }
    rendered
}

/// Sorted by primary place, each problem once.
fn in_order(problems: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut seen = HashSet::new();
    let mut sorted: Vec<&Diagnostic> = problems.iter().filter(|problem| seen.insert(*problem)).collect();
    sorted.sort_by_key(|problem| problem.labels.first().map(|label| (label.span.file, label.span.start)));
    sorted
}

fn group<'f>(problem: &'f Diagnostic, frames: &'f [Frame<'f>]) -> Group<'f> {
    let title = Level::ERROR.primary_title(problem.message.as_str()).id(problem.code);
    let snippets = frames.iter().map(|frame| {
        let annotations = frame.annotations.iter().map(Mark::annotation);
        Snippet::source(frame.text.as_str())
            .path(frame.path)
            .line_start(frame.first_line + 1)
            .annotations(annotations)
    });
    let group = title.elements(snippets);
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// The lines of one file that a problem is framed in; lines far from any place are left empty.
struct Frame<'s> {
    path: &'s str,
    first_line: usize,
    text: String,
    annotations: Vec<Mark<'s>>,
    /// The place in the header as it is laid out and as it is, where a line was cut.
    moved: Option<(String, String)>,
}

impl Frame<'_> {
    fn with_true_column(&self, rendered: String) -> String {
        match &self.moved {
            Some((laid_out, real)) => rendered.replacen(laid_out.as_str(), real, 1),
            None => rendered,
        }
    }
}

struct Mark<'s> {
    at: Range<usize>,
    text: &'s str,
    primary: bool,
}

impl Mark<'_> {
    fn annotation(&self) -> Annotation<'_> {
        let kind = if self.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let annotation = kind.span(self.at.clone());
        if self.text.is_empty() {
            annotation
        } else {
            annotation.label(self.text)
        }
    }
}

/// One frame a file, in the order in which the labels name the files.
fn frames<'s>(problem: &'s Diagnostic, pages: &mut Pages<'s>) -> Vec<Frame<'s>> {
    let mut files: Vec<FileId> = Vec::new();
    for label in &problem.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let framed = |file: FileId| {
        let page = pages.of(file)?;
        let labels = problem.labels.iter().enumerate();
        let places = labels
            .filter(|(_, label)| label.span.file == file)
            .map(|(index, label)| (page.place(label.span), label, index == 0))
            .collect();
        Some(page.frame(places))
    };
    files.into_iter().filter_map(framed).collect()
}

/// A label's line, and its columns in bytes from the start of that line.
struct Place {
    line: usize,
    columns: Range<usize>,
}

/// One file as it is shown.
struct Page<'s> {
    path: &'s str,
    text: Cow<'s, str>,
    /// Where its lines start.
    starts: Vec<usize>,
}

impl<'s> Page<'s> {
    fn new(source: &'s Source, concealed: &[Span]) -> Self {
        let breaks = source.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            path: &source.path,
            text: conceal(&source.text, concealed),
            starts: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect(),
        }
    }

    /// Cut to the first line of the span, and to the text.
    fn place(&self, span: Span) -> Place {
        let start = self.boundary(span.start);
        let line = self.starts.partition_point(|line| *line <= start).saturating_sub(1);
        let (from, to) = self.bounds(line);
        let start = start.clamp(from, to);
        let end = self.boundary(span.end).clamp(start, to);
        Place {
            line,
            columns: start - from..end - from,
        }
    }

    fn frame(&self, places: Vec<(Place, &'s Label, bool)>) -> Frame<'s> {
        let first_line = places.iter().map(|(place, ..)| place.line).min().unwrap_or_default();
        let last_line = places.iter().map(|(place, ..)| place.line).max().unwrap_or_default();
        let mut shown = String::new();
        let mut annotations = Vec::new();
        let mut moved = None;
        for line in first_line..=last_line {
            let offset = shown.len();
            let here: Vec<_> = places.iter().filter(|(place, ..)| place.line == line).collect();
            let near = places.iter().any(|(place, ..)| place.line.abs_diff(line) <= NEAR);
            let focus = here.first().map_or(0, |(place, ..)| place.columns.start);
            let (from, window) = self.window(line, focus);
            let lead = if window.start > from { CUT } else { "" };
            if near {
                shown.push_str(lead);
                shown.push_str(self.text.get(window.clone()).unwrap_or_default());
            }
            shown.push('\n');
            let column = |column: usize| (from + column).clamp(window.start, window.end) - window.start + lead.len();
            for (place, label, primary) in here {
                annotations.push(Mark {
                    at: offset + column(place.columns.start)..offset + column(place.columns.end),
                    text: &label.text,
                    primary: *primary,
                });
            }
            if !lead.is_empty() && moved.is_none() {
                moved = Some(self.headers(line, from, from + focus, &window));
            }
        }
        Frame {
            path: self.path,
            first_line,
            text: shown,
            annotations,
            moved,
        }
    }

    /// Where a line starts, and what of it is shown.
    fn window(&self, line: usize, focus: usize) -> (usize, Range<usize>) {
        let (from, to) = self.bounds(line);
        if to - from <= LONG {
            return (from, from..to);
        }
        let start = self.boundary((from + focus).saturating_sub(AROUND).max(from));
        let end = self.boundary((from + focus + 2 * AROUND).min(to));
        (from, start..end)
    }

    /// `path:line:column` as it is laid out from a cut line, and as it is.
    fn headers(&self, line: usize, from: usize, place: usize, window: &Range<usize>) -> (String, String) {
        let characters = |range: Range<usize>| self.text.get(range).map_or(0, |text| text.chars().count());
        let header = |column: usize| format!("{}:{}:{}", self.path, line + 1, column + 1);
        let laid_out = CUT.len() + characters(window.start..place);
        (header(laid_out), header(characters(from..place)))
    }

    /// Start and end of a line, without its line break.
    fn bounds(&self, line: usize) -> (usize, usize) {
        let from = self.starts.get(line).copied().unwrap_or_default();
        let to = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let written = self.text.get(from..to).unwrap_or_default();
        (from, from + written.trim_end_matches(['\n', '\r']).len())
    }

    fn boundary(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        (0..=at)
            .rev()
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or_default()
    }
}

/// The files of one rendering, each read once.
struct Pages<'s> {
    sources: &'s Sources,
    concealed: Vec<Span>,
    pages: HashMap<FileId, Page<'s>>,
}

impl<'s> Pages<'s> {
    fn new(problems: &[Diagnostic], sources: &'s Sources) -> Self {
        let plain = problems.iter().filter(|problem| problem.code == PLAIN_SECRET);
        Self {
            sources,
            concealed: plain
                .filter_map(|problem| problem.labels.first())
                .map(|label| label.span)
                .collect(),
            pages: HashMap::new(),
        }
    }

    fn of(&mut self, file: FileId) -> Option<&Page<'s>> {
        let source = self.sources.get(file)?;
        let concealed = || {
            let here = self.concealed.iter().filter(|span| span.file == file);
            here.copied().collect::<Vec<_>>()
        };
        Some(
            self.pages
                .entry(file)
                .or_insert_with(|| Page::new(source, &concealed())),
        )
    }
}

/// The text with asterisks, a byte each, where a secret stands. A reference to one is shown, and so is a key: the
/// declaration that a secret is held against. A colon follows every key, and no value.
fn conceal<'t>(text: &'t str, secrets: &[Span]) -> Cow<'t, str> {
    let mut shown = Cow::Borrowed(text);
    for secret in secrets {
        let range = secret.start..secret.end;
        let Some(written) = text.get(range.clone()) else {
            continue;
        };
        let is_key = text
            .get(secret.end..)
            .is_some_and(|rest| rest.trim_start_matches(' ').starts_with(':'));
        if !is_key && !written.trim_matches(['"', '\'']).starts_with("${") {
            let stars: String = written
                .chars()
                .flat_map(|c| std::iter::repeat_n(if c == '\n' { c } else { '*' }, c.len_utf8()))
                .collect();
            shown.to_mut().replace_range(range, &stars);
        }
    }
    shown
}
