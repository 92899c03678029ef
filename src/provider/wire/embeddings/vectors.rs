//! Vectors as APIs write them: numbers, or base64 of little-endian single precision.

use serde_json::Value;

use crate::base::base64_decode;
use crate::record::{EmbeddingParams, Usage};

/// One vector; `None` when it is neither form, or holds a number that is not finite.
pub(in crate::provider::wire) fn vector(value: &Value) -> Option<Vec<f32>> {
    let numbers: Vec<f32> = match value {
        Value::Array(numbers) => numbers.iter().map(|number| number.as_f64().map(narrow)).collect::<Option<_>>()?,
        Value::String(text) => {
            let bytes = base64_decode(text)?;
            let chunks = bytes.chunks_exact(4);
            if !chunks.remainder().is_empty() {
                return None;
            }
            chunks.filter_map(|bytes| bytes.try_into().ok()).map(f32::from_le_bytes).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is what models give; infinite ones are refused")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// The vectors of a plain list, in order, one per text.
pub(in crate::provider::wire) fn listed(
    list: Option<&Value>,
    count: usize,
    params: EmbeddingParams,
) -> Result<Vec<Vec<f32>>, String> {
    let list = list.and_then(Value::as_array).ok_or("the provider answered without vectors")?;
    let vectors: Option<Vec<Vec<f32>>> = list.iter().map(vector).collect();
    checked(vectors.ok_or("an embedding is neither numbers nor base64")?, count, params)
}

/// The vectors, when there is one per text, all of them of the length that was asked for.
pub(in crate::provider::wire) fn checked(
    vectors: Vec<Vec<f32>>,
    count: usize,
    params: EmbeddingParams,
) -> Result<Vec<Vec<f32>>, String> {
    if vectors.len() != count {
        return Err(format!("the provider answered with {} vectors for {count} texts", vectors.len()));
    }
    let length = vectors.first().map_or(0, Vec::len);
    if vectors.iter().any(|vector| vector.is_empty() || vector.len() != length) {
        return Err("the provider answered with vectors of different lengths".to_owned());
    }
    match params.dimensions.and_then(|wanted| usize::try_from(wanted).ok()) {
        Some(wanted) if wanted != length => Err(format!(
            "the provider answered with {length} dimensions, {wanted} were asked for; this model may not be able to shorten its vectors"
        )),
        _ => Ok(vectors),
    }
}

/// The same vector with length 1; one of zeros stays.
pub(in crate::provider::wire) fn normalized(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    if length == 0.0 { vector } else { vector.iter().map(|number| narrow(f64::from(*number) / length)).collect() }
}

/// The usage of a model that writes nothing: with no output stated, the price would be unknown.
pub(in crate::provider::wire) fn input_only(usage: Usage) -> Option<Usage> {
    usage.total_input()?;
    Some(Usage { output: usage.output.or(Some(0)), ..usage })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_base64_are_the_same_vector() {
        // 1.0 and -2.5 as little-endian single precision: 00 00 80 3f, 00 00 20 c0.
        assert_eq!(vector(&json!("AACAPwAAIMA=")), Some(vec![1.0, -2.5]));
        assert_eq!(vector(&json!([1, -2.5])), Some(vec![1.0, -2.5]));
        for bad in [json!("AAA="), json!("??"), json!([1e300]), json!(["x"]), json!(null), json!({})] {
            assert_eq!(vector(&bad), None, "{bad}");
        }
    }

    #[test]
    fn vectors_of_another_length_than_asked_for_are_refused() {
        let params = |dimensions| EmbeddingParams { dimensions, ..EmbeddingParams::NONE };
        let list = json!([[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(listed(Some(&list), 2, params(Some(2))).map(|vectors| vectors.len()), Ok(2));
        let error = listed(Some(&list), 2, params(Some(256))).expect_err("length");
        assert!(error.contains("2 dimensions, 256"), "{error}");
        assert!(listed(Some(&list), 3, params(None)).expect_err("count").contains("2 vectors for 3 texts"));
        assert!(listed(Some(&json!([[1.0], []])), 2, params(None)).is_err());
        assert!(listed(None, 1, params(None)).is_err());
    }

    #[test]
    fn normalized_vectors_have_length_one() {
        assert_eq!(normalized(vec![3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(normalized(vec![0.0, 0.0]), [0.0, 0.0]);
    }
}
