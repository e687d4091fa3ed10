//! What an answer's body holds.

use std::io::Read;

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

use crate::clients::call::Operation;
use crate::clients::error::Class;
use crate::clients::error::ProviderError;
use crate::clients::error::Sent;

const GZIP: &[u8] = &[0x1f, 0x8b];
/// Unpacked; a small body may claim to be huge.
const LONGEST: u64 = 128 * 1024 * 1024;

/// A body that is packed though no header says so (Confluent's provider met such).
pub(super) fn unpacked(body: Vec<u8>) -> Vec<u8> {
    if !body.starts_with(GZIP) {
        return body;
    }
    let mut plain = Vec::new();
    match GzDecoder::new(body.as_slice()).take(LONGEST).read_to_end(&mut plain) {
        Ok(_) => plain,
        Err(_) => body,
    }
}

/// What was answered with a 2xx.
pub(super) struct Answer {
    pub(super) operation: Operation,
    pub(super) request: Sent,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body as this type.
    ///
    /// # Errors
    /// It is not; then a write may have been performed all the same.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The parser's own words may quote the body.
            let (line, column) = (error.line(), error.column());
            let what = if error.is_data() { "of another shape" } else { "no JSON" };
            self.misunderstood(&format!("its body is {what}, at line {line} column {column}"))
        })
    }

    pub(super) fn misunderstood(&self, why: &str) -> ProviderError {
        let class = match self.operation.write {
            true => Class::AnswerLost,
            false => Class::Unexpected,
        };
        ProviderError {
            request: Some(Box::new(self.request.clone())),
            status: Some(self.status),
            request_id: self.request_id.clone(),
            ..ProviderError::own(self.operation, class, "AnswerNotUnderstood", why)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_packed_body_is_unpacked_and_a_broken_one_stays() {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(b"{}").expect("packed");
        let packed = packer.finish().expect("packed");
        assert_eq!(unpacked(packed.clone()), b"{}");
        assert_eq!(unpacked(b"{}".to_vec()), b"{}");
        let broken = packed.get(..12).expect("long enough").to_vec();
        assert_eq!(unpacked(broken.clone()), broken);
    }
}
