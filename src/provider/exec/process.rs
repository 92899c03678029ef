//! Starts programs in a process group of their own, and ends the whole group.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::super::spec::Failure;
use super::lines::Tail;
use crate::config::{ProcessApp, ProcessKind};
use crate::record::ErrorKind;

/// Runs `function` of a Python file as a worker.
const PYTHON: &str = include_str!("bootstrap.py");
/// Runs a function of a JavaScript module as a worker.
const JAVASCRIPT: &str = include_str!("bootstrap.mjs");

/// How long the last words of a program that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A program that runs. Dropping it kills its process group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stderr: Tail,
    reading: JoinHandle<()>,
    group: Group,
}

/// The process group of a program; it is killed when this is dropped.
#[derive(Debug)]
struct Group(Option<u32>);

impl Group {
    #[cfg(unix)]
    fn kill(&mut self) {
        let leader = self.0.take().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(leader) = leader {
            // Gone already is as good.
            rustix::process::kill_process_group(leader, rustix::process::Signal::KILL).ok();
        }
    }

    /// Elsewhere the program itself is killed when its handle is dropped.
    #[cfg(not(unix))]
    fn kill(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    /// Starts a program with this environment and nothing else of karat's own.
    pub(super) fn start(
        launch: &Launch,
        env: &[(String, String)],
    ) -> Result<(Process, ChildStdin, ChildStdout), Failure> {
        let mut command = Command::new(launch.program());
        command
            .args(&launch.arguments)
            .current_dir(&launch.cwd)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| not_started(launch, &error))?;
        let group = Group(child.id());
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(pipe)) = pipes else {
            return Err(Failure::new(ErrorKind::Refused, "internal error: the program has no pipes"));
        };
        let stderr = Tail::default();
        let reading = tokio::spawn(stderr.clone().follow(pipe));
        Ok((Process { child, stderr, reading, group }, stdin, stdout))
    }

    /// Whether it has ended already.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end; what it started and left behind is killed.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.group.kill();
        status
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        self.group.kill();
        // Its group is gone; this is for systems without groups.
        self.child.start_kill().ok();
    }

    /// The end of what it wrote to stderr, after its own end.
    pub(super) async fn last_words(&mut self) -> String {
        drop(tokio::time::timeout(LAST_WORDS, &mut self.reading).await);
        self.stderr.text()
    }

    /// The end of what it has written to stderr so far.
    pub(super) fn words(&self) -> String {
        self.stderr.text()
    }
}

/// How a program is started.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    /// The program as it was written: a name or a path.
    pub(super) named: String,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// Where it runs.
    pub(super) cwd: PathBuf,
    /// Whether it is an interpreter for a file.
    pub(super) interprets: bool,
}

impl Launch {
    /// Of an application.
    pub(super) fn of(app: &ProcessApp) -> Launch {
        let of_file = |file: &Path, function: &Option<String>| {
            [file.to_string_lossy().into_owned(), function.clone().unwrap_or_default(), app.config.to_string()]
        };
        let mut launch = Launch::of_command(&app.command, &app.cwd);
        match &app.kind {
            ProcessKind::Command => return launch,
            ProcessKind::Python { file, function } => {
                launch.arguments.extend(["-u", "-c", PYTHON].map(str::to_owned));
                launch.arguments.extend(of_file(file, function));
            }
            ProcessKind::JavaScript { file, function } => {
                launch.arguments.extend(["--input-type=module", "-e", JAVASCRIPT, "--"].map(str::to_owned));
                launch.arguments.extend(of_file(file, function));
            }
        }
        Launch { interprets: true, ..launch }
    }

    /// Of a command that is what it is.
    pub(super) fn of_command(command: &[String], cwd: &Path) -> Launch {
        let (named, arguments) =
            command.split_first().map_or((String::new(), Vec::new()), |(first, rest)| (first.clone(), rest.to_vec()));
        Launch { named, arguments, cwd: cwd.to_path_buf(), interprets: false }
    }

    /// The system looks a path up from karat's folder or from the program's, as it likes: it is told.
    fn program(&self) -> PathBuf {
        let program = Path::new(&self.named);
        if program.components().count() > 1 { self.cwd.join(program) } else { program.to_path_buf() }
    }
}

fn not_started(launch: &Launch, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound if !launch.cwd.is_dir() => {
            format!("its folder `{}` does not exist", launch.cwd.display())
        }
        io::ErrorKind::NotFound if launch.interprets => {
            "there is no such program; install it, or name another with `command`".to_owned()
        }
        io::ErrorKind::NotFound => "there is no such program; `command` names it".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be run; `chmod +x` makes a file a program".to_owned(),
        _ => error.to_string(),
    };
    // Every call would fail the same way.
    Failure::new(ErrorKind::NotFound, format!("`{}` cannot be started: {why}", launch.named))
}
