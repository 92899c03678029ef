//! Cuts CSV into records, strictly (RFC 4180): readers of tables guess where this tells.

/// Most cells that are read.
const MOST_CELLS: usize = 2_000_000;

/// The records of `text`; empty lines count as none. `Err` tells what is wrong and in which line.
pub(super) fn records(text: &str, delimiter: char) -> Result<Vec<Vec<String>>, String> {
    let mut all = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut cells = 0;
    let mut line = 1;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    loop {
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, delimiter, &mut line)?,
            None => plain_cell(rest, delimiter, line)?,
        };
        cells += 1;
        if cells > MOST_CELLS {
            return Err(format!("more than {MOST_CELLS} cells"));
        }
        record.push(cell);
        if let Some(next) = after.strip_prefix(delimiter) {
            rest = next;
            continue;
        }
        // A line with nothing in it is no record of one empty cell.
        let done = std::mem::take(&mut record);
        if done.iter().any(|cell| !cell.is_empty()) || done.len() > 1 {
            all.push(done);
        }
        let next = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).or_else(|| after.strip_prefix('\r'));
        match next {
            Some(next) if !next.is_empty() => {
                line += 1;
                rest = next;
            }
            _ => return Ok(all),
        }
    }
}

fn quoted_cell<'t>(quoted: &'t str, delimiter: char, line: &mut usize) -> Result<(String, &'t str), String> {
    let opened = *line;
    let mut cell = String::new();
    let mut rest = quoted;
    loop {
        let Some(at) = rest.find('"') else { return Err(format!("the quote opened in line {opened} is never closed")) };
        let (inside, after) = rest.split_at(at);
        cell.push_str(inside);
        *line += inside.matches('\n').count();
        let after = after.get(1..).unwrap_or("");
        if let Some(next) = after.strip_prefix('"') {
            cell.push('"');
            rest = next;
            continue;
        }
        if after.is_empty() || after.starts_with([delimiter, '\n', '\r']) {
            return Ok((cell, after));
        }
        return Err(format!("text stands behind a closing quote in line {line}"));
    }
}

fn plain_cell(rest: &str, delimiter: char, line: usize) -> Result<(String, &str), String> {
    let end = rest.find([delimiter, '\n', '\r']).unwrap_or(rest.len());
    let (cell, after) = rest.split_at(end);
    if cell.contains('"') {
        return Err(format!("a quote stands inside a cell without quotes in line {line}"));
    }
    Ok((cell.to_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_hold_delimiters_and_lines() {
        let read = |text: &str| records(text, ',');
        let wanted = |rows: &[&[&str]]| -> Result<Vec<Vec<String>>, String> {
            Ok(rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect())
        };
        assert_eq!(read("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n"), wanted(&[&["a", "b"], &["1", "x, \"y\"\nz"]]));
        assert_eq!(read("a,\n\n,b"), wanted(&[&["a", ""], &["", "b"]]));
        assert_eq!(read("\u{feff}a"), wanted(&[&["a"]]));
        assert_eq!(read(""), wanted(&[]));
        assert_eq!(read("a\n\"b").map_err(|told| told.contains("line 2")), Err(true));
        assert!(read("\"a\"b").is_err() && read("a\"b").is_err());
    }

    proptest! {
        #[test]
        fn records_are_those_of_another_reader(rows in prop::collection::vec(prop::collection::vec("[a,\"\n é]{0,4}", 2..4), 0..5)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            rows.iter().for_each(|row| writer.write_record(row).expect("written"));
            let text = String::from_utf8(writer.into_inner().expect("written")).expect("text");
            let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|row| row.expect("read").iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(records(&text, ',').expect("CSV"), theirs);
        }

        #[test]
        fn any_text_ends(text in any::<String>()) {
            drop(records(&text, ';'));
        }
    }
}
