//! `javascript`: a script of the user's own judges the output, in an engine that has nothing but the language.

use std::time::Duration;

use serde_json::{Map, Number, Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::Examined;
use super::engine::{Failure, Script};
use super::input;
use super::verdict::Answer;
use crate::base::{Digest, Ratio, parse_duration};

/// Time of one evaluation unless given, and the most that may be given.
const TIMEOUT: Duration = Duration::from_millis(100);
const MAX_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "javascript",
    family: "script",
    about: "a script of your own judges the output",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed(
            "value",
            "an expression, or a body with `return`",
            "sees `output` (text) and `context`: `vars`, `expected`, `contexts`, `case` (`id`, `tags`, `group`), \
             `tool_calls` (`name`, `arguments`), `finish`, `refusal`, `reasoning`, `model`, `latency_ms`, `cost_usd`; \
             an expression may be a function, which is called with both",
        ),
        OptionSpec::file("file", "the path of a script inside the project, relative to the suite, instead of `value`"),
        OptionSpec::fixed("timeout", "a duration", "time for one evaluation, 100ms unless given, at most 10s"),
    ],
    degenerate: &[
        "the answer is true, false, a number from 0 to 1, or `{pass, score, reason, named_scores}`; anything else, a \
         number outside, an exception, a timeout and more than 32 MiB of memory are ungraded, with the reason",
        "`pass` decides where the answer has one, unless `threshold` is written; a number passes at `threshold`, 1 \
         unless given",
        "reading `expected`, `cost_usd` or `latency_ms` of `context` where they are not known throws, so the score is \
         ungraded; `Object.hasOwn(context, \"expected\")` asks",
        "no files, network, clock or chance: there is no `Date`, `Math.random`, `console`, `require` or `eval`; \
         nothing is awaited; what is built in is frozen, so that nothing passes from one case to another",
        "the time is looked at between steps: one built-in search in a very long text may outlast it",
    ],
    example: "- javascript: output.length < 200 && !output.includes(context.vars.name)",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let timeout = timeout(settings);
    let script = script(settings);
    let (timeout, (script, digest)) = match (timeout, script) {
        (Ok(timeout), Ok(script)) => (timeout, script),
        (timeout, script) => return Err(timeout.err().into_iter().chain(script.err()).collect()),
    };
    let held = if timeout == TIMEOUT { Value::Null } else { json!(timeout.as_millis().to_string()) };
    Ok(Prepared::new(JavaScript { script, timeout })
        .canonical("value", json!({"script": digest.to_string()}))
        .canonical("file", Value::Null)
        .canonical("timeout", held))
}

fn timeout(settings: &Settings) -> Result<Duration, Fault> {
    let Some(value) = settings.get("timeout") else { return Ok(TIMEOUT) };
    let text = text_of("timeout", "", value)?;
    let timeout = parse_duration(&text).map_err(|message| Fault::new("timeout", message))?;
    if timeout.is_zero() || timeout > MAX_TIMEOUT {
        return Err(Fault::new("timeout", format!("`timeout` must be from 1ms to 10s, this is `{text}`")));
    }
    Ok(timeout)
}

/// The script and the digest of its text.
fn script(settings: &Settings) -> Result<(Script, Digest), Fault> {
    let (option, value) = match (settings.get("value"), settings.get("file")) {
        (Some(_), Some(_)) => return Err(Fault::new("file", "`value` and `file` are both given")),
        (Some(value), None) => ("value", value),
        (None, Some(value)) => ("file", value),
        (None, None) => return Err(Fault::new("value", "it has neither a script nor a `file`").code("missing-field")),
    };
    let Value::String(text) = value else {
        let message = format!("a script must be text, this is {value}");
        return Err(Fault::new(option, message).code("wrong-type").help("put it in quotes"));
    };
    if text.trim().is_empty() {
        return Err(Fault::new(option, "the script is empty").code("invalid-script"));
    }
    let script = Script::parse(text).map_err(|failure| fault(option, text, &failure))?;
    if let Some(failure) = unknown_name(&script) {
        let help = "a script has `output`, `context` and the language, without `Date`, `console`, `require` and \
                    everything else of a host";
        return Err(fault(option, text, &failure).help(help));
    }
    Ok((script, Digest::of_bytes(text.trim().as_bytes())))
}

