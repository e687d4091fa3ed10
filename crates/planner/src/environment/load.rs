//! Reads environment and stack files, and puts layers on top of each other.

use std::io;

use super::diagnostic::Diagnostic;
use super::diagnostic::nearest;
use super::interpolate::poison_at;
use super::layers;
use super::source::Files;
use super::source::Sources;
use super::source::Span;
use super::stack::text_of;
use super::tree::Data;
use super::tree::Node;
use super::yaml;

/// Layers of one environment, the file itself included.
const LAYERS: usize = 16;

/// The problem after which the parser reads on as it was meant; what it is about may be checked.
const READ_ON: &str = "unquoted-reference";

/// Reads files and keeps their texts and problems.
pub(crate) struct Loader<'f> {
    files: &'f dyn Files,
    pub(crate) sources: Sources,
    pub(crate) problems: Vec<Diagnostic>,
}

/// An environment file with its layers merged.
pub(crate) struct Layered {
    pub(crate) root: Node,
    /// Every layer could be read; what is missing from the tree is missing.
    pub(crate) complete: bool,
}

impl<'f> Loader<'f> {
    pub(crate) fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            sources: Sources::default(),
            problems: Vec::new(),
        }
    }

    /// The environment file at `path` over everything it extends; `None` where it cannot be read or parsed.
    pub(crate) fn environment(&mut self, path: &str) -> Option<Layered> {
        let text = match self.files.read(path) {
            Ok(text) => text,
            Err(error) => {
                let problem = self.no_environment(path, &error);
                self.problems.push(problem);
                return None;
            }
        };
        let mut layers = vec![self.parse(path, text)?];
        let mut read: Vec<(String, Option<Span>)> = vec![(path.to_owned(), None)];
        let mut complete = true;
        while let Some((below, at)) = layers.last_mut().and_then(|layer| extends(layer, &mut self.problems)) {
            let path = match beside(read.last().map_or(path, |(path, _)| path), &below) {
                Some(path) => path,
                None => {
                    self.problems.push(leaves_root(&below, at));
                    complete = false;
                    break;
                }
            };
            if let Some(problem) = self.circle(&read, &path, at).or_else(|| too_many(read.len(), at)) {
                self.problems.push(problem);
                complete = false;
                break;
            }
            read.push((path.clone(), Some(at)));
            let Some(layer) = self.layer(&path, at) else {
                complete = false;
                break;
            };
            layers.push(layer);
        }
        let root = layers.into_iter().rev().reduce(layers::merge)?;
        Some(Layered { root, complete })
    }

    /// The tree of one stack file; problems of reading are framed at `at`, where the stack is named.
    pub(crate) fn stack(&mut self, name: &str, at: Span) -> Option<Node> {
        let path = format!("stacks/{name}.yaml");
        match self.files.read(&path) {
            Ok(text) => self.parse(&path, text),
            Err(error) => {
                let problem = unreadable(
                    "missing-stack",
                    &format!("there is no stack `{name}`"),
                    &path,
                    &error,
                    at,
                );
                let stacks = names_in(self.files, "stacks");
                let near = nearest(name, stacks.iter().map(String::as_str)).map(str::to_owned);
                self.problems.push(match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None if stacks.is_empty() => {
                        problem.hint(format!("write {path}; the folder stacks/ holds no stack yet"))
                    }
                    None => problem.hint(format!("the stacks are {}", stacks.join(", "))),
                });
                None
            }
        }
    }

    fn layer(&mut self, path: &str, at: Span) -> Option<Node> {
        match self.files.read(path) {
            Ok(text) => self.parse(path, text),
            Err(error) => {
                let message = format!("there is no layer {path}");
                let problem = unreadable("missing-layer", &message, path, &error, at);
                self.problems
                    .push(problem.hint("a layer is named relative to the folder of this file"));
                None
            }
        }
    }

    fn parse(&mut self, path: &str, text: String) -> Option<Node> {
        let file = self.sources.add(path, text);
        let (mut tree, problems) = yaml::parse(&self.sources, file);
        let misread = problems.iter().filter(|problem| problem.code != READ_ON);
        let places: Vec<Span> = misread
            .filter_map(|problem| Some(problem.labels.first()?.span))
            .collect();
        if let Some(tree) = tree.as_mut().filter(|_| !places.is_empty()) {
            poison_at(tree, &places);
        }
        self.problems.extend(problems);
        tree
    }

    fn no_environment(&self, path: &str, error: &io::Error) -> Diagnostic {
        let (_, name) = folder_and_name(path);
        if error.kind() != io::ErrorKind::NotFound {
            return Diagnostic::nowhere("unreadable-file", format!("{path} cannot be read: {}", because(error)));
        }
        let problem = Diagnostic::nowhere("missing-environment", format!("there is no environment file {path}"));
        let environments = names_in(self.files, "environments");
        match nearest(name, environments.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if environments.is_empty() => problem.hint("the folder environments/ holds no environment yet"),
            None => problem.hint(format!("the environments are {}", environments.join(", "))),
        }
    }

    fn circle(&self, read: &[(String, Option<Span>)], path: &str, at: Span) -> Option<Diagnostic> {
        let start = read.iter().position(|(each, _)| each == path)?;
        let circle = read.get(start..)?;
        let way: Vec<&str> = circle.iter().map(|(each, _)| each.as_str()).chain([path]).collect();
        let mut problem = Diagnostic::at(
            "layer-cycle",
            format!("these layers extend each other: {}", way.join(" -> ")),
            at,
            format!("{path} is already a layer above"),
        );
        for (each, named) in circle.iter().skip(1) {
            if let Some(named) = named {
                problem = problem.and_at(*named, format!("{each} is named here"));
            }
        }
        Some(problem.hint("the lowest layer extends nothing"))
    }
}

