//! What the AWS kinds are.

pub mod cloudformation_stack;
pub mod iam_role;
pub mod iot_topic_rule;
pub mod lambda_event_source_mapping;
pub mod lambda_function;
pub mod policy;
pub mod secretsmanager_secret;
pub mod sqs_queue;

use super::Problems;
use crate::resource::Place;
use crate::resource::PlaceField;
use crate::resource::sentinel;
use crate::resource::sentinel::shown;

/// Most characters of an ARN (botocore's model of IAM, `arnType`).
const ARN_LENGTH: usize = 2048;

/// The ARN of a resource in an environment's region and account.
fn arn(place: &Place, service: &str, resource: &str) -> String {
    let Place { partition, region, .. } = place;
    let account = place.text(PlaceField::AccountId);
    format!("arn:{partition}:{service}:{region}:{account}:{resource}")
}

/// Reports a text that cannot be an ARN of `service` whose resource part begins with `resource`.
fn check_arn(text: &str, service: &str, resource: &str, path: &[&str], problems: &mut Problems) {
    if is_arn(text, service, resource) {
        return;
    }
    problems.add(
        path,
        format!(
            "expected an ARN, arn:<partition>:{service}:…:{resource}…, found {}",
            shown(text)
        ),
        Some("refer to the resource's own output, ${kind.name.arn}"),
    );
}

fn is_arn(text: &str, service: &str, resource: &str) -> bool {
    if sentinel::awaits_output(text) {
        return may_begin_with(text, "arn:");
    }
    let mut parts = text.splitn(6, ':');
    let scheme_and_service = (parts.next(), parts.next(), parts.next());
    matches!(scheme_and_service, (Some("arn"), Some(partition), Some(found)) if partition.starts_with("aws") && found == service)
        && parts
            .nth(2)
            .is_some_and(|rest| rest.starts_with(resource) && rest.len() > resource.len())
        && text.chars().count() <= ARN_LENGTH
}

/// Whether a text begins like this, as far as it is known.
fn may_begin_with(text: &str, beginning: &str) -> bool {
    match text.split_once(sentinel::OPEN) {
        Some((known, _)) => beginning.starts_with(known) || known.starts_with(beginning),
        None => text.starts_with(beginning),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_judged_as_far_as_it_is_known() {
        let account = sentinel::of_place(PlaceField::AccountId);
        let output = sentinel::numbered(sentinel::FIRST_FREE);
        for text in [
            "arn:aws:sqs:us-east-1:123456789012:ingest",
            "arn:aws-cn:sqs:cn-north-1:123456789012:ingest",
            &format!("arn:aws:sqs:us-east-1:{account}:ingest"),
            &output,
            &format!("arn:aws:{output}"),
        ] {
            assert!(is_arn(text, "sqs", ""), "{text}");
        }
        for text in [
            "",
            "ingest",
            "arn:aws:sqs:us-east-1:123456789012:",
            "arn:aws:iam::123456789012:role/rule",
            &format!("https://{output}"),
            &format!("arn:aws:sqs:us-east-1:123456789012:{}", "x".repeat(ARN_LENGTH)),
        ] {
            assert!(!is_arn(text, "sqs", ""), "{text}");
        }
    }
}
