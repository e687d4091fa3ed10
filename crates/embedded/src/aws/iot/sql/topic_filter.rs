//! The topic filter after FROM.
//!
//! At most 256 bytes and 7 slashes, of which the `$aws/rules/<rule>/` of Basic Ingest takes none; `#` only as the whole
//! last level, `+` only as a whole level (awsdocs `limits-iot`, `topics`).

const BYTES: usize = 256;
const SLASHES: usize = 7;
const BASIC_INGEST: &str = "$aws/rules/";

/// What is wrong with it, if anything is.
pub(super) fn problem(filter: &str) -> Option<String> {
    if filter.is_empty() {
        return Some("the topic filter is empty".to_owned());
    }
    let counted = match filter.strip_prefix(BASIC_INGEST) {
        Some(rest) => rest.split_once('/').map_or("", |(_, topic)| topic),
        None => filter,
    };
    if counted.len() > BYTES || counted.matches('/').count() > SLASHES {
        return Some(format!(
            "the topic filter '{filter}' is longer than {BYTES} bytes or {SLASHES} slashes"
        ));
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let misplaced = level.contains('#') && (level != "#" || levels.peek().is_some());
        if misplaced || (level.contains('+') && level != "+") {
            return Some(format!(
                "a wildcard of the topic filter '{filter}' is not a level of its own"
            ));
        }
    }
    None
}
