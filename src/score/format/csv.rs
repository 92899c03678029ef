//! `csv`: the output is a table in CSV of this shape.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, texts_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::structure::fence::{IN_BLOCK, Place};
use super::csv_read::records;

const DELIMITERS: &[(&str, &str)] = &[("comma", "comma"), ("semicolon", "semicolon"), ("tab", "tab"), ("pipe", "pipe")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "csv",
    family: "structure",
    about: "the output is a table in CSV with these columns and so many rows of one length",
    version: 1,
    pass_at: 1.0,
    short: "columns",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed("columns", "a list of names", "the names in the first line, in this order and no others"),
        OptionSpec::flag("any_order", "the columns may stand in any order"),
        OptionSpec::flag("more_columns", "there may be further columns"),
        OptionSpec::flag("no_header", "the first line is a row, not names"),
        OptionSpec::fixed("min_rows", "a whole number", "fewest rows below the names; 1 unless given"),
        OptionSpec::fixed("max_rows", "a whole number", "most rows"),
        OptionSpec {
            name: "delimiter",
            kind: OptionKind::Word(DELIMITERS),
            takes: "comma, semicolon, tab or pipe",
            about: "what stands between cells; `comma` unless given",
        },
        Place::ALLOW_FENCED,
        IN_BLOCK,
    ],
    degenerate: &[
        "RFC 4180: quotes hold delimiters and line breaks, and are doubled inside; a quote inside a cell without quotes, \
         or one never closed, fails",
        "rows of another length than the first line fail; empty lines do not count",
        "without `columns` there must be two columns at least: any sentence is a table of one",
        "names are compared with their case, without white space at their ends",
    ],
    example: "- csv: {columns: [name, price], min_rows: 3}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let columns = settings.get("columns").map(|value| texts_of("columns", value)).transpose()?;
    let (min, max) = (whole(settings, "min_rows")?, whole(settings, "max_rows")?);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(
            Fault::new("min_rows", format!("`min_rows` is {min}, more than `max_rows`, which is {max}")).alone()
        );
    }
    let no_header = settings.flag("no_header");
    if no_header && columns.is_some() {
        return Err(
            Fault::new("no_header", "`no_header` says that there are no names, and `columns` names them").alone()
        );
    }
    let shown = columns.as_ref().map_or(Value::Null, |columns| json!(columns));
    let least = min.filter(|min| *min != 1).map_or(Value::Null, |min| json!(min));
    let check = Csv {
        columns,
        any_order: settings.flag("any_order"),
        more_columns: settings.flag("more_columns"),
        no_header,
        min: min.unwrap_or(1),
        max,
        delimiter: match settings.word("delimiter", "comma") {
            "semicolon" => ';',
            "tab" => '\t',
            "pipe" => '|',
            _ => ',',
        },
        place: Place::of(settings, &["csv", "tsv"]),
    };
    Ok(Prepared::new(check).canonical("columns", shown).canonical("min_rows", least))
}

fn whole(settings: &Settings, option: &'static str) -> Result<Option<usize>, Vec<Fault>> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number.map(Some).ok_or_else(|| {
        let seen = if value.is_number() { value.to_string() } else { kind_of(value).to_owned() };
        let message = format!("`{option}` must be a whole number from 0, this is {seen}");
        Fault::new(option, message).code("wrong-type").alone()
    })
}

struct Csv {
    columns: Option<Vec<String>>,
    any_order: bool,
    more_columns: bool,
    no_header: bool,
    min: usize,
    max: Option<usize>,
    delimiter: char,
    place: Place,
}

impl Scorer for Csv {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = self.wanted();
        let text = match self.place.find(&input.reply.text) {
            Ok(text) => text,
            Err(seen) => return Finding::of_bool(false, seen, wanted),
        };
        let told = match records(text.trim_matches(['\n', '\r']), self.delimiter) {
            Ok(records) => self.fault(&records).map_or_else(
                || Ok(format!("{} rows of {} columns", self.rows(&records), records.first().map_or(0, Vec::len))),
                Err,
            ),
            Err(fault) => Err(fault),
        };
        match told {
            Ok(seen) => Finding::of_bool(true, seen, wanted),
            Err(fault) => Finding::of_bool(false, format!("{} ({fault})", reason::quote(text)), wanted),
        }
    }
}

impl Csv {
    fn rows(&self, records: &[Vec<String>]) -> usize {
        records.len().saturating_sub(usize::from(!self.no_header))
    }

