//! A new prompt: what the wizard asked becomes files that lint clean and render.

use std::io;
use std::path::PathBuf;

use super::super::registry::{Registry, has_path_ending};
use super::super::written::definition::variable_name;
use super::super::written::variable::VarType;
use crate::base::{Diagnostic, Place, Problems, SafeName, Source, closest, files, parse_yaml};

/// What a new prompt is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewPrompt {
    /// Its name, not yet checked.
    pub name: String,
    /// What it is for.
    pub about: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The system message.
    pub system: Option<String>,
    /// The user message.
    pub template: String,
    /// Types of variables; those that are not here are text.
    pub types: Vec<(String, VarType)>,
}

impl NewPrompt {
    /// Takes `NAME:TYPE`.
    pub fn read_type(&mut self, flag: &str, text: &str, problems: &mut Problems) {
        let (name, word) = text.split_once(':').unwrap_or((text, "string"));
        let words: Vec<&str> = VarType::ALL.iter().map(|(word, _)| *word).collect();
        if let Err(why) = variable_name(name) {
            let message = format!("{flag}: `{name}` cannot be the name of a variable: {why}");
            problems.push(Diagnostic::error("variable-name", message));
            return;
        }
        match VarType::ALL.iter().find(|(known, _)| *known == word) {
            Some((_, kind)) => self.types.push((name.to_owned(), *kind)),
            None => problems.push(
                Diagnostic::error("unknown-value", format!("{flag}: `{word}` is not a type of variables"))
                    .did_you_mean(closest(word, words.iter().copied()))
                    .help(format!("one of {}", words.join(", "))),
            ),
        }
    }

    /// Flags that would give these variables: ` --var text=…`, and `:=` where the value is no text.
    pub fn example_values(&self, names: &[String]) -> String {
        let is_text = |name: &String| {
            self.types.iter().all(|(known, kind)| known != name || matches!(kind, VarType::String | VarType::Any))
        };
        names.iter().map(|name| format!(" --var {name}{}…", if is_text(name) { "=" } else { ":=" })).collect()
    }

    /// The text of `prompt.yaml`.
    fn about_file(&self) -> String {
        let mut text = String::new();
        let lines = [("about", &self.about), ("owner", &self.owner)];
        for (key, value) in lines.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))) {
            text.push_str(&format!("{key}: {}\n", scalar(value, 0)));
        }
        text.push_str("# Labels point to released versions: `karat prompt label` sets them.\nlabels: {}\n");
        text
    }

    /// The text of `next.yaml`.
    fn draft_file(&self, names: &[String]) -> String {
        let mut text = String::from("messages:\n");
        for (role, content) in [("system", self.system.as_deref()), ("user", Some(self.template.as_str()))] {
            let Some(content) = content else { continue };
            text.push_str(&format!("  - role: {role}\n    content: {}\n", scalar(content, 6)));
        }
        if !names.is_empty() {
            text.push_str("variables:\n");
        }
        for name in names {
            let kind = self.types.iter().find(|(known, _)| known == name).map_or(VarType::String, |(_, kind)| *kind);
            text.push_str(&format!("  {name}: {{type: {}, required: true}}\n", kind.word()));
        }
        text
    }
}

