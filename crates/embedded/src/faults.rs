//! The fault plan: a JSON file with a list of what is to go wrong, read at each call.
//!
//! ```json
//! [ { "service": "sqs", "operation": "CreateQueue", "call": 2, "fault": "throttle" },
//!   { "service": "*", "operation": "*", "every": 1, "fault": "delay", "after_ms": 100 } ]
//! ```
//!
//! - `service` and `operation` name one that this cloud implements, or `*` for all. `call` is the n-th such call from 1,
//!   `every` each n-th; exactly one of them. Calls are counted since the server started or `POST
//!   /_eclusa/calls/reset`, by what the entry names: with `*` all calls it covers are one count.
//! - All `delay`s that are due add up; of the other faults the first in the list wins.
//!
//! | fault | the call is performed | the client sees |
//! | --- | --- | --- |
//! | `delay` | after `after_ms` | its answer, late |
//! | `throttle` | no | the service's own throttle error, with `retry-after` (`after_ms`, in whole seconds) |
//! | `fail` | no | status 500, the service's own failure |
//! | `hang` | no | nothing; with `after_ms` the connection closes after that time |
//! | `lose-answer` | yes, durably | the connection closes |
//! | `cut` | no | the connection closes |
//!
//! `status`, `code` and `message` replace those of `throttle` and `fail`; `shape` does where the service is Confluent's
//! (`errors`, `flat`, `nested`, `code`, `html`, `empty`). How Confluent tells when to try again after a `throttle` differs
//! by operation: `X-RateLimit-Reset` (relative seconds) and `Retry-After`, only the latter, or nothing. A plan that is not
//! understood makes every call fail, with the file and line.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::aws;
use crate::calls::Counted;
use crate::confluent;
use crate::confluent::refusal::Shape;
use crate::folder;
use crate::settings::Settings;
use crate::settings::malformed;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Delay,
    Throttle,
    Fail,
    Hang,
    LoseAnswer,
    Cut,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Throttle => "throttle",
            Self::Fail => "fail",
            Self::Hang => "hang",
            Self::LoseAnswer => "lose-answer",
            Self::Cut => "cut",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    service: String,
    operation: String,
    when: When,
    pub(crate) kind: Kind,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    /// Of Confluent's errors.
    pub(crate) shape: Option<Shape>,
    pub(crate) after_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Call(u64),
    Every(u64),
}

/// One entry as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    service: String,
    operation: String,
    call: Option<u64>,
    every: Option<u64>,
    fault: Kind,
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    shape: Option<Shape>,
    after_ms: Option<u64>,
}

impl TryFrom<Entry> for Fault {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let when = match (entry.call, entry.every) {
            (Some(call @ 1..), None) => When::Call(call),
            (None, Some(every @ 1..)) => When::Every(every),
            _ => return Err("expected exactly one of \"call\" and \"every\", from 1".to_owned()),
        };
        check_names(&entry.service, &entry.operation)?;
        let answers = matches!(entry.fault, Kind::Throttle | Kind::Fail);
        if !answers && (entry.status.is_some() || entry.code.is_some() || entry.message.is_some()) {
            return Err(format!(
                "\"status\", \"code\" and \"message\" mean nothing for {}",
                entry.fault.name()
            ));
        }
        let confluent = confluent::SERVICES.iter().any(|service| service.name == entry.service);
        if entry.shape.is_some() && !(answers && confluent) {
            return Err("\"shape\" is for throttle and fail of Confluent's services".to_owned());
        }
        if entry.status.is_some_and(|status| !(400..=599).contains(&status)) {
            return Err("expected a \"status\" from 400 to 599".to_owned());
        }
        if entry.fault == Kind::Delay && entry.after_ms.is_none() {
            return Err("a delay needs \"after_ms\"".to_owned());
        }
        let Entry {
            service,
            operation,
            fault: kind,
            status,
            code,
            message,
            shape,
            after_ms,
            ..
        } = entry;
        Ok(Self {
            service,
            operation,
            when,
            kind,
            status,
            code,
            message,
            shape,
            after_ms,
        })
    }
}

/// A misspelt name would be a fault that never comes.
fn check_names(service: &str, operation: &str) -> Result<(), String> {
    if !services().any(|known| service == "*" || known == service) {
        let names: Vec<_> = services().collect();
        return Err(format!(
            "unknown service \"{service}\", expected * or one of {}",
            names.join(", ")
        ));
    }
    let of_service = |(known, _): &(&str, &str)| service == "*" || *known == service;
    if operation == "*" || operations().filter(of_service).any(|(_, known)| known == operation) {
        return Ok(());
    }
    Err(format!("no operation \"{operation}\" of {service} is implemented"))
}

