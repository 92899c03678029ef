//! From the texts of a prompt's messages to an engine: follows includes, checks what is called, finds free names.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;
use indexmap::map::{Entry, IndexMap};

use super::super::partials::{BUNDLED, NoPartial, Partial, Partials};
use super::scan::{Call, CallKind, Scan, scan};
use super::template::{Engine, FILTERS, FUNCTIONS, Failed, TESTS, syntax_error};
use super::text::TemplateText;
use super::unclosed::unclosed;
use crate::base::{Diagnostic, Place, Problems, closest};

/// Longest chain of partials that include each other.
const MAX_INCLUDE_DEPTH: usize = 16;

const SYNTAX_HELP: &str = "templates are written in Jinja style: `{{ name }}`, `{% if name %}…{% endif %}`; \
                           literal braces go in `{% raw %}…{% endraw %}`";

/// The compiled templates of a prompt.
pub(in crate::prompt) struct Compiled {
    pub(in crate::prompt) engine: Engine,
    /// The partials it uses, directly or not, by name.
    pub(in crate::prompt) partials: BTreeMap<String, Arc<Partial>>,
    /// Names it needs from outside, each with its first use, in the order of the text.
    pub(in crate::prompt) names: Vec<FreeName>,
}

/// A name a prompt needs, where it is used first, and the include that leads there when that is in a partial.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct FreeName {
    pub(in crate::prompt) name: String,
    pub(in crate::prompt) place: Place,
    pub(in crate::prompt) through: Option<Place>,
}

/// The engine's name for the template number `index`; `#` cannot stand in the name of a partial.
pub(in crate::prompt) fn template_name(index: usize) -> String {
    format!("#{index}")
}

/// Compiles the templates of a prompt; everything wrong with them goes to `problems`.
///
/// # Errors
/// The names that could be found all the same, so that what is wrong with them is told in the same pass.
pub(in crate::prompt) fn compile(
    templates: &[&TemplateText],
    partials: &Partials,
    problems: &mut Problems,
) -> Result<Compiled, Vec<FreeName>> {
    let before = problems.error_count();
    let mut follow = Follow { partials, used: BTreeMap::new(), free: HashMap::new(), chain: Vec::new() };
    let mut names: Vec<FreeName> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for text in templates {
        let Some(scan) = check_syntax(text, problems) else { continue };
        check_calls(text, &scan, problems);
        for found in follow.free_names(text, &scan, problems) {
            if known.insert(found.name.clone()) {
                names.push(found);
            }
        }
    }
    if problems.error_count() > before {
        return Err(names);
    }
    let used = follow.used;
    let own = templates.iter().enumerate().map(|(index, text)| (template_name(index), text.as_str()));
    let included = used.iter().map(|(name, partial)| (name.clone(), partial.text.as_str()));
    match Engine::build(own.chain(included)) {
        Ok(engine) => Ok(Compiled { engine, partials: used, names }),
        Err(failed) => {
            problems.push(unexpected(&failed, templates));
            Err(names)
        }
    }
}

/// The names that some of a prompt's templates need from outside, partials included. What is wrong with the templates is
/// reported when they are compiled.
pub(in crate::prompt) fn free_names(templates: &[&TemplateText], partials: &Partials) -> Vec<String> {
    let mut follow = Follow { partials, used: BTreeMap::new(), free: HashMap::new(), chain: Vec::new() };
    let mut names: IndexSet<String> = IndexSet::new();
    for text in templates {
        let found = follow.free_names(text, &scan(text.as_str()), &mut Problems::new());
        names.extend(found.into_iter().map(|found| found.name));
    }
    names.into_iter().collect()
}

/// What tera refuses although our own checks passed.
fn unexpected(failed: &Failed, templates: &[&TemplateText]) -> Diagnostic {
    let (message, place) = match failed {
        Failed::At { template, range, message } => {
            let text = templates.iter().enumerate().find(|(index, _)| template_name(*index) == *template);
            (message.clone(), text.map(|(_, text)| text.place(range.start, range.end)))
        }
        Failed::Other(message) => (message.clone(), None),
        Failed::TooLarge => ("the template is too large".to_owned(), None),
    };
    let place = place.or_else(|| templates.first().map(|text| text.whole()));
    let diagnostic = Diagnostic::error("template-syntax", message);
    if let Some(place) = place { diagnostic.at(place) } else { diagnostic }
}

/// Checks one text alone: syntax, features, filters, tests, functions. `None` when it is broken.
pub(in crate::prompt) fn check_template(text: &TemplateText, problems: &mut Problems) -> Option<Scan> {
    let scan = check_syntax(text, problems)?;
    check_calls(text, &scan, problems).then_some(scan)
}

/// Checks syntax and features. `None` when the text is broken.
fn check_syntax(text: &TemplateText, problems: &mut Problems) -> Option<Scan> {
    let scan = scan(text.as_str());
    for refused in &scan.refused {
        problems.push(
            Diagnostic::error("template-feature", format!("prompt templates have no {}", refused.what))
                .at(text.place(refused.start, refused.end))
                .help("share text with `{% include \"name.txt\" %}` from `prompts/_partials/`"),
        );
    }
    if !scan.refused.is_empty() {
        return None;
    }
    if let Some((range, message)) = syntax_error(text.as_str()) {
        if message.contains("end of input")
            && let Some(open) = unclosed(text.as_str())
        {
            problems.push(
                Diagnostic::error("template-syntax", format!("this `{}` is never closed", open.tag))
                    .at(text.place(open.range.start, open.range.end))
                    .help(format!("close it with `{}`", open.end)),
            );
            return None;
        }
        problems.push(
            Diagnostic::error("template-syntax", message).at(text.place(range.start, range.end)).help(SYNTAX_HELP),
        );
        return None;
    }
    Some(scan)
}

