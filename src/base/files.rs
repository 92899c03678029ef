//! Reading and writing user files: bounded, inside the project, atomic.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use super::source::Source;
use super::{Diagnostic, Place, closest};

/// Largest file that is read whole, in bytes.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a whole text file as UTF-8. `shown` is the path in messages.
///
/// # Errors
/// A [`Diagnostic`] when it is missing, a folder, larger than [`MAX_FILE_BYTES`] or not UTF-8 (with the position).
pub fn read_source(path: &Path, shown: &Path) -> Result<Source, Box<Diagnostic>> {
    let fail = |code, message: String| Box::new(Diagnostic::error(code, message).at(Place::of_file(shown)));
    let size = plain_file(path, shown)?;
    let file = fs::File::open(path).map_err(|error| io_problem(&error, shown))?;
    if size.len() > MAX_FILE_BYTES {
        let message = format!("this file has {} bytes, more than the {MAX_FILE_BYTES} that are read whole", size.len());
        return Err(fail("file-too-large", message));
    }
    // Room for all of it and one byte more: the file is then read in one go.
    let mut bytes = Vec::with_capacity(usize::try_from(size.len()).unwrap_or(0).saturating_add(1));
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| io_problem(&error, shown))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(shown, text.strip_prefix('\u{feff}').unwrap_or(&text))),
        Err(error) if is_utf16(error.as_bytes()) => {
            Err(Box::new(fail("invalid-utf8", "this file is UTF-16".to_owned()).help("save the file as UTF-8")))
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let before = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default()).into_owned();
            let source = Source::new(shown, format!("{before}\u{fffd}"));
            let span = source.span_of_bytes(valid, valid + 1);
            let bad = bytes.get(valid).copied().unwrap_or_default();
            Err(Box::new(
                Diagnostic::error("invalid-utf8", format!("this file is not UTF-8: byte 0x{bad:02x} here"))
                    .at(source.place(span))
                    .help("save the file as UTF-8"),
            ))
        }
    }
}

/// The facts of a file that can be read to its end. A pipe in the project would hang the command at its opening; those
/// that a shell hands over (`<(…)`) are below `/dev`.
fn plain_file(path: &Path, shown: &Path) -> Result<fs::Metadata, Box<Diagnostic>> {
    let facts = fs::metadata(path).map_err(|error| io_problem(&error, shown))?;
    if facts.is_file() || (!facts.is_dir() && path.starts_with("/dev")) {
        return Ok(facts);
    }
    let what = if facts.is_dir() { "a folder, not a file" } else { "not a plain file" };
    let message = format!("`{}` is {what}", shown.display());
    Err(Box::new(Diagnostic::error("not-a-file", message).at(Place::of_file(shown))))
}

/// Whether a text begins with the mark of UTF-16, which no UTF-8 has.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// Names of the entries of a folder, sorted, each with whether it is a folder. Names that are not UTF-8 are left out.
///
/// # Errors
/// The I/O error.
pub fn list_folder(folder: &Path) -> io::Result<Vec<(String, bool)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_folder = match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => kind.is_dir(),
            // Follows links, so that a link to a folder is a folder. Only links cost a look at the file.
            _ => fs::metadata(entry.path()).is_ok_and(|facts| facts.is_dir()),
        };
        if let Ok(name) = entry.file_name().into_string() {
            names.push((name, is_folder));
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a whole binary file of at most `limit` bytes. `shown` is the path in messages.
///
/// # Errors
/// A [`Diagnostic`] when it is missing, a folder or larger.
pub fn read_bytes(path: &Path, shown: &Path, limit: u64) -> Result<Vec<u8>, Box<Diagnostic>> {
    plain_file(path, shown)?;
    let file = fs::File::open(path).map_err(|error| io_problem(&error, shown))?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| io_problem(&error, shown))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let message = format!("`{}` has more than {limit} bytes", shown.display());
        return Err(Box::new(Diagnostic::error("file-too-large", message).at(Place::of_file(shown))));
    }
    Ok(bytes)
}

/// `named` with the name of the file beside it that it was probably meant to be; `path` is where `named` leads.
pub fn similar(path: &Path, named: &str) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let names = list_folder(path.parent()?).ok()?;
    let near = closest(wanted, names.iter().filter(|(_, is_folder)| !is_folder).map(|(name, _)| name.as_str()))?;
    Some(Path::new(named).with_file_name(near).to_string_lossy().into_owned())
}

