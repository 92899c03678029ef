//! How large a release must be: what callers of the prompt have to change.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use semver::{Prerelease, Version};
use serde::Serialize;

use super::super::ready::Prompt;
use super::super::shots::Shots;
use super::super::written::variable::{VarType, Variable};

/// Which number of a version goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bump {
    /// Nothing that is sent changed: `about`, comments, formatting.
    Patch,
    /// Other text, parameters or models, a new optional variable: callers go on as they are.
    Minor,
    /// A caller that worked may not work any more: a new required variable, one that is gone or takes less, another
    /// form of the answer.
    Major,
}

impl Bump {
    /// Word and bump, in one table.
    pub const ALL: &[(&str, Bump)] = &[("patch", Bump::Patch), ("minor", Bump::Minor), ("major", Bump::Major)];

    /// Its word on the command line and in JSON.
    pub fn word(self) -> &'static str {
        Bump::ALL.iter().find(|(_, bump)| *bump == self).map_or("patch", |(word, _)| word)
    }

    /// The version after `from`. The release that follows a pre-release is that number without its ending.
    pub fn after(self, from: &Version) -> Version {
        let mut next = Version { pre: Prerelease::EMPTY, ..from.clone() };
        if from.pre.is_empty() {
            next = match self {
                Bump::Patch => Version::new(from.major, from.minor, from.patch.saturating_add(1)),
                Bump::Minor => Version::new(from.major, from.minor.saturating_add(1), 0),
                Bump::Major => Version::new(from.major.saturating_add(1), 0, 0),
            };
        }
        next
    }

    /// The step from one version to a higher one.
    pub fn between(from: &Version, to: &Version) -> Bump {
        match (from.major == to.major, from.minor == to.minor) {
            (false, _) => Bump::Major,
            (true, false) => Bump::Minor,
            // From a pre-release to its release anything may change.
            (true, true) if !from.pre.is_empty() => Bump::Major,
            (true, true) => Bump::Patch,
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Bump {
    type Err = String;

    fn from_str(word: &str) -> Result<Bump, String> {
        let found = Bump::ALL.iter().find(|(known, _)| *known == word);
        found.map(|(_, bump)| *bump).ok_or_else(|| "one of patch, minor, major".to_owned())
    }
}

/// The least bump from `old` to `new`, and every reason for it and for less, largest first.
pub(in crate::prompt) fn suggested(old: &Prompt, new: &Prompt) -> (Bump, Vec<String>) {
    let mut reasons = variables(&old.variables, &new.variables);
    if old.output != new.output {
        reasons.push((Bump::Major, "the form of the answer changed".to_owned()));
    }
    reasons.extend(only_text(old, new));
    if old.params != new.params || old.overrides().identity() != new.overrides().identity() {
        reasons.push((Bump::Minor, "parameters changed".to_owned()));
    }
    let (was, is) = (old.definition(), new.definition());
    for (key, is_same) in [
        ("`style`", was.style == is.style),
        ("`truncate`", was.truncate.identity() == is.truncate.identity()),
        ("`examples`", old.shots.as_ref().map(Shots::identity) == new.shots.as_ref().map(Shots::identity)),
    ] {
        if !is_same {
            reasons.push((Bump::Minor, format!("{key} changed")));
        }
    }
    if old.texts() != new.texts() {
        reasons.push((Bump::Minor, "the text changed".to_owned()));
    }
    if reasons.is_empty() && old.digest != new.digest {
        reasons.push((Bump::Minor, "what is sent changed".to_owned()));
    }
    if reasons.is_empty() {
        reasons.push((Bump::Patch, "nothing that is sent changed".to_owned()));
    }
    reasons.sort_by_key(|(bump, _)| std::cmp::Reverse(*bump));
    let largest = reasons.first().map_or(Bump::Patch, |(bump, _)| *bump);
    (largest, reasons.into_iter().map(|(_, reason)| reason).collect())
}

/// Variables of any type that are cut now: a list was taken before, and cannot be cut.
fn only_text(old: &Prompt, new: &Prompt) -> Vec<(Bump, String)> {
    let cuts = |prompt: &Prompt, name: &str| {
        let definition = prompt.definition();
        let overrides = definition.overrides.0.iter().map(|over| &over.truncate);
        std::iter::once(&definition.truncate).chain(overrides).any(|truncate| truncate.0.contains_key(name))
    };
    let is_any =
        |prompt: &Prompt, name: &str| prompt.variables.get(name).is_some_and(|variable| variable.kind == VarType::Any);
    let names = new.variables.keys().filter(|name| is_any(old, name) && is_any(new, name));
    let narrowed = names.filter(|name| cuts(new, name) && !cuts(old, name));
    narrowed.map(|name| (Bump::Major, format!("`{name}` must be text now, because it is cut"))).collect()
}

fn variables(old: &IndexMap<String, Variable>, new: &IndexMap<String, Variable>) -> Vec<(Bump, String)> {
    let mut reasons = Vec::new();
    for (name, variable) in new {
        match old.get(name) {
            None if variable.required => {
                reasons.push((Bump::Major, format!("`{name}` is a new required variable")));
            }
            None => reasons.push((Bump::Minor, format!("`{name}` is a new optional variable"))),
            Some(was) => {
                let stricter = stricter(was, variable);
                if let Some(why) = stricter {
                    reasons.push((Bump::Major, format!("`{name}` {why}")));
                } else if was.identity() != variable.identity() {
                    reasons.push((Bump::Minor, format!("the rules of `{name}` changed")));
                }
            }
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        reasons.push((Bump::Major, format!("`{name}` is gone")));
    }
    reasons
}

/// How `new` refuses values that `old` took.
fn stricter(old: &Variable, new: &Variable) -> Option<String> {
    if new.required && !old.required {
        return Some("became required".to_owned());
    }
    if new.kind != old.kind && new.kind != VarType::Any {
        return Some(format!("takes a {} now", new.kind.word()));
    }
    let fewer =
        !new.one_of.is_empty() && (old.one_of.is_empty() || old.one_of.iter().any(|value| !new.one_of.contains(value)));
    if fewer {
        return Some("may have fewer values".to_owned());
    }
    if new.min_chars.unwrap_or(0) > old.min_chars.unwrap_or(0) {
        return Some("must be longer".to_owned());
    }
    if new.max_chars.unwrap_or(usize::MAX) < old.max_chars.unwrap_or(usize::MAX) {
        return Some("must be shorter".to_owned());
    }
    if new.max_tokens.unwrap_or(u64::MAX) < old.max_tokens.unwrap_or(u64::MAX) {
        return Some("must have fewer tokens".to_owned());
    }
    let pattern = |variable: &Variable| variable.pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
    let (was, is) = (pattern(old), pattern(new));
    if is.is_some() && is != was {
        return Some("must match another pattern".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::super::tests::written::{definition, map, written_project};
    use super::super::super::tests::{Project, model, vars};
    use super::super::print::print;
    use super::*;

    fn step(old: &str, new: &str) -> (Bump, Vec<String>) {
        let project = written_project();
        project.write("prompts/p/few.jsonl", "{\"vars\": {\"a\": \"x\"}, \"output\": \"y\"}\n");
        project.write("prompts/p/1.0.0.yaml", old);
        project.write("prompts/p/next.yaml", new);
        suggested(&project.prompt("p@1.0.0"), &project.prompt("p@next"))
    }

    #[test]
    fn each_change_asks_for_its_bump() {
        let base = "template: \"{{ a }}{{ b }}\"\nvariables:\n  a: {type: string, one_of: [x, y], max_chars: 9}\n  b: {type: string, default: q}\n";
        let swap = |from: &str, to: &str| {
            assert!(base.contains(from), "{from}");
            base.replace(from, to)
        };
        for (new, bump, why) in [
            (format!("# comment\nabout: new\n{base}"), Bump::Patch, "nothing that is sent changed"),
            (swap("{{ b }}", "{{ b }}!"), Bump::Minor, "the text changed"),
            (format!("{base}params: {{temperature: 0}}\n"), Bump::Minor, "parameters changed"),
            (format!("{base}models: {{\"a/*\": {{params: {{seed: 1}}}}}}\n"), Bump::Minor, "parameters changed"),
            (
                swap("{{ b }}\"", "{{ b }}{{ c }}\"").replace("q}\n", "q}\n  c: {default: 1}\n"),
                Bump::Minor,
                "`c` is a new optional variable",
            ),
            (
                swap("{{ b }}\"", "{{ b }}{{ c }}\"").replace("q}\n", "q}\n  c: string\n"),
                Bump::Major,
                "`c` is a new required variable",
            ),
            (swap("{{ b }}", "").replace("  b: {type: string, default: q}\n", ""), Bump::Major, "`b` is gone"),
            (swap(", default: q", ""), Bump::Major, "`b` became required"),
            (swap("default: q", "default: r"), Bump::Minor, "the rules of `b` changed"),
            (swap("[x, y]", "[x]"), Bump::Major, "`a` may have fewer values"),
            (swap("[x, y]", "[x, y, z]"), Bump::Minor, "the rules of `a` changed"),
            (swap("max_chars: 9", "max_chars: 8"), Bump::Major, "`a` must be shorter"),
            (swap("max_chars: 9", "max_chars: 10"), Bump::Minor, "the rules of `a` changed"),
            (swap("max_chars: 9", "max_chars: 9, min_chars: 1"), Bump::Major, "`a` must be longer"),
            (swap("max_chars: 9", "max_chars: 9, pattern: x"), Bump::Major, "`a` must match another pattern"),
            (swap("default: q", "default: q, one_of: [q]"), Bump::Major, "`b` may have fewer values"),
            (format!("{base}output: {{format: json}}\n"), Bump::Major, "the form of the answer changed"),
            (swap("max_chars: 9", "max_chars: 9, max_tokens: 5"), Bump::Major, "`a` must have fewer tokens"),
            (swap(", max_chars: 9", ""), Bump::Minor, "the rules of `a` changed"),
            (swap("[x, y], max_chars: 9", "[x, y]"), Bump::Minor, "the rules of `a` changed"),
            (format!("{base}style: xml\n"), Bump::Minor, "`style` changed"),
            (format!("{base}truncate: {{a: 5}}\n"), Bump::Minor, "`truncate` changed"),
            (format!("{base}models: {{\"a/*\": {{style: xml}}}}\n"), Bump::Minor, "parameters changed"),
            (format!("{base}models: {{\"a/*\": {{truncate: {{a: 5}}}}}}\n"), Bump::Minor, "parameters changed"),
            (format!("{base}examples: {{from: few.jsonl, pick: 1}}\n"), Bump::Minor, "`examples` changed"),
        ] {
            let (got, reasons) = step(base, &new);
            assert_eq!((got, reasons.first().map(String::as_str)), (bump, Some(why)), "{new}");
        }
    }

    #[test]
    fn limits_are_major_where_they_tighten_and_minor_where_they_go() {
        let of = |rule: &str| format!("template: \"{{{{ a }}}}\"\nvariables:\n  a: {{type: string, {rule}}}\n");
        for (tight, loose) in [
            ("max_tokens: 5", "max_tokens: 6"),
            ("max_tokens: 5", ""),
            ("max_chars: 5", ""),
            ("min_chars: 5", "min_chars: 4"),
            ("min_chars: 5", ""),
            ("pattern: x", ""),
            ("one_of: [x]", ""),
        ] {
            assert_eq!(step(&of(loose), &of(tight)).0, Bump::Major, "{loose} to {tight}");
            assert_eq!(step(&of(tight), &of(loose)).0, Bump::Minor, "{tight} to {loose}");
        }
        // Of two patterns nobody can say which takes more.
        assert_eq!(step(&of("pattern: x"), &of("pattern: xy")).0, Bump::Major);
    }

    /// A variable of any type takes lists; one that is cut does not.
    #[test]
    fn cutting_what_took_any_value_is_major() {
        let text = "template: \"{{ a }}\"\n";
        for truncate in ["truncate: {a: 5}\n", "models: {\"x/*\": {truncate: {a: 5}}}\n"] {
            let cut = format!("{text}{truncate}");
            let (bump, reasons) = step(text, &cut);
            assert_eq!((bump, reasons[0].as_str()), (Bump::Major, "`a` must be text now, because it is cut"));
            assert_eq!(step(&cut, text).0, Bump::Minor);
            assert_eq!(step(&cut, &cut.replace('5', "6")).0, Bump::Minor);
        }
        let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: \"{{ a }}\"\ntruncate: {a: 5}\n")]);
        assert!(project.prompt("p").render(&vars(json!({"a": [1]})), &model("x/y")).is_err());
    }

    #[test]
    fn other_examples_are_minor_and_other_names_of_the_file_nothing() {
        let text = "template: \"{{ a }}\"\nvariables: {a: string}\nexamples: {from: one.jsonl, pick: 1}\n";
        let project = Project::new(&[
            ("prompts/p/1.0.0.yaml", text),
            ("prompts/p/one.jsonl", "{\"vars\": {\"a\": \"x\"}, \"output\": \"y\"}\n"),
            ("prompts/p/two.jsonl", "{\"output\": \"y\", \"vars\": {\"a\": \"x\"}}\n"),
            ("prompts/p/three.jsonl", "{\"vars\": {\"a\": \"x\"}, \"output\": \"z\"}\n"),
        ]);
        let with = |file: &str| {
            project.write("prompts/p/next.yaml", &text.replace("one.jsonl", file));
            suggested(&project.prompt("p@1.0.0"), &project.prompt("p@next"))
        };
        assert_eq!(with("two.jsonl").0, Bump::Patch);
        assert_eq!(with("three.jsonl"), (Bump::Minor, vec!["`examples` changed".to_owned()]));
    }

    fn prompts(old: &Map<String, Value>, new: &Map<String, Value>) -> Option<(Bump, Vec<String>)> {
        let project = written_project();
        project.write("prompts/p/1.0.0.yaml", &print(old));
        project.write("prompts/p/next.yaml", &print(new));
        let (old, new) = (project.resolve("p@1.0.0").0?, project.resolve("p@next").0?);
        Some(suggested(&old, &new))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn the_same_prompt_is_a_patch_and_a_new_required_variable_always_major(definition in definition(), other in definition()) {
            let (old, mut new) = (map(definition), map(other));
            let same = prompts(&old, &old);
            prop_assume!(same.is_some());
            prop_assert_eq!(same, Some((Bump::Patch, vec!["nothing that is sent changed".to_owned()])));
            // Whatever else changes with it. Examples would need the variable as well.
            new.remove("examples");
            new["variables"]["added"] = json!({"type": "string"});
            let messages = new["messages"].as_array_mut().expect("messages");
            messages.push(json!({"role": "user", "content": "{{ added }}"}));
            let step = prompts(&old, &new);
            prop_assume!(step.is_some());
            let (bump, reasons) = step.expect("a step");
            prop_assert_eq!(bump, Bump::Major);
            prop_assert!(reasons.contains(&"`added` is a new required variable".to_owned()), "{:?}", reasons);
        }
    }

    #[test]
    fn a_narrower_type_is_major_and_a_wider_one_is_not() {
        let of = |kind: &str| format!("template: \"{{{{ a }}}}\"\nvariables:\n  a: {kind}\n");
        assert_eq!(step(&of("{type: string}"), &of("{type: number}")).0, Bump::Major);
        assert_eq!(step(&of(""), &of("{type: number}")).0, Bump::Major);
        assert_eq!(step(&of("{type: number}"), &of("")).0, Bump::Minor);
    }

    #[test]
    fn versions_go_up_and_pre_releases_are_finished() {
        let after = |bump: Bump, from: &str| bump.after(&Version::parse(from).expect("version")).to_string();
        assert_eq!(after(Bump::Patch, "1.2.3"), "1.2.4");
        assert_eq!(after(Bump::Minor, "1.2.3"), "1.3.0");
        assert_eq!(after(Bump::Major, "0.2.3"), "1.0.0");
        assert_eq!(after(Bump::Minor, "2.0.0-rc.1"), "2.0.0");
        let between = |a: &str, b: &str| Bump::between(&Version::parse(a).expect("a"), &Version::parse(b).expect("b"));
        assert_eq!(between("1.2.3", "1.2.9"), Bump::Patch);
        assert_eq!(between("1.2.3", "1.3.0-rc.1"), Bump::Minor);
        assert_eq!(between("1.2.3", "2.0.0"), Bump::Major);
        assert_eq!(between("2.0.0-rc.1", "2.0.0"), Bump::Major);
    }
}