/// A text as a YAML value: a block where it has lines that a block can hold, else in double quotes.
fn scalar(text: &str, indent: usize) -> String {
    let is_plain =
        |c: char| c == '\n' || (!c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'));
    let first = text.chars().next();
    let fits = text.trim_end_matches('\n').contains('\n')
        && indent > 0
        && text.chars().all(is_plain)
        && first.is_some_and(|c| !c.is_whitespace())
        && !text.ends_with("\n\n");
    if !fits {
        // JSON's escapes are YAML's.
        return serde_json::Value::from(text).to_string();
    }
    let chomp = if text.ends_with('\n') { "" } else { "-" };
    let margin = " ".repeat(indent);
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let lines = lines.map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") });
    format!("|{chomp}\n{}", lines.collect::<Vec<_>>().join("\n"))
}

impl Registry {
    /// The folder that a new prompt would have.
    fn new_folder(&self, name: &SafeName) -> PathBuf {
        self.prompts.join(name.as_str())
    }

    /// The same as in messages.
    fn new_folder_shown(&self, name: &SafeName) -> String {
        let folder = self.new_folder(name);
        folder.strip_prefix(&self.root).unwrap_or(&folder).display().to_string()
    }

    /// The name, when a new prompt may be called so.
    ///
    /// # Errors
    /// A [`Diagnostic`] with what to do instead.
    pub fn check_new_name(&self, name: &str) -> Result<SafeName, Box<Diagnostic>> {
        let wrong = |code, message: String| Box::new(Diagnostic::error(code, message));
        let parsed = SafeName::parse(name).map_err(|error| {
            let problem = Diagnostic::error("prompt-name", error.to_string());
            let near = slug(name);
            Box::new(if SafeName::parse(&near).is_err() { problem } else { problem.help(format!("call it `{near}`")) })
        })?;
        if name.starts_with(['_', '.']) || name.contains("..") {
            return Err(wrong("prompt-name", format!("`{name}` cannot be the name of a prompt")));
        }
        if has_path_ending(name) {
            let problem = wrong("prompt-name", format!("`{name}` cannot be the name of a prompt: it reads as a file"));
            return Err(Box::new(problem.help(format!("call it `{}`", name.replace('.', "-")))));
        }
        if self.new_folder(&parsed).exists() {
            let shown = self.new_folder_shown(&parsed);
            let problem = Diagnostic::error("prompt-exists", format!("there is a prompt `{name}` already"));
            return Err(Box::new(problem.help(format!("edit `{shown}/next.yaml`, or choose another name"))));
        }
        let same = self.names().into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name));
        if let Some(known) = same {
            // Some file systems do not tell them apart.
            return Err(wrong("prompt-exists", format!("there is a prompt `{known}`, which differs in case only")));
        }
        Ok(parsed)
    }

    /// The variables that the texts of a new prompt name, those of the partials they include too, in their order.
    pub fn names_in(&self, new: &NewPrompt) -> Vec<String> {
        let source = Source::new("template", new.draft_file(&[]));
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems);
        // What is wrong with them is told when the prompt is made.
        let prompt = node.and_then(|node| self.inline(&node, &source, &mut problems));
        prompt.map(|prompt| prompt.variables.keys().cloned().collect()).unwrap_or_default()
    }

    /// Writes a new prompt, after its files were checked as if they were there. `None` when anything is wrong with it.
    pub fn create(&self, new: &NewPrompt, from: &Place, problems: &mut Problems) -> Option<SafeName> {
        let name = match self.check_new_name(&new.name) {
            Ok(name) => name,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        };
        let folder = self.new_folder(&name);
        let shown = self.new_folder_shown(&name);
        let names = self.names_in(new);
        let (about, draft) = (new.about_file(), new.draft_file(&names));
        for (unknown, _) in new.types.iter().filter(|(name, _)| !names.contains(name)) {
            let message = format!("`{unknown}` has a type, but no text names it");
            problems.push(Diagnostic::error("unknown-variable", message).help(format!("write `{{{{ {unknown} }}}}`")));
        }
        let source = Source::new(format!("{shown}/next.yaml"), draft.as_str());
        let before = problems.error_count();
        let node = parse_yaml(&source, problems)?;
        self.inline(&node, &source, problems)?;
        parse_yaml(&Source::new(format!("{shown}/prompt.yaml"), about.as_str()), problems)?;
        if problems.error_count() > before || problems.has_errors() {
            return None;
        }
        let written = files::claim_folder(&folder).and_then(|()| {
            files::write_atomic(&folder.join("prompt.yaml"), about.as_bytes())?;
            files::write_atomic(&folder.join("next.yaml"), draft.as_bytes())
        });
        match written {
            Ok(()) => Some(name),
            Err(error) => {
                let message = match error.kind() {
                    // Not where the folder of prompts is a file.
                    io::ErrorKind::AlreadyExists if folder.exists() => format!("there is a prompt `{name}` already"),
                    _ => format!("`{shown}` cannot be written: {error}"),
                };
                problems.push(Diagnostic::error("prompt-not-written", message).at(from.clone()));
                None
            }
        }
    }
}

