//! Reads what is written for a check into settings, by the table of its spec.

use std::collections::BTreeMap;

use super::check::From;
use super::entry::Entry;
use super::schema;
use super::settings::{Fault, LITERAL_KEY, Settings};
use super::spec::{CheckSpec, OptionKind, OptionSpec, ValueRule};
use super::text_file;
use super::{COMMON_OPTIONS, CompileContext};
use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, Ratio, Source, Span};

/// Largest weight: far beyond any use, and sums of weights stay exact enough.
const MAX_WEIGHT: f64 = 1_000_000.0;
/// Largest amount of a numeric option.
const MAX_AMOUNT: f64 = 1e15;

/// What was written for a check.
pub(super) struct Options<'a> {
    pub(super) settings: Settings,
    /// Options whose values come from the case.
    pub(super) origins: Vec<(&'static str, From)>,
    /// Where each option was written, for faults inside it.
    pub(super) written: BTreeMap<&'static str, Written<'a>>,
    pub(super) weight: f64,
    pub(super) name: Option<String>,
    pub(super) threshold: Option<Ratio>,
    /// The list of checks, for groups.
    pub(super) members: Option<&'a [Node]>,
}

/// Where an option's value stands: in the suite, or in a file of its own.
pub(super) enum Written<'a> {
    Here(&'a Node),
    File(Box<(Node, Source)>),
}

impl<'a> Options<'a> {
    fn new(ctx: &CompileContext<'_>) -> Options<'a> {
        Options {
            settings: Settings::of(ctx),
            origins: Vec::new(),
            written: BTreeMap::new(),
            weight: 1.0,
            name: None,
            threshold: None,
            members: None,
        }
    }

    /// Reads the short or the long form of `entry`; all problems are reported.
    pub(super) fn read(entry: &Entry<'a>, ctx: &CompileContext<'a>, problems: &mut Problems) -> Options<'a> {
        let mut options = Options::new(ctx);
        match entry.body {
            Some(body) if body.as_map().is_some() => options.read_long(entry, body, ctx, problems),
            Some(body) => options.read_short(entry, body, ctx, problems),
            None => {}
        }
        options.fall_back(entry, ctx, problems);
        options
    }

    fn read_short(&mut self, entry: &Entry<'a>, body: &'a Node, ctx: &CompileContext<'a>, problems: &mut Problems) {
        let spec = entry.spec;
        let Some(option) = spec.options.iter().find(|option| option.name == spec.short) else {
            let negated = if entry.negated { spec.name.to_owned() } else { format!("not_{}", spec.name) };
            problems.push(
                Diagnostic::error(
                    "wrong-type",
                    format!("`{}` takes no value, this is {}", entry.word, body.describe()),
                )
                .at(ctx.source.place(body.span))
                .help(format!("write `- {}`; its opposite is `- {negated}`", entry.word)),
            );
            return;
        };
        self.take(option, body, ctx, problems);
    }

