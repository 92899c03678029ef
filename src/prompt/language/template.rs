//! The one door to tera: compiles templates into an engine and renders them.
//!
//! An engine sees the values it is given and nothing else: tera 2 registers no function or filter that reads the
//! environment, files, the clock or random numbers, and this room adds none. The same values give the same bytes: maps
//! keep their order, and `group_by`, whose groups tera hands out in random order, is replaced.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde_json::Value as Json;
use tera::{Context, Error, ErrorKind, Tera, Value};

use super::filters::{self, STYLE};
use super::fuel;
use super::meter::{Inserted, meter};
use super::section::Style;

/// Most bytes one message may render to. A template that loops over a large list by mistake stops here.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Filters that templates may call: those of tera 2, and two of our own.
///
/// `{{ value | json }}` (the same as `json_encode`) inserts a value into JSON: it writes a text with its quotes, so
/// `{"code": {{ code | json }}}` is valid JSON whatever the text contains, and lists and mappings become JSON (without the
/// filter they print in a notation that is not JSON). `json(pretty=true)` indents it.
///
/// `{{ value | section(name="context") }}` marks a value as a section of its own: see [`super::section`].
pub(in crate::prompt) const FILTERS: &[&str] = &[
    "abs",
    "capitalize",
    "default",
    "escape",
    "escape_html",
    "escape_xml",
    "first",
    "float",
    "get",
    "group_by",
    "indent",
    "int",
    "join",
    "json",
    "json_encode",
    "keys",
    "last",
    "length",
    "lower",
    "newlines_to_br",
    "nth",
    "pairs",
    "pluralize",
    "replace",
    "reverse",
    "round",
    "safe",
    "section",
    "sort",
    "split",
    "str",
    "title",
    "trim",
    "trim_end",
    "trim_start",
    "truncate",
    "unique",
    "upper",
    "values",
    "wordcount",
];

/// Tests that templates may call after `is`.
pub(in crate::prompt) const TESTS: &[&str] = &[
    "array",
    "bool",
    "containing",
    "defined",
    "divisible_by",
    "ending_with",
    "even",
    "float",
    "integer",
    "iterable",
    "map",
    "none",
    "number",
    "odd",
    "starting_with",
    "string",
    "undefined",
];

/// Functions that templates may call.
pub(in crate::prompt) const FUNCTIONS: &[&str] = &["range", "throw"];

/// Why a template cannot be compiled or rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) enum Failed {
    /// At these bytes of a template.
    At { template: String, range: Range<usize>, message: String },
    /// The output is larger than [`MAX_MESSAGE_BYTES`].
    TooLarge,
    /// Something without a place.
    Other(String),
}

/// Values for templates, converted once and used for every message.
pub(in crate::prompt) struct Values(Context);

impl Values {
    pub(in crate::prompt) fn new(style: Style) -> Values {
        let mut values = Values(Context::new());
        values.0.insert_value(STYLE.to_owned(), Value::from(style.word()));
        values
    }

    pub(in crate::prompt) fn insert(&mut self, name: &str, value: &Json) {
        self.0.insert_value(name.to_owned(), convert(value));
    }

    /// A text or whole number as tera writes it.
    pub(in crate::prompt) fn text_of(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.0.get(name)?;
        let number = || value.as_i128().filter(|_| !value.is_f64());
        value.as_str().map(Cow::Borrowed).or_else(|| number().map(|number| Cow::Owned(number.to_string())))
    }
}

fn convert(value: &Json) -> Value {
    match value {
        Json::Null => Value::none(),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => Value::from(whole),
            (None, Some(whole), _) => Value::from(whole),
            (None, None, float) => float.map_or_else(Value::none, Value::from),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(convert).collect::<Vec<_>>()),
        Json::Object(entries) => {
            Value::from(entries.iter().map(|(key, value)| (key.clone(), convert(value))).collect::<IndexMap<_, _>>())
        }
    }
}

/// The compiled templates of one prompt, its partials included.
#[derive(Clone)]
pub(in crate::prompt) struct Engine {
    tera: Tera,
    /// What was put into each template, by name.
    meters: HashMap<String, Inserted>,
}

