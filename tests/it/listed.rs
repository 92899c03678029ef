//! A file in `tests/it` that `main.rs` does not name would never run.

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_this_folder_is_listed_in_main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).expect("main.rs");
    for entry in fs::read_dir(&folder).expect("folder") {
        let name = entry.expect("entry").file_name().to_string_lossy().replace(".rs", "");
        if name != "main" {
            assert!(main.contains(&format!("mod {name};")), "tests/it/{name} is not listed in main.rs");
        }
    }
}
