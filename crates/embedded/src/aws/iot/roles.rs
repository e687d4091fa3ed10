//! Whether IoT can assume the roles of a rule. It tries when a rule is made or replaced, disabled ones too
//! (ministackorg/ministack#1417).

use super::refusals;
use crate::aws::iam::Assumability;
use crate::aws::iam::assumable;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::store::View;

/// # Errors
/// The first role that cannot be assumed now. Why (not there, not yet, not trusting IoT) the answer does not tell.
pub(super) fn check<'a>(
    view: View<'_>,
    context: &Context,
    role_arns: impl IntoIterator<Item = &'a str>,
) -> Result<(), Refusal> {
    for arn in role_arns {
        match assumable(view, context, arn, "iot.amazonaws.com")? {
            Assumability::Yes => {}
            Assumability::NotYet | Assumability::NoSuchRole | Assumability::TrustRefuses => {
                return Err(refusals::not_assumable(arn));
            }
        }
    }
    Ok(())
}