/// The diagnostic for an I/O error on `shown`.
pub fn io_problem(error: &io::Error, shown: &Path) -> Box<Diagnostic> {
    let path = shown.display();
    let (code, message) = match error.kind() {
        io::ErrorKind::NotFound => ("file-not-found", format!("`{path}` does not exist")),
        io::ErrorKind::PermissionDenied => ("file-unreadable", format!("`{path}` may not be read: {error}")),
        _ => ("file-unreadable", format!("`{path}` cannot be read: {error}")),
    };
    Box::new(Diagnostic::error(code, message).at(Place::of_file(shown)))
}

/// Joins a path that a user file names to `base` and refuses one that leaves `root`.
///
/// Symbolic links are followed before the comparison, so a link out of the project is refused too. A file that does
/// not exist yet is judged by its nearest existing folder.
///
/// # Errors
/// A message for a diagnostic.
pub fn inside(root: &Path, base: &Path, named: &str) -> Result<PathBuf, String> {
    let named_path = Path::new(named);
    let joined = base.join(named_path);
    let outside = || format!("`{named}` is outside the project; karat reads only files inside its folder");
    let mut depth: Vec<Component<'_>> = Vec::new();
    for part in joined.components() {
        match part {
            Component::ParentDir => {
                if !matches!(depth.pop(), Some(Component::Normal(_))) {
                    return Err(outside());
                }
            }
            Component::CurDir => {}
            other @ (Component::Prefix(_) | Component::RootDir | Component::Normal(_)) => depth.push(other),
        }
    }
    let plain: PathBuf = depth.into_iter().collect();
    if has_no_links(root, &plain) {
        return Ok(plain);
    }
    let real_root = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let mut existing = plain.as_path();
    let mut rest = PathBuf::new();
    let real = loop {
        match fs::canonicalize(if existing.as_os_str().is_empty() { Path::new(".") } else { existing }) {
            Ok(real) => break if rest.as_os_str().is_empty() { real } else { real.join(&rest) },
            Err(_) => match (existing.parent(), existing.file_name()) {
                (Some(parent), Some(name)) => {
                    rest = if rest.as_os_str().is_empty() { PathBuf::from(name) } else { Path::new(name).join(&rest) };
                    existing = parent;
                }
                _ => break plain.clone(),
            },
        }
    };
    if real.starts_with(&real_root) { Ok(plain) } else { Err(outside()) }
}

/// Whether `path` is below `root` without a symbolic link on the way from there: it is then inside, wherever the root
/// itself leads. Spares most files the look at every folder from the system's root down.
fn has_no_links(root: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    let mut at = root.to_path_buf();
    for part in below.components() {
        at.push(part);
        match fs::symlink_metadata(&at) {
            Ok(facts) if facts.is_symlink() => return false,
            Ok(_) => {}
            // Nothing is below what does not exist.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return true,
            Err(_) => return false,
        }
    }
    true
}

/// Writes a file so that readers see the old or the new content, never half of it: sibling, sync, rename.
///
/// # Errors
/// The I/O error; the old content is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sibling = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = (|| {
        let mut file = fs::File::create(&sibling)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&sibling, path)
    })();
    if written.is_err() {
        // The first error is the one to tell; a sibling that was never made cannot be removed.
        fs::remove_file(&sibling).ok();
    }
    written
}

/// Makes a folder that was not there before, and those above it.
///
/// # Errors
/// `AlreadyExists` when it was there, made by whomever; else the I/O error.
pub fn claim_folder(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::create_dir(folder)
}

/// A lock that one process holds on a path; it ends with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: fs::File,
}

