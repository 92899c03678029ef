//! `code_block`: the output has a fenced block of code, which parses where karat has a parser for its language.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::sql::parse::{NotSql, statements};
use super::super::structure::fence::{Block, blocks};
use super::code::{NotCode, javascript, line_at, python, rust};
use super::csv_read;
use super::html_read;
use super::xml_read::{self, NotXml};
use super::yaml_read::{self, NotYaml};

const SYNTAX: &[(&str, &str)] = &[("if_known", "if_known"), ("required", "required"), ("ignored", "ignored")];
const WHICH: &[(&str, &str)] = &[("all", "all"), ("any", "any"), ("first", "first"), ("last", "last")];

/// What a parser says of a body: it parses, it does not and why, or it is more than is read.
type Parse = fn(&str) -> Result<(), Fails>;

enum Fails {
    Fault(String),
    Unread(String),
}

/// Languages with a parser, the other words for them, and the parser.
const PARSERS: &[(&str, &[&str], Parse)] = &[
    ("json", &["json"], json),
    ("yaml", &["yaml", "yml"], yaml),
    ("toml", &["toml"], toml),
    ("xml", &["xml", "svg"], xml),
    ("html", &["html", "htm"], html),
    ("sql", &["sql", "postgresql", "mysql", "sqlite"], sql),
    ("csv", &["csv"], csv),
    ("jsonl", &["jsonl", "ndjson"], jsonl),
    ("python", &["python", "py", "python3"], |body| code(python::module(body))),
    ("javascript", &["javascript", "js", "mjs", "cjs", "node", "jsx"], |body| code(javascript::javascript(body))),
    ("typescript", &["typescript", "ts", "mts", "cts"], |body| code(javascript::typescript(body))),
    ("tsx", &["tsx"], |body| code(javascript::tsx(body))),
    ("rust", &["rust", "rs"], |body| code(rust::items_or_statements(body))),
];
/// Other words for languages without a parser.
const ALIASES: &[(&str, &[&str])] = &[
    ("bash", &["bash", "sh", "shell", "zsh"]),
    ("csharp", &["csharp", "cs", "c#"]),
    ("cpp", &["cpp", "c++", "cxx"]),
    ("go", &["go", "golang"]),
    ("ruby", &["ruby", "rb"]),
    ("kotlin", &["kotlin", "kt"]),
    ("markdown", &["markdown", "md"]),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "code_block",
    family: "structure",
    about: "the output has a fenced block of code of this language, which parses where karat has a parser for it",
    // 2: Python, JavaScript, TypeScript and Rust are parsed; JSX is JavaScript.
    version: 2,
    pass_at: 1.0,
    short: "language",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed(
            "language",
            "text",
            "the word behind the fence, or another word for it (`py`, `yml`); any unless given",
        ),
        OptionSpec {
            name: "syntax",
            kind: OptionKind::Word(SYNTAX),
            takes: "if_known, required or ignored",
            about: "the block must parse where there is a parser: json, jsonl, yaml, toml, xml, html, sql, csv, python, \
                    javascript (with JSX), typescript, tsx, rust (`if_known`, unless given); it must parse, and a \
                    language without a parser is an error (`required`); that it is there is enough (`ignored`)",
        },
        OptionSpec {
            name: "blocks",
            kind: OptionKind::Word(WHICH),
            takes: "all, any, first or last",
            about: "which blocks of the language must parse; `all` unless given",
        },
    ],
    degenerate: &[
        "an output without such a block fails, and so does a fence that is never closed",
        "for a language without a parser the reason says that only its presence was checked; with `syntax: required` and no \
         `language` such a block is ungraded",
        "a block without a language fits none but the empty choice",
        "fences are those of Markdown: three or more backticks or tildes",
        "code is parsed, never run: JavaScript and TypeScript as Oxc does, Rust as syn does (a file, or statements as in a \
         function), Python 3 by the grammar of tree-sitter, which takes in a little more than Python (such as a plain \
         argument behind a named one)",
        "what only a compiler finds (names, types, `return` outside of a function, a name declared twice) is not a fault",
        "code of more than 20,000 words and signs, or nested deeper than 400 brackets, is ungraded, and so is \
         TypeScript with more than 2,500 signs `<`",
    ],
    example: "- code_block: {language: json, syntax: required}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let language = match settings.get("language") {
        Some(value) => Some(plain(&text_of("language", "", value).map_err(Fault::alone)?)),
        None => None,
    };
    let syntax = settings.word("syntax", "if_known").to_owned();
    if let Some(language) = &language
        && syntax == "required"
        && parser(language).is_none()
    {
        let known: Vec<&str> = PARSERS.iter().map(|(name, ..)| *name).collect();
        return Err(Fault::new("language", format!("karat has no parser for {}", reason::message(language)))
            .help(format!(
                "it has parsers for {}; without `syntax: required` the block's presence is checked",
                known.join(", ")
            ))
            .alone());
    }
    let shown = language.clone().map_or(Value::Null, Value::String);
    let check = CodeBlock { language, syntax, which: settings.word("blocks", "all").to_owned() };
    Ok(Prepared::new(check).canonical("language", shown))
}

