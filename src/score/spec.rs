//! What a check is called, takes and promises: one table entry per check.

use serde::Serialize;

use super::among::Among;
use super::check::{Grader, Scorer};
use super::settings::{Fault, Settings};
use super::world::{Asking, Asks};
use crate::record::Direction;

/// One check of the catalogue: its name, options, and what it says in degenerate cases.
#[derive(Debug, Serialize)]
pub struct CheckSpec {
    /// The word users write; `not_` in front of it negates the check.
    pub name: &'static str,
    /// The folder of its file, such as `text` or `structure`.
    pub family: &'static str,
    /// One line on what it checks.
    pub about: &'static str,
    /// Version of the implementation; scores of different versions are not comparable.
    pub version: u32,
    /// Which way its score is better. Measures that are better the lower they are, such as error rates, become scores
    /// of the other direction, so that `not_`, weights and means work alike for all.
    pub direction: Direction,
    /// The lowest score that passes unless the user sets `threshold`, before `not_` is applied.
    pub pass_at: f64,
    /// The option that the short form `- name: x` sets; empty when it takes no value.
    pub short: &'static str,
    /// Where the value comes from when none is written.
    pub value: ValueRule,
    /// Its own options; those of every check are in [`COMMON_OPTIONS`].
    pub options: &'static [OptionSpec],
    /// What it says in cases at the edge: empty replies, nothing to compare, unknown facts.
    pub degenerate: &'static [&'static str],
    /// What it costs in calls per reply; empty for a check that asks nobody.
    pub calls: &'static str,
    /// An entry as users write it.
    pub example: &'static str,
    /// Whether it reads the case's context passages.
    #[serde(skip)]
    pub(super) reads_context: bool,
    /// Whether it looks at the reply's text, so that a text that never came leaves it ungraded.
    #[serde(skip)]
    pub(super) reads_text: bool,
    #[serde(skip)]
    pub(super) build: Build,
}

impl CheckSpec {
    /// A check of which nothing is said: others are written as what differs from it.
    pub(super) const PLAIN: CheckSpec = CheckSpec {
        name: "",
        family: "",
        about: "",
        version: 1,
        direction: Direction::Higher,
        pass_at: 1.0,
        short: "",
        value: ValueRule::None,
        options: &[],
        degenerate: &[],
        calls: "",
        example: "",
        reads_context: false,
        reads_text: true,
        build: Build::AllOf,
    };
}

/// Where the value of a check comes from when none is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueRule {
    /// It takes no value.
    None,
    /// It may have one.
    Optional,
    /// The case's `expected`.
    OrExpected,
    /// It must be written.
    Required,
}

/// One option of a check.
#[derive(Debug, Serialize)]
pub struct OptionSpec {
    /// The key users write.
    pub name: &'static str,
    /// How it is read.
    pub kind: OptionKind,
    /// The kind of value it takes, in words.
    pub takes: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// How an option is read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// A value judged by the check itself; may be `{from: expected}` or `{from: vars.NAME}`.
    Value,
    /// A value judged by the check itself, always written out.
    Fixed,
    /// A JSON Schema written out, or the path of a file with one.
    Schema,
    /// The path of a text file inside the project, relative to the suite; its content is the value.
    File,
    /// `true` or `false`; `false` unless given.
    Flag,
    /// A number of at least 0; 0 unless given.
    Amount,
    /// One of these words; the first unless given.
    Word(&'static [(&'static str, &'static str)]),
    /// A list of checks.
    Checks,
}

impl OptionSpec {
    /// A value that may also come from the case.
    pub(super) const fn value(name: &'static str, takes: &'static str, about: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Value, takes, about }
    }

    /// A value that must be written out.
    pub(super) const fn fixed(name: &'static str, takes: &'static str, about: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Fixed, takes, about }
    }

    /// A schema or its path.
    pub(super) const fn schema(name: &'static str, about: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Schema, takes: "a mapping or a path", about }
    }

    /// A text file.
    pub(super) const fn file(name: &'static str, about: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::File, takes: "a path", about }
    }

    /// A switch.
    pub(super) const fn flag(name: &'static str, about: &'static str) -> OptionSpec {
        OptionSpec { name, kind: OptionKind::Flag, takes: "true or false", about }
    }
}

/// Options of every check.
pub const COMMON_OPTIONS: &[OptionSpec] = &[
    OptionSpec::fixed(
        "from",
        "`expected` or `vars.NAME`",
        "takes the value from the case; `value: {from: …}` is the same",
    ),
    OptionSpec::fixed(
        "weight",
        "a number from 0",
        "how much the check counts; 1 unless given; 0 informs and never fails a trial",
    ),
    OptionSpec::fixed("name", "text", "what reports call it; the check's own name unless given"),
    OptionSpec::fixed(
        "threshold",
        "a number from 0 to 1",
        "the lowest score that passes, before `not_` is applied; 1 unless given, or what the check says",
    ),
];

/// How a check is made from its options.
#[derive(Debug, Clone, Copy)]
pub(super) enum Build {
    /// From settings alone.
    Scorer(fn(&Settings) -> Result<Prepared, Vec<Fault>>),
    /// From other checks: all of them hold.
    AllOf,
    /// From other checks: one of them holds.
    AnyOf,
}

/// A scorer ready to run, and what is canonical about its settings.
pub(super) struct Prepared {
    pub(super) grader: Grader,
    /// Options in canonical form for the identity; null removes one.
    pub(super) canonical: Vec<(&'static str, serde_json::Value)>,
    /// What is sound and yet worth a word.
    pub(super) warnings: Vec<Fault>,
    /// Code of the user's own, which may name variables of the case.
    pub(super) code: Option<String>,
}

impl Prepared {
    pub(super) fn new(scorer: impl Scorer + 'static) -> Prepared {
        Prepared { grader: Grader::Pure(Box::new(scorer)), canonical: Vec::new(), warnings: Vec::new(), code: None }
    }

    /// Of a check that asks.
    pub(super) fn asking(asking: impl Asking + 'static) -> Prepared {
        Prepared { grader: Grader::Asking(Box::new(asking)), canonical: Vec::new(), warnings: Vec::new(), code: None }
    }

    /// Of a check that compares variants.
    pub(super) fn among(among: Box<dyn Among>) -> Prepared {
        Prepared { grader: Grader::Among(among), canonical: Vec::new(), warnings: Vec::new(), code: None }
    }

    /// Whom it asks.
    pub(super) fn asks(&self) -> Asks {
        match &self.grader {
            Grader::Pure(_) => Asks::default(),
            Grader::Asking(asking) => asking.asks(),
            Grader::Among(among) => among.asks(),
        }
    }

    /// With the code of the user's own that judges.
    pub(super) fn of_code(self, code: &str) -> Prepared {
        Prepared { code: Some(code.to_owned()), ..self }
    }

    /// Adds a warning.
    pub(super) fn warn(mut self, warning: Fault) -> Prepared {
        self.warnings.push(warning);
        self
    }

    /// Says how `option` stands in the identity, whatever way it was written.
    pub(super) fn canonical(mut self, option: &'static str, value: serde_json::Value) -> Prepared {
        self.canonical.push((option, value));
        self
    }
}
