//! The flags of `karat eval`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::base::ModelRef;
use crate::report::Format;

/// Run suites of cases on prompts and models, and judge the replies
#[derive(Args, Debug, Default)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    before_help = "Examples:\n  karat eval                                     Run every suite in evals/\n  karat eval evals/code-review.yaml --first 5    Run five cases of one suite",
    after_help = crate::cli::args::EXIT_CODES
)]
pub struct EvalArgs {
    /// What else to do with runs
    #[command(subcommand)]
    pub command: Option<EvalCommand>,

    /// Run these suite files [config: evals] [default: all in evals/]
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
    /// Run suites of this name or glob (can be repeated)
    #[arg(long, value_name = "NAME")]
    pub suite: Vec<String>,
    /// Run cases of this id or glob, such as `sql-*` (can be repeated)
    #[arg(long, value_name = "ID")]
    pub case: Vec<String>,
    /// Run cases with any of these tags (can be repeated)
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Run these prompts of the suites, by name or glob (can be repeated)
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Vec<String>,
    /// Run these models of the suites, by name or glob (can be repeated)
    #[arg(long, value_name = "MODEL")]
    pub model: Vec<String>,
    /// Run the first N selected cases of each suite
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub first: Option<u64>,
    /// Run N cases of each suite, drawn at random by --seed
    #[arg(long, value_name = "N", conflicts_with = "first", value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: Option<u64>,
    /// Seed everything random with this number
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Run what did not pass in a run: its id, its start, or `latest`
    #[arg(long, value_name = "RUN")]
    pub failed_in: Option<String>,
    /// Attack every case, by all strategies or some: --adversarial=injection,role-play
    ///
    /// Each selected case is run once with every attack instead of as it is; a trial passes when the attack is warded
    /// off. Strategies are those of karat and the project's own in evals/adversarial/. `goal: {defence_rate: ">= 0.95"}`
    /// of a suite is what must be reached; without it one attack that works fails the run.
    #[arg(long, value_name = "STRATEGY", num_args = 0..=1, require_equals = true, value_delimiter = ',', default_missing_value = "all", conflicts_with_all = ["failed_in"])]
    pub adversarial: Vec<String>,
    /// Run N generated inputs per suite instead of its cases
    ///
    /// They keep to the types, choices and limits that the prompts declare: long and short texts, specials, scripts of
    /// many planes, spaces, markup, numbers, nothing. Every answer must be there, have the prompt's form and a bounded
    /// length, and show no error; at temperature 0 each is asked twice. Cases are also changed by what must not matter.
    /// Inputs that fail are made smaller and kept in evals/cases/.
    #[arg(long, value_name = "N", conflicts_with_all = ["failed_in", "sample", "adversarial"], value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub fuzz: Option<u64>,
    /// Have this model paraphrase cases for --fuzz, such as openai/gpt-5.4-mini
    ///
    /// A case that passes must pass in other words, too. Cases that have `paraphrases:` of their own are asked with those;
    /// without either, a fixed polite frame is put round the text. Its cost is counted beside the run's, as that of judges.
    #[arg(long, value_name = "MODEL", requires = "fuzz", value_parser = |text: &str| ModelRef::parse(text))]
    pub paraphrase: Option<ModelRef>,
    /// Run suites that changed since a branch, tag or commit
    ///
    /// Commits since then and the work tree count alike. A suite changed when karat.yaml did, its file, a file that it
    /// names, or a prompt that it uses (labels included); prompts outside the registry always count. Cassettes do not.
    #[arg(long, value_name = "REF")]
    pub changed_since: Option<String>,
}

