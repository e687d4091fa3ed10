//! The lease of an environment: the only writer of its thing `eclusa-<environment>`.
//!
//! | what | how |
//! | --- | --- |
//! | wait | read until nobody holds it, or whoever does is dead ([`super::alone`]) |
//! | take | with the version that was read (absent: CreateThing), then read back: same thing, this run's holder |
//! | renew | every 15 s, `renewed` alone ([`super::keeper`]) |
//! | clear | at a run's end, and by `unlock`: `holder` goes, `expires` stays |
//! | delete | at the end of a finished destroy |
//! | extend | `expires` alone, whoever holds it: the holder goes on from the new version |
//!
//! Every write names the version it was decided on, and after a lost answer or a conflict the thing is read: what is
//! there decides, nothing is repeated blindly.

use std::time::Duration;
use std::time::SystemTime;

use eclusa_planner::environment::declared::Cloud;

use super::alone::Timing;
use super::alone::Verdict;
use super::alone::judge;
use super::holder::Existence;
use super::holder::Holder;
use super::keeper::Kept;
use super::thing::EXPIRES;
use super::thing::HOLDER;
use super::thing::RENEWED;
use super::thing::Read;
use super::thing::Thing;
use super::thing::Things;
use super::thing::Wrote;
use super::thing::parse_stamp;
use super::thing::stamp;
use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::clients::clock::Moment;
use crate::failure::Failure;
use crate::view::progress::seconds;

/// How often one change of the thing is tried.
const ATTEMPTS: u32 = 6;

/// One environment's lease, as one run sees it.
#[derive(Clone, Debug)]
pub struct Lease {
    things: Things,
    environment: String,
    me: Holder,
    timing: Timing,
    events: Events,
}

impl Lease {
    pub fn of(io: &Io, environment: &str, cloud: Cloud, events: Events) -> Self {
        Self {
            things: Things::of(io, environment),
            environment: environment.to_owned(),
            me: Holder::this_run(),
            timing: Timing::of(cloud),
            events,
        }
    }

    /// How long a lease may stand still before others take it for dead; what was read before is stale by then.
    pub fn dead_after(&self) -> Duration {
        self.timing.dead_after
    }

    /// This run, as it would hold the lease.
    pub fn me(&self) -> &Holder {
        &self.me
    }

    /// Reads it once.
    pub async fn read(&self) -> Result<Read, ProviderError> {
        self.things.read().await
    }

    /// Reads until it may be taken, for as long as `limit`; then the environment is still somebody else's, pending.
    pub async fn wait(&self, limit: Duration) -> Result<Read, Failure> {
        let began = Moment::now();
        let mut watched: Option<(Read, Moment)> = None;
        loop {
            let sent = Moment::now();
            let read = self.read().await?;
            let told = watched.is_some();
            let since = match &watched {
                Some((known, since)) if same_version(known.as_ref(), read.as_ref()) => *since,
                _ => Moment::now(),
            };
            watched = Some((read.clone(), since));
            let holder = read.as_ref().and_then(|thing| thing.holder.as_deref());
            let verdict = judge(holder.map(|text| self.existence(text)), sent.since(since), self.timing);
            let who = read.as_ref().and_then(Thing::held_by).unwrap_or_default();
            if verdict != Verdict::Held {
                self.tell_end(verdict, &who);
                return Ok(read);
            }
            if Moment::now().since(began) >= limit {
                return Err(self.still_held(&who, read.as_ref(), limit));
            }
            if !told {
                self.tell(format!(
                    "waiting up to {} for {who}, who holds the lease of {}",
                    seconds(limit),
                    self.environment
                ));
            }
            tokio::time::sleep(self.timing.look_every.min(limit)).await;
        }
    }

    fn existence(&self, holder: &str) -> Existence {
        Holder::parse(holder).map_or(Existence::Unknown, |holder| holder.existence(&self.me))
    }

