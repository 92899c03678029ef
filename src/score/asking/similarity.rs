//! `similarity`: the output means what a reference means, by the vectors of an embedding model.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::{Finding, ScoreInput};
use super::super::likeness::references::{self, REFERENCE};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::world::{Asking, Asks, Examined, World};
use super::model;
use crate::base::Ratio;
use crate::record::EmbeddingModel;

const FIGURES: &[(&str, &str)] = &[("cosine", "cosine"), ("dot", "dot"), ("euclidean", "euclidean")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "similarity",
    family: "asking",
    about: "the output means what the reference means, by the vectors of an embedding model",
    pass_at: 0.8,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        REFERENCE,
        OptionSpec::fixed("model", "`provider/model`", "the embedding model; `embedding:` of karat.yaml unless given"),
        OptionSpec {
            name: "figure",
            kind: OptionKind::Word(FIGURES),
            takes: "cosine, dot or euclidean",
            about: "cosine of the angle, dot product, or 1 / (1 + distance); `cosine` unless given",
        },
    ],
    degenerate: &[
        "`threshold` is 0.8 unless given; unrelated texts often reach 0.5 to 0.7, so look at your own values first",
        "cosine and dot product below 0 score 0; a dot product above 1, of vectors that are not of length 1, is ungraded",
        "an empty output scores 0 and is not asked; a vector of length 0 and a failed call are ungraded",
        "cosine: a·b / (|a| |b|); euclidean: 1 / (1 + |a − b|)",
    ],
    calls: "one request for the vectors that are not in the store yet",
    example: "- similarity: {value: You get your money back, threshold: 0.85}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let model = match model::named(settings, "model")? {
        Some(model) => EmbeddingModel::from(model),
        None => settings
            .models()
            .embedding
            .clone()
            .ok_or_else(|| model::nobody("model", "embedding", "openai/text-embedding-3-small"))?,
    };
    let figure = Figure::of(settings.word("figure", "cosine"));
    let shown = json!(model.to_string());
    let texts = references::texts(settings)?;
    Ok(Prepared::asking(Similarity { texts, model, figure }).canonical("model", shown))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Figure {
    Cosine,
    Dot,
    Euclidean,
}

impl Figure {
    fn of(word: &str) -> Figure {
        match word {
            "dot" => Figure::Dot,
            "euclidean" => Figure::Euclidean,
            _ => Figure::Cosine,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Figure::Cosine => "cosine",
            Figure::Dot => "dot product",
            Figure::Euclidean => "closeness",
        }
    }

    /// The figure of two vectors, as a score; an error says why there is none.
    fn between(self, a: &[f32], b: &[f32]) -> Result<f64, String> {
        if a.len() != b.len() || a.is_empty() {
            return Err(format!("vectors of {} and {} numbers cannot be compared", a.len(), b.len()));
        }
        let pairs = || a.iter().zip(b).map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let dot: f64 = pairs().map(|(x, y)| x * y).sum();
        let value = match self {
            Figure::Cosine => {
                let square = |vector: &[f32]| vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
                dot / (square(a).sqrt() * square(b).sqrt())
            }
            Figure::Dot => dot,
            Figure::Euclidean => 1.0 / (1.0 + pairs().map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()),
        };
        if !value.is_finite() {
            return Err("a vector has length 0 or a number that is none".to_owned());
        }
        if value > 1.0 + 1e-6 {
            return Err(format!("the dot product is {value:.3}: these vectors are not of length 1; use `cosine`"));
        }
        Ok(value.clamp(0.0, 1.0))
    }
}

/// Cosine of two vectors, 0 where it is below; an error says why there is none.
pub(in crate::score) fn cosine(a: &[f32], b: &[f32]) -> Result<f64, String> {
    Figure::Cosine.between(a, b)
}

struct Similarity {
    texts: Vec<String>,
    model: EmbeddingModel,
    figure: Figure,
}

