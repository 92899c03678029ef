//! `sql`: the output is SQL of a dialect that touches only what is permitted.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::structure::fence::{IN_BLOCK, Place};
use super::parse::{DIALECTS, NotSql, statements};
use super::permit::Permits;
use super::uses::uses;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "sql",
    family: "structure",
    about: "the output is SQL that parses in a dialect, and touches only permitted tables and columns",
    version: 1,
    pass_at: 1.0,
    short: "dialect",
    value: ValueRule::Optional,
    options: &[
        OptionSpec {
            name: "dialect",
            kind: OptionKind::Word(DIALECTS),
            takes: "generic, ansi, bigquery, clickhouse, databricks, duckdb, hive, mssql, mysql, oracle, postgresql, \
                    redshift, snowflake, spark, sqlite or teradata",
            about: "whose SQL; `generic` takes most of what any of them does, and is meant unless given",
        },
        OptionSpec::fixed(
            "statements",
            "a list of words",
            "the kinds of statements permitted, such as `[select]`; statements inside others count",
        ),
        OptionSpec::fixed(
            "tables",
            "a list of names",
            "the tables permitted: `users`, `shop.users`, `*.users`, or for one kind of statement \
             `select::shop::users`; a name fits as it is written, so `users` is not `shop.users`",
        ),
        OptionSpec::fixed(
            "columns",
            "a list of names",
            "the columns permitted: `users.name`, `users.*` (which `SELECT *` needs), `name` of any table, or \
             `select::users::name`",
        ),
        OptionSpec::flag("single", "there is one statement and no more"),
        Place::ALLOW_FENCED,
        IN_BLOCK,
    ],
    degenerate: &[
        "an empty output, comments alone and prose fail; `not_sql` passes on them; functions are not limited",
        "it parses: whether tables and columns exist is not known; parsers take more than databases do",
        "names are compared without case and quotes; names of `WITH` and of subqueries are no tables",
        "with `tables` or `columns` only select, insert, update, delete, merge (not with `columns`) and explain may stand",
        "a column without its table belongs to the tables of the nearest FROM; where it is permitted for some of them \
         only, or after a natural join, the check is ungraded",
        "more than 4,000 tokens or 50 levels are ungraded",
    ],
    example: "- sql: {dialect: postgresql, statements: [select], tables: [users, orders]}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    // The short form is not read as a word of a closed set.
    let dialect = settings.word("dialect", "generic").to_owned();
    if settings.get("dialect").is_some_and(|given| !given.is_string())
        || !DIALECTS.iter().any(|(word, _)| *word == dialect)
    {
        let near = crate::base::closest(&dialect, DIALECTS.iter().map(|(word, _)| *word));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(Fault::new("dialect", format!("`{dialect}` is not a dialect of SQL{near}")).alone());
    }
    let permits = Permits::of_settings(settings)?;
    let generic = dialect == "generic";
    let check = Sql { dialect, permits, single: settings.flag("single"), place: Place::of(settings, &["sql"]) };
    let mut prepared = Prepared::new(check);
    if generic {
        prepared = prepared.canonical("dialect", serde_json::Value::Null);
    }
    for option in ["statements", "tables", "columns"] {
        prepared = prepared.canonical(option, Permits::canonical(settings, option));
    }
    Ok(prepared)
}

struct Sql {
    dialect: String,
    permits: Permits,
    single: bool,
    place: Place,
}

