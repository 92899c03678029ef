//! `regex`: a regular expression matches somewhere in the output.

use fancy_regex::{Error, Regex, RegexBuilder};
use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, text_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::compare::{TextRule, json_equal};
use crate::base::closest;

/// Steps back an expression may take on one output: about 10 ms, then the check is ungraded.
const BACKTRACK_LIMIT: usize = 200_000;
/// Most matches whose groups are looked at.
const MOST_MATCHES: usize = 10_000;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "regex",
    family: "text",
    about: "a regular expression matches somewhere in the output",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value(
            "value",
            "a regular expression",
            "syntax of the Rust `regex` crate with look-around and back-references; not anchored: use `^` and `$`; flags \
             inside, such as `(?i)`, `(?m)`, `(?s)`",
        ),
        OptionSpec::value(
            "captures",
            "a mapping",
            "what the named groups of one match must hold: `{year: 2024}` for `(?<year>\\d{4})`; numbers by value",
        ),
    ],
    degenerate: &[
        "with `captures` one match must hold all of them; a group that took no part in the match holds nothing",
        "an empty output matches only what matches nothing, such as `^$`",
        "an expression that backtracks more than 200,000 steps on an output is ungraded",
        "without `value` and without `expected` in the case it is ungraded",
    ],
    example: "- regex: \"(?i)order #\\\\d{6}\"",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let pattern = Pattern::compile("value", settings.value()?).map_err(Fault::alone)?;
    let captures = settings.get("captures").map(|wanted| captures(&pattern, wanted)).transpose()?;
    let canonical = json!(pattern.regex.as_str());
    Ok(Prepared::new(Matches { pattern, captures: captures.unwrap_or_default() }).canonical("value", canonical))
}

/// The wanted content of named groups; all faults at once.
fn captures(pattern: &Pattern, wanted: &Value) -> Result<Vec<(String, Value)>, Vec<Fault>> {
    let Value::Object(wanted) = wanted else {
        let message = format!("`captures` must be a mapping of names to values, this is {}", kind_of(wanted));
        return Err(Fault::new("captures", message).code("wrong-type").alone());
    };
    let known: Vec<&str> = pattern.regex.capture_names().flatten().collect();
    let mut faults = Vec::new();
    for (name, value) in wanted {
        let fault = |message: String| Fault::new("captures", message).pointer(format!("/{name}"));
        if !known.contains(&name.as_str()) {
            let near = closest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
            let message = format!("the expression has no group `{name}`{}", near.unwrap_or_default());
            // A fault of the expression: one from the case is known only there.
            faults.push(Fault::new("value", message).help("a group with a name is written `(?<name>…)`"));
        }
        if !matches!(value, Value::String(_) | Value::Number(_)) {
            faults.push(fault(format!("a group holds text or a number, this is {}", kind_of(value))));
        }
    }
    if wanted.is_empty() {
        faults.push(Fault::new("captures", "`captures` is empty"));
    }
    let pairs = wanted.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if faults.is_empty() { Ok(pairs) } else { Err(faults) }
}

/// Whether the text of a group is the value wanted.
fn holds(wanted: &Value, seen: &str) -> bool {
    match wanted {
        Value::String(wanted) => wanted == seen,
        wanted => seen
            .parse::<serde_json::Number>()
            .is_ok_and(|seen| json_equal(wanted, &Value::Number(seen), TextRule::default())),
    }
}

