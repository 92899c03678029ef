//! The exit codes of every subcommand, in one table.

/// How a command ends. Only `main` turns it into a process code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked holds.
    Passed,
    /// Checked, and it does not hold.
    Failed,
    /// Usage, configuration or file error; nothing was run.
    Usage,
    /// We could not tell: errors, ungraded trials, over budget, provider or store unreachable.
    Undecided,
    /// Stopped by Ctrl-C; what finished is stored.
    Interrupted,
    /// Stopped by SIGTERM; what finished is stored.
    Terminated,
    /// Another process holds what was asked for.
    Locked,
    /// What was started goes on at a provider, without this process.
    Detached,
    /// The code that `--fail-exit-code` asks for instead of 1.
    FailedAs(u8),
}

impl Exit {
    /// Code and meaning, as `--help` and README show them.
    pub const TABLE: &[(u8, &str)] = &[
        (0, "passed"),
        (1, "checked and failed"),
        (2, "usage, config or file error; nothing was run"),
        (3, "undecided: errors, ungraded trials, over budget, provider or store down"),
        (6, "another process is running it"),
        (7, "detached: batches are still under way; `karat eval collect` gets them"),
        (130, "interrupted (143: terminated); `--resume` continues"),
    ];

    /// The process code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Undecided => 3,
            Exit::Locked => 6,
            Exit::Detached => 7,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
            Exit::FailedAs(code) => code,
        }
    }
}
