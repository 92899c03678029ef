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

/// A limit that other processes spend from as well.
pub trait SharedLimit: Send {
    /// Sets money aside so that all calls of this process may cost `upto` in total.
    fn set_aside(&mut self, upto: Usd) -> Grant;
}

/// What a [`SharedLimit`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// It is set aside.
    Granted,
    /// Others have set aside what is left, and may give some of it back. The sentence says so.
    NotYet(String),
    /// It is spent, or nobody can tell. The sentence says which limit.
    Refused(String),
}

/// Whether a call may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may; this much is set aside for it.
    Go(Usd),
    /// Not until calls under way have settled.
    Wait,
    /// Not until another process has given money back. The sentence says so.
    Pause(String),
    /// It may not, and nothing under way can change that. The sentence says which limit.
    Stop(String),
}

/// Calls for which money is set aside at once: each time costs a transaction.
const CALLS_AHEAD: i64 = 16;

/// Spend of a run against its limits. Every call under way has the most it can cost set aside.
#[derive(Default)]
pub(super) struct Budget {
    limits: Vec<Limit>,
    shared: Option<Box<dyn SharedLimit>>,
    /// What the shared limit has set aside for this process.
    granted: Usd,
    spent: Usd,
    reserved: Usd,
    under_way: usize,
}

impl Budget {
    /// A budget of these limits; none means no limit.
    pub(super) fn new(limits: Vec<Limit>, shared: Option<Box<dyn SharedLimit>>) -> Budget {
        Budget { limits, shared, ..Budget::default() }
    }

    /// Whether there is any limit at all.
    pub(super) fn is_limited(&self) -> bool {
        !self.limits.is_empty() || self.shared.is_some()
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
        match self.ask_others(wanted, most) {
            Grant::Granted => {}
            Grant::NotYet(_) | Grant::Refused(_) if self.under_way > 0 => return Admission::Wait,
            Grant::NotYet(why) => {
                self.give_back();
                return Admission::Pause(why);
            }
            Grant::Refused(why) => return Admission::Stop(why),
        }
        self.reserved = self.reserved.saturating_add(most);
        self.under_way += 1;
        Admission::Go(most)
    }

    /// Has money set aside where that is needed: for some calls at once while there is enough, else for this one.
    fn ask_others(&mut self, wanted: Usd, most: Usd) -> Grant {
        let Some(shared) = self.shared.as_mut().filter(|_| wanted > self.granted) else { return Grant::Granted };
        let ahead = Usd::from_picos(most.picos().saturating_mul(CALLS_AHEAD));
        for upto in [wanted.saturating_add(ahead), wanted] {
            match shared.set_aside(upto) {
                Grant::Granted => self.granted = upto,
                _ if upto > wanted => continue,
                refused => return refused,
            }
            break;
        }
        Grant::Granted
    }

    /// Gives back what was set aside ahead: two processes that each hold a little and wait for the other would never end.
    fn give_back(&mut self) {
        let spent = self.spent;
        if let Some(shared) = self.shared.as_mut().filter(|_| self.granted > spent)
            && shared.set_aside(spent) == Grant::Granted
        {
            self.granted = spent;
        }
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
        let mut budget = Budget::new(vec![limit("1", "0")], None);
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
            Budget::new(vec![limit("10", "0"), Limit { name: "DAILY_COST_LIMIT_USD", ..limit("2", "1.9") }], None);
        assert!(matches!(budget.admit(usd("0.2")), Admission::Stop(text) if text.starts_with("DAILY_COST_LIMIT_USD")));
        assert_eq!(budget.admit(usd("0.1")), Admission::Go(usd("0.1")));
        assert!(!Budget::new(Vec::new(), None).is_limited());
    }

    /// Others hold `held` of `most`, and have spent none of it.
    struct Purse {
        most: Usd,
        held: Usd,
        asked: Vec<Usd>,
    }

    impl SharedLimit for &'static std::sync::Mutex<Purse> {
        fn set_aside(&mut self, upto: Usd) -> Grant {
            let mut purse = self.lock().expect("lock");
            purse.asked.push(upto);
            if upto.saturating_add(purse.held) <= purse.most {
                Grant::Granted
            } else if upto <= purse.most {
                Grant::NotYet("held".to_owned())
            } else {
                Grant::Refused("spent".to_owned())
            }
        }
    }

    #[test]
    fn money_that_others_hold_is_waited_for_and_spent_money_is_not() {
        let purse: &'static std::sync::Mutex<Purse> =
            Box::leak(Box::new(std::sync::Mutex::new(Purse { most: usd("1"), held: usd("0.5"), asked: Vec::new() })));
        let mut budget = Budget::new(Vec::new(), Some(Box::new(purse)));
        assert!(budget.is_limited());
        assert_eq!(budget.admit(usd("0.3")), Admission::Go(usd("0.3")));
        assert_eq!(purse.lock().expect("lock").asked, [usd("5.1"), usd("0.3")], "ahead first, then the call alone");
        assert_eq!(budget.admit(usd("0.3")), Admission::Wait);
        budget.settle(usd("0.3"), Some(usd("0.3")));
        assert_eq!(budget.admit(usd("0.3")), Admission::Pause("held".to_owned()));
        purse.lock().expect("lock").held = usd("0.2");
        assert_eq!(budget.admit(usd("0.1")), Admission::Go(usd("0.1")));
        budget.settle(usd("0.1"), Some(Usd::ZERO));
        purse.lock().expect("lock").held = usd("0.5");
        assert_eq!(budget.admit(usd("0.4")), Admission::Pause("held".to_owned()));
        assert_eq!(purse.lock().expect("lock").asked.last(), Some(&usd("0.3")), "what is not spent is given back");
        purse.lock().expect("lock").held = Usd::ZERO;
        assert_eq!(budget.admit(usd("0.3")), Admission::Go(usd("0.3")));
        budget.settle(usd("0.3"), Some(usd("0.3")));
        assert_eq!(budget.admit(usd("0.5")), Admission::Stop("spent".to_owned()));
        // What was set aside and not spent is used before more is asked for.
        let asked = purse.lock().expect("lock").asked.len();
        budget.settle(usd("0.1"), Some(Usd::ZERO));
        assert_eq!(budget.admit(Usd::ZERO), Admission::Go(Usd::ZERO));
        assert_eq!(purse.lock().expect("lock").asked.len(), asked);
    }
}