/// A compiled expression with its limits.
pub(crate) struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles the text of `option`.
    pub(crate) fn compile(option: &'static str, value: &Value) -> Result<Pattern, Fault> {
        let text = text_of(option, "", value)?;
        RegexBuilder::new(&text)
            .backtrack_limit(BACKTRACK_LIMIT)
            .build()
            .map(|regex| Pattern { regex })
            .map_err(|error| problem(option, &text, &error))
    }

    /// The bytes of the first match; `Err` when the limit was reached.
    pub(crate) fn find(&self, text: &str) -> Result<Option<(usize, usize)>, String> {
        match self.regex.find(text) {
            Ok(found) => Ok(found.map(|found| (found.start(), found.end()))),
            Err(_) => Err(self.gave_up()),
        }
    }

    /// The text of the last group of the first match that took part, or of the whole match; `Err` when the limit was
    /// reached.
    pub(crate) fn captured<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String> {
        match self.regex.captures(text) {
            Ok(found) => Ok(found.and_then(|groups| groups.iter().flatten().last().map(|group| group.as_str()))),
            Err(_) => Err(self.gave_up()),
        }
    }

    fn gave_up(&self) -> String {
        format!(
            "the expression `{}` backtracks more than {BACKTRACK_LIMIT} steps on this text; \
             nested repetitions such as `(a+)+` do",
            self.regex.as_str()
        )
    }

    pub(crate) fn as_str(&self) -> &str {
        self.regex.as_str()
    }
}

fn problem(option: &'static str, pattern: &str, error: &Error) -> Fault {
    let (what, at) = plain_problem(pattern).unwrap_or_else(|| match error {
        Error::ParseError(at, kind) => (uncapitalized(&kind.to_string()), Some(*at)),
        other => (uncapitalized(&reason::message(&other.to_string())), None),
    });
    let place = at.map_or_else(String::new, |at| {
        let before = pattern.get(..at.min(pattern.len())).unwrap_or(pattern);
        format!(" at character {}", before.chars().count() + 1)
    });
    let range = at.map(|at| (at.min(pattern.len().saturating_sub(1)), (at + 1).min(pattern.len())));
    Fault::new(option, format!("this regular expression is not valid: {what}{place}"))
        .code("invalid-regex")
        .range(range)
        .help("in YAML, single quotes keep backslashes: `'\\d+'`")
}

fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// What the `regex` crate says: it marks the place under the pattern, better than the engine with look-around does.
/// `None` when it only objects to look-around and back-references, which that engine has.
fn plain_problem(pattern: &str) -> Option<(String, Option<usize>)> {
    let Err(regex::Error::Syntax(text)) = regex::Regex::new(pattern) else { return None };
    let what = text.lines().find_map(|line| line.strip_prefix("error: "))?;
    if what.contains("look-around") || what.contains("backreferences") {
        return None;
    }
    let indent = 4; // The crate shows the pattern, and marks below it, behind four spaces.
    let marks = text.lines().find(|line| line.contains('^') && line.trim_matches([' ', '^']).is_empty());
    let column = marks.and_then(|line| line.find('^')).and_then(|column| column.checked_sub(indent));
    let at = column.and_then(|column| pattern.char_indices().nth(column)).map(|(at, _)| at);
    Some((what.to_owned(), at))
}

struct Matches {
    pattern: Pattern,
    /// Names of groups and what they must hold.
    captures: Vec<(String, Value)>,
}

impl Scorer for Matches {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let wanted = format!("a match of `{}`", self.pattern.as_str());
        if !self.captures.is_empty() {
            return self.grade_captures(text, &wanted);
        }
        match self.pattern.find(text) {
            Ok(Some((start, end))) => Finding::of_bool(true, reason::quote_around(text, start, end), wanted),
            Ok(None) => Finding::of_bool(false, reason::quote(text), wanted),
            Err(limit) => Finding::Ungraded(limit),
        }
    }
}