/// A name made of a text: lowercase words joined by `-`.
fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    slug.trim_start_matches(['-', '_']).chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Project, model, vars};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn create(project: &Project, new: &NewPrompt) -> String {
        let mut problems = Problems::new();
        let written = project.registry().create(new, &super::super::super::command_line(), &mut problems);
        assert_eq!(written.is_some(), !problems.has_errors());
        problems.render(false)
    }

    fn new(name: &str, template: &str) -> NewPrompt {
        NewPrompt { name: name.to_owned(), template: template.to_owned(), ..NewPrompt::default() }
    }

    #[test]
    fn a_new_prompt_lints_clean_and_renders() {
        let project = Project::new(&[]);
        let prompt = NewPrompt {
            about: Some("Says: \"hello\" # really".to_owned()),
            owner: Some("no".to_owned()),
            system: Some("Be kind.\n\n  Never shout: {{ tone }}.".to_owned()),
            types: vec![("count".to_owned(), VarType::Number)],
            ..new("greet", "Greet {{ name }} {{ count }} times")
        };
        assert_eq!(create(&project, &prompt), "");
        let mut problems = Problems::new();
        project.registry().lint_all(&mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        let loaded = project.prompt("greet@next");
        assert_eq!(loaded.about.as_deref(), Some("Says: \"hello\" # really"));
        assert_eq!(loaded.owner.as_deref(), Some("no"));
        let given = vars(json!({"tone": "ever", "name": "Ada", "count": 2}));
        let rendered = loaded.render(&given, &model("a/b")).expect("renders");
        assert_eq!(rendered.messages[0].joined_text(), "Be kind.\n\n  Never shout: ever.");
        assert_eq!(rendered.messages[1].joined_text(), "Greet Ada 2 times");
        assert_eq!(loaded.variables["count"].kind, VarType::Number);
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_bad_is_written() {
        let project = Project::new(&[("prompts/taken/1.0.0.yaml", "template: hi\n")]);
        assert!(create(&project, &new("taken", "x")).contains("[prompt-exists]"));
        let file = Project::new(&[("prompts", "not a folder")]);
        assert!(create(&file, &new("a", "x")).contains("`prompts/a` cannot be written"));
        assert!(create(&project, &new("Taken", "x")).contains("differs in case only"));
        assert!(create(&project, &new("Code Review!", "x")).contains("call it `code-review`"));
        assert!(create(&project, &new("../up", "x")).contains("call it `up`"));
        // It could be made, and then not be referred to.
        assert!(create(&project, &new("notes.md", "x")).contains("call it `notes-md`"));
        let device = create(&project, &new("CON", "x"));
        assert!(device.contains("[prompt-name]") && !device.contains("call it"), "{device}");
        for (bad, code) in [
            ("{{ a", "template-syntax"),
            ("", "empty-message"),
            ("{{ a | nope }}", "unknown-filter"),
            ("{{ loop }}", "variable-name"),
        ] {
            let text = create(&project, &new("fresh", bad));
            assert!(text.contains(code), "{bad}: {text}");
        }
        let mut typed = new("fresh", "{{ a }}");
        typed.types.push(("b".to_owned(), VarType::List));
        assert!(create(&project, &typed).contains("no text names it"));
        assert_eq!(project.registry().names().len(), 1);
    }

    #[test]
    fn types_of_variables_are_read() {
        let mut prompt = new("a", "");
        let mut problems = Problems::new();
        ["a:list", "b", "c:strnig", "d-e:string"]
            .iter()
            .for_each(|text| prompt.read_type("--var", text, &mut problems));
        assert_eq!(prompt.types, [("a".to_owned(), VarType::List), ("b".to_owned(), VarType::String)]);
        let text = problems.render(false);
        assert!(text.contains("did you mean `string`?") && text.contains("[variable-name]"), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_is_kept_as_a_yaml_value(text in "(\\PC|\n| |\t|\r|:|#|-|\\||'|\"|\u{85}|\u{2028}|\u{0}){0,40}") {
            let source = Source::new("x.yaml", format!("a:\n  - b: {}\n    c: 1\n", scalar(&text, 6)));
            let mut problems = Problems::new();
            let node = parse_yaml(&source, &mut problems);
            prop_assert!(node.is_some(), "{:?}\n{}", source.text(), problems.render(false));
            let value = node.expect("parsed").to_json();
            prop_assert_eq!(&value["a"][0]["b"], &json!(text));
        }
    }
}