impl Similarity {
    async fn examine(&self, input: &ScoreInput<'_>, world: &dyn World) -> Finding {
        let output = input.reply.text.as_str();
        let graded = |value: f64, text: &str| Finding::Graded {
            value: Ratio::clamped(value),
            seen: format!("{} {value:.3} for {}", self.figure.name(), reason::quote(output)),
            wanted: format!("the meaning of {}", reason::quote(text)),
        };
        let first = self.texts.first().map_or("", String::as_str);
        if output.trim().is_empty() {
            return graded(0.0, first);
        }
        let asked = std::iter::once(output.to_owned()).chain(self.texts.iter().cloned());
        let vectors = match world.embed(&self.model, &asked.collect::<Vec<_>>()).await {
            Ok(vectors) => vectors,
            Err(error) => return Finding::Ungraded(format!("`{}` gave no vectors: {error}", self.model)),
        };
        let Some((own, others)) = vectors.split_first().filter(|(_, others)| others.len() == self.texts.len()) else {
            return Finding::Ungraded(format!("`{}` gave {} vectors", self.model, vectors.len()));
        };
        let compared: Result<Vec<f64>, String> = others.iter().map(|other| self.figure.between(own, other)).collect();
        match compared {
            Err(why) => Finding::Ungraded(why),
            Ok(values) => {
                let best = values.iter().zip(&self.texts).max_by(|(a, _), (b, _)| a.total_cmp(b));
                best.map_or_else(
                    || Finding::Ungraded("there is no reference".to_owned()),
                    |(value, text)| graded(*value, text),
                )
            }
        }
    }
}

impl Asking for Similarity {
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined> {
        Box::pin(async move { self.examine(input, world).await.into() })
    }

    fn asks(&self) -> Asks {
        Asks { embeddings: vec![self.model.clone()], ..Asks::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, compile_with, problems_of};
    use super::*;
    use crate::record::ScoreState;

    #[test]
    fn figures_are_those_of_the_formulas_by_hand() {
        let (a, b) = ([3.0_f32, 4.0], [4.0_f32, 3.0]);
        let close = |figure: Figure, a: &[f32], b: &[f32], wanted: f64| {
            let seen = figure.between(a, b).expect("a figure");
            assert!((seen - wanted).abs() < 1e-9, "{figure:?}: {seen}");
        };
        close(Figure::Cosine, &a, &b, 24.0 / 25.0);
        close(Figure::Dot, &[0.6, 0.8], &[1.0, 0.0], f64::from(0.6_f32));
        close(Figure::Euclidean, &a, &b, 1.0 / (1.0 + 2.0_f64.sqrt()));
        close(Figure::Cosine, &a, &[-3.0, -4.0], 0.0);
        assert!(Figure::Dot.between(&a, &b).expect_err("24").contains("use `cosine`"));
        assert!(Figure::Cosine.between(&a, &[0.0, 0.0]).is_err() && Figure::Cosine.between(&a, &[1.0]).is_err());
    }

    #[test]
    fn the_best_reference_counts_and_an_outage_is_ungraded() {
        let world = ScriptedWorld::default();
        let yaml = "similarity: {value: [refund sent, a b c], model: mock/vectors}";
        assert!(asked(yaml, "a b c", &world).is_pass());
        let empty = asked(yaml, "  ", &world);
        assert!(empty.is_fail() && empty.reason.contains("cosine 0.000 for"), "{}", empty.reason);
        let world = ScriptedWorld::failing("the provider is down");
        let score = asked("not_similarity: {value: x, model: mock/vectors}", "y", &world);
        assert_eq!(score.state, ScoreState::Ungraded);
        assert!(score.reason.contains("the provider is down"), "{}", score.reason);
    }

    #[test]
    fn without_a_model_it_says_where_to_name_one() {
        let (check, problems) = compile_with(&std::sync::Arc::default(), std::path::Path::new("/"), "similarity: x");
        assert!(check.is_none());
        let problems = problems.render(false);
        assert!(problems.contains("no-model") && problems.contains("`embedding: openai/"), "{problems}");
        assert!(problems_of("similarity: {value: x, model: nope}").contains("t.yaml:1:"));
    }
}
