//! How long Confluent's waits last. A wait is stored as its deadline and looked at on reading, so it goes on while the
//! server is down. Every wait is a row here, with its reason.

use crate::settings::Delays;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    /// From POST until a Basic, Standard, Enterprise or Freight cluster is PROVISIONED (seconds to five minutes, as the
    /// CLI's live tests tell).
    ClusterProvisioning,
    /// The same of a Dedicated one (about 25 minutes, at most 24 hours, in the documentation).
    DedicatedProvisioning,
    /// From PATCH until a Dedicated cluster's `status.cku` follows (minutes to hours).
    ClusterResize,
    /// From DELETE until a cluster is gone (the Terraform provider allows 30 minutes and looks each minute).
    ClusterDeletion,
    /// From an environment's first cluster until a Schema Registry cluster appears in it, and from there until that is
    /// PROVISIONED (the provider waits for both).
    SchemaRegistry,
    /// From POST until a Cloud key is let in at all (about 10 seconds, the provider's comment).
    CloudKeySpread,
    /// The same of a cluster key on Kafka REST (about 2 minutes, the provider's comment).
    KafkaKeySpread,
    /// From then on, while only every other call is let in: brokers learn of a key one by one (the provider asks for two
    /// consecutive 200s).
    KeyFlapping,
    /// From POST of a role binding until clusters heed it (the provider sleeps 90 seconds).
    RoleBindingSpread,
    /// From POST of an ACL until connectors can rely on it (they FAIL and recover while rights spread, users report).
    AclSpread,
    /// From POST of a topic until reads find it (the provider sleeps 10 seconds).
    TopicVisible,
    /// From DELETE of a topic until reads find it no more.
    TopicHidden,
    /// From DELETE of a topic until its name may be used again: longer, so that no read tells.
    TopicNameReuse,
    /// From a change of a topic until reads show it (the provider sleeps 10 seconds). Only where reads lag.
    TopicReadLag,
    /// From creation of a connector until it can be asked for by name (404 for some seconds, users report).
    ConnectorVisible,
    /// From creation or a change of a connector until it is RUNNING (about 90 seconds; 15 minutes are normal).
    ConnectorProvisioning,
    /// From PUT of a configuration until reads show it: until then the old one runs on.
    ConnectorChange,
    /// From pause until PAUSED.
    ConnectorPause,
    /// From DELETE of a connector until lists lack it.
    ConnectorDeletion,
}

impl Wait {
    /// In milliseconds.
    pub(crate) fn length(self, delays: Delays) -> u64 {
        let (fast, real) = match self {
            Self::ClusterProvisioning => (120, 90_000),
            Self::DedicatedProvisioning => (200, 1_500_000),
            Self::ClusterResize => (100, 600_000),
            Self::ClusterDeletion => (100, 60_000),
            Self::SchemaRegistry => (50, 10_000),
            Self::CloudKeySpread => (40, 10_000),
            Self::KafkaKeySpread => (60, 60_000),
            Self::KeyFlapping => (40, 30_000),
            Self::RoleBindingSpread => (50, 60_000),
            Self::AclSpread => (20, 5_000),
            Self::TopicVisible => (20, 3_000),
            Self::TopicHidden => (30, 2_000),
            Self::TopicNameReuse => (120, 15_000),
            Self::TopicReadLag => (100, 5_000),
            Self::ConnectorVisible => (20, 3_000),
            Self::ConnectorProvisioning => (120, 90_000),
            Self::ConnectorChange => (40, 10_000),
            Self::ConnectorPause => (30, 5_000),
            Self::ConnectorDeletion => (60, 15_000),
        };
        match delays {
            Delays::Fast => fast,
            Delays::Real => real,
        }
    }
}
