//! On the way into an environment: its files are read and its clients made before anything is asked, then it is asked
//! whose these credentials are.

use eclusa_planner::environment::Asked;
use eclusa_planner::environment::Declared;
use eclusa_planner::environment::Elsewhere;
use eclusa_planner::environment::declared::Cloud;
use eclusa_planner::environment::declared::Settings;
use eclusa_planner::plan::record::concerns;
use eclusa_planner::resource::Place;
use eclusa_planner::resource::place::partition_of;

use super::Reach;
use super::Session;
use super::declare;
use super::locate;
use super::settings;
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
use crate::files::Located;
use crate::files::Root;
use crate::observe::ObserveError;
use crate::receipt::Journal;

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
        .rooted(root.folder.clone(), builds_for, settings.libc))
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