impl Matches {
    fn grade_captures(&self, text: &str, wanted: &str) -> Finding {
        let shown: Vec<String> =
            self.captures.iter().map(|(name, value)| format!("{name}: {}", reason::json(value))).collect();
        let wanted = format!("{wanted} with {}", shown.join(", "));
        let mut first = None;
        for found in self.pattern.regex.captures_iter(text).take(MOST_MATCHES) {
            let Ok(found) = found else { return Finding::Ungraded(self.pattern.gave_up()) };
            let group = |name: &str| found.name(name).map(|group| group.as_str());
            if self.captures.iter().all(|(name, value)| group(name).is_some_and(|seen| holds(value, seen))) {
                let (start, end) = found.get(0).map_or((0, 0), |whole| (whole.start(), whole.end()));
                return Finding::of_bool(true, reason::quote_around(text, start, end), wanted);
            }
            first.get_or_insert_with(|| {
                let held = |name: &String| group(name).map_or_else(|| "nothing".to_owned(), reason::quote);
                let held: Vec<String> =
                    self.captures.iter().map(|(name, _)| format!("{name}: {}", held(name))).collect();
                format!("{} in {}", held.join(", "), reason::quote(text))
            });
        }
        Finding::of_bool(false, first.unwrap_or_else(|| format!("no match in {}", reason::quote(text))), wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, ungraded, with_case};
    use serde_json::json;

    #[test]
    fn the_expression_is_searched_anywhere() {
        assert!(passes("regex: 'order #\\d{3}'", "your order #123") && fails("regex: '^\\d+$'", "a1"));
        assert!(passes("regex: '(?i)REFUND'", "refund") && fails("regex: REFUND", "refund"));
        assert!(passes("regex: '^$'", "") && fails("regex: '.'", ""));
        assert!(passes("regex: 'pass(?!word)'", "passport") && fails("regex: 'pass(?!word)'", "password"));
        assert!(passes("regex: '(\\w)\\1'", "aab") && passes("regex: '\\p{Han}{2}'", "日本"));
    }

    #[test]
    fn named_groups_hold_what_is_wanted() {
        let check = "regex: {value: '(?<year>\\d{4})-(?<month>\\d\\d)', captures: {year: 2024, month: '07'}}";
        assert!(passes(check, "from 2023-07 to 2024-07") && fails(check, "2024-08") && fails(check, "none"));
        assert!(
            super::super::super::testing::reason_of(check, "2024-08")
                .starts_with("saw year: \"2024\", month: \"08\" in")
        );
        assert!(fails("regex: {value: 'a(?<b>b)?', captures: {b: b}}", "a"));
        assert!(problems_of("regex: {value: '(?<year>a)', captures: {yaer: 1}}").contains("did you mean `year`?"));
        assert!(problems_of("regex: {value: 'a', captures: {}}").contains("is empty"));
        assert!(problems_of("regex: {value: '(?<a>a)', captures: {a: [1]}}").contains("text or a number"));
    }

    #[test]
    fn runaway_expressions_are_ungraded_negated_or_not() {
        let text = "a".repeat(60);
        for check in ["regex: '^(a|a)+(?=b)$'", "not_regex: '^(a|a)+(?=b)$'"] {
            assert!(ungraded(check, &text).contains("backtracks more than 200000 steps"));
        }
    }

    #[test]
    fn bad_expressions_are_reported_where_they_go_wrong() {
        let text = problems_of("regex: 'abc(d'");
        assert!(text.contains("unclosed group at character 4") && text.contains("t.yaml:1:12"), "{text}");
        let text = problems_of("regex: 'é(?=a)(?<=b'");
        assert!(text.contains("invalid-regex") && text.contains("at character"), "{text}");
        let text = problems_of("regex: 'ab[z-a]'");
        assert!(text.contains("at character 4") && text.contains("t.yaml:1:12"), "{text}");
        assert!(problems_of("regex: '[a-'").contains("invalid-regex"));
    }

    #[test]
    fn a_bad_expression_from_the_case_is_ungraded() {
        let score = with_case("regex", "abc", &case(json!({}), Some(json!("a("))));
        assert!(score.reason.contains("does not fit `regex`"), "{}", score.reason);
        assert!(with_case("regex", "abc", &case(json!({}), Some(json!("b.")))).is_pass());
    }
}
