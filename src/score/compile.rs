//! Compiles one entry of a `checks:` list.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::among::Comparing;
use super::check::{Body, Check, Grader, Needs};
use super::entry::Entry;
use super::options::Options;
use super::settings::{Fault, Settings};
use super::spec::{Build, Prepared};
use super::world::Asks;
use crate::base::{Diagnostic, ModelRef, Node, Problems, Severity, Source};
use crate::record::EmbeddingModel;

/// What compiling needs besides the entry itself.
#[derive(Debug, Clone, Copy)]
pub struct CompileContext<'a> {
    /// The project's folder; files outside it are refused.
    pub root: &'a Path,
    /// The folder that relative paths start from: the suite's.
    pub base_dir: &'a Path,
    /// The file the entry stands in, for places of diagnostics.
    pub source: &'a Source,
    /// The models that checks ask unless they name others.
    pub models: &'a Arc<CheckModels>,
}

/// The models that checks ask unless they name others, and those under test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckModels {
    /// `judge:` of the suite, or of the project.
    pub judge: Option<ModelRef>,
    /// `embedding:` of the project.
    pub embedding: Option<EmbeddingModel>,
    /// `moderation:` of the project.
    pub moderation: Option<ModelRef>,
    /// Under test: a judge of the same family is warned of.
    pub under_test: Vec<ModelRef>,
}

/// Compiles one entry of a `checks:` list: `- json`, `- contains: refund`, `- contains: {value: refund, weight: 2}`,
/// `- all_of: […]`.
///
/// Schema files are read here, never while scoring. Returns `None` when the entry has errors; all of them, with
/// warnings, are in `problems`.
pub fn compile(node: &Node, ctx: &CompileContext<'_>, problems: &mut Problems) -> Option<Arc<Check>> {
    // Problems of this entry alone, so that earlier ones do not decide whether it is sound.
    let mut own = Problems::new();
    let check = compile_entry(node, ctx, problems, &mut own);
    let sound = !own.has_errors();
    problems.absorb(own);
    check.filter(|_| sound).map(Arc::new)
}

fn compile_entry(node: &Node, ctx: &CompileContext<'_>, told: &Problems, problems: &mut Problems) -> Option<Check> {
    let entry = Entry::read(node, ctx.source, problems)?;
    let mut options = Options::read(&entry, ctx, problems);
    let mut needs = Needs { context: entry.spec.reads_context, ..Needs::default() };
    let mut asks = Asks::default();
    let mut comparing = None;
    let (body, content) = if entry.is_group() {
        let members = members(&options, ctx, problems)?;
        refuse_comparisons(&entry, &members, ctx, problems);
        for member in &members {
            needs.absorb(&member.needs);
            asks.absorb(&member.asks);
        }
        let content = members.iter().map(|member| member.identity.clone()).collect();
        let body = if matches!(entry.spec.build, Build::AllOf) { Body::AllOf(members) } else { Body::AnyOf(members) };
        (body, Value::Array(content))
    } else {
        options.origins.iter().for_each(|(_, origin)| needs.add(origin));
        let Scored { body, content, warnings, compares } =
            scorer(&entry, &mut options, ctx, (&mut needs, &mut asks), problems)?;
        comparing = compares;
        // One word on a judge is enough for all the checks that ask it.
        warnings.into_iter().filter(|warning| !told.tells(warning)).for_each(|warning| problems.push(warning));
        (body, content)
    };
    let identity = identity(&entry, &options, content);
    Some(Check {
        spec: entry.spec,
        negated: entry.negated,
        word: entry.word.to_owned(),
        name: options.name.unwrap_or_else(|| entry.word.to_owned()),
        weight: options.weight,
        threshold: options.threshold,
        body,
        identity,
        needs,
        asks,
        comparing,
    })
}

fn members(options: &Options<'_>, ctx: &CompileContext<'_>, problems: &mut Problems) -> Option<Vec<Arc<Check>>> {
    let nodes = options.members?;
    // Compile all before judging any: every member's problems are told.
    let compiled: Vec<Option<Arc<Check>>> = nodes.iter().map(|node| compile(node, ctx, problems)).collect();
    compiled.into_iter().collect()
}

/// A comparison is scored when its trial is over: a group has nothing to wait with.
fn refuse_comparisons(entry: &Entry<'_>, members: &[Arc<Check>], ctx: &CompileContext<'_>, problems: &mut Problems) {
    for member in members.iter().filter(|member| member.comparing.is_some()) {
        let message = format!("`{}` compares the variants of a case: it cannot be part of a group", member.word);
        problems.push(
            Diagnostic::error("comparison-in-group", message)
                .at(ctx.source.place(entry.span))
                .help("let it stand beside the group, as an entry of `checks:` of its own"),
        );
    }
}

/// What is made of a check that is not a group.
struct Scored {
    body: Body,
    /// Its options in canonical form.
    content: Value,
    /// What is to be warned of.
    warnings: Vec<Diagnostic>,
    compares: Option<Arc<Comparing>>,
}

