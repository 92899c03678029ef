//! Units of measure, and quantities as people write them: `5 km`, `5,000 m`, `$3.50`, `1 h 30 min`, `12 %`.

use super::super::numerals::{Numeral, Style, numerals};

/// What a unit measures. Currencies measure only themselves: karat knows no rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Length,
    Mass,
    Time,
    Data,
    Temperature,
    Area,
    Volume,
    Speed,
    Energy,
    Power,
    Share,
    Money(&'static str),
}

/// A unit: how much of its base unit it is, and where its zero lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    pub(super) dimension: Dimension,
    factor: f64,
    offset: f64,
}

type Row = (Dimension, f64, &'static [&'static str], &'static [&'static str]);

/// Dimension, factor to the base unit, symbols (with their case), names (without). Factors are exact by definition:
/// SI brochure (2019), international yard and pound (1959), IEC 80000-13 for data.
const UNITS: &[Row] = &[
    (Dimension::Length, 1e-9, &["nm"], &["nanometer", "nanometre", "nanometers", "nanometres"]),
    (
        Dimension::Length,
        1e-6,
        &["µm", "μm", "um"],
        &["micrometer", "micrometre", "micrometers", "micrometres", "micron", "microns"],
    ),
    (Dimension::Length, 1e-3, &["mm"], &["millimeter", "millimetre", "millimeters", "millimetres"]),
    (Dimension::Length, 1e-2, &["cm"], &["centimeter", "centimetre", "centimeters", "centimetres"]),
    (Dimension::Length, 1e-1, &["dm"], &["decimeter", "decimetre", "decimeters", "decimetres"]),
    (Dimension::Length, 1.0, &["m"], &["meter", "metre", "meters", "metres"]),
    (Dimension::Length, 1e3, &["km"], &["kilometer", "kilometre", "kilometers", "kilometres"]),
    (Dimension::Length, 0.0254, &["in", "″"], &["inch", "inches"]),
    (Dimension::Length, 0.3048, &["ft", "′"], &["foot", "feet"]),
    (Dimension::Length, 0.9144, &["yd"], &["yard", "yards"]),
    (Dimension::Length, 1609.344, &["mi"], &["mile", "miles"]),
    (Dimension::Length, 1852.0, &["nmi"], &[]),
    (Dimension::Mass, 1e-9, &["µg", "μg", "ug", "mcg"], &["microgram", "micrograms"]),
    (Dimension::Mass, 1e-6, &["mg"], &["milligram", "milligrams"]),
    (Dimension::Mass, 1e-3, &["g"], &["gram", "grams", "gramme", "grammes"]),
    (Dimension::Mass, 1.0, &["kg"], &["kilogram", "kilograms", "kilo", "kilos"]),
    (Dimension::Mass, 1e3, &["t"], &["tonne", "tonnes"]),
    (Dimension::Mass, 0.028_349_523_125, &["oz"], &["ounce", "ounces"]),
    (Dimension::Mass, 0.453_592_37, &["lb", "lbs"], &["pound", "pounds"]),
    (Dimension::Time, 1e-9, &["ns"], &["nanosecond", "nanoseconds"]),
    (Dimension::Time, 1e-6, &["µs", "μs", "us"], &["microsecond", "microseconds"]),
    (Dimension::Time, 1e-3, &["ms"], &["millisecond", "milliseconds"]),
    (Dimension::Time, 1.0, &["s"], &["second", "seconds", "sec", "secs"]),
    (Dimension::Time, 60.0, &["min"], &["minute", "minutes", "mins"]),
    (Dimension::Time, 3600.0, &["h"], &["hour", "hours", "hr", "hrs"]),
    (Dimension::Time, 86400.0, &["d"], &["day", "days"]),
    (Dimension::Time, 604_800.0, &[], &["week", "weeks"]),
    (Dimension::Data, 0.125, &["b"], &["bit", "bits"]),
    (Dimension::Data, 125.0, &["kb", "kbit", "Kbit"], &["kilobit", "kilobits"]),
    (Dimension::Data, 125e3, &["Mb", "Mbit"], &["megabit", "megabits"]),
    (Dimension::Data, 125e6, &["Gb", "Gbit"], &["gigabit", "gigabits"]),
    (Dimension::Data, 1.0, &["B"], &["byte", "bytes"]),
    (Dimension::Data, 1e3, &["kB", "KB"], &["kilobyte", "kilobytes"]),
    (Dimension::Data, 1e6, &["MB"], &["megabyte", "megabytes"]),
    (Dimension::Data, 1e9, &["GB"], &["gigabyte", "gigabytes"]),
    (Dimension::Data, 1e12, &["TB"], &["terabyte", "terabytes"]),
    (Dimension::Data, 1e15, &["PB"], &["petabyte", "petabytes"]),
    (Dimension::Data, 1024.0, &["KiB"], &["kibibyte", "kibibytes"]),
    (Dimension::Data, 1_048_576.0, &["MiB"], &["mebibyte", "mebibytes"]),
    (Dimension::Data, 1_073_741_824.0, &["GiB"], &["gibibyte", "gibibytes"]),
    (Dimension::Data, 1_099_511_627_776.0, &["TiB"], &["tebibyte", "tebibytes"]),
    (Dimension::Temperature, 1.0, &["K"], &["kelvin", "kelvins"]),
    (Dimension::Area, 1e-4, &["cm²", "cm2"], &[]),
    (Dimension::Area, 1.0, &["m²", "m2", "sqm"], &[]),
    (Dimension::Area, 1e4, &["ha"], &["hectare", "hectares"]),
    (Dimension::Area, 1e6, &["km²", "km2"], &[]),
    (Dimension::Area, 4_046.856_422_4, &[], &["acre", "acres"]),
    (Dimension::Volume, 1e-3, &["ml", "mL"], &["milliliter", "milliliters", "millilitre", "millilitres"]),
    (Dimension::Volume, 1e-2, &["cl", "cL"], &["centiliter", "centiliters", "centilitre", "centilitres"]),
    (Dimension::Volume, 1.0, &["l", "L"], &["liter", "liters", "litre", "litres"]),
    (Dimension::Volume, 1e3, &["m³", "m3"], &[]),
    (Dimension::Speed, 1.0, &["m/s"], &[]),
    (Dimension::Speed, 1.0 / 3.6, &["km/h", "kph", "kmh"], &[]),
    (Dimension::Speed, 0.447_04, &["mph"], &[]),
    (Dimension::Speed, 1852.0 / 3600.0, &["kn"], &["knot", "knots"]),
    (Dimension::Energy, 1.0, &["J"], &["joule", "joules"]),
    (Dimension::Energy, 1e3, &["kJ"], &["kilojoule", "kilojoules"]),
    (Dimension::Energy, 3600.0, &["Wh"], &[]),
    (Dimension::Energy, 3.6e6, &["kWh"], &[]),
    (Dimension::Energy, 4184.0, &["kcal"], &["kilocalorie", "kilocalories"]),
    (Dimension::Power, 1.0, &["W"], &["watt", "watts"]),
    (Dimension::Power, 1e3, &["kW"], &["kilowatt", "kilowatts"]),
    (Dimension::Power, 1e6, &["MW"], &["megawatt", "megawatts"]),
    (Dimension::Share, 0.01, &["%"], &["percent", "pct"]),
    (Dimension::Money("USD"), 1.0, &["$", "USD", "US$"], &["dollar", "dollars"]),
    (Dimension::Money("EUR"), 1.0, &["€", "EUR"], &["euro", "euros"]),
    (Dimension::Money("GBP"), 1.0, &["£", "GBP"], &[]),
    (Dimension::Money("JPY"), 1.0, &["¥", "JPY"], &["yen"]),
    (Dimension::Money("INR"), 1.0, &["₹", "INR"], &["rupee", "rupees"]),
    (Dimension::Money("CHF"), 1.0, &["CHF"], &[]),
    (Dimension::Money("CAD"), 1.0, &["CAD", "C$"], &[]),
    (Dimension::Money("AUD"), 1.0, &["AUD", "A$"], &[]),
    (Dimension::Money("CNY"), 1.0, &["CNY", "RMB"], &["yuan"]),
    (Dimension::Money("SEK"), 1.0, &["SEK"], &[]),
    (Dimension::Money("PLN"), 1.0, &["PLN", "zł"], &[]),
];

