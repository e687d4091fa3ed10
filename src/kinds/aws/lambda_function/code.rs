//! The zip that is uploaded, and the digests that tell it from another one.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionCode;
use eclusa_planner::schema::aws::lambda_function::FunctionSpec;
use sha2::Digest as _;
use sha2::Sha256;
use tokio::time::Instant;

use super::CODE_TAG;
use super::SOURCE_TAG;
use crate::build::Arch;
use crate::build::BuildError;
use crate::build::Platform;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::kinds::Update;

/// How often a build that goes on is told of.
const TOLD_EVERY: Duration = Duration::from_secs(1);

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

/// The zip that the declaration names, read or built, for the call that uploads it.
pub(super) async fn prepare(io: &Io, want: &FunctionSpec, operation: Operation) -> Result<Code, ProviderError> {
    let made = match (&want.filename, &want.build) {
        (Some(filename), _) => read(io, filename).await,
        (None, Some(program)) => build(io, program, want).await,
        (None, None) => Err(invalid(
            "no-code",
            "neither `build` nor `filename` is declared".to_owned(),
        )),
    };
    let checked = made.and_then(|code| match (&want.source, &code.source) {
        (Some(planned), Some(found)) if planned != found => {
            let text = "the code is not made from what was planned with, which changed meanwhile: plan again";
            Err(invalid("code-changed", text.to_owned()))
        }
        _ => Ok(code),
    });
    checked.map_err(|(class, code, text)| ProviderError::own(operation, class, code, text))
}

/// A code of our own, and the sentence for it.
type Refused = (Class, &'static str, String);

fn invalid(code: &'static str, text: String) -> Refused {
    (Class::Invalid, code, text)
}

async fn read(io: &Io, filename: &str) -> Result<Code, Refused> {
    let path = io.root.join("stacks").join(filename);
    let bytes = bytes(path)
        .await
        .map_err(|error| invalid("unreadable-file", format!("stacks/{filename}: {error}")))?;
    let source = source_of(&bytes);
    Ok(of(bytes, Some(source)))
}

/// Compiles the program; it says so once a second, since a first build takes minutes.
async fn build(io: &Io, program: &str, want: &FunctionSpec) -> Result<Code, Refused> {
    let refused = |text: String| invalid("build-not-available", text);
    let processor = want.architectures.first().map(String::as_str).unwrap_or_default();
    let arch = Arch::named(processor).ok_or_else(|| refused(format!("nothing is built for {processor:?}")))?;
    let began = Instant::now();
    let platform = Platform { arch, libc: io.libc };
    let mut building = pin!(crate::build::zip(&io.root, program, platform, io.builds_for));
    let built = loop {
        tokio::select! {
            built = &mut building => break built,
            () = tokio::time::sleep(TOLD_EVERY) => {
                io.tell_waiting("its code", &format!("cargo compiles lambda/{program}"), began, io.limits.wait);
            }
        }
    };
    let built = built.map_err(|error| match &error {
        BuildError::Stopped { .. } => (Class::Interrupted, "build-stopped", error.to_string()),
        _ => refused(explained(&error)),
    })?;
    let bytes = bytes(built.path.clone())
        .await
        .map_err(|error| refused(format!("{}: {error}", built.path.display())))?;
    Ok(of(bytes, Some(built.source_digest)))
}

fn explained(error: &BuildError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    }
}

async fn bytes(path: PathBuf) -> Result<Vec<u8>, String> {
    match tokio::task::spawn_blocking(move || fs::read(path)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Err("it does not exist any more".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(panic.to_string()),
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