fn scorer(
    entry: &Entry<'_>,
    options: &mut Options<'_>,
    ctx: &CompileContext<'_>,
    (needs, asks): (&mut Needs, &mut Asks),
    problems: &mut Problems,
) -> Option<Scored> {
    if problems.has_errors() {
        return None;
    }
    let Build::Scorer(prepare) = entry.spec.build else { return None };
    let prepared = match prepare(&with_samples(options)) {
        Ok(prepared) => Some(prepared),
        Err(faults) => {
            let from_case = |fault: &Fault| options.origins.iter().any(|(option, _)| *option == fault.option);
            faults
                .iter()
                .filter(|fault| !from_case(fault))
                .for_each(|fault| problems.push(options.diagnose(fault, entry, ctx)));
            None
        }
    };
    if let Some(prepared) = &prepared {
        let own = prepared.asks();
        match &prepared.code {
            Some(code) => needs.looked_at.extend(words(code)),
            None => needs.looks_at_all |= !own.programs.is_empty() || !own.hooks.is_empty(),
        }
        asks.absorb(&own);
    }
    let compares = prepared.as_ref().and_then(|prepared| match &prepared.grader {
        Grader::Among(among) => Some(Arc::new(among.comparing())),
        Grader::Pure(_) | Grader::Asking(_) => None,
    });
    let content = content(options, prepared.as_ref());
    let warnings = prepared.iter().flat_map(|prepared| &prepared.warnings);
    let warnings =
        warnings.map(|fault| Diagnostic { severity: Severity::Warning, ..options.diagnose(fault, entry, ctx) });
    let warnings: Vec<Diagnostic> = warnings.collect();
    if options.origins.is_empty() {
        return prepared.map(|prepared| Scored { body: Body::Ready(prepared.grader), content, warnings, compares });
    }
    let body = Body::Deferred {
        settings: std::mem::take(&mut options.settings),
        origins: std::mem::take(&mut options.origins),
    };
    Some(Scored { body, content, warnings, compares })
}

/// The names that stand in a code, whatever they are there.
fn words(code: &str) -> impl Iterator<Item = String> + '_ {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let dashed = code.split(move |c: char| !is_part(c)).filter(|word| !word.is_empty());
    // `a-b` may be one name in quotes, or a difference.
    dashed.flat_map(|word| std::iter::once(word).chain(word.split('-'))).map(str::to_owned)
}

/// The settings with samples for values that come from the case, so that the written ones are judged now.
fn with_samples(options: &Options<'_>) -> Settings {
    let mut settings = options.settings.clone();
    options.origins.iter().for_each(|(option, _)| settings.set(option, json!("sample")));
    settings
}

/// The options in canonical form: values from the case by their place, others as the check says.
fn content(options: &Options<'_>, prepared: Option<&Prepared>) -> Value {
    let mut content: Map<String, Value> =
        options.settings.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    for (name, value) in prepared.map_or(&[][..], |prepared| &prepared.canonical) {
        if value.is_null() {
            content.remove(*name);
        } else {
            content.insert((*name).to_owned(), value.clone());
        }
    }
    for (name, origin) in &options.origins {
        content.insert((*name).to_owned(), json!({"from": origin.to_string()}));
    }
    Value::Object(content)
}

