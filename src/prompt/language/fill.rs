//! Templates that only put texts into a text, as most do: filled without tera, which takes several times as long.

use std::borrow::Cow;

use super::lex::{Lexed, Token, lex};
use super::scan::scan;

/// What the values of most templates fit into, in bytes.
const USUAL_VALUE: usize = 128;

/// A template made of text and `{{ name }}` alone.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::prompt) struct Fill {
    /// Text, and the name of what follows it.
    pieces: Vec<(String, String)>,
    /// The text after the last name.
    rest: String,
}

impl Fill {
    /// `None` for a template with anything else in it: a filter, a tag, a comment, a dash that takes white space away,
    /// or a brace that may begin one of them.
    pub(in crate::prompt) fn of(template: &str) -> Option<Fill> {
        let tokens = lex(template);
        let braces = |brace: char| template.matches(brace).count() * 3;
        if braces('{') != tokens.len() * 2 || braces('}') != tokens.len() * 2 {
            return None;
        }
        let mut pieces = Vec::with_capacity(tokens.len() / 3);
        let mut from = 0;
        for group in tokens.chunks(3) {
            let [open, Lexed { token: Token::Ident(name), .. }, close] = group else { return None };
            let is_plain = open.token == Token::VariableStart && open.end - open.start == 2;
            if !is_plain || close.token != Token::VariableEnd || close.end - close.start != 2 {
                return None;
            }
            pieces.push((template.get(from..open.start)?.to_owned(), (*name).to_owned()));
            from = close.end;
        }
        // Names that mean something to tera are no variables.
        let uses = scan(template).uses;
        let are_variables =
            uses.len() == pieces.len() && uses.iter().zip(&pieces).all(|(one, (_, name))| one.name == *name);
        are_variables.then_some(Fill { pieces, rest: template.get(from..)?.to_owned() })
    }

    /// The text, at most `limit` bytes; `None` where a value is missing or neither text nor a whole number: how that looks is
    /// for tera to say.
    pub(in crate::prompt) fn with<'v>(
        &self,
        text_of: impl Fn(&str) -> Option<Cow<'v, str>>,
        limit: usize,
    ) -> Option<String> {
        let written: usize = self.pieces.iter().map(|(text, _)| text.len()).sum();
        let mut out = String::with_capacity(limit.min(written + self.rest.len() + USUAL_VALUE));
        for (text, name) in &self.pieces {
            out.push_str(text);
            out.push_str(&text_of(name)?);
        }
        out.push_str(&self.rest);
        (out.len() <= limit).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::section::Style;
    use super::super::template::{Engine, MAX_MESSAGE_BYTES, Values, syntax_error};
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn filled(template: &str, values: &[(&str, &str)]) -> Option<String> {
        let text_of =
            |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, text)| Cow::Borrowed(*text));
        Fill::of(template)?.with(text_of, 20)
    }

    #[test]
    fn what_is_not_plain_is_left_to_tera() {
        let values = [("a", "{{ b }}"), ("none", "n"), ("loop", "l")];
        assert_eq!(filled("x {{ a }}\n{{a}}\n", &values).as_deref(), Some("x {{ b }}\n{{ b }}\n"));
        assert_eq!(filled("plain", &values).as_deref(), Some("plain"));
        for other in [
            "{{ b }}",
            "{{- a }}",
            "{{ a -}}",
            "{{ a | upper }}",
            "{{ a.b }}",
            "{{ a }}{# c #}",
            "{ {{ a }}",
            "{{ a }} }",
            "{% if a %}{{ a }}{% endif %}",
            "{{ 'a' }}",
            "{{ true }}",
            "{{ none }}",
            "{{ a + a }}",
            "{{ a",
            "a }}",
            "{{ }}",
            "longer than the limit of twenty bytes {{ a }}",
        ] {
            assert_eq!(filled(other, &values), None, "{other}");
        }
    }

    fn template() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "a",
            "b",
            "list",
            "none",
            "loop",
            "true",
            "not",
            "__tera_context",
            "a.b",
            "A1_",
            "whole",
            "huge",
            "part",
            "one",
            "flag",
        ]);
        let piece = prop_oneof![
            6 => name.prop_map(|name| format!("{{{{ {name} }}}}")),
            4 => "[ a-zé\n\t]{0,6}",
            1 => prop::sample::select(vec!["{", "}", "{{", "}}", "-", "{{- a -}}", "{{a}}", "{# a #}", "{% raw %}{{ a }}{% endraw %}",
                "{{a|upper}}", "\"", "{{'a'}}", "{{\n a\n}}", "\r\n", "\0"]).prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

        #[test]
        fn a_filled_template_is_what_tera_makes_of_it(
            text in template(), a in ".{0,12}", b in "[{}% a]{0,8}", whole in any::<i64>(), huge in any::<u64>(), part in any::<f32>(),
        ) {
            prop_assume!(syntax_error(&text).is_none());
            let given: Vec<(&str, Value)> =
                vec![("a", json!(a)), ("b", json!(b)), ("list", json!([1])), ("A1_", json!("")), ("none", json!("n")), ("not", json!("x")),
                ("whole", json!(whole)), ("huge", json!(huge)), ("part", json!(part)), ("one", json!(1.0)), ("flag", json!(true))];
            let mut values = Values::new(Style::default());
            given.iter().for_each(|(name, value)| values.insert(name, value));
            if let Some(fill) = Fill::of(&text) {
                let engine = Engine::build([("#".to_owned(), text.as_str())]).expect("compiles");
                let filled = fill.with(|name| values.text_of(name), MAX_MESSAGE_BYTES);
                let rendered = engine.render("#", &values);
                match filled {
                    Some(filled) => prop_assert_eq!(Ok(filled), rendered, "{:?}", text),
                    None => {
                        let is_text = |name: &String| given.iter().any(|(known, value)| known == name && (value.is_string() || value.is_i64() || value.is_u64()));
                        prop_assert!(fill.pieces.iter().any(|(_, name)| !is_text(name)), "{:?}", text);
                    }
                }
            }
        }
    }
}
