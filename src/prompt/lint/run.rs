//! Reads prompts, asks the rules, and gives all findings in the order of files and lines.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::super::partials::FOLDER as PARTIALS;
use super::super::parts::Accepts;
use super::super::past::usage::Use;
use super::super::ready::{Prompt, PromptVersion};
use super::super::registry::Registry;
use super::levels::{Levels, count};
use super::lock::locked_digests;
use super::models::{Sources, models_of};
use super::rule::{Check, Found, Rule};
use super::rules::RULES;
use super::subject::{Around, PromptFolder, Released, TextFile, VersionFile};
use super::targets::{Target, Targets, find_targets};
use crate::base::{Diagnostic, ModelRef, Place, Problems, Severity, Source, Span, files, parse_yaml};
use crate::guard::hide_private;
use crate::price::PriceTable;

/// More threads than this wait for each other.
const MOST_THREADS: usize = 8;
/// Fewer files than this are read faster than a thread starts.
const LEAST_SHARE: usize = 32;

/// What lint needs to know.
pub struct LintOptions<'a> {
    /// The prompts. A fresh one: what it has read before is not reported again.
    pub registry: &'a Registry,
    /// The folder of the prompts, absolute.
    pub prompts: &'a Path,
    /// The project, absolute.
    pub root: &'a Path,
    /// Facts about models.
    pub prices: &'a PriceTable,
    /// What models take.
    pub accepts: &'a (dyn Accepts + Sync),
    /// The UTC day, `YYYY-MM-DD`: a model is shut down or will be.
    pub today: &'a str,
    /// `--model`: these models and no others.
    pub models: &'a [ModelRef],
    /// The project's models.
    pub project_models: &'a [ModelRef],
    /// Where they are written, when they are.
    pub project_place: Option<&'a Place>,
    /// Who uses which prompt.
    pub uses: &'a [Use],
    /// Whether every file that could use a prompt could be read.
    pub knows_uses: bool,
    /// The levels of the rules.
    pub levels: &'a Levels,
    /// Whether every rule applies to versions that nothing refers to, too.
    pub all_versions: bool,
}

/// What lint found.
#[derive(Debug, Default)]
pub struct Linted {
    /// By file, line and column.
    pub findings: Vec<Diagnostic>,
    /// Versions, drafts and partials that were read.
    pub files: usize,
    /// Drafts and template files that were read, absolute: what may be corrected.
    pub drafts: Vec<PathBuf>,
}

impl Linted {
    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        count(&self.findings, severity)
    }
}

/// Looks at the prompts that `references` name, or at all of them.
///
/// # Errors
/// References that lead nowhere, and files that cannot be read at all: nothing can be said then.
pub fn lint(references: &[String], options: &LintOptions<'_>) -> Result<Linted, Problems> {
    let mut problems = Problems::new();
    let mut found = Vec::new();
    let targets = find_targets(references, options, &mut found, &mut problems);
    let mut run = Run {
        options,
        around: Around {
            prices: options.prices,
            today: options.today,
            knows_uses: options.knows_uses,
            locked: &locked_digests(options.prompts, options.root),
            root: options.root,
        },
        found,
        problems,
        linted: Linted::default(),
        private: HashMap::new(),
        partials: BTreeSet::new(),
        released: HashMap::new(),
    };
    if targets.all_partials {
        run.partials.extend(options.registry.partials.names());
        run.partials();
    }
    for (target, (prompt, found)) in targets.files.iter().zip(read_all(&targets.files, options)) {
        run.found.extend(found);
        run.file(target, prompt);
    }
    if !targets.all_partials {
        run.partials();
    }
    run.folders(&targets);
    run.finish()
}

/// A prompt that was read, and everything that its reader reports.
type Read = (Option<Arc<Prompt>>, Vec<Diagnostic>);

/// Reads all files, on as many threads as there are processors, in their order.
fn read_all(targets: &[Target], options: &LintOptions<'_>) -> Vec<Read> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let share = targets.len().div_ceil(threads).max(LEAST_SHARE);
    let read_part = |part: &[Target]| part.iter().map(|target| read(target, options)).collect::<Vec<Read>>();
    thread::scope(|scope| {
        let parts: Vec<_> = targets.chunks(share).map(|part| scope.spawn(move || read_part(part))).collect();
        let joined = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    })
}

fn read(target: &Target, options: &LintOptions<'_>) -> Read {
    let mut problems = Problems::new();
    let shown = options.registry.shown(&target.path);
    let prompt = match &target.registered {
        Some((folder, version)) => options.registry.version(folder, version, &Place::of_file(shown), &mut problems),
        None => options.registry.resolve(&shown.to_string_lossy(), &Place::of_file(Path::new("")), &mut problems),
    };
    (prompt, problems.into_found())
}

struct Run<'a> {
    options: &'a LintOptions<'a>,
    around: Around<'a>,
    found: Found,
    problems: Problems,
    linted: Linted,
    /// Files with secrets or personal data, made unreadable: no excerpt may show them.
    private: HashMap<PathBuf, Source>,
    /// Partials to look at.
    partials: BTreeSet<String>,
    released: HashMap<PathBuf, Released>,
}