impl Unit {
    /// The unit of a symbol or name.
    pub(super) fn named(word: &str) -> Option<Unit> {
        match word {
            "°C" | "℃" => return Some(Unit { dimension: Dimension::Temperature, factor: 1.0, offset: 273.15 }),
            "°F" | "℉" => {
                return Some(Unit { dimension: Dimension::Temperature, factor: 5.0 / 9.0, offset: 459.67 * 5.0 / 9.0 });
            }
            _ => {}
        }
        let lower = word.to_lowercase();
        match lower.as_str() {
            "celsius" | "degrees celsius" => return Unit::named("°C"),
            "fahrenheit" | "degrees fahrenheit" => return Unit::named("°F"),
            _ => {}
        }
        let row = UNITS
            .iter()
            .find(|(_, _, symbols, _)| symbols.contains(&word))
            .or_else(|| UNITS.iter().find(|(_, _, _, names)| names.contains(&lower.as_str())))?;
        Some(Unit { dimension: row.0, factor: row.1, offset: 0.0 })
    }

    /// An amount of it in the base unit.
    pub(super) fn to_base(self, amount: f64) -> f64 {
        amount * self.factor + self.offset
    }

    /// A difference of amounts in the base unit: differences have no zero to shift.
    pub(super) fn span_to_base(self, amount: f64) -> f64 {
        amount * self.factor
    }
}

