//! The rows of `confluent_environment`. Its package rises and never sinks, so no attribute goes there and back: the tests
//! of `confluent_changes` have them (`an_environments_package_rises_in_place_and_never_sinks`).

use super::Rows;

pub(super) fn rows() -> Rows {
    Rows::all_elsewhere(
        "confluent_environment",
        &["stream_governance", "stream_governance.package"],
    )
}