    fn tell_end(&self, verdict: Verdict, who: &str) {
        match verdict {
            Verdict::Gone => self.tell(format!(
                "taking over the lease of {}: its holder, {who}, ended without clearing it",
                self.environment
            )),
            Verdict::Silent => self.tell(format!(
                "taking over the lease of {}: {who} has not renewed it for {}",
                self.environment,
                seconds(self.timing.dead_after)
            )),
            Verdict::Free | Verdict::Held => {}
        }
    }

    fn tell(&self, stage: String) {
        self.events.send(Event::Stage(stage));
    }

    fn still_held(&self, who: &str, read: Option<&Thing>, limit: Duration) -> Failure {
        let renewed = read.and_then(Thing::renewed).unwrap_or("never");
        Failure::Pending {
            message: format!(
                "{} is held by {who}, which renewed its lease last at {renewed} by its own clock; waited {}, nothing was \
                 written",
                self.environment,
                seconds(limit)
            ),
            hint: format!(
                "let that run end and run the same command again, wait longer with --lock-timeout, or, if it surely runs \
                 no more, `eclusa unlock {}`",
                self.environment
            ),
        }
    }

    /// Takes it as it was read. `None`: it moved since, so that somebody may have written.
    pub async fn take(&self, read: &Read, expires: Option<&str>) -> Result<Option<Kept>, ProviderError> {
        // An attempt that seemed lost may be the one that was performed, so all count from the first.
        let sent = Moment::now();
        let mut lost = None;
        for attempt in 0..ATTEMPTS {
            self.pause(attempt).await;
            if let Wrote::Unknown(error) = self.write_taken(read, expires).await? {
                lost = Some(error);
            }
            let now = self.read().await?;
            match now {
                Some(thing) if self.is_mine(&thing) && is_same_thing(read, &thing) => {
                    let (things, me) = (self.things.clone(), self.me.text());
                    return Ok(Some(Kept::keep(things, me, self.timing, thing.version, sent)));
                }
                now if now == *read => {}
                _ => return Ok(None),
            }
        }
        Err(lost.unwrap_or_else(|| unsettled("UpdateThing")))
    }

    async fn write_taken(&self, read: &Read, expires: Option<&str>) -> Result<Wrote, ProviderError> {
        let (holder, renewed) = (self.me.text(), stamp(SystemTime::now()));
        let mut attributes = vec![(HOLDER, holder.as_str()), (RENEWED, renewed.as_str())];
        attributes.extend(expires.map(|expires| (EXPIRES, expires)));
        match read {
            None => self.things.create(&attributes).await,
            Some(thing) => self.things.update(thing.version, &attributes).await,
        }
    }

    fn is_mine(&self, thing: &Thing) -> bool {
        thing.holder.as_deref() == Some(self.me.text().as_str())
    }

    /// The expiry that this run has to keep: one is declared, and none is kept.
    pub fn expiry_to_keep(read: &Read, declared: Option<Duration>) -> Option<String> {
        let kept = read.as_ref().and_then(Thing::expires);
        let declared = declared.filter(|_| kept.is_none())?;
        SystemTime::now().checked_add(declared).map(stamp)
    }

    /// Moves the expiry by this much, from now where it has passed or none is kept; answers the new one. `None`: there
    /// is no lease, so nothing was applied.
    pub async fn extend(&self, by: Duration) -> Result<Option<String>, ProviderError> {
        let mut wanted: Option<String> = None;
        for attempt in 0..ATTEMPTS {
            self.pause(attempt).await;
            let Some(thing) = self.read().await? else {
                return Ok(None);
            };
            if thing.expires.is_some() && thing.expires == wanted {
                return Ok(wanted);
            }
            let expires = extended(thing.expires(), SystemTime::now(), by);
            let wrote = self.things.update(thing.version, &[(EXPIRES, &expires)]).await?;
            match wrote {
                Wrote::Done => return Ok(Some(expires)),
                Wrote::Unknown(_) => wanted = Some(expires),
                Wrote::Moved => {}
            }
        }
        Err(unsettled("UpdateThing"))
    }

    /// Takes the lease from whoever was read to hold it. False: by now it is somebody else's.
    pub async fn unlock(&self, thing: &Thing) -> Result<bool, ProviderError> {
        let Some(holder) = &thing.holder else {
            return Ok(true);
        };
        clear(&self.things, holder, thing.version).await
    }

