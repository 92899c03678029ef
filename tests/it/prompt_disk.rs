//! `karat prompt` where files cannot be written or read.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::Told;
use crate::support::copy_folder;

#[test]
fn what_cannot_be_written_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().expect("temp");
    let prompts = folder.path().join("prompts");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts"), &prompts);
    // In the way of the folder that holds the lock; permissions would not stop a test that runs as root.
    fs::write(folder.path().join(".karat"), "").expect("write");
    let lock = fs::read(prompts.join("registry.lock")).expect("read");
    for args in
        ["label code-review staging 1.0.0", "release support-answers -m tone", "rollback code-review --to 1.0.0"]
    {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("karat"));
        command.arg("prompt").args(args.split(' ')).current_dir(folder.path()).env_clear().stdin(Stdio::null());
        let told = Told::of(&command.output().expect("karat runs")).exits(2);
        let wanted = "error[file-not-written]: the lock `.karat/prompts.lock` cannot be taken: ";
        assert!(told.stderr.starts_with(wanted) && told.stderr.contains("must be writable"), "{args}: {told:?}");
    }
    assert!(prompts.join("support-answers/next.yaml").exists());
    assert_eq!(fs::read(prompts.join("registry.lock")).expect("read"), lock);
}
