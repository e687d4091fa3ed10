//! The zip that is uploaded, and the digests that tell it from another one.

use std::fs;
use std::io;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionCode;
use eclusa_planner::schema::aws::lambda_function::FunctionSpec;
use sha2::Digest as _;
use sha2::Sha256;

use super::CODE_TAG;
use super::SOURCE_TAG;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::kinds::Update;

/// One zip.
pub(super) struct Code {
    pub(super) zip: Blob,
    /// SHA-256 in base64, as Lambda shows it.
    sha256: String,
    /// Digest of what it was made from; `None` where nobody could tell.
    source: Option<String>,
}

impl Code {
    pub(super) fn as_zip(&self) -> FunctionCode {
        FunctionCode::builder().zip_file(self.zip.clone()).build()
    }

    /// What an upload leaves on the function.
    pub(super) fn tags(&self) -> impl Iterator<Item = (String, String)> {
        let source = self.source.iter().map(|source| (SOURCE_TAG.to_owned(), source.clone()));
        source.chain([(CODE_TAG.to_owned(), self.sha256.clone())])
    }
}

/// Whether the code must be uploaded: it is made from something else, somebody else uploaded, or for another processor.
pub(super) fn differs(update: &Update<'_, FunctionSpec>) -> bool {
    ["source", "foreign_code", "architectures"]
        .iter()
        .any(|attribute| update.changes(attribute))
}

/// Reads the zip that the declaration names, for the call that uploads it.
pub(super) async fn read(io: &Io, want: &FunctionSpec, operation: Operation) -> Result<Code, ProviderError> {
    let refused = |code: &'static str, text: String| Err(ProviderError::own(operation, Class::Invalid, code, text));
    let filename = match (&want.filename, &want.build) {
        (Some(filename), _) => filename,
        (None, Some(program)) => {
            let text = format!(
                "this eclusa cannot compile `build: {program}`; name a zip of your own with `filename:` instead"
            );
            return refused("build-not-available", text);
        }
        (None, None) => return refused("no-code", "neither `build` nor `filename` is declared".to_owned()),
    };
    let path = io.root.join("stacks").join(filename);
    let shown = format!("stacks/{filename}");
    let bytes = match tokio::task::spawn_blocking(move || fs::read(path)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return refused("unreadable-file", format!("{shown}: {}", because(&error))),
        Err(panic) => return refused("unreadable-file", format!("{shown}: {panic}")),
    };
    let code = of(bytes, want.source.clone());
    match &want.source {
        Some(planned) if *planned != source_of(code.zip.as_ref()) => refused(
            "file-changed",
            format!("{shown} is not the file that was planned with: plan again"),
        ),
        _ => Ok(code),
    }
}

fn of(bytes: Vec<u8>, source: Option<String>) -> Code {
    Code {
        sha256: aws_smithy_types::base64::encode(Sha256::digest(&bytes)),
        zip: Blob::new(bytes),
        source,
    }
}

/// The digest of a file, as the planner makes it.
fn source_of(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn because(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist any more".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_leaves_both_digests() {
        let code = of(b"zip".to_vec(), Some(source_of(b"zip")));
        let tags: Vec<_> = code.tags().collect();
        let digest = "SnD+mqZDbgLC3qNA+9HjUuTvLYzmylKtJdS5VHH8i/I=";
        let hex = "4a70fe9aa6436e02c2dea340fbd1e352e4ef2d8ce6ca52ad25d4b95471fc8bf2";
        assert_eq!(
            tags,
            [
                (SOURCE_TAG.to_owned(), format!("sha256:{hex}")),
                (CODE_TAG.to_owned(), digest.to_owned())
            ]
        );
    }

    #[test]
    fn without_a_source_digest_the_upload_alone_is_remembered() {
        let tags: Vec<_> = of(Vec::new(), None).tags().map(|(key, _)| key).collect();
        assert_eq!(tags, [CODE_TAG]);
    }
}
