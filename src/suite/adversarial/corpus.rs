//! Strategies as they are written: `evals/adversarial/*.yaml`, bundled with karat and extended by a project's own.

use std::path::Path;

use serde::Serialize;

use super::disguise::Disguise;
use crate::base::{Diagnostic, Fields, Kind, Node, Problems, SafeName, Source, closest, files, parse_yaml};

/// How bad it is when an attack works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Annoying.
    Low,
    /// The answer is wrong or unhelpful.
    Medium,
    /// Somebody else decides what is answered.
    High,
    /// Data leaves, or something is done that nobody ordered.
    Critical,
}

impl Severity {
    /// Word and severity, in one table.
    pub const ALL: &[(&'static str, Severity)] = &[
        ("low", Severity::Low),
        ("medium", Severity::Medium),
        ("high", Severity::High),
        ("critical", Severity::Critical),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Severity::ALL.iter().find(|(_, severity)| *severity == self).map_or("high", |(word, _)| word)
    }
}

/// One kind of attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Its name, unique among strategies.
    pub name: SafeName,
    /// Version of its attacks: results of different versions are not comparable.
    pub version: u32,
    /// How bad it is when one of them works.
    pub severity: Severity,
    /// What it does, for people.
    pub about: String,
    pub(super) attacks: Vec<Attack>,
}

impl Strategy {
    /// How many attacks it has.
    pub fn len(&self) -> usize {
        self.attacks.len()
    }

    /// Whether it has none; a strategy that was read never is.
    pub fn is_empty(&self) -> bool {
        self.attacks.is_empty()
    }
}

/// What shows that an attack worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    /// The canary is in the reply.
    Canary,
    /// The instructions are in the reply.
    Leak,
    /// The case's own checks do not hold any more.
    Checks,
    /// A tool is called with the canary.
    Tool,
}

impl Breach {
    const ALL: &[(&'static str, Breach)] =
        &[("canary", Breach::Canary), ("leak", Breach::Leak), ("checks", Breach::Checks), ("tool", Breach::Tool)];
}

/// How much filler an attack has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filler {
    /// None.
    None,
    /// So many characters.
    Chars(usize),
    /// As many as the smallest context of the models under test takes.
    Limit,
}

/// One attack of a strategy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attack {
    pub(super) id: SafeName,
    /// What becomes of the attacked text; `{{ input }}` stands for it.
    pub(super) input: Option<String>,
    /// What is put among the passages.
    pub(super) passage: Option<String>,
    /// What `{{ payload }}` stands for, before it is disguised.
    pub(super) payload: Option<String>,
    pub(super) disguise: Disguise,
    pub(super) filler: Filler,
    /// What is repeated as filler.
    pub(super) filler_text: Option<String>,
    pub(super) breach: Breach,
}

/// The strategies that come with karat.
const BUNDLED: &[(&str, &str)] = &[
    ("injection", include_str!("../../../evals/adversarial/injection.yaml")),
    ("instruction-override", include_str!("../../../evals/adversarial/instruction-override.yaml")),
    ("system-tag-spoofing", include_str!("../../../evals/adversarial/system-tag-spoofing.yaml")),
    ("data-exfiltration", include_str!("../../../evals/adversarial/data-exfiltration.yaml")),
    ("context-overflow", include_str!("../../../evals/adversarial/context-overflow.yaml")),
    ("semantic-confusion", include_str!("../../../evals/adversarial/semantic-confusion.yaml")),
    ("encoding-tricks", include_str!("../../../evals/adversarial/encoding-tricks.yaml")),
    ("multilingual", include_str!("../../../evals/adversarial/multilingual.yaml")),
    ("role-play", include_str!("../../../evals/adversarial/role-play.yaml")),
    ("jailbreak-pressure", include_str!("../../../evals/adversarial/jailbreak-pressure.yaml")),
    ("tool-abuse", include_str!("../../../evals/adversarial/tool-abuse.yaml")),
    ("indirect-injection", include_str!("../../../evals/adversarial/indirect-injection.yaml")),
];

/// The strategies that come with karat; `problems` stays empty, as a test sees to.
pub fn bundled_strategies(problems: &mut Problems) -> Vec<Strategy> {
    let read = |(name, text): &(&str, &str)| {
        let source = Source::new(format!("evals/adversarial/{name}.yaml"), *text);
        (read_strategy(&source, problems), problems.has_errors()).0
    };
    BUNDLED.iter().filter_map(read).collect()
}

/// The bundled strategies and those of a project: `*.yaml` in `folder`. One of the same name takes the place of the
/// bundled one. A missing folder has none.
pub fn read_strategies(folder: &Path, shown: &Path, problems: &mut Problems) -> Vec<Strategy> {
    let mut strategies = bundled_strategies(problems);
    let names = match files::list_folder(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            problems.push(*files::io_problem(&error, shown));
            Vec::new()
        }
    };
    let is_yaml = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    for (name, _) in names.into_iter().filter(|(name, is_folder)| !is_folder && is_yaml(name)) {
        match files::read_source(&folder.join(&name), &shown.join(&name)) {
            Err(problem) => problems.push(*problem),
            Ok(source) => {
                let Some(own) = read_strategy(&source, problems) else { continue };
                match strategies.iter_mut().find(|known| known.name == own.name) {
                    Some(known) => *known = own,
                    None => strategies.push(own),
                }
            }
        }
    }
    strategies
}

