//! Pairs two lists one to one so that the sum of their likenesses is largest (Kuhn 1955, Munkres 1957).

/// Which column each row is paired with: `weights[row][column]` is at least 0, all rows are of one length.
///
/// Rows without a partner of a weight above 0 stay alone. Time is cubic in the longer side.
pub(in crate::score) fn best_pairs(weights: &[Vec<f64>]) -> Vec<Option<usize>> {
    let columns = weights.first().map_or(0, Vec::len);
    let size = weights.len().max(columns);
    let weight = |row: usize, column: usize| weights.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0.0);
    let owners = solve(size, &weight);
    let mut pairs = vec![None; weights.len()];
    for (column, row) in owners.into_iter().enumerate() {
        if weight(row, column) > 0.0
            && let Some(pair) = pairs.get_mut(row)
        {
            *pair = Some(column);
        }
    }
    pairs
}

/// The row of each column in the assignment of a square matrix, by shortest augmenting paths with potentials
/// (Jonker and Volgenant 1987). Costs are the negative weights.
fn solve(size: usize, weight: &dyn Fn(usize, usize) -> f64) -> Vec<usize> {
    // Row and column 0 stand for "none": the usual trick that saves special cases.
    let mut row_potential = vec![0.0; size + 1];
    let mut column_potential = vec![0.0; size + 1];
    let mut owner = vec![0; size + 1];
    for row in 1..=size {
        let mut way = vec![0; size + 1];
        let mut distance = vec![f64::INFINITY; size + 1];
        let mut done = vec![false; size + 1];
        let mut column = 0;
        owner[0] = row;
        while owner[column] != 0 {
            done[column] = true;
            let from = owner[column];
            let (mut shortest, mut next) = (f64::INFINITY, 0);
            for other in 1..=size {
                if done[other] {
                    continue;
                }
                let cost = -weight(from - 1, other - 1) - row_potential[from] - column_potential[other];
                if cost < distance[other] {
                    (distance[other], way[other]) = (cost, column);
                }
                if distance[other] < shortest {
                    (shortest, next) = (distance[other], other);
                }
            }
            for other in 0..=size {
                if done[other] {
                    row_potential[owner[other]] += shortest;
                    column_potential[other] -= shortest;
                } else {
                    distance[other] -= shortest;
                }
            }
            column = next;
        }
        while column != 0 {
            owner[column] = owner[way[column]];
            column = way[column];
        }
    }
    owner.into_iter().skip(1).map(|row| row - 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(weights: &[Vec<f64>]) -> f64 {
        best_pairs(weights).iter().enumerate().filter_map(|(row, pair)| pair.map(|column| weights[row][column])).sum()
    }

    /// Every way to pair, tried.
    fn brute(weights: &[Vec<f64>], row: usize, used: &mut Vec<bool>) -> f64 {
        if row == weights.len() {
            return 0.0;
        }
        let mut best = brute(weights, row + 1, used);
        for column in 0..used.len() {
            if !used[column] {
                used[column] = true;
                best = f64::max(best, weights[row][column] + brute(weights, row + 1, used));
                used[column] = false;
            }
        }
        best
    }

    #[test]
    fn the_greedy_choice_is_not_taken_where_it_costs() {
        // Greedy takes 0.9 and is left with 0; the best is 0.8 + 0.8.
        assert!((total(&[vec![0.9, 0.8], vec![0.8, 0.0]]) - 1.6).abs() < 1e-12);
        assert_eq!(best_pairs(&[vec![0.0, 0.0], vec![1.0, 0.0]]), [None, Some(0)]);
        assert_eq!((best_pairs(&[]), best_pairs(&[vec![]])), (vec![], vec![None]));
    }

    proptest! {
        #[test]
        fn no_other_pairing_is_better(rows in 0usize..5, columns in 0usize..5, seed in prop::collection::vec(0.0..1.0f64, 25)) {
            let weights: Vec<Vec<f64>> =
                (0..rows).map(|row| (0..columns).map(|column| seed[row * 5 + column]).collect()).collect();
            let best = brute(&weights, 0, &mut vec![false; columns]);
            prop_assert!((total(&weights) - best).abs() < 1e-9);
            let mut partners: Vec<usize> = best_pairs(&weights).into_iter().flatten().collect();
            let count = partners.len();
            partners.sort_unstable();
            partners.dedup();
            prop_assert_eq!(partners.len(), count);
        }
    }
}
