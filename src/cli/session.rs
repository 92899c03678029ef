//! What every command needs, loaded in one place: settings, environment, clock, store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::GlobalArgs;
use super::ui::Ui;
use crate::base::{Clock, Diagnostic, Problems, SystemClock};
use crate::config::{Config, Env, Overrides};

/// Problems of the command line, the configuration or files: nothing was run, exit code 2.
#[derive(Debug, Clone)]
pub struct UsageError(pub Problems);

impl UsageError {
    /// One problem of the command line.
    pub fn of(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> UsageError {
        Diagnostic::error(code, message).help(help).into()
    }

    /// All problems and their number.
    pub fn render(&self, color: bool) -> String {
        let count = self.0.error_count();
        let noun = if count == 1 { "problem" } else { "problems" };
        format!("{}\nerror: {count} {noun}; nothing was run", self.0.render(color))
    }
}

impl From<Diagnostic> for UsageError {
    fn from(problem: Diagnostic) -> UsageError {
        let mut problems = Problems::new();
        problems.push(problem);
        UsageError(problems)
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for UsageError {}

/// Settings, environment and clock of one command.
pub struct Session {
    /// The terminal.
    pub ui: Ui,
    /// Global flags as given.
    pub global: GlobalArgs,
    /// The process environment with `.env` underneath.
    pub env: Env,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The project's folder: absolute.
    pub root: PathBuf,
    /// The folder that karat was started in: absolute.
    pub cwd: PathBuf,
}

impl Session {
    /// The moment that lies `age` back.
    pub fn not_before(&self, age: std::time::Duration) -> crate::base::Timestamp {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        crate::base::Timestamp(self.clock.now().0.saturating_sub(age))
    }

    /// Finds the project and reads its `.env`.
    ///
    /// # Errors
    /// [`UsageError`] when the project or its `.env` cannot be read.
    pub fn new(global: &GlobalArgs, env: Env, ui: &Ui) -> anyhow::Result<Session> {
        let cwd = std::env::current_dir().map_err(|error| {
            UsageError::of(
                "no-folder",
                format!("the current folder cannot be read: {error}"),
                "change to the project's folder",
            )
        })?;
        let root = match &global.config {
            None => Config::find_root(&cwd),
            Some(path) => project_of(&cwd, path)?,
        };
        let mut problems = Problems::new();
        let env = env.with_dotenv(&root.join(".env"), &mut problems);
        if problems.has_errors() {
            return Err(UsageError(problems).into());
        }
        Ok(Session { ui: ui.clone(), global: global.clone(), env, clock: Arc::new(SystemClock), root, cwd })
    }

    /// The global flags under the command's own.
    pub fn with_global(&self, overrides: Overrides) -> Overrides {
        Overrides {
            environment: self.global.environment.clone(),
            store: self.global.store.as_ref().map(|path| self.cwd.join(path)),
            ..overrides
        }
    }

    /// The settings, with `overrides` of the command's own flags; problems are collected with those of other files.
    pub fn config(&self, overrides: Overrides, problems: &mut Problems) -> Config {
        let overrides = self.with_global(overrides);
        let config = Config::load(&self.root, &self.env, &overrides, problems);
        for (key, value, origin) in config.explain() {
            self.ui.detail(&format!("{key} = {value}  ({origin})"));
        }
        config
    }

    /// Prints warnings; errors end the command before anything is run.
    ///
    /// # Errors
    /// [`UsageError`] with all problems, when one of them is an error.
    pub fn stop_on(&self, problems: Problems) -> Result<(), UsageError> {
        if problems.has_errors() {
            return Err(UsageError(problems));
        }
        if !problems.is_empty() {
            self.ui.note(&problems.render(self.ui.color_err()));
        }
        Ok(())
    }

    /// A file that the user named, relative to the project where it lies inside. karat's own messages name files from
    /// the project's folder, so that is tried where the current folder has no such file.
    pub fn named(&self, path: &Path) -> PathBuf {
        if !self.cwd.join(path).exists() && self.root.join(path).exists() {
            path.to_path_buf()
        } else {
            self.shown(path)
        }
    }

    /// A path that the user gave, relative to the project where it lies inside.
    pub fn shown(&self, path: &Path) -> PathBuf {
        let absolute = self.cwd.join(path);
        match absolute.strip_prefix(&self.root) {
            // The project's folder itself has a name too.
            Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Ok(inside) => inside.to_path_buf(),
            Err(_) => path.to_path_buf(),
        }
    }
}

/// The project that `--config` names: a folder, or the `karat.yaml` in it.
fn project_of(cwd: &Path, path: &Path) -> Result<PathBuf, UsageError> {
    let full = cwd.join(path);
    let wrong = |message: String| UsageError::of("no-project", message, "give the project's folder or its karat.yaml");
    if full.is_dir() {
        return Ok(full);
    }
    if !full.is_file() {
        return Err(wrong(format!("`{}` does not exist", path.display())));
    }
    match (full.parent(), full.file_name().is_some_and(|name| name == "karat.yaml")) {
        (Some(folder), true) => Ok(folder.to_path_buf()),
        _ => Err(wrong(format!("`{}` is not a karat.yaml", path.display()))),
    }
}
