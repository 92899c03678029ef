//! How each generation of models is told how much to think (reference §4.1): a budget, a level, or not at all.

use serde_json::{Map, Value, json};

use super::super::body::Changes;
use crate::record::{Effort, Params};

/// Generations that differ in how they think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// 1.x and 2.0: no thinking.
    Plain,
    /// 2.5: a budget in tokens.
    Budget(Size),
    /// 3 and later: a level.
    Level {
        /// Minor version; those newer than known count as the newest.
        version: (u32, u32),
        /// Its size.
        size: Size,
    },
    /// Not a Gemini name: everything is passed on.
    Foreign,
}

/// Sizes that differ in their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Cannot stop thinking.
    Pro,
    /// In between.
    Flash,
    /// The smallest.
    Lite,
}

impl Generation {
    /// The generation of a model name, with or without `models/` before it.
    pub(super) fn of(model: &str) -> Generation {
        let lower = model.to_ascii_lowercase();
        let Some(at) = lower.find("gemini-") else { return Generation::Foreign };
        let words: Vec<&str> = lower.get(at..).unwrap_or("").split('-').skip(1).collect();
        let size = match () {
            () if words.contains(&"lite") => Size::Lite,
            () if words.contains(&"pro") => Size::Pro,
            () => Size::Flash,
        };
        let version = words.first().copied().unwrap_or("");
        let mut numbers = version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(0..=1)), _) | (Some(Ok(2)), None | Some(Ok(0..=4))) => Generation::Plain,
            (Some(Ok(2)), _) => Generation::Budget(size),
            (Some(Ok(major)), minor) => {
                Generation::Level { version: (major, minor.and_then(Result::ok).unwrap_or(0)), size }
            }
            // `gemini-flash-latest`: the newest there is.
            (_, _) if matches!(version, "pro" | "flash") => Generation::Level { version: (u32::MAX, 0), size },
            (_, _) => Generation::Foreign,
        }
    }

    /// Whether it thinks unless told otherwise.
    pub(super) fn thinks(self) -> bool {
        match self {
            Generation::Plain | Generation::Budget(Size::Lite) | Generation::Foreign => false,
            Generation::Budget(_) | Generation::Level { .. } => true,
        }
    }

    /// Whether the signatures of its thoughts must come back with its tool calls.
    pub(super) fn wants_signatures(self) -> bool {
        matches!(self, Generation::Level { .. })
    }
}

/// Writes `thinkingConfig`.
pub(super) fn thinking(config: &mut Map<String, Value>, model: &str, params: &Params, changes: &mut Changes) {
    let (effort, budget) = (params.effort, params.thinking_budget);
    let sent = match (Generation::of(model), effort, budget) {
        (_, None, None) => return,
        (Generation::Plain, ..) => {
            let set = [("effort", effort.is_some()), ("thinking_budget", budget.is_some())];
            for (name, _) in set.into_iter().filter(|(_, is_set)| *is_set) {
                changes.dropped(name, "this model does not think");
            }
            return;
        }
        (Generation::Budget(size), _, Some(wanted)) => {
            if effort.is_some() {
                changes.dropped("effort", "this model takes a budget, and `thinking_budget` is set");
            }
            json!({"thinkingBudget": budget_within(size, wanted, changes)})
        }
        (Generation::Budget(size), Some(effort), None) => {
            let budget = budget_of(size, effort);
            changes.clamped("effort", format!("this model takes a budget in tokens; sent {budget}"));
            json!({"thinkingBudget": budget})
        }
        (Generation::Level { version, size }, Some(effort), _) => {
            if budget.is_some() {
                changes.dropped("thinking_budget", "this model takes a level, and `effort` is set");
            }
            json!({"thinkingLevel": level(version, size, effort, changes)})
        }
        (Generation::Level { version, size }, None, Some(budget)) => {
            let level = level(version, size, effort_of(budget), &mut Changes::default());
            changes.clamped("thinking_budget", format!("this model takes a level instead of a budget; sent {level}"));
            json!({"thinkingLevel": level})
        }
        (Generation::Foreign, Some(effort), _) => json!({"thinkingLevel": effort.word().to_ascii_uppercase()}),
        (Generation::Foreign, None, Some(budget)) => json!({"thinkingBudget": budget}),
    };
    config.insert("thinkingConfig".to_owned(), sent);
}

/// Least and most tokens of a budget that is not zero.
fn bounds(size: Size) -> (u32, u32) {
    match size {
        Size::Pro => (128, 32_768),
        Size::Flash => (1, 24_576),
        Size::Lite => (512, 24_576),
    }
}

fn budget_within(size: Size, wanted: u32, changes: &mut Changes) -> u32 {
    let (least, most) = bounds(size);
    let sent = if wanted == 0 && size != Size::Pro { 0 } else { wanted.clamp(least, most) };
    if sent != wanted {
        changes.clamped("thinking_budget", format!("this model takes {least} to {most} tokens; sent {sent}"));
    }
    sent
}

/// The budgets that Google's own OpenAI-compatible endpoint gives to efforts.
fn budget_of(size: Size, effort: Effort) -> u32 {
    let (least, most) = bounds(size);
    match effort {
        Effort::None if size == Size::Pro => least,
        Effort::None => 0,
        Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 8192,
        Effort::High => 24_576,
        Effort::Xhigh | Effort::Max => most,
    }
}