    fn read_long(&mut self, entry: &Entry<'a>, body: &'a Node, ctx: &CompileContext<'a>, problems: &mut Problems) {
        let spec = entry.spec;
        if let Some(diagnostic) = looks_like_a_value(spec, body, ctx.source) {
            problems.push(diagnostic);
            return;
        }
        let Some(mut fields) = Fields::of(body, "check", ctx.source, problems) else { return };
        self.weight = fields.number("weight", 0.0..=MAX_WEIGHT, problems).unwrap_or(1.0);
        self.name = fields.text("name", problems).map(str::to_owned);
        if self.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            fields.invalid("name", "`name` is empty", problems);
        }
        self.threshold = fields.number("threshold", 0.0..=1.0, problems).map(Ratio::clamped);
        self.settings.set_threshold(self.threshold);
        if self.threshold == Some(Ratio::ZERO) {
            let place = ctx.source.place(fields.value_span("threshold"));
            problems.push(
                Diagnostic::warning("threshold-zero", "with `threshold: 0` every score passes")
                    .at(place)
                    .help("to inform without failing, write `weight: 0`"),
            );
        }
        for option in spec.options {
            match option.kind {
                OptionKind::Flag => {
                    if fields.flag(option.name, problems) == Some(true) {
                        self.settings.set(option.name, true.into());
                    }
                }
                OptionKind::Amount => {
                    let amount = fields.number(option.name, 0.0..=MAX_AMOUNT, problems).filter(|amount| *amount > 0.0);
                    if let Some(amount) = amount {
                        self.settings.set(option.name, amount.into());
                    }
                }
                OptionKind::Word(words) => {
                    let word = fields.choice(option.name, words, problems);
                    if let Some(word) = word.filter(|word| words.first().is_none_or(|(first, _)| first != word)) {
                        self.settings.set(option.name, word.into());
                    }
                }
                OptionKind::Value | OptionKind::Fixed | OptionKind::Schema | OptionKind::File | OptionKind::Checks => {
                    if let Some(node) = fields.node(option.name) {
                        self.take(option, node, ctx, problems);
                    }
                }
            }
        }
        self.take_from(spec, &mut fields, ctx, problems);
        fields.finish(problems);
    }

    /// `from: expected` beside the other options.
    fn take_from(
        &mut self,
        spec: &'static CheckSpec,
        fields: &mut Fields<'a>,
        ctx: &CompileContext<'a>,
        problems: &mut Problems,
    ) {
        let Some(node) = fields.node("from") else { return };
        let short = spec.options.iter().find(|option| option.name == spec.short && option.kind == OptionKind::Value);
        let Some(option) = short else {
            fields.invalid("from", format!("the value of `{}` must be written out", spec.name), problems);
            return;
        };
        if self.written.contains_key(option.name) {
            fields.invalid("from", format!("`from` and `{}` are both given", option.name), problems);
            return;
        }
        if let Some(from) = read_from(node, ctx.source, problems) {
            self.origins.push((option.name, from));
            self.written.insert(option.name, Written::Here(node));
        }
    }

    /// Takes the value of one option from `node`.
    fn take(&mut self, option: &'static OptionSpec, node: &'a Node, ctx: &CompileContext<'a>, problems: &mut Problems) {
        match option.kind {
            OptionKind::Schema => {
                if let Some((schema, written)) = schema::load(option.name, node, ctx, problems) {
                    self.settings.set(option.name, schema);
                    self.written.insert(option.name, written);
                }
                return;
            }
            OptionKind::File => {
                if let Some((path, text, written)) = text_file::load(option.name, node, ctx, problems) {
                    self.settings.set(option.name, text);
                    self.settings.set_file(option.name, path);
                    self.written.insert(option.name, written);
                }
                return;
            }
            OptionKind::Checks => {
                self.take_members(node, ctx, problems);
                return;
            }
            OptionKind::Value => {
                if let Some(from) = only_from(node) {
                    if let Some(from) = read_from(from, ctx.source, problems) {
                        self.origins.push((option.name, from));
                    }
                    self.written.insert(option.name, Written::Here(node));
                    return;
                }
                warn_of_template(node, ctx.source, problems);
            }
            OptionKind::Fixed | OptionKind::Flag | OptionKind::Amount | OptionKind::Word(_) => {}
        }
        self.settings.set(option.name, node.to_json());
        self.written.insert(option.name, Written::Here(node));
    }

    fn take_members(&mut self, node: &'a Node, ctx: &CompileContext<'a>, problems: &mut Problems) {
        let place = ctx.source.place(node.span);
        match node.as_list() {
            _ if self.members.is_some() => {
                let message = "`checks` and `value` are both given; they mean the same";
                problems.push(Diagnostic::error("invalid-value", message).at(place));
            }
            Some([]) => problems.push(Diagnostic::error("empty-group", "this group has no checks").at(place)),
            Some(members) => self.members = Some(members),
            None => {
                let message = format!("a group takes a list of checks, this is {}", node.describe());
                problems.push(Diagnostic::error("wrong-type", message).at(place).help("write each check as `- …`"));
            }
        }
    }

    /// A check without a value takes the case's `expected`, or is reported when it needs one written.
    fn fall_back(&mut self, entry: &Entry<'a>, ctx: &CompileContext<'a>, problems: &mut Problems) {
        let spec = entry.spec;
        // A body that was refused has been reported; a second complaint about its value would mislead.
        let refused = entry.body.is_some() && problems.has_errors();
        // Who is compared with the other variants has no need of a written answer.
        let among = self.settings.get("among").is_some();
        if self.written.contains_key(spec.short) || self.members.is_some() || refused || among {
            return;
        }
        match spec.value {
            ValueRule::OrExpected => self.origins.push((spec.short, From::Expected)),
            ValueRule::Required => {
                problems.push(
                    Diagnostic::error("missing-field", format!("`{}` has no `{}`", entry.word, spec.short))
                        .at(ctx.source.place(entry.span))
                        .help(format!("write it like `{}`", spec.example)),
                );
            }
            ValueRule::None | ValueRule::Optional => {}
        }
    }

    /// The diagnostic for a fault in one of the options.
    pub(super) fn diagnose(&self, fault: &Fault, entry: &Entry<'_>, ctx: &CompileContext<'_>) -> Diagnostic {
        let (span, source) = match self.written.get(fault.option) {
            None => (entry.span, ctx.source),
            Some(Written::Here(node)) => (locate(node, fault, ctx.source), ctx.source),
            Some(Written::File(file)) => (locate(&file.0, fault, &file.1), &file.1),
        };
        // People paste keys where names of variables belong: such a line is not shown.
        let place = if fault.code == LITERAL_KEY { Place::of_file(source.path()).at(span) } else { source.place(span) };
        let mut diagnostic = Diagnostic::error(fault.code, fault.message.clone()).at(place);
        if let Some(help) = &fault.help {
            diagnostic = diagnostic.help(help.as_ref());
        }
        if let Some(Written::File(_)) = self.written.get(fault.option) {
            diagnostic = diagnostic.related(ctx.source.place(entry.span), format!("used by `{}` here", entry.word));
        }
        diagnostic
    }
}

