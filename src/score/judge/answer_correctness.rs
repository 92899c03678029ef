//! `answer_correctness`: the output states what a reference states, and means it.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::asking::model;
use super::super::asking::similarity::cosine;
use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{Asked, QUESTION, plain, said, share};
use super::tally::{parts, statements};
use crate::record::EmbeddingModel;

/// Weights of the facts and of the likeness of vectors (Ragas).
const WEIGHTS: (f64, f64) = (0.75, 0.25);

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "answer_correctness",
    family: "judge",
    about: "the output states what the reference states: F1 of statements, with the likeness of vectors",
    pass_at: 0.8,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the reference; the case's `expected` unless given"),
        OptionSpec::fixed(
            "weights",
            "two numbers from 0",
            "how much F1 and the likeness of vectors count; [0.75, 0.25] unless given, [1, 0] without an embedding \
             model",
        ),
        OptionSpec::fixed(
            "embedding",
            "`provider/model`",
            "the embedding model; `embedding:` of karat.yaml unless given; without any the score is F1 alone",
        ),
        QUESTION,
    ],
    degenerate: &[
        "(0.75 F1 + 0.25 cosine) / 1 (Ragas, 2023); F1 = TP / (TP + (FP + FN) / 2): statements of the output that the \
         reference holds, those that it does not hold, and those of the reference that the output lacks",
        "without an embedding model it is F1 alone, and the identity of the check and its details say so; `threshold` \
         is 0.8 unless given",
        "an empty output scores 0 and asks nobody; where neither text states anything it does not apply",
        "no vectors, or not one verdict for each statement, also after one repair: ungraded",
    ],
    calls: "3 questions, each 2 calls where the answer must be repaired, and 1 request for vectors; times judges and \
            samples",
    example: "- answer_correctness: {value: Refunds arrive within five days, threshold: 0.7}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = plain("value", settings.value()?).map_err(Fault::alone)?;
    let own = model::named(settings, "embedding")?.map(EmbeddingModel::from);
    let named = own.is_some();
    let known = own.or_else(|| settings.models().embedding.clone());
    let written = settings.get("weights").map(weights).transpose().map_err(Fault::alone)?;
    let (facts, likeness) = written.unwrap_or(if known.is_some() { WEIGHTS } else { (1.0, 0.0) });
    if likeness > 0.0 && known.is_none() {
        return Err(model::nobody("embedding", "embedding", "openai/text-embedding-3-small"));
    }
    if likeness <= 0.0 && named {
        return Err(Fault::new("embedding", "the likeness of vectors counts 0: nobody asks this model").alone());
    }
    let embedding = known.filter(|_| likeness > 0.0);
    let shown = embedding.as_ref().map_or_else(|| json!("none"), |model| json!(model.to_string()));
    let metric = AnswerCorrectness { reference, weights: (facts, likeness), embedding, asked: Asked::of(settings)? };
    let prepared = bench::prepare(settings, &SPEC, 3, metric)?;
    let total = facts + likeness;
    Ok(prepared.canonical("embedding", shown).canonical("weights", json!([facts / total, likeness / total])))
}

fn weights(value: &Value) -> Result<(f64, f64), Fault> {
    let wrong = || {
        let shown = kind_of(value);
        Fault::new("weights", format!("`weights` must be two numbers from 0, such as [0.75, 0.25]; this is {shown}"))
    };
    let [facts, likeness] = value.as_array().map(Vec::as_slice).unwrap_or_default() else { return Err(wrong()) };
    let number = |value: &Value| value.as_f64().filter(|number| (0.0..=1e6).contains(number)).ok_or_else(wrong);
    let (facts, likeness) = (number(facts)?, number(likeness)?);
    if facts <= 0.0 {
        return Err(Fault::new("weights", "the statements count 0: use `similarity`, which asks no judge"));
    }
    Ok((facts, likeness))
}

struct AnswerCorrectness {
    reference: String,
    weights: (f64, f64),
    /// `None` where the likeness of vectors does not count.
    embedding: Option<EmbeddingModel>,
    asked: Asked,
}

const TASK: &str = "Task: compare an output with a reference, both split into numbered statements. For each \
                    OUTPUT_STATEMENT: do the reference statements hold it? For each REFERENCE_STATEMENT: do the output \
                    statements hold it? Wording does not matter; figures, names and negations do.";
const OUTPUT_WORDS: [(&str, &str); 2] = [
    ("supported", "the reference says it too, or it follows from it"),
    ("unsupported", "the reference does not say it"),
];
const REFERENCE_WORDS: [(&str, &str); 2] =
    [("present", "the output says it too, or it follows from it"), ("absent", "the output does not say it")];

/// Both lists with their verdicts.
struct Compared {
    output: (Vec<String>, Vec<Answer>),
    reference: (Vec<String>, Vec<Answer>),
}

