//! Compares two JSON values field by field.

use serde_json::Value;

use super::super::measure::assignment::best_pairs;
use super::super::reason;
use super::super::settings::kind_of;
use super::json_rule::{FieldRule, FieldRules};

/// Most items of a list that is compared in any order: pairing takes cubic time.
const MOST_UNORDERED: usize = 200;
/// Most fields compared with each other, over all ways to pair items.
const MOST_COMPARED: usize = 1_000_000;

/// One field that is not as wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// JSON pointer; empty for the whole.
    pub(super) pointer: String,
    /// What is there instead.
    pub(super) what: String,
}

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Comparison {
    /// Sum of weight times likeness over the fields.
    pub(super) matched: f64,
    /// Sum of the weights of the fields.
    pub(super) total: f64,
    pub(super) differences: Vec<Difference>,
}

impl Comparison {
    /// The weighted share of fields that match; 1 where there is none.
    pub(super) fn share(&self) -> f64 {
        if self.total > 0.0 { self.matched / self.total } else { 1.0 }
    }

    fn absorb(&mut self, other: Comparison) {
        self.matched += other.matched;
        self.total += other.total;
        self.differences.extend(other.differences);
    }
}

/// Compares by these rules.
pub(super) struct Comparer<'r> {
    pub(super) rules: &'r FieldRules,
    /// Fields that only the output has are no difference.
    pub(super) extra_allowed: bool,
    compared: usize,
}

impl<'r> Comparer<'r> {
    pub(super) fn new(rules: &'r FieldRules, extra_allowed: bool) -> Comparer<'r> {
        Comparer { rules, extra_allowed, compared: 0 }
    }

    /// The whole comparison; `Err` when it would take too long, and why.
    pub(super) fn compare(&mut self, wanted: &Value, seen: &Value) -> Result<Comparison, String> {
        self.field(wanted, seen, &mut Vec::new())
    }

    fn field(&mut self, wanted: &Value, seen: &Value, path: &mut Vec<String>) -> Result<Comparison, String> {
        self.compared += 1;
        if self.compared > MOST_COMPARED {
            return Err(format!("more than {MOST_COMPARED} fields would have to be compared"));
        }
        let rules = self.rules;
        let rule = rules.at(path);
        if rule.ignore {
            return Ok(Comparison::default());
        }
        match (wanted, seen) {
            (Value::Object(wanted_fields), Value::Object(seen_fields)) if !both_empty(wanted, seen) => {
                let mut all = Comparison::default();
                for (key, wanted) in wanted_fields {
                    path.push(key.clone());
                    let found = match seen_fields.get(key) {
                        Some(seen) => self.field(wanted, seen, path)?,
                        None => self.alone(wanted, path, "missing"),
                    };
                    all.absorb(found);
                    path.pop();
                }
                for (key, seen) in seen_fields.iter().filter(|(key, _)| !wanted_fields.contains_key(*key)) {
                    all.absorb(self.extra(seen, path, key));
                }
                Ok(all)
            }
            (Value::Array(wanted_items), Value::Array(seen_items)) if !both_empty(wanted, seen) => {
                self.lists(wanted_items, seen_items, rule, path)
            }
            _ => Ok(leaf(wanted, seen, rule, self.weight(wanted, path), path)),
        }
    }

    fn lists(
        &mut self,
        wanted: &[Value],
        seen: &[Value],
        rule: &FieldRule,
        path: &mut Vec<String>,
    ) -> Result<Comparison, String> {
        let pairs = self.pairs(wanted, seen, rule, path)?;
        let mut all = Comparison::default();
        let mut taken = vec![false; seen.len()];
        for (at, (wanted, pair)) in wanted.iter().zip(&pairs).enumerate() {
            path.push(at.to_string());
            let partner = pair.and_then(|pair| seen.get(pair).map(|seen| (pair, seen)));
            let found = match partner {
                Some((pair, seen)) => {
                    taken.get_mut(pair).into_iter().for_each(|taken| *taken = true);
                    self.field(wanted, seen, path)?
                }
                None => self.alone(wanted, path, "missing"),
            };
            all.absorb(found);
            path.pop();
        }
        for (at, (seen, _)) in seen.iter().zip(&taken).enumerate().filter(|(_, (_, taken))| !**taken) {
            all.absorb(self.extra(seen, path, &at.to_string()));
        }
        Ok(all)
    }

    /// The item of the output that belongs to each wanted item.
    fn pairs(
        &mut self,
        wanted: &[Value],
        seen: &[Value],
        rule: &FieldRule,
        path: &mut Vec<String>,
    ) -> Result<Vec<Option<usize>>, String> {
        if let Some(by) = &rule.by {
            return Ok(by_key(wanted, seen, by));
        }
        if !rule.any_order {
            return Ok((0..wanted.len()).map(|at| (at < seen.len()).then_some(at)).collect());
        }
        let longer = wanted.len().max(seen.len());
        if longer > MOST_UNORDERED {
            return Err(format!(
                "a list of {longer} items cannot be compared in any order, {MOST_UNORDERED} can; use `by`"
            ));
        }
        let mut weights = Vec::with_capacity(wanted.len());
        for (at, wanted) in wanted.iter().enumerate() {
            path.push(at.to_string());
            let row: Result<Vec<f64>, String> =
                seen.iter().map(|seen| Ok(self.field(wanted, seen, path)?.share())).collect();
            path.pop();
            weights.push(row?);
        }
        let mut pairs = best_pairs(&weights);
        // What has nothing in common is told as one field that differs, as in ordered lists, not as two.
        let mut free = (0..seen.len()).filter(|at| !pairs.contains(&Some(*at))).collect::<Vec<_>>().into_iter();
        pairs.iter_mut().filter(|pair| pair.is_none()).for_each(|pair| *pair = free.next());
        Ok(pairs)
    }

    /// A field that the output has and the wanted value has not.
    fn extra(&self, seen: &Value, path: &mut Vec<String>, key: &str) -> Comparison {
        if self.extra_allowed {
            return Comparison::default();
        }
        path.push(key.to_owned());
        let found = self.alone(seen, path, "not wanted");
        path.pop();
        found
    }

    /// A field without a partner: all below it is lost, told once.
    fn alone(&self, value: &Value, path: &mut Vec<String>, what: &str) -> Comparison {
        let total = self.weight(value, path);
        let told = (total > 0.0).then(|| Difference { pointer: pointer(path), what: what.to_owned() });
        Comparison { matched: 0.0, total, differences: told.into_iter().collect() }
    }

    /// The weights of the fields in `value`, which is one itself when nothing is below it.
    fn weight(&self, value: &Value, path: &mut Vec<String>) -> f64 {
        let rule = self.rules.at(path);
        if rule.ignore {
            return 0.0;
        }
        let mut below = |key: String, value: &Value| {
            path.push(key);
            let weight = self.weight(value, path);
            path.pop();
            weight
        };
        let sum: f64 = match value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().map(|(key, value)| below(key.clone(), value)).sum()
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().map(|(at, value)| below(at.to_string(), value)).sum()
            }
            _ => return self.rules.weight_at(path),
        };
        sum
    }
}

