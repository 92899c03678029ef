//! Values of records as SQLite holds them: words, signed integers, JSON.

use std::ops::Range;

use rusqlite::Row;
use rusqlite::types::{FromSql, Type};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::{Digest, Millis, Usd, append_json, json_text};
use crate::record::RunKind;

/// An unsigned number as SQLite holds it. Counts and durations beyond 2^63 do not occur; they are held at the end.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The way back: negative numbers are not written, and read as zero.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

pub(super) fn picos(money: Option<Usd>) -> Option<i64> {
    money.map(Usd::picos)
}

pub(super) fn usd(picos: Option<i64>) -> Option<Usd> {
    picos.map(Usd::from_picos)
}

pub(super) fn millis(number: i64) -> Millis {
    Millis(unsigned(number))
}

/// A record as JSON. Records of this crate always serialize; should one not, the text says so instead of being lost.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    json_text(value).unwrap_or_else(|error| serde_json::Value::String(error.to_string()).to_string())
}

/// Appends a record as JSON, followed by a line break, and returns where it stands.
pub(super) fn json_into<T: Serialize>(value: &T, text: &mut Vec<u8>) -> Range<usize> {
    let start = text.len();
    if let Err(error) = append_json(value, text) {
        text.truncate(start);
        text.extend_from_slice(serde_json::Value::String(error.to_string()).to_string().as_bytes());
    }
    let range = start..text.len();
    text.push(b'\n');
    range
}

/// An error for column `index` that holds what karat does not write.
pub(super) fn unreadable(index: usize, what: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, what.into().into())
}

/// Column `index` as parsed JSON.
pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(index, error.to_string()))
}

/// Column `index` as parsed JSON, when it is there.
pub(super) fn from_json_option<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| unreadable(index, error.to_string()))
}

/// Column `index` as text read by `parse`.
pub(super) fn parsed<T, E: ToString>(
    row: &Row<'_>,
    index: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T> {
    parse(row.get_ref(index)?.as_str()?).map_err(|error| unreadable(index, error.to_string()))
}

/// Column `index` as one of a table of words.
pub(super) fn word<T>(row: &Row<'_>, index: usize, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    parse(text).ok_or_else(|| unreadable(index, format!("`{text}` is not a known word")))
}

/// Column `index` as one of a table of words, when it is there.
pub(super) fn word_option<T>(
    row: &Row<'_>,
    index: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    if row.get_ref(index)?.as_str_or_null()?.is_none() {
        return Ok(None);
    }
    word(row, index, parse).map(Some)
}

pub(super) fn digest(row: &Row<'_>, index: usize) -> rusqlite::Result<Digest> {
    <[u8; 32]>::column_result(row.get_ref(index)?)
        .map(Digest::from_bytes)
        .map_err(|error| unreadable(index, error.to_string()))
}

pub(super) fn tokens(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(index)?.map(unsigned))
}

pub(super) fn kind_word(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Eval => "eval",
        RunKind::Ab => "ab",
    }
}

pub(super) fn kind_of(word: &str) -> Option<RunKind> {
    match word {
        "eval" => Some(RunKind::Eval),
        "ab" => Some(RunKind::Ab),
        _ => None,
    }
}