impl Compared {
    fn counts(&self) -> (usize, usize, usize) {
        let with = |(_, entries): &(Vec<String>, Vec<Answer>), word: &str| {
            entries.iter().filter(|entry| entry.word("verdict") == word).count()
        };
        let right = with(&self.output, "supported");
        // Without verdicts one of the lists is empty, and nothing of the other can stand in it.
        (right, self.output.0.len() - right, self.reference.0.len() - with(&self.reference, "present"))
    }

    fn amiss(&self) -> String {
        let find = |(items, entries): &(Vec<String>, Vec<Answer>), word: &str| {
            let pair = items.iter().zip(entries).find(|(_, entry)| entry.word("verdict") == word);
            pair.map(|(item, entry)| format!("; {word}: {}: {}", reason::quote(item), said(entry.reason())))
        };
        find(&self.output, "unsupported").or_else(|| find(&self.reference, "absent")).unwrap_or_default()
    }
}

/// F1 of true positives, false positives and false negatives, not all 0.
fn f1(right: usize, wrong: usize, missing: usize) -> f64 {
    share(2 * right, 2 * right + wrong + missing)
}

impl AnswerCorrectness {
    async fn compare(&self, output: &str, question: Option<&str>, seat: &Seat<'_>) -> Result<Compared, Failure> {
        let own = statements(seat, "OUTPUT", output, question).await?;
        let reference = statements(seat, "REFERENCE", &self.reference, question).await?;
        if own.is_empty() && reference.is_empty() {
            return Err(Failure::NotApplicable("neither the output nor the reference states anything".to_owned()));
        }
        if own.is_empty() || reference.is_empty() {
            return Ok(Compared { output: (own, Vec::new()), reference: (reference, Vec::new()) });
        }
        let material = Material::default()
            .with_some("QUESTION", question)
            .with_each("OUTPUT_STATEMENT", &own)
            .with_each("REFERENCE_STATEMENT", &reference);
        let form = Form::default().items("output", own.len(), Form::reasoned().choice("verdict", &OUTPUT_WORDS)).items(
            "reference",
            reference.len(),
            Form::reasoned().choice("verdict", &REFERENCE_WORDS),
        );
        let answer = seat.ask(&Question::new("answer_correctness", TASK, material, form)).await?;
        let (of_output, of_reference) = (answer.items("output"), answer.items("reference"));
        Ok(Compared { output: (own, of_output), reference: (reference, of_reference) })
    }

    /// Cosine of the two texts' vectors, 0 where it is below.
    async fn likeness(&self, output: &str, seat: &Seat<'_>) -> Result<Option<f64>, Failure> {
        let Some(model) = &self.embedding else { return Ok(None) };
        let texts = [output.to_owned(), self.reference.clone()];
        let vectors = seat.world().embed(model, &texts).await;
        let vectors = vectors.map_err(|error| Failure::Ungraded(format!("`{model}` gave no vectors: {error}")))?;
        let [one, two] = vectors.as_slice() else {
            return Err(Failure::Ungraded(format!("`{model}` gave {} vectors for 2 texts", vectors.len())));
        };
        cosine(one, two).map(Some).map_err(Failure::Ungraded)
    }
}

