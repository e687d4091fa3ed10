//! Problems as text, in the manner of rustc: header, frames, hint.

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
use crate::environment::source::FileId;
use crate::environment::source::Sources;

/// Lines around a framed line that are kept, so that a gap of one shows the line and not `...`.
const NEAR: usize = 1;

/// Renders problems as plain text, in the order of their places, each once: header, frames, hint. Problems
/// without a place come first. Frames show the first line of a place only.
pub fn render(problems: &[Diagnostic], sources: &Sources) -> String {
    render_with(problems, sources, false)
}

/// As [`render`], with ANSI colours if asked for. Whether the reader can show them is the caller's business.
pub fn render_with(problems: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut lines = Lines::default();
    let mut rendered = String::new();
    for problem in in_order(problems) {
        let frames = frames(problem, sources, &mut lines);
        if !rendered.is_empty() {
            rendered.push('\n');
        }
        rendered.push_str(&renderer.render(&[group(problem, &frames)]));
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
fn frames<'s>(problem: &'s Diagnostic, sources: &'s Sources, lines: &mut Lines) -> Vec<Frame<'s>> {
    let mut files: Vec<FileId> = Vec::new();
    for label in &problem.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let framed = |file: FileId| {
        let source = sources.get(file)?;
        let starts = lines.of(file, &source.text);
        let labels = problem.labels.iter().enumerate();
        let places = labels
            .filter(|(_, label)| label.span.file == file)
            .map(|(index, label)| (place(&source.text, starts, label), label, index == 0))
            .collect();
        Some(frame(&source.path, &source.text, starts, places))
    };
    files.into_iter().filter_map(framed).collect()
}

/// A label's line, and its columns in bytes from the start of that line.
struct Place {
    line: usize,
    columns: Range<usize>,
}

/// Cut to the first line of the span, and to the text.
fn place(text: &str, starts: &[usize], label: &Label) -> Place {
    let start = boundary(text, label.span.start);
    let line = starts.partition_point(|line| *line <= start).saturating_sub(1);
    let (from, to) = bounds(text, starts, line);
    let start = start.clamp(from, to);
    let end = boundary(text, label.span.end).clamp(start, to);
    Place {
        line,
        columns: start - from..end - from,
    }
}

fn frame<'s>(path: &'s str, text: &str, starts: &[usize], places: Vec<(Place, &'s Label, bool)>) -> Frame<'s> {
    let first_line = places.iter().map(|(place, ..)| place.line).min().unwrap_or_default();
    let last_line = places.iter().map(|(place, ..)| place.line).max().unwrap_or_default();
    let mut shown = String::new();
    let mut annotations = Vec::new();
    for line in first_line..=last_line {
        let offset = shown.len();
        if places.iter().any(|(place, ..)| place.line.abs_diff(line) <= NEAR) {
            let (from, to) = bounds(text, starts, line);
            shown.push_str(text.get(from..to).unwrap_or_default());
        }
        shown.push('\n');
        for (place, label, primary) in places.iter().filter(|(place, ..)| place.line == line) {
            annotations.push(Mark {
                at: offset + place.columns.start..offset + place.columns.end,
                text: &label.text,
                primary: *primary,
            });
        }
    }
    Frame {
        path,
        first_line,
        text: shown,
        annotations,
    }
}

/// Start and end of a line, without its line break.
fn bounds(text: &str, starts: &[usize], line: usize) -> (usize, usize) {
    let from = starts.get(line).copied().unwrap_or_default();
    let to = starts.get(line + 1).copied().unwrap_or(text.len());
    let written = text.get(from..to).unwrap_or_default();
    (from, from + written.trim_end_matches(['\n', '\r']).len())
}

fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Where the lines of each file start.
#[derive(Default)]
struct Lines(HashMap<FileId, Vec<usize>>);

impl Lines {
    fn of(&mut self, file: FileId, text: &str) -> &[usize] {
        self.0.entry(file).or_insert_with(|| {
            let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        })
    }
}
