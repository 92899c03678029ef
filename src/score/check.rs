//! A compiled check, and what it sees of a trial.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::among::{Among, Comparing};
use super::settings::Settings;
use super::spec::CheckSpec;
use super::world::{Asking, Asks, Examined};
use crate::base::{Millis, Ratio, Usd};
use crate::record::{Case, ChatReply, ChatRequest, Tool};

/// What a check sees: the reply, what it took, and the case.
#[derive(Debug, Clone, Copy)]
pub struct ScoreInput<'a> {
    /// The reply under test.
    pub reply: &'a ChatReply,
    /// Time of the answering attempt; of the original call for a cached reply.
    pub latency: Millis,
    /// What the reply costs; `None` is unknown, never zero.
    pub cost: Option<Usd>,
    /// The case, for values that come from it.
    pub case: &'a Case,
    /// What was asked, system messages and tools included; `None` is unknown.
    pub request: Option<&'a ChatRequest>,
}

impl<'a> ScoreInput<'a> {
    /// The tools that the request offered; none where it offered none, is not known, or an application has its own.
    pub fn tools(&self) -> &'a [Tool] {
        self.request.map_or(&[], |request| request.tools.as_slice())
    }
}

/// One compiled check: cheap to apply, shared between cases and threads.
pub struct Check {
    pub(super) spec: &'static CheckSpec,
    pub(super) negated: bool,
    /// The check as written: `contains`, `not_contains`.
    pub(super) word: String,
    /// What reports call it.
    pub(super) name: String,
    pub(super) weight: f64,
    /// `None` means the default: 1 for scorers, the logic of their members for groups.
    pub(super) threshold: Option<Ratio>,
    pub(super) body: Body,
    pub(super) identity: Value,
    pub(super) needs: Needs,
    pub(super) asks: Asks,
    /// What it compares, for a check among the variants of a case.
    pub(super) comparing: Option<Arc<Comparing>>,
}

impl Check {
    /// What reports call it: the user's name, or the check's own.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The check as written, with `not_` when negated.
    pub fn check(&self) -> &str {
        &self.word
    }

    /// Its entry in the catalogue.
    pub fn spec(&self) -> &'static CheckSpec {
        self.spec
    }

    /// How much it counts; 0 informs only.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Everything that can change its scores, in canonical form: check, version, options that differ from their
    /// defaults, weight, threshold, content of schema files. The name is left out: it is a label. Equal checks written
    /// differently are equal here.
    pub fn identity(&self) -> &Value {
        &self.identity
    }

    /// Whether it compares with the case's `expected`; a case without one leaves it ungraded.
    pub fn needs_expected(&self) -> bool {
        self.needs.expected
    }

    /// Names of the case's variables it takes values from; a case without one of them leaves it ungraded.
    pub fn needed_vars(&self) -> impl Iterator<Item = &str> {
        self.needs.vars.iter().map(String::as_str)
    }

    /// Whether code of the user's own may look at this variable of the case: it names it, or nobody sees what it does.
    pub fn may_look_at(&self, variable: &str) -> bool {
        self.needs.looks_at_all || self.needs.looked_at.contains(variable)
    }

    /// Whether it reads the case's context passages; a case without any leaves it ungraded.
    pub fn needs_context(&self) -> bool {
        self.needs.context
    }

    /// Whether it looks at the reply's text, or a member of it does; others judge time, money or how a reply ended.
    pub fn reads_text(&self) -> bool {
        match &self.body {
            Body::AllOf(members) | Body::AnyOf(members) => members.iter().any(|member| member.reads_text()),
            Body::Ready(_) | Body::Deferred { .. } => self.spec.reads_text,
        }
    }

    /// Whether `not_` stands before it.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whom it asks; nobody for a check that is a function of the reply.
    pub fn asks(&self) -> &Asks {
        &self.asks
    }

    /// What it compares, when it is scored among the variants of a case and not in a trial of its own.
    pub fn comparing(&self) -> Option<&Arc<Comparing>> {
        self.comparing.as_ref()
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// What a check needs of the case.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    pub(super) expected: bool,
    pub(super) vars: BTreeSet<String>,
    pub(super) context: bool,
    /// Names in code of the user's own; variables may be among them.
    pub(super) looked_at: BTreeSet<String>,
    /// Whether a program or an address gets all variables.
    pub(super) looks_at_all: bool,
}

