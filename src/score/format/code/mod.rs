//! Whether program code parses. It is read, never run.
//!
//! Parsers of programming languages descend into what they read, so hostile code could overflow the stack or keep them
//! busy: [`room`] bounds both before one begins.

pub(super) mod javascript;
pub(super) mod python;
mod room;
pub(super) mod rust;

/// What a parser says against code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotCode {
    /// It does not parse: the line in the block, and why.
    Fault { line: usize, why: String },
    /// It is more than is read, and why.
    TooMuch(String),
}

/// The 1-based line that a byte of the code stands in; the last one with something in it for all that is behind.
pub(super) fn line_at(code: &str, byte: usize) -> usize {
    let code = code.trim_end();
    let before = code.as_bytes().get(..byte).unwrap_or(code.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, on_text, passes, problems_of, reason_of, ungraded};
    use super::*;
    use crate::record::ScoreState;

    fn block(language: &str, body: &str) -> String {
        format!("```{language}\n{body}\n```\n")
    }

    /// Language, code that parses, code that does not, and the line of the fault.
    const CODE: &[(&str, &str, &str, usize)] = &[
        ("python", "def f(a, /, b=1, *, c: int) -> int:\n    return a if b else c", "def f(:\n    pass", 1),
        ("python", "match x:\n    case {'a': [1, *rest]} if rest:\n        pass", "x = 1\n\nprint 'hello'", 3),
        ("python", "type A[T] = list[T]\nx = f'{a!r:>{w}} {\"q\"}'\nasync def f():\n    await g()", "if x:\npass", 1),
        ("python", "try:\n    pass\nexcept* (A, B) as e:\n    raise\n", "x = 1\n  y = 2", 2),
        ("py", "# only a comment", "if a: pass; b\nelse:\n    c; d\n     # any place\n    e\n   f", 6),
        ("python3", "lambda *a, **k: (yield)", "for i in range(3)\n    print(i)", 1),
        (
            "javascript",
            "import a from 'a';\nexport const f = async (x) => (await a?.[x]) ?? 1n;",
            "const a = 1;\nconst = 2;",
            2,
        ),
        ("js", "with (a) { b() }\nvar let = 010;", "function f( {\n}", 2),
        ("js", "class A { #p = 1; static { this.x = 2 } get q() { return this.#p } }", "let x = `${a`;\n", 1),
        ("mjs", "export {};\nfor await (const x of y) {}\nlabel: for (;;) { break label }", "a => { => }", 1),
        ("js", "const r = /(?<y>\\d{4})-[^\\]]/u;", "const a = 1;\nconst r = /(/;", 2),
        ("jsx", "const a = <A b={1} {...c}>x <>&amp;</></A>;", "const a = (\n  <A>\n  </B>\n);", 3),
        ("typescript", "enum E { A = 1 }\nconst f = <T extends object>(x: T): x is T => true;", "let a: = 1;", 1),
        ("ts", "abstract class A<in out T> { constructor(private readonly x?: T) {} }", "interface A {\n  b: ;\n}", 2),
        ("tsx", "const a = <T,>(x: T) => <A<T> b={x as any}/>;", "type A = {\n", 1),
        (
            "rust",
            "fn main() -> Result<(), Box<dyn Error>> { let Some(x) = y else { return Ok(()) }; Ok(()) }",
            "fn f() {\n    let = 1;\n}",
            2,
        ),
        ("rs", "let x = vec![1, 2];\nprintln!(\"{x:?}\");", "fn f() {\n    (1\n}", 3),
        (
            "rust,ignore",
            "#![allow(dead_code)]\n//! doc\nuse a::{b, c as d};\nimpl<'a, const N: usize> A<'a, N> where [u8; N]: Sized {}",
            "struct A {\n    b: u8\n    c: u8\n}",
            3,
        ),
    ];

    #[test]
    fn right_code_parses_and_the_fault_of_wrong_code_names_its_line() {
        let check = "code_block: {syntax: required}";
        let mut wrong = Vec::new();
        for (language, good, bad, line) in CODE {
            let (good, bad) = (block(language, good), block(language, bad));
            let reason = reason_of(check, &bad);
            for (holds, text) in [
                (passes(check, &good), reason_of(check, &good)),
                (fails(check, &bad), reason.clone()),
                (reason.contains(&format!("(line {line}: ")), reason),
                (fails("not_code_block: {syntax: required}", &good), format!("not: {good}")),
                (passes("not_code_block: {syntax: required}", &bad), format!("not: {bad}")),
                (passes("code_block: {syntax: ignored}", &bad), format!("ignored: {bad}")),
            ] {
                if !holds {
                    wrong.push(text);
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn languages_are_not_taken_for_each_other() {
        assert!(fails("code_block: ts", &block("ts", "const a = <b>x</b>;")));
        assert!(fails("code_block: js", &block("js", "let a: number = 1;")));
        assert!(passes("code_block: jsx", &block("js", "1")) && fails("code_block: tsx", &block("ts", "1")));
        assert!(
            problems_of("code_block: {language: ruby, syntax: required}").contains("python, javascript, typescript")
        );
    }

    #[test]
    fn code_is_never_run() {
        // A constructor of functions would run what follows the bracket.
        let escape = "}); while (true) {} (function () {";
        assert!(fails("code_block: js", &block("js", escape)));
        assert!(passes("code_block: js", &block("js", "while (true) {}")));
        assert!(passes("code_block: python", &block("python", "while True:\n    pass\nimport os; os._exit(3)")));
    }

    #[test]
    fn hostile_code_neither_hangs_nor_overflows_the_stack() {
        let deep =
            ["(", "[", "{", "!", "-", "a?", "x=>(", "`${", "<a>", "not ", "lambda:", "f\"{", "if(x)", "new ", "*", "&"];
        for language in ["python", "js", "ts", "tsx", "rust"] {
            for piece in deep {
                // A megabyte, and the most that is parsed.
                let most = piece.repeat(20_000 / piece.len().max(2));
                for code in [piece.repeat(1_000_000 / piece.len()), most.clone(), format!("{most}x")] {
                    let score = on_text("code_block", &block(language, &code));
                    assert!(!score.is_pass() || code.len() <= 20_001, "{language} {piece}: {}", score.reason);
                }
            }
            let hidden = "(a=/*)*/".repeat(2_400);
            assert!(!on_text("code_block", &block(language, &hidden)).is_pass(), "{language}");
            let told = ungraded("code_block", &block(language, &"(".repeat(1_000_000)));
            assert!(told.contains("more than 20000 are not parsed"), "{told}");
            let told = ungraded("code_block", &block(language, &"[".repeat(500)));
            assert!(told.contains("nests deeper than 400"), "{told}");
        }
        let unread = on_text("not_code_block: python", &block("python", &"(".repeat(1_000_000)));
        assert_eq!(unread.state, ScoreState::Ungraded);
    }

    #[test]
    fn deep_but_sound_code_parses() {
        let nested = |n: usize| format!("x = {}1{}", "(".repeat(n), ")".repeat(n));
        assert!(passes("code_block: python", &block("python", &nested(390))));
        assert!(passes("code_block: js", &block("js", &nested(390))));
        assert!(passes("code_block: rust", &block("rust", &format!("fn f() {{ let {}; }}", nested(390)))));
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!((line_at("", 0), line_at("a\nb", 1), line_at("a\nb", 2), line_at("é\n", 99)), (1, 1, 2, 1));
    }
}