impl Lock {
    /// Takes the lock; `None` when another process holds it.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn take(path: &Path) -> io::Result<Option<Lock>> {
        loop {
            let file = fs::File::options().create(true).truncate(false).write(true).open(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path) => return Ok(Some(Lock { path: path.to_path_buf(), _file: file })),
                // Its holder removed the file after we had opened it: another process may have made and locked a new one.
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => return Ok(None),
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

/// Whether an open file is still the one that its path leads to.
#[cfg(unix)]
fn is_at(file: &fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let here = file.metadata().map(|facts| (facts.dev(), facts.ino()));
    let there = fs::metadata(path).map(|facts| (facts.dev(), facts.ino()));
    matches!((here, there), (Ok(here), Ok(there)) if here == there)
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_at(_file: &fs::File, _path: &Path) -> bool {
    true
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file that stays behind is not locked, and harms nobody.
        fs::remove_file(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_file_finds_its_neighbour() {
        let folder = tempfile::tempdir().expect("temp");
        fs::write(folder.path().join("answer.json"), "{}").expect("write");
        fs::create_dir(folder.path().join("anwsers")).expect("dir");
        let path = folder.path().join("anwser.json");
        assert_eq!(similar(&path, "schemas/anwser.json").as_deref(), Some("schemas/answer.json"));
        assert_eq!(similar(&folder.path().join("other.csv"), "other.csv"), None);
        assert_eq!(similar(&folder.path().join("no/such.csv"), "no/such.csv"), None);
    }

    #[test]
    fn folders_are_told_from_files_behind_links_too() {
        let folder = tempfile::tempdir().expect("temp");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).expect("dir");
        fs::write(at("file"), "").expect("write");
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(at("folder"), at("link-to-folder")).expect("link");
            symlink(at("file"), at("link-to-file")).expect("link");
            symlink(at("nothing"), at("link-to-nothing")).expect("link");
        }
        let folders: Vec<String> = list_folder(folder.path())
            .expect("listed")
            .into_iter()
            .filter_map(|(name, is_folder)| is_folder.then_some(name))
            .collect();
        assert_eq!(folders, if cfg!(unix) { vec!["folder", "link-to-folder"] } else { vec!["folder"] });
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("temp");
        let pipe = folder.path().join("x.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        let shown = Path::new("x.yaml");
        let problems = [read_source(&pipe, shown).expect_err("pipe"), read_bytes(&pipe, shown, 10).expect_err("pipe")];
        for problem in problems {
            assert!(problem.render(false).contains("error[not-a-file]: `x.yaml` is not a plain file"));
        }
        let folder = read_bytes(folder.path(), shown, 10).expect_err("folder");
        assert!(folder.render(false).contains("is a folder, not a file"));
    }

    #[test]
    fn invalid_utf8_is_reported_with_its_position() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("x.yaml");
        fs::write(&path, b"ok: 1\nbad: \xff\xfe\n").expect("write");
        let problem = read_source(&path, Path::new("x.yaml")).expect_err("not utf-8");
        let text = problem.render(false);
        assert!(text.contains("x.yaml:2:6") && text.contains("0xff"), "{text}");
    }

    #[test]
    fn paths_out_of_the_project_are_refused() {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path().join("project");
        fs::create_dir_all(root.join("evals")).expect("dirs");
        fs::write(folder.path().join("secret.txt"), "x").expect("write");
        assert!(inside(&root, &root.join("evals"), "cases/a.jsonl").is_ok());
        assert!(inside(&root, &root.join("evals"), "../prompts/x.yaml").is_ok());
        for bad in ["../../secret.txt", "/etc/passwd", "../../../../../../../../etc/passwd"] {
            assert!(inside(&root, &root.join("evals"), bad).is_err(), "{bad}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), root.join("out")).expect("link");
            assert!(inside(&root, &root, "out/secret.txt").is_err());
            assert!(inside(&root, &root, "out/new.txt").is_err());
            std::os::unix::fs::symlink(folder.path().join("secret.txt"), root.join("evals/link.txt")).expect("link");
            assert!(inside(&root, &root, "evals/link.txt").is_err());
            // A link that stays inside, and a project that is itself reached through a link.
            std::os::unix::fs::symlink(root.join("evals"), root.join("suites")).expect("link");
            assert!(inside(&root, &root, "suites/a.yaml").is_ok());
            let linked = folder.path().join("linked");
            std::os::unix::fs::symlink(&root, &linked).expect("link");
            assert!(inside(&linked, &linked, "evals/a.yaml").is_ok());
            assert!(inside(&linked, &linked, "evals/link.txt").is_err());
            assert!(inside(&linked, &linked, "out/secret.txt").is_err());
        }
    }

    #[test]
    fn atomic_writes_replace_and_leave_no_sibling() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("a/b.txt");
        write_atomic(&path, b"one").expect("write");
        write_atomic(&path, b"two").expect("write");
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(fs::read_dir(folder.path().join("a")).expect("dir").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_on_a_file_that_was_replaced_is_none() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("run.lock");
        let opened = fs::File::create(&path).expect("file");
        assert!(is_at(&opened, &path));
        fs::remove_file(&path).expect("removed");
        assert!(!is_at(&opened, &path));
        fs::File::create(&path).expect("another");
        assert!(!is_at(&opened, &path));
    }

    #[test]
    fn a_lock_is_never_held_twice_while_holders_come_and_go() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("run.lock");
        let holders = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut taken = 0;
                    while taken < 200 {
                        let Some(held) = Lock::take(&path).expect("io") else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        taken += 1;
                        std::thread::yield_now();
                        assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
                        drop(held);
                    }
                });
            }
        });
    }

    #[test]
    fn a_lock_is_held_once_and_freed_when_dropped() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("run.lock");
        let held = Lock::take(&path).expect("io").expect("free");
        assert!(Lock::take(&path).expect("io").is_none());
        drop(held);
        assert!(!path.exists() && Lock::take(&path).expect("io").is_some());
    }
}
