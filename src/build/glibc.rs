//! Whether a binary runs with Lambda's glibc: every symbol it takes from there names the version that brought it.

use std::fs;
use std::path::Path;

use object::read::elf::FileHeader;

use super::BuildError;

/// Of Amazon Linux 2023, on which `provided.al2023` runs. (docs.aws.amazon.com, AL2023 release notes)
const OF_LAMBDA: Version = Version(2, 34);
const PREFIX: &str = "GLIBC_";

/// Major and minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

/// Refuses what Lambda could not start.
///
/// # Errors
/// It asks for a newer glibc, or is no binary of this kind.
pub(super) fn check(name: &str, binary: &Path) -> Result<(), BuildError> {
    let bytes = fs::read(binary).map_err(BuildError::file(binary))?;
    let newest = wanted(&bytes).map_err(|error| BuildError::File {
        path: binary.to_owned(),
        error: std::io::Error::other(error),
    })?;
    match newest {
        Some(Version(major, minor)) if Version(major, minor) > OF_LAMBDA => Err(BuildError::NewerLibrary {
            name: name.to_owned(),
            wanted: format!("{major}.{minor}"),
            there: format!("{}.{}", OF_LAMBDA.0, OF_LAMBDA.1),
        }),
        _ => Ok(()),
    }
}

/// The newest version that is asked for; `None` of a binary that asks for none.
fn wanted(bytes: &[u8]) -> object::read::Result<Option<Version>> {
    let header = object::elf::FileHeader64::<object::Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let Some((mut needed, link)) = sections.gnu_verneed(endian, bytes)? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, bytes, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needed.next()? {
        while let Some(version) = versions.next()? {
            let text = version.name(endian, strings)?;
            newest = newest.max(std::str::from_utf8(text).ok().and_then(read));
        }
    }
    Ok(newest)
}

fn read(symbol: &str) -> Option<Version> {
    let mut numbers = symbol.strip_prefix(PREFIX)?.split('.').map(str::parse);
    Some(Version(numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn versions_are_numbers_and_not_texts() {
        assert_eq!(read("GLIBC_2.34"), Some(Version(2, 34)));
        assert!(read("GLIBC_2.4") < read("GLIBC_2.34"));
        assert_eq!(read("GLIBC_2.2.5"), Some(Version(2, 2)));
        for other in ["GCC_3.0", "GLIBC_PRIVATE", ""] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_very_binary_says_what_it_was_linked_with() {
        let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(wanted(&bytes).unwrap() >= Some(Version(2, 2)));
    }

    #[test]
    fn what_is_no_binary_is_an_error() {
        wanted(b"#!/bin/sh").unwrap_err();
        wanted(b"\x7fELF").unwrap_err();
    }
}