/// What makes two checks the same, sorted by key through [`crate::base::canonical_json`] wherever it is digested.
fn identity(entry: &Entry<'_>, options: &Options<'_>, content: Value) -> Value {
    let mut identity = Map::new();
    identity.insert("check".into(), entry.spec.name.into());
    identity.insert("negated".into(), entry.negated.into());
    identity.insert("version".into(), entry.spec.version.into());
    identity.insert("weight".into(), options.weight.into());
    if let Some(threshold) = options.threshold {
        // For a scorer 1 is the default; for a group a threshold of 1 is another rule than its logic.
        if entry.is_group() || threshold.get() < 1.0 {
            identity.insert("threshold".into(), threshold.get().into());
        }
    }
    identity.insert(if entry.is_group() { "checks" } else { "options" }.into(), content);
    Value::Object(identity)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, problems_of, try_compile};
    use crate::base::canonical_json;

    fn identity(yaml: &str) -> String {
        canonical_json(check(yaml).identity())
    }

    #[test]
    fn equal_checks_written_differently_are_one() {
        let pairs = [
            ("contains: a", "contains: {value: a, weight: 1, name: x, threshold: 1}"),
            ("contains: 42", "contains: {value: \"42\"}"),
            ("json", "json: {allow_fenced: false}"),
            ("equals", "equals: {value: {from: expected}}"),
            ("equals:", "equals: {from: expected}"),
            ("contains_any: a", "contains_any: [a]"),
            ("latency: 5s", "latency: {value: \"<= 5000ms\"}"),
            ("length: '< 10'", "length: {max: 9}"),
            ("number: 1.50", "number: {value: '1.5', pick: only, absolute: 0}"),
            ("jsonpath: $.a", "jsonpath: {path: $.a, exists: true, select: any}"),
            ("finish_reason: stop", "finish_reason: [stop]"),
            ("all_of: [json]", "all_of: {checks: [{json: {}}]}"),
            ("equals: {value: {a: 1, b: 2}}", "equals: {value: {b: 2, a: 1}}"),
        ];
        for (one, two) in pairs {
            assert_eq!(identity(one), identity(two), "{one} and {two}");
        }
    }

    #[test]
    fn whatever_changes_a_score_changes_the_identity() {
        let all = [
            "contains: a",
            "contains: b",
            "not_contains: a",
            "icontains: a",
            "contains: {value: a, weight: 2}",
            "contains: {from: expected}",
            "contains: {from: vars.a}",
            "equals: a",
            "equals: {value: a, trim: true}",
            "contains_all: [a, b]",
            "contains_all: {value: [a, b], threshold: 0.5}",
            "all_of: [json]",
            "any_of: [json]",
            "all_of: {checks: [json], threshold: 1}",
            "all_of: [json, refusal]",
            "json_schema: {value: {type: object}}",
            "json_schema: {value: {type: array}}",
            "jsonpath: {path: $.a, exists: false}",
        ];
        let distinct: std::collections::HashSet<String> = all.iter().map(|yaml| identity(yaml)).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn an_identity_is_readable() {
        assert_eq!(
            identity("not_icontains: {value: x, threshold: 0.5, name: label}"),
            r#"{"check":"icontains","negated":true,"options":{"value":"x"},"threshold":0.5,"version":1,"weight":1.0}"#
        );
    }

    #[test]
    fn unknown_checks_are_told_with_the_nearest_one() {
        let wanted = "error[unknown-check]: `contian` is not a check
  --> t.yaml:1:1
   |
 1 | contian: refund
   | ^^^^^^^ did you mean `contains`?
   = help: `karat eval --list-checks` prints them all
";
        assert_eq!(problems_of("contian: refund"), wanted);
        assert!(problems_of("is-json").contains("did you mean `json`?"));
        assert!(problems_of("contains:refund").contains("did you mean `contains: refund`"));
        assert!(problems_of("not_contian: x").contains("did you mean `not_contains`?"));
    }

    #[test]
    fn bad_forms_and_options_are_all_reported() {
        let table: &[(&str, &[&str])] = &[
            ("{contains: a, json: }", &["a check is one key, this entry has 2", "t.yaml:1:15"]),
            ("{type: contains, value: x}", &["promptfoo's `type: …` form"]),
            ("{}", &["has no name"]),
            ("5", &["a check is a name or a mapping of one key, this is a whole number"]),
            ("[json]", &["this is a list"]),
            ("contains: {value: a, weight: -1}", &["`weight` is -1, it must be from 0"]),
            ("contains: {value: a, weight: heavy}", &["`weight` must be a number, this is text"]),
            ("contains: {value: a, threshold: 1.5, wieght: 2}", &["from 0 to 1", "did you mean `weight`?"]),
            ("contains: {value: a, name: 5, threshold: x}", &["`name` must be text", "`threshold` must be a number"]),
            ("equals: {value: a, trim: yes}", &["`trim` must be true or false, this is text"]),
            ("equals: {a: 1}", &["none of these keys is one", "`equals: {value: {…}}`"]),
            ("contains: {value: a, from: expected}", &["`from` and `value` are both given"]),
            ("contains: {from: var.x}", &["`var.x` is not a place to take a value from"]),
            ("contains: {value: {from: vars.}}", &["`vars.` is not a place"]),
            ("contains: {value: {from: 5}}", &["`from` must be text"]),
            ("refusal: yes", &["takes no value", "`- not_refusal`"]),
            ("not_refusal: true", &["its opposite is `- refusal`"]),
            ("refusal: {from: expected}", &["must be written out"]),
        ];
        for (yaml, wanted) in table {
            let text = problems_of(yaml);
            wanted.iter().for_each(|wanted| assert!(text.contains(wanted), "{yaml}: {wanted} not in\n{text}"));
            assert!(text.contains("t.yaml:1:"), "{text}");
        }
    }

    #[test]
    fn doubtful_values_are_warned_of() {
        let warned = |yaml: &str| {
            let (check, problems) = try_compile(yaml);
            assert!(check.is_some() && !problems.has_errors(), "{yaml}");
            problems.render(false)
        };
        assert!(warned("contains: '{{ name }}'").contains("`{from: vars.name}`"));
        assert!(warned("contains: {value: a, threshold: 0}").contains("every score passes"));
        assert_eq!(warned("contains: 'a {{ b }}'"), "");
    }

    #[test]
    fn problems_of_others_do_not_stop_an_entry() {
        let mut problems = crate::base::Problems::new();
        problems.push(crate::base::Diagnostic::error("other", "earlier"));
        let source = crate::base::Source::new("t.yaml", "json");
        let node = crate::base::parse_yaml(&source, &mut problems).expect("yaml");
        let root = std::path::Path::new("/");
        let models = std::sync::Arc::default();
        let ctx = super::CompileContext { root, base_dir: root, source: &source, models: &models };
        assert!(super::compile(&node, &ctx, &mut problems).is_some());
    }

    #[test]
    fn checks_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<super::Check>();
    }
}
