//! `karat prompt lint [NAME[@REF]…]`.

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::base::{ModelRef, Problems, Severity, files};
use crate::cli::{Accepting, Exit, Session, UsageError, format_parser, price_table, show};
use crate::config::{Config, Origin, Overrides};
use crate::prompt::lint::{Levels, LintOptions, Linted, lint, mend, rule_of, rules, unknown_rule};
use crate::prompt::{Registry, find_uses};
use crate::report::Format;
use crate::report::prompt::{FixedFile, LintReport, RuleReport, RuleRow, RulesReport};

/// Check prompts against rules, and mend drafts
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt lint                                   Check every prompt and partial\n  karat prompt lint code-review@production            Check one version\n  karat prompt lint --explain undelimited-variable    Say why a rule is there\n  karat prompt lint --fix --dry-run                   Show what would be mended in drafts",
    after_help = "Every problem of a prompt file is a finding, syntax errors included.\n\nExit codes:\n  0  no errors (with `--deny warnings`: nor warnings)\n  1  findings of that level\n  2  bad flags, a bad karat.yaml, an unknown prompt, or a file that cannot be read: nothing was checked"
)]
pub struct LintArgs {
    /// Check these prompts, versions or files [default: all]
    #[arg(value_name = "NAME[@REF]")]
    pub prompts: Vec<String>,

    /// Check for this model instead of those that suites and karat.yaml name (can be repeated)
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Vec<ModelRef>,

    /// Apply every rule to versions that nothing refers to, too
    #[arg(long)]
    pub all_versions: bool,

    /// Fail on these as on errors
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub deny: Option<Deny>,

    /// Mend drafts: spaces at line ends, invisible characters, letters in several characters
    #[arg(long)]
    pub fix: bool,

    /// With --fix: show the changes, write nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,

    /// Say why a rule is there, with a bad and a good example
    #[arg(long, value_name = "CODE", conflicts_with_all = ["prompts", "fix", "list_rules"])]
    pub explain: Option<String>,

    /// List the rules and their levels
    #[arg(long, conflicts_with_all = ["prompts", "fix"])]
    pub list_rules: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_findings()))]
    pub format: Format,
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warnings,
}

/// Checks prompts, or explains rules.
pub(super) fn run(args: &LintArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let levels = config.lint.as_ref().map(|lint| Levels::read(&lint.node, &lint.source, &mut problems));
    let levels = levels.unwrap_or_default();
    if let Some(code) = &args.explain {
        session.stop_on(problems)?;
        return explain(code, &levels, args.format, session);
    }
    if args.list_rules {
        session.stop_on(problems)?;
        show(&RulesReport::of(rules().map(|rule| RuleRow::of(rule, levels.of(rule))).collect()), args.format, session)?;
        return Ok(Exit::Passed);
    }
    let prices = price_table(&config, &mut problems)?;
    session.stop_on(problems)?;
    let check = || check(args, &config, &levels, &prices, session);
    let mut linted = check()?;
    let fixed = if args.fix { mend_drafts(&linted, &levels, args.dry_run, session)? } else { Vec::new() };
    if !fixed.is_empty() && !args.dry_run {
        linted = check()?;
    }
    let prefix = crate::git::folder_in_repository(&session.root).unwrap_or_default();
    let worst = if args.deny.is_some() { Severity::Warning } else { Severity::Error };
    let passes = linted.findings.iter().all(|finding| finding.severity > worst);
    show(&LintReport::of(linted, fixed, args.dry_run, passes, prefix), args.format, session)?;
    Ok(if passes { Exit::Passed } else { Exit::Failed })
}

fn check(
    args: &LintArgs,
    config: &Config,
    levels: &Levels,
    prices: &crate::price::PriceTable,
    session: &Session,
) -> anyhow::Result<Linted> {
    let (prompts, root) = (config.prompts.value.as_path(), session.root.as_path());
    let mut of_uses = Problems::new();
    let uses = find_uses(&config.evals.value, root, &Registry::open(prompts, root), &mut of_uses);
    let today = session.clock.now().to_rfc3339().chars().take(10).collect::<String>();
    let options = LintOptions {
        registry: &Registry::open(prompts, root),
        prompts,
        root,
        prices,
        accepts: &Accepting::of(config, prices),
        today: &today,
        models: &args.model,
        project_models: &config.models.value,
        project_place: if let Origin::File(place) = &config.models.origin { Some(place) } else { None },
        uses: &uses,
        knows_uses: !of_uses.has_errors(),
        levels,
        all_versions: args.all_versions,
    };
    if of_uses.has_errors() {
        session
            .ui
            .note("note: a file below the folder of suites cannot be read: what uses a prompt is not fully known");
    }
    Ok(lint(&args.prompts, &options).map_err(UsageError)?)
}

/// Mends the drafts that were looked at; released versions and partials of theirs stay as they are.
fn mend_drafts(linted: &Linted, levels: &Levels, is_dry: bool, session: &Session) -> anyhow::Result<Vec<FixedFile>> {
    let mut fixed = Vec::new();
    for path in &linted.drafts {
        let shown = session.shown(path);
        let source = files::read_source(path, &shown).map_err(|problem| UsageError::from(*problem))?;
        let Some(mended) = mend(&source, levels) else { continue };
        if !is_dry {
            write(path, &mended.text)?;
        }
        fixed.push(FixedFile::of(&shown, source.text(), &mended));
    }
    Ok(fixed)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    files::write_atomic(path, text.as_bytes()).map_err(|error| {
        UsageError::of(
            "file-unwritable",
            format!("`{}` cannot be written: {error}", path.display()),
            "nothing in it was changed",
        )
        .into()
    })
}

fn explain(code: &str, levels: &Levels, format: Format, session: &Session) -> anyhow::Result<Exit> {
    let Some(rule) = rule_of(code) else { return Err(UsageError::from(unknown_rule(code)).into()) };
    show(&RuleReport::of(rule, levels.of(rule)), format, session)?;
    Ok(Exit::Passed)
}
