//! `embedding:` of `karat.yaml`: a model, or a model with its parameters.

use crate::base::{Diagnostic, Fields, Kind, ModelRef, Problems};
use crate::record::{EmbeddingModel, EmbeddingParams, InputType};

use super::value::{self, Placed, place_of};

/// Longest vectors that are taken for meant.
const MOST_DIMENSIONS: u32 = 65_536;

/// `embedding: provider/model`, or `embedding: {model, dimensions, input_type}`; `name` is the field.
pub(super) fn embedding(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<Placed<EmbeddingModel>> {
    let node = fields.node(name)?;
    let place = place_of(fields, name);
    match &node.kind {
        Kind::Map(_) => {
            let mut inner = Fields::of(node, "`embedding` mapping", fields.source(), problems)?;
            if inner.node("model").is_none() {
                inner.missing("model", problems);
            }
            let model = value::model(&mut inner, "model", &[], problems);
            let params = EmbeddingParams {
                dimensions: value::whole(&mut inner, "dimensions", 1, MOST_DIMENSIONS, problems).map(|(most, _)| most),
                input_type: inner.choice("input_type", InputType::ALL, problems),
            };
            inner.finish(problems);
            Some((EmbeddingModel { model: model?.0, params }, place))
        }
        Kind::Text(text) => match ModelRef::parse(text) {
            Ok(model) => Some((EmbeddingModel::from(model), place)),
            Err(error) => {
                fields.invalid(name, error.to_string(), problems);
                None
            }
        },
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::List(_) => {
            let message = format!("`{name}` must be a model or a mapping, this is {}", node.describe());
            let help =
                format!("write `{name}: openai/text-embedding-3-small`, or `{name}: {{model: …, dimensions: 256}}`");
            problems.push(Diagnostic::error("wrong-type", message).at(place).help(help));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Env, Overrides};

    fn load(text: &str) -> (Config, Problems) {
        let folder = tempfile::tempdir().expect("temp");
        std::fs::write(folder.path().join("karat.yaml"), text).expect("write");
        let mut problems = Problems::new();
        (Config::load(folder.path(), &Env::default(), &Overrides::default(), &mut problems), problems)
    }

    #[test]
    fn a_model_alone_or_with_its_parameters() {
        let shown = |text: &str| {
            let (config, problems) = load(text);
            assert!(problems.is_empty(), "{}", problems.render(false));
            config.embedding.value.map(|model| model.to_string())
        };
        assert_eq!(shown("embedding: openai/m\n").as_deref(), Some("openai/m"));
        assert_eq!(shown("embedding: {model: cohere/embed-v4.0}\n").as_deref(), Some("cohere/embed-v4.0"));
        let full = "embedding: {model: voyage/voyage-4, dimensions: 256, input_type: document}\n";
        assert_eq!(shown(full).as_deref(), Some("voyage/voyage-4 dimensions=256 input_type=document"));
        assert_eq!(shown("calls: live\n"), None);
    }

    #[test]
    fn what_is_no_embedding_model_is_told_with_its_place() {
        for (text, wanted) in [
            ("embedding: m\n", "provider/model"),
            ("embedding: [openai/m]\n", "must be a model or a mapping"),
            ("embedding: {dimensions: 5}\n", "`model`"),
            ("embedding: {model: openai/m, dimensions: 0}\n", "dimensions"),
            ("embedding: {model: openai/m, input_type: docs}\n", "one of query, document"),
            ("embedding: {model: openai/m, dimension: 5}\n", "dimensions"),
        ] {
            let (_, problems) = load(text);
            let shown = problems.render(false);
            assert!(
                problems.error_count() == 1 && shown.contains(wanted) && shown.contains("karat.yaml:1:"),
                "{shown}"
            );
        }
    }
}