/// A name that is not there, found by calling the script once on an empty output: better told before a paid call. What
/// else goes wrong on a made-up case says nothing.
fn unknown_name(script: &Script) -> Option<Failure> {
    const EMPTY: &str = r#"{"vars":{},"case":{"id":"","tags":[]},"contexts":[],"tool_calls":[],"finish":"stop"}"#;
    script.call("", Some(EMPTY), TIMEOUT).err().filter(|failure| failure.is_unknown_name)
}

fn fault(option: &'static str, text: &str, failure: &Failure) -> Fault {
    let at = failure.at.and_then(|(line, col)| offset(text, line, col));
    let message = match (at, failure.at) {
        // The engine names the bracket it found behind the script, which is not the user's.
        (None, Some(_)) => return Fault::new(option, "the script ends where more is expected").code("invalid-script"),
        _ => reason::message(&failure.message),
    };
    let place = match (at, failure.at) {
        // A text that the file shows otherwise (with escapes) has no place of its own.
        (_, Some((line, col))) if line > 1 => format!(" (line {line}, column {col} of the script)"),
        _ => String::new(),
    };
    Fault::new(option, format!("{message}{place}")).code("invalid-script").range(at.map(|at| (at, at + 1)))
}

/// The byte at a line and column, both from 1; columns count characters.
fn offset(text: &str, line: u32, col: u32) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let col = usize::try_from(col).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?.lines().next().unwrap_or("");
    // An error at the end stands behind the last character.
    let within = rest.char_indices().nth(col).map_or(rest.len(), |(at, _)| at);
    (start < text.len()).then_some(start + within)
}

struct JavaScript {
    script: Script,
    timeout: Duration,
}

impl Scorer for JavaScript {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        self.examine(input).finding
    }

    fn examine(&self, input: &ScoreInput<'_>) -> Examined {
        let context = self.script.wants_context.then(|| input::context(input));
        match self.script.call(&input.reply.text, context.as_deref(), self.timeout) {
            Ok(answer) => graded(answer, &input.reply.text),
            Err(failure) => {
                let at = failure.at.map_or(String::new(), |(line, col)| format!(" at {line}:{col}"));
                Finding::Ungraded(format!("the script did not judge: {}{at}", reason::message(&failure.message))).into()
            }
        }
    }
}

fn graded(answer: Answer, output: &str) -> Examined {
    let of = || format!("for {}", reason::quote(output));
    match answer {
        Answer::Holds(holds) => Finding::of_bool(holds, format!("`{holds}` {}", of()), "`true` from the script").into(),
        Answer::Number(number) => match Ratio::new(number) {
            Ok(value) => Finding::Graded { value, seen: format!("{number} {}", of()), wanted: wanted_number() }.into(),
            Err(_) => Finding::Ungraded(outside("its answer", number)).into(),
        },
        Answer::Told { pass, score, reason: why, named } => {
            let value = match (score, pass) {
                (Some(score), _) => match Ratio::new(score) {
                    Ok(value) => value,
                    Err(_) => return Finding::Ungraded(outside("`score` of its answer", score)).into(),
                },
                (None, pass) => Ratio::of_bool(pass == Some(true)),
            };
            let seen = match (pass, score) {
                (Some(pass), Some(score)) => format!("`pass: {pass}`, `score: {score}`"),
                (Some(pass), None) => format!("`pass: {pass}`"),
                (None, _) => format!("`score: {}`", value.get()),
            };
            let seen = match why.filter(|why| !why.trim().is_empty()) {
                Some(why) => format!("{seen} {}: {}", of(), reason::message(&why)),
                None => format!("{seen} {}", of()),
            };
            let finding = match pass {
                Some(passed) => Finding::Decided { value, passed, seen, wanted: "`pass: true` from the script".into() },
                None => Finding::Graded { value, seen, wanted: wanted_number() },
            };
            Examined { finding, details: details(named) }
        }
    }
}

/// The scores of parts, by their names; those that are no number stay out, as JSON has none for them.
fn details(named: Vec<(String, f64)>) -> Option<Value> {
    let scores: Map<String, Value> = named
        .into_iter()
        .filter_map(|(name, number)| Some((reason::message(&name), Value::Number(Number::from_f64(number)?))))
        .collect();
    (!scores.is_empty()).then(|| json!({"named_scores": scores}))
}