fn too_many(layers: usize, at: Span) -> Option<Diagnostic> {
    (layers >= LAYERS).then(|| {
        let message = format!("an environment has {LAYERS} layers at most");
        Diagnostic::at("too-large", message, at, "one layer too many")
    })
}

/// Takes `extends` out of a layer.
fn extends(layer: &mut Node, problems: &mut Vec<Diagnostic>) -> Option<(String, Span)> {
    let Data::Map(entries) = &mut layer.data else {
        return None;
    };
    let position = entries.iter().position(|entry| entry.key == "extends")?;
    let entry = entries.remove(position);
    if matches!(entry.value.data, Data::Null) {
        return None;
    }
    let Some(path) = text_of(&entry.value).filter(|path| !path.is_empty()) else {
        problems.push(Diagnostic::at(
            "wrong-type",
            format!("`extends` takes the name of a file, found {}", entry.value.describe()),
            entry.value.span,
            "expected the name of one file, such as base.yaml",
        ));
        return None;
    };
    Some((path.to_owned(), entry.value.span))
}

pub(super) fn leaves_root(below: &str, at: Span) -> Diagnostic {
    Diagnostic::at(
        "bad-path",
        format!("`{below}` leads out of this project"),
        at,
        "expected a file below the root",
    )
    .hint("the root is the folder that holds environments/")
}

/// A path beside another, `.` and `..` worked out; `None` where it leaves the root.
pub(super) fn beside(path: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') || relative.contains('\\') {
        return None;
    }
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in relative.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

/// The folder of a file, and its name without `.yaml`.
pub(crate) fn folder_and_name(path: &str) -> (&str, &str) {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    (folder, file.strip_suffix(".yaml").unwrap_or(file))
}

fn names_in(files: &dyn Files, folder: &str) -> Vec<String> {
    let listed = files.list(folder);
    listed
        .iter()
        .filter_map(|file| file.strip_suffix(".yaml"))
        .map(str::to_owned)
        .collect()
}

pub(super) fn unreadable(code: &'static str, message: &str, path: &str, error: &io::Error, at: Span) -> Diagnostic {
    if error.kind() == io::ErrorKind::NotFound {
        return Diagnostic::at(code, message, at, format!("{path} does not exist"));
    }
    let message = format!("{path} cannot be read: {}", because(error));
    Diagnostic::at("unreadable-file", message, at, "named here")
}

fn because(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
