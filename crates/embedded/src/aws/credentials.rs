//! Who signed a request. Signatures are not verified and any access key will do; an Authorization header must be there,
//! well-formed, and scoped to the service's region. Access key ids that begin with one of these words act out what goes
//! wrong with real ones:
//!
//! | begins with | answer |
//! | --- | --- |
//! | `EXPIRED` | the temporary credentials have expired |
//! | `INVALID` | no such access key |
//! | `DENIED` | no policy allows the call (GetCallerIdentity needs none) |
//! | `READONLY` | no policy allows calls that write |
//! | `LABROLE` | as in a Learner Lab: `Pvoclabs2` denies every call that writes to IAM |
//! | `LABBLIND` | the same, and IAM cannot be read either |
//! | `LABENDED` | as in a Learner Lab after its session: `voc-cancel-cred` denies all but GetCallerIdentity |

use super::refusal::Code;
use super::refusal::Refusal;
use super::request::Asked;
use super::request::Context;
use crate::http::Raw;

/// What the Authorization header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) access_key: String,
    pub(crate) region: String,
    /// The service it signed for; tells REST services apart.
    pub(crate) service: String,
}

impl Signer {
    /// # Errors
    /// There is no Authorization header, or none of Signature Version 4.
    pub(crate) fn of(raw: &Raw) -> Result<Self, Refusal> {
        let header = raw.header("authorization");
        if header.is_empty() {
            let code = Code::general("MissingAuthenticationTokenException", "MissingAuthenticationToken");
            return Err(Refusal::new(403, code, "Request is missing Authentication Token"));
        }
        Self::parse(header).ok_or_else(|| {
            let code = Code::general("IncompleteSignatureException", "IncompleteSignature");
            Refusal::new(
                400,
                code,
                "Authorization header requires 'Credential' parameter of Signature Version 4",
            )
        })
    }

    fn parse(header: &str) -> Option<Self> {
        let parameters = header.strip_prefix("AWS4-")?.split_once(' ')?.1;
        let credential = parameters
            .split(',')
            .find_map(|part| part.trim().strip_prefix("Credential="))?;
        let mut parts = credential.rsplit('/');
        let ("aws4_request", service, region, _date) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?)
        else {
            return None;
        };
        let access_key = parts.next()?;
        Some(Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    /// Whether this signer may make the call at all.
    ///
    /// # Errors
    /// The refusal that the access key acts out, or one for a wrong region.
    pub(crate) fn check(&self, asked: &Asked, context: &Context) -> Result<(), Refusal> {
        let refused = |shape, query, message: &str| Err(Refusal::new(403, Code::general(shape, query), message));
        if self.acts("EXPIRED") {
            let message = "The security token included in the request is expired";
            return refused("ExpiredTokenException", "ExpiredToken", message);
        }
        if self.acts("INVALID") {
            let message = "The security token included in the request is invalid.";
            return refused("UnrecognizedClientException", "InvalidClientTokenId", message);
        }
        if asked.service.regional && self.region != context.region {
            let message = format!("Credential should be scoped to a valid region, not '{}'.", self.region);
            return refused("InvalidSignatureException", "SignatureDoesNotMatch", &message);
        }
        self.check_policies(asked, context)
    }

    fn check_policies(&self, asked: &Asked, context: &Context) -> Result<(), Refusal> {
        // AWS answers it whatever the policies say.
        if asked.name == "GetCallerIdentity" {
            return Ok(());
        }
        let by_policy = |name: &str| {
            let policy = format!("arn:{}:iam::{}:policy/{name}", context.partition(), context.account);
            let why = format!("with an explicit deny in an identity-based policy: {policy}");
            Err(denied(asked, context, &why))
        };
        if self.acts("LABENDED") {
            return by_policy("voc-cancel-cred");
        }
        let writes = asked.operation.is_some_and(|operation| operation.mutating);
        if asked.service.name == "iam" && (self.acts("LABBLIND") || (self.acts("LABROLE") && writes)) {
            return by_policy("Pvoclabs2");
        }
        if self.acts("DENIED") || (self.acts("READONLY") && writes) {
            let action = format!("{}:{}", asked.service.name, asked.name);
            let why = format!("because no identity-based policy allows the {action} action");
            return Err(denied(asked, context, &why));
        }
        Ok(())
    }

    fn acts(&self, word: &str) -> bool {
        self.access_key.starts_with(word)
    }
}

fn denied(asked: &Asked, context: &Context, why: &str) -> Refusal {
    let (service, name) = (asked.service.name, &asked.name);
    let message = format!(
        "User: {} is not authorized to perform: {service}:{name} on resource: * {why}",
        caller(context)
    );
    Refusal::new(403, Code::general("AccessDeniedException", "AccessDenied"), message)
}

/// The ARN of whoever calls: all access keys belong to one user.
pub(crate) fn caller(context: &Context) -> String {
    format!("arn:{}:iam::{}:user/embedded", context.partition(), context.account)
}

#[cfg(test)]
mod tests {
    use super::Signer;

    #[test]
    fn the_scope_of_a_signature_is_read_from_its_end() {
        let header = "AWS4-HMAC-SHA256 Credential=A/KEY/20261122/eu-central-1/sqs/aws4_request, SignedHeaders=host, Signature=ab";
        let signer = Signer::parse(header).expect("well-formed");
        assert_eq!(
            (signer.region.as_str(), signer.service.as_str()),
            ("eu-central-1", "sqs")
        );
        assert_eq!(
            Signer::parse("AWS4-HMAC-SHA256 Credential=KEY/20261122/eu-central-1/sqs"),
            None
        );
        assert_eq!(Signer::parse("Basic dXNlcg=="), None);
    }
}
