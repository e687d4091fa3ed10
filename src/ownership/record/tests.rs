//! Against the embedded cloud in this process.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use aws_smithy_types::Blob;
use eclusa_planner::plan::record::Entry;
use eclusa_planner::plan::record::Record;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Digest;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Owner;
use serde_json::json;
use tempfile::TempDir;

use super::Stored;
use super::delete;
use super::packing;
use super::read;
use super::secret;
use super::write;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::confluent::testing;

const ENVIRONMENT: &str = "dev";

/// Entries that pack badly, some forty bytes each.
pub(super) fn record_of(numbers: impl Iterator<Item = u32>) -> Record {
    let mut record = Record::default();
    for number in numbers {
        let handle = packing::token(None, &number.to_be_bytes());
        let entry = Entry {
            identity: Identity::Name(format!("topic{number}")),
            handle,
            scope: Some("lkc-1".to_owned()),
            writing_key: None,
            digest: Digest("1:0123456789abcdef".to_owned()),
            protect: false,
            keys: ["retention.ms".to_owned()].into(),
            hashes: BTreeMap::new(),
        };
        record.put(
            &Address::new("t", "confluent_kafka_topic", &format!("topic{number}")),
            entry,
        );
    }
    record
}

fn owner() -> Owner {
    Owner(format!("{ENVIRONMENT}@123456789012/eu-west-1"))
}

fn somebody_else() -> Owner {
    Owner(format!("{ENVIRONMENT}@210987654321/eu-west-1"))
}

struct Cloud {
    folder: TempDir,
    io: Io,
}

