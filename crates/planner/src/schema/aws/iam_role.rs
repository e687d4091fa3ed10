//! `aws_iam_role`: a role with its inline policies and attachments.
//!
//! - **Name**: `[\w+=,.@-]{1,64}`, unique in the account whatever the case, cannot change. IAM knows no
//!   region, so default names end in the environment's tag. (botocore's model of IAM, 2026-08)
//! - **Path**: `/eclusa/<environment>/`, part of the ARN, cannot change. An adopted role stays where it lies, so
//!   its own ARN wins over the known one.
//! - **Everything else** changes in place. `inline_policy` and `managed_policy_arns` are compared in full: what
//!   somebody else attached shows as a difference.
//! - **Equal**: the spellings of a policy (see [`super::policy`]), the order of attachments, no description and
//!   an empty one, no boundary and an empty one.
//! - **While in use**: what a role loses because a queue goes, it keeps until that has gone; a changed policy stays under
//!   its name and `-former` beside its successor.
//! - **Limits**: the trust policy 2,048 characters, all inline policies together 10,240, whitespace not
//!   counted (IAM's published quotas, not yet seen on a real account).
//! - **Order**: principals must exist when the trust policy is written; resources in a policy need not, which
//!   is why roles and queues may name each other.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::check_arn;
use super::policy::Document;
use super::policy::Grant;
use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::PlaceField;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `aws_iam_role`.
#[derive(Debug)]
pub struct IamRole;

/// An IAM role with its inline policies and attachments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_iam_role")]
pub struct RoleSpec {
    /// Who may assume the role: a policy document.
    pub assume_role_policy: Document,

    /// What the role may do: policy documents by name. Policies that are not declared are removed.
    #[serde(default)]
    pub inline_policy: BTreeMap<String, Document>,

    /// ARNs of managed policies attached to the role. Attachments that are not declared are removed.
    #[serde(default)]
    pub managed_policy_arns: Vec<String>,

    /// What the role is for, in characters of Latin-1.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub description: String,

    /// Seconds for which a session of the role may last.
    #[serde(default = "max_session_duration")]
    #[schemars(range(min = 3_600, max = 43_200))]
    pub max_session_duration: u32,

    /// ARN of the managed policy that bounds what the role may do.
    #[serde(default)]
    pub permissions_boundary: Option<String>,
}

fn max_session_duration() -> u32 {
    3_600
}

/// Characters of a trust policy, whitespace not counted.
const TRUST_SIZE: usize = 2_048;
/// Characters of all inline policies of a role, whitespace not counted.
const INLINE_SIZE: usize = 10_240;
/// Names of inline policies (botocore's model of IAM, `policyNameType`).
const POLICY_NAMING: Naming = Naming {
    punctuation: "_+=,.@-",
    replacement: '-',
    length: 128,
    tagged: false,
};

/// The folder within IAM that holds an environment's roles.
pub fn role_path(place: &Place) -> String {
    format!("/eclusa/{}/", place.environment)
}

