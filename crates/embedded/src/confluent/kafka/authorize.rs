//! Who may do what in a cluster: those who manage it everything, others what role bindings on its resources and ACLs
//! allow. A DENY wins; DESCRIBE comes with READ, WRITE, DELETE and ALTER, DESCRIBE_CONFIGS with ALTER_CONFIGS.

use super::acl;
use super::acl::Acl;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::crn::Crn;
use crate::confluent::iam::bindings;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::rights::Rights;
use crate::confluent::service::Call;
use crate::confluent::service::Plane;
use crate::store::View;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Topic,
    Group,
    Cluster,
}

impl Kind {
    /// As in ACLs.
    fn name(self) -> &'static str {
        match self {
            Self::Topic => "TOPIC",
            Self::Group => "GROUP",
            Self::Cluster => "CLUSTER",
        }
    }

    /// As in CRNs; nothing for the cluster itself, which no role below it covers.
    fn segment(self) -> Option<&'static str> {
        match self {
            Self::Topic => Some("topic"),
            Self::Group => Some("group"),
            Self::Cluster => None,
        }
    }
}

/// What one principal may do in one cluster.
#[derive(Debug)]
pub(crate) struct Authority {
    rights: Rights,
    scope: Crn,
    cluster: String,
    acls: Vec<Acl>,
}

impl Authority {
    pub(super) fn of_caller(call: &Call<'_>, cluster: &Cluster) -> Result<Self, Refusal> {
        let rights = call.caller.rights.clone();
        Self::of(call.view, call.context, cluster, rights, &call.caller.owner, |_| true)
    }

    /// What a service account may do that a connector works as: ACLs count once they have spread.
    pub(crate) fn of_account(
        view: View<'_>,
        context: &Context,
        cluster: &Cluster,
        account: &str,
    ) -> Result<Self, Refusal> {
        let rights = Rights::Granted(bindings::grants(view, context, account, Plane::Kafka)?);
        let spread = |acl: &Acl| acl.effective_at <= context.now;
        Self::of(view, context, cluster, rights, account, spread)
    }

    fn of(
        view: View<'_>,
        context: &Context,
        cluster: &Cluster,
        rights: Rights,
        owner: &str,
        counts: impl Fn(&Acl) -> bool,
    ) -> Result<Self, Refusal> {
        let principal = format!("User:{owner}");
        let concerns = |acl: &Acl| (acl.principal == principal || acl.principal == "User:*") && counts(acl);
        let acls = acl::all(view, context, &cluster.id)?;
        Ok(Self {
            rights,
            scope: cluster.crn(context),
            cluster: cluster.id.clone(),
            acls: acls.into_iter().filter(concerns).collect(),
        })
    }

    pub(crate) fn allows(&self, operation: &str, kind: Kind, name: &str) -> bool {
        if self.rights.manages(&self.scope) {
            return true;
        }
        let of_kind = || {
            self.acls
                .iter()
                .filter(|acl| acl.resource_type == kind.name() && acl.covers(name))
        };
        let names = |held: &str| held == "ALL" || held == operation;
        let grants = |held: &str| names(held) || implied(operation).contains(&held);
        let denied = of_kind().any(|acl| acl.permission == "DENY" && names(&acl.operation));
        let allowed = of_kind().any(|acl| acl.permission == "ALLOW" && grants(&acl.operation));
        !denied && (allowed || self.role_allows(operation, kind, name))
    }

    fn role_allows(&self, operation: &str, kind: Kind, name: &str) -> bool {
        let Some(segment) = kind.segment() else {
            return false;
        };
        let thing = self.scope.clone().and("kafka", &self.cluster).and(segment, name);
        let roles: &[&str] = match operation {
            "READ" => &["ResourceOwner", "DeveloperRead"],
            "WRITE" => &["ResourceOwner", "DeveloperWrite"],
            "DESCRIBE" => &["ResourceOwner", "DeveloperRead", "DeveloperWrite", "DeveloperManage"],
            _ => &["ResourceOwner", "DeveloperManage"],
        };
        self.rights.has(&thing, roles)
    }
}

/// Operations that bring this one along.
fn implied(operation: &str) -> &'static [&'static str] {
    match operation {
        "DESCRIBE" => &["READ", "WRITE", "DELETE", "ALTER"],
        "DESCRIBE_CONFIGS" => &["ALTER_CONFIGS"],
        _ => &[],
    }
}
