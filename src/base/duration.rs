//! Durations as users write them: `300ms`, `5s`, `2m`, `1h`, `14d`.

use std::time::Duration;

const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Parses `300ms`, `1.5s`, `2m`, `1h`, `14d`; a number without a unit is refused.
///
/// # Errors
/// A message that says what is wrong and shows the accepted form.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("`{text}` is not a duration; write a number and a unit, such as `300ms`, `5s`, `2m`, `1h` or `14d`");
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = trimmed.split_at(split);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: rust_decimal::Decimal = number.trim().parse().map_err(|_| wrong())?;
    let millis = number.checked_mul((*scale).into()).ok_or_else(wrong)?;
    if millis.is_sign_negative() || !millis.fract().is_zero() {
        return Err(wrong());
    }
    u64::try_from(millis).map(Duration::from_millis).map_err(|_| wrong())
}

/// Shows a duration for people: `0 ms`, `850 ms`, `1.24 s`, `2 m 05 s`, `1 h 02 m`.
pub fn format_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let seconds = duration.as_secs();
    match millis {
        0..1_000 => millis.to_string() + " ms",
        1_000..60_000 => format!("{:.2} s", duration.as_secs_f64()),
        60_000..3_600_000 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse_with_their_units() {
        let cases = [
            ("300ms", 300),
            ("5s", 5_000),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            (" 14d ", 1_209_600_000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["5", "s", "-1s", "5 parsecs", "", "0.1ms", "1e3s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_print_for_people() {
        let shown = [(0, "0 ms"), (999, "999 ms"), (1_240, "1.24 s"), (125_000, "2 m 05 s"), (3_720_000, "1 h 02 m")];
        for (millis, text) in shown {
            assert_eq!(format_duration(Duration::from_millis(millis)), text);
        }
    }
}