impl Cloud {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let settings = eclusa_embedded::Settings {
            region: "eu-west-1".to_owned(),
            ..eclusa_embedded::Settings::default()
        };
        eclusa_embedded::write_settings(&path, &settings).unwrap();
        let options = eclusa_embedded::Options {
            folder: path.clone(),
            build_id: "test".to_owned(),
        };
        tokio::spawn(eclusa_embedded::serve(options));
        for _ in 0..2_000 {
            if let Ok(Some(server)) = eclusa_embedded::read_server_file(&path) {
                let io = testing::writing(&testing::io(&server.aws_endpoint().unwrap()).await);
                return Self { folder, io };
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the embedded cloud does not start");
    }

    /// From now on this happens to the n-th such call of the server's life (0: to each).
    fn fault(&self, operation: &str, call: u32, fault: &str, code: Option<&str>) {
        let mut entry = json!({"service": "secretsmanager", "operation": operation, "fault": fault});
        match call {
            0 => entry["every"] = json!(1),
            call => entry["call"] = json!(call),
        }
        if let Some(code) = code {
            entry["status"] = json!(400);
            entry["code"] = json!(code);
        }
        fs::write(self.folder.path().join("faults.json"), json!([entry]).to_string()).unwrap();
    }

    fn no_faults(&self) {
        fs::remove_file(self.folder.path().join("faults.json")).unwrap();
    }

    fn calls(&self) -> u64 {
        self.io.calls().values().sum()
    }

    async fn read(&self) -> Stored {
        read(&self.io, ENVIRONMENT).await.unwrap()
    }

    async fn write(&self, record: &Record) -> Result<(), ProviderError> {
        write(&self.io, &owner(), &self.read().await, record).await
    }

    async fn put(&self, number: u32, value: &[u8]) {
        let put = self.io.aws.secretsmanager.put_secret_value();
        let name = secret::name(ENVIRONMENT, number);
        put.secret_id(name)
            .secret_binary(Blob::new(value))
            .send()
            .await
            .unwrap();
    }

    async fn schedule(&self, number: u32) {
        let delete = self.io.aws.secretsmanager.delete_secret();
        let name = secret::name(ENVIRONMENT, number);
        delete.secret_id(name).recovery_window_in_days(7).send().await.unwrap();
    }

    async fn names(&self) -> Vec<String> {
        let list = self.io.aws.secretsmanager.list_secrets().send().await.unwrap();
        let mut names: Vec<String> = list
            .secret_list()
            .iter()
            .map(|one| one.name().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }
}

/// Enough for two parts.
fn large() -> Record {
    record_of(0..1_500)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_read_back_and_marked_as_the_owner_s_record() {
    let cloud = Cloud::start().await;
    let none = cloud.read().await;
    assert!(none.record.is_none() && none.unread.is_none() && none.may_be_written_over());
    let record = record_of(0..3);
    cloud.write(&record).await.unwrap();
    let stored = cloud.read().await;
    assert_eq!((stored.record, stored.unread), (Some(record), None));
    assert_eq!(cloud.names().await, ["eclusa/dev/record-0"]);
    let describe = cloud.io.aws.secretsmanager.describe_secret();
    let found = describe.secret_id("eclusa/dev/record-0").send().await.unwrap();
    let tags: BTreeMap<&str, &str> = found
        .tags()
        .iter()
        .map(|tag| (tag.key().unwrap(), tag.value().unwrap()))
        .collect();
    let expected = [
        ("eclusa:address", "record"),
        ("eclusa:digest", "none"),
        ("eclusa:owner", &owner().0),
        ("eclusa:protect", "false"),
    ];
    assert_eq!(tags, expected.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_content_and_an_empty_record_where_there_is_none_make_no_call() {
    let cloud = Cloud::start().await;
    let none = cloud.read().await;
    let calls = cloud.calls();
    write(&cloud.io, &owner(), &none, &Record::default()).await.unwrap();
    assert_eq!(cloud.calls(), calls);
    cloud.write(&record_of(0..3)).await.unwrap();
    let stored = cloud.read().await;
    let calls = cloud.calls();
    write(&cloud.io, &owner(), &stored, &record_of(0..3)).await.unwrap();
    assert_eq!(cloud.calls(), calls);
    write(&cloud.io, &owner(), &stored, &record_of(0..4)).await.unwrap();
    assert_eq!(cloud.calls(), calls + 2, "a look and a write");
    assert_eq!(cloud.read().await.record, Some(record_of(0..4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_goes_back_to_what_it_was_is_stored_as_that() {
    let cloud = Cloud::start().await;
    for count in [1, 2, 1, 2, 1] {
        cloud.write(&record_of(0..count)).await.unwrap();
        assert_eq!(cloud.read().await.record, Some(record_of(0..count)));
    }
    cloud.write(&Record::default()).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(Record::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_part_comes_when_one_would_be_too_large_and_stays() {
    let cloud = Cloud::start().await;
    cloud.write(&record_of(0..3)).await.unwrap();
    cloud.write(&large()).await.unwrap();
    assert_eq!(cloud.names().await, ["eclusa/dev/record-0", "eclusa/dev/record-1"]);
    let stored = cloud.read().await;
    assert_eq!(stored.record, Some(large()));
    // One more entry changes the part that it lies in, and no other.
    let mut record = large();
    let address = Address::new("t", "confluent_kafka_topic", "more");
    record.put(&address, record_of(7..8).entries.into_values().next().unwrap());
    let calls = cloud.calls();
    write(&cloud.io, &owner(), &stored, &record).await.unwrap();
    assert_eq!(cloud.calls(), calls + 2);
    assert_eq!(cloud.read().await.record, Some(record));
    cloud.write(&record_of(0..3)).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(record_of(0..3)));
    assert_eq!(cloud.names().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_part_that_becomes_two_is_the_old_record_until_it_is_the_new_one() {
    let cloud = Cloud::start().await;
    cloud.write(&record_of(0..3)).await.unwrap();
    cloud.fault("PutSecretValue", 0, "fail", Some("AccessDeniedException"));
    assert_eq!(cloud.write(&large()).await.unwrap_err().class, Class::Denied);
    cloud.no_faults();
    assert_eq!(cloud.names().await.len(), 2, "the new part was written first");
    assert_eq!(cloud.read().await.record, Some(record_of(0..3)));
    // What the broken write left is taken over, whatever it holds.
    let other = record_of(100..1_600);
    cloud.write(&other).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(other));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_parts_that_become_four_are_unread_in_between_and_then_the_new_record() {
    let cloud = Cloud::start().await;
    cloud.write(&large()).await.unwrap();
    let larger = record_of(0..3_000);
    // The put of record-1 is done, that of record-0 is not.
    cloud.fault("PutSecretValue", 2, "fail", Some("AccessDeniedException"));
    assert_eq!(cloud.write(&larger).await.unwrap_err().class, Class::Denied);
    cloud.no_faults();
    assert_eq!(cloud.names().await.len(), 4);
    let stored = cloud.read().await;
    assert_eq!(stored.record, None);
    assert!(
        stored
            .unread
            .as_ref()
            .unwrap()
            .contains("its parts are of different writes"),
        "{stored:?}"
    );
    assert!(stored.may_be_written_over());
    write(&cloud.io, &owner(), &stored, &larger).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(larger));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_part_that_cannot_be_used_makes_the_whole_record_unread_and_is_mended_by_a_write() {
    let cloud = Cloud::start().await;
    cloud.write(&large()).await.unwrap();
    for (number, value, said) in [
        (
            0,
            b"damage".as_slice(),
            "the secret eclusa/dev/record-0 is not whole gzip",
        ),
        (
            1,
            b"damage".as_slice(),
            "the secret eclusa/dev/record-1 is not whole gzip",
        ),
    ] {
        cloud.put(number, value).await;
        let stored = cloud.read().await;
        assert_eq!(stored.record, None);
        assert!(stored.unread.as_ref().unwrap().contains(said), "{stored:?}");
        assert!(stored.may_be_written_over());
        write(&cloud.io, &owner(), &stored, &large()).await.unwrap();
        assert_eq!(cloud.read().await.record, Some(large()));
    }
    cloud.schedule(1).await;
    let stored = cloud.read().await;
    assert_eq!(stored.record, None);
    assert!(
        stored.unread.as_ref().unwrap().contains("1 of 2 parts were found"),
        "{stored:?}"
    );
    write(&cloud.io, &owner(), &stored, &large()).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(large()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_unread_with_the_permission_to_give_and_never_written_over() {
    let cloud = Cloud::start().await;
    cloud.write(&record_of(0..3)).await.unwrap();
    cloud.fault("GetSecretValue", 0, "fail", Some("AccessDeniedException"));
    let stored = cloud.read().await;
    cloud.no_faults();
    assert_eq!(stored.record, None);
    let unread = stored.unread.as_ref().unwrap();
    assert!(
        unread.contains("allow secretsmanager:GetSecretValue on eclusa/dev/record-*"),
        "{unread}"
    );
    assert!(!stored.may_be_written_over());
    let calls = cloud.calls();
    let error = write(&cloud.io, &owner(), &stored, &record_of(0..9)).await.unwrap_err();
    assert_eq!((error.class, cloud.calls()), (Class::Denied, calls));
    assert_eq!(cloud.read().await.record, Some(record_of(0..3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_wrote_is_unread_and_never_written_over() {
    let cloud = Cloud::start().await;
    cloud.write(&record_of(0..3)).await.unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, br#"{"version":2,"of":1,"things":[]}"#).unwrap();
    let newer = packer.finish().unwrap();
    cloud.put(0, &newer).await;
    let stored = cloud.read().await;
    assert_eq!(stored.record, None);
    assert!(
        stored.unread.as_ref().unwrap().contains("written by a newer eclusa"),
        "{stored:?}"
    );
    let error = write(&cloud.io, &owner(), &stored, &record_of(0..9)).await.unwrap_err();
    assert_eq!(error.code, "RecordOfNewerVersion");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_credentials_are_an_error_and_not_an_unread_record() {
    let cloud = Cloud::start().await;
    cloud.fault("GetSecretValue", 0, "fail", Some("ExpiredTokenException"));
    let error = read(&cloud.io, ENVIRONMENT).await.unwrap_err();
    assert_eq!(error.class, Class::Credentials);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_owner_s_secret_of_that_name_is_neither_written_over_nor_deleted() {
    let cloud = Cloud::start().await;
    let none = cloud.read().await;
    write(&cloud.io, &somebody_else(), &none, &record_of(5..7))
        .await
        .unwrap();
    for stored in [none, cloud.read().await] {
        let error = write(&cloud.io, &owner(), &stored, &record_of(0..3)).await.unwrap_err();
        assert_eq!(error.class, Class::NotOurs);
        assert!(
            error.message.contains("eclusa/dev/record-0 is not of dev@123456789012"),
            "{error}"
        );
    }
    delete(&cloud.io, &owner(), ENVIRONMENT).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(record_of(5..7)));
    cloud.schedule(0).await;
    assert_eq!(cloud.write(&record_of(0..3)).await.unwrap_err().class, Class::NotOurs);
    delete(&cloud.io, &somebody_else(), ENVIRONMENT).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_written_since_it_was_read_is_left_as_it_is() {
    let cloud = Cloud::start().await;
    let none = cloud.read().await;
    cloud.write(&record_of(0..3)).await.unwrap();
    let old = cloud.read().await;
    cloud.write(&record_of(0..4)).await.unwrap();
    for stale in [none, old] {
        let error = write(&cloud.io, &owner(), &stale, &record_of(0..9)).await.unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (Class::LeaseLost, "RecordMoved"));
    }
    assert_eq!(cloud.read().await.record, Some(record_of(0..4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_or_that_was_never_made_converges() {
    // One of both is done, and not made again; the other is.
    for (fault, writes) in [("lose-answer", 5), ("cut", 9)] {
        let cloud = Cloud::start().await;
        cloud.fault("CreateSecret", 1, fault, None);
        cloud.write(&record_of(0..3)).await.unwrap();
        assert_eq!(cloud.read().await.record, Some(record_of(0..3)), "{fault}");
        cloud.fault("PutSecretValue", 1, fault, None);
        cloud.write(&record_of(0..4)).await.unwrap();
        assert_eq!(cloud.read().await.record, Some(record_of(0..4)), "{fault}");
        cloud.schedule(0).await;
        cloud.fault("RestoreSecret", 1, fault, None);
        cloud.write(&record_of(0..5)).await.unwrap();
        assert_eq!(cloud.read().await.record, Some(record_of(0..5)), "{fault}");
        cloud.fault("DeleteSecret", 2, fault, None);
        delete(&cloud.io, &owner(), ENVIRONMENT).await.unwrap();
        assert_eq!(cloud.names().await, [""; 0], "{fault}");
        let written = cloud.io.written();
        let lost = written.iter().filter(|one| one.code.is_some()).count();
        assert_eq!((lost, written.len()), (4, writes), "{fault}: {written:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_never_answered_ends_with_that() {
    let cloud = Cloud::start().await;
    cloud.fault("CreateSecret", 0, "cut", None);
    assert_eq!(
        cloud.write(&record_of(0..3)).await.unwrap_err().class,
        Class::AnswerLost
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_scheduled_for_deletion_is_none_and_the_next_write_restores_it() {
    let cloud = Cloud::start().await;
    cloud.write(&record_of(0..3)).await.unwrap();
    cloud.schedule(0).await;
    let stored = cloud.read().await;
    assert!(stored.record.is_none() && stored.unread.is_none());
    // The same content as before, too.
    write(&cloud.io, &owner(), &stored, &record_of(0..3)).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(record_of(0..3)));
    cloud.schedule(0).await;
    cloud.write(&record_of(0..4)).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(record_of(0..4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_takes_every_part_the_first_one_last_and_absent_is_success() {
    let cloud = Cloud::start().await;
    delete(&cloud.io, &owner(), ENVIRONMENT).await.unwrap();
    cloud.write(&large()).await.unwrap();
    // Deletes are counted since the server began: the one above found nothing to delete.
    cloud.fault("DeleteSecret", 2, "fail", Some("AccessDeniedException"));
    assert_eq!(
        delete(&cloud.io, &owner(), ENVIRONMENT).await.unwrap_err().class,
        Class::Denied
    );
    assert_eq!(cloud.names().await, ["eclusa/dev/record-0"]);
    cloud.no_faults();
    delete(&cloud.io, &owner(), ENVIRONMENT).await.unwrap();
    assert_eq!(cloud.names().await, [""; 0]);
    // Its name is not free yet, which the retry table knows.
    cloud.write(&record_of(0..3)).await.unwrap();
    assert_eq!(cloud.read().await.record, Some(record_of(0..3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_no_number_tells_of_is_deleted_too_and_another_environment_s_is_not() {
    let cloud = Cloud::start().await;
    cloud.write(&large()).await.unwrap();
    let other = read(&cloud.io, "dev2").await.unwrap();
    let of_other = Owner("dev2@123456789012/eu-west-1".to_owned());
    write(&cloud.io, &of_other, &other, &record_of(0..3)).await.unwrap();
    let forced = cloud
        .io
        .aws
        .secretsmanager
        .delete_secret()
        .force_delete_without_recovery(true);
    forced.secret_id("eclusa/dev/record-0").send().await.unwrap();
    delete(&cloud.io, &owner(), ENVIRONMENT).await.unwrap();
    assert_eq!(cloud.names().await, ["eclusa/dev2/record-0"]);
}
