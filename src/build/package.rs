//! One binary in a zip, the same bytes for the same binary: one entry, fixed time and mode, one compression level.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest;
use sha2::Sha256;
use zip::CompressionMethod;
use zip::DateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::BuildError;

/// What Lambda starts.
const ENTRY: &str = "bootstrap";
const LEVEL: i64 = 9;

/// Packs a binary and returns the zip's digest, as Lambda's `CodeSha256`, and its size. The zip is there whole or not
/// at all.
pub(super) fn package(binary: &Path, zip: &Path) -> Result<(String, u64), BuildError> {
    let content = fs::read(binary).map_err(BuildError::file(binary))?;
    let packed = packed(&content).map_err(BuildError::file(zip))?;
    if let Some(folder) = zip.parent() {
        fs::create_dir_all(folder).map_err(BuildError::file(folder))?;
    }
    let partial = zip.with_extension(format!("zip.{}", std::process::id()));
    fs::write(&partial, &packed).map_err(BuildError::file(&partial))?;
    fs::rename(&partial, zip).map_err(BuildError::file(zip))?;
    let size = u64::try_from(packed.len()).unwrap_or(u64::MAX);
    Ok((STANDARD.encode(Sha256::digest(&packed)), size))
}

fn packed(content: &[u8]) -> io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.start_file(ENTRY, options)?;
    writer.write_all(content)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn the_same_binary_packs_to_the_same_bytes_with_nothing_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        fs::write(&one, "binary").unwrap();
        let first = package(&one, &folder.path().join("a/one.zip")).unwrap();
        fs::write(&two, "binary").unwrap();
        let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        fs::File::open(&two).unwrap().set_modified(later).unwrap();
        let second = package(&two, &folder.path().join("a/two.zip")).unwrap();
        assert_eq!(first, second);
        let read = |name| fs::read(folder.path().join("a").join(name)).unwrap();
        assert_eq!(read("one.zip"), read("two.zip"));
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 2);
    }

    #[test]
    fn the_entry_is_what_lambda_starts() {
        let mut archive = ZipArchive::new(io::Cursor::new(packed(b"binary").unwrap())).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        assert_eq!(content, "binary");
    }

    #[test]
    fn the_digest_is_the_one_that_lambda_computes() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("binary");
        fs::write(&binary, "binary").unwrap();
        let zip = folder.path().join("b.zip");
        let (digest, size) = package(&binary, &zip).unwrap();
        let bytes = fs::read(&zip).unwrap();
        assert_eq!(digest, STANDARD.encode(Sha256::digest(&bytes)));
        assert_eq!(size, bytes.len() as u64);
        assert_eq!(digest.len(), 44);
    }
}
