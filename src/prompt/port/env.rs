//! Lines for a shell or a `.env` file that say which prompt is meant.

use super::outline::Outline;

/// Three lines; both shells and readers of `.env` files take them.
pub(super) fn write(outline: &mut Outline<'_>) -> String {
    // Refusals about templates do not matter here: only the identity is written.
    outline.refused.clear();
    let prompt = outline.prompt;
    let (name, version) = match &prompt.registered {
        Some((name, version)) => (name.to_string(), version.to_string()),
        None => (prompt.name.clone(), String::new()),
    };
    let lines = [("PROMPT_NAME", name), ("PROMPT_VERSION", version), ("PROMPT_DIGEST", prompt.digest.to_string())];
    lines.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect()
}

/// A value that every reader takes as it is: bare where it can be, else in single quotes, else in double quotes.
fn quoted(value: &str) -> String {
    let is_bare = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b':' | b'+' | b'@'));
    if is_bare {
        return value.to_owned();
    }
    let is_line = !value.contains(['\n', '\r']);
    if is_line && !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' | '$' | '`' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            c => text.push(c),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_as_shells_and_dotenv_read_them() {
        for (value, wanted) in [
            ("code-review", "code-review"),
            ("1.2.0-rc.1", "1.2.0-rc.1"),
            ("my prompt.txt", "'my prompt.txt'"),
            ("a#b $HOME", "'a#b $HOME'"),
            ("it's $x", "\"it's \\$x\""),
            ("", ""),
        ] {
            assert_eq!(quoted(value), wanted);
            let line = format!("KEY={wanted}\n");
            let read: Vec<_> = dotenvy::from_read_iter(line.as_bytes()).map(|pair| pair.expect("pair").1).collect();
            assert_eq!(read, [value], "{line}");
        }
    }
}
