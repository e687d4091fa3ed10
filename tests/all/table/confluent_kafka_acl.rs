//! The rows of `confluent_kafka_acl`. It is all identity, so nothing changes in place: the tests of `confluent_changes` have
//! its attributes (`another_field_of_an_acl_is_another_acl_and_the_old_one_goes`, for `host`
//! `confluent_cloud_knows_one_host`, for `kafka_cluster` `what_moves_to_another_cluster_is_made_there_first`, for
//! `credentials` `the_key_that_writes_is_no_part_of_what_it_writes`).

use super::Rows;

pub(super) fn rows() -> Rows {
    Rows::all_elsewhere(
        "confluent_kafka_acl",
        &[
            "kafka_cluster",
            "credentials",
            "principal",
            "resource_type",
            "resource_name",
            "pattern_type",
            "host",
            "operation",
            "permission",
        ],
    )
}