/// The one word for a language.
fn plain(word: &str) -> String {
    let lower = word.trim().to_lowercase();
    let by_parser = PARSERS.iter().find(|(_, words, _)| words.contains(&lower.as_str())).map(|(name, ..)| *name);
    let by_alias = || ALIASES.iter().find(|(_, words)| words.contains(&lower.as_str())).map(|(name, _)| *name);
    by_parser.or_else(by_alias).map_or(lower.clone(), str::to_owned)
}

fn parser(language: &str) -> Option<Parse> {
    PARSERS.iter().find(|(name, ..)| *name == language).map(|(.., parse)| *parse)
}

struct CodeBlock {
    language: Option<String>,
    syntax: String,
    which: String,
}

impl Scorer for CodeBlock {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let fits = |block: &Block<'_>| self.language.as_ref().is_none_or(|wanted| plain(word(block)) == *wanted);
        let mut found: Vec<Block<'_>> = blocks(text).into_iter().filter(fits).collect();
        match self.which.as_str() {
            "first" => found.truncate(1),
            "last" => drop(found.drain(..found.len().saturating_sub(1))),
            _ => {}
        }
        if found.is_empty() {
            return Finding::of_bool(false, format!("no such block in {}", reason::quote(text)), self.wanted());
        }
        let mut faults = Vec::new();
        let mut unread = None;
        let mut unknown = None;
        let mut good = 0;
        for block in &found {
            match self.judge(block) {
                Ok(None) => good += 1,
                Ok(Some(unparsed)) => {
                    unknown = Some(unparsed);
                    good += 1;
                }
                Err(Fails::Fault(fault)) => faults.push(format!("{} ({fault})", reason::quote(block.body))),
                Err(Fails::Unread(why)) => unread = Some(why),
            }
        }
        let holds = if self.which == "any" { good > 0 } else { faults.is_empty() };
        if let Some(why) = unread
            && (self.which == "any") != holds
        {
            return Finding::Ungraded(why);
        }
        let counted = reason::count(u64::try_from(found.len()).unwrap_or(u64::MAX), "block", "blocks");
        let note = unknown.map_or_else(String::new, |language| {
            format!(" (that it is there was checked, not that it parses: karat has no parser for {language})")
        });
        let seen = match faults.first() {
            Some(fault) if !holds => fault.clone(),
            _ => format!("{counted}{note}"),
        };
        Finding::of_bool(holds, seen, self.wanted())
    }
}

/// The language of a block, without what some tools write behind it: `rust,ignore`, `{.python}`.
fn word<'t>(block: &Block<'t>) -> &'t str {
    let word = block.language.trim_start_matches(['{', '.']);
    word.split([',', '{', '}', ':', ';']).next().unwrap_or(word)
}

