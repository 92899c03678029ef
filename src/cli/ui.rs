//! The terminal: the only place that prints. stdout is the answer, stderr the talk.

use std::io::{self, IsTerminal, Read, Write};

use clap::ValueEnum;

use crate::base::files::MAX_FILE_BYTES;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or `TERM=dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the process was given: gathered once in `main`, passed in everywhere.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Whether stdin is a terminal.
    pub stdin_tty: bool,
    /// Whether stdout is a terminal.
    pub stdout_tty: bool,
    /// Whether stderr is a terminal.
    pub stderr_tty: bool,
    /// `NO_COLOR` is set and not empty, or `TERM` is `dumb`.
    pub no_color: bool,
    /// Width of the terminal in columns: `COLUMNS`, or what the terminal says.
    pub columns: Option<u16>,
    /// Whether this runs in CI (`CI` is set and not `false`).
    pub ci: bool,
}

impl Surroundings {
    /// What this process was given.
    pub fn of_process(env: impl Fn(&str) -> Option<String>) -> Surroundings {
        let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let columns = env("COLUMNS").and_then(|text| text.parse().ok()).filter(|width| *width >= 20);
        Surroundings {
            stdin_tty: io::stdin().is_terminal(),
            stdout_tty: io::stdout().is_terminal(),
            stderr_tty: io::stderr().is_terminal(),
            no_color: set("NO_COLOR") || env("TERM").as_deref() == Some("dumb"),
            columns: columns.or_else(|| console_width().filter(|width| *width >= 20)),
            ci: set("CI") && env("CI").as_deref() != Some("false"),
        }
    }
}

fn console_width() -> Option<u16> {
    dialoguer::console::Term::stdout().size_checked().map(|(_rows, columns)| columns)
}

/// Prints, and knows how: colour, width, quiet.
#[derive(Debug, Clone)]
pub struct Ui {
    /// What the process was given.
    pub around: Surroundings,
    color: ColorChoice,
    quiet: bool,
    verbose: u8,
    no_input: bool,
    yes: bool,
}

impl Ui {
    /// A Ui for these surroundings and flags.
    pub fn new(around: Surroundings, color: ColorChoice, quiet: bool, verbose: u8, no_input: bool, yes: bool) -> Ui {
        Ui { around, color, quiet, verbose, no_input, yes }
    }

    /// Whether stdout takes colour.
    pub fn color_out(&self) -> bool {
        self.colored(self.around.stdout_tty)
    }

    /// Whether stderr takes colour.
    pub fn color_err(&self) -> bool {
        self.colored(self.around.stderr_tty)
    }

    fn colored(&self, tty: bool) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => tty && !self.around.no_color,
        }
    }

    /// Width that tables may use; 100 where nobody says.
    pub fn width(&self) -> u16 {
        self.around.columns.unwrap_or(100)
    }

    /// Whether `--quiet` was given.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How often `-v` was given.
    pub fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Whether `--yes` was given.
    pub fn says_yes(&self) -> bool {
        self.yes
    }

    /// Whether a question may be asked.
    pub fn may_ask(&self) -> bool {
        self.around.stdin_tty && self.around.stderr_tty && !self.no_input
    }

    /// Asks yes or no; the default is no.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn confirm(&self, question: &str) -> io::Result<bool> {
        dialoguer::Confirm::new()
            .with_prompt(question)
            .default(false)
            .interact_on(&dialoguer::console::Term::stderr())
            .map_err(io::Error::other)
    }

    /// All of stdin as text, at most 16 MiB.
    ///
    /// # Errors
    /// When it cannot be read, is larger, or is not UTF-8.
    pub fn stdin(&self) -> io::Result<String> {
        let mut text = String::new();
        io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("it has more than {MAX_FILE_BYTES} bytes")));
        }
        Ok(text)
    }

    /// Asks for a line of text; an empty one is an answer where `default` is empty.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn ask(&self, question: &str, default: &str) -> io::Result<String> {
        dialoguer::Input::<String>::new()
            .with_prompt(question)
            .with_initial_text(default)
            .allow_empty(true)
            .interact_text_on(&dialoguer::console::Term::stderr())
            .map_err(io::Error::other)
    }

    /// Asks for one of these words; the index of the one chosen, the first unless another is.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn choose(&self, question: &str, words: &[&str], default: usize) -> io::Result<usize> {
        dialoguer::Select::new()
            .with_prompt(question)
            .items(words)
            .default(default)
            .interact_on(&dialoguer::console::Term::stderr())
            .map_err(io::Error::other)
    }

    /// Writes the answer to stdout.
    ///
    /// # Errors
    /// When stdout cannot be written; a closed pipe is for `main` to treat as a quiet end.
    pub fn answer(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// A line on stderr that `--quiet` silences.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.problem(text);
        }
    }

    /// A line on stderr for `-v`.
    pub fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.problem(text);
        }
    }

    /// A line on stderr that is always shown: warnings and errors. A closed stderr is nobody's loss.
    pub fn problem(&self, text: &str) {
        let mut err = io::stderr().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        err.write_all(format!("{text}{newline}").as_bytes()).ok();
    }
}