impl Schema for IamRole {
    const NAME: &'static str = "aws_iam_role";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-rule-1a2b3c4d"),
        (
            "arn",
            "arn:aws:iam::123456789012:role/eclusa/prod/prod-telemetry-rule-1a2b3c4d",
        ),
        ("unique_id", "AROA1234567890EXAMPLE"),
    ];
    const NAMING: Naming = Naming {
        punctuation: "_+=,.@-",
        replacement: '-',
        length: 64,
        tagged: true,
    };
    const MUST_EXIST: &'static [Path] = &[
        &["assume_role_policy", "Statement", "Principal", "AWS"],
        &["assume_role_policy", "Statement", "*", "Principal", "AWS"],
    ];
    const SETS: &'static [Path] = &[&["managed_policy_arns"]];
    const DOCUMENTS: &'static [Path] = &[&["assume_role_policy"], &["inline_policy", "*"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("assume_role_policy_document", "assume_role_policy"),
        ("trust_policy", "assume_role_policy"),
        ("inline_policies", "inline_policy"),
        ("policies", "inline_policy"),
        ("managed_policies", "managed_policy_arns"),
        ("managed_policy_arn", "managed_policy_arns"),
        ("policy_arn", "managed_policy_arns"),
        ("permissions_boundary_arn", "permissions_boundary"),
        ("name_prefix", "name"),
    ];
    // A trust policy keeps the unique id of a role that was deleted; written again it names the new one.
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[("aws_iam_role", Effect::Touch)];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 70;

    type Spec = RoleSpec;

    fn check(spec: &RoleSpec, problems: &mut Problems) {
        check_trust(&spec.assume_role_policy, problems);
        check_inline(&spec.inline_policy, problems);
        for (index, arn) in spec.managed_policy_arns.iter().enumerate() {
            let path = ["managed_policy_arns", &index.to_string()];
            check_arn(arn, "iam", "policy/", &path, problems);
        }
        if let Some(boundary) = spec.permissions_boundary.as_ref().filter(|arn| !arn.is_empty()) {
            check_arn(boundary, "iam", "policy/", &["permissions_boundary"], problems);
        }
        check_description(&spec.description, problems);
    }

    fn while_used(former: RoleSpec, mut wanted: RoleSpec) -> RoleSpec {
        for (name, document) in former.inline_policy {
            match wanted.inline_policy.get(&name) {
                Some(same) if *same == document => {}
                Some(_) => drop(wanted.inline_policy.insert(former_name(&name), document)),
                None => drop(wanted.inline_policy.insert(name, document)),
            }
        }
        wanted.managed_policy_arns.extend(former.managed_policy_arns);
        wanted
    }

    fn canonical(mut spec: RoleSpec) -> RoleSpec {
        spec.managed_policy_arns.sort();
        spec.managed_policy_arns.dedup();
        RoleSpec {
            assume_role_policy: spec.assume_role_policy.canonical(),
            inline_policy: spec
                .inline_policy
                .into_iter()
                .map(|(name, document)| (name, document.canonical()))
                .collect(),
            permissions_boundary: spec.permissions_boundary.filter(|arn| !arn.is_empty()),
            ..spec
        }
    }

    /// The name in lower case: IAM compares names without case.
    fn identity(_spec: &RoleSpec, cloud_name: &str) -> Identity {
        if sentinel::awaits_output(cloud_name) {
            Identity::Unknown
        } else {
            Identity::Name(cloud_name.to_ascii_lowercase())
        }
    }

    fn known_outputs(_spec: &RoleSpec, cloud_name: &str, place: &Place) -> Outputs {
        let account = place.text(PlaceField::AccountId);
        let path = role_path(place);
        let arn = format!("arn:{}:iam::{account}:role{path}{cloud_name}", place.partition);
        [("name", cloud_name.to_owned()), ("arn", arn)]
            .map(|(name, text)| (name.to_owned(), text))
            .into()
    }
}

fn check_trust(trust: &Document, problems: &mut Problems) {
    let path = ["assume_role_policy"];
    trust.check(Grant::Trust, &path, problems);
    let size = trust.size();
    if size > TRUST_SIZE {
        problems.add(
            &path,
            format!("expected at most {TRUST_SIZE} characters without whitespace, found {size}"),
            None,
        );
    }
}

/// IAM's own limit.
const LONGEST_POLICY_NAME: usize = 128;
const FORMER: &str = "-former";

/// Under which a policy stays beside its successor.
fn former_name(name: &str) -> String {
    let kept: String = name.chars().take(LONGEST_POLICY_NAME - FORMER.len()).collect();
    format!("{kept}{FORMER}")
}

fn check_inline(policies: &BTreeMap<String, Document>, problems: &mut Problems) {
    for (name, document) in policies {
        let path = ["inline_policy", name];
        document.check(Grant::Identity, &path, problems);
        if let Err(problem) = POLICY_NAMING.check(name) {
            problems.add(&path, format!("a policy's name: {problem}"), None);
        }
    }
    let size: usize = policies.values().map(Document::size).sum();
    if size > INLINE_SIZE {
        problems.add(
            &["inline_policy"],
            format!(
                "expected at most {INLINE_SIZE} characters without whitespace in all policies together, found {size}"
            ),
            Some("attach a managed policy, or join statements that differ in one list only"),
        );
    }
}

/// IAM takes tab, line ends and the printable characters of Latin-1 (botocore, `roleDescriptionType`).
fn check_description(description: &str, problems: &mut Problems) {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    let strange = sentinel::pieces(description).into_iter().find_map(|piece| match piece {
        sentinel::Piece::Literal(literal) => literal.chars().find(|c| !legal(*c)),
        sentinel::Piece::Sentinel(_) => None,
    });
    if let Some(strange) = strange {
        problems.add(
            &["description"],
            format!("expected characters of Latin-1, found {strange:?}"),
            None,
        );
    }
}

#[cfg(test)]
mod tests;
