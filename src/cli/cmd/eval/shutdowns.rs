//! Models of a plan that are shut down, or soon will be: told before a run, while there is time to move.

use std::time::Duration;

use super::load::Loaded;
use crate::base::{ModelRef, Timestamp};
use crate::cli::Session;
use crate::price::{Ending, PriceTable};

/// A shutdown that lies farther ahead is not told yet: time enough to evaluate a successor in.
const AHEAD: Duration = Duration::from_secs(60 * 86_400);

/// Tells of each model under test and each judge that is shut down, or will be within 60 days. Scripted ones live on.
pub(super) fn warn(loaded: &Loaded, session: &Session) {
    let is_scripted =
        |model: &ModelRef| loaded.config.provider(&model.provider).is_some_and(|provider| provider.wire.is_free());
    for model in loaded.answering_models().iter().filter(|model| !is_scripted(model)) {
        if let Some(line) = warning(model, &loaded.prices, session.clock.now()) {
            session.ui.note(&line);
        }
    }
}

/// The warning of one model, in one line.
fn warning(model: &ModelRef, prices: &PriceTable, now: Timestamp) -> Option<String> {
    let facts = prices.resolve(Some(model.provider.as_str()), &model.model, None).facts()?;
    let ending = facts.ending(&now.utc_day())?;
    let is_near = match &ending {
        // Days are written so that their order is that of their texts.
        Ending::Announced(day) => *day <= now.plus(AHEAD).utc_day(),
        Ending::Past(_) | Ending::Unlisted => true,
    };
    is_near.then(|| format!("warning: `{model}` {ending}; move to a newer model, and evaluate it there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, ManualClock};

    /// 2026-11-21T14:30:00Z.
    const NOVEMBER: Timestamp = Timestamp(1_795_271_400_000);

    fn told(model: &str, days: u64) -> Option<String> {
        let clock = ManualClock::at(NOVEMBER);
        clock.advance(Duration::from_secs(days * 86_400));
        let model = ModelRef::parse(model).expect("model");
        warning(&model, PriceTable::bundled().expect("prices"), clock.now())
    }

    #[test]
    fn a_shutdown_is_told_from_sixty_days_before_it() {
        // The bundled data: gpt-5.4-nano ends on 2027-04-01, which is 131 days after 2026-11-21.
        assert_eq!(told("openai/gpt-5.4-nano", 70), None);
        let told_of = |words: &str| Some(format!("warning: `openai/gpt-5.4-nano` {words}"));
        let before = "will be shut down on 2027-04-01; move to a newer model, and evaluate it there";
        assert_eq!(told("openai/gpt-5.4-nano", 71), told_of(before));
        assert_eq!(told("openai/gpt-5.4-nano", 130), told_of(before));
        let after = "was to be shut down on 2027-04-01; move to a newer model, and evaluate it there";
        assert_eq!(told("openai/gpt-5.4-nano", 131), told_of(after));
    }

    #[test]
    fn a_model_that_is_gone_from_the_data_is_told_and_one_without_an_end_is_not() {
        assert!(told("anthropic/claude-2.1", 0).is_some_and(|line| line.contains("no longer listed")));
        assert_eq!(told("openai/gpt-5.4-mini", 0), None);
        assert_eq!(told("local/of-ones-own", 0), None);
    }
}
