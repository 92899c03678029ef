//! Vectors of texts from an embedding model: checked, scaled to length 1, compared by cosine.

use std::fmt;

/// Why vectors cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VectorProblem {
    /// They have different lengths: they are of different models.
    Lengths(usize, usize),
    /// A number is infinite or none.
    NotFinite,
    /// There are fewer or more vectors than examples.
    Count(usize, usize),
}

impl fmt::Display for VectorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VectorProblem::Lengths(one, other) => {
                write!(f, "vectors of {one} and of {other} numbers cannot be compared; they are of different models")
            }
            VectorProblem::NotFinite => f.write_str("a vector holds a number that is not finite"),
            VectorProblem::Count(found, wanted) => write!(f, "there are {found} vectors for {wanted} examples"),
        }
    }
}

impl std::error::Error for VectorProblem {}

/// The vectors of a prompt's examples, in their order. An empty vector stands for a text without content: it is near to
/// nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleVectors {
    units: Vec<Vec<f32>>,
    dimensions: usize,
}

/// What embeddings say about one rendering: the vectors of the examples, and that of the case.
#[derive(Debug, Clone, Copy)]
pub struct Nearby<'a> {
    /// Of the examples, see [`super::super::Prompt::example_texts`].
    pub examples: &'a ExampleVectors,
    /// Of the case's text, see [`super::super::Prompt::example_query`].
    pub query: &'a [f32],
}

impl ExampleVectors {
    /// Checks and scales the vectors of `count` examples.
    ///
    /// # Errors
    /// [`VectorProblem`] when there are not `count`, when they differ in length, or hold numbers that are not finite.
    pub fn new(count: usize, vectors: Vec<Vec<f32>>) -> Result<ExampleVectors, VectorProblem> {
        if vectors.len() != count {
            return Err(VectorProblem::Count(vectors.len(), count));
        }
        let dimensions = vectors.iter().map(Vec::len).find(|length| *length > 0).unwrap_or(0);
        let units: Result<_, _> = vectors.into_iter().map(|vector| unit(vector, dimensions)).collect();
        Ok(ExampleVectors { units: units?, dimensions })
    }

    /// The cosine of every example with `query`, -1 to 1.
    ///
    /// # Errors
    /// [`VectorProblem`] when the query is of another length, or holds numbers that are not finite.
    pub(super) fn near(&self, query: &[f32]) -> Result<Vec<f64>, VectorProblem> {
        let query = unit(query.to_vec(), self.dimensions)?;
        Ok(self.units.iter().map(|one| cosine(one, &query)).collect())
    }

    /// The cosine of every example with the example number `index`.
    pub(super) fn near_one(&self, index: usize) -> Vec<f64> {
        let one = self.units.get(index).map(Vec::as_slice).unwrap_or_default();
        self.units.iter().map(|other| cosine(one, other)).collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.units.len()
    }
}

fn unit(vector: Vec<f32>, dimensions: usize) -> Result<Vec<f32>, VectorProblem> {
    if vector.is_empty() {
        return Ok(vector);
    }
    if dimensions > 0 && vector.len() != dimensions {
        return Err(VectorProblem::Lengths(dimensions, vector.len()));
    }
    if vector.iter().any(|number| !number.is_finite()) {
        return Err(VectorProblem::NotFinite);
    }
    // By the largest number first: squares of large ones would overflow, those of small ones vanish.
    let largest = vector.iter().fold(0.0_f64, |most, number| most.max(f64::from(*number).abs()));
    if largest <= 0.0 {
        return Ok(Vec::new());
    }
    let scaled: Vec<f64> = vector.iter().map(|number| f64::from(*number) / largest).collect();
    let length = scaled.iter().map(|number| number * number).sum::<f64>().sqrt();
    Ok(scaled.into_iter().map(|number| narrow(number / length)).collect())
}

#[expect(clippy::cast_possible_truncation, reason = "numbers from -1 to 1; single precision is what models give")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// Of two vectors of length 1; an empty one is near to nothing.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    // Eight sums side by side: one alone waits for each addition, and the order must not depend on the machine.
    let mut sums = [0.0_f32; 8];
    let (groups_a, rest_a) = a.as_chunks::<8>();
    let (groups_b, rest_b) = b.as_chunks::<8>();
    for (x, y) in groups_a.iter().zip(groups_b) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    for ((sum, x), y) in sums.iter_mut().zip(rest_a).zip(rest_b) {
        *sum += x * y;
    }
    sums.iter().copied().map(f64::from).sum::<f64>().clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_are_right_whatever_the_length_of_the_vectors() {
        let vectors = vec![vec![3.0, 4.0], vec![-6.0e30, -8.0e30], vec![4.0e-30, -3.0e-30], vec![], vec![0.0, 0.0]];
        let examples = ExampleVectors::new(5, vectors).unwrap();
        let near = examples.near(&[30.0, 40.0]).unwrap();
        for (found, wanted) in near.iter().zip([1.0, -1.0, 0.0, 0.0, 0.0]) {
            assert!((found - wanted).abs() < 1e-6, "{near:?}");
        }
        assert_eq!(examples.near(&[]).unwrap(), [0.0; 5]);
        let long = ExampleVectors::new(2, vec![vec![1.0; 19], vec![2.0; 19]]).unwrap();
        assert!((long.near_one(0)[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn vectors_that_do_not_belong_together_are_refused() {
        let new = |vectors| ExampleVectors::new(2, vectors).map(|_| ());
        assert_eq!(new(vec![vec![1.0], vec![1.0, 2.0]]), Err(VectorProblem::Lengths(1, 2)));
        assert_eq!(new(vec![vec![1.0], vec![f32::NAN]]), Err(VectorProblem::NotFinite));
        assert_eq!(new(vec![vec![1.0]]), Err(VectorProblem::Count(1, 2)));
        let good = ExampleVectors::new(2, vec![vec![1.0], vec![2.0]]).unwrap();
        assert_eq!(good.near(&[1.0, 1.0]), Err(VectorProblem::Lengths(1, 2)));
        assert_eq!(good.near(&[f32::INFINITY]), Err(VectorProblem::NotFinite));
    }
}
