//! Every folder of `tests/wrong` is an environment `local` that must fail with exactly the text of its
//! `expected.txt`. ECLUSA_BLESS=1 writes the texts anew; read each one then as a user would.

use std::fs;

use eclusa_planner::environment::Asked;
use eclusa_planner::environment::declare;
use eclusa_planner::environment::diagnostic::render;

use crate::folder::Folder;
use crate::folder::beside;

#[test]
fn wrong_files_fail_with_the_text_a_user_needs() {
    let mut folders: Vec<_> = fs::read_dir(beside("wrong"))
        .expect("the folder of cases")
        .map(|entry| entry.expect("a case").path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 30, "only {} cases", folders.len());
    let bless = std::env::var_os("ECLUSA_BLESS").is_some();
    let mut differing = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = match declare(&Folder(folder.clone()), "environments/local.yaml", &Asked::default()) {
            Ok(_) => {
                differing.push(format!("--- {name} is accepted"));
                continue;
            }
            Err(failed) => render(&failed.problems, &failed.sources),
        };
        let golden = folder.join("expected.txt");
        if bless {
            fs::write(&golden, &text).expect("write the golden text");
        } else if fs::read_to_string(&golden).unwrap_or_default() != text {
            differing.push(format!("--- {name}\n{text}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
