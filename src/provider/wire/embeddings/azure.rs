//! Embeddings of Azure OpenAI (reference §2.7): OpenAI's, with the deployment in the path and a version of the API, or
//! at the `v1` address with the deployment as the model.

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::azure::address;
use super::super::body::post_json;
use super::super::openai::embeddings::{body_of, decode};
use crate::net::HttpReply;
use crate::record::{CallError, EmbeddingReply};

/// Azure's embeddings. The model is the name of the deployment.
#[derive(Debug)]
pub(in crate::provider) struct AzureEmbeddings;

impl EmbeddingWire for AzureEmbeddings {
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 256, bytes: 400_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let mut body = body_of(ask)?;
        body["encoding_format"] = "base64".into();
        let url = address(endpoint, ask.model, "embeddings");
        if let Some(body) = body.as_object_mut().filter(|_| url.contains("/deployments/")) {
            body.remove("model");
        }
        Ok(post_json(url, &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        decode(reply, ask)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::WireOptions;
    use crate::record::EmbeddingParams;

    #[test]
    fn the_deployment_stands_in_the_path_where_there_is_a_version_and_in_the_body_elsewhere() {
        let texts = ["a".to_owned()];
        let sent = |base: &str, version: Option<&str>, model: &str| {
            let options = WireOptions { api_version: version.map(str::to_owned), ..WireOptions::default() };
            let ask = EmbeddingAsk { model, texts: &texts, params: EmbeddingParams::NONE };
            let endpoint = Endpoint { options: &options, ..Endpoint::new(base, true) };
            let encoded = AzureEmbeddings.encode(&ask, endpoint)?;
            let body: Value = serde_json::from_slice(&encoded.http.body).expect("json");
            Ok::<_, CallError>((encoded.http.url, body))
        };
        let classic = (
            "https://r.openai.azure.com/openai/deployments/emb/embeddings?api-version=2024-10-21".to_owned(),
            json!({"input": ["a"], "encoding_format": "base64"}),
        );
        assert_eq!(sent("https://r.openai.azure.com/", Some("2024-10-21"), "emb").expect("sent"), classic);
        let newer = (
            "https://r.openai.azure.com/openai/v1/embeddings".to_owned(),
            json!({"model": "emb", "input": ["a"], "encoding_format": "base64"}),
        );
        for base in ["https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1/"] {
            assert_eq!(sent(base, None, "emb").expect("sent"), newer);
        }
        let (url, _) = sent("https://r.openai.azure.com", Some("2024-10-21"), "a/b?x").expect("sent");
        assert!(url.ends_with("/deployments/a%2Fb%3Fx/embeddings?api-version=2024-10-21"), "{url}");
    }
}
