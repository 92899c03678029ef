//! The reply that OpenAI invented and most others send: `data[]{index, embedding}`.

use serde_json::{Map, Value};

use super::vectors::{checked, vector};
use crate::record::EmbeddingParams;

/// The vectors by `index`: servers may answer in another order.
pub(in crate::provider::wire) fn indexed(
    body: &Map<String, Value>,
    count: usize,
    params: EmbeddingParams,
) -> Result<Vec<Vec<f32>>, String> {
    let data = body.get("data").and_then(Value::as_array).ok_or("the provider answered without `data`")?;
    if data.len() != count {
        return Err(format!("the provider answered with {} vectors for {count} texts", data.len()));
    }
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; count];
    for (at, item) in data.iter().enumerate() {
        let index = match item.get("index") {
            None => Some(at),
            Some(index) => index.as_u64().and_then(|index| usize::try_from(index).ok()),
        };
        let vector = item.get("embedding").and_then(vector).ok_or("an embedding is neither numbers nor base64")?;
        let slot = index.and_then(|index| vectors.get_mut(index)).filter(|slot| slot.is_none());
        *slot.ok_or("the provider numbered its vectors wrongly")? = Some(vector);
    }
    checked(vectors.into_iter().flatten().collect(), count, params)
}
