//! A rule of lint: what it looks for, how much it matters, and how it is explained.

use std::fmt;

use super::subject::{Around, PromptFolder, TextFile, VersionFile};
use crate::base::{Diagnostic, Severity};

/// How much the findings of a rule matter; what `lint:` in `karat.yaml` gives to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Not looked for.
    Off,
    /// Good to know.
    Note,
    /// Worth a look; fails with `--deny warnings`.
    Warning,
    /// Must be mended.
    Error,
}

impl Level {
    /// Word and level, in one table.
    pub const ALL: &[(&str, Level)] =
        &[("off", Level::Off), ("note", Level::Note), ("warning", Level::Warning), ("error", Level::Error)];

    /// The word users write.
    pub fn word(self) -> &'static str {
        Level::ALL.iter().find(|(_, level)| *level == self).map_or("off", |(word, _)| word)
    }

    /// The severity of findings; `None` when there are none.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Off => None,
            Level::Note => Some(Severity::Note),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }
}

/// What findings are collected in.
pub(super) type Found = Vec<Diagnostic>;

/// What a rule looks at.
pub(super) enum Check {
    /// Found wherever prompts are read.
    Reading,
    /// The text of a version, a draft or a partial.
    Text(fn(&TextFile<'_>, &mut Found)),
    /// A version or draft that can be read.
    Version(fn(&VersionFile<'_>, &Around<'_>, &mut Found)),
    /// All versions of a prompt together.
    Folder(fn(&PromptFolder<'_>, &Around<'_>, &mut Found)),
}

/// One rule.
pub struct Rule {
    /// Kebab-case, stable.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub about: &'static str,
    /// Unless `karat.yaml` says otherwise.
    pub level: Level,
    /// Whether `--fix` mends it in drafts.
    pub fixable: bool,
    /// Whether karat refuses such a prompt everywhere, so that its level cannot be lowered.
    pub is_refused: bool,
    /// Whether it is looked for in versions that nothing refers to any more, too.
    pub in_superseded: bool,
    /// Why it matters.
    pub why: &'static str,
    /// A file that breaks it.
    pub bad: &'static str,
    /// The same file, mended.
    pub good: &'static str,
    pub(super) check: Check,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("code", &self.code).finish_non_exhaustive()
    }
}

impl Rule {
    /// A finding of this rule; its severity is settled when all findings are collected.
    pub(super) fn finding(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: self.level.severity().unwrap_or(Severity::Note),
            ..Diagnostic::error(self.code, message)
        }
    }
}
