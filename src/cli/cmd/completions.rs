//! `karat completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::cli::{Cli, Exit, Ui};

/// Print a shell completion script
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat completions bash > karat.bash    Source it in ~/.bashrc\n  karat completions zsh > _karat         Put it into a folder of $fpath"
)]
pub struct CompletionsArgs {
    /// Complete for this shell
    pub shell: Shell,
}

/// The completion script of `shell`.
pub fn script(shell: Shell) -> String {
    let mut bytes = Vec::new();
    generate(shell, &mut Cli::command(), "karat", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Prints the script.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: &CompletionsArgs, ui: &Ui) -> anyhow::Result<Exit> {
    ui.answer(&script(args.shell))?;
    Ok(Exit::Passed)
}
