//! Vectors of all positions of a sequence, a feature at a time.

use super::room;

/// Positions computed together; lists of them are padded to whole blocks.
pub(super) const BLOCK: usize = 32;

/// `[features, positions]`, each feature padded to whole blocks of positions. What stands in the padding is finite and
/// means nothing.
#[derive(Debug, Default, PartialEq)]
pub struct Features {
    positions: usize,
    stride: usize,
    values: Vec<f32>,
}

impl Features {
    /// Zeros.
    pub fn zeros(features: usize, positions: usize) -> Self {
        let stride = positions.next_multiple_of(BLOCK);
        Self { positions, stride, values: room::zeros(features * stride) }
    }

    /// The vectors of some positions, each as long as the others.
    pub fn of_positions(vectors: &[&[f32]]) -> Self {
        let features = vectors.first().map_or(0, |vector| vector.len());
        let mut all = Self::zeros(features, vectors.len());
        for (position, vector) in vectors.iter().enumerate() {
            all.set(position, vector);
        }
        all
    }

    /// Number of positions.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.values.len().checked_div(self.stride).unwrap_or(0)
    }

    /// Positions with their padding.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// One feature of all positions, with padding.
    pub(super) fn row(&self, feature: usize) -> &[f32] {
        &self.values[feature * self.stride..(feature + 1) * self.stride]
    }

    pub(super) fn row_mut(&mut self, feature: usize) -> &mut [f32] {
        &mut self.values[feature * self.stride..(feature + 1) * self.stride]
    }

    /// All features of one position.
    pub fn at(&self, position: usize) -> Vec<f32> {
        (0..self.features()).map(|feature| self.row(feature)[position]).collect()
    }

    /// Puts a vector at a position.
    pub(super) fn set(&mut self, position: usize, vector: &[f32]) {
        for (feature, &value) in vector.iter().enumerate() {
            self.row_mut(feature)[position] = value;
        }
    }

    /// The positions that are not removed (these increase), then the added vectors.
    pub(super) fn with(&self, removed: &[usize], added: &[Vec<f32>]) -> Self {
        let kept = self.positions - removed.len();
        let mut out = Self::zeros(self.features(), kept + added.len());
        for feature in 0..self.features() {
            let (from, to) = (self.row(feature), out.row_mut(feature));
            let (mut start, mut at) = (0, 0);
            for &end in removed.iter().chain([&self.positions]) {
                to[at..at + end - start].copy_from_slice(&from[start..end]);
                (at, start) = (at + end - start, end + 1);
            }
            added.iter().enumerate().for_each(|(i, vector)| to[kept + i] = vector[feature]);
        }
        out
    }
}

impl Clone for Features {
    fn clone(&self) -> Self {
        let mut values = room::zeros(self.values.len());
        values.copy_from_slice(&self.values);
        Self { positions: self.positions, stride: self.stride, values }
    }
}

impl Drop for Features {
    fn drop(&mut self) {
        room::leave(std::mem::take(&mut self.values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_taken_out_and_added_at_the_end() {
        let all = Features::of_positions(&[&[1.0, 10.0], &[2.0, 20.0], &[3.0, 30.0], &[4.0, 40.0]]);
        let changed = all.with(&[1, 3], &[vec![5.0, 50.0]]);
        assert_eq!((changed.positions(), changed.features()), (3, 2));
        assert_eq!(&changed.row(0)[..3], [1.0, 3.0, 5.0]);
        assert_eq!(changed.at(2), [5.0, 50.0]);
        assert_eq!(all.with(&[], &[]), all);
        assert_eq!(all.with(&[0], &[]).at(0), [2.0, 20.0]);
    }
}
