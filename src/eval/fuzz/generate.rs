//! Variables for the prompts of a suite: what they declare is kept, everything else is tried.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::texts::{CHARS, TextKind, text};
use crate::base::DigestBuilder;
use crate::prompt::{Prompt, VarType, Variable};
use crate::record::Vars;

/// Tries for one input before a variable is filled with what cases have.
const TRIES: u64 = 6;

/// Makes inputs for prompts that are asked the same.
pub(super) struct Generator<'a> {
    prompts: Vec<&'a Prompt>,
    /// Variables of cases: for those that have a pattern, or a shape of their own.
    pool: Vec<&'a Vars>,
    seed: u64,
}

impl<'a> Generator<'a> {
    pub(super) fn new(prompts: Vec<&'a Prompt>, pool: Vec<&'a Vars>, seed: u64) -> Generator<'a> {
        Generator { prompts, pool, seed }
    }

    /// The input of this number; the same for the same seed. `None` when nothing that was tried suits the prompts.
    pub(super) fn input(&self, number: u64) -> Option<Vars> {
        (0..TRIES).map(|attempt| self.attempt(number, attempt)).find(|vars| self.suits(vars))
    }

    /// Whether every prompt takes these variables.
    pub(super) fn suits(&self, vars: &Vars) -> bool {
        suits(&self.prompts, vars)
    }

    fn attempt(&self, number: u64, attempt: u64) -> Vars {
        let name = DigestBuilder::new("fuzz").part(&self.seed.to_be_bytes()).part(&number.to_be_bytes());
        let digest = name.part(&attempt.to_be_bytes()).finish();
        let seed = digest.as_bytes().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut vars = Vars::new();
        for prompt in &self.prompts {
            for (place, (name, variable)) in (0_u64..).zip(&prompt.variables) {
                if vars.contains_key(name) {
                    continue;
                }
                // Kinds take turns, so that few inputs see them all; each further try is another kind.
                let turn = number.wrapping_add(place).wrapping_add(attempt);
                let kinds = u64::try_from(TextKind::ALL.len()).unwrap_or(1).max(1);
                let kind = usize::try_from(turn % kinds).ok().and_then(|at| TextKind::ALL.get(at));
                let kind = kind.copied().unwrap_or(TextKind::Words);
                if let Some(value) = self.value(name, variable, kind, &mut rng) {
                    vars.insert(name.clone(), value);
                }
            }
        }
        vars
    }

    /// A value of a variable; `None` leaves it to its default.
    fn value(&self, name: &str, variable: &Variable, kind: TextKind, rng: &mut ChaCha8Rng) -> Option<Value> {
        if !variable.one_of.is_empty() {
            return variable.one_of.get(rng.random_range(0..variable.one_of.len())).cloned();
        }
        if variable.pattern.is_some() {
            return self.of_cases(name, rng).or_else(|| variable.default.clone());
        }
        match variable.kind {
            VarType::Number => Some(json!(number(rng))),
            VarType::Boolean => Some(json!(rng.random_bool(0.5))),
            VarType::List | VarType::Object => {
                let own = self.of_cases(name, rng).or_else(|| variable.default.clone());
                own.or_else(|| {
                    Some(if variable.kind == VarType::List { json!(["one", "two"]) } else { json!({"a": 1}) })
                })
            }
            VarType::Any | VarType::String => {
                // What cases give as a list or mapping, templates walk through.
                let seen = self.of_cases(name, rng).filter(|value| !value.is_string());
                seen.or_else(|| Some(Value::String(text_of(variable, kind, rng))))
            }
        }
    }

    fn of_cases(&self, name: &str, rng: &mut ChaCha8Rng) -> Option<Value> {
        let seen: Vec<&Value> = self.pool.iter().filter_map(|vars| vars.get(name)).collect();
        seen.get(rng.random_range(0..seen.len().max(1))).map(|value| (*value).clone())
    }
}

/// Whether every prompt takes these variables.
pub(super) fn suits(prompts: &[&Prompt], vars: &Vars) -> bool {
    prompts.iter().all(|prompt| {
        // One that another prompt of the suite has is no mistake.
        prompt.check_vars(vars).iter().all(|problem| problem.code == "unknown-variable")
            && prompt.check_tokens(vars, None).is_empty()
    })
}

fn text_of(variable: &Variable, kind: TextKind, rng: &mut ChaCha8Rng) -> String {
    // A character of a rare script may take four tokens.
    let by_tokens = variable.max_tokens.and_then(|most| usize::try_from(most / 4).ok());
    let most = variable.max_chars.into_iter().chain(by_tokens).min().unwrap_or(CHARS.1);
    let least = variable.min_chars.unwrap_or(0);
    let mut made = text(kind, most, rng);
    let missing = least.saturating_sub(made.chars().count());
    made.extend(std::iter::repeat_n('x', missing));
    made
}

fn number(rng: &mut ChaCha8Rng) -> f64 {
    let odd = [0.0, -1.0, 1.0, 0.5, 1e-9, 1e15, -273.15, 2_147_483_648.0];
    if rng.random_bool(0.6) {
        return odd.get(rng.random_range(0..odd.len())).copied().unwrap_or(0.0);
    }
    rng.random_range(-1e6..1e6)
}