/// The span of what a fault is about: a part of the value, and a part of its text where the file shows it verbatim.
fn locate(node: &Node, fault: &Fault, source: &Source) -> Span {
    let mut node = node;
    for part in fault.pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        let next = match &node.kind {
            Kind::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            Kind::Map(_) => node.get(&key),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => None,
        };
        let Some(next) = next else { break };
        node = next;
    }
    fault.range.and_then(|range| inside_text(node, range, source)).unwrap_or(node.span)
}

/// Columns of a byte range of the text of `node`, when the file shows the text as it is (no escapes, one line or the
/// lines of a block).
fn inside_text(node: &Node, (start, end): (usize, usize), source: &Source) -> Option<Span> {
    let text = node.as_text()?;
    if text.trim_end().contains('\n') {
        return inside_block(node, text, start, source);
    }
    let line = source.text().lines().nth(usize::try_from(node.span.line.checked_sub(source.first_line())?).ok()?)?;
    let from: usize = line.chars().take(usize::try_from(node.span.col.checked_sub(1)?).ok()?).map(char::len_utf8).sum();
    let at = from + line.get(from..)?.find(text)?;
    let before = line.get(..at + start.min(text.len()))?.chars().count();
    let covered = text.get(start..end.min(text.len())).map_or(1, |part| part.chars().count()).max(1);
    Some(Span::new(node.span.line, u32::try_from(before + 1).ok()?, u32::try_from(covered).ok()?))
}

/// One character of a text of several lines, which the file shows line by line: a block of YAML, or the whole file.
fn inside_block(node: &Node, text: &str, start: usize, source: &Source) -> Option<Span> {
    let before = text.get(..start.min(text.len()))?;
    let line = before.matches('\n').count();
    let col = before.rsplit('\n').next()?.chars().count();
    let wanted = text.lines().nth(line)?;
    let first = usize::try_from(node.span.line.checked_sub(source.first_line())?).ok()?;
    // The text begins where the node does, or below the `|` of a block.
    let below = usize::from(!source.text().lines().nth(first)?.ends_with(text.lines().next()?));
    let at = first + line + below;
    let shown = source.text().lines().nth(at)?;
    let indent = shown.strip_suffix(wanted)?.chars().count();
    let at = u32::try_from(at).ok()?.checked_add(source.first_line())?;
    Some(Span::new(at, u32::try_from(indent + col + 1).ok()?, 1))
}

/// The node of `from` when it is the only key of a mapping: `value: {from: expected}`.
fn only_from(node: &Node) -> Option<&Node> {
    match node.as_map()? {
        [(key, from)] if key.text == "from" => Some(from),
        _ => None,
    }
}

fn read_from(node: &Node, source: &Source, problems: &mut Problems) -> Option<From> {
    let from = node.as_text().and_then(From::parse);
    if from.is_none() {
        let message = match node.as_text() {
            Some(text) => format!("`{text}` is not a place to take a value from"),
            None => format!("`from` must be text, this is {}", node.describe()),
        };
        problems.push(
            Diagnostic::error("invalid-value", message)
                .at(source.place(node.span))
                .help("write `from: expected` or `from: vars.NAME`"),
        );
    }
    from
}

/// A mapping without a single known key is a value written in the place of options.
fn looks_like_a_value(spec: &CheckSpec, body: &Node, source: &Source) -> Option<Diagnostic> {
    let entries = body.as_map()?;
    let known = |key: &str| spec.options.iter().chain(COMMON_OPTIONS).any(|option| option.name == key);
    let takes_mapping = matches!(spec.name, "equals" | "json_schema" | "contains_json" | "json_diff");
    if !takes_mapping || entries.is_empty() || entries.iter().any(|(key, _)| known(&key.text)) {
        return None;
    }
    let first = entries.first().map_or(body.span, |(key, _)| key.span);
    let message = format!("a mapping after `{}` holds its options, and none of these keys is one", spec.name);
    Some(
        Diagnostic::error("unknown-key", message)
            .at(source.place(first))
            .help(format!("to give a mapping as the value, write `{}: {{value: {{…}}}}`", spec.name)),
    )
}

/// `contains: "{{ name }}"` is no template: say so before it fails every case.
fn warn_of_template(node: &Node, source: &Source, problems: &mut Problems) {
    let Some(text) = node.as_text() else { return };
    let Some(inner) = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}")) else { return };
    let name = inner.trim();
    if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
        let from = if name == "expected" { name.to_owned() } else { format!("vars.{name}") };
        problems.push(
            Diagnostic::warning("template-in-check", "checks are not templates: this text is compared as it stands")
                .at(source.place(node.span))
                .help(format!("to take it from the case, write `{{from: {from}}}`")),
        );
    }
}