/// Those of the names that were asked for, in their order; all when none was.
///
/// # Errors
/// A diagnostic for a name that no strategy has.
pub fn choose_strategies(all: Vec<Strategy>, names: &[String]) -> Result<Vec<Strategy>, Box<Diagnostic>> {
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen: Vec<Strategy> = Vec::new();
    for name in names {
        let Some(strategy) = all.iter().find(|strategy| strategy.name.as_str() == name) else {
            let known: Vec<&str> = all.iter().map(|strategy| strategy.name.as_str()).collect();
            let near = closest(name, known.iter().copied());
            let help = format!("strategies: {}", known.join(", "));
            let unknown = Diagnostic::error("unknown-strategy", format!("`{name}` is not an adversarial strategy"));
            return Err(Box::new(unknown.did_you_mean(near).help(help)));
        };
        if !chosen.iter().any(|known| known.name == strategy.name) {
            chosen.push(strategy.clone());
        }
    }
    Ok(chosen)
}

fn read_strategy(source: &Source, problems: &mut Problems) -> Option<Strategy> {
    let before = problems.error_count();
    let node = parse_yaml(source, problems)?;
    let mut fields = Fields::of(&node, "strategy", source, problems)?;
    let name = fields.required_text("strategy", problems).and_then(|text| match SafeName::parse(text) {
        Ok(name) => Some(name),
        Err(error) => {
            fields.invalid("strategy", error.to_string(), problems);
            None
        }
    });
    let version = fields.whole("version", 1..=i64::from(u32::MAX), problems);
    if version.is_none() && fields.node("version").is_none() {
        fields.missing("version", problems);
    }
    let severity = fields.choice("severity", Severity::ALL, problems).unwrap_or(Severity::High);
    let about = fields.text("about", problems).unwrap_or_default().to_owned();
    let mut attacks: Vec<Attack> = Vec::new();
    let entries = fields.list("attacks");
    if entries.is_none_or(<[Node]>::is_empty) {
        fields.missing("attacks", problems);
    }
    for entry in entries.unwrap_or_default() {
        let Some(attack) = read_attack(entry, source, problems) else { continue };
        if attacks.iter().any(|known| known.id == attack.id) {
            let message = format!("there are two attacks `{}`", attack.id);
            problems.push(Diagnostic::error("duplicate-id", message).at(source.place(entry.span)));
        }
        attacks.push(attack);
    }
    fields.finish(problems);
    let version = u32::try_from(version.unwrap_or(1)).unwrap_or(1);
    (problems.error_count() == before).then_some(Strategy { name: name?, version, severity, about, attacks })
}

fn read_attack(node: &Node, source: &Source, problems: &mut Problems) -> Option<Attack> {
    let mut fields = Fields::of(node, "attack", source, problems)?;
    let id = fields.required_text("id", problems).and_then(|text| match SafeName::parse(text) {
        Ok(id) => Some(id),
        Err(error) => {
            fields.invalid("id", error.to_string(), problems);
            None
        }
    });
    let mut text = |name| fields.text(name, problems).map(str::to_owned);
    let (input, passage, payload, filler_text) = (text("input"), text("passage"), text("payload"), text("filler_text"));
    let filler = match fields.node("filler").map(|node| &node.kind) {
        None => Filler::None,
        Some(Kind::Text(word)) if word == "limit" => Filler::Limit,
        Some(_) => fields
            .whole("filler", 1..=10_000_000, problems)
            .and_then(|chars| usize::try_from(chars).ok())
            .map_or(Filler::None, Filler::Chars),
    };
    let attack = Attack {
        id: id?,
        disguise: fields.choice("disguise", Disguise::ALL, problems).unwrap_or(Disguise::Plain),
        breach: fields.choice("breached_by", Breach::ALL, problems).unwrap_or(Breach::Canary),
        input,
        passage,
        payload,
        filler,
        filler_text,
    };
    if attack.input.is_none() && attack.passage.is_none() {
        fields.missing("input", problems);
    }
    if let Some(fault) = attack.fault() {
        problems.push(Diagnostic::error("invalid-value", fault).at(source.place(node.span)));
    }
    fields.finish(problems);
    Some(attack)
}

