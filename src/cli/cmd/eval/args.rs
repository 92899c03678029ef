//! The flags of `karat eval`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::report::Format;

/// Run suites against prompts and models and say pass, fail or undecided
#[derive(Args, Debug, Default)]
#[command(
    args_conflicts_with_subcommands = true,
    before_help = "Examples:\n  karat eval                                  run every suite below evals/\n  karat eval evals/code-review.yaml --first 5 run five cases of one suite",
    after_help = crate::cli::args::EXIT_CODES
)]
pub struct EvalArgs {
    /// What else to do with runs
    #[command(subcommand)]
    pub command: Option<EvalCommand>,

    /// Suite files to run [default: every suite in evals/]
    #[arg(value_name = "SUITE", value_hint = clap::ValueHint::FilePath)]
    pub suites: Vec<PathBuf>,

    /// Flags that choose what to run
    #[command(flatten)]
    pub select: SelectArgs,

    /// Flags that say how to run it
    #[command(flatten)]
    pub how: HowArgs,

    /// Flags that say how to show it
    #[command(flatten)]
    pub show: ShowArgs,
}

/// What to run.
#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Run suites of this name (can be repeated)
    #[arg(long, value_name = "NAME")]
    pub suite: Vec<String>,
    /// Run cases with this id or glob, such as `sql-*` (can be repeated)
    #[arg(long, value_name = "ID")]
    pub case: Vec<String>,
    /// Run cases with any of these tags (can be repeated)
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Run only these prompts of the suites, by name, reference or glob (can be repeated)
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Vec<String>,
    /// Run only these models of the suites, by name or glob (can be repeated)
    #[arg(long, value_name = "MODEL")]
    pub model: Vec<String>,
    /// Run the first N selected cases of each suite
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub first: Option<u64>,
    /// Run N cases of each suite, drawn at random by --seed
    #[arg(long, value_name = "N", conflicts_with = "first", value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: Option<u64>,
    /// Seed of everything random
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Run the cases that did not pass in an earlier run (id, its start, or `latest`)
    #[arg(long, value_name = "RUN")]
    pub failed_in: Option<String>,
}

/// How to run it.
#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = "Execution")]
pub struct HowArgs {
    /// Print the plan, tokens and cost range without calling
    #[arg(long)]
    pub dry_run: bool,
    /// Where replies come from [config: calls]
    #[arg(long, value_enum, value_name = "MODE")]
    pub calls: Option<CallsArg>,
    /// Short for --calls record: call, and write cassettes
    #[arg(long, conflicts_with = "calls")]
    pub record: bool,
    /// Calls under way at once [config: concurrency]
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub concurrency: Option<u32>,
    /// Stop cleanly before spending more than this, such as 0.50; the run can be resumed
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<String>,
    /// Errors and ungraded trials that still allow a verdict [config: `max_errors`]
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u32>,
    /// Neither read nor fill the response cache
    #[arg(long)]
    pub no_cache: bool,
    /// Continue a stopped run: its id, its start, or the latest one
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "latest", conflicts_with_all = ["suites", "suite", "case", "tag", "prompt", "model", "first", "sample", "failed_in", "dry_run"])]
    pub resume: Option<String>,
    /// With --resume: run trials again that ended in an error or ungraded
    #[arg(long, requires = "resume")]
    pub retry_errors: bool,
    /// What an undecided result means for the exit code
    #[arg(long, value_enum, value_name = "AS", default_value_t)]
    pub undecided: UndecidedArg,
    /// Exit code for a failed result, for tools that expect another
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u8).range(1..=125))]
    pub fail_exit_code: Option<u8>,
}

/// How to show it.
#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = "Output")]
pub struct ShowArgs {
    /// How to print the result: auto, table, plain, json, jsonl, markdown or junit
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser())]
    pub format: Format,
    /// Write the result to a file as well; its extension chooses the format (can be repeated)
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    /// List the checks that suites can use, or explain one
    #[arg(long, value_name = "CHECK", num_args = 0..=1, default_missing_value = "")]
    pub list_checks: Option<String>,
}

/// Where replies come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CallsArg {
    /// Call the providers
    Live,
    /// Answer from cassettes, call nothing
    Replay,
    /// Call the providers and write cassettes
    Record,
}

/// What an undecided result means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum UndecidedArg {
    /// Exit code 3
    #[default]
    Report,
    /// Exit code 1
    Fail,
    /// Exit code 0
    Pass,
}

/// What else to do with runs.
#[derive(Subcommand, Debug)]
pub enum EvalCommand {
    /// List stored runs, newest first
    List(ListArgs),
    /// Show a stored run, or one case of it with messages, reply and scores
    Show(ShowRunArgs),
    /// Write every trial of a stored run
    Export(ExportArgs),
}

/// List stored runs, newest first
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  karat eval list\n  karat eval list --limit 5 --format json")]
pub struct ListArgs {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    /// How to print them: auto, table, plain, json, jsonl or markdown
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser())]
    pub format: Format,
}

/// Show a stored run, or one case of it with messages, reply and scores
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  karat eval show latest\n  karat eval show latest --case sql-injection-1")]
pub struct ShowRunArgs {
    /// Run id, its start, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// Show the trials of this case
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// How to print it: auto, table, plain, json, jsonl, markdown or junit
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser())]
    pub format: Format,
}

/// Write every trial of a stored run
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval export latest > run.jsonl\n  karat eval export latest --format junit --output junit.xml"
)]
pub struct ExportArgs {
    /// Run id, its start, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// How to write it [default: by the file's extension, else jsonl]
    #[arg(long, value_name = "FORMAT", value_parser = super::format_parser())]
    pub format: Option<Format>,
    /// Write to a file instead of stdout
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}