impl Scorer for Sql {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let single = if self.single { "one statement of " } else { "" };
        let wanted = format!("{single}SQL ({}){}", self.dialect, self.permits.phrase());
        let text = match self.place.find(&input.reply.text) {
            Ok(text) => text,
            Err(seen) => return Finding::of_bool(false, seen, wanted),
        };
        let parsed = match statements(text, &self.dialect) {
            Ok(parsed) => parsed,
            Err(NotSql::Fault(fault)) => {
                return Finding::of_bool(
                    false,
                    format!("{}, which does not parse ({fault})", reason::quote(text)),
                    wanted,
                );
            }
            Err(NotSql::TooMuch(reason)) => return Finding::Ungraded(reason),
        };
        if self.single && parsed.len() > 1 {
            return Finding::of_bool(false, format!("{} statements in {}", parsed.len(), reason::quote(text)), wanted);
        }
        match self.permits.fault(&uses(&parsed)) {
            Err(reason) => Finding::Ungraded(reason),
            Ok(None) => Finding::of_bool(true, reason::quote(text), wanted),
            Ok(Some(fault)) => {
                Finding::of_bool(false, format!("{} in {}", reason::message(&fault), reason::quote(text)), wanted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of, ungraded};

    #[test]
    fn sql_must_parse_in_its_dialect() {
        assert!(passes("sql", "SELECT a FROM t WHERE b = 1;") && passes("not_sql", "Select the best one for you."));
        for bad in ["", "-- none", "SELECT a FROM", "```sql\nSELECT 1\n```", "Here: SELECT 1"] {
            assert!(fails("sql", bad), "{bad}");
        }
        assert!(
            passes("sql: postgresql", "SELECT '{}'::jsonb -> 'a'") && fails("sql: mysql", "SELECT ARRAY[1]::int[]")
        );
        assert!(passes("sql: {dialect: mysql}", "SELECT `a` FROM `t`") && fails("sql: mysql", "SELECT [a] FROM [t]"));
        assert!(reason_of("sql", "SELECT 1 FROM").contains("which does not parse (Expected: "));
    }

    #[test]
    fn sql_may_stand_in_a_fence_where_that_is_allowed() {
        let fenced = "```sql\nSELECT 1\n```";
        assert!(passes("sql: {allow_fenced: true}", fenced) && passes("sql: {in_block: true}", fenced));
        let prose = format!("Try this:\n\n{fenced}\n\nIt counts.");
        assert!(fails("sql: {allow_fenced: true}", &prose) && passes("sql: {in_block: true}", &prose));
        assert!(fails("sql: {in_block: true}", "SELECT 1"));
    }

    #[test]
    fn only_what_is_permitted_may_be_touched() {
        let check = "sql: {statements: [select], tables: [users, shop.orders], columns: [users.name, users.id, 'shop.orders.*']}";
        for good in [
            "SELECT name FROM users",
            "SELECT u.name, o.total FROM users u JOIN shop.orders o ON o.user_id = u.id",
            "SELECT * FROM shop.orders",
            "WITH x AS (SELECT id FROM users) SELECT id FROM x",
            "SELECT \"Name\" FROM Users WHERE id IN (SELECT user_id FROM shop.orders)",
            "SELECT count(*) FROM users",
            "SELECT count(*) AS n FROM shop.orders ORDER BY n",
        ] {
            assert!(passes(check, good), "{good}: {}", reason_of(check, good));
        }
        for (bad, seen) in [
            ("SELECT password FROM users", "the column `users.password` in a `select`"),
            ("SELECT * FROM users", "the column `users.*`"),
            ("SELECT to_json(u) FROM users u", "the column `users.*`"),
            ("SELECT 1 FROM orders", "the table `orders` in a `select`"),
            ("SELECT 1 FROM other.users", "the table `other.users`"),
            ("DELETE FROM users", "a `delete` statement"),
            ("SELECT 1; DROP TABLE users", "a `drop` statement"),
            ("WITH users AS (SELECT * FROM users) SELECT * FROM users", "the column `users.*`"),
            ("SELECT name FROM users WHERE password = 'x'", "the column `users.password`"),
            ("SELECT name FROM users ORDER BY password", "the column `users.password`"),
            ("SELECT name INTO copy FROM users", "a `create` statement"),
            ("SELECT name FROM users UNION SELECT password FROM users", "the column `users.password`"),
        ] {
            let reason = reason_of(check, bad);
            assert!(fails(check, bad) && reason.contains(seen), "{bad}: {reason}");
        }
        assert!(ungraded(check, "SELECT (SELECT password AS password) FROM users").contains("which table"));
        assert!(ungraded(check, "SELECT (SELECT password) AS password FROM users").contains("which table"));
        assert!(ungraded(check, "SELECT total FROM users, shop.orders").contains("which table the column `total`"));
        assert!(ungraded(check, "SELECT 1 FROM users NATURAL JOIN shop.orders").contains("natural join"));
    }

    #[test]
    fn permits_of_one_kind_of_statement_are_read_as_elsewhere() {
        let check = "sql: {tables: ['select::null::users', 'insert::(.*)::log'], columns: ['select::users::id', 'insert::null::(.*)']}";
        assert!(passes(check, "SELECT id FROM users"));
        assert!(fails(check, "UPDATE users SET id = 1") && fails(check, "CREATE TABLE users (id int)"));
        let tables = "sql: {tables: ['select::null::users', 'insert::db::log']}";
        assert!(passes(tables, "INSERT INTO db.log (a) SELECT x FROM users") && fails(tables, "SELECT 1 FROM db.log"));
    }

    #[test]
    fn one_statement_may_be_asked_for() {
        assert!(passes("sql: {single: true}", "SELECT 1;") && fails("sql: {single: true}", "SELECT 1; SELECT 2"));
    }

    #[test]
    fn bad_options_are_reported() {
        assert!(problems_of("sql: postgre").contains("did you mean `postgresql`?"));
        assert!(problems_of("sql: {dialect: dbase}").contains("dialect"));
        assert!(problems_of("sql: {tables: ['a::b']}").contains("names no table"));
        assert!(problems_of("sql: {columns: ['users.']}").contains("names no column"));
        assert!(problems_of("sql: {tables: []}").contains("empty list"));
    }
}
