//! The command line as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::cmd::{cache, completions, eval, mock, prompt, smoke};
use super::ui::ColorChoice;

/// Take an LLM feature from prompt to production with evidence
#[derive(Parser, Debug)]
#[command(
    name = "karat",
    version,
    arg_required_else_help = true,
    before_help = "Examples:\n  karat eval              Run every suite in evals/\n  karat eval --dry-run    Print the plan, tokens and cost; call nothing",
    after_help = EXIT_CODES,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags that mean the same everywhere.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// Exit codes as `--help` shows them.
pub const EXIT_CODES: &str = "Exit codes:
  0    passed
  1    checked and failed
  2    usage, config or file error; nothing was run
  3    undecided: errors, ungraded trials, over budget, provider or store down
  6    another process is running it
  7    detached: batches are still under way; `karat eval collect` gets them
  130  interrupted (143: terminated); `--resume` continues";

/// Flags that mean the same everywhere.
#[derive(Args, Debug, Clone, Default)]
pub struct GlobalArgs {
    /// Use this project folder or karat.yaml [default: the nearest upward]
    #[arg(long, global = true, value_name = "PATH", env = "KARAT_CONFIG", hide_env_values = true, value_hint = clap::ValueHint::AnyPath, help_heading = "Global options")]
    pub config: Option<PathBuf>,

    /// Apply this environment of karat.yaml
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub environment: Option<String>,

    /// Keep results in this file [config: store] [default: .karat/karat.db]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Global options")]
    pub store: Option<PathBuf>,

    /// Choose when to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, help_heading = "Global options")]
    pub color: ColorChoice,

    /// Print results and problems only
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Say more: -v which setting won, -vv every call, -vvv everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// Never ask; take the answer to be no
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,

    /// Never ask; take the answer to be yes
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub yes: bool,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run suites of cases on prompts and models, and judge the replies
    Eval(Box<eval::EvalArgs>),
    /// Version, check, release and roll back prompts
    Prompt(prompt::PromptArgs),
    /// Answer as OpenAI, Anthropic and Gemini do, from recordings
    Mock(Box<mock::MockArgs>),
    /// Check quickly that something answers
    Smoke(smoke::SmokeArgs),
    /// Show what kept replies save, and let go of them
    Cache(cache::CacheArgs),
    /// Print a shell completion script
    Completions(completions::CompletionsArgs),
}

#[cfg(test)]
mod tests {
    use super::super::Exit;
    use super::EXIT_CODES;

    #[test]
    fn the_help_tells_the_exit_codes_of_the_table() {
        let lines = Exit::TABLE.iter().map(|(code, meaning)| format!("\n  {code:<5}{meaning}"));
        assert_eq!(EXIT_CODES, format!("Exit codes:{}", lines.collect::<String>()));
    }
}
