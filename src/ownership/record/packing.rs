//! A record as the values of its secrets: JSON, gzipped, and how many there are of them.

use std::io::Read;
use std::io::Write;

use eclusa_planner::plan::record::Record;
use eclusa_planner::plan::record::RecordError;
use eclusa_planner::plan::record::Shard;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Deserialize;
use sha2::Digest as _;
use sha2::Sha256;

/// The largest value that Secrets Manager takes, in bytes.
const LARGEST: usize = 65_536;
/// Beyond this one more part is made, so that a part has room to grow.
const FULL: usize = 48 * 1024;
/// Room for some ten thousands of resources; a number beyond it is damage, not a record.
pub(super) const MOST_PARTS: u32 = 64;
/// Of one part unpacked: a small value may claim to be huge.
const LONGEST: u64 = 8 * 1024 * 1024;

/// SHA-256 of a part's JSON, by which equal parts are known whatever packed them.
pub(super) type Content = [u8; 32];

/// Why a value is no part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Another eclusa's, which must not be written over.
    Newer(RecordError),
    /// In words that follow "it".
    Damaged(String),
}

/// A part ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) content: Content,
    pub(super) bytes: Vec<u8>,
}

/// A record that fits no number of secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the record of {entries} resources is too large: one of its {MOST_PARTS} parts has {bytes} bytes, a secret takes {LARGEST}"
)]
pub(super) struct TooLarge {
    entries: usize,
    bytes: usize,
}

/// What every version of the program writes.
#[derive(Deserialize)]
struct Head {
    version: u32,
    of: u32,
}

/// The JSON of each part of a record in this many.
pub(super) fn texts(record: &Record, of: u32) -> Vec<Vec<u8>> {
    record.split(of).iter().map(text).collect()
}

fn text(shard: &Shard) -> Vec<u8> {
    // Maps by text, and texts: nothing in it that JSON cannot say.
    serde_json::to_vec(shard).unwrap_or_default()
}

pub(super) fn content(text: &[u8]) -> Content {
    Sha256::digest(text).into()
}

/// The content of a part that was read: of all that this version knows in it.
pub(super) fn content_of(shard: &Shard) -> Content {
    content(&text(shard))
}

/// The record in as many parts as it needs, at least so many.
///
/// # Errors
/// It needs more than there may be.
pub(super) fn pack(record: &Record, at_least: u32) -> Result<Vec<Packed>, TooLarge> {
    let mut of = at_least.clamp(1, MOST_PARTS);
    loop {
        let packed: Vec<Packed> = texts(record, of).iter().map(|text| packed(text)).collect();
        let largest = packed.iter().map(|part| part.bytes.len()).max().unwrap_or_default();
        if largest <= FULL || of == MOST_PARTS && largest <= LARGEST {
            return Ok(packed);
        }
        if of == MOST_PARTS {
            return Err(TooLarge {
                entries: record.entries.len(),
                bytes: largest,
            });
        }
        // Halves at the least: parts are of about one size, so that one more would seldom do for long.
        of = of.saturating_mul(2).min(MOST_PARTS);
    }
}

/// Without a time and a name in its head, so that equal parts are equal bytes.
fn packed(text: &[u8]) -> Packed {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail.
    let bytes = packer
        .write_all(text)
        .and_then(|()| packer.finish())
        .unwrap_or_default();
    Packed {
        content: content(text),
        bytes,
    }
}

/// A part from a secret's value.
pub(super) fn unpack(value: &[u8]) -> Result<Shard, Unusable> {
    let mut text = Vec::new();
    let unpacked = GzDecoder::new(value).take(LONGEST + 1).read_to_end(&mut text);
    if let Err(error) = unpacked {
        return Err(Unusable::Damaged(format!("is not whole gzip ({error})")));
    }
    if text.len() as u64 > LONGEST {
        return Err(Unusable::Damaged(format!("unpacks to more than {LONGEST} bytes")));
    }
    let damaged = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        Unusable::Damaged(format!("is not a record's JSON (line {line} column {column})"))
    };
    let head: Head = serde_json::from_slice(&text).map_err(damaged)?;
    // Asked before the rest is read, which a newer version may write in another shape.
    let empty = Shard {
        version: head.version,
        of: 1,
        entries: std::collections::BTreeMap::new(),
    };
    Record::merge([empty]).map_err(Unusable::Newer)?;
    if !(1..=MOST_PARTS).contains(&head.of) {
        return Err(Unusable::Damaged(format!("claims to be one of {} parts", head.of)));
    }
    serde_json::from_slice(&text).map_err(damaged)
}