fn wanted_number() -> String {
    "a number from the script that reaches the threshold".to_owned()
}

fn outside(what: &str, number: f64) -> String {
    format!("the script did not judge: {what} must be from 0 to 1, it is {number}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::super::super::testing::{
        case, check, compile_in, fails, on_text, passes, problems_of, reason_of, ungraded, value_of, with_case,
    };
    use crate::base::canonical_json;
    use crate::record::ScoreState;

    fn js(script: &str) -> String {
        format!("javascript: {{value: {}}}", serde_json::to_string(script).expect("text"))
    }

    #[test]
    fn an_expression_a_function_and_a_body_judge() {
        for script in [
            "output.includes('fund')",
            "output.includes('fund');",
            "output.includes('fund') // why",
            "(output, context) => output.includes('fund')",
            "const words = output.split(' ');\nreturn words.some((word) => word === 'refund');",
            "if (output.includes('fund')) { return {pass: true} }\nreturn false",
        ] {
            assert!(passes(&js(script), "a refund"), "{script}: {}", reason_of(&js(script), "a refund"));
            assert!(fails(&js(script), "nothing"), "{script}");
        }
        assert_eq!(
            reason_of("javascript: output === 'a'", "b"),
            "saw `false` for \"b\"; wanted `true` from the script"
        );
    }

    #[test]
    fn numbers_and_objects_are_scores() {
        assert_eq!(value_of("javascript: '0.25'", "x"), Some(0.25));
        assert!(fails("javascript: '0.25'", "x") && passes("javascript: {value: '0.25', threshold: 0.2}", "x"));
        let told = js("({pass: true, score: 0.25, reason: 'half\\u001b[31m way', named_scores: {tone: 0.5, form: 1}})");
        assert!(passes(&told, "x"));
        assert_eq!(value_of(&told, "x"), Some(0.25));
        assert_eq!(
            reason_of(&told, "x"),
            "saw `pass: true`, `score: 0.25` for \"x\": half way; wanted `pass: true` from the script"
        );
        assert_eq!(on_text(&told, "x").details, Some(json!({"named_scores": {"tone": 0.5, "form": 1.0}})));
        assert_eq!(on_text("javascript: 'true'", "x").details, None);
        assert!(fails("javascript: {value: '({pass: true, score: 0.25})', threshold: 0.5}", "x"));
        assert!(fails("javascript: '({pass: false, score: 1})'", "x"));
        assert!(passes("not_javascript: '({pass: false, score: 1})'", "x"));
        assert!(passes("javascript: '({score: 1})'", "x") && fails("javascript: '({score: 0.9})'", "x"));
    }

    #[test]
    fn what_is_no_answer_is_ungraded_negated_or_not() {
        let table = [
            ("'yes'", "not the text \"yes\""),
            ("undefined", "not nothing; a body needs `return`"),
            ("null", "not a null"),
            ("[true]", "not a list"),
            ("({})", "an object without `pass` and `score`"),
            ("({pass: 1})", "`pass` of its answer must be true or false, it is the number 1"),
            ("({score: '1'})", "`score` of its answer must be a number, it is the text \"1\""),
            ("({pass: true, reason: 5})", "`reason` of its answer must be text"),
            ("({pass: true, named_scores: {a: true}})", "`named_scores.a` of its answer must be a number, it is true"),
            ("1.5", "must be from 0 to 1, it is 1.5"),
            ("-0.1", "must be from 0 to 1"),
            ("0/0", "must be from 0 to 1, it is NaN"),
            ("({pass: true, score: 1/0})", "must be from 0 to 1, it is inf"),
            ("Promise.resolve(true)", "nothing is awaited"),
            ("(async () => true)", "nothing is awaited"),
            ("({get pass() { throw new Error('late') }})", "Error: late at 1:"),
            ("JSON.parse(output).severity > 3", "SyntaxError"),
            ("context.vars.none.length > 1", "TypeError: cannot read property 'length' of undefined at 1:"),
            ("const a = 1;\n  throw new RangeError('far');\nreturn a", "RangeError: far at 2:"),
            ("throw 'words'; return 1", "threw the text \"words\""),
        ];
        for (script, wanted) in table {
            let reason = ungraded(&js(script), "x");
            assert!(reason.contains(wanted), "{script}: {reason}");
            assert_eq!(ungraded(&format!("not_{}", js(script)), "x"), reason, "{script}");
        }
    }

    #[test]
    fn the_context_tells_of_the_case_and_what_is_not_known_throws() {
        let with = case(json!({"name": "Ana", "n": 2}), Some(json!(["a", "b"])));
        for script in [
            "context.vars.name === 'Ana' && context.vars.n === 2",
            "context.expected.includes(output)",
            "Object.hasOwn(context, 'expected') && context.case.id === 'c1'",
            "context.latency_ms === 0 && context.finish === 'stop' && context.tool_calls.length === 0",
            "\\u0063ontext.vars.n === 2",
            "arguments[1].vars.n === 2; return true",
        ] {
            assert!(with_case(&js(script), "a", &with).is_pass(), "{script}");
        }
        let unknown = with_case("javascript: context.cost_usd < 1", "a", &with);
        assert_eq!(unknown.state, ScoreState::Ungraded);
        assert!(unknown.reason.contains("what the reply costs is not known"), "{}", unknown.reason);
        assert!(ungraded("javascript: output === context.expected", "a").contains("the case has no `expected`"));
        assert!(passes("javascript: \"!Object.hasOwn(context, 'expected')\"", "a"));
    }

    #[test]
    fn nothing_passes_from_one_evaluation_to_the_next() {
        // Each script tries to count its evaluations; a count that grows is a leak.
        for script in [
            "globalThis.n = (globalThis.n || 0) + 1; return globalThis.n === 1",
            "Array.prototype.n = 1; return true",
            "Object.prototype.n = 1; return true",
            "Object.getPrototypeOf([].values()).n = 1; return true",
            "Object.getPrototypeOf(Object.getPrototypeOf([].values())).n = 1; return true",
            "Object.getPrototypeOf(function* () {}).n = 1; return true",
            "Object.getPrototypeOf(async function () {}).n = 1; return true",
            "Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())).n = 1; return true",
            "Object.getPrototypeOf(''.matchAll(/a/g)).n = 1; return true",
            "Object.getPrototypeOf([].values().map(String)).n = 1; return true",
            "Object.getPrototypeOf(Iterator.from({next() {}})).n = 1; return true",
            "Error.stackTraceLimit = 1; return true",
            "Error.prepareStackTrace = () => 1; return true",
            "Array.prototype.join = () => 'x'; return true",
            "Object.defineProperty(Array.prototype.join, 'n', {value: 1}); return true",
            "Object.setPrototypeOf(Array.prototype, {n: 1}); return true",
            "JSON.parse = () => 1; return true",
            "(() => {}).constructor.prototype.n = 1; return true",
            "((text) => text)`x`.n = 1; return true",
            "Object.getPrototypeOf(context).n = 1; return true",
            "Symbol.n = 1; return true",
            "globalThis.undefined = 1; return true",
        ] {
            let check = check(&js(script));
            for _ in 0..2 {
                let input = crate::record::ChatReply::of_text("x");
                let case = case(json!({}), None);
                let input = super::ScoreInput {
                    reply: &input,
                    latency: crate::base::Millis(0),
                    cost: None,
                    case: &case,
                    request: None,
                };
                let score = super::super::super::score(&check, &input);
                assert_eq!(score.state, ScoreState::Ungraded, "{script}: {}", score.reason);
                assert!(score.reason.contains("Error"), "{script}: {}", score.reason);
            }
        }
        assert!(problems_of(&js("n = 1; return true")).contains("n is not defined"));
        assert!(passes(&js("Function('globalThis.n = 1')(); return globalThis.n === undefined"), "x"));
    }

    #[test]
    fn everything_that_evaluations_share_is_frozen_and_keeps_nothing() {
        // Walks from the global object and from values of every syntax; fresh values themselves are not shared.
        let script = r#"
            const todo = [["globalThis", globalThis]], loose = [], setters = new Set(), seen = new Set();
            const fresh = [[], {}, /a/, () => 1, function* () {}, async () => 1, async function* () {}, new Map(),
                new Set(), new WeakMap(), [].values(), [].values().map(String), new Map().values(), new Set().values(),
                ""[Symbol.iterator](), "".matchAll(/a/g), (function* () {})(), Promise.resolve(), new Error(), 1n, 1, "",
                true, Symbol(), new Uint8Array(1), new DataView(new ArrayBuffer(1)), Iterator.from({ next() {} }),
                new Proxy({}, {}), arguments, new (class {})(), new Float16Array(1), new DisposableStack()];
            for (const value of fresh) {
                const above = Object.getPrototypeOf(value);
                todo.push([Object.prototype.toString.call(value), above && Object.isFrozen(above) ? above : Object.getPrototypeOf(above)]);
            }
            while (todo.length > 0) {
                const [name, value] = todo.pop();
                if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
                seen.add(value);
                if (!Object.isFrozen(value)) loose.push(name);
                todo.push([name + ".__proto__", Object.getPrototypeOf(value)]);
                for (const key of Reflect.ownKeys(value)) {
                    const found = Object.getOwnPropertyDescriptor(value, key), path = name + "." + String(key);
                    todo.push([path, found.value], [path + " get", found.get], [path + " set", found.set]);
                    if (found.set && !Object.hasOwn(Object.prototype, key) && !/Error/.test(name)) setters.add(String(key));
                }
            }
            return {pass: loose.length === 0 && seen.size > 500, reason: loose.join() + " | " + [...setters].sort().join()};
        "#;
        let text = reason_of(&js(script), "x");
        assert!(passes(&js(script), "x"), "{text}");
        // The first writes on the object it is called on, never on its frozen holder; the others throw.
        assert!(text.contains(":  | Symbol(Symbol.toStringTag),arguments,caller;"), "{text}");
    }

    #[test]
    fn names_of_what_is_built_in_are_plain_keys() {
        let script = "const counts = {};\nfor (const word of output.split(' ')) counts[word] = (Object.hasOwn(counts, word) ? counts[word] : 0) + 1;\nreturn counts.constructor === 2 && counts.toString === 1";
        assert!(passes(&js(script), "constructor toString constructor"), "{}", reason_of(&js(script), "constructor"));
        let script = "class Odd extends Error { constructor() { super('odd'); this.name = 'Odd'; this.message = 'very'; } }\ntry { throw new Odd() } catch (error) { return error.name === 'Odd' && error.message === 'very' && error instanceof Error }";
        assert!(passes(&js(script), "x"), "{}", reason_of(&js(script), "x"));
    }

    #[test]
    fn chance_clock_and_host_are_not_there() {
        for name in [
            "Date",
            "eval",
            "require",
            "process",
            "console",
            "fetch",
            "performance",
            "setTimeout",
            "WeakRef",
            "Atomics",
        ] {
            assert!(passes(&js(&format!("typeof {name} === 'undefined'")), "x"), "{name}");
            let text = problems_of(&js(&format!("{name}('x')")));
            assert!(text.contains("invalid-script") && text.contains(name), "{text}");
        }
        assert!(passes(&js("Math.random === undefined"), "x"));
        let text = problems_of("javascript: ouput.length > 3");
        assert!(text.contains("ouput is not defined"), "{text}");
        assert!(text.contains("t.yaml:1:13") && text.contains("a script has `output`"), "{text}");
        let text = problems_of(&js("import('fs'); return 1 +"));
        assert!(text.contains("invalid-script"), "{text}");
    }

    #[test]
    fn endless_and_greedy_scripts_end_and_the_next_one_is_sound() {
        for (script, wanted) in [
            ("while (true) {}", "longer than 20 ms"),
            ("return /^(a+)+$/.test('a'.repeat(60) + 'b')", "longer than 20 ms"),
            ("try { while (true) {} } catch { return true } finally { return true }", "longer than 20 ms"),
            ("return Array(2 ** 30).includes(1)", "longer than 20 ms"),
            ("return Array(2 ** 30).join().length", "a list of more than 4,000,000 places"),
            ("return [].concat(Array(2 ** 30)).length", "a list of more than 4,000,000 places"),
            ("return Array(2 ** 30).sort().length", "a list of more than 4,000,000 places"),
            ("return 'x'.repeat(1e9)", "more than 32 MiB"),
            ("const all = []; while (true) all.push('x'.repeat(1000) + all.length)", "more than 32 MiB"),
            ("const f = () => f() + 1; return f()", "Maximum call stack"),
            ("return JSON.parse('['.repeat(1e6)).length", "Error"),
        ] {
            let begun = std::time::Instant::now();
            let time = if wanted.contains("longer") { "20ms" } else { "5s" };
            let text = serde_json::to_string(&format!("{script}; return false")).expect("text");
            let yaml = format!("javascript: {{value: {text}, timeout: {time}}}");
            let reason = ungraded(&yaml, "x");
            assert!(reason.contains(wanted), "{script}: {reason}");
            assert!(begun.elapsed().as_secs() < 10, "{script}");
            assert!(passes("javascript: output.length === 1 && [3, 1].sort().join() === '1,3'", "x"));
        }
        // A job that waits would run in another evaluation.
        assert!(passes(&js("Promise.resolve().then(() => { throw 1 }); return true"), "x"));
        assert!(passes("javascript: output === 'x'", "x"));
    }

    #[test]
    fn syntax_errors_stand_where_they_are() {
        let text = problems_of("javascript: output.length >");
        assert!(text.contains("invalid-script") && text.contains("ends where more is expected"), "{text}");
        assert!(text.contains("t.yaml:1:"), "{text}");
        let text = problems_of("javascript: |\n  const n = output.length;\n  return n +* 2;\n");
        assert!(text.contains("t.yaml:3:13"), "{text}");
        let text = problems_of("javascript:\n  value: |\n    return 1 +;\n  timeout: 0ms\n");
        assert!(text.contains("t.yaml:4:12") && text.contains("from 1ms to 10s"), "{text}");
        for (yaml, wanted) in [
            ("javascript", "neither a script nor a `file`"),
            ("javascript: 5", "a script must be text"),
            ("javascript: ''", "the script is empty"),
            ("javascript: {value: 'true', timeout: 11s}", "from 1ms to 10s"),
            ("javascript: {value: 'true', timeout: 5}", "not a duration"),
            ("javascript: 'true); steal(); (true'", "invalid-script"),
            ("javascript: 'return 1 }, function () { return 2'", "invalid-script"),
            ("javascript: '0)}), (() => { let n = 0; return function () { return (n++'", "invalid-script"),
        ] {
            let text = problems_of(yaml);
            assert!(text.contains(wanted), "{yaml}\n{text}");
        }
    }

    #[test]
    fn files_are_read_inside_the_project_and_their_content_is_the_identity() {
        let folder = tempfile::tempdir().expect("temp");
        fs::write(folder.path().join("good.js"), "// A comment\nreturn output.length > 2;\n").expect("write");
        fs::write(folder.path().join("bad.js"), "const a = 1;\nreturn a +* 2;\n").expect("write");
        fs::write(folder.path().join("name.js"), "const a = 1;\nreturn ouput;\n").expect("write");
        let identity = |yaml: &str| {
            let (check, problems) = compile_in(folder.path(), yaml);
            canonical_json(check.unwrap_or_else(|| panic!("{}", problems.render(false))).identity())
        };
        let inline = identity("javascript: |\n  // A comment\n  return output.length > 2;\n");
        assert_eq!(identity("javascript: {file: good.js}"), inline);
        assert_eq!(identity("javascript: {file: good.js, timeout: 100ms}"), inline);
        assert_ne!(identity("javascript: {file: good.js, timeout: 200ms}"), inline);
        assert!(!inline.contains("output.length"), "{inline}");
        for (yaml, wanted) in [
            ("javascript: {file: bad.js}", "bad.js:2:11"),
            ("javascript: {file: name.js}", "name.js:2:"),
            ("javascript: {file: none.js}", "`none.js` does not exist"),
            ("javascript: {file: ../x.js}", "is outside the project"),
            ("javascript: {file: 5}", "must be the path of a file"),
            ("javascript: {file: good.js, value: 'true'}", "both given"),
        ] {
            let text = compile_in(folder.path(), yaml).1.render(false);
            assert!(text.contains(wanted) && text.contains("t.yaml:1:"), "{yaml}\n{text}");
        }
    }

    #[test]
    fn hostile_outputs_are_only_text() {
        for output in ["'); throw 1; ('", "\u{0}\u{2028}`${1}`", "</script>", "\u{1f600}\u{202e}", ""] {
            assert!(on_text("javascript: typeof output === 'string'", output).is_pass(), "{output:?}");
        }
        assert!(passes("javascript: \"output.length === 3 && output.charCodeAt(1) === 0\"", "a\u{0}b"));
    }
}
