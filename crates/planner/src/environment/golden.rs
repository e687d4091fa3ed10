//! Golden texts: files beside the tests, compared byte by byte, rewritten when `ECLUSA_BLESS=1` is set.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

/// Compares `actual` with the file at `path`, relative to this crate's folder.
pub(crate) fn assert_golden(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("ECLUSA_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        actual == expected,
        "{path} differs (ECLUSA_BLESS=1 rewrites it)\n--- expected\n{expected}\n--- actual\n{actual}"
    );
}
