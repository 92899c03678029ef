//! Ranked documents as APIs list them: `{index, <score>}`.

use serde_json::Value;

use super::super::rerank::sort;
use super::super::side_wire::RerankAsk;
use crate::record::Ranked;

/// The documents by falling score, as many as were asked for.
pub(super) fn ranking(list: Option<&Value>, score: &str, ask: &RerankAsk<'_>) -> Result<Vec<Ranked>, String> {
    let list = list.and_then(Value::as_array).ok_or("the provider answered without a ranking")?;
    let all = ask.documents.len();
    let wanted = ask.top_n.unwrap_or(all).min(all);
    let mut seen = vec![false; all];
    let mut scores = Vec::with_capacity(list.len());
    for item in list {
        let index = item.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let slot = index.and_then(|index| Some((index, seen.get_mut(index).filter(|seen| !**seen)?)));
        let (index, slot) = slot.ok_or("the provider numbered the documents wrongly")?;
        *slot = true;
        let score = item.get(score).and_then(Value::as_f64).filter(|score| score.is_finite());
        scores.push(Ranked { index, score: score.ok_or("a document has no score")? });
    }
    if scores.len() < wanted {
        return Err(format!("the provider ranked {} of {wanted} documents", scores.len()));
    }
    sort(&mut scores);
    scores.truncate(wanted);
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ranked(list: &Value, top_n: Option<usize>) -> Result<Vec<(usize, f64)>, String> {
        let documents = ["a", "b", "c"].map(str::to_owned);
        let ask = RerankAsk { model: "m", query: "q", documents: &documents, top_n };
        Ok(ranking(Some(list), "s", &ask)?.iter().map(|ranked| (ranked.index, ranked.score)).collect())
    }

    #[test]
    fn documents_come_by_falling_score_and_no_more_than_asked_for() {
        let list = json!([{"index": 1, "s": 0.1}, {"index": 2, "s": 0.9}, {"index": 0, "s": 0.1}]);
        assert_eq!(ranked(&list, None), Ok(vec![(2, 0.9), (0, 0.1), (1, 0.1)]));
        assert_eq!(ranked(&list, Some(1)), Ok(vec![(2, 0.9)]));
        assert_eq!(ranked(&list, Some(9)).map(|list| list.len()), Ok(3));
    }

    #[test]
    fn what_is_no_ranking_of_these_documents_is_told() {
        for list in [
            json!({}),
            json!([{"index": 0, "s": 0.5}]),
            json!([{"index": 0, "s": 1}, {"index": 0, "s": 1}, {"index": 1, "s": 1}]),
            json!([{"index": 0, "s": 1}, {"index": 3, "s": 1}, {"index": 1, "s": 1}]),
            json!([{"index": 0, "s": "x"}, {"index": 2, "s": 1}, {"index": 1, "s": 1}]),
        ] {
            assert!(ranked(&list, None).is_err(), "{list}");
        }
    }
}
