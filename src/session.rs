//! One environment, opened: its files read, its clouds reached, its place known.

use std::path::PathBuf;
use std::sync::Arc;

use eclusa_planner::environment;
use eclusa_planner::environment::Asked;
use eclusa_planner::environment::Declared;
use eclusa_planner::environment::Elsewhere;
use eclusa_planner::environment::declared::Cloud;
use eclusa_planner::environment::declared::Settings;
use eclusa_planner::environment::diagnostic;
use eclusa_planner::plan;
use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Record;
use eclusa_planner::plan::Request;
use eclusa_planner::plan::Unlisted;
use eclusa_planner::plan::record::Remembering;
use eclusa_planner::plan::record::concerns;
use eclusa_planner::plan::record::is_kept_for;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::Place;
use eclusa_planner::resource::place::partition_of;

use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::build::Target;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::aws::Aws;
use crate::clients::aws::Endpoint;
use crate::clients::confluent;
use crate::clients::confluent::Confluent;
use crate::clients::confluent::organizations;
use crate::clients::embedded;
use crate::clients::identity;
use crate::clients::identity::Caller;
use crate::clients::keyring::Keyring;
use crate::clients::secrets::Secrets;
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

/// An environment whose files are read and whose clients are made: nothing is asked yet.
pub struct Door {
    pub located: Located,
    pub settings: Settings,
    offline: Declared,
    io: Io,
}

impl Door {
    /// Reads the files first, so that a mistake in them costs no call.
    pub async fn of(given: &str, events: Events) -> Result<Self, Failure> {
        let located = locate(given)?;
        let settings = settings(&located)?;
        let offline = declare(&located, &Asked::default())?;
        events.send(Event::Stage(format!(
            "asking who these credentials are for {}",
            settings.environment
        )));
        let io = connect(&located.root, &settings, events).await?;
        Ok(Self {
            located,
            settings,
            offline,
            io,
        })
    }

    /// Whom the AWS credentials belong to.
    pub async fn caller(&self) -> Result<Caller, ProviderError> {
        identity::caller(&self.io).await
    }

    /// Whether anything of this environment may lie on Confluent.
    pub fn is_on_confluent(&self) -> bool {
        concerns(&self.offline)
    }

    /// The environment's receipts.
    pub fn journal(&self) -> Journal {
        Journal::of(&self.located.root.folder, &self.settings.environment)
    }

    /// The environment as these credentials' own.
    pub async fn open(self, caller: Caller) -> Result<Session, Failure> {
        check_account(&self.settings, &caller)?;
        let asked = Asked {
            account: Some(caller.account),
            organization: self.organization().await?,
            elsewhere: None,
        };
        self.enter(&asked)
    }

    /// The environment as an owner has it whom these credentials are not: what lies on Confluent, and nothing of AWS.
    pub async fn open_elsewhere(self, elsewhere: Elsewhere) -> Result<Session, Failure> {
        let asked = Asked {
            account: None,
            organization: self.organization().await?,
            elsewhere: Some(elsewhere),
        };
        let session = self.enter(&asked)?;
        Ok(Session {
            io: session.io.without_aws(),
            reach: Reach::Confluent,
            ..session
        })
    }

    async fn organization(&self) -> Result<Option<String>, Failure> {
        match self.is_on_confluent() {
            true => organization(&self.io, &self.settings).await.map(Some),
            false => Ok(None),
        }
    }

    fn enter(self, asked: &Asked) -> Result<Session, Failure> {
        let declared = declare(&self.located, asked)?;
        let place = declared.place.clone();
        let owner = place.owner().ok_or_else(|| no_account(&self.settings))?;
        Ok(Session {
            located: self.located,
            io: self.io.placed(place),
            declared,
            owner,
            reach: Reach::Both,
        })
    }
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
        let plan = plan::plan(&mut evaluation, &self.owner, &observed.live, request.clone())?;
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

async fn connect(root: &Root, settings: &Settings, events: Events) -> Result<Io, Failure> {
    let (endpoint, confluent, builds_for) = match settings.cloud {
        Cloud::Live => (Endpoint::Cloud, confluent::Endpoint::Cloud, Target::Lambda),
        Cloud::Embedded => {
            let at = embedded::reach(&root.folder, settings).await?;
            let (control, kafka) = (at.confluent, at.kafka);
            let confluent = confluent::Endpoint::Embedded { control, kafka };
            (Endpoint::Embedded(at.aws), confluent, Target::Host)
        }
    };
    let aws = Aws::connect(&settings.aws.region, &endpoint, settings.limits.call).await;
    let cloud_key = settings
        .confluent
        .as_ref()
        .and_then(|confluent| confluent.api_key.clone());
    let confluent = Confluent::connect(&confluent, cloud_key, settings.limits.call);
    let secrets = Secrets::of(&root.folder, &settings.path);
    let place = Place {
        environment: settings.environment.clone(),
        account: None,
        region: settings.aws.region.clone(),
        partition: partition_of(&settings.aws.region).to_owned(),
        organization: None,
    };
    let supplied = settings.confluent.as_ref();
    let supplied = supplied.map(|confluent| confluent.kafka_api_keys.clone());
    let keyring = Keyring::of(supplied.unwrap_or_default());
    Ok(Io::new(aws, confluent, secrets, place, settings.limits, events)
        .with_keyring(keyring)
        .rooted(root.folder.clone(), builds_for))
}

fn kinds_of_aws() -> impl Iterator<Item = &'static str> {
    let names = KINDS.iter().map(|kind| kind.name());
    names.filter(|kind| !is_kept_for(kind))
}

/// The id of the organization whose Cloud key this is.
async fn organization(io: &Io, settings: &Settings) -> Result<String, Failure> {
    let found = organizations::list(io).await.map_err(ObserveError::from)?;
    let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
    let wanted = settings
        .confluent
        .as_ref()
        .and_then(|confluent| confluent.organization.as_deref());
    match (wanted, ids.as_slice()) {
        (Some(wanted), ids) if ids.contains(&wanted) => Ok(wanted.to_owned()),
        (Some(wanted), ids) => Err(Failure::Refused {
            message: format!(
                "{} is for organization {wanted}, but its Cloud key belongs to {}",
                settings.path,
                ids.join(", ")
            ),
            hint: "use the other organization's key, or change `confluent.organization`".to_owned(),
        }),
        (None, [one]) => Ok((*one).to_owned()),
        (None, ids) => Err(Failure::Refused {
            message: format!("the Cloud key sees {} organizations, expected one", ids.len()),
            hint: "name the one that is meant under `confluent.organization`".to_owned(),
        }),
    }
}

fn check_account(settings: &Settings, caller: &Caller) -> Result<(), Failure> {
    match &settings.aws.account {
        Some(wanted) if *wanted != caller.account => Err(Failure::Refused {
            message: format!(
                "{} is for account {wanted}, but these credentials belong to account {} ({})",
                settings.path, caller.account, caller.arn
            ),
            hint: "use the other account's credentials (AWS_PROFILE), or change `aws.account`".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn no_account(settings: &Settings) -> Failure {
    Failure::Refused {
        message: format!("the account of {} is not known", settings.path),
        hint: "set `aws.account`".to_owned(),
    }
}
