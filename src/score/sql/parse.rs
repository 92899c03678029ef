//! Reads SQL in one of the dialects; the only door to the parser.

use sqlparser::ast::Statement;
use sqlparser::dialect::{Dialect, dialect_from_str};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::super::reason;

/// Dialects by the words users write; the first is the default. `sqlparser` knows them by the same words.
pub(super) const DIALECTS: &[(&str, &str)] = &[
    ("generic", "generic"),
    ("ansi", "ansi"),
    ("bigquery", "bigquery"),
    ("clickhouse", "clickhouse"),
    ("databricks", "databricks"),
    ("duckdb", "duckdb"),
    ("hive", "hive"),
    ("mssql", "mssql"),
    ("mysql", "mysql"),
    ("oracle", "oracle"),
    ("postgresql", "postgresql"),
    ("redshift", "redshift"),
    ("snowflake", "snowflake"),
    ("spark", "spark"),
    ("sqlite", "sqlite"),
    ("teradata", "teradata"),
];
/// Most tokens that are read. Chains such as `a OR b OR …` make trees as deep as they are long, which are walked and
/// dropped by recursion: this many fit a stack of 2 MB.
const MOST_TOKENS: usize = 4_000;
/// Longest text that is cut into tokens.
const MOST_BYTES: usize = 200_000;

/// Why there are no statements.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::score) enum NotSql {
    /// It is not SQL of the dialect.
    Fault(String),
    /// It is longer or deeper than karat reads.
    TooMuch(String),
}

/// The statements of `text`.
pub(in crate::score) fn statements(text: &str, dialect: &str) -> Result<Vec<Statement>, NotSql> {
    if text.len() > MOST_BYTES {
        return Err(NotSql::TooMuch(format!("the SQL has {} bytes, more than {MOST_BYTES}", text.len())));
    }
    let dialect: Box<dyn Dialect> =
        dialect_from_str(dialect).ok_or_else(|| NotSql::TooMuch(format!("internal error: no dialect `{dialect}`")))?;
    let tokens = Tokenizer::new(dialect.as_ref(), text)
        .tokenize_with_location()
        .map_err(|error| NotSql::Fault(reason::message(&error.to_string())))?;
    let spoken = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).count();
    if spoken > MOST_TOKENS {
        return Err(NotSql::TooMuch(format!("the SQL has {spoken} tokens, more than {MOST_TOKENS}")));
    }
    let parsed = Parser::new(dialect.as_ref()).with_tokens_with_locations(tokens).parse_statements();
    match parsed {
        Ok(statements) if statements.is_empty() => Err(NotSql::Fault("no statement".to_owned())),
        Ok(statements) => Ok(statements),
        Err(ParserError::RecursionLimitExceeded) => {
            Err(NotSql::TooMuch("the SQL nests deeper than karat reads".to_owned()))
        }
        Err(ParserError::ParserError(told) | ParserError::TokenizerError(told)) => {
            Err(NotSql::Fault(reason::message(&told)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_has_its_parser() {
        for (word, _) in DIALECTS {
            assert_eq!(statements("select 1", word).map(|all| all.len()), Ok(1), "{word}");
        }
    }

    #[test]
    fn long_chains_and_deep_nests_end() {
        let chain = format!("select {}1", "1+".repeat(MOST_TOKENS / 2 - 2));
        assert!(statements(&chain, "generic").is_ok());
        let unions = format!("select 1{}", " union select 1".repeat(MOST_TOKENS / 3 - 2));
        assert!(statements(&unions, "generic").is_ok());
        let deep = format!("select {}1{}", "(".repeat(1000), ")".repeat(1000));
        assert!(matches!(statements(&deep, "generic"), Err(NotSql::TooMuch(_))));
        let long = "1+".repeat(MOST_TOKENS);
        assert!(matches!(statements(&long, "generic"), Err(NotSql::TooMuch(_))));
        assert!(matches!(statements(&"x".repeat(MOST_BYTES + 1), "generic"), Err(NotSql::TooMuch(_))));
    }

    #[test]
    fn what_is_not_sql_is_told() {
        for text in ["", "-- nothing", "hello world", "select * form t where", "select 'a"] {
            assert!(matches!(statements(text, "generic"), Err(NotSql::Fault(_))), "{text}");
        }
    }
}
