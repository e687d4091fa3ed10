//! Opening an environment to write to it: as these credentials' own, its lease read; or, to destroy alone, as an owner has
//! it whose AWS they do not reach.
//!
//! Display names and descriptions on Confluent show whose a thing is, so that it can be found and removed without AWS: the
//! account is closed or another one by now (`--account`, `--region`), or its credentials are dead (the owner is then that of
//! `aws.account`, else of the last receipt). No lease is held then, since that lies on AWS, and what lies there is told to
//! be left.

use eclusa_planner::environment::Elsewhere;
use eclusa_planner::plan::Intent;
use eclusa_planner::resource::Owner;

use super::Consent;
use super::turn::Reading;
use crate::apply::event::Events;
use crate::clients::Class;
use crate::clients::ProviderError;
use crate::clients::identity::Caller;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::observe::ObserveError;
use crate::ownership::Lease;
use crate::session::Door;
use crate::session::Session;
use crate::view;

/// An owner as the command line names it; what is left out is as the file and the credentials say.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Named {
    pub(in crate::commands) account: Option<String>,
    pub(in crate::commands) region: Option<String>,
}

/// An environment that may be written to.
pub(super) struct Opened {
    pub(super) session: Session,
    /// `None`: AWS is not asked, and nobody can be kept out.
    pub(super) lease: Option<(Lease, Reading)>,
    /// How the run ends at best.
    pub(super) at_best: Exit,
}

pub(super) async fn open(given: &str, intent: Intent, consent: &Consent, events: Events) -> Result<Opened, Failure> {
    let door = Door::of(given, events.clone()).await?;
    let caller = door.caller().await;
    if let Some(elsewhere) = named(&door, &consent.owner, caller.as_ref())? {
        return alone(door, elsewhere, Exit::Done).await;
    }
    let may_go_on = intent == Intent::Destroy && door.is_on_confluent();
    let left = match may_go_on {
        true => last_seen(&door)?,
        false => None,
    };
    let failure = match as_ours(door, caller, consent, events.clone()).await {
        Err(failure) if may_go_on && is_dead(&failure) => failure,
        other => return other,
    };
    match left {
        Some(elsewhere) => {
            view::failure(&failure);
            let door = Door::of(given, events).await?;
            alone(door, elsewhere, failure.exit()).await
        }
        None => {
            view::note(
                "whose things these were is not known here; with --account and --region what lies on Confluent can be \
                 destroyed without AWS\n",
            );
            Err(failure)
        }
    }
}

async fn as_ours(
    door: Door,
    caller: Result<Caller, ProviderError>,
    consent: &Consent,
    events: Events,
) -> Result<Opened, Failure> {
    let session = door.open(caller?).await?;
    let lease = session.lease(events);
    let reading = Reading::of(lease.wait(consent.lock_timeout).await?);
    Ok(Opened {
        session,
        lease: Some((lease, reading)),
        at_best: Exit::Done,
    })
}

async fn alone(door: Door, elsewhere: Elsewhere, at_best: Exit) -> Result<Opened, Failure> {
    Ok(Opened {
        session: door.open_elsewhere(elsewhere).await?,
        lease: None,
        at_best,
    })
}

/// The owner that was named, if these credentials are another.
fn named(door: &Door, named: &Named, caller: Result<&Caller, &ProviderError>) -> Result<Option<Elsewhere>, Failure> {
    if named.account.is_none() && named.region.is_none() {
        return Ok(None);
    }
    let own = caller.ok().map(|caller| caller.account.clone());
    let account = named.account.clone().or_else(|| door.settings.aws.account.clone());
    let Some(account) = account.or_else(|| own.clone()) else {
        return Err(Failure::Refused {
            message: "whose things are meant is not known without an account".to_owned(),
            hint: "name it beside the region: --account ACCOUNT".to_owned(),
        });
    };
    let region = named.region.clone().unwrap_or_else(|| door.settings.aws.region.clone());
    if own.as_ref() == Some(&account) && region == door.settings.aws.region {
        return Ok(None);
    }
    match door.is_on_confluent() {
        true => Ok(Some(Elsewhere { account, region })),
        false => Err(Failure::Refused {
            message: format!(
                "nothing of {} lies on Confluent, and AWS is reached as its own account only",
                door.settings.path
            ),
            hint: "destroy it with the credentials of that account, and the region set in the file".to_owned(),
        }),
    }
}

/// The owner that the file names, else that of the last run here.
fn last_seen(door: &Door) -> Result<Option<Elsewhere>, Failure> {
    if let Some(account) = &door.settings.aws.account {
        let (account, region) = (account.clone(), door.settings.aws.region.clone());
        return Ok(Some(Elsewhere { account, region }));
    }
    let last = door.journal().last_owner().map_err(super::unread_receipts)?.map(Owner);
    let place = last.as_ref().and_then(Owner::account_and_region);
    Ok(place.map(|(account, region)| Elsewhere {
        account: account.to_owned(),
        region: region.to_owned(),
    }))
}

/// Whether AWS lets these credentials do nothing at all any more.
fn is_dead(failure: &Failure) -> bool {
    let (Failure::Provider(error) | Failure::Observe(ObserveError::Provider(error))) = failure else {
        return false;
    };
    error.class == Class::Credentials && error.operation.service.is_aws()
}