impl Run<'_> {
    fn file(&mut self, target: &Target, prompt: Option<Arc<Prompt>>) {
        let shown = self.options.registry.shown(&target.path).to_path_buf();
        let Some(source) = self.source(&target.path, &shown) else { return };
        self.linted.files += 1;
        self.remember_private(&source);
        let is_released = matches!(&target.registered, Some((_, PromptVersion::Released(_))));
        // A partial may be part of released versions.
        let is_partial = target.path.starts_with(self.options.prompts.join(PARTIALS));
        if !is_released && !is_partial {
            self.linted.drafts.push(target.path.clone());
        }
        if let Some((_, PromptVersion::Released(version))) = &target.registered {
            let digest = prompt.as_ref().map(|prompt| prompt.digest);
            let released = Released { version: version.clone(), place: Place::of_file(&shown), digest };
            self.released.insert(target.path.clone(), released);
        }
        self.text_rules(&TextFile { source: &source, prompt: prompt.as_deref() }, target.is_current);
        let Some(prompt) = prompt.filter(|_| target.is_current) else { return };
        if !self.options.all_versions || !self.partials.is_empty() {
            self.partials.extend(prompt.partials().keys().cloned());
        }
        let is_yaml = target.path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        // Read before, so that it is YAML.
        let node = if is_yaml { parse_yaml(&source, &mut Problems::new()) } else { None };
        let options = self.options;
        let sources = Sources {
            asked: options.models,
            project: options.project_models,
            project_place: options.project_place,
            uses: options.uses,
            prices: options.prices,
            accepts: options.accepts,
        };
        let models = models_of(&prompt, &sources);
        let version = VersionFile { prompt: &prompt, source: &source, node: node.as_ref(), models: &models };
        for rule in self.rules() {
            if let Check::Version(check) = rule.check {
                check(&version, &self.around, &mut self.found);
            }
        }
    }

    /// The text of a file. A link out of the project is not followed; the reader reports it.
    fn source(&mut self, path: &Path, shown: &Path) -> Option<Source> {
        let root = self.options.root;
        files::inside(root, root, &shown.to_string_lossy()).ok()?;
        files::read_source(path, shown).map_err(|problem| self.problems.push(*problem)).ok()
    }

    /// The rules that are not off.
    fn rules(&self) -> impl Iterator<Item = &'static Rule> + use<> {
        let levels = self.options.levels.clone();
        RULES.iter().copied().filter(move |rule| levels.of(rule).severity().is_some())
    }

    fn text_rules(&mut self, file: &TextFile<'_>, is_current: bool) {
        for rule in self.rules().filter(|rule| is_current || rule.in_superseded) {
            if let Check::Text(check) = rule.check {
                check(file, &mut self.found);
            }
        }
    }

    fn partials(&mut self) {
        for name in std::mem::take(&mut self.partials) {
            let mut problems = Problems::new();
            let partial = self.options.registry.partials.get(&name, &mut problems);
            self.found.extend(problems.into_found());
            let path = self.options.prompts.join(PARTIALS).join(&name);
            if partial.is_err() && !path.is_file() {
                continue;
            }
            let shown = self.options.registry.shown(&path).to_path_buf();
            if let Some(source) = self.source(&path, &shown) {
                self.linted.files += 1;
                self.remember_private(&source);
                self.text_rules(&TextFile { source: &source, prompt: None }, true);
            }
        }
    }

    fn folders(&mut self, targets: &Targets) {
        for (folder, superseded) in &targets.folders {
            let paths = folder.versions.values();
            let released: Vec<Released> = paths.filter_map(|path| self.released.remove(path)).collect();
            let folder = PromptFolder { folder, superseded, released: &released };
            for rule in self.rules() {
                if let Check::Folder(check) = rule.check {
                    check(&folder, &self.around, &mut self.found);
                }
            }
        }
    }

    fn remember_private(&mut self, source: &Source) {
        if let std::borrow::Cow::Owned(safe) = hide_private(source) {
            self.private.insert(source.path().to_path_buf(), safe);
        }
    }

    /// All findings, each once, none with an excerpt that shows what must not be seen.
    fn finish(self) -> Result<Linted, Problems> {
        if self.problems.has_errors() {
            return Err(self.problems);
        }
        let levels = self.options.levels;
        let mut findings: Vec<Diagnostic> = self.found.into_iter().filter_map(|found| levels.settle(found)).collect();
        for place in findings.iter_mut().filter_map(|finding| finding.place.as_mut()).filter(|place| place.line > 0) {
            if let Some(safe) = self.private.get(&place.path) {
                *place = safe.place(Span::new(place.line, place.col, place.len));
            }
        }
        findings.sort_by(order);
        findings.dedup_by(|a, b| (a.code, &a.place, &a.message) == (b.code, &b.place, &b.message));
        Ok(Linted { findings, ..self.linted })
    }
}

fn order(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let key = |d: &Diagnostic| d.place.as_ref().map(|p| (p.path.clone(), p.line, p.col));
    key(a).cmp(&key(b)).then(a.severity.cmp(&b.severity)).then_with(|| (a.code, &a.message).cmp(&(b.code, &b.message)))
}
