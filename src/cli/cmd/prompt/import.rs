//! `karat prompt import`.

use std::path::PathBuf;

use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueHint};
use semver::Version;

use super::opened::hold;
use crate::base::files::{self, read_source, write_atomic};
use crate::base::{Diagnostic, Place, Problems, SafeName};
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::config::Overrides;
use crate::guard::mask_secrets;
use crate::prompt::port::{As, Format, ImportPlan, ImportTarget, plan_import};
use crate::prompt::{Registry, RegistryLock};
use crate::report::Format as ReportFormat;
use crate::report::prompt::{ImportReport, ImportedFile, ImportedPrompt};

/// Read prompts of other tools into the registry
///
/// Templates are translated; what has no translation is an error with its place, and then nothing is written. A prompt
/// becomes the draft `next.yaml`; versions of Langfuse and `MLflow` become N.0.0, their labels and aliases labels.
/// Versions are locked as releases are: `registry.lock` pins them.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt import prompts/_partials/grounding.md --name notes --dry-run    Try it\n  karat prompt import prompts/_partials/grounding.md --name notes --as 1.0.0    Write it"
)]
pub struct ImportArgs {
    /// Files to read
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Name of the prompt; by default its own, or that of the file
    #[arg(long, value_name = "NAME")]
    pub name: Option<SafeName>,
    /// Import as the draft (`next`) or as this version
    #[arg(long = "as", value_name = "next|VERSION", value_parser = parse_as)]
    pub version: Option<As>,
    /// Format of the files; `auto` looks at their endings and content
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = PossibleValuesParser::new(from_words()))]
    pub from: String,
    /// Write nothing, say what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(ReportFormat::of_lists()))]
    pub format: ReportFormat,
}

fn from_words() -> impl Iterator<Item = PossibleValue> {
    let formats = Format::imports().map(|format| PossibleValue::new(format.word).help(format.about));
    std::iter::once(PossibleValue::new("auto").help("by the file's ending and content")).chain(formats)
}

fn parse_as(text: &str) -> Result<As, String> {
    if text == "next" {
        return Ok(As::Draft);
    }
    let version =
        Version::parse(text).map_err(|error| format!("{error}; write `next` or a version such as `1.0.0`"))?;
    if version.build.is_empty() {
        Ok(As::Version(version))
    } else {
        Err("build metadata (`+…`) has no order, leave it out".to_owned())
    }
}

/// Reads the files, checks everything, then writes.
pub(super) fn run(args: &ImportArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let prompts = &config.prompts.value;
    if args.name.is_some() && args.files.len() > 1 {
        let message = format!("`--name` names one prompt, there are {} files", args.files.len());
        return Err(UsageError::of("several-prompts", message, "import them one by one, or leave `--name` out").into());
    }
    let registry = Registry::open(prompts, &session.root);
    let mut plan = ImportPlan::default();
    for file in &args.files {
        plan.prompts.extend(read(file, args, &registry, prompts, session, &mut problems).prompts);
    }
    // Looked at inside the lock: what another process releases meanwhile counts.
    let locks = !args.dry_run && !problems.has_errors() && plan.has_releases();
    let held = if locks { hold(&registry, session)? } else { None };
    if locks && held.is_none() {
        return Ok(Exit::Locked);
    }
    let lock = registry.lock(&mut problems);
    plan.check_released(&lock, &mut problems);
    let report = settle(&plan, &lock, args.dry_run, prompts, session, &mut problems);
    session.stop_on(problems)?;
    if !args.dry_run {
        write(&plan, &report, prompts)?;
    }
    if let Some(held) = held {
        // The files are new: nothing that was read before counts.
        let registry = Registry::open(prompts, &session.root);
        let mut problems = Problems::new();
        let lock = registry.lock_imported(&plan, lock, &held, &mut problems);
        session.stop_on(problems)?;
        lock.context("registry.lock is not changed; `karat prompt verify --adopt` locks what was imported")?;
    }
    show(&report, args.format, session)?;
    Ok(Exit::Passed)
}

