//! Which scripts need no thread of their own: no step of theirs can take long.

/// Bytes of the output and the context together up to which no built-in function takes long: the worst of them compare
/// every part of a text with every part of another one.
const MOST_DATA: usize = 32 * 1024;

/// What can make much out of little: then one built-in step may be asked to work on megabytes.
const GROWS: &[&str] = &[
    "for",
    "while",
    "do",
    "function",
    "class",
    "eval",
    "repeat",
    "pad",
    "Array",
    "BigInt",
    "fill",
    "flat",
    "concat",
    "join",
    "sort",
    "replace",
    "reduce",
    "Function",
    "Uint",
    "Int",
    "Float",
    "copyWithin",
    "call",
    "apply",
    "bind",
    "raw",
    "`",
    "...",
    "**",
    "++",
    "--",
    "constructor",
    "\\u",
    "0x",
];

/// Whether every step of the script is short on little data: it has no loops, gives nothing a name (so that nothing calls
/// itself), and makes no long texts or lists. Cautious: words count in texts and comments, too.
pub(super) fn is_brief(script: &str) -> bool {
    !GROWS.iter().any(|word| script.contains(word)) && !has_assignment(script) && !has_big_integer(script)
}

/// Whether what a brief script looks at is little.
pub(super) fn is_little(output: &str, context: Option<&str>) -> bool {
    output.len() + context.map_or(0, str::len) <= MOST_DATA
}

/// A `=` that is part of no comparison and no arrow.
fn has_assignment(script: &str) -> bool {
    let bytes = script.as_bytes();
    let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied().unwrap_or(b' ');
    (0..bytes.len()).filter(|index| at(Some(*index)) == b'=').any(|index| {
        let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
        !matches!(after, b'=' | b'>') && !matches!(before, b'=' | b'!' | b'<' | b'>')
            // `<<=` and `>>=` assign.
            || matches!(before, b'<' | b'>') && at(index.checked_sub(2)) == before
    })
}

/// A number with `n` behind it.
fn has_big_integer(script: &str) -> bool {
    script.as_bytes().windows(2).any(|pair| matches!(pair, [b'0'..=b'9', b'n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_expressions_are_brief_and_what_loops_or_grows_is_not() {
        for script in [
            "output.length > 3",
            "output.includes('x') && JSON.parse(output).a >= 1",
            "output.split(' ').some(w => w.length !== 3)",
            "({pass: output === 'a', score: 0.5})",
            "/^(a|b)+$/.test(output)",
            "context.vars.q.length <= output.length ? 1 : 0",
        ] {
            assert!(is_brief(script), "{script}");
        }
        for script in [
            "for (;;) {}",
            "const f = () => f(); f()",
            "let a=output; a+=a; return a",
            "output.repeat(9)",
            "2n ** 99n",
            "9n",
            "0xfn",
            "output['\\u0072epeat'](9)",
            "[...output]",
            "[output].flat()",
            "a >>= 1",
            "a <<= 1",
            "`${output}${output}`",
            "output.replace(/./g, '$`')",
            "new Array(9)",
            "((f) => f(f))(function g() {})",
        ] {
            assert!(!is_brief(script), "{script}");
        }
    }

    #[test]
    fn much_data_is_not_little() {
        let text = "x".repeat(MOST_DATA);
        assert!(is_little(&text, None) && !is_little(&text, Some("y")));
    }
}