impl CodeBlock {
    /// Whether a block is sound; `Ok(Some(language))` when there is no parser to tell.
    fn judge(&self, block: &Block<'_>) -> Result<Option<String>, Fails> {
        if !block.closed {
            return Err(Fails::Fault("its fence is never closed".to_owned()));
        }
        if self.syntax == "ignored" {
            return Ok(None);
        }
        let language = plain(word(block));
        match parser(&language) {
            Some(parse) => parse(block.body).map(|()| None),
            None => {
                let shown = if language.is_empty() {
                    "a block without a language".to_owned()
                } else {
                    reason::message(&language)
                };
                if self.syntax == "required" {
                    return Err(Fails::Unread(format!("karat has no parser for {shown}")));
                }
                Ok(Some(shown))
            }
        }
    }

    fn wanted(&self) -> String {
        let language = self.language.as_ref().map_or_else(String::new, |language| format!(" {language}"));
        let which = match self.which.as_str() {
            "any" => "a fenced{} block",
            "first" => "a first fenced{} block",
            "last" => "a last fenced{} block",
            _ => "fenced{} blocks",
        };
        let parses = if self.syntax == "ignored" { "" } else { " that parses" };
        let parses = if self.which == "all" && !parses.is_empty() { " that parse" } else { parses };
        format!("{}{parses}", which.replace("{}", &language))
    }
}

fn json(body: &str) -> Result<(), Fails> {
    let fault = |error: serde_json::Error| {
        let told = error.to_string();
        if told.starts_with("recursion limit") {
            Fails::Unread("the JSON nests deeper than 128 levels".to_owned())
        } else {
            Fails::Fault(reason::message(&told))
        }
    };
    serde_json::from_str::<Value>(body).map(|_| ()).map_err(fault)
}

fn jsonl(body: &str) -> Result<(), Fails> {
    let mut lines = body.lines().zip(1_usize..).filter(|(line, _)| !line.trim().is_empty());
    lines.try_for_each(|(line, number)| {
        serde_json::from_str::<Value>(line).map(|_| ()).map_err(|error| match json(line) {
            Err(Fails::Unread(why)) => Fails::Unread(why),
            // Of a row of its own serde always says line 1.
            _ => {
                let told = error.to_string();
                let why = told.split(" at line ").next().unwrap_or(&told);
                Fails::Fault(format!("{} at line {number} column {}", reason::message(why), error.column()))
            }
        })
    })
}

fn code(parsed: Result<(), NotCode>) -> Result<(), Fails> {
    parsed.map_err(|error| match error {
        NotCode::Fault { line, why } => Fails::Fault(format!("line {line}: {}", reason::message(&why))),
        NotCode::TooMuch(why) => Fails::Unread(why),
    })
}

fn yaml(body: &str) -> Result<(), Fails> {
    yaml_read::value(body).map(|_| ()).map_err(|error| match error {
        NotYaml::Fault(fault) => Fails::Fault(fault),
        NotYaml::TooMuch(why) => Fails::Unread(why),
    })
}

fn toml(body: &str) -> Result<(), Fails> {
    let parsed: Result<toml::Table, toml::de::Error> = toml::from_str(body);
    parsed.map(|_| ()).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(body, span.start));
        Fails::Fault(format!("line {line}: {}", reason::message(error.message())))
    })
}

fn xml(body: &str) -> Result<(), Fails> {
    xml_read::document(body).map(|_| ()).map_err(|error| match error {
        NotXml::Fault(fault) => Fails::Fault(fault),
        NotXml::Unread(why) => Fails::Unread(why),
    })
}

fn html(body: &str) -> Result<(), Fails> {
    let markup = html_read::read(body).map_err(Fails::Unread)?;
    let none = markup.elements.is_empty().then(|| "no element of HTML".to_owned());
    none.or(markup.fault).map_or(Ok(()), |fault| Err(Fails::Fault(fault)))
}

