//! Values for a prompt's variables as they are given outside of suites, each with where it came from.

use serde_json::Value;

use super::ready::Prompt;
use super::render::Origins;
use super::written::definition::variable_name;
use super::written::var_problem::VarProblem;
use crate::base::{Diagnostic, ModelRef, Node, Place, Problems, Source, Span, parse_json_line, parse_yaml};
use crate::record::Vars;

/// Values and their origins. What is given later replaces what was given before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// The values, by variable.
    pub vars: Vars,
    /// Where each came from.
    pub origins: Origins,
}

impl Given {
    fn set(&mut self, name: &str, value: Value, origin: String) {
        self.vars.insert(name.to_owned(), value);
        self.origins.set(name, origin);
    }

    /// Takes the variables of a case that the prompt has: a suite may compare prompts that differ in what they use.
    pub fn case(&mut self, vars: &Vars, place: &Place, has: impl Fn(&str) -> bool) {
        for (name, value) in vars.iter().filter(|(name, _)| has(name)) {
            self.set(name, value.clone(), place.pointer());
        }
    }

    /// Takes a file of values: a JSON or YAML mapping, by the file's ending; JSON where there is none.
    pub fn file(&mut self, source: &Source, problems: &mut Problems) {
        let ending = source.path().extension().and_then(|ending| ending.to_str()).unwrap_or("");
        let before = problems.error_count();
        let node = match ending {
            "yaml" | "yml" => parse_yaml(source, problems),
            _ => parse_json_line(source, problems),
        };
        let Some(node) = node.filter(|_| problems.error_count() == before) else { return };
        let Some(entries) = node.as_map() else {
            let message = format!("variables are a mapping of names to values, this is {}", node.describe());
            let help = "such as `{\"code\": \"x = 1\", \"language\": \"python\"}`";
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)).help(help));
            return;
        };
        for (key, value) in entries {
            self.set(&key.text, value.to_json(), format!("{}: {}", source.path().display(), key.text));
        }
    }

    /// Takes one assignment: `name=text`, or `name:=JSON` for numbers, lists and mappings.
    pub fn assignment(&mut self, flag: &str, text: &str, problems: &mut Problems) {
        let shown: String = text.chars().take(60).collect();
        let wrong = |code, message: String| {
            let help = format!("write `{flag} name=text`, or `{flag} name:=JSON` for a number, a list or a mapping");
            Diagnostic::error(code, message).help(help)
        };
        let Some((name, value)) = text.split_once('=') else {
            problems.push(wrong("invalid-variable", format!("{flag}: `{shown}` has no `=`")));
            return;
        };
        let (name, is_json) = name.strip_suffix(':').map_or((name, false), |name| (name, true));
        if let Err(why) = variable_name(name) {
            problems.push(wrong("variable-name", format!("{flag}: `{name}` cannot be the name of a variable: {why}")));
            return;
        }
        let value = if is_json {
            let source = Source::new(format!("{flag} {name}"), value);
            let Some(value) = parse_json_line(&source, problems).as_ref().map(Node::to_json) else { return };
            value
        } else {
            Value::String(value.to_owned())
        };
        if self.origins.of(name).is_some_and(|origin| origin.starts_with(flag)) {
            problems.push(wrong("duplicate-variable", format!("{flag}: `{name}` is given twice")));
        }
        self.set(name, value, format!("{flag} {name}"));
    }
}

impl Given {
    /// Names that none of these prompts has; told of the last of them.
    pub fn unknown(&self, prompts: &[&Prompt]) -> Vec<Diagnostic> {
        let Some(last) = prompts.last() else { return Vec::new() };
        let is_known = |name: &str| prompts.iter().any(|prompt| prompt.variables.contains_key(name));
        let mut found = last.check_vars(&self.vars);
        found.retain(|problem| problem.code == "unknown-variable" && !is_known(&problem.variable));
        self.located(last, found)
    }

