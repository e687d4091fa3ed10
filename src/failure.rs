//! The only map from layer errors to message, hint and exit code.

use std::io;

use eclusa_planner::environment::Failed;
use eclusa_planner::schema::DecodeError;

use crate::apply::outcome::NodeError;
use crate::build::BuildError;
use crate::clients::Class;
use crate::clients::ProviderError;
use crate::clients::embedded::EmbeddedError;
use crate::files::LocateError;
use crate::observe::ObserveError;
use crate::saved::SavedError;

/// How a command ended, for the caller of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or no difference.
    Done,
    Error,
    /// Differences, where they were asked for.
    Differences,
    /// Some reads failed: the answer is incomplete.
    Incomplete,
    /// Not confirmed, not ours, wrong account.
    Refused,
    /// Credentials are missing or expired.
    Credentials,
    /// The waiting budget is spent, something is still pending.
    Pending,
    Interrupted,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Differences => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::Credentials => 5,
            Self::Pending => 6,
            Self::Interrupted => 130,
        }
    }

    /// Where several hold, the one that the caller must know first.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let urgency = |exit: Self| match exit {
            Self::Interrupted => 0,
            Self::Credentials => 1,
            Self::Refused => 2,
            Self::Error => 3,
            Self::Pending => 4,
            Self::Incomplete => 5,
            Self::Differences => 6,
            Self::Done => 7,
        };
        if urgency(other) < urgency(self) { other } else { self }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{}", problems(.0))]
    Declaration(Box<Failed>),
    #[error(transparent)]
    Locate(#[from] LocateError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Observe(#[from] ObserveError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Saved(#[from] SavedError),
    #[error("{message}")]
    Refused { message: String, hint: String },
    #[error("{message}")]
    Pending { message: String, hint: String },
    #[error("interrupted before anything was written")]
    Interrupted,
    #[error("there is no kind `{kind}`")]
    NoKind { kind: String, nearest: Option<String> },
    #[error("{written} is neither declared nor owned by this environment")]
    NoResource { written: String, nearest: Option<String> },
    #[error("{what}: {error}")]
    System { what: &'static str, error: io::Error },
}

fn problems(failed: &Failed) -> String {
    match failed.problems.len() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    }
}

impl Failure {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Provider(error) | Self::Observe(ObserveError::Provider(error)) => exit_of_class(error.class),
            Self::Refused { .. } | Self::Saved(SavedError::Occupied { .. }) => Exit::Refused,
            Self::Pending { .. } => Exit::Pending,
            Self::Interrupted => Exit::Interrupted,
            Self::Declaration(_)
            | Self::Locate(_)
            | Self::Observe(_)
            | Self::Decode(_)
            | Self::Embedded(_)
            | Self::Build(_)
            | Self::Saved(_)
            | Self::NoKind { .. }
            | Self::NoResource { .. }
            | Self::System { .. } => Exit::Error,
        }
    }

    /// The next thing to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Provider(error) | Self::Observe(ObserveError::Provider(error)) => hint_of(error),
            Self::Refused { hint, .. } | Self::Pending { hint, .. } => Some(hint.clone()),
            Self::Locate(error) => locate_hint(error),
            Self::NoKind {
                nearest: Some(near), ..
            }
            | Self::NoResource {
                nearest: Some(near), ..
            } => Some(format!("did you mean `{near}`?")),
            Self::NoResource { nearest: None, .. } => {
                Some("expected INSTANCE/KIND.NAME or INSTANCE/KIND.NAME[KEY], as `eclusa plan` shows it".to_owned())
            }
            Self::NoKind { nearest: None, .. } => Some("`eclusa schema` lists the kinds".to_owned()),
            Self::Decode(_) | Self::Observe(_) => {
                Some("this is a bug in eclusa; please report it with the files".to_owned())
            }
            Self::Embedded(error) => Some(error.hint()),
            Self::Build(error) => error.hint(),
            Self::Saved(error) => saved_hint(error),
            Self::Declaration(_) | Self::Interrupted | Self::System { .. } => None,
        }
    }
}

/// The exit code that one failed resource asks for.
pub fn exit_of_node(error: &NodeError) -> Exit {
    match error {
        NodeError::Refused(_) => Exit::Refused,
        NodeError::Unreadable(_) => Exit::Error,
        NodeError::Hidden(_) => Exit::Incomplete,
        _ => error.class().map_or(Exit::Error, exit_of_class),
    }
}