impl Engine {
    /// Compiles all templates together, so that includes find each other.
    pub(in crate::prompt) fn build<'t>(
        templates: impl IntoIterator<Item = (String, &'t str)>,
    ) -> Result<Engine, Failed> {
        let mut meters = HashMap::new();
        let metered: Vec<(String, String)> = templates
            .into_iter()
            .map(|(name, text)| {
                let (text, inserted) = meter(text, !name.starts_with('#')).into_parts();
                meters.insert(name.clone(), inserted);
                (name, text)
            })
            .collect();
        let mut engine = Engine { tera: base().clone(), meters };
        engine.tera.add_raw_templates(metered).map_err(|error| engine.failed(&error))?;
        Ok(engine)
    }

    /// The text of the template `name` for these values.
    pub(in crate::prompt) fn render(&self, name: &str, values: &Values) -> Result<String, Failed> {
        let mut output = Capped { bytes: Vec::with_capacity(1024), is_full: false };
        fuel::refill();
        let result = self.tera.render_to(name, &values.0, &mut output);
        if output.is_full {
            return Err(Failed::TooLarge);
        }
        result.map_err(|error| self.failed(&error))?;
        String::from_utf8(output.bytes).map_err(|_| Failed::Other("the output is not UTF-8".to_owned()))
    }

    /// The error, in bytes of the text as written.
    fn failed(&self, error: &Error) -> Failed {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let template = report.filename().to_owned();
                let range = report.span().range.clone();
                let range = self.meters.get(&template).map_or(range.clone(), |inserted| inserted.written(&range));
                Failed::At { template, range, message: tidy(report.message()) }
            }
            other => Failed::Other(tidy(&other.to_string())),
        }
    }

    /// Top-level names as tera sees them, to check the scanner against.
    #[cfg(test)]
    pub(in crate::prompt) fn names(&self, template: &str) -> Vec<String> {
        let found = self.tera.get_template_variables(template).expect("template");
        let mut names: Vec<String> = found.into_iter().map(str::to_owned).collect();
        names.sort();
        names
    }
}

/// What is wrong with the syntax of one template, looked at alone.
pub(in crate::prompt) fn syntax_error(text: &str) -> Option<(Range<usize>, String)> {
    thread_local! {
        /// Kept because making an engine takes longer than parsing a template. It never renders, and each text takes the
        /// place of the one before.
        static PARSER: RefCell<Tera> = RefCell::new(Tera::default());
    }
    let error = PARSER.with_borrow_mut(|parser| parser.add_raw_template("#", text)).err()?;
    match error.kind() {
        ErrorKind::SyntaxError(report) => Some((report.span().range.clone(), tidy(report.message()))),
        _ => None,
    }
}

/// An engine without templates: the filters, tests and functions above. Made once, then cloned.
fn base() -> &'static Tera {
    static BASE: OnceLock<Tera> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut tera = Tera::default();
        tera.autoescape_on(Vec::<&str>::new());
        fuel::register(&mut tera);
        filters::register(&mut tera);
        tera
    })
}

