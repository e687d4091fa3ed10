//! Identifiers that Confluent makes up.

const SHORT: usize = 6;
const KEY: usize = 16;
const SECRET: usize = 60;

/// As in `env-4x9q2k`.
pub(crate) fn short(prefix: &str) -> String {
    let tail: String = (0..SHORT).map(|_| lower()).collect();
    format!("{prefix}-{tail}")
}

/// As in `rb-OOXL7K`.
pub(crate) fn role_binding() -> String {
    let tail: String = (0..SHORT).map(|_| lower().to_ascii_uppercase()).collect();
    format!("rb-{tail}")
}

/// An API key's id: 16 capital letters and digits.
pub(crate) fn api_key() -> String {
    (0..KEY).map(|_| lower().to_ascii_uppercase()).collect()
}

/// An API key's secret: `cflt` and 60 more, as they are since 2025-07-30.
pub(crate) fn secret() -> String {
    let tail: String = (0..SECRET).map(|_| fastrand::alphanumeric()).collect();
    format!("cflt{tail}")
}

fn lower() -> char {
    fastrand::alphanumeric().to_ascii_lowercase()
}