impl Needs {
    pub(super) fn add(&mut self, origin: &From) {
        match origin {
            From::Expected => self.expected = true,
            From::Var(path) => self.vars.extend(path.first().cloned()),
        }
    }

    pub(super) fn absorb(&mut self, other: &Needs) {
        self.expected |= other.expected;
        self.vars.extend(other.vars.iter().cloned());
        self.context |= other.context;
        self.looked_at.extend(other.looked_at.iter().cloned());
        self.looks_at_all |= other.looks_at_all;
    }
}

/// How a check comes to its finding.
pub(super) enum Body {
    /// All values were written out: compiled once.
    Ready(Grader),
    /// Some values come from the case: compiled per case.
    Deferred { settings: Settings, origins: Vec<(&'static str, From)> },
    /// All members must hold.
    AllOf(Vec<Arc<Check>>),
    /// One member must hold.
    AnyOf(Vec<Arc<Check>>),
}

/// A function of the reply, or somebody who has to be asked.
pub(super) enum Grader {
    /// Needs nothing but the reply and its case.
    Pure(Box<dyn Scorer>),
    /// Asks the world.
    Asking(Box<dyn Asking>),
    /// Compares the variants of a case.
    Among(Box<dyn Among>),
}

/// A place in the case that a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// `expected`.
    Expected,
    /// `vars.a.b`: the variable and keys inside it.
    Var(Vec<String>),
}

impl From {
    /// Reads `expected`, `vars.NAME` or `vars.NAME.key`.
    pub(super) fn parse(text: &str) -> Option<From> {
        if text == "expected" {
            return Some(From::Expected);
        }
        let path: Vec<String> = text.strip_prefix("vars.")?.split('.').map(str::to_owned).collect();
        (!path.iter().any(|part| part.trim().is_empty())).then_some(From::Var(path))
    }

    /// The value in `case`, or why there is none.
    pub(super) fn resolve<'a>(&self, case: &'a Case) -> Result<&'a Value, String> {
        let missing = || format!("the case has no `{self}` to compare with");
        let found = match self {
            From::Expected => case.expected.as_ref(),
            From::Var(path) => {
                let mut parts = path.iter();
                let first = parts.next().and_then(|name| case.vars.get(name));
                parts.fold(first, |value, key| value.and_then(|value| value.get(key)))
            }
        };
        found.filter(|value| !value.is_null()).ok_or_else(missing)
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            From::Expected => f.write_str("expected"),
            From::Var(path) => write!(f, "vars.{}", path.join(".")),
        }
    }
}

/// A pure function from what happened to a finding.
pub(super) trait Scorer: Send + Sync {
    /// Judges the reply; knows nothing of `not_`, weight or threshold.
    fn grade(&self, input: &ScoreInput<'_>) -> Finding;

    /// The same with what reports may show of it besides.
    fn examine(&self, input: &ScoreInput<'_>) -> Examined {
        self.grade(input).into()
    }
}

/// What a scorer found, before threshold and `not_`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Finding {
    /// A value, with noun phrases for what was seen and what was wanted.
    Graded { value: Ratio, seen: String, wanted: String },
    /// As `Graded`, with its own word on whether it passes, which a `threshold` that is written overrules.
    Decided { value: Ratio, passed: bool, seen: String, wanted: String },
    /// It could not tell, and why.
    Ungraded(String),
    /// There is nothing of what it judges, and why: it counts neither way.
    NotApplicable(String),
}

impl Finding {
    /// 1 when `holds`, else 0.
    pub(super) fn of_bool(holds: bool, seen: impl Into<String>, wanted: impl Into<String>) -> Finding {
        Finding::Graded { value: Ratio::of_bool(holds), seen: seen.into(), wanted: wanted.into() }
    }
}