fn sql(body: &str) -> Result<(), Fails> {
    statements(body, "generic").map(|_| ()).map_err(|error| match error {
        NotSql::Fault(fault) => Fails::Fault(fault),
        NotSql::TooMuch(why) => Fails::Unread(why),
    })
}

fn csv(body: &str) -> Result<(), Fails> {
    let records = csv_read::records(body, ',').map_err(Fails::Fault)?;
    let first = records.first().map_or(0, Vec::len);
    match records.iter().position(|record| record.len() != first) {
        None if first > 0 => Ok(()),
        None => Err(Fails::Fault("no row".to_owned())),
        Some(at) => Err(Fails::Fault(format!("record {} is of another length than the first one", at + 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of, ungraded};

    fn block(language: &str, body: &str) -> String {
        format!("Here it is:\n\n```{language}\n{body}\n```\n\nDone.")
    }

    #[test]
    fn a_block_of_the_language_must_be_there_and_parse() {
        for (language, good, bad) in [
            ("json", "{\"a\": 1}", "{a: 1}"),
            ("yaml", "a: 1", "a: [1"),
            ("toml", "a = 1\n[b]\nc = \"x\"", "a = "),
            ("xml", "<a/>", "<a>"),
            ("html", "<p>x</p>", "<div>"),
            ("sql", "SELECT 1", "SELECT a FROM"),
            ("csv", "a,b\n1,2", "a,b\n1"),
            ("jsonl", "{}\n{}", "{}\n{"),
        ] {
            let check = format!("code_block: {{language: {language}, syntax: required}}");
            assert!(
                passes(&check, &block(language, good)),
                "{language}: {}",
                reason_of(&check, &block(language, good))
            );
            assert!(fails(&check, &block(language, bad)) && fails(&check, good), "{language}");
        }
        assert!(passes("code_block: yaml", &block("yml", "a: 1")) && passes("code_block: YML", &block("yaml", "a: 1")));
        assert!(
            passes("code_block", &block("json", "1"))
                && fails("code_block", "no code")
                && fails("code_block: json", &block("xml", "<a/>"))
        );
        assert!(passes("code_block: {language: json, syntax: ignored}", &block("json", "{")));
    }

    #[test]
    fn a_language_without_a_parser_is_never_said_to_parse() {
        let bash = block("sh", "if (");
        assert!(passes("code_block: bash", &bash));
        assert!(reason_of("code_block: bash", &bash).contains("not that it parses: karat has no parser for bash"));
        assert!(problems_of("code_block: {language: bash, syntax: required}").contains("no parser for bash"));
        assert!(ungraded("code_block: {syntax: required}", &bash).contains("no parser for bash"));
    }

    #[test]
    fn faults_of_data_name_their_line() {
        for (language, bad, wanted) in [
            ("json", "{\n\n  a: 1}", "line 3"),
            ("jsonl", "{}\n\n{\"a\": }", "at line 3 column 7"),
            ("toml", "a = 1\nb = ", "(line 2: "),
            ("yaml", "a: 1\nb: [1", "line "),
            ("xml", "<a>\n<b></a>", "2:"),
            ("sql", "SELECT 1;\nSELECT a FROM", "SELECT"),
        ] {
            let check = format!("code_block: {language}");
            let reason = reason_of(&check, &block(language, bad));
            assert!(fails(&check, &block(language, bad)) && reason.contains(wanted), "{language}: {reason}");
        }
    }

    #[test]
    fn which_blocks_must_parse_may_be_chosen() {
        let two = format!("{}{}", block("json", "{"), block("json", "{}"));
        assert!(fails("code_block: json", &two) && passes("code_block: {language: json, blocks: any}", &two));
        assert!(fails("code_block: {language: json, blocks: first}", &two));
        assert!(passes("code_block: {language: json, blocks: last}", &two));
        assert!(
            fails("code_block: json", "```json\n{}")
                && reason_of("code_block: json", "```json\n{}").contains("never closed")
        );
    }
}
