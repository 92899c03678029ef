//! Maximal marginal relevance (Carbonell & Goldstein 1998): near to the case, and not all alike.

/// One pick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) index: usize,
    /// How near it is to the nearest example picked before it; 0 for the first.
    pub(super) redundancy: f64,
    /// `(1 − diversity) · relevance − diversity · redundancy`.
    pub(super) value: f64,
}

/// Picks up to `pick` of `candidates`, which come in order of similarity; of equals the first wins. With diversity 0
/// they are picked in that order.
///
/// `near_one` says how near every example is to one of them.
pub(super) fn mmr(
    relevance: &[f64],
    candidates: &[usize],
    pick: usize,
    diversity: f64,
    near_one: impl Fn(usize) -> Vec<f64>,
) -> Vec<Step> {
    let mut left: Vec<Step> =
        candidates.iter().map(|index| Step { index: *index, redundancy: f64::NEG_INFINITY, value: 0.0 }).collect();
    let mut picked = Vec::new();
    while picked.len() < pick {
        for step in &mut left {
            let relevance = relevance.get(step.index).copied().unwrap_or(0.0);
            let redundancy = if picked.is_empty() { 0.0 } else { step.redundancy };
            step.value = (1.0 - diversity) * relevance - diversity * redundancy;
        }
        let mut best: Option<(usize, f64)> = None;
        for (at, step) in left.iter().enumerate() {
            if best.is_none_or(|(_, value)| step.value > value) {
                best = Some((at, step.value));
            }
        }
        let Some((at, _)) = best else { break };
        let mut step = left.remove(at);
        if picked.is_empty() {
            step.redundancy = 0.0;
        }
        picked.push(step);
        if picked.len() < pick {
            let near = near_one(step.index);
            for other in &mut left {
                other.redundancy = other.redundancy.max(near.get(other.index).copied().unwrap_or(0.0));
            }
        }
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_are_those_computed_by_hand() {
        // 0 and 1 are twins; 2 is less near but different.
        let relevance = [0.9, 0.8, 0.5];
        let near = |index: usize| match index {
            0 => vec![1.0, 0.95, 0.1],
            1 => vec![0.95, 1.0, 0.2],
            _ => vec![0.1, 0.2, 1.0],
        };
        let picked = mmr(&relevance, &[0, 1, 2], 3, 0.5, near);
        let order: Vec<usize> = picked.iter().map(|step| step.index).collect();
        assert_eq!(order, [0, 2, 1]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        // 0.5·0.9; 0.5·0.5 − 0.5·0.1 beats 0.5·0.8 − 0.5·0.95; then 0.5·0.8 − 0.5·max(0.95, 0.2).
        close(picked[0].value, 0.45);
        close(picked[1].value, 0.2);
        close(picked[2].value, -0.075);
        close(picked[2].redundancy, 0.95);
        let plain: Vec<usize> = mmr(&relevance, &[0, 1, 2], 2, 0.0, near).iter().map(|step| step.index).collect();
        assert_eq!(plain, [0, 1]);
        assert!(mmr(&relevance, &[], 2, 0.5, near).is_empty());
    }

    #[test]
    fn opposite_examples_are_no_reason_to_stay_away() {
        // Cosines of embeddings can be negative; redundancy then speaks for an example.
        let near = |_| vec![1.0, -1.0, 0.0];
        let order: Vec<usize> = mmr(&[0.9, 0.1, 0.2], &[0, 2, 1], 2, 0.5, near).iter().map(|step| step.index).collect();
        assert_eq!(order, [0, 1]);
    }
}
