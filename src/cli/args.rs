//! The command line as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::cmd::{completions, eval};
use super::ui::ColorChoice;

/// Take an LLM feature from prompt to production with evidence
#[derive(Parser, Debug)]
#[command(
    name = "karat",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    before_help = "Examples:\n  karat eval                 run every suite below evals/\n  karat eval --dry-run       print the plan, tokens and cost, call nothing",
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
  0  passed
  1  checked and failed
  2  usage, config or file error; nothing was run
  3  undecided: errors, ungraded trials, over budget, provider or store unreachable
  130  interrupted (143: terminated); what finished is stored, `--resume` continues";

/// Flags that mean the same everywhere.
#[derive(Args, Debug, Clone, Default)]
pub struct GlobalArgs {
    /// Project folder or karat.yaml to use [default: nearest karat.yaml upward]
    #[arg(long, global = true, value_name = "PATH", env = "KARAT_CONFIG", value_hint = clap::ValueHint::AnyPath, help_heading = "Global options")]
    pub config: Option<PathBuf>,

    /// Environment of karat.yaml to apply
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub environment: Option<String>,

    /// Results store [config: store]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Global options")]
    pub store: Option<PathBuf>,

    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, help_heading = "Global options")]
    pub color: ColorChoice,

    /// Print the answer and problems only
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Say more: -v which setting won, -vv every call
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// Never ask; a question without an answer is a refusal
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,

    /// Answer every question with yes
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub yes: bool,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run suites against prompts and models and say pass, fail or undecided
    Eval(Box<eval::EvalArgs>),
    /// Print a shell completion script
    Completions(completions::CompletionsArgs),
}
