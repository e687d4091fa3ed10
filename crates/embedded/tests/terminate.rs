//! SIGTERM goes to the whole process, so this has one to itself.

use std::process::Command;
use std::time::Duration;

use eclusa_embedded::Ended;
use eclusa_embedded::Options;
use eclusa_embedded::read_server_file;
use eclusa_embedded::serve;

#[tokio::test]
async fn sigterm_ends_the_server_cleanly() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options {
        folder: folder.path().to_owned(),
        build_id: "test".to_owned(),
    };
    let server = tokio::spawn(serve(options));
    // The handler stands before the file is written; without it the signal would end this process.
    while read_server_file(folder.path()).expect("readable").is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let killed = Command::new("kill")
        .arg(std::process::id().to_string())
        .status()
        .expect("kill is there");
    assert!(killed.success());
    assert_eq!(server.await.expect("no panic").expect("served"), Ended::Signal);
}
