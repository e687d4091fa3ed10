//! A run's receipts, before its first write and at its end, and what it came to for the reader.

use std::collections::BTreeMap;
use std::time::SystemTime;

use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Plan;

use super::exit;
use super::turn::Done;
use super::turn::Turn;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::failure::exit_of_class;
use crate::ownership::stamp;
use crate::receipt;
use crate::receipt::Begun;
use crate::receipt::Finished;
use crate::receipt::Line;
use crate::view;

impl Turn<'_> {
    fn command(&self) -> &'static str {
        match self.request.intent {
            Intent::Converge => "apply",
            Intent::Destroy => "destroy",
        }
    }

    /// The receipt's first line: a run that cannot be recorded does not begin.
    pub(super) async fn begin(&self, plan: &Plan) -> Result<(), Failure> {
        let me = &self.me;
        let revision = receipt::git_revision(&self.session.located.root.folder).await;
        let at = stamp(SystemTime::now());
        let begun = Begun::of(me.run(), self.command(), me.to_string(), at, plan, revision);
        let appended = self.session.journal().append(&Line::Begun(begun));
        appended.map_err(|error| Failure::System {
            what: "writing the receipt",
            error,
        })
    }

    /// The receipt's second line, and the outcome for the reader.
    pub(super) fn tell(&self, done: &Done) -> Result<Exit, Failure> {
        let Done {
            outcome,
            blocked,
            late_logs,
            unremembered,
        } = done;
        let mut exit = exit(outcome).or(*blocked).or(self.at_best);
        if let Some(error) = unremembered {
            exit = exit.or(exit_of_class(error.class));
            view::note(&format!(
                "the record could not be written: {error}; what was done stands, and the next apply remembers it\n"
            ));
        }
        let calls = self.session.io.calls();
        let took = self.began.elapsed();
        let line = Line::Ended(Finished {
            run: self.me.run().to_owned(),
            at: stamp(SystemTime::now()),
            took_ms: receipt::milliseconds(took),
            exit: exit.code(),
            complete: done.is_finished() && self.at_best != Exit::Credentials,
            calls: calls
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect::<BTreeMap<_, _>>(),
            resources: receipt::resources(outcome),
            writes: receipt::writes(self.session.io.written()),
        });
        view::data(&view::text::outcome(
            outcome,
            self.request.intent,
            self.given,
            &calls,
            took,
        ));
        view::data(&view::text::late_logs(late_logs));
        let appended = self.session.journal().append(&line);
        appended.map_err(|error| Failure::System {
            what: "writing the receipt's end",
            error,
        })?;
        Ok(exit)
    }
}

impl Done {
    /// Whether all that was planned is done, and nothing was left out.
    pub(super) fn is_finished(&self) -> bool {
        let is_remembered = self.unremembered.is_none();
        is_remembered && self.outcome.is_complete() && !self.outcome.interrupted && self.blocked == Exit::Done
    }
}
