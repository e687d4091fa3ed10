//! How long the clouds' waits last. A wait is stored as its deadline and looked at on reading, so it goes on while the
//! server is down. Every wait of every service is a row here, with its reason.

use crate::settings::Delays;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    /// From DeleteQueue until the name may be used again (SQS API reference, CreateQueue: 60 seconds).
    QueueNameReuse,
    /// From PurgeQueue until it may be called again (SQS API reference, PurgeQueue: 60 seconds).
    PurgeAgain,
    /// From CreateQueue until the queue can be used (SQS API reference, CreateQueue: at least one second). Only where
    /// reads lag.
    QueueFirstUse,
    /// From a write to SQS until reads show it (SQS API reference, SetQueueAttributes: up to 60 seconds; most of the
    /// time a few). Only where reads lag.
    SqsReadLag,
    /// From CreateRole or UpdateAssumeRolePolicy until services see it, and from CreateRole until policies may name the
    /// role (IAM user guide, troubleshooting: changes are not always visible at once; clients report about ten seconds).
    RolePropagation,
    /// From a write to an IoT rule until the next one no longer conflicts with it (IoT API reference,
    /// ConflictingResourceUpdateException: two pending updates; how long is not published).
    RuleSettling,
    /// From a forced DeleteSecret until its name may be used again (Secrets Manager API reference, DeleteSecret: the
    /// deletion is asynchronous; clients report some seconds).
    SecretNameReuse,
    /// From CreateSecret until ListSecrets shows it (API reference, ListSecrets: up to five minutes; most of the time a
    /// few seconds). Only where reads lag.
    SecretListLag,
    /// From CreateChangeSet until the change set is ready (clients report a few seconds).
    ChangeSetReady,
    /// From the begin of one resource's creation, update or deletion in a stack until its end (clients report seconds).
    StackResource,
    /// From CreateFunction until the function is active (Lambda developer guide, `functions-states`: seconds without a
    /// VPC).
    FunctionPending,
    /// From an update of a function's configuration or code until it is successful (`functions-states`; a few seconds).
    FunctionUpdate,
    /// From CreateEventSourceMapping until it is enabled or disabled (clients report ten seconds and more).
    MappingCreating,
    /// From an update of a mapping until it is done.
    MappingUpdating,
    /// From DeleteEventSourceMapping until the mapping is gone (clients report seconds).
    MappingDeleting,
}

impl Wait {
    /// In milliseconds.
    pub(crate) fn length(self, delays: Delays) -> u64 {
        let (fast, real) = match self {
            Self::QueueNameReuse => (300, 60_000),
            Self::PurgeAgain => (300, 60_000),
            Self::QueueFirstUse => (50, 1_000),
            Self::SqsReadLag => (100, 5_000),
            Self::RolePropagation => (50, 10_000),
            Self::RuleSettling => (5, 2_000),
            Self::SecretNameReuse => (300, 10_000),
            Self::SecretListLag => (100, 5_000),
            Self::ChangeSetReady => (30, 3_000),
            Self::StackResource => (10, 2_000),
            Self::FunctionPending => (80, 3_000),
            Self::FunctionUpdate => (50, 2_000),
            Self::MappingCreating => (80, 10_000),
            Self::MappingUpdating => (60, 5_000),
            Self::MappingDeleting => (80, 8_000),
        };
        match delays {
            Delays::Fast => fast,
            Delays::Real => real,
        }
    }
}