fn both_empty(wanted: &Value, seen: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    is_empty(wanted) && is_empty(seen)
}

fn leaf(wanted: &Value, seen: &Value, rule: &FieldRule, weight: f64, path: &[String]) -> Comparison {
    let likeness = rule.likeness(wanted, seen);
    let told = (likeness < 1.0 && weight > 0.0).then(|| {
        let instead = if kind_of(wanted) == kind_of(seen) || wanted.is_number() && seen.is_number() {
            format!("{} instead of {}", reason::json(seen), reason::json(wanted))
        } else {
            format!("{} ({}) instead of {}", reason::json(seen), kind_of(seen), kind_of(wanted))
        };
        let part = if likeness > 0.0 { format!(" ({likeness:.2} alike)") } else { String::new() };
        Difference { pointer: pointer(path), what: format!("{instead}{part}") }
    });
    Comparison { matched: weight * likeness, total: weight, differences: told.into_iter().collect() }
}

/// Pairs items by the value of a key; of several with the same value the first that is free.
fn by_key(wanted: &[Value], seen: &[Value], by: &str) -> Vec<Option<usize>> {
    let mut taken = vec![false; seen.len()];
    let of = |item: &Value| item.get(by).map(Value::to_string);
    wanted
        .iter()
        .map(|item| {
            let key = of(item)?;
            let found =
                seen.iter().zip(&taken).position(|(other, taken)| !taken && of(other).as_ref() == Some(&key))?;
            taken.get_mut(found).into_iter().for_each(|taken| *taken = true);
            Some(found)
        })
        .collect()
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}