/// A quantity found in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    /// As written.
    pub(super) written: String,
    pub(super) unit: Unit,
    /// In the base unit; `None` when the number can be read in two ways.
    pub(super) base: Option<f64>,
    start: usize,
    end: usize,
}

/// The quantities of `text` in order; `1 h 30 min` is one.
pub(super) fn quantities(text: &str, style: Style) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    for numeral in numerals(text, style) {
        let Some(next) = quantity(text, &numeral) else { continue };
        match found.last_mut() {
            Some(last) if continues(text, last, &next) => {
                last.base = last.base.zip(next.base).map(|(a, b)| a + b);
                last.end = next.end;
                last.unit = next.unit;
                last.written = text.get(last.start..last.end).unwrap_or("").to_owned();
            }
            _ => found.push(next),
        }
    }
    found
}

/// Whether a quantity goes on with a smaller unit: `5 ft 3 in`, `2 hours and 5 minutes`.
fn continues(text: &str, last: &Quantity, next: &Quantity) -> bool {
    let between = text.get(last.end..next.start).map(str::trim);
    matches!(last.unit.dimension, Dimension::Length | Dimension::Mass | Dimension::Time)
        && last.unit.dimension == next.unit.dimension
        && next.unit.factor < last.unit.factor
        && matches!(between, Some("" | "," | "and" | ", and"))
}

fn quantity(text: &str, numeral: &Numeral<'_>) -> Option<Quantity> {
    let start = numeral.written.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let number_end = start + numeral.written.len();
    let amount = numeral.amount.map(|amount| amount.canonical().parse::<f64>());
    let amount = match amount {
        Some(Ok(amount)) => Some(amount),
        Some(Err(_)) | None => None,
    };
    let (unit, start, end) = match unit_behind(text, number_end) {
        Some((unit, end)) => (unit, start, end),
        None => {
            let (unit, from) = unit_before(text, start)?;
            (unit, from, number_end)
        }
    };
    let written = text.get(start..end)?.trim().to_owned();
    Some(Quantity { written, unit, base: amount.map(|amount| unit.to_base(amount)), start, end })
}

