//! `confluent_role_binding`: what an account may do in the organisation, an environment or a cluster.
//!
//! - **Identity**: principal, role and pattern. It is all identity: nothing changes in place, one that is found equal is
//!   satisfied whoever made it, and there is nothing to name.
//! - **Equal**: patterns whose percent-encoding differs.
//! - **Roles** are Confluent's own and grow in number; one that is nearly a known one is an error. On Basic clusters the
//!   roles for topics and groups (DeveloperRead, DeveloperWrite, DeveloperManage, ResourceOwner) do not exist: ACLs do.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::check_principal;
use crate::environment::diagnostic::nearest;
use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::resource::sentinel::shown;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `confluent_role_binding`.
#[derive(Debug)]
pub struct RoleBinding;

/// A role of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_role_binding")]
pub struct BindingSpec {
    /// Who may: "User:${confluent_service_account.NAME.id}".
    #[schemars(length(min = 1))]
    pub principal: String,

    /// What: OrganizationAdmin, EnvironmentAdmin, CloudClusterAdmin, Operator, MetricsViewer, DeveloperRead, …
    #[schemars(length(min = 1, max = 64))]
    pub role_name: String,

    /// Where: the name of an environment or a cluster, such as ${confluent_kafka_cluster.NAME.rbac_crn}, and what may
    /// follow it (/kafka=lkc-…/topic=prefix*).
    #[schemars(length(min = 1, max = 1_024))]
    pub crn_pattern: String,
}

/// Roles of Confluent's documentation (role-based access control, 2026).
const ROLES: &[&str] = &[
    "OrganizationAdmin",
    "EnvironmentAdmin",
    "CloudClusterAdmin",
    "AccountAdmin",
    "BillingAdmin",
    "ResourceKeyAdmin",
    "NetworkAdmin",
    "MetricsViewer",
    "Operator",
    "ConnectManager",
    "DataDiscovery",
    "DataSteward",
    "FlinkAdmin",
    "FlinkDeveloper",
    "Assigner",
    "KsqlAdmin",
    "ResourceOwner",
    "DeveloperRead",
    "DeveloperWrite",
    "DeveloperManage",
];

/// Roles for what is in a cluster: topics, groups, transactional ids.
pub const ROLES_IN_CLUSTERS: &[&str] = &["ResourceOwner", "DeveloperRead", "DeveloperWrite", "DeveloperManage"];

impl Schema for RoleBinding {
    const NAME: &'static str = "confluent_role_binding";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[("id", "rb-abc123")];
    const NAMING: Naming = Naming {
        punctuation: "",
        replacement: '-',
        length: 0,
        tagged: false,
    };
    const REPLACE_ON: &'static [Path] = &[&["principal"], &["role_name"], &["crn_pattern"]];
    const GRANTS_TO: &'static [Path] = &[&["principal"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("role", "role_name"),
        ("crn", "crn_pattern"),
        ("resource", "crn_pattern"),
        ("user", "principal"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[
        ("confluent_service_account", Effect::Replace),
        ("confluent_kafka_cluster", Effect::Replace),
        ("confluent_environment", Effect::Replace),
    ];
    const MARKING: Marking = Marking::Nothing;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 54;

    type Spec = BindingSpec;

    fn check(spec: &BindingSpec, problems: &mut Problems) {
        check_principal(&spec.principal, problems);
        check_role(&spec.role_name, problems);
        check_pattern(&spec.crn_pattern, problems);
    }

    fn canonical(spec: BindingSpec) -> BindingSpec {
        BindingSpec {
            crn_pattern: percent_decoded(&spec.crn_pattern),
            ..spec
        }
    }

    fn identity(spec: &BindingSpec, _cloud_name: &str) -> Identity {
        let pattern = percent_decoded(&spec.crn_pattern);
        Identity::Natural(vec![spec.principal.clone(), spec.role_name.clone(), pattern])
    }

    fn known_outputs(_spec: &BindingSpec, _cloud_name: &str, _place: &Place) -> Outputs {
        Outputs::new()
    }

    fn check_name(_name: &str) -> Result<(), String> {
        Err("a role binding has no name: it is known by its principal, its role and its pattern".to_owned())
    }
}

fn check_role(role: &str, problems: &mut Problems) {
    if sentinel::is_in(role) || ROLES.contains(&role) {
        return;
    }
    let letters = role.chars().all(|c| c.is_ascii_alphanumeric());
    let meant = nearest(role, ROLES.iter().copied());
    if let Some(meant) = meant {
        let hint = format!("did you mean {meant}?");
        problems.add(&["role_name"], format!("there is no role {role:?}"), Some(&hint));
    } else if !letters {
        problems.add(
            &["role_name"],
            format!("expected the name of a role, such as CloudClusterAdmin, found {role:?}"),
            None,
        );
    }
}

/// What every name of Confluent's begins with.
const CRN: &str = "crn://";

fn check_pattern(pattern: &str, problems: &mut Problems) {
    if pattern.starts_with(CRN) || pattern.starts_with(sentinel::OPEN) {
        return;
    }
    problems.add(
        &["crn_pattern"],
        format!(
            "expected crn://confluent.cloud/organization=…, found {}",
            shown(pattern)
        ),
        Some("write ${confluent_kafka_cluster.NAME.rbac_crn} or ${confluent_environment.NAME.resource_name}"),
    );
}

/// Confluent answers patterns with `*`, `/` and others encoded or not. Only ASCII is decoded, and neither `%` nor what
/// may stand behind one: so twice is once, and no sentinel comes out of it.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail
            .get(..2)
            .filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|byte| (byte.is_ascii_graphic() || *byte == b' ') && *byte != b'%' && !byte.is_ascii_hexdigit());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;
