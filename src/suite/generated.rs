//! Suites whose cases are not from their files but made for a run.

use std::path::Path;
use std::sync::Arc;

use super::checks::{CheckSet, compile_list};
use super::loaded::{LoadedCase, Stands, digest_of};
use super::suite_file::rule_text;
use super::survey::{cases_digest, with_case};
use super::{Goal, Suite, Survey};
use crate::base::{CaseId, Digest, DigestBuilder, ModelRef, Problems, Source, parse_yaml};
use crate::record::{Case, Vars};
use crate::score::{Check, PassRule};

/// A text of a case that is to be said in other words before the case is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paraphrase {
    /// Who is asked for other words.
    pub model: ModelRef,
    /// The variable that has the text; in the case it holds a text as long as the other words may be.
    pub variable: String,
    /// The text.
    pub text: String,
}

/// A case to be made.
pub struct NewCase {
    /// Its id.
    pub id: CaseId,
    /// Its variables.
    pub vars: Vars,
    /// Its checks.
    pub checks: Arc<[Arc<Check>]>,
    /// The case it is made of: what that expects holds for it, too.
    pub origin: Option<LoadedCase>,
    /// How often it is asked.
    pub repeat: u32,
    /// How many examples it is asked with; `None` leaves that to the prompt.
    pub examples: Option<usize>,
    /// Words to select by.
    pub tags: Vec<String>,
    /// What of it is said in other words first.
    pub paraphrase: Option<Paraphrase>,
}

impl Suite {
    /// Compiles checks that are not in the suite's file.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn compile_checks(&self, yaml: &str) -> Result<Arc<[Arc<Check>]>, Problems> {
        let source = Source::new(Path::new("checks"), yaml);
        let mut problems = Problems::new();
        let checks =
            parse_yaml(&source, &mut problems).map(|node| compile_list(&node, &source, self.folders(), &mut problems));
        match checks {
            Some(checks) if !problems.has_errors() => Ok(Arc::from(checks)),
            _ => Err(problems),
        }
    }

    /// A case of this suite that is in none of its files.
    pub fn make_case(&self, new: NewCase) -> LoadedCase {
        let NewCase { id, vars, checks, origin, repeat, examples, tags, paraphrase } = new;
        let old = origin.as_ref().map(|origin| &origin.case);
        let mut case = Case {
            id,
            digest: Digest::from_bytes([0; 32]),
            vars,
            expected: old.and_then(|case| case.expected.clone()),
            context: old.map(|case| case.context.clone()).unwrap_or_default(),
            tags,
            // A case and those made of it are no independent witnesses.
            group: old.map(|case| case.group.clone().unwrap_or_else(|| case.id.to_string())),
            weight: old.map_or(1.0, |case| case.weight),
        };
        let params = origin.as_ref().map(|origin| Arc::clone(&origin.params)).unwrap_or_default();
        let set = CheckSet::of(checks.to_vec());
        case.digest = digest_of(&case, &set, &params, &rule_text(&self.rule));
        let stands = origin.as_ref().map_or_else(|| Stands::at(&self.place), |origin| origin.stands.clone());
        LoadedCase {
            case: Arc::new(case),
            checks,
            params,
            repeat,
            examples,
            skip: None,
            only: false,
            stands,
            paraphrases: Vec::new(),
            paraphrase: paraphrase.map(Arc::new),
        }
    }

    /// Every trial must pass: a goal for the suite's own cases says nothing of others, and neither do counts of labels.
    pub fn forget_goal(&mut self) {
        self.goal = Goal::default();
        self.classification = None;
        self.rule = PassRule::All;
    }
}

impl Survey {
    /// The survey of the same suite with these cases instead of its own.
    #[must_use]
    pub fn with_cases(&self, suite: &Suite, cases: Vec<LoadedCase>) -> Survey {
        let total = u64::try_from(cases.len()).unwrap_or(u64::MAX);
        let repeats: u64 = cases.iter().map(|loaded| u64::from(loaded.repeat)).sum();
        let cases_digest = cases.iter().fold(cases_digest(), with_case).finish();
        let variants = u64::try_from(self.variants.len()).unwrap_or(u64::MAX);
        Survey {
            total,
            selected: total,
            skipped: 0,
            trials: repeats.saturating_mul(variants),
            most_repeats: cases.iter().map(|loaded| loaded.repeat).max().unwrap_or(0),
            digest: DigestBuilder::new("suite-with-cases")
                .part(suite.definition().as_bytes())
                .part(cases_digest.as_bytes())
                .finish(),
            longest_case: cases.iter().map(|loaded| loaded.case.text_bytes()).max().unwrap_or(0),
            only: false,
            draw_up_to: None,
            cases_digest,
            kept: Some(Arc::new(cases)),
            ..self.clone()
        }
    }
}