/// The next thing to do about one failed resource.
pub fn hint_of_node(error: &NodeError) -> Option<String> {
    match error {
        NodeError::Provider(error) | NodeError::Observe(ObserveError::Provider(error)) => hint_of(error),
        NodeError::Hidden(_) => {
            Some("a key that may see everything tells which: run the same command with one".to_owned())
        }
        NodeError::Decode(_) | NodeError::StillUnknown(_) => {
            Some("this is a bug in eclusa; please report it with the files".to_owned())
        }
        _ => None,
    }
}

pub fn exit_of_class(class: Class) -> Exit {
    match class {
        Class::Credentials => Exit::Credentials,
        Class::NotOurs => Exit::Refused,
        Class::Pending => Exit::Pending,
        Class::Interrupted => Exit::Interrupted,
        _ => Exit::Error,
    }
}

fn hint_of(error: &ProviderError) -> Option<String> {
    let text = match error.class {
        Class::Credentials if error.message.contains("voc-cancel-cred") => {
            "the Learner Lab session has ended: press Start Lab again and renew the credentials"
        }
        Class::Credentials if !error.operation.service.is_aws() => {
            "give the key that the message names (Confluent Cloud: API keys), then run the same command again"
        }
        Class::Credentials => {
            "AWS credentials are missing or expired: renew them (`aws sso login`, or paste the lab's new keys), then run the same command again"
        }
        Class::Denied if error.message.contains("Pvoclabs") => {
            "the Learner Lab forbids this for ever: set `aws.roles: { existing: LabRole }` in the environment file"
        }
        Class::Denied => "these credentials lack the permission that the message names",
        Class::Throttled => "the service kept throttling: wait a minute, then run the same command again",
        Class::AnswerLost | Class::Unavailable => {
            "run the same command again: it looks at what is there before it writes anything"
        }
        Class::Pending => "run the same command again to go on waiting, or raise `limits.wait` in the environment file",
        Class::LeaseLost => "another run has the environment now: let it end, then run the same command again",
        Class::AlreadyExists => "something made it meanwhile: run `eclusa plan` to see whose it is",
        Class::NotOurs => "set another `name:` in the stack, or remove the other resource by hand",
        Class::NotFound | Class::Invalid | Class::Interrupted | Class::Unexpected => return None,
    };
    Some(text.to_owned())
}

fn locate_hint(error: &LocateError) -> Option<String> {
    match error {
        LocateError::NoEnvironment {
            nearest: Some(near), ..
        } => Some(format!("did you mean `{near}`?")),
        LocateError::NoEnvironment { known, .. } if !known.is_empty() => {
            Some(format!("environments here: {}", known.join(", ")))
        }
        LocateError::NoRoot(_) => Some("change to the folder that holds environments/ and stacks/".to_owned()),
        LocateError::NoEnvironment { .. } => None,
        LocateError::NotUnderEnvironments(_) => {
            Some("keep environment files in environments/ and stacks beside it in stacks/".to_owned())
        }
    }
}

fn saved_hint(error: &SavedError) -> Option<String> {
    let hint = match error {
        SavedError::Missing { .. } => "save one: eclusa plan ENV --out FILE.plan".to_owned(),
        SavedError::Foreign { .. } | SavedError::Damaged { .. } => {
            "nothing was done; save the plan again: eclusa plan ENV --out FILE.plan".to_owned()
        }
        SavedError::OtherFormat { .. } => {
            "nothing was done; apply it with that eclusa, or save the plan again with this one".to_owned()
        }
        SavedError::NoSuffix { path } => format!("name it {path}.plan"),
        SavedError::Occupied { .. } => "remove it, or give the plan another name".to_owned(),
        SavedError::Decided { path, option } => {
            format!("nothing was done; plan with {option} and save that: eclusa plan ENV {option} … --out {path}")
        }
        SavedError::Read { .. } | SavedError::Write { .. } => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_exit_wins_whatever_the_order() {
        let by_urgency = [
            Exit::Interrupted,
            Exit::Credentials,
            Exit::Refused,
            Exit::Error,
            Exit::Pending,
            Exit::Incomplete,
            Exit::Differences,
            Exit::Done,
        ];
        for (rank, first) in by_urgency.iter().enumerate() {
            for later in &by_urgency[rank..] {
                assert_eq!(first.or(*later), *first);
                assert_eq!(later.or(*first), *first);
            }
        }
    }
}