/// How to run it.
#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = "Execution")]
pub struct HowArgs {
    /// Print the plan, tokens and cost; call nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Choose where replies come from [config: calls] [default: live]
    #[arg(long, value_enum, value_name = "MODE")]
    pub calls: Option<CallsArg>,
    /// Call the providers and write cassettes: short for --calls record
    #[arg(long, conflicts_with = "calls")]
    pub record: bool,
    /// Make up to N calls at once [config: concurrency] [default: 20]
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub concurrency: Option<u32>,
    /// Stop before more than this is spent, such as 0.50; can be resumed
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<String>,
    /// Allow N errors and ungraded trials [config: `max_errors`] [default: 0]
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u32>,
    /// Neither read nor fill the response cache [config: cache]
    #[arg(long)]
    pub no_cache: bool,
    /// Choose which kept replies may answer [config: cache] [default: exact]
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with = "no_cache")]
    pub cache: Option<CacheArg>,
    /// Ask the model all the same for this share of semantic hits [default: 0.1]
    #[arg(long, value_name = "SHARE", conflicts_with = "no_cache")]
    pub cache_verify: Option<f64>,
    /// Read replies as streams, for the time to the first token [config: providers.NAME.stream]
    #[arg(long, overrides_with = "no_stream")]
    pub stream: bool,
    /// Read replies whole, whatever the config says
    #[arg(long, overrides_with = "stream")]
    pub no_stream: bool,
    /// Start no programs of this project: for changes by strangers
    #[arg(long)]
    pub untrusted: bool,
    /// Send what a model takes, and leave out parameters that it rejects [config: `on_rejected`]
    #[arg(long)]
    pub drop_rejected: bool,
    /// Continue a stopped run: its id, its start, or the latest
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "latest", conflicts_with_all = ["suites", "suite", "case", "tag", "prompt", "model", "first", "sample", "failed_in", "adversarial", "changed_since", "fuzz", "dry_run"])]
    pub resume: Option<String>,
    /// With --resume, repeat trials that ended in an error or ungraded
    #[arg(long, requires = "resume")]
    pub retry_errors: bool,
    /// Send the calls in batches, at about half the price, within a day
    #[arg(long, conflicts_with_all = ["resume", "record", "fuzz"])]
    pub batch: bool,
    /// Choose what becomes of calls that fail or expire in a batch
    #[arg(long, value_enum, value_name = "HOW", default_value_t, requires = "batch")]
    pub batch_rest: BatchRestArg,
    /// With --batch, leave when all is sent; `karat eval collect` goes on
    #[arg(long, requires = "batch")]
    pub detach: bool,
    /// Choose what an undecided result does to the exit code
    #[arg(long, value_enum, value_name = "AS", default_value_t)]
    pub undecided: UndecidedArg,
    /// Exit with this code instead of 1 when the result is a fail
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u8).range(1..=125))]
    pub fail_exit_code: Option<u8>,
}

impl HowArgs {
    /// What the flags say about streams.
    pub(super) fn stream(&self) -> Option<bool> {
        (self.stream || self.no_stream).then_some(self.stream)
    }
}

/// How to show it.
#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = "Output")]
pub struct ShowArgs {
    /// Print the result in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser(Format::of_runs()))]
    pub format: Format,
    /// Write the result to a file too, by its extension (can be repeated)
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    /// List the checks that suites can use, or explain one of them
    #[arg(long, value_name = "CHECK", num_args = 0..=1, default_missing_value = "")]
    pub list_checks: Option<String>,
    /// List the providers: those of karat.yaml, and the kinds built in
    #[arg(long, conflicts_with = "list_checks")]
    pub list_providers: bool,
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

/// Which kept replies may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CacheArg {
    /// None: every call is made
    Off,
    /// Replies to equal requests
    Exact,
    /// Replies to equal requests, then to questions that mean nearly the same
    Semantic,
}

/// What becomes of calls that fail in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum BatchRestArg {
    /// Send them in a further batch [config: `batch.rounds`]
    #[default]
    Again,
    /// Call them one by one, at the full price
    Live,
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
    /// Show a stored run, or one case of it in full
    Show(ShowRunArgs),
    /// Write every trial of a stored run, to a file or stdout
    Export(ExportArgs),
    /// Get what the batches of a run have brought by now
    Collect(CollectArgs),
    /// Compare the judges of a suite with labels of people
    Calibrate(CalibrateArgs),
    /// Look for checks that cannot fail, and what else weakens suites
    ///
    /// Feeds outputs that should fail to the checks of every case: empty ones, refusals, good ones in another order, cut
    /// short or of another case, the prompt itself, and more; calls nothing. Good outputs are those that passed in the newest
    /// stored run, else the cases' `expected`. Exits 1 when a check, a case or a goal says nothing; warnings exit 0.
    Doctor(DoctorArgs),
}

