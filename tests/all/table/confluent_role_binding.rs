//! The rows of `confluent_role_binding`. It is all identity, so nothing changes in place: the tests of
//! `confluent_changes` have its attributes (`another_field_of_a_binding_is_another_binding_and_the_old_one_goes`).

use super::Rows;

pub(super) fn rows() -> Rows {
    Rows::all_elsewhere("confluent_role_binding", &["principal", "role_name", "crn_pattern"])
}
