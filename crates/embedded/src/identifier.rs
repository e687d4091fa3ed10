//! Identifiers that the clouds make up.

/// A random UUID (version 4), as in `6f1e2d9c-0b1a-4c5d-8e9f-001122334455`.
pub(crate) fn uuid() -> String {
    let random = fastrand::u128(..);
    let marked = (random & !(0xF << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
    let hex = format!("{marked:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn uuids_are_of_version_four_and_differ() {
        let id = uuid();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        assert_ne!(id, uuid());
    }
}
