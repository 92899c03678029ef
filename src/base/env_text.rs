//! Texts that name environment variables: `Bearer ${env.TOKEN}`.

use super::Secret;

/// A text with `${env.NAME}` in it, which is filled in when it is used and never before: the values are secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvText {
    written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Plain(String),
    Variable(String),
}

impl EnvText {
    /// Reads a text.
    ///
    /// # Errors
    /// What stands in a `${…}` that is no variable.
    pub fn parse(written: &str) -> Result<EnvText, String> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, tail) = after.split_once('}').unwrap_or((after, ""));
            let name = inner.strip_prefix("env.").filter(|name| is_variable_name(name));
            let Some(name) = name.filter(|_| after.contains('}')) else {
                return Err(inner.chars().take(40).collect());
            };
            if !before.is_empty() {
                parts.push(Part::Plain(before.to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Plain(rest.to_owned()));
        }
        Ok(EnvText { written: written.to_owned(), parts })
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The variables it names, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Plain(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }

    /// The text with its variables filled in.
    ///
    /// # Errors
    /// The first variable that is not set.
    pub fn fill(&self, value_of: impl Fn(&str) -> Option<Secret>) -> Result<String, &str> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Plain(text) => out.push_str(text),
                Part::Variable(name) => out.push_str(value_of(name).ok_or(name.as_str())?.expose()),
            }
        }
        Ok(out)
    }
}

/// Whether `name` can name an environment variable: letters, digits and `_`, not starting with a digit.
pub fn is_variable_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.starts_with(|c: char| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_and_filled_in_once() {
        let text = EnvText::parse("a ${env.ONE}-${env.TWO} é$").expect("text");
        assert_eq!(text.variables().collect::<Vec<_>>(), ["ONE", "TWO"]);
        let value = |name: &str| Some(Secret::new(format!("${{env.{name}}}!")));
        assert_eq!(text.fill(value), Ok("a ${env.ONE}!-${env.TWO}! é$".to_owned()));
        assert_eq!(text.fill(|name| (name == "ONE").then(|| Secret::new("x"))), Err("TWO"));
        assert_eq!(text.written(), "a ${env.ONE}-${env.TWO} é$");
        assert_eq!(EnvText::parse("").expect("text").fill(|_| None), Ok(String::new()));
    }

    #[test]
    fn other_forms_are_refused() {
        for (written, told) in
            [("${TOKEN}", "TOKEN"), ("${env.}", "env."), ("${env.A B}", "env.A B"), ("a${env.A", "env.A")]
        {
            assert_eq!(EnvText::parse(written), Err(told.to_owned()), "{written}");
        }
    }
}