/// The effort that is nearest to a budget, by the same measure.
fn effort_of(budget: u32) -> Effort {
    match budget {
        0 => Effort::None,
        1..=4096 => Effort::Low,
        4097..=16_384 => Effort::Medium,
        _ => Effort::High,
    }
}

fn level(version: (u32, u32), size: Size, effort: Effort, changes: &mut Changes) -> &'static str {
    let is_pro = size == Size::Pro;
    let sent = match effort {
        Effort::None | Effort::Minimal | Effort::Low if is_pro => "LOW",
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        // The first Pro has two levels only.
        Effort::Medium if is_pro && version == (3, 0) => "HIGH",
        Effort::Medium => "MEDIUM",
        Effort::Xhigh | Effort::Max if version > (3, 5) => "XHIGH",
        Effort::High | Effort::Xhigh | Effort::Max => "HIGH",
    };
    if !sent.eq_ignore_ascii_case(effort.word()) {
        let why =
            if effort == Effort::None { "this model cannot stop thinking" } else { "this model has no such level" };
        changes.clamped("effort", format!("{why}; sent {sent}"));
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_follow_from_names() {
        let level = |version, size| Generation::Level { version, size };
        let cases = [
            ("gemini-1.5-pro", Generation::Plain),
            ("gemini-2.0-flash", Generation::Plain),
            ("models/gemini-2.5-pro", Generation::Budget(Size::Pro)),
            ("gemini-2.5-flash-lite-preview", Generation::Budget(Size::Lite)),
            ("gemini-3-pro-preview", level((3, 0), Size::Pro)),
            ("gemini-3.1-flash-lite", level((3, 1), Size::Lite)),
            ("gemini-flash-latest", level((u32::MAX, 0), Size::Flash)),
            ("gemini-robotics-er-1.5", Generation::Foreign),
            ("gemma-3-27b-it", Generation::Foreign),
        ];
        for (model, generation) in cases {
            assert_eq!(Generation::of(model), generation, "{model}");
        }
    }

    fn sent(model: &str, effort: Option<Effort>, thinking_budget: Option<u32>) -> (Value, Vec<String>) {
        let mut changes = Changes::default();
        let mut config = Map::new();
        thinking(&mut config, model, &Params { effort, thinking_budget, ..Params::default() }, &mut changes);
        let changed = changes.0.iter().map(|w| format!("{} {}", w.param, w.action)).collect();
        (config.remove("thinkingConfig").unwrap_or_default(), changed)
    }

    #[test]
    fn efforts_become_budgets_or_levels() {
        let budget = |tokens: u32| json!({"thinkingBudget": tokens});
        let level = |level: &str| json!({"thinkingLevel": level});
        let cases = [
            ("gemini-2.5-flash", Effort::None, budget(0), 1),
            ("gemini-2.5-pro", Effort::None, budget(128), 1),
            ("gemini-2.5-pro", Effort::Max, budget(32_768), 1),
            ("gemini-2.5-flash", Effort::Medium, budget(8192), 1),
            ("gemini-3-flash", Effort::None, level("MINIMAL"), 1),
            ("gemini-3-flash", Effort::Minimal, level("MINIMAL"), 0),
            ("gemini-3-pro", Effort::Medium, level("HIGH"), 1),
            ("gemini-3.1-pro", Effort::Medium, level("MEDIUM"), 0),
            ("gemini-3.1-pro", Effort::Minimal, level("LOW"), 1),
            ("gemini-3.5-flash", Effort::Xhigh, level("HIGH"), 1),
            ("gemini-3.8-flash", Effort::Xhigh, level("XHIGH"), 0),
            ("gemini-2.0-flash", Effort::Low, Value::Null, 1),
            ("gemma-9", Effort::Low, level("LOW"), 0),
        ];
        for (model, effort, wanted, changed) in cases {
            let (found, changes) = sent(model, Some(effort), None);
            assert_eq!((found, changes.len()), (wanted, changed), "{model} {effort:?}");
        }
    }

    #[test]
    fn level_and_budget_are_never_sent_together() {
        let (found, changed) = sent("gemini-2.5-flash", Some(Effort::Low), Some(99_999));
        assert_eq!((found, changed.len()), (json!({"thinkingBudget": 24_576}), 2));
        assert_eq!(sent("gemini-2.5-flash", None, Some(0)), (json!({"thinkingBudget": 0}), vec![]));
        assert_eq!(sent("gemini-2.5-pro", None, Some(0)).0, json!({"thinkingBudget": 128}));
        let (found, changed) = sent("gemini-3.1-pro", Some(Effort::High), Some(5));
        assert_eq!((found, changed), (json!({"thinkingLevel": "HIGH"}), vec!["thinking_budget dropped".to_owned()]));
        let (found, changed) = sent("gemini-3.1-pro", None, Some(9000));
        assert_eq!((found, changed), (json!({"thinkingLevel": "MEDIUM"}), vec!["thinking_budget clamped".to_owned()]));
    }
}
