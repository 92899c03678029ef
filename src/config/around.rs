//! What stands around the calls to a provider: retries, circuit breaker, second requests.

use crate::base::{Fields, Kind, Millis, Problems};

use super::value;

/// How failed attempts are repeated; `None` is the caller's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetryConfig {
    /// `max_attempts`: attempts per call, the first included.
    pub max_attempts: Option<u32>,
    /// `deadline`: time in which all attempts of a call must begin.
    pub deadline_ms: Option<Millis>,
    /// `base`: first wait; it doubles with every failure.
    pub base_ms: Option<Millis>,
    /// `cap`: longest wait.
    pub cap_ms: Option<Millis>,
}

/// When calls stop because the provider fails; `None` is the caller's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BreakerConfig {
    /// `failures`: failures in a row that open it.
    pub failures: Option<u32>,
    /// `window`: within which they count.
    pub window_ms: Option<Millis>,
    /// `pause`: first pause; it doubles while probes fail.
    pub pause_ms: Option<Millis>,
}

/// When a second, identical request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HedgeConfig {
    /// `after`: when the first one takes longer.
    After(Millis),
    /// `percentile`: when it takes longer than so many percent of the latest.
    Percentile(u8),
}

/// Everything around the calls to one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AroundConfig {
    /// `retries`.
    pub retries: RetryConfig,
    /// `breaker`.
    pub breaker: BreakerConfig,
    /// `hedge`; off by default.
    pub hedge: Option<HedgeConfig>,
    /// `heal`: whether a parameter that the provider does not take is left out in one more attempt; off by default.
    pub heal: Option<bool>,
}

/// Reads the fields of a provider.
pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> AroundConfig {
    AroundConfig {
        retries: retries(fields, problems),
        breaker: breaker(fields, problems),
        hedge: hedge(fields, problems),
        heal: fields.flag("heal", problems),
    }
}

fn retries(fields: &mut Fields<'_>, problems: &mut Problems) -> RetryConfig {
    let source = fields.source();
    let inner = fields.node("retries").and_then(|node| Fields::of(node, "`retries` mapping", source, problems));
    let Some(mut inner) = inner else { return RetryConfig::default() };
    let max_attempts = value::whole(&mut inner, "max_attempts", 1, 100, problems).map(|(number, _)| number);
    let mut time = |name| value::millis(&mut inner, name, problems);
    let retries =
        RetryConfig { max_attempts, deadline_ms: time("deadline"), base_ms: time("base"), cap_ms: time("cap") };
    inner.finish(problems);
    retries
}

fn breaker(fields: &mut Fields<'_>, problems: &mut Problems) -> BreakerConfig {
    let source = fields.source();
    let inner = fields.node("breaker").and_then(|node| Fields::of(node, "`breaker` mapping", source, problems));
    let Some(mut inner) = inner else { return BreakerConfig::default() };
    let failures = value::whole(&mut inner, "failures", 1, 10_000, problems).map(|(number, _)| number);
    let mut time = |name| value::millis(&mut inner, name, problems);
    let breaker = BreakerConfig { failures, window_ms: time("window"), pause_ms: time("pause") };
    inner.finish(problems);
    breaker
}

fn hedge(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<HedgeConfig> {
    let source = fields.source();
    let node = fields.node("hedge").filter(|node| node.kind != Kind::Null)?;
    let mut inner = Fields::of(node, "`hedge` mapping", source, problems)?;
    let after = value::millis(&mut inner, "after", problems);
    let percentile = value::whole(&mut inner, "percentile", 50, 99, problems).map(|(number, _)| number);
    let given = (inner.node("after").is_some(), inner.node("percentile").is_some());
    inner.finish(problems);
    if given.0 == given.1 {
        let message = "`hedge` takes either `after`, such as `2s`, or `percentile`, such as `95`";
        fields.invalid("hedge", message, problems);
        return None;
    }
    let percentile = percentile.and_then(|percent| u8::try_from(percent).ok()).map(HedgeConfig::Percentile);
    after.map(HedgeConfig::After).or(percentile)
}

impl AroundConfig {
    /// These with those of `over` on top, field by field.
    pub(super) fn overlaid(self, over: AroundConfig) -> AroundConfig {
        AroundConfig {
            retries: RetryConfig {
                max_attempts: over.retries.max_attempts.or(self.retries.max_attempts),
                deadline_ms: over.retries.deadline_ms.or(self.retries.deadline_ms),
                base_ms: over.retries.base_ms.or(self.retries.base_ms),
                cap_ms: over.retries.cap_ms.or(self.retries.cap_ms),
            },
            breaker: BreakerConfig {
                failures: over.breaker.failures.or(self.breaker.failures),
                window_ms: over.breaker.window_ms.or(self.breaker.window_ms),
                pause_ms: over.breaker.pause_ms.or(self.breaker.pause_ms),
            },
            hedge: over.hedge.or(self.hedge),
            heal: over.heal.or(self.heal),
        }
    }
}
