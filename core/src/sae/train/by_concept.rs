//! The entries of a sparse matrix cells × concepts, turned from cell order into concept order.

/// For every concept its cells in ascending order, with activation and slope (∂loss/∂pre).
#[derive(Clone, Debug, Default)]
pub(crate) struct ByConcept {
    starts: Vec<u32>,
    cells: Vec<u32>,
    activations: Vec<f32>,
    slopes: Vec<f32>,
}

impl ByConcept {
    /// Replaces the content by one list a cell: concepts, activations, slopes.
    pub(crate) fn fill<'a>(
        &mut self,
        concepts: usize,
        lists: impl Iterator<Item = (&'a [u32], &'a [f32], &'a [f32])> + Clone,
    ) {
        self.starts.clear();
        self.starts.resize(concepts + 2, 0);
        for (indices, _, _) in lists.clone() {
            for &j in indices {
                self.starts[j as usize + 2] += 1;
            }
        }
        for j in 2..self.starts.len() {
            self.starts[j] += self.starts[j - 1];
        }
        let total = self.starts.last().map_or(0, |&n| n as usize);
        self.cells.resize(total, 0);
        self.activations.resize(total, 0.0);
        self.slopes.resize(total, 0.0);
        for (cell, (indices, activations, slopes)) in lists.enumerate() {
            for ((&j, &u), &s) in indices.iter().zip(activations).zip(slopes) {
                let at = self.starts[j as usize + 1] as usize;
                self.starts[j as usize + 1] += 1;
                self.cells[at] = cell as u32;
                self.activations[at] = u;
                self.slopes[at] = s;
            }
        }
    }

    /// Cells, activations and slopes of a concept.
    #[inline(always)]
    pub(crate) fn of(&self, concept: usize) -> (&[u32], &[f32], &[f32]) {
        let at = self.starts[concept] as usize..self.starts[concept + 1] as usize;
        (&self.cells[at.clone()], &self.activations[at.clone()], &self.slopes[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_the_order() {
        let lists: [(&[u32], &[f32], &[f32]); 3] =
            [(&[2, 0], &[1.0, 2.0], &[-1.0, -2.0]), (&[], &[], &[]), (&[2], &[3.0], &[-3.0])];
        let mut turned = ByConcept::default();
        turned.fill(4, lists.into_iter());
        assert_eq!(turned.of(0), (&[0u32][..], &[2.0f32][..], &[-2.0f32][..]));
        assert_eq!(turned.of(1).0.len(), 0);
        assert_eq!(turned.of(2), (&[0u32, 2][..], &[1.0f32, 3.0][..], &[-1.0f32, -3.0][..]));
        assert_eq!(turned.of(3).0.len(), 0);
    }
}