/// Compare the judges of a suite with labels of people
///
/// Labels are rows such as {"case": "a", "label": true}: is the output good? `label` is true or false, "pass" or "fail", or
/// a number from 0 to 1; `check`, `model`, `prompt`, `repeat` and `output` say which output is meant where there are
/// several. Nothing is called: the judges' verdicts are those of a stored run. Figures: agreement, Cohen's kappa,
/// Krippendorff's alpha, Spearman's correlation, false passes and fails, bias to length and to position, and the pass rate
/// of the unlabelled outputs, corrected for the judge's errors (Rogan and Gladen).
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval calibrate support-answers --template > human.jsonl    Write the outputs to be labelled\n  karat eval calibrate support-answers --labels human.jsonl       Compare the judges with the labels",
    after_help = crate::cli::args::EXIT_CODES
)]
pub struct CalibrateArgs {
    /// Compare the judges of this suite: its name or file
    #[arg(value_name = "SUITE")]
    pub suite: String,
    /// Read the labels of people from this JSONL file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub labels: Option<PathBuf>,
    /// Print the rows to be labelled instead: one per output and judge
    #[arg(long, conflicts_with_all = ["labels", "min_kappa"])]
    pub template: bool,
    /// Take the outputs of this run: its id, its start, or `latest` [default: the newest of its own cases]
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Compare this check, a judge or not (can be repeated) [default: all judges]
    #[arg(long, value_name = "CHECK")]
    pub check: Vec<String>,
    /// Fail when Cohen's kappa of a judge is below this
    #[arg(long, value_name = "KAPPA", value_parser = kappa)]
    pub min_kappa: Option<f64>,
    /// Print it in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser(Format::of_lists()))]
    pub format: Format,
}

fn kappa(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "write a number from -1 to 1, such as 0.6".to_owned())?;
    if (-1.0..=1.0).contains(&value) { Ok(value) } else { Err("kappa lies between -1 and 1".to_owned()) }
}

/// List stored runs, newest first
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval list                            List the newest 20 runs\n  karat eval list --limit 5 --format json    List five of them for a script"
)]
pub struct ListArgs {
    /// Show the newest N
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Print them in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser(Format::of_lists()))]
    pub format: Format,
}

/// Show a stored run, or one case of it in full
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval show latest                              Show the newest run\n  karat eval show latest --case sql-python-fstring    Show one of its cases"
)]
pub struct ShowRunArgs {
    /// Show this run: its id, its start, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// Show the trials of this case: messages, reply and scores
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// Print it in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser(Format::of_runs()))]
    pub format: Format,
}

/// Write every trial of a stored run, to a file or stdout
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval export latest > run.jsonl           Write JSON Lines\n  karat eval export latest --output junit.xml    Write JUnit XML for CI"
)]
pub struct ExportArgs {
    /// Write this run: its id, its start, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// Write it in this format [default: by extension, else jsonl]
    #[arg(long, value_name = "FORMAT", value_parser = super::format_parser(Format::settled_ones()))]
    pub format: Option<Format>,
    /// Write it to a file instead of stdout
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Look for checks that cannot fail, and what else weakens suites
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval doctor                          Examine every suite in evals/\n  karat eval doctor evals/code-review.yaml   Examine one of them",
    after_help = crate::cli::args::EXIT_CODES
)]
pub struct DoctorArgs {
    /// Examine these suite files [config: evals] [default: all in evals/]
    #[arg(value_name = "SUITE", value_hint = clap::ValueHint::FilePath)]
    pub suites: Vec<PathBuf>,
    /// Examine suites of this name or glob (can be repeated)
    #[arg(long, value_name = "NAME")]
    pub suite: Vec<String>,
    /// Print it in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser(Format::of_documents()))]
    pub format: Format,
}

/// Get what the batches of a run have brought by now
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat eval collect latest            Look once; exits 7 while some go on\n  karat eval collect latest --wait 2h  Wait for them, up to two hours",
    after_help = crate::cli::args::EXIT_CODES
)]
pub struct CollectArgs {
    /// Collect this run: its id, its start, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// Wait until all batches have ended, or so long, such as 30m
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "")]
    pub wait: Option<String>,
    /// Cancel what is under way; what was answered before stays
    #[arg(long)]
    pub cancel: bool,
    /// Send no further batch that could carry the run past this
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<String>,
    /// Choose what an undecided result does to the exit code
    #[arg(long, value_enum, value_name = "AS", default_value_t)]
    pub undecided: UndecidedArg,
    /// Exit with this code instead of 1 when the result is a fail
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u8).range(1..=125))]
    pub fail_exit_code: Option<u8>,
    /// Print the result in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format_parser(Format::of_runs()))]
    pub format: Format,
    /// Write the result to a file too, by its extension (can be repeated)
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
}