/// tera's sentence in the form of our messages: lowercase, no final period, no list of everything that is available.
fn tidy(message: &str) -> String {
    let first = message.split(". Available").next().unwrap_or(message);
    let first = first.strip_prefix("error: ").unwrap_or(first).lines().next().unwrap_or("").trim_end_matches('.');
    let mut chars = first.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A buffer that refuses more than [`MAX_MESSAGE_BYTES`].
struct Capped {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > MAX_MESSAGE_BYTES {
            self.is_full = true;
            return Err(io::Error::other("the output is too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(text: &str, vars: Json) -> Result<String, Failed> {
        let mut values = Values::new(Style::Markdown);
        let Json::Object(vars) = vars else { panic!("{vars}") };
        for (name, value) in &vars {
            values.insert(name, value);
        }
        Engine::build([("#".to_owned(), text)])?.render("#", &values)
    }

    #[test]
    fn the_lists_of_filters_tests_and_functions_are_those_of_the_engine() {
        for name in FILTERS {
            assert!(Engine::build([("#".to_owned(), format!("{{{{ x | {name} }}}}").as_str())]).is_ok(), "{name}");
        }
        for name in TESTS {
            assert!(Engine::build([("#".to_owned(), format!("{{{{ x is {name} }}}}").as_str())]).is_ok(), "{name}");
        }
        for name in FUNCTIONS {
            assert!(Engine::build([("#".to_owned(), format!("{{{{ {name}() }}}}").as_str())]).is_ok(), "{name}");
        }
    }

    #[test]
    fn templates_cannot_reach_environment_files_clock_or_chance() {
        let functions = [
            "get_env",
            "env",
            "getenv",
            "now",
            "date",
            "get_random",
            "random",
            "uuid",
            "read_file",
            "file",
            "load",
            "exec",
        ];
        for name in functions {
            let text = format!("{{{{ {name}(name='PATH') }}}}");
            let failed = Engine::build([("#".to_owned(), text.as_str())]).err();
            assert_eq!(failed, Some(Failed::Other(format!("unknown function `{name}`"))), "{name}");
        }
        for name in ["date", "env", "read", "include", "filesizeformat", "random"] {
            let text = format!("{{{{ x | {name} }}}}");
            assert!(Engine::build([("#".to_owned(), text.as_str())]).is_err(), "{name}");
        }
        for text in ["{% include '/etc/passwd' %}", "{% include '../karat.yaml' %}", "{% extends '/etc/passwd' %}"] {
            assert!(Engine::build([("#".to_owned(), text)]).is_err(), "{text}");
        }
        for name in ["PATH", "HOME", "env", "self", "super", "globals", "__file__", "request"] {
            assert!(render(&format!("{{{{ {name} }}}}"), json!({})).is_err(), "{name}");
        }
    }

    #[test]
    fn undefined_is_an_error_with_its_place() {
        let failed = render("Hi {{ user.nmae }}", json!({"user": {"name": "Ada"}})).expect_err("undefined");
        let Failed::At { template, range, message } = failed else { panic!("{failed:?}") };
        assert_eq!((template.as_str(), range, message.as_str()), ("#", 11..15, "field `nmae` is not defined"));
        assert!(render("{{ a }}", json!({})).is_err());
    }

    #[test]
    fn json_encode_cannot_be_broken_out_of() {
        let vars = json!({"x": {"b": "\"}\n{{ y }}", "a": [1, 2.5, null, true]}});
        let text = render(r#"{"v": {{ x | json_encode }}}"#, vars.clone()).expect("renders");
        assert_eq!(text, r#"{"v": {"b":"\"}\n{{ y }}","a":[1,2.5,null,true]}}"#);
        assert!(render("{{ x | json_encode(pretty=true) }}", vars).expect("renders").contains("\n  \"b\""));
    }

    #[test]
    fn nothing_is_escaped_for_html() {
        let engine = Engine::build([("x.html".to_owned(), "{{ a }}")]).expect("builds");
        let mut values = Values::new(Style::Xml);
        values.insert("a", &json!("<b> & 'c'"));
        assert_eq!(engine.render("x.html", &values), Ok("<b> & 'c'".to_owned()));
    }

    #[test]
    fn maps_and_groups_keep_their_order() {
        let object: serde_json::Map<String, Json> = (0..40).map(|n| (format!("k{}", (n * 7) % 40), json!(n))).collect();
        let wanted: String = object.iter().map(|(key, value)| format!("{key}={value};")).collect();
        let text = "{% for k, v in o %}{{ k }}={{ v }};{% endfor %}";
        assert_eq!(render(text, json!({"o": object})), Ok(wanted));
        let items: Vec<Json> = (0..40).map(|n| json!({"g": format!("g{}", (n * 11) % 17)})).collect();
        let text = "{% for g, l in i | group_by(attribute='g') %}{{ g }}:{{ l | length }} {% endfor %}";
        let seen = render(text, json!({"i": items})).expect("renders");
        assert!(seen.starts_with("g0:3 g11:3 g5:3 g16:3 g10:3 g4:3 "), "{seen}");
    }

    #[test]
    fn a_large_output_stops_at_the_cap() {
        let text = "{% for i in range(end=100000) %}{{ x }}{% endfor %}";
        assert_eq!(render(text, json!({"x": "0123456789".repeat(100)})), Err(Failed::TooLarge));
        assert_eq!(
            render("{{ x }}", json!({"x": "y".repeat(MAX_MESSAGE_BYTES)})).map(|t| t.len()),
            Ok(MAX_MESSAGE_BYTES)
        );
        assert_eq!(render("{{ x }}!", json!({"x": "y".repeat(MAX_MESSAGE_BYTES)})), Err(Failed::TooLarge));
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let (range, message) = syntax_error("ok {{ a b }}").expect("wrong");
        assert_eq!((range, message.as_str()), (8..9, "found identifier but expected }}"));
        assert_eq!(syntax_error("{{ a | nope }}{% include 'x' %}"), None, "names are not syntax");
        // What was looked at before leaves nothing behind.
        assert_eq!(syntax_error("{{ a }}"), None);
        assert_eq!(syntax_error("ok {{ a b }}").map(|(range, _)| range), Some(8..9));
    }
}