/// The id of the version that puts this value after that one: asked again with it, Secrets Manager makes no second one.
/// The one before is part of it, since the id of an older version that held the same would bring nothing back.
pub(super) fn token(before: Option<&str>, value: &[u8]) -> String {
    let mut hash = Sha256::new();
    let before = before.unwrap_or_default();
    hash.update(before.len().to_be_bytes());
    hash.update(before);
    hash.update(value);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::record_of;
    use super::*;

    /// What `text` gives once it is packed as any other program would.
    fn packed_text(text: &str) -> Vec<u8> {
        packed(text.as_bytes()).bytes
    }

    #[test]
    fn equal_records_are_equal_bytes_without_a_time_in_them() {
        let packed = pack(&record_of(0..20), 1).expect("packed");
        assert_eq!(packed, pack(&record_of((0..20).rev()), 1).expect("packed"));
        let head = packed.first().and_then(|part| part.bytes.get(..10)).expect("a head");
        assert_eq!(head.get(3..8), Some([0; 5].as_slice()), "flags and time are nought");
    }

    #[test]
    fn a_record_has_one_part_until_that_would_be_too_large_and_never_fewer_than_before() {
        assert_eq!(pack(&Record::default(), 0).expect("packed").len(), 1);
        assert_eq!(pack(&record_of(0..20), 1).expect("packed").len(), 1);
        assert_eq!(pack(&record_of(0..20), 3).expect("packed").len(), 3);
        let large = record_of(0..1_500);
        let packed = pack(&large, 1).expect("packed");
        assert_eq!(packed.len(), 2);
        assert!(packed.iter().all(|part| part.bytes.len() <= FULL));
        let shards = packed.iter().map(|part| unpack(&part.bytes).expect("a part"));
        assert_eq!(Record::merge(shards), Ok(large));
    }

    #[test]
    fn a_record_that_no_number_of_secrets_holds_is_refused_with_figures() {
        let mut record = record_of(0..2);
        let noise = |seed: u32| {
            packed_text(&seed.to_string())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        if let Some(entry) = record.entries.values_mut().next() {
            entry.keys = (0..4_000)
                .map(|seed| noise(seed) + &token(None, &seed.to_be_bytes()))
                .collect();
        }
        let error = pack(&record, 1).expect_err("one entry is in one part");
        assert!(error.bytes > LARGEST && error.entries == 2, "{error}");
    }

    #[test]
    fn what_was_read_has_the_content_that_was_written() {
        let record = record_of(0..20);
        for part in pack(&record, 2).expect("packed") {
            assert_eq!(content_of(&unpack(&part.bytes).expect("a part")), part.content);
        }
    }

    #[test]
    fn what_is_damaged_says_how() {
        let good = pack(&record_of(0..20), 1).expect("packed").remove(0).bytes;
        let torn = good.get(..good.len() / 2).expect("half").to_vec();
        let mut flipped = good.clone();
        if let Some(byte) = flipped.get_mut(good.len() / 2) {
            *byte ^= 0x55;
        }
        for (value, expected) in [
            (b"{}".to_vec(), "gzip"),
            (Vec::new(), "gzip"),
            (torn, "gzip"),
            (flipped, "gzip"),
            (packed_text("[1]"), "JSON"),
            (packed_text(r#"{"version":1,"of":1}"#), "JSON (line 1 column 20)"),
            (packed_text(r#"{"version":1,"of":0,"entries":{}}"#), "one of 0 parts"),
            (packed_text(r#"{"version":1,"of":65,"entries":{}}"#), "one of 65 parts"),
            (packed_text(&" ".repeat(9 * 1024 * 1024)), "more than 8388608 bytes"),
        ] {
            match unpack(&value) {
                Err(Unusable::Damaged(what)) => assert!(what.contains(expected), "{what}, expected {expected}"),
                other => panic!("{other:?}, expected {expected}"),
            }
        }
    }

    #[test]
    fn a_newer_version_is_known_as_one_whatever_shape_it_has() {
        let newer = packed_text(r#"{"version":2,"of":3,"entries":[]}"#);
        assert_eq!(unpack(&newer), Err(Unusable::Newer(RecordError::Newer(2))));
    }

    #[test]
    fn a_token_fits_and_tells_values_and_their_places_in_the_history_apart() {
        let tokens = [
            token(None, b"a"),
            token(None, b"b"),
            token(Some("v"), b"a"),
            token(Some("va"), b""),
        ];
        for (at, token) in tokens.iter().enumerate() {
            assert!((32..=64).contains(&token.len()) && token.is_ascii(), "{token}");
            assert!(tokens.iter().skip(at + 1).all(|other| other != token));
        }
        assert_eq!(token(Some("v"), b"a"), token(Some("v"), b"a"));
    }
}
