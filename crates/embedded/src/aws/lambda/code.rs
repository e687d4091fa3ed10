//! A function's code: a zip archive, kept as a blob.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use super::function;
use super::function::Function;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::store::Batch;
use crate::store::View;

/// Of a zip that comes with the request (Lambda quotas: 50 MB).
const LARGEST: usize = 50 << 20;
/// What an archive with a file in it begins with.
const BEGINNING: &[u8] = b"PK\x03\x04";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Code {
    /// Lower-case hexadecimal digits: the blob's name.
    pub(super) sha256: String,
    /// As AWS shows it, in base64.
    pub(super) shown: String,
    pub(super) size: usize,
}

/// A zip as it was sent.
pub(super) struct Sent {
    pub(super) code: Code,
    pub(super) bytes: Vec<u8>,
}

/// # Errors
/// The text is no base64, the bytes are no zip, or they are too many.
pub(super) fn sent(zip: Option<&str>) -> Result<Sent, Refusal> {
    let Some(text) = zip.filter(|text| !text.is_empty()) else {
        return Err(refusals::invalid("Please provide a source for function code."));
    };
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| Refusal::malformed(format!("ZipFile is not base64: {error}")))?;
    if bytes.len() > LARGEST {
        return Err(refusals::too_large(text.len()));
    }
    if !bytes.starts_with(BEGINNING) {
        return Err(refusals::no_zip());
    }
    let hash = Sha256::digest(&bytes);
    let code = Code {
        sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        shown: STANDARD.encode(hash),
        size: bytes.len(),
    };
    Ok(Sent { code, bytes })
}

/// Takes a function's code away, unless another function has the same.
pub(super) fn drop_unless_used(
    view: View<'_>,
    context: &Context,
    function: &Function,
    batch: &mut Batch,
) -> Result<(), Refusal> {
    // Of any account and region: this folder may have served others before.
    let here = function::key(context, &function.name);
    for key in view
        .keys("")
        .filter(|key| key.contains(function::THINGS) && **key != *here)
    {
        let other: Option<Function> = view.get(key)?;
        if other.is_some_and(|other| other.code.sha256 == function.code.sha256) {
            return Ok(());
        }
    }
    batch.drop_kept(&function.code.sha256);
    Ok(())
}