fn write(plan: &ImportPlan, report: &ImportReport, prompts: &std::path::Path) -> anyhow::Result<()> {
    for (planned, imported) in plan.prompts.iter().zip(&report.prompts) {
        for (file, state) in planned.files.iter().zip(&imported.files).filter(|(_, state)| state.is_written) {
            let path = prompts.join(planned.name.as_str()).join(&file.file);
            write_atomic(&path, file.text.as_bytes())
                .with_context(|| format!("`{}` cannot be written", state.path.display()))?;
        }
    }
    Ok(())
}

/// One file's prompts.
fn read(
    file: &std::path::Path,
    args: &ImportArgs,
    registry: &Registry,
    prompts: &std::path::Path,
    session: &Session,
    problems: &mut Problems,
) -> ImportPlan {
    let source = match read_source(&session.cwd.join(file), &session.shown(file)) {
        Ok(source) => source,
        Err(problem) => {
            problems.push(*problem);
            return ImportPlan::default();
        }
    };
    let source = mask_secrets(&source, problems).into_owned();
    let format = if args.from == "auto" { Format::detect(&source) } else { Format::named(&args.from) };
    let Some(format) = format else {
        let words: Vec<&str> = Format::imports().map(|format| format.word).collect();
        let problem = Diagnostic::error("unknown-format", "this file is of no format that karat knows");
        problems
            .push(problem.at(Place::of_file(source.path())).help(format!("name one: `--from {}`", words.join("|"))));
        return ImportPlan::default();
    };
    let before = problems.error_count();
    let foreign = format.read(&source, problems);
    if problems.error_count() > before {
        return ImportPlan::default();
    }
    let wanted = args.version.clone().unwrap_or(As::ByFormat);
    let target = ImportTarget { name: args.name.as_ref(), version: &wanted, folder: &session.shown(prompts), registry };
    plan_import(foreign, format, &source, &target, problems)
}

/// What is done with each file: nothing is overwritten without `--yes`, nothing is written outside the project.
fn settle(
    plan: &ImportPlan,
    lock: &RegistryLock,
    is_dry: bool,
    prompts: &std::path::Path,
    session: &Session,
    problems: &mut Problems,
) -> ImportReport {
    let mut seen = std::collections::HashSet::new();
    let mut report = Vec::new();
    for planned in &plan.prompts {
        let mut states = Vec::new();
        for file in &planned.files {
            let inner = format!("{}/{}", planned.name, file.file);
            let path = prompts.join(&inner);
            let shown = session.shown(&path);
            if let Err(message) = files::inside(&session.root, prompts, &inner) {
                problems.push(Diagnostic::error("path-outside-project", message).at(Place::of_file(&shown)));
                continue;
            }
            if !seen.insert(inner) && !file.is_optional {
                let message = format!("`{}` would be written twice", shown.display());
                problems.push(
                    Diagnostic::error("several-prompts", message)
                        .help("import the files one by one, each with its `--name`"),
                );
            }
            let old = files::read_bytes(&path, &shown, files::MAX_FILE_BYTES).ok();
            let is_there = old.is_some() || path.exists();
            let is_same = old.is_some_and(|old| old == file.text.as_bytes());
            let is_kept = is_same || (file.is_optional && is_there);
            let is_written = !is_kept;
            // What was released is not overwritten at all, and that is told elsewhere.
            let may_say_yes = is_written && is_there && !planned.is_released_otherwise(file, lock);
            if may_say_yes && !session.ui.says_yes() && !is_dry {
                let message = format!("`{}` is there already", shown.display());
                problems.push(
                    Diagnostic::error("file-exists", message)
                        .help("give another `--name` or `--as`, or overwrite it with `--yes`"),
                );
            }
            states.push(ImportedFile { path: shown, is_written, overwrites: is_written && is_there });
        }
        report.push(ImportedPrompt {
            name: planned.name.clone(),
            from: planned.from.clone(),
            from_format: planned.format.to_owned(),
            labels: planned.labels.clone(),
            files: states,
        });
    }
    ImportReport::of(is_dry, report)
}