/// Whether all filters, tests and functions exist; those that do not are reported.
fn check_calls(text: &TemplateText, scan: &Scan, problems: &mut Problems) -> bool {
    let unknown: Vec<Diagnostic> = scan.calls.iter().filter_map(|call| unknown_call(call, text)).collect();
    let is_sound = unknown.is_empty();
    unknown.into_iter().for_each(|diagnostic| problems.push(diagnostic));
    is_sound
}

fn unknown_call(call: &Call, text: &TemplateText) -> Option<Diagnostic> {
    let (code, word, known) = match call.kind {
        CallKind::Filter => ("unknown-filter", "filter", FILTERS),
        CallKind::Test => ("unknown-test", "test", TESTS),
        CallKind::Function => ("unknown-function", "function", FUNCTIONS),
    };
    if known.contains(&call.name.as_str()) {
        return None;
    }
    let message = format!("`{}` is not a {word} of prompt templates", call.name);
    Some(
        Diagnostic::error(code, message)
            .at(text.place(call.start, call.end))
            .did_you_mean(closest(&call.name, known.iter().copied()))
            .help(format!("known {word}s: {}", known.join(", "))),
    )
}

/// Walks through includes, each partial once.
struct Follow<'p> {
    partials: &'p Partials,
    used: BTreeMap<String, Arc<Partial>>,
    free: HashMap<String, Vec<FreeName>>,
    /// The partials between the prompt and the one being read.
    chain: Vec<String>,
}

impl Follow<'_> {
    /// Free names of a text and of what it includes, each with its first use.
    fn free_names(&mut self, text: &TemplateText, scan: &Scan, problems: &mut Problems) -> Vec<FreeName> {
        let mut found: IndexMap<String, (usize, FreeName)> = IndexMap::new();
        let mut add = |at: usize, name: FreeName| match found.entry(name.name.clone()) {
            Entry::Occupied(mut known) => {
                if at < known.get().0 {
                    known.insert((at, name));
                }
            }
            Entry::Vacant(free) => {
                free.insert((at, name));
            }
        };
        let mut seen: HashSet<&str> = HashSet::new();
        for used in &scan.uses {
            // Finding a place walks through the file: once per name is enough.
            if seen.insert(&used.name) {
                let place = text.place(used.start, used.end);
                add(used.start, FreeName { name: used.name.clone(), place, through: None });
            }
        }
        for include in &scan.includes {
            let place = text.place(include.start, include.end);
            for mut name in self.included(&include.name, &place, problems) {
                if !include.bound.contains(&name.name) {
                    name.through = Some(place.clone());
                    add(include.start, name);
                }
            }
        }
        found.sort_by(|_, (one, _), _, (other, _)| one.cmp(other));
        found.into_values().map(|(_, name)| name).collect()
    }

    fn included(&mut self, name: &str, from: &Place, problems: &mut Problems) -> Vec<FreeName> {
        let chain = || self.chain.join("` → `");
        if self.chain.iter().any(|open| open == name) {
            let message = format!("partials include each other in a circle: `{}` → `{name}`", chain());
            problems.push(Diagnostic::error("include-cycle", message).at(from.clone()).help("break the circle"));
            return Vec::new();
        }
        if self.chain.len() >= MAX_INCLUDE_DEPTH {
            let message = format!("partials include each other {MAX_INCLUDE_DEPTH} deep: `{}` → `{name}`", chain());
            problems.push(Diagnostic::error("include-depth", message).at(from.clone()).help("join some of them"));
            return Vec::new();
        }
        if let Some(known) = self.free.get(name) {
            return known.clone();
        }
        let partial = match self.partials.get(name, problems) {
            Ok(partial) => partial,
            Err(reason) => {
                problems.push(self.no_partial(name, &reason).at(from.clone()));
                self.free.insert(name.to_owned(), Vec::new());
                return Vec::new();
            }
        };
        self.used.insert(name.to_owned(), Arc::clone(&partial));
        self.chain.push(name.to_owned());
        let names = self.free_names(&partial.text, &partial.scan, problems);
        self.chain.pop();
        self.free.insert(name.to_owned(), names.clone());
        names
    }

    fn no_partial(&self, name: &str, reason: &NoPartial) -> Diagnostic {
        match reason {
            NoPartial::BadName => {
                Diagnostic::error("partial-name", format!("`{name}` cannot be the name of a partial"))
                    .help("name a file below `prompts/_partials/`, such as `{% include \"safety.txt\" %}`")
            }
            NoPartial::Broken => Diagnostic::error("partial-invalid", format!("the partial `{name}` has errors"))
                .help("mend the partial; its errors are reported with it"),
            NoPartial::Missing => {
                let names = self.partials.names();
                let known = if names.is_empty() {
                    "`prompts/_partials/` has no files".to_owned()
                } else {
                    format!("partials: {}", names.join(", "))
                };
                Diagnostic::error("unknown-partial", format!("there is no partial `{name}`"))
                    .did_you_mean(closest(
                        name,
                        names.iter().map(String::as_str).chain(BUNDLED.iter().map(|(name, _)| *name)),
                    ))
                    .help(known)
            }
        }
    }
}
