//! The money guard: no call is started that could carry the spend past the limit.

use crate::base::Usd;

/// A limit on spend: what it is called, how much, and what was spent against it before this run went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// As the user knows it, such as `--max-cost` or `DAILY_COST_LIMIT_USD`.
    pub name: &'static str,
    /// The most that may be spent.
    pub most: Usd,
    /// Already spent against it.
    pub spent: Usd,
}

/// Whether a call may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may; this much is set aside for it.
    Go(Usd),
    /// Not until calls under way have settled.
    Wait,
    /// It may not, and nothing under way can change that. The sentence says which limit.
    Stop(String),
}

/// Spend of a run against its limits. Every call under way has the most it can cost set aside.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget {
    limits: Vec<Limit>,
    spent: Usd,
    reserved: Usd,
    under_way: usize,
}

impl Budget {
    /// A budget of these limits; none means no limit.
    pub(super) fn new(limits: Vec<Limit>) -> Budget {
        Budget { limits, ..Budget::default() }
    }

    /// Whether there is any limit at all.
    pub(super) fn is_limited(&self) -> bool {
        !self.limits.is_empty()
    }

    /// Asks for a call that costs at most `most`.
    pub(super) fn admit(&mut self, most: Usd) -> Admission {
        let wanted = self.spent.saturating_add(self.reserved).saturating_add(most);
        for limit in &self.limits {
            if limit.spent.saturating_add(wanted) > limit.most {
                if self.under_way > 0 {
                    return Admission::Wait;
                }
                let spent = limit.spent.saturating_add(self.spent);
                let text =
                    format!("{} is {}, {spent} are spent, and the next call may cost {most}", limit.name, limit.most);
                return Admission::Stop(text);
            }
        }
        self.reserved = self.reserved.saturating_add(most);
        self.under_way += 1;
        Admission::Go(most)
    }

    /// A call has ended: `reserved` is freed, `spent` is counted. An unknown cost counts as all that was set aside.
    pub(super) fn settle(&mut self, reserved: Usd, spent: Option<Usd>) {
        self.reserved = Usd::from_picos(self.reserved.picos().saturating_sub(reserved.picos()));
        self.spent = self.spent.saturating_add(spent.unwrap_or(reserved));
        self.under_way = self.under_way.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        Usd::parse(text).expect("amount")
    }

    fn limit(most: &str, spent: &str) -> Limit {
        Limit { name: "--max-cost", most: usd(most), spent: usd(spent) }
    }

    #[test]
    fn calls_under_way_are_set_aside_and_settled_at_their_true_cost() {
        let mut budget = Budget::new(vec![limit("1", "0")]);
        assert_eq!(budget.admit(usd("0.6")), Admission::Go(usd("0.6")));
        assert_eq!(budget.admit(usd("0.6")), Admission::Wait);
        budget.settle(usd("0.6"), Some(usd("0.1")));
        assert_eq!(budget.admit(usd("0.6")), Admission::Go(usd("0.6")));
        budget.settle(usd("0.6"), None);
        let Admission::Stop(text) = budget.admit(usd("0.6")) else { panic!("must stop") };
        assert_eq!(text, "--max-cost is $1.00, $0.70 are spent, and the next call may cost $0.60");
    }

    #[test]
    fn every_limit_holds_and_what_was_spent_before_counts() {
        let mut budget =
            Budget::new(vec![limit("10", "0"), Limit { name: "DAILY_COST_LIMIT_USD", ..limit("2", "1.9") }]);
        assert!(matches!(budget.admit(usd("0.2")), Admission::Stop(text) if text.starts_with("DAILY_COST_LIMIT_USD")));
        assert_eq!(budget.admit(usd("0.1")), Admission::Go(usd("0.1")));
        assert!(!Budget::new(Vec::new()).is_limited());
    }
}