/// The names of all services of both clouds.
fn services() -> impl Iterator<Item = &'static str> {
    let aws = aws::SERVICES.iter().map(|service| service.name);
    aws.chain(confluent::SERVICES.iter().map(|service| service.name))
}

/// All operations with the names of their services.
fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let aws = aws::SERVICES.iter().flat_map(|service| {
        service
            .operations
            .iter()
            .map(|operation| (service.name, operation.name))
    });
    let confluent = confluent::SERVICES
        .iter()
        .flat_map(|service| service.operations().map(|operation| (service.name, operation.name)));
    aws.chain(confluent)
}

impl Fault {
    fn is_due(&self, counted: &Counted) -> bool {
        let names = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        if !names(&self.service, &counted.service) || !names(&self.operation, &counted.operation) {
            return false;
        }
        let count = match (self.service.as_str(), self.operation.as_str()) {
            ("*", "*") => counted.of_all,
            (_, "*") => counted.of_service,
            _ => counted.of_operation,
        };
        match self.when {
            When::Call(call) => call == count,
            When::Every(every) => count.is_multiple_of(every),
        }
    }
}

/// What is to happen to one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// Milliseconds to wait first.
    pub(crate) delay: u64,
    pub(crate) fault: Option<Fault>,
}

/// Reads the folder's fault plan and finds what it has for a call.
///
/// # Errors
/// The plan cannot be read or is not one; or it was named and is not there.
pub(crate) fn due(state_folder: &Path, settings: &Settings, counted: &Counted) -> Result<Due, String> {
    let path = state_folder.join(settings.faults.as_deref().unwrap_or(Path::new(folder::FAULTS)));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && settings.faults.is_none() => return Ok(Due::default()),
        Err(error) => return Err(format!("fault plan {}: {error}", path.display())),
    };
    let plan = parse(&text, &path)?;
    let mut due = Due::default();
    for fault in plan.into_iter().filter(|fault| fault.is_due(counted)) {
        match fault.kind {
            Kind::Delay => due.delay = due.delay.saturating_add(fault.after_ms.unwrap_or_default()),
            _ if due.fault.is_none() => due.fault = Some(fault),
            _ => {}
        }
    }
    Ok(due)
}

/// The plan's faults, or everything that is wrong with it.
fn parse(text: &str, path: &Path) -> Result<Vec<Fault>, String> {
    let entries: Vec<Entry> =
        serde_json::from_str(text).map_err(|error| format!("fault plan {}", malformed(path, &error)))?;
    let mut faults = Vec::new();
    let mut problems = Vec::new();
    for (entry, line) in entries.into_iter().zip(entry_lines(text)) {
        match Fault::try_from(entry) {
            Ok(fault) => faults.push(fault),
            Err(problem) => problems.push(format!("fault plan {}:{line}: {problem}", path.display())),
        }
    }
    if problems.is_empty() {
        Ok(faults)
    } else {
        Err(problems.join("; "))
    }
}