/// The unit behind a number, and where it ends: the longest of one or two words that is one.
fn unit_behind(text: &str, at: usize) -> Option<(Unit, usize)> {
    let rest = text.get(at..)?;
    let gap = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']).len();
    // A line or a long gap ends a quantity.
    let body = rest.get(gap..).filter(|_| gap <= 4)?;
    let is_part = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '°' | '℃' | '℉' | '%' | '$' | '€' | '£' | '¥' | '₹' | '/' | '²' | '³' | '′' | '″')
    };
    let word_end = body.find(|c: char| !is_part(c)).unwrap_or(body.len());
    let two_end = body
        .get(word_end..)
        .and_then(|rest| rest.strip_prefix(' '))
        .map(|rest| word_end + 1 + rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()));
    let word = |end: usize| body.get(..end).and_then(|word| Unit::named(word).map(|unit| (unit, at + gap + end)));
    let single =
        || body.chars().next().filter(|c| !c.is_alphanumeric() && is_part(*c)).and_then(|c| word(c.len_utf8()));
    // `$5/month` and `5 km/h` differ by what stands behind the stroke.
    let before_stroke = || body.find('/').filter(|end| *end < word_end).and_then(word);
    two_end.and_then(word).or_else(|| word(word_end)).or_else(before_stroke).or_else(single)
}

/// The unit before a number: a sign or code of a currency.
fn unit_before(text: &str, start: usize) -> Option<(Unit, usize)> {
    let before = text.get(..start)?;
    let bare = before.trim_end_matches([' ', '\u{a0}', '-', '−']);
    let is_part = |c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '€' | '£' | '¥' | '₹');
    let from = bare.char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map(|(index, _)| index)?;
    let money = |unit: &Unit| matches!(unit.dimension, Dimension::Money(_));
    bare.get(from..).and_then(Unit::named).filter(money).map(|unit| (unit, from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<f64>)> {
        quantities(text, Style::default()).into_iter().map(|found| (found.written, found.base)).collect()
    }

    #[test]
    fn quantities_are_read_as_they_are_written() {
        let table: [(&str, &[(&str, f64)]); 15] = [
            ("It is 5 km away.", &[("5 km", 5000.0)]),
            ("5,000m or 5000 metres", &[("5,000m", 5000.0), ("5000 metres", 5000.0)]),
            ("1 h 30 min", &[("1 h 30 min", 5400.0)]),
            ("2 hours and 5 minutes, then 3 hours", &[("2 hours and 5 minutes", 7500.0), ("3 hours", 10800.0)]),
            ("$3.50 or 3.50 USD", &[("$3.50", 3.5), ("3.50 USD", 3.5)]),
            ("EUR 20, 20€", &[("EUR 20", 20.0), ("20€", 20.0)]),
            ("12 % of 3 apples", &[("12 %", 0.12)]),
            ("0 °C", &[("0 °C", 273.15)]),
            ("20 degrees Celsius", &[("20 degrees Celsius", 293.15)]),
            ("8 Mb is 1 MB", &[("8 Mb", 1e6), ("1 MB", 1e6)]),
            ("90 km/h", &[("90 km/h", 25.0)]),
            ("$5/month", &[("$5", 5.0)]),
            ("a 5-km run", &[("5-km", 5000.0)]),
            ("5", &[]),
            ("5 furlongs", &[]),
        ];
        for (text, wanted) in table {
            let found = read(text);
            assert_eq!(found.len(), wanted.len(), "{text}: {found:?}");
            for ((written, base), (shown, value)) in found.iter().zip(wanted) {
                assert_eq!(written, shown, "{text}");
                assert!(
                    base.is_some_and(|base| (base - value).abs() < 1e-9 * value.abs().max(1.0)),
                    "{text}: {base:?}"
                );
            }
        }
    }

    #[test]
    fn no_symbol_names_two_units() {
        let mut seen = std::collections::HashSet::new();
        for (_, _, symbols, names) in UNITS {
            assert!(symbols.iter().chain(*names).all(|word| seen.insert(*word)), "{symbols:?} {names:?}");
            assert!(names.iter().all(|name| *name == name.to_lowercase()));
        }
    }
}