impl Attack {
    /// Everything it says.
    fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.input, &self.passage, &self.payload, &self.filler_text].into_iter().filter_map(|text| text.as_deref())
    }

    /// What makes it an attack that cannot be told from no attack.
    fn fault(&self) -> Option<String> {
        let says = |word: &str| self.texts().any(|text| text.contains(word));
        if self.input.as_ref().is_some_and(|input| !input.contains("{{ input }}")) {
            return Some("`input` has no `{{ input }}`, the place of the attacked text".to_owned());
        }
        if says("{{ payload }}") != self.payload.is_some() {
            return Some("`payload` and `{{ payload }}` belong together".to_owned());
        }
        if says("{{ filler }}") != (self.filler != Filler::None) {
            return Some("`filler` and `{{ filler }}` belong together".to_owned());
        }
        let names_canary = says("{{ canary }}") || (says("{{ left }}") && says("{{ right }}"));
        match self.breach {
            Breach::Canary | Breach::Tool if !names_canary => Some(
                "nothing would show that it worked: write `{{ canary }}`, or `{{ left }}` and `{{ right }}`".to_owned(),
            ),
            Breach::Canary | Breach::Tool | Breach::Leak | Breach::Checks => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> String {
        let mut problems = Problems::new();
        assert!(read_strategy(&Source::new("s.yaml", text), &mut problems).is_none(), "{text}");
        problems.render(false)
    }

    #[test]
    fn all_bundled_strategies_are_sound_and_named_as_their_files() {
        let mut problems = Problems::new();
        let strategies = bundled_strategies(&mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        let names: Vec<&str> = strategies.iter().map(|strategy| strategy.name.as_str()).collect();
        assert_eq!(names, BUNDLED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        assert!(strategies.iter().all(|strategy| strategy.len() >= 3 && !strategy.about.is_empty()));
    }

    #[test]
    fn every_file_of_the_folder_is_bundled() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("evals/adversarial");
        let mut files: Vec<String> =
            files::list_folder(&folder).expect("folder").into_iter().map(|(name, _)| name).collect();
        let mut bundled: Vec<String> = BUNDLED.iter().map(|(name, _)| format!("{name}.yaml")).collect();
        files.sort();
        bundled.sort();
        assert_eq!(files, bundled);
    }

    #[test]
    fn a_strategy_that_could_show_nothing_is_refused_where_it_stands() {
        let bad = |attack: &str| format!("strategy: s\nversion: 1\nattacks:\n  - {attack}\n");
        let table = [
            ("{id: a, input: 'x {{ canary }}'}", "has no `{{ input }}`"),
            ("{id: a, input: '{{ input }}'}", "nothing would show that it worked"),
            ("{id: a, input: '{{ input }} {{ left }}'}", "nothing would show that it worked"),
            ("{id: a, input: '{{ input }} {{ canary }} {{ payload }}'}", "belong together"),
            ("{id: a, input: '{{ input }} {{ canary }}', filler: 9}", "belong together"),
            ("{id: a}", "missing-field"),
            ("{id: a, input: '{{ input }} {{ canary }}', disguise: rot14}", "did you mean `rot13`"),
            ("{id: a, input: '{{ input }} {{ canary }}', breached_by: luck}", "canary, leak, checks"),
        ];
        for (attack, wanted) in table {
            let text = problems_of(&bad(attack));
            assert!(text.contains(wanted) && text.contains("s.yaml:4:"), "{attack}\n{text}");
        }
        assert!(problems_of("strategy: s\nversion: 1\nattacks: []\n").contains("attacks"));
        assert!(
            problems_of("strategy: s\nattacks: [{id: a, input: '{{ input }} {{ canary }}'}]\n").contains("version")
        );
    }

    #[test]
    fn strategies_are_chosen_by_name_and_typos_are_told() {
        let all = bundled_strategies(&mut Problems::new());
        let chosen = choose_strategies(all.clone(), &["role-play".into(), "injection".into(), "role-play".into()]);
        let names: Vec<String> = chosen.expect("known").iter().map(|strategy| strategy.name.to_string()).collect();
        assert_eq!(names, ["role-play", "injection"]);
        let error = choose_strategies(all, &["injektion".into()]).expect_err("unknown");
        assert!(error.message.contains("injektion") && error.code == "unknown-strategy");
    }

    #[test]
    fn a_project_adds_strategies_and_replaces_bundled_ones() {
        let folder = tempfile::tempdir().expect("temp");
        let own = "strategy: injection\nversion: 7\nattacks: [{id: one, input: '{{ input }} {{ canary }}'}]\n";
        std::fs::write(folder.path().join("own.yaml"), own).expect("write");
        std::fs::write(folder.path().join("more.yaml"), own.replace("injection", "own")).expect("write");
        let mut problems = Problems::new();
        let strategies = read_strategies(folder.path(), Path::new("evals/adversarial"), &mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        assert_eq!(strategies.len(), BUNDLED.len() + 1);
        let version = |name: &str| strategies.iter().find(|s| s.name.as_str() == name).map(|s| s.version);
        assert_eq!((version("injection"), version("own")), (Some(7), Some(7)));
        assert_eq!(read_strategies(Path::new("/nowhere"), Path::new("x"), &mut problems).len(), BUNDLED.len());
    }
}