    fn fault(&self, records: &[Vec<String>]) -> Option<String> {
        let Some(first) = records.first() else { return Some("no row".to_owned()) };
        if let Some((at, row)) = records.iter().enumerate().find(|(_, row)| row.len() != first.len()) {
            return Some(format!("record {} has {} cells, the first one {}", at + 1, row.len(), first.len()));
        }
        match &self.columns {
            Some(columns) => {
                if let Some(fault) = self.names_fault(columns, first) {
                    return Some(fault);
                }
            }
            None if first.len() < 2 => return Some("one column".to_owned()),
            None => {}
        }
        let rows = self.rows(records);
        let fits = rows >= self.min && self.max.is_none_or(|max| rows <= max);
        (!fits).then(|| reason::count(u64::try_from(rows).unwrap_or(u64::MAX), "row", "rows"))
    }

    fn names_fault(&self, wanted: &[String], seen: &[String]) -> Option<String> {
        let seen: Vec<&str> = seen.iter().map(|name| name.trim()).collect();
        let missing: Vec<&String> = wanted.iter().filter(|name| !seen.contains(&name.as_str())).collect();
        if !missing.is_empty() {
            return Some(format!("no column {}", reason::list(&missing)));
        }
        let known: Vec<&str> = seen.iter().copied().filter(|name| wanted.iter().any(|wanted| wanted == name)).collect();
        if !self.more_columns && seen.len() != wanted.len() {
            let other: Vec<&str> = seen.iter().copied().filter(|name| !known.contains(name)).collect();
            return Some(if other.is_empty() {
                "a column twice".to_owned()
            } else {
                format!("also {}", reason::list(&other))
            });
        }
        let in_order = known.iter().copied().eq(wanted.iter().map(String::as_str));
        (!self.any_order && !in_order).then(|| format!("columns in another order: {}", reason::list(&known)))
    }

    fn wanted(&self) -> String {
        let columns = self.columns.as_ref().map(|columns| format!(" with the columns {}", reason::list(columns)));
        let rows = match self.max {
            Some(max) => format!("{} to {max} rows", self.min),
            None => format!("at least {}", reason::count(u64::try_from(self.min).unwrap_or(u64::MAX), "row", "rows")),
        };
        format!("CSV{} and {rows}", columns.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of};

    const TABLE: &str = "name,price\nTea,2\n\"Cake, dry\",3\n";

    #[test]
    fn the_shape_of_the_table_is_checked() {
        assert!(
            passes("csv", TABLE)
                && passes("csv: [name, price]", TABLE)
                && passes("csv: {min_rows: 2, max_rows: 2}", TABLE)
        );
        assert!(
            fails("csv: {min_rows: 3}", TABLE)
                && fails("csv: {max_rows: 1}", TABLE)
                && fails("csv: [price, name]", TABLE)
        );
        assert!(passes("csv: {columns: [price, name], any_order: true}", TABLE));
        assert!(fails("csv: [name]", TABLE) && passes("csv: {columns: [name], more_columns: true}", TABLE));
        assert!(passes("csv: {no_header: true, min_rows: 3}", TABLE) && fails("csv: [name, price, tax]", TABLE));
        assert!(passes("csv: {delimiter: semicolon}", "a;b\n1;2") && fails("csv: {delimiter: semicolon}", TABLE));
        assert!(passes("csv: {allow_fenced: true}", &format!("```csv\n{TABLE}```")));
        assert!(passes("csv: [a]", "a\n1") && fails("csv", "a\n1"));
    }

    #[test]
    fn what_is_no_table_fails_with_a_reason() {
        for (text, told) in [
            ("", "no row"),
            ("Sorry, I cannot do that.", "0 rows"),
            ("a,b\n1,2,3", "record 2 has 3 cells, the first one 2"),
            ("a,b\n1,\"2", "never closed"),
            ("a,b\n1,x\"y", "a quote stands inside a cell"),
        ] {
            assert!(fails("csv", text) && reason_of("csv", text).contains(told), "{}", reason_of("csv", text));
        }
        assert!(reason_of("csv: [name, tax]", TABLE).contains("no column \"tax\""));
        assert!(reason_of("csv: [name]", TABLE).contains("also \"price\""));
    }

    #[test]
    fn bad_options_are_reported() {
        assert!(problems_of("csv: {min_rows: 3, max_rows: 2}").contains("more than `max_rows`"));
        assert!(problems_of("csv: {min_rows: -1}").contains("from 0"));
        assert!(problems_of("csv: {columns: [a], no_header: true}").contains("names them"));
    }
}
