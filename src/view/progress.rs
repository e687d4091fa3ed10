//! What goes on during a run, line by line on stderr, and never silent for long: a terminal gets a living last
//! line every second, everything else a plain line every thirty.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use eclusa_planner::plan::Action;
use eclusa_planner::resource::Address;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::note;
use super::paint;
use crate::apply::event::Event;
use crate::apply::event::Message;

/// What is going on, as far as events told.
#[derive(Debug)]
struct Going {
    stage: Option<Stage>,
    nodes: BTreeMap<Address, Turn>,
    /// Whether the last line is the living one.
    living: bool,
    terminal: bool,
}

#[derive(Debug)]
struct Stage {
    what: String,
    began: Instant,
    waiting: Option<String>,
}

#[derive(Debug)]
struct Turn {
    action: Action,
    began: Instant,
    waiting: Option<String>,
}

/// Tells events until nobody can send any more.
pub async fn tell(mut events: UnboundedReceiver<Message>) {
    let terminal = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let silence = Duration::from_secs(if terminal { 1 } else { 30 });
    let mut going = Going {
        stage: None,
        nodes: BTreeMap::new(),
        living: false,
        terminal,
    };
    loop {
        match tokio::time::timeout(silence, events.recv()).await {
            Ok(Some(Message::Settle(done))) => {
                going.clear();
                going.stage = None;
                let _ = done.send(());
            }
            Ok(Some(Message::Event(event))) => {
                if let Some(line) = going.take(*event) {
                    going.line(&line);
                }
            }
            Ok(None) => break,
            Err(_) => going.heartbeat(),
        }
    }
    going.clear();
}

impl Going {
    /// Takes an event in and says what line it is worth.
    fn take(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Stage(stage) => {
                let line = format!("{stage}...");
                self.stage = Some(Stage {
                    what: stage,
                    began: Instant::now(),
                    waiting: None,
                });
                Some(line)
            }
            Event::Started { address, action } => {
                self.stage = None;
                let line = format!("{address}: {}...", doing(action));
                self.nodes.insert(
                    address,
                    Turn {
                        action,
                        began: Instant::now(),
                        waiting: None,
                    },
                );
                Some(line)
            }
            Event::Waiting {
                address,
                what,
                status,
                waited,
                limit,
            } => {
                let text = format!("{what}, {} of {} ({status})", seconds(waited), seconds(limit));
                self.wait(address.as_ref(), text)
            }
            Event::Succeeded { address, action, took } => {
                self.nodes.remove(&address);
                Some(format!("{address}: {} in {}", done(action), seconds(took)))
            }
            Event::Failed { address, action, error } => {
                self.nodes.remove(&address);
                let failed = paint::paint(paint::RED, "failed");
                Some(format!("{address}: {} {failed}: {error}", doing(action)))
            }
            Event::Skipped { address, because } => Some(format!("{address}: skipped because of {because}")),
            Event::Stopping { in_flight } => Some(stopping(&in_flight)),
        }
    }

    /// Notes what is waited for; the first time is worth a line of its own.
    fn wait(&mut self, address: Option<&Address>, text: String) -> Option<String> {
        let (whose, waiting) = match address.and_then(|address| Some((address, self.nodes.get_mut(address)?))) {
            Some((address, turn)) => (address.to_string(), &mut turn.waiting),
            None => {
                let stage = self.stage.as_mut()?;
                (stage.what.clone(), &mut stage.waiting)
            }
        };
        let first = waiting.replace(text.clone()).is_none();
        first.then(|| format!("{whose}: waiting: {text}"))
    }

    fn line(&mut self, line: &str) {
        self.clear();
        note(&format!("{line}\n"));
    }

    fn heartbeat(&mut self) {
        let Some(text) = self.status() else {
            return;
        };
        if self.terminal {
            self.clear();
            note(&paint::paint(paint::DIM, text));
            self.living = true;
        } else {
            note(&format!("{text}\n"));
        }
    }

    /// What is being done right now, in one line.
    fn status(&self) -> Option<String> {
        let (address, turn) = match self.nodes.iter().min_by_key(|(_, turn)| turn.began) {
            Some(oldest) => oldest,
            None => {
                let Stage { what, began, waiting } = self.stage.as_ref()?;
                let waiting = waiting.as_ref().map_or(String::new(), |waiting| format!(": {waiting}"));
                return Some(format!("{what}... {}{waiting}", seconds(began.elapsed())));
            }
        };
        let others = match self.nodes.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let waiting = turn
            .waiting
            .as_ref()
            .map_or(String::new(), |waiting| format!(": {waiting}"));
        Some(format!(
            "{address}: still {} [{}]{waiting}{others}",
            doing(turn.action),
            seconds(turn.began.elapsed())
        ))
    }

    /// Takes the living line away.
    fn clear(&mut self) {
        if self.living {
            note("\r\u{1b}[2K");
            self.living = false;
        }
    }
}

fn stopping(in_flight: &[Address]) -> String {
    let names: Vec<String> = in_flight.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [] => "interrupted: nothing new is started".to_owned(),
        _ => format!(
            "interrupted: nothing new is started; finishing {} (press Ctrl-C again to stop at once)",
            names.join(", ")
        ),
    }
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "updating",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Adopt => "adopting",
        Action::Check => "checking",
        Action::Keep | Action::Blocked => "looking",
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Adopt => "adopted",
        Action::Check => "checked",
        Action::Keep | Action::Blocked => "found as declared",
    }
}

/// `0.3 s`, `1m40s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 60 {
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_readable() {
        assert_eq!(seconds(Duration::from_millis(340)), "0.3 s");
        assert_eq!(seconds(Duration::from_secs(100)), "1m40s");
    }
}
