//! One environment, opened: its files read, its clouds reached, its place known.

mod door;
mod judged;

use std::path::PathBuf;
use std::sync::Arc;

use eclusa_planner::environment;
use eclusa_planner::environment::Asked;
use eclusa_planner::environment::Declared;
use eclusa_planner::environment::declared::Cloud;
use eclusa_planner::environment::declared::Settings;
use eclusa_planner::environment::diagnostic;
use eclusa_planner::plan;
use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Record;
use eclusa_planner::plan::Request;
use eclusa_planner::plan::Unlisted;
use eclusa_planner::plan::record::Remembering;
use eclusa_planner::plan::record::concerns;
use eclusa_planner::plan::record::is_kept_for;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Owner;

pub use self::door::Door;
use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::clients::Io;
use crate::clients::embedded;
use crate::failure::Failure;
use crate::files;
use crate::files::Located;
use crate::files::Root;
use crate::kinds::KINDS;
use crate::observe;
use crate::observe::ObserveError;
use crate::observe::Observed;
use crate::observe::Targets;
use crate::observe::Unseen;
use crate::ownership::Lease;
use crate::ownership::record;
use crate::ownership::record::Stored;
use crate::receipt::Journal;

/// Stands for the record among the kinds that could not be listed whole.
const RECORD: &str = "the record";

/// An environment with its clients.
pub struct Session {
    pub located: Located,
    pub declared: Declared,
    pub owner: Owner,
    pub io: Io,
    pub reach: Reach,
}

/// Which clouds are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Both,
    /// What the owner has on AWS is not these credentials'.
    Confluent,
}

/// What looking and planning found.
pub struct Looked<'d> {
    pub evaluation: Evaluation<'d>,
    pub observed: Observed,
    pub plan: Plan,
    /// Makes targets of addresses, with what the record remembers.
    pub targets: Targets,
    /// The record as it was read; `None` where no environment of this kind has one.
    pub stored: Option<Stored>,
}

/// Finds an environment's file from where the user stands.
pub fn locate(given: &str) -> Result<Located, Failure> {
    Ok(files::locate(given, &here()?)?)
}

/// Finds the root folder from where the user stands.
pub fn root() -> Result<Root, Failure> {
    Ok(files::root(&here()?)?)
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::System {
        what: "the current folder",
        error,
    })
}

/// Reads and checks the files without asking any cloud.
pub fn declare(located: &Located, asked: &Asked) -> Result<Declared, Failure> {
    environment::declare(&located.root, &located.path, asked).map_err(|failed| Failure::Declaration(Box::new(failed)))
}

/// The environment file's settings alone.
pub fn settings(located: &Located) -> Result<Settings, Failure> {
    environment::settings(&located.root, &located.path)
        .map(|(settings, _)| settings)
        .map_err(|failed| Failure::Declaration(Box::new(failed)))
}

impl Session {
    /// Opens an environment as these credentials' own.
    pub async fn open(given: &str, events: Events) -> Result<Self, Failure> {
        let door = Door::of(given, events).await?;
        let caller = door.caller().await?;
        door.open(caller).await
    }

    /// Brings the embedded cloud back if it went to sleep while somebody thought about a question; it keeps its port.
    pub async fn wake(&self) -> Result<(), Failure> {
        if self.declared.settings.cloud == Cloud::Embedded {
            embedded::reach(&self.located.root.folder, &self.declared.settings).await?;
        }
        Ok(())
    }

    /// The environment's lease, for this run.
    pub fn lease(&self, events: Events) -> Lease {
        let settings = &self.declared.settings;
        Lease::of(&self.io, &settings.environment, settings.cloud, events)
    }

    /// The environment's receipts.
    pub fn journal(&self) -> Journal {
        Journal::of(&self.located.root.folder, &self.declared.settings.environment)
    }

    /// Looks at everything declared, and at what else is ours, and plans what is asked for.
    pub async fn look(&self, request: &Request, events: &Events) -> Result<Looked<'_>, Failure> {
        let unseen: Vec<String> = match self.reach {
            Reach::Both => Vec::new(),
            Reach::Confluent => kinds_of_aws().map(str::to_owned).collect(),
        };
        self.look_for(request, events, &unseen).await
    }

    /// The same for reading alone: what this environment's reader cannot list (`drift.unseen`) is not compared.
    pub async fn look_only(&self, request: &Request, events: &Events) -> Result<Looked<'_>, Failure> {
        self.look_for(request, events, &self.declared.settings.unseen).await
    }

    async fn look_for(&self, request: &Request, events: &Events, kinds: &[String]) -> Result<Looked<'_>, Failure> {
        let count = self.declared.resources.len();
        events.send(Event::Stage(format!(
            "reading {count} resources of {}",
            self.declared.settings.environment
        )));
        let mut evaluation = Evaluation::new(&self.declared)?;
        let stored = self.stored().await?;
        let record = stored.as_ref().and_then(|stored| match &stored.unread {
            Some(_) => None,
            None => Some(stored.record.clone().unwrap_or_default()),
        });
        let memory = Arc::new(Remembering::new(
            record.as_ref().unwrap_or(&Record::default()),
            &self.owner,
        ));
        let targets = Targets::new(&memory, request, &evaluation);
        let unseen = Unseen {
            kinds,
            record: record.as_ref(),
        };
        let mut observed = observe::observe(&self.io, &evaluation, &targets, &unseen).await?;
        observed.live.record = record;
        if let Some(because) = stored.as_ref().and_then(|stored| stored.unread.clone()) {
            let kind = RECORD.to_owned();
            observed.live.unlisted.push(Unlisted { kind, because });
        }
        self.check_named(request, &observed)?;
        let mut plan = plan::plan(&mut evaluation, &self.owner, &observed.live, request.clone())?;
        if plan.intent == Intent::Converge {
            judged::judge(&self.io, &evaluation, &targets, &observed, &mut plan).await?;
        }
        Ok(Looked {
            evaluation,
            observed,
            plan,
            targets,
            stored,
        })
    }

    /// The environment's record, where something may be remembered: an environment without Confluent has none.
    async fn stored(&self) -> Result<Option<Stored>, Failure> {
        if !concerns(&self.declared) || self.reach == Reach::Confluent {
            return Ok(None);
        }
        let read = record::read(&self.io, &self.declared.settings.environment).await;
        read.map(Some).map_err(|error| Failure::from(ObserveError::from(error)))
    }

    /// Every address that was written must mean something that is declared or ours.
    fn check_named(&self, request: &Request, observed: &Observed) -> Result<(), Failure> {
        let declared = self.declared.resources.iter().map(|resource| &resource.address);
        let owned = observed.live.owned.iter().map(|owned| &owned.address);
        let known: Vec<&Address> = declared.chain(owned).collect();
        match request
            .named()
            .find(|written| !known.iter().any(|address| address.is_meant_by(written)))
        {
            None => Ok(()),
            Some(written) => {
                let written = written.to_string();
                let texts: Vec<String> = known.iter().map(|address| address.current().to_string()).collect();
                let nearest = diagnostic::nearest(&written, texts.iter().map(String::as_str)).map(str::to_owned);
                Err(Failure::NoResource { written, nearest })
            }
        }
    }
}

fn kinds_of_aws() -> impl Iterator<Item = &'static str> {
    let names = KINDS.iter().map(|kind| kind.name());
    names.filter(|kind| !is_kept_for(kind))
}
