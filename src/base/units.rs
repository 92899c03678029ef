//! Units as types: money, tokens, time, shares.

use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Why a number is not a value of its unit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// Not a number of the expected form.
    #[error("`{0}` is not an amount; write `0.05` or `$0.05`")]
    Amount(String),
    /// Too large to hold.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// Outside 0..=1.
    #[error("{0} is not between 0 and 1")]
    Ratio(String),
}

/// Money in picodollars (1e-12 USD): exact for every published token price. Unknown money is `Option::None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(i64);

impl Usd {
    /// No money. Not the same as unknown.
    pub const ZERO: Usd = Usd(0);
    const SCALE: u32 = 12;

    /// From picodollars.
    pub fn from_picos(picos: i64) -> Usd {
        Usd(picos)
    }

    /// In picodollars.
    pub fn picos(self) -> i64 {
        self.0
    }

    /// From an exact decimal amount of dollars, rounded half-even to a picodollar. `None` when too large.
    pub fn from_decimal(dollars: Decimal) -> Option<Usd> {
        let scaled = dollars.checked_mul(Decimal::from(1_000_000_000_000_i64))?;
        scaled.round().to_i64().map(Usd)
    }

    /// As an exact decimal amount of dollars.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Usd::SCALE).normalize()
    }

    /// Parses `0.05` or `$0.05`.
    ///
    /// # Errors
    /// [`UnitError`] when it is not such an amount, or too large.
    pub fn parse(text: &str) -> Result<Usd, UnitError> {
        let number = text.trim().strip_prefix('$').unwrap_or(text.trim());
        let dollars: Decimal = number.parse().map_err(|_| UnitError::Amount(text.to_owned()))?;
        Usd::from_decimal(dollars).ok_or_else(|| UnitError::TooLarge(text.to_owned()))
    }

    /// Sum, `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Usd) -> Option<Usd> {
        self.0.checked_add(other.0).map(Usd)
    }

    /// Sum, held at the largest amount on overflow: for totals that only grow.
    #[must_use]
    pub fn saturating_add(self, other: Usd) -> Usd {
        Usd(self.0.saturating_add(other.0))
    }

    /// Difference, held at the smallest amount on overflow.
    #[must_use]
    pub fn saturating_sub(self, other: Usd) -> Usd {
        Usd(self.0.saturating_sub(other.0))
    }

    /// The exact amount in dollars without `$`, such as `0.0000125`.
    pub fn exact(self) -> String {
        self.to_decimal().to_string()
    }
}

/// For people: `$0.00`, `$12.34`, `$0.0042`; at least two decimals and at least three significant digits, half-even.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.to_decimal();
        let magnitude = dollars.abs();
        let mut decimals = 2;
        let mut bound = Decimal::ONE;
        while magnitude < bound && decimals < Usd::SCALE && !magnitude.is_zero() {
            decimals += u32::from(bound < Decimal::ONE);
            bound /= Decimal::TEN;
        }
        let shown = dollars.round_dp(decimals + u32::from(decimals > 2)).normalize();
        let shown = if shown.scale() < 2 { format!("{shown:.2}") } else { shown.to_string() };
        match shown.strip_prefix('-') {
            Some(rest) => write!(f, "-${rest}"),
            None => write!(f, "${shown}"),
        }
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.exact())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
        Usd::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(pub u64);

impl Tokens {
    /// Sum, saturating.
    #[must_use]
    pub fn plus(self, other: Tokens) -> Tokens {
        Tokens(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A length of time in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// From a duration, rounded to the nearest millisecond.
    pub fn of(duration: Duration) -> Millis {
        Millis(u64::try_from((duration.as_micros() + 500) / 1000).unwrap_or(u64::MAX))
    }

    /// As a duration.
    pub fn to_duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::format_duration(self.to_duration()))
    }
}

/// A share or a score: a finite number in 0..=1. Never NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
#[serde(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// 0.
    pub const ZERO: Ratio = Ratio(0.0);
    /// 1.
    pub const ONE: Ratio = Ratio(1.0);

    /// A value in 0..=1.
    ///
    /// # Errors
    /// [`UnitError::Ratio`] when it is outside, or not a number.
    pub fn new(value: f64) -> Result<Ratio, UnitError> {
        if (0.0..=1.0).contains(&value) { Ok(Ratio(value)) } else { Err(UnitError::Ratio(value.to_string())) }
    }

    /// The nearest value in 0..=1; not-a-number becomes 0. For results of sums that may miss a bound by rounding.
    pub fn clamped(value: f64) -> Ratio {
        if value.is_nan() { Ratio(0.0) } else { Ratio(value.clamp(0.0, 1.0)) }
    }

    /// 1 for true, 0 for false.
    pub fn of_bool(value: bool) -> Ratio {
        if value { Ratio::ONE } else { Ratio::ZERO }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// 1 − the number.
    #[must_use]
    pub fn inverted(self) -> Ratio {
        Ratio(1.0 - self.0)
    }
}

/// As a percentage with one decimal: `93.3 %`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} %", self.0 * 100.0)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ratio, D::Error> {
        Ratio::new(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_and_prints_for_people() {
        let shown = [
            ("0", "$0.00", "0"),
            ("0.0000125", "$0.0000125", "0.0000125"),
            ("12.345", "$12.34", "12.345"),
            ("0.5", "$0.50", "0.5"),
            ("0.05", "$0.05", "0.05"),
            ("$1234", "$1234.00", "1234"),
            ("0.00592515", "$0.00593", "0.00592515"),
            ("-0.25", "-$0.25", "-0.25"),
        ];
        for (text, people, exact) in shown {
            let usd = Usd::parse(text).expect(text);
            assert_eq!((usd.to_string().as_str(), usd.exact().as_str()), (people, exact), "{text}");
        }
        assert!(Usd::parse("five").is_err() && Usd::parse("99999999999999").is_err());
        assert_eq!(Usd::from_picos(i64::MAX).checked_add(Usd::from_picos(1)), None);
    }

    #[test]
    fn rounding_to_picodollars_is_half_even() {
        let picos = |text: &str| Usd::from_decimal(text.parse().expect("decimal")).map(Usd::picos);
        assert_eq!(picos("0.0000000000005"), Some(0));
        assert_eq!(picos("0.0000000000015"), Some(2));
    }

    #[test]
    fn ratios_are_never_nan_or_outside() {
        assert!(Ratio::new(f64::NAN).is_err() && Ratio::new(1.1).is_err() && Ratio::new(-0.1).is_err());
        assert_eq!(Ratio::clamped(f64::NAN), Ratio::ZERO);
        assert_eq!(Ratio::clamped(1.0 + 1e-12), Ratio::ONE);
    }

    #[test]
    fn tokens_print_with_thousands() {
        let shown: Vec<String> = [0, 999, 1_000, 1_234_567].map(|n| Tokens(n).to_string()).to_vec();
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }
}
