use std::io;

use crate::environment::Asked;
use crate::environment::Declared;
use crate::environment::Failed;
use crate::environment::Files;
use crate::environment::declare;
use crate::environment::declared::Libc;
use crate::environment::diagnostic::render;
use crate::environment::trial::Texts;
use crate::environment::trial::local;
use crate::environment::trial::to_json;
use crate::resource::Digest;

/// Texts, of which one is read as bytes that are no text, and programs that can be built.
struct Project {
    texts: Texts,
    zip: Option<Vec<u8>>,
    program: Option<&'static str>,
}

impl Files for Project {
    fn read(&self, path: &str) -> io::Result<String> {
        self.texts.read(path)
    }
    fn list(&self, folder: &str) -> Vec<String> {
        self.texts.list(folder)
    }
    fn read_bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        match &self.zip {
            Some(zip) if path == "stacks/code/bridge.zip" => Ok(zip.clone()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
    fn source_digest(&self, name: &str, architecture: &str, _: Libc) -> io::Result<Option<String>> {
        match (name, self.program) {
            ("bridge", digest) => Ok(digest.map(|digest| format!("{digest}-{architecture}"))),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn project(code: &str) -> Project {
    let stack = format!(
        "resources:\n  aws_lambda_function.bridge:\n    {code}\n    runtime: provided.al2023\n    handler: bootstrap\n    \
         role: arn:aws:iam::123456789012:role/bridge\n  aws_sqs_queue.q: {{}}\n"
    );
    Project {
        texts: local("", &stack),
        zip: Some(vec![0x50, 0x4b, 0xff]),
        program: Some("1:abc"),
    }
}

fn declared(project: &Project) -> Result<Declared, Failed> {
    declare(project, "environments/local.yaml", &Asked::default())
}

/// What the function's code is made from, and the digest of its declaration.
fn source(project: &Project) -> (serde_json::Value, Digest) {
    let declared = declared(project).unwrap_or_else(|failed| panic!("{}", render(&failed.problems, &failed.sources)));
    let function = &declared.resources[0];
    let attributes = to_json(&function.attributes.to_value());
    (attributes["source"].clone(), function.digest.clone())
}

fn problem(project: &Project) -> (&'static str, String) {
    let failed = declared(project).expect_err("a problem");
    assert_eq!(failed.problems.len(), 1);
    (failed.problems[0].code, render(&failed.problems, &failed.sources))
}

#[test]
fn a_file_counts_by_its_bytes() {
    let mut project = project("filename: code/bridge.zip");
    let (first, declaration) = source(&project);
    assert_eq!(
        first,
        "sha256:ed13f7da0abb4cd28952e22cb41feb1ca15b39cb994e1883837644b04afb2a0f"
    );
    project.zip = Some(vec![0x50, 0x4b]);
    let (second, edited) = source(&project);
    assert_ne!(first, second);
    assert_ne!(declaration, edited);
}

#[test]
fn a_program_counts_by_its_sources_and_its_processor() {
    assert_eq!(source(&project("build: bridge")).0, "1:abc-x86_64");
    let arm = project("build: bridge\n    architectures: [arm64]");
    assert_eq!(source(&arm).0, "1:abc-arm64");
}

#[test]
fn where_nobody_can_build_there_is_no_digest() {
    let mut project = project("build: bridge");
    project.program = None;
    assert_eq!(source(&project).0, serde_json::Value::Null);
}

#[test]
fn a_file_that_is_not_there_is_framed_where_it_is_named() {
    let (code, text) = problem(&project("filename: code/brigde.zip"));
    assert_eq!(code, "missing-file");
    assert!(
        text.contains("stacks/s.yaml:4:15") && text.contains("stacks/code/brigde.zip does not exist"),
        "{text}"
    );
}

#[test]
fn a_program_that_is_not_there_is_framed_where_it_is_named() {
    let (code, text) = problem(&project("build: brigde"));
    assert_eq!(code, "missing-program");
    assert!(text.contains("lambda/brigde does not exist"), "{text}");
}

#[test]
fn a_file_lies_in_the_project_and_its_name_needs_no_cloud() {
    assert_eq!(problem(&project("filename: ../../code.zip")).0, "bad-path");
    let unknown = project("filename: ${aws_sqs_queue.q.arn}");
    assert_eq!(problem(&unknown).0, "unknown-file");
}

#[test]
fn for_what_is_only_looked_up_no_file_is_read() {
    let mut project = project("existing: bridge\n    filename: code/bridge.zip");
    project.zip = None;
    assert!(declared(&project).is_ok());
}
