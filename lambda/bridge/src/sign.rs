//! Signature Version 4 of one kind of request: a POST to `/` without a query.
//!
//! Written here, over the hashes that the Kafka client brings anyway: `aws-sigv4` stands on four crates of SDK types,
//! of which one fixed request needs none. AWS's published test vectors prove it.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use hmac::Hmac;
use hmac::Mac;
use sha2::Digest;
use sha2::Sha256;

/// What signs. Never shown.
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
    pub session_token: Option<String>,
}

/// What a signature is for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    pub region: &'s str,
    pub service: &'s str,
    /// As `X-Amz-Date` says it: `20150830T123600Z`.
    pub at: &'s str,
}

/// The `Authorization` header for a POST to `/` with these headers and this body. The headers must be named in lower
/// case and sorted, and all of them are signed: `host`, `x-amz-date` and, with a session, `x-amz-security-token`
/// among them.
pub fn authorization(credentials: &Credentials, scope: Scope<'_>, headers: &[(&str, &str)], body: &[u8]) -> String {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    let request = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
    let day = scope.at.get(..8).unwrap_or_default();
    let within = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{within}\n{}",
        scope.at,
        hex(&Sha256::digest(request.as_bytes()))
    );
    let mut key = format!("AWS4{}", credentials.secret_key).into_bytes();
    for part in [day, scope.region, scope.service, "aws4_request"] {
        key = keyed(&key, part.as_bytes());
    }
    let signature = hex(&keyed(&key, text.as_bytes()));
    let access_key = &credentials.access_key;
    format!("AWS4-HMAC-SHA256 Credential={access_key}/{within}, SignedHeaders={names}, Signature={signature}")
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length: the error cannot happen, and would give a signature that AWS refuses.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(text).finalize().into_bytes().to_vec(),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time as `X-Amz-Date` writes it.
pub fn amz_date(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let clock = seconds % 86_400;
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        clock / 3600,
        clock / 60 % 60,
        clock % 60
    )
}

/// The date of a day counted from 1970-01-01, by eras of 400 years that begin in March, so that the leap day ends a
/// year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials and scope of AWS's published test suite.
    fn suite(session_token: Option<&str>) -> (Credentials, Scope<'static>) {
        let credentials = Credentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: session_token.map(str::to_owned),
        };
        let scope = Scope {
            region: "us-east-1",
            service: "service",
            at: "20150830T123600Z",
        };
        (credentials, scope)
    }

    #[test]
    fn the_vector_post_vanilla_is_signed_as_published() {
        let (credentials, scope) = suite(None);
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", scope.at)];
        assert_eq!(
            authorization(&credentials, scope, &headers, b""),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }

    #[test]
    fn the_vector_with_a_body_is_signed_as_published() {
        let (credentials, scope) = suite(None);
        let body = b"Param1=value1";
        let headers = [
            ("content-length", "13"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", "example.amazonaws.com"),
            (
                "x-amz-content-sha256",
                "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
            ),
            ("x-amz-date", scope.at),
        ];
        let signed = authorization(&credentials, scope, &headers, body);
        assert!(
            signed.ends_with("Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
            "{signed}"
        );
    }

    #[test]
    fn the_vector_with_a_session_is_signed_as_published() {
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        let (credentials, scope) = suite(Some(token));
        let headers = [
            ("host", "example.amazonaws.com"),
            ("x-amz-date", scope.at),
            ("x-amz-security-token", token),
        ];
        let signed = authorization(&credentials, scope, &headers, b"");
        assert!(
            signed.ends_with("Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
            "{signed}"
        );
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds| amz_date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "19700101T000000Z");
        assert_eq!(at(951_782_399), "20000228T235959Z");
        assert_eq!(at(951_782_400), "20000229T000000Z");
        assert_eq!(at(1_440_938_160), "20150830T123600Z");
        assert_eq!(at(4_107_542_400), "21000301T000000Z");
    }
}