/// The line on which each object of a list begins, in text that is known to be JSON.
fn entry_lines(text: &str) -> impl Iterator<Item = usize> {
    let (mut line, mut depth, mut in_text, mut escaped) = (1, 0_usize, false, false);
    text.bytes().filter_map(move |byte| {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
            return None;
        }
        match byte {
            b'\n' => line += 1,
            b'"' => in_text = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (byte == b'{' && depth == 2).then_some(line)
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn counted(service: &str, operation: &str, of_operation: u64) -> Counted {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        Counted {
            service,
            operation,
            of_operation,
            of_service: of_operation + 10,
            of_all: of_operation + 20,
        }
    }

    fn with_plan(text: &str, counted: &Counted) -> Result<Due, String> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(folder::FAULTS), text).expect("written");
        due(folder.path(), &Settings::default(), counted)
    }

    #[test]
    fn a_fault_meets_the_call_it_names_and_no_other() {
        let plan = r#"[{"service": "sqs", "operation": "CreateQueue", "call": 2, "fault": "cut"}]"#;
        let kind = |service, operation, call| {
            with_plan(plan, &counted(service, operation, call))
                .expect("a plan")
                .fault
                .map(|fault| fault.kind)
        };
        assert_eq!(kind("sqs", "CreateQueue", 2), Some(Kind::Cut));
        for (service, operation, call) in [
            ("sqs", "CreateQueue", 1),
            ("sqs", "CreateQueue", 3),
            ("sqs", "TagQueue", 2),
        ] {
            assert_eq!(kind(service, operation, call), None, "{service} {operation} {call}");
        }
    }

    #[test]
    fn every_counts_what_its_entry_covers() {
        let fault = |service: &str, operation: &str, every: u64| Fault {
            service: service.to_owned(),
            operation: operation.to_owned(),
            when: When::Every(every),
            kind: Kind::Cut,
            status: None,
            code: None,
            message: None,
            shape: None,
            after_ms: None,
        };
        let call = counted("sqs", "TagQueue", 3);
        assert!(fault("sqs", "TagQueue", 3).is_due(&call) && !fault("sqs", "TagQueue", 13).is_due(&call));
        assert!(fault("sqs", "*", 13).is_due(&call) && !fault("sqs", "*", 3).is_due(&call));
        assert!(fault("*", "*", 23).is_due(&call) && !fault("*", "*", 13).is_due(&call));
    }

    #[test]
    fn delays_add_up_and_the_first_other_fault_wins() {
        let plan = r#"[
            {"service": "*", "operation": "*", "every": 1, "fault": "delay", "after_ms": 30},
            {"service": "sqs", "operation": "*", "every": 1, "fault": "delay", "after_ms": 12},
            {"service": "sqs", "operation": "TagQueue", "call": 1, "fault": "fail"},
            {"service": "sqs", "operation": "TagQueue", "call": 1, "fault": "cut"}]"#;
        let due = with_plan(plan, &counted("sqs", "TagQueue", 1)).expect("a plan");
        assert_eq!((due.delay, due.fault.map(|fault| fault.kind)), (42, Some(Kind::Fail)));
    }

    #[test]
    fn a_plan_that_is_not_understood_is_refused_with_its_line() {
        let entry = |rest: &str| format!("[\n{{\"service\": \"sqs\", \"operation\": \"TagQueue\"{rest}}}\n]");
        for (rest, expected) in [
            (r#", "call": 1, "fault": "explode""#, "unknown variant `explode`"),
            (r#", "fault": "cut""#, "exactly one of"),
            (r#", "call": 0, "fault": "cut""#, "exactly one of"),
            (r#", "call": 1, "every": 1, "fault": "cut""#, "exactly one of"),
            (r#", "call": 1, "fault": "delay""#, "needs \"after_ms\""),
            (r#", "call": 1, "fault": "cut", "status": 500"#, "mean nothing"),
            (r#", "call": 1, "fault": "fail", "status": 200"#, "400 to 599"),
            (r#", "call": 1, "fault": "cut", "colour": 1"#, "`colour`"),
            (
                r#", "call": 1, "fault": "fail", "shape": "html""#,
                "Confluent's services",
            ),
            (
                r#", "call": 1, "fault": "fail", "shape": "round""#,
                "unknown variant `round`",
            ),
        ] {
            let error = with_plan(&entry(rest), &counted("sqs", "TagQueue", 1)).expect_err(rest);
            assert!(
                error.contains("faults.json:2:") && error.contains(expected),
                "{rest}: {error}"
            );
        }
    }

    #[test]
    fn every_wrong_entry_is_named_by_its_own_line() {
        let plan = "[\n{\"service\": \"sqs\", \"operation\": \"TagQueue\",\n\"message\": \"\\\"{[\", \"call\": 1, \"fault\": \"fail\"},\n\
                    {\"service\": \"sns\", \"operation\": \"*\", \"call\": 1, \"fault\": \"cut\"},\n\
                    {\"service\": \"sqs\", \"operation\": \"No\", \"call\": 1, \"fault\": \"cut\"}]";
        let error = with_plan(plan, &counted("sqs", "TagQueue", 1)).expect_err("two wrong entries");
        assert!(
            error.contains("faults.json:4: unknown service \"sns\"")
                && error.contains("faults.json:5: no operation \"No\""),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_operation_or_service_is_refused() {
        for (service, operation) in [
            ("sqs", "CreateQue"),
            ("sns", "*"),
            ("sts", "CreateQueue"),
            ("*", "Nothing"),
        ] {
            let plan = format!(
                "[{{\"service\": \"{service}\", \"operation\": \"{operation}\", \"call\": 1, \"fault\": \"cut\"}}]"
            );
            assert!(
                with_plan(&plan, &counted("sqs", "TagQueue", 1)).is_err(),
                "{service} {operation}"
            );
        }
    }

    #[test]
    fn a_named_plan_that_is_missing_is_refused_an_unnamed_one_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let call = counted("sqs", "TagQueue", 1);
        assert_eq!(due(folder.path(), &Settings::default(), &call), Ok(Due::default()));
        let named = Settings {
            faults: Some(PathBuf::from("mine.json")),
            ..Settings::default()
        };
        assert!(
            due(folder.path(), &named, &call)
                .expect_err("missing")
                .contains("mine.json")
        );
    }
}