    /// Everything that keeps a prompt from being rendered with these values, for a model; each value with its origin.
    pub fn problems(&self, prompt: &Prompt, model: Option<&ModelRef>) -> Vec<Diagnostic> {
        let mut found = prompt.check_vars(&self.vars);
        found.append(&mut prompt.check_tokens(&self.vars, model));
        // A misspelt name is one mistake: told at the name, not a second time as the one that is missing.
        let meant: Vec<String> = found
            .iter()
            .filter(|problem| problem.code == "unknown-variable")
            .filter_map(|problem| problem.near.clone())
            .collect();
        found.retain(|problem| problem.code != "missing-variable" || !meant.contains(&problem.variable));
        self.located(prompt, found)
    }

    fn located(&self, prompt: &Prompt, mut found: Vec<VarProblem>) -> Vec<Diagnostic> {
        found.iter_mut().for_each(|problem| problem.locate(&self.origins));
        found.iter().map(|problem| problem.to_diagnostic(&prompt.name)).collect()
    }
}

/// The place of something that was given on the command line.
pub fn command_line() -> Place {
    Source::new("command line", "").place(Span::whole_file())
}

#[cfg(test)]
mod tests {
    use super::super::tests::Project;
    use super::*;
    use serde_json::json;

    fn given(assignments: &[&str]) -> (Given, String) {
        let mut given = Given::default();
        let mut problems = Problems::new();
        assignments.iter().for_each(|text| given.assignment("--var", text, &mut problems));
        (given, problems.render(false))
    }

    #[test]
    fn assignments_give_text_or_json() {
        let (given, problems) = given(&["a=1", "b:=1", "c:=[1, \"x\"]", "d=x=y:=z", "e=", "f:=\"é\""]);
        assert_eq!(problems, "");
        assert_eq!(
            Value::Object(given.vars),
            json!({"a": "1", "b": 1, "c": [1, "x"], "d": "x=y:=z", "e": "", "f": "é"})
        );
        assert_eq!(given.origins.of("c"), Some("--var c"));
    }

    #[test]
    fn bad_assignments_say_what_to_write() {
        for (text, code) in [
            ("a", "invalid-variable"),
            ("=x", "variable-name"),
            ("a-b=1", "variable-name"),
            ("a:=x", "invalid-json"),
            ("loop=1", "variable-name"),
        ] {
            let (given, problems) = given(&[text]);
            assert!(given.vars.is_empty() && problems.contains(&format!("[{code}]")), "{text}: {problems}");
        }
        assert!(given(&["a=1", "a=2"]).1.contains("`a` is given twice"));
    }

    #[test]
    fn names_that_no_prompt_has_are_told_of_the_last_one() {
        let project = Project::new(&[
            ("prompts/p/1.0.0.yaml", "template: \"{{ old }} {{ both }}\"\n"),
            ("prompts/p/2.0.0.yaml", "template: \"{{ new }} {{ both }}\"\n"),
        ]);
        let (one, two) = (project.prompt("p@1.0.0"), project.prompt("p@2.0.0"));
        let (known, _) = given(&["old=1", "new=2"]);
        assert_eq!(known.unknown(&[&one, &two]), []);
        let (unknown, _) = given(&["old=1", "nwe=2"]);
        let found: Vec<String> = unknown.unknown(&[&one, &two]).iter().map(|problem| problem.render(false)).collect();
        assert!(found.len() == 1 && found[0].contains("`nwe` is not a variable of `p@2.0.0`"), "{found:?}");
        assert!(found[0].contains("--var nwe") && found[0].contains("did you mean `new`"), "{found:?}");
        assert_eq!(unknown.unknown(&[&two]).len(), 2);
    }

    #[test]
    fn files_are_mappings_and_later_values_win() {
        let mut given = Given::default();
        let mut problems = Problems::new();
        given.file(&Source::new("v.json", "{\"a\": 1,\n \"b\": [true]}"), &mut problems);
        given.file(&Source::new("w.yaml", "a: two\n"), &mut problems);
        given.assignment("--var", "b=3", &mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        assert_eq!(Value::Object(given.vars.clone()), json!({"a": "two", "b": "3"}));
        assert_eq!((given.origins.of("a"), given.origins.of("b")), (Some("w.yaml: a"), Some("--var b")));
        given.file(&Source::new("x.json", "[1]"), &mut problems);
        given.file(&Source::new("-", "{"), &mut problems);
        assert_eq!(problems.error_count(), 2, "{}", problems.render(false));
    }
}