impl Metric for AnswerCorrectness {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let output = &input.reply.text;
            if output.trim().is_empty() {
                return Ok(Opinion { value: 0.0, verdict: None, seen: "an empty output".into(), parts: Value::Null });
            }
            let compared = self.compare(output, self.asked.text(input).as_deref(), seat).await?;
            let likeness = self.likeness(output, seat).await?;
            let (right, wrong, missing) = compared.counts();
            let facts = f1(right, wrong, missing);
            let (by_facts, by_likeness) = self.weights;
            let value = likeness
                .map_or(facts, |likeness| (by_facts * facts + by_likeness * likeness) / (by_facts + by_likeness));
            let also = likeness.map_or_else(String::new, |likeness| format!(" and a cosine of {likeness:.3}"));
            let parts = json!({
                "f1": facts,
                "cosine": likeness,
                "mode": if likeness.is_some() { "facts and likeness" } else { "facts only" },
                "output": parts(&compared.output.0, &compared.output.1),
                "reference": parts(&compared.reference.0, &compared.reference.1),
            });
            let counted = format!("{right} right, {wrong} wrong or extra, {missing} missing");
            let seen = format!("F1 {facts:.3} ({counted}){also}{}", compared.amiss());
            Ok(Opinion { value, verdict: None, seen, parts })
        })
    }

    fn wanted(&self) -> String {
        format!("the statements of {}", reason::quote(&self.reference))
    }

    fn embeddings(&self) -> Vec<EmbeddingModel> {
        self.embedding.iter().cloned().collect()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "answer_correctness",
    output: "Refunds arrive within five days.",
    right: &[
        r#"{"statements": ["Refunds arrive within five days."]}"#,
        r#"{"statements": ["Refunds arrive within five days."]}"#,
        r#"{"output": [{"id": 1, "reason": "same", "verdict": "supported"}],
            "reference": [{"id": 1, "reason": "same", "verdict": "present"}]}"#,
    ],
    bad: r#"{"output": [{"id": 1, "reason": "ten days", "verdict": "unsupported"}],
        "reference": [{"id": 1, "reason": "not there", "verdict": "absent"}]}"#,
    wrong_count: r#"{"output": [{"id": 1, "reason": "same", "verdict": "supported"}], "reference": []}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::CheckModels;
    use super::super::super::testing::{ScriptedWorld, asked, check, compile_with, problems_of};
    use super::*;
    use crate::base::ModelRef;
    use crate::record::ScoreState;

    fn world(output: &[&str], reference: &[&str]) -> ScriptedWorld {
        let entries = |words: &[&str]| -> Vec<Value> {
            words.iter().zip(1..).map(|(word, id)| json!({"id": id, "reason": "r", "verdict": word})).collect()
        };
        let listed = |words: &[&str]| {
            json!({"statements": words.iter().zip(1..).map(|(_, id)| format!("s{id}")).collect::<Vec<_>>()}).to_string()
        };
        let last = json!({"output": entries(output), "reference": entries(reference)}).to_string();
        ScriptedWorld::judging(&[&listed(output), &listed(reference), &last])
    }

    fn value(yaml: &str, output: &str, world: &ScriptedWorld) -> f64 {
        let score = asked(yaml, output, world);
        let ScoreState::Scored { value, .. } = score.state else { panic!("{}", score.reason) };
        value.get()
    }

    #[test]
    fn weights_and_counts_are_those_of_the_formula() {
        let two_of_three = || world(&["supported", "supported", "unsupported"], &["present", "absent"]);
        // TP 2, FP 1, FN 1: F1 = 2 / (2 + 1) = 2/3; the vectors are counts of letters: `ab` and `a` have 1/√2.
        let facts = 2.0 / 3.0;
        let cosine = 0.5_f64.sqrt();
        let near = |seen: f64, wanted: f64| assert!((seen - wanted).abs() < 1e-9, "{seen} {wanted}");
        near(value("answer_correctness: a", "ab", &two_of_three()), 0.75 * facts + 0.25 * cosine);
        let yaml = "answer_correctness: {value: a, weights: [1, 3]}";
        near(value(yaml, "ab", &two_of_three()), (facts + 3.0 * cosine) / 4.0);
        near(value("answer_correctness: {value: a, weights: [1, 0]}", "ab", &two_of_three()), facts);
        near(value("answer_correctness: a", "b", &world(&["unsupported"], &["absent"])), 0.0);
        near(value("answer_correctness: a", " ", &ScriptedWorld::default()), 0.0);
    }

    #[test]
    fn one_side_without_statements_scores_zero_for_facts_and_both_do_not_apply() {
        let yaml = "answer_correctness: {value: a, weights: [1, 0]}";
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#, r#"{"statements": ["a"]}"#]);
        assert!(asked(yaml, "No idea!", &world).is_fail());
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#, r#"{"statements": []}"#]);
        assert_eq!(asked(yaml, "No idea!", &world).state, ScoreState::NotApplicable);
    }

    #[test]
    fn without_an_embedding_model_facts_count_alone_and_the_identity_says_so() {
        let judge = ModelRef::parse("mock/judge").expect("valid");
        let models = std::sync::Arc::new(CheckModels { judge: Some(judge), ..CheckModels::default() });
        let compiled = |yaml: &str| compile_with(&models, std::path::Path::new("/"), yaml);
        let alone = compiled("answer_correctness: a").0.expect("sound");
        assert!(alone.asks().embeddings.is_empty());
        assert_ne!(alone.identity(), check("answer_correctness: a").identity());
        assert_eq!(check("answer_correctness: a").asks().embeddings.len(), 1);
        assert_eq!(alone.identity(), check("answer_correctness: {value: a, weights: [2, 0]}").identity());
        let refused = compiled("answer_correctness: {value: a, weights: [1, 1]}").1.render(false);
        assert!(refused.contains("no-model"), "{refused}");
    }

    #[test]
    fn bad_weights_are_told() {
        for (yaml, wanted) in [
            ("answer_correctness: {value: a, weights: 1}", "must be two numbers from 0"),
            ("answer_correctness: {value: a, weights: [1, -1]}", "must be two numbers from 0"),
            ("answer_correctness: {value: a, weights: [0, 1]}", "use `similarity`"),
            ("answer_correctness: {value: a, weights: [1, 0], embedding: mock/v}", "nobody asks this model"),
        ] {
            let problems = problems_of(yaml);
            assert!(problems.contains(wanted), "{yaml}:\n{problems}");
        }
    }
}