    async fn pause(&self, attempt: u32) {
        if attempt > 0 {
            tokio::time::sleep(self.timing.look_every.min(Duration::from_millis(200)) * attempt).await;
        }
    }
}

/// Clears `holder` if it is still this one; true if it is gone, false if another one is there.
pub(super) async fn clear(things: &Things, holder: &str, mut version: i64) -> Result<bool, ProviderError> {
    for _ in 0..ATTEMPTS {
        if let Wrote::Done = things.update(version, &[(HOLDER, "")]).await? {
            return Ok(true);
        }
        match things.read().await? {
            Some(thing) if thing.holder.as_deref() == Some(holder) => version = thing.version,
            Some(thing) => return Ok(thing.holder.is_none()),
            None => return Ok(true),
        }
    }
    Err(unsettled("UpdateThing"))
}

/// Deletes the thing if this holder still has it.
pub(super) async fn delete(things: &Things, holder: &str, mut version: i64) -> Result<(), ProviderError> {
    for _ in 0..ATTEMPTS {
        if let Wrote::Done = things.delete(version).await? {
            return Ok(());
        }
        match things.read().await? {
            Some(thing) if thing.holder.as_deref() == Some(holder) => version = thing.version,
            _ => return Ok(()),
        }
    }
    Err(unsettled("DeleteThing"))
}

fn same_version(one: Option<&Thing>, other: Option<&Thing>) -> bool {
    let version = |thing: &Thing| (thing.id.clone(), thing.version);
    one.map(version) == other.map(version)
}

/// A thing deleted and made anew meanwhile has another id, though its version may be the one expected.
fn is_same_thing(read: &Read, now: &Thing) -> bool {
    read.as_ref().is_none_or(|read| read.id == now.id)
}

fn extended(kept: Option<&str>, now: SystemTime, by: Duration) -> String {
    let kept = kept.and_then(parse_stamp).filter(|kept| *kept > now).unwrap_or(now);
    stamp(kept.checked_add(by).unwrap_or(kept))
}

fn unsettled(name: &'static str) -> ProviderError {
    let text = format!("the lease keeps changing: {ATTEMPTS} attempts came to nothing");
    ProviderError::own(
        Operation::write(Service::Iot, name),
        Class::Unavailable,
        "LeaseUnsettled",
        text,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn thing(id: &str, version: i64, expires: Option<&str>) -> Thing {
        Thing {
            id: id.to_owned(),
            version,
            holder: None,
            renewed: None,
            expires: expires.map(str::to_owned),
        }
    }

    #[test]
    fn an_expiry_is_moved_on_from_itself_or_from_now_once_passed() {
        let hour = Duration::from_secs(3600);
        let later = stamp(at(10_000));
        assert_eq!(extended(Some(&later), at(5_000), hour), stamp(at(13_600)));
        for passed in [Some(later.as_str()), Some("no time"), None] {
            assert_eq!(extended(passed, at(20_000), hour), stamp(at(23_600)), "{passed:?}");
        }
    }

    #[test]
    fn an_expiry_is_kept_once() {
        let declared = Some(Duration::from_secs(60));
        assert!(Lease::expiry_to_keep(&None, declared).is_some());
        assert!(Lease::expiry_to_keep(&Some(thing("a", 1, None)), declared).is_some());
        assert_eq!(Lease::expiry_to_keep(&Some(thing("a", 1, Some("x"))), declared), None);
        assert_eq!(Lease::expiry_to_keep(&None, None), None);
    }

    #[test]
    fn a_thing_made_anew_is_another_one_whatever_its_version() {
        let (read, anew) = (Some(thing("a", 1, None)), thing("b", 1, None));
        assert!(!is_same_thing(&read, &anew) && !same_version(read.as_ref(), Some(&anew)));
        assert!(is_same_thing(&read, &thing("a", 2, None)));
        assert!(!same_version(read.as_ref(), Some(&thing("a", 2, None))));
        assert!(same_version(read.as_ref(), read.as_ref()) && !same_version(read.as_ref(), None));
    }
}
