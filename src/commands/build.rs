//! `eclusa build`: compiles and packs the functions' code, and says what came out.
//!
//! An environment is built for as its cloud needs it: for Lambda, or for this machine where the cloud is embedded. A
//! name alone, or nothing, is built for Lambda.

use std::path::Path;

use eclusa_planner::environment::declared::Cloud;
use eclusa_planner::environment::declared::Libc;

use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::build;
use crate::build::BuildError;
use crate::build::Change;
use crate::build::Platform;
use crate::build::Target;
use crate::cli::BuildArgs;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::files::LocateError;
use crate::files::Root;
use crate::session;
use crate::view;

pub async fn run(args: &BuildArgs) -> Result<Exit, Failure> {
    super::watched(async |events| build_all(args, &events).await).await
}

/// What to build, and for what.
struct Wanted {
    root: Root,
    names: Vec<String>,
    target: Target,
    /// What the environment's file says, where one was named.
    libc: Libc,
}

fn wanted(what: Option<&str>) -> Result<Wanted, Failure> {
    let root = session::root()?;
    let names = build::names(&root.folder);
    match what {
        Some(name) if names.iter().any(|known| known == name) => Ok(Wanted {
            root,
            names: vec![name.to_owned()],
            target: Target::Lambda,
            libc: Libc::Musl,
        }),
        None => Ok(Wanted {
            root,
            names,
            target: Target::Lambda,
            libc: Libc::Musl,
        }),
        Some(other) => of_environment(other).map_err(|failure| neither(other, failure, names)),
    }
}

/// What is no environment either is told with both kinds of names.
fn neither(name: &str, failure: Failure, mut names: Vec<String>) -> Failure {
    match failure {
        Failure::Locate(LocateError::NoEnvironment { known, .. }) => {
            names.extend(known);
            BuildError::Nothing {
                name: name.to_owned(),
                known: names,
            }
            .into()
        }
        other => other,
    }
}

fn of_environment(environment: &str) -> Result<Wanted, Failure> {
    let located = session::locate(environment)?;
    let settings = session::settings(&located)?;
    Ok(Wanted {
        names: build::names(&located.root.folder),
        root: located.root,
        target: match settings.cloud {
            Cloud::Live => Target::Lambda,
            Cloud::Embedded => Target::Host,
        },
        libc: settings.libc,
    })
}

async fn build_all(args: &BuildArgs, events: &Events) -> Result<Exit, Failure> {
    let wanted = wanted(args.what.as_deref())?;
    let root = &wanted.root.folder;
    let platform = Platform {
        arch: args.arch,
        libc: args.libc.map_or(wanted.libc, Libc::from),
    };
    for name in &wanted.names {
        if args.explain {
            let changes = build::changes(root, name, platform, wanted.target)?;
            view::note(&explained(name, &changes));
        }
        let purpose = match wanted.target {
            Target::Lambda => format!("Lambda on {}", args.arch.name()),
            Target::Host => "the embedded cloud".to_owned(),
        };
        events.send(Event::Stage(format!("building lambda/{name} for {purpose}")));
        let built = build::zip(root, name, platform, wanted.target).await?;
        events.settle().await;
        view::data(&told(root, &built));
    }
    if wanted.names.is_empty() {
        view::note("lambda/ holds nothing to build\n");
    }
    Ok(Exit::Done)
}

fn explained(name: &str, changes: &[Change]) -> String {
    if changes.is_empty() {
        return format!("lambda/{name}: no input changed since the last build\n");
    }
    let line = |change: &Change| match change {
        Change::New(input) => format!("  + {input}\n"),
        Change::Edited(input) => format!("  ~ {input}\n"),
        Change::Gone(input) => format!("  - {input}\n"),
    };
    let lines: String = changes.iter().map(line).collect();
    format!("lambda/{name}: inputs that changed since the last build\n{lines}")
}

fn told(root: &Path, built: &build::Built) -> String {
    let path = built.path.strip_prefix(root).unwrap_or(&built.path);
    format!(
        "{}{}\n  size    {} bytes\n  source  {}\n  code    {}\n",
        path.display(),
        if built.was_there { " (no input changed)" } else { "" },
        built.size,
        built.source_digest,
        built.code_sha256
    )
}
