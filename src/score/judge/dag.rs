//! `dag`: a graph of yes/no and choice questions that ends in a score.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::graph::{Graph, Next};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, QUESTION, said};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "dag",
    family: "judge",
    about: "a judge's walk through a graph of yes/no and choice questions ends at a good score",
    pass_at: 0.5,
    short: "nodes",
    value: ValueRule::Required,
    options: judge_options![
        OptionSpec::fixed(
            "nodes",
            "a list of `{id, ask, yes, no}` and `{id, ask, choices: {…}}`",
            "the questions, the first one first; each answer leads to a score from 0 to 1 or to the id of a question",
        ),
        QUESTION,
    ],
    degenerate: &[
        "the score is that of the answer that ends the walk; `threshold` is 0.5 unless given",
        "one question that gets no readable answer, also after one repair, leaves it ungraded",
        "circles, unknown ids and questions that nothing leads to are errors of the suite",
        "an empty output is judged as it stands",
    ],
    calls: "as many questions as the longest walk, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- dag: [{id: date, ask: Does it name a date?, yes: tone, no: 0}, {id: tone, ask: Which tone?, choices: {formal: 1, rude: 0.2}}]",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let nodes = settings.get("nodes").ok_or_else(|| Fault::new("nodes", "it has no `nodes`").alone())?;
    let graph = Graph::read("nodes", nodes)?;
    let longest = graph.longest();
    bench::prepare(settings, &SPEC, longest, Dag { graph, asked: Asked::of(settings)? })
}

struct Dag {
    graph: Graph,
    asked: Asked,
}

impl Metric for Dag {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let mut path: Vec<String> = Vec::new();
            let mut parts: Vec<Value> = Vec::new();
            let mut at = 0;
            // A graph without circles ends within as many steps as it has nodes.
            for _ in 0..self.graph.nodes.len() {
                let Some(node) = self.graph.nodes.get(at) else { break };
                let task = format!("Task: answer this question about the OUTPUT.\nQuestion to answer: {}", node.ask);
                let material = Material::default()
                    .with_some("QUESTION", self.asked.text(input).as_deref())
                    .with("OUTPUT", &input.reply.text);
                let words: Vec<(&str, &str)> = node.edges.iter().map(|(word, _)| (word.as_str(), "")).collect();
                let form = Form::reasoned().choice("verdict", &words);
                let answer = seat.ask(&Question::new("dag", task, material, form)).await?;
                let word = answer.word("verdict");
                path.push(format!("{} {word}", node.id));
                parts.push(json!({"node": node.id, "answer": word, "reason": answer.reason()}));
                match node.edges.iter().find(|(edge, _)| edge == word) {
                    Some((_, Next::Node(next))) => at = *next,
                    Some((_, Next::Score(value))) => {
                        return Ok(Opinion {
                            value: *value,
                            verdict: None,
                            seen: format!("{}: {}", path.join(" → "), said(answer.reason())),
                            parts: parts.into(),
                        });
                    }
                    None => break,
                }
            }
            Err(Failure::Ungraded("internal error: the walk did not end".to_owned()))
        })
    }

    fn wanted(&self) -> String {
        "answers that lead to a better score".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "dag: [{id: date, ask: A date?, yes: tone, no: 0}, {id: tone, ask: Which?, choices: {formal: 1, rude: 0.2}}]",
    output: "By Friday.",
    right: &[r#"{"reason": "Friday", "verdict": "yes"}"#, r#"{"reason": "neutral", "verdict": "formal"}"#],
    bad: r#"{"reason": "curt", "verdict": "rude"}"#,
    wrong_count: r#"{"reason": "neutral", "verdict": "yes"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, check, problems_of};
    use crate::record::ScoreState;

    #[test]
    fn a_walk_ends_at_the_first_score() {
        let yaml = super::SCRIPT.yaml;
        let world = ScriptedWorld::judging(&[r#"{"reason": "none", "verdict": "no"}"#]);
        let score = asked(yaml, "x", &world);
        let ScoreState::Scored { value, passed } = score.state else { panic!("{}", score.reason) };
        assert!(value.get() == 0.0 && !passed && score.reason.starts_with("saw date no: \"none\""), "{}", score.reason);
        assert_eq!(check(yaml).asks().judges[0].1, 4);
    }

    #[test]
    fn broken_graphs_are_told_with_their_place() {
        for (nodes, wanted) in [
            ("[]", "without a node"),
            ("[{id: a, ask: A?, yes: a, no: 0}]", "leads back to itself"),
            ("[{id: a, ask: A?, yes: b, no: 0}, {id: b, ask: B?, yes: a, no: 1}]", "leads back to itself"),
            ("[{id: a, ask: A?, yes: c, no: 0}]", "`c` is not the id of a node"),
            ("[{id: a, ask: A?, yes: 1, no: 0}, {id: b, ask: B?, yes: 1, no: 0}]", "nothing leads to `b`"),
            ("[{id: a, ask: A?, yes: 1, no: 0}, {id: a, ask: B?, yes: 1, no: 0}]", "`a` is the id of two nodes"),
            ("[{id: a, ask: A?, yes: 1}]", "has `yes` without `no`"),
            ("[{id: a, ask: A?, yes: 2, no: 0}]", "from 0 to 1"),
            ("[{id: a, yes: 1, no: 0}]", "has no `ask`"),
            ("[{id: a, ask: A?, choices: {x: 1}}]", "at least two choices"),
            ("[{id: a, ask: A?, choices: {x: 1, X: 0}}]", "differ only in case"),
            ("[{id: a, ask: A?, yes: 1, no: 0, maybe: 1}]", "`maybe` is not a key of a node"),
        ] {
            let problems = problems_of(&format!("dag: {nodes}"));
            assert!(problems.contains(wanted) && problems.contains("t.yaml:1:"), "{nodes}:\n{problems}");
        }
    }
}
