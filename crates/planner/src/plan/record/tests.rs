#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::resource::Digest;

fn entry(name: &str) -> Entry {
    Entry {
        identity: Identity::Name(name.to_owned()),
        handle: name.to_owned(),
        scope: None,
        writing_key: None,
        digest: Digest("1:0123456789abcdef".to_owned()),
        protect: false,
        keys: ["retention.ms".to_owned()].into(),
        hashes: BTreeMap::new(),
    }
}

fn record(names: &[String]) -> Record {
    let mut record = Record::default();
    for name in names {
        record.put(&Address::new("t", "confluent_kafka_topic", name), entry(name));
    }
    record
}

proptest! {
    #[test]
    fn shards_in_any_order_make_the_record_again(
        names in prop::collection::vec("[a-z]{1,8}", 0..40),
        of in 0..9_u32,
        turn in any::<prop::sample::Index>(),
    ) {
        let record = record(&names);
        let mut shards = record.split(of);
        prop_assert_eq!(shards.len(), usize::try_from(of.max(1)).unwrap());
        let turn = turn.index(shards.len());
        shards.rotate_left(turn);
        let written: Vec<String> = shards.iter().map(|shard| serde_json::to_string(shard).unwrap()).collect();
        let read = written.iter().map(|text| serde_json::from_str::<Shard>(text).unwrap());
        prop_assert_eq!(Record::merge(read), Ok(record));
    }
}

#[test]
fn an_address_stays_in_its_shard() {
    let address = "t/confluent_kafka_topic.air";
    assert_eq!(Record::shard_of(address, 7), Record::shard_of(address, 7));
    assert!(
        (0..100)
            .map(|number| Record::shard_of(&format!("{address}{number}"), 4))
            .all(|shard| shard < 4)
    );
    assert_eq!((Record::shard_of(address, 1), Record::shard_of(address, 0)), (0, 0));
}

#[test]
fn a_record_that_is_not_whole_is_none() {
    let record = record(&["air".to_owned()]);
    let mut shards = record.split(3);
    let newer = Shard {
        version: VERSION + 1,
        ..shards[0].clone()
    };
    assert_eq!(Record::merge([newer]), Err(RecordError::Newer(VERSION + 1)));
    let other = record.split(2).remove(0);
    assert_eq!(Record::merge([shards[0].clone(), other]), Err(RecordError::Mixed));
    shards.pop();
    assert_eq!(Record::merge(shards), Err(RecordError::Incomplete { found: 2, of: 3 }));
    assert_eq!(Record::merge([]), Ok(Record::default()));
}

#[test]
fn hashes_of_secrets_outlive_an_entry_without_any() {
    let address = Address::new("t", "confluent_connector", "mongodb");
    let mut record = Record::default();
    let hashes: BTreeMap<String, String> = [("config.connection.password".to_owned(), "$argon2id$".to_owned())].into();
    record.put(
        &address,
        Entry {
            hashes: hashes.clone(),
            ..entry("a")
        },
    );
    record.put(&address, entry("b"));
    assert_eq!(record.get(&address), Some(&Entry { hashes, ..entry("b") }));
    record.forget(&address);
    assert_eq!(record.get(&address), None);
}

#[test]
fn a_stale_digest_is_no_disagreement_and_protect_is() {
    let stale = Entry {
        digest: Digest("1:fedcba9876543210".to_owned()),
        ..entry("a")
    };
    assert!(entry("a").agrees_with(&stale));
    assert!(!entry("a").agrees_with(&Entry {
        protect: true,
        ..entry("a")
    }));
    assert!(!entry("a").agrees_with(&entry("b")));
}

#[test]
fn what_a_later_version_adds_to_an_entry_is_passed_over() {
    let text =
        r#"{"identity":{"Name":"a"},"handle":"a","digest":"1:0123456789abcdef","keys":["retention.ms"],"more":1}"#;
    assert_eq!(serde_json::from_str::<Entry>(text).unwrap(), entry("a"));
}
