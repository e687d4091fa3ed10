//! The log of calls, in memory for one server's life: what tests count, and what a fault plan counts by.
//!
//! A call is counted once its operation is known, before its signature is looked at, so refused calls count too. Only the
//! last [`KEPT`] calls are kept; the totals cover all since the start or the last reset.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use serde::Serialize;

const KEPT: usize = 10_000;

/// How many calls there were, this one included: what `call` and `every` in a fault plan are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) of_operation: u64,
    pub(crate) of_service: u64,
    pub(crate) of_all: u64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Call {
    #[serde(skip)]
    id: u64,
    /// Milliseconds since 1970.
    at: u64,
    service: String,
    operation: String,
    mutating: bool,
    /// HTTP status, of a lost answer too; null while the call runs and where nothing was performed.
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    next: u64,
    kept: VecDeque<Call>,
    totals: Totals,
    counts: BTreeMap<(String, String), u64>,
}

#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Totals {
    calls: u64,
    /// Calls of operations that change nothing.
    reads: u64,
    /// Calls of operations that change resources, whatever they answered.
    writes: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    totals: &'a Totals,
    calls: &'a VecDeque<Call>,
}

impl Calls {
    pub(crate) fn begin(&mut self, at: u64, service: &str, operation: &str, mutating: bool) -> (u64, Counted) {
        let id = self.next;
        self.next += 1;
        self.totals.calls += 1;
        *(if mutating {
            &mut self.totals.writes
        } else {
            &mut self.totals.reads
        }) += 1;
        let of_operation = self.count(service, operation);
        let of_service = self.count(service, "*");
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let counted = Counted {
            service: service.clone(),
            operation: operation.clone(),
            of_operation,
            of_service,
            of_all: self.totals.calls,
        };
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Call {
            id,
            at,
            service,
            operation,
            mutating,
            status: None,
            fault: None,
        });
        (id, counted)
    }

    fn count(&mut self, service: &str, operation: &str) -> u64 {
        let count = self
            .counts
            .entry((service.to_owned(), operation.to_owned()))
            .or_default();
        *count += 1;
        *count
    }

    pub(crate) fn note_fault(&mut self, id: u64, fault: &'static str) {
        if let Some(call) = self.find(id) {
            call.fault = Some(fault);
        }
    }

    pub(crate) fn note_status(&mut self, id: u64, status: u16) {
        if let Some(call) = self.find(id) {
            call.status = Some(status);
        }
    }

    /// Nothing where the call was forgotten meanwhile.
    fn find(&mut self, id: u64) -> Option<&mut Call> {
        let first = self.kept.front()?.id;
        self.kept.get_mut(usize::try_from(id.checked_sub(first)?).ok()?)
    }

    /// Forgets all calls; fault plans count from 1 again.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            next: self.next,
            ..Self::default()
        };
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            totals: &self.totals,
            calls: &self.kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_by_operation_by_service_and_overall() {
        let mut calls = Calls::default();
        calls.begin(0, "sqs", "TagQueue", true);
        calls.begin(0, "sqs", "CreateQueue", true);
        calls.begin(0, "sts", "GetCallerIdentity", false);
        let (_, counted) = calls.begin(0, "sqs", "TagQueue", true);
        assert_eq!((counted.of_operation, counted.of_service, counted.of_all), (2, 3, 4));
        assert_eq!((calls.totals.reads, calls.totals.writes), (1, 3));
    }

    #[test]
    fn an_answer_that_comes_after_a_reset_marks_no_other_call() {
        let mut calls = Calls::default();
        let (old, _) = calls.begin(0, "sqs", "TagQueue", true);
        calls.reset();
        let (new, counted) = calls.begin(0, "sqs", "TagQueue", true);
        calls.note_status(old, 500);
        assert_eq!((calls.kept[0].status, counted.of_operation), (None, 1));
        calls.note_status(new, 200);
        assert_eq!(calls.kept[0].status, Some(200));
    }

    #[test]
    fn old_calls_are_forgotten_but_counted() {
        let mut calls = Calls::default();
        let (first, _) = calls.begin(0, "sqs", "TagQueue", true);
        for _ in 0..KEPT {
            calls.begin(0, "sqs", "TagQueue", true);
        }
        calls.note_status(first, 200);
        assert_eq!((calls.kept.len(), calls.totals.calls), (KEPT, KEPT as u64 + 1));
        assert!(calls.kept.iter().all(|call| call.status.is_none()));
    }
}
