//! Hashes of secrets that were sent, as the record keeps them: they tell a changed secret from the one that was sent,
//! and nothing else.
//!
//! - Argon2id, version 19, 19 MiB, two passes, one lane (OWASP's minimum), a random salt of 16 bytes; written as a PHC
//!   string (`$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`). A short secret can be
//!   guessed by whoever may read the record, at that price a guess; a long random one cannot.
//! - What a hash asks for is bounded before it is done, since the record may have been tampered with: no more than 64
//!   MiB and ten passes. An unreadable hash is nobody's: the secret counts as changed.
//! - The work is the processor's: [`of`] and [`is_of`] do it beside the runtime, two at a time, so that many secrets do
//!   not take 19 MiB each at once.

use argon2::Algorithm;
use argon2::Argon2;
use argon2::Params;
use argon2::PasswordHasher;
use argon2::PasswordVerifier;
use argon2::password_hash;
use argon2::password_hash::phc::PasswordHash;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// KiB.
const MOST_MEMORY: u32 = 64 * 1024;
const MOST_PASSES: u32 = 10;

static TURNS: Semaphore = Semaphore::const_new(2);

/// A secret could not be hashed; nothing of it is in the words.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HashError {
    #[error("a secret could not be hashed for the record: {0}")]
    Failed(#[from] password_hash::Error),
    #[error("a secret could not be hashed for the record: the work was given up")]
    GivenUp,
}

/// The hash of a secret, another one each time.
///
/// # Errors
/// No memory, or no random numbers.
pub fn hash(text: &SecretString) -> Result<String, HashError> {
    let hash: PasswordHash = Argon2::default().hash_password(text.expose_secret().as_bytes())?;
    Ok(hash.to_string())
}

/// Whether this is the hash of this secret.
pub fn is(text: &SecretString, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    let is_bounded = |params: &Params| params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES;
    hash.algorithm == Algorithm::Argon2id.ident()
        && Params::try_from(&hash).is_ok_and(|params| is_bounded(&params))
        && Argon2::default()
            .verify_password(text.expose_secret().as_bytes(), &hash)
            .is_ok()
}

/// [`hash`], beside the runtime.
///
/// # Errors
/// As [`hash`]; or the runtime is ending.
pub async fn of(text: &SecretString) -> Result<String, HashError> {
    let _turn = TURNS.acquire().await.map_err(|_| HashError::GivenUp)?;
    let text = text.clone();
    let hashed = spawn_blocking(move || hash(&text)).await;
    hashed.map_err(|_| HashError::GivenUp)?
}

/// [`is`], beside the runtime.
pub async fn is_of(text: &SecretString, hash: &str) -> bool {
    let Ok(_turn) = TURNS.acquire().await else {
        return false;
    };
    let (text, hash) = (text.clone(), hash.to_owned());
    spawn_blocking(move || is(&text, &hash)).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a_hash_is_that_of_its_secret_alone_and_another_one_each_time() {
        let (one, other) = (
            hash(&text("hush")).expect("a hash"),
            hash(&text("hush")).expect("a hash"),
        );
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(is(&text("hush"), &one) && is(&text("hush"), &other));
        assert!(!is(&text("hush!"), &one) && !is(&text(""), &one));
    }

    #[test]
    fn a_hash_that_another_program_made_is_understood() {
        // From the tests of the reference implementation, phc-winner-argon2.
        let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(is(&text("password"), known));
    }

    #[test]
    fn what_is_no_hash_of_ours_is_nobody_s() {
        let good = hash(&text("hush")).expect("a hash");
        let torn = good.get(..good.len() - 4).expect("longer than that");
        for unreadable in ["", "hush", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", torn] {
            assert!(!is(&text("hush"), unreadable), "{unreadable}");
        }
        assert!(!is(&text("hush"), &good.replace("$argon2id$", "$argon2d$")));
    }

    #[test]
    fn a_hash_that_asks_for_too_much_work_is_not_worked_on() {
        let hashed = |memory: u32, passes: u32| {
            let params = Params::new(memory, passes, 1, None).expect("parameters");
            let hash = Argon2::from(params).hash_password(b"hush");
            hash.map(|hash: PasswordHash| hash.to_string()).expect("a hash")
        };
        assert!(is(&text("hush"), &hashed(MOST_MEMORY, 1)) && is(&text("hush"), &hashed(8, MOST_PASSES)));
        assert!(!is(&text("hush"), &hashed(MOST_MEMORY + 1, 1)));
        assert!(!is(&text("hush"), &hashed(8, MOST_PASSES + 1)));
        let endless = hashed(8, 1).replace("t=1,", "t=4294967295,");
        assert!(!is(&text("hush"), &endless));
    }

    #[tokio::test]
    async fn beside_the_runtime_the_answers_are_the_same() {
        let hash = of(&text("hush")).await.expect("a hash");
        assert!(is_of(&text("hush"), &hash).await && !is_of(&text("else"), &hash).await);
    }
}
