//! What scripts may say, see and do.

use std::fs;

use serde_json::json;

use super::super::check::ScoreInput;
use super::super::testing::{
    case, check, compile_in, fails, on_text, passes, problems_of, reason_of, ungraded, value_of, with_case,
};
use crate::base::{Millis, canonical_json};
use crate::record::{ChatReply, ScoreState};
use crate::score::score;

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
    assert_eq!(reason_of("javascript: output === 'a'", "b"), "saw `false` for \"b\"; wanted `true` from the script");
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
            let input = ChatReply::of_text("x");
            let case = case(json!({}), None);
            let input = ScoreInput { reply: &input, latency: Millis(0), cost: None, case: &case, request: None };
            let score = score(&check, &input);
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
    for name in
        ["Date", "eval", "require", "process", "console", "fetch", "performance", "setTimeout", "WeakRef", "Atomics"]
    {
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
        ("return new RegExp('(x+x+)+y').exec('x'.repeat(64))", "longer than 20 ms"),
        ("return 'x'.repeat(5e6).replace(/(x*)*y/g, '')", "more than 32 MiB"),
        ("return Array.prototype.every.call({length: 2 ** 50}, Boolean)", "longer than 20 ms"),
        ("return [...(function* () { for (;;) yield 1 })()]", "more than 32 MiB"),
        ("return 'a'.padStart(2 ** 30 - 1, 'ab').length", "more than 32 MiB"),
        ("return JSON.parse('[' + '1,'.repeat(2e6) + '1]').length", "more than 32 MiB"),
        ("return Math.max.apply(null, {length: 2 ** 32 - 1})", "RangeError"),
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
    // On the caller's own thread: these are brief, and what they look at is little.
    let begun = std::time::Instant::now();
    let hostile = format!("{}b", "a".repeat(400));
    for script in ["/^(a+)+$/.test(output)", "output.match(/(a*)*c/) === null", "output.search(/(a|aa)+$/) >= 0"] {
        let reason = ungraded(&format!("javascript: {{value: '{script}', timeout: 20ms}}"), &hostile);
        assert!(reason.contains("longer than 20 ms"), "{script}: {reason}");
    }
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    // A job that waits would run in another evaluation.
    assert!(passes(&js("Promise.resolve().then(() => { throw 1 }); return true"), "x"));
    assert!(passes("javascript: output === 'x'", "x"));
}

#[test]
fn one_step_that_cannot_be_stopped_does_not_hold_the_trial() {
    // Walks over 2^26 lists without a look at the time: seconds, in an engine that is not told to hurry.
    let script = "let a = []; for (let i = 0; i < 26; i++) a = [a, a]; return a.flat(Infinity).length === 0";
    let check = check(&js(&format!("if (output === '') return true; {script}")));
    let reply = ChatReply::of_text("x");
    let case = case(json!({}), None);
    let begun = std::time::Instant::now();
    let score =
        score(&check, &ScoreInput { reply: &reply, latency: Millis(1), cost: None, case: &case, request: None });
    assert_eq!(score.state, ScoreState::Ungraded, "{}", score.reason);
    let wanted = "the script did not judge: it took longer than 100 ms";
    assert!(score.reason.starts_with(wanted), "{}", score.reason);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
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
