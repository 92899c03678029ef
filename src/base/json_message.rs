//! What the JSON parser says, in words of someone who writes JSON.

/// Beginning of the parser's message, and ours.
const WORDS: &[(&str, &str)] = &[
    ("EOF while parsing a list", "it ends inside a list: `]` is missing"),
    ("EOF while parsing an object", "it ends inside an object: `}` is missing"),
    ("EOF while parsing a string", "it ends inside a text: `\"` is missing"),
    ("EOF while parsing a value", "it ends where a value should stand"),
    ("trailing characters", "there is more text after its end"),
    ("trailing comma", "a comma stands before the closing bracket"),
    ("key must be a string", "a key must be text in double quotes"),
    ("expected value", "a value should stand here; texts stand in double quotes"),
    ("expected ident", "this word is not `true`, `false` or `null`"),
    (
        "control character",
        "a line end, a tab or another control character stands inside a text; write it as `\\n` or `\\t`",
    ),
    ("recursion limit exceeded", "it is nested more than 128 levels deep"),
];

/// Why a text is not JSON, without the position: that stands in the place.
pub fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let told = text.split(" at line ").next().unwrap_or("not JSON");
    let words = WORDS.iter().find(|(beginning, _)| told.starts_with(beginning));
    words.map_or_else(|| told.to_owned(), |(_, message)| (*message).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_words_and_unknown_ones_stay() {
        let told = |text: &str| json_message(&serde_json::from_str::<serde_json::Value>(text).expect_err("broken"));
        assert_eq!(told("{\"a\": 1"), "it ends inside an object: `}` is missing");
        assert_eq!(told("[1,]"), "a comma stands before the closing bracket");
        assert_eq!(told("{'a': 1}"), "a key must be text in double quotes");
        assert_eq!(told("{} x"), "there is more text after its end");
        assert_eq!(told("{\"a\" 1}"), "expected `:`");
    }
}
