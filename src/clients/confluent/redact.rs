//! What a provider says may repeat what it was sent. No secret passes on into an error.

use secrecy::ExposeSecret;
use secrecy::SecretString;

const HIDDEN: &str = "(hidden)";
/// Shorter texts are no secrets, and would be found everywhere.
const SHORTEST: usize = 4;
/// API secrets have 64 characters, of which the newer ones begin so.
const SECRET_LENGTH: usize = 64;
const SECRET_BEGINS: &str = "cflt";
/// What is long and bears the newer secrets' beginning is one, whatever its length.
const SECRET_LONGER_THAN: usize = 32;

/// The text without these secrets, and without what looks like an API secret.
pub(super) fn redact<'a>(text: &str, secrets: impl IntoIterator<Item = &'a SecretString>) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let secret = secret.expose_secret();
        if secret.len() >= SHORTEST {
            text = text.replace(secret, HIDDEN);
            // As it stands in a JSON text that is quoted in another.
            let escaped = serde_json::Value::from(secret).to_string();
            let escaped = escaped.trim_matches('"');
            if escaped != secret {
                text = text.replace(escaped, HIDDEN);
            }
        }
    }
    without_api_secrets(&text)
}

fn without_api_secrets(text: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_letter) {
        let (before, from) = rest.split_at(begin);
        let (word, after) = from.split_at(from.find(|c| !is_letter(c)).unwrap_or(from.len()));
        let begins = word.starts_with(SECRET_BEGINS) && word.len() > SECRET_LONGER_THAN;
        shown.push_str(before);
        shown.push_str(if begins || word.len() == SECRET_LENGTH {
            HIDDEN
        } else {
            word
        });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_sent_and_what_looks_like_a_secret_is_hidden() {
        let secret = SecretString::from("pa\"ss");
        let long = "cflt".to_owned() + &"A/".repeat(30);
        let text = format!(
            "`pa\"ss` is bad, \"pa\\\"ss\" too, {long}! {} 7FJIYKQ4SGQDQ72H",
            "0".repeat(64)
        );
        assert_eq!(
            redact(&text, [&secret]),
            "`(hidden)` is bad, \"(hidden)\" too, (hidden)! (hidden) 7FJIYKQ4SGQDQ72H"
        );
    }

    proptest! {
        #[test]
        fn other_words_stay_as_they_are(text in "([a-zA-Z0-9:]{1,30}[ .,-]){0,8}") {
            prop_assert_eq!(redact(&text, [&SecretString::from("none of this")]), text);
        }
    }
}
