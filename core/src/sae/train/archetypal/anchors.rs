//! The anchors: k-means++ (Arthur and Vassilvitskii 2007) over the cells trained on.

use ndarray::ArrayView2;

use super::super::{
    TrainError, TrainOptions,
    random::{Purpose, below, generator, uniform},
    rows::LANES,
};
use crate::parallel;

/// Cells whose distances are one piece of work.
const BLOCK: usize = 2048;

/// The anchors of a plan, as training uses them.
#[derive(Clone, Debug)]
pub(crate) struct Hull {
    /// Rows of the embeddings.
    pub rows: Vec<u32>,
    /// What dictionary rows are relative to, `[d]`.
    pub centre: Vec<f32>,
    /// Power of two; embeddings over training's units.
    pub scale: f32,
    /// [anchors, stride]: (x − centre) / scale, zero beyond d.
    pub points: Vec<f32>,
    pub stride: usize,
    /// δ / scale.
    pub relaxation: f64,
}

impl Hull {
    /// Chooses anchors among the training cells, where the options ask for it.
    pub(crate) fn choose(
        data: ArrayView2<'_, f32>,
        train: &[u32],
        mean: &[f64],
        options: &TrainOptions,
    ) -> Result<Option<Self>, TrainError> {
        let Some(archetypal) = options.archetypal else { return Ok(None) };
        let wrong = |problem: String| Err(TrainError::Option { option: "archetypal", problem });
        if archetypal.anchors > train.len() {
            return wrong(format!(
                "{} anchors, but only {} cells to choose them from",
                archetypal.anchors,
                train.len()
            ));
        }
        let rows = k_means_plus_plus(data, train, archetypal.anchors, archetypal.anchor_seed);
        if rows.len() < archetypal.anchors {
            return wrong(format!(
                "{} anchors, but only {} of the embeddings differ",
                archetypal.anchors,
                rows.len()
            ));
        }
        let (d, stride) = (data.ncols(), data.ncols().next_multiple_of(LANES));
        let centre: Vec<f32> =
            if options.decoder_bias { mean.iter().map(|&m| m as f32).collect() } else { vec![0.0; d] };
        let mut points = vec![0.0f32; rows.len() * stride];
        let mut squares = 0.0;
        for (&row, point) in rows.iter().zip(points.chunks_exact_mut(stride)) {
            for ((p, &x), &c) in point.iter_mut().zip(data.row(row as usize)).zip(&centre) {
                *p = x - c;
                squares += f64::from(*p).powi(2);
            }
        }
        let scale = power_of_two((squares / rows.len() as f64).sqrt());
        if !scale.is_normal() || !scale.recip().is_normal() {
            return wrong(format!(
                "the anchors' size of about {scale:e} is beyond what can be trained: scale the embeddings"
            ));
        }
        points.iter_mut().for_each(|p| *p /= scale);
        let relaxation = archetypal.relaxation / f64::from(scale);
        Ok(Some(Self { rows, centre, scale, points, stride, relaxation }))
    }

    /// Anchors.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// Cells, each drawn with probability proportional to its squared distance from the nearest one before; fewer where no
/// other embeddings are left.
fn k_means_plus_plus(data: ArrayView2<'_, f32>, cells: &[u32], count: usize, seed: u64) -> Vec<u32> {
    let mut rng = generator(seed, Purpose::Anchors);
    let mut chosen = vec![cells[below(&mut rng, cells.len() as u32) as usize]];
    let mut nearest = vec![f64::INFINITY; cells.len()];
    while chosen.len() < count {
        let last = data.row(chosen[chosen.len() - 1] as usize);
        let pieces: Vec<_> = cells.chunks(BLOCK).zip(nearest.chunks_mut(BLOCK)).collect();
        parallel::each(pieces, |(cells, nearest)| {
            for (&cell, nearest) in cells.iter().zip(nearest) {
                let row = data.row(cell as usize);
                let squares = row.iter().zip(&last).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
                *nearest = nearest.min(squares.sum());
            }
        });
        let drawn = uniform(&mut rng) * nearest.iter().sum::<f64>();
        let mut sum = 0.0;
        let mut next = None;
        for (&cell, &distance) in cells.iter().zip(&nearest) {
            sum += distance;
            // A cell at distance 0 is never taken, whatever rounding does at the end.
            if distance > 0.0 {
                next = Some(cell);
                if sum > drawn {
                    break;
                }
            }
        }
        match next {
            Some(cell) => chosen.push(cell),
            None => break,
        }
    }
    chosen
}

/// The power of two at or below a number above 0.
fn power_of_two(value: f64) -> f32 {
    f64::from_bits(value.to_bits() & 0x7ff0_0000_0000_0000) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn anchors_differ_and_come_from_the_cells_given() {
        let x = Array2::from_shape_fn((300, 5), |(i, j)| ((i * 31 + j * 17) % 97) as f32);
        let cells: Vec<u32> = (0..300).filter(|i| i % 3 != 0).collect();
        let chosen = k_means_plus_plus(x.view(), &cells, 60, 4);
        assert_eq!(chosen, k_means_plus_plus(x.view(), &cells, 60, 4));
        assert_ne!(chosen, k_means_plus_plus(x.view(), &cells, 60, 5));
        assert_eq!(chosen[..30], k_means_plus_plus(x.view(), &cells, 30, 4));
        assert!(chosen.iter().all(|cell| cell % 3 != 0));
        for (i, &a) in chosen.iter().enumerate() {
            assert!(chosen[..i].iter().all(|&b| x.row(a as usize) != x.row(b as usize)));
        }
    }

    #[test]
    fn every_far_cluster_gets_an_anchor() {
        let x = Array2::from_shape_fn((400, 3), |(i, j)| {
            if i % 8 == j { 1e3 } else { (i % 8 > j + 2) as u32 as f32 * (i % 8) as f32 * 1e3 }
        });
        let cells: Vec<u32> = (0..400).collect();
        let mut clusters: Vec<u32> =
            k_means_plus_plus(x.view(), &cells, 8, 1).iter().map(|cell| cell % 8).collect();
        clusters.sort_unstable();
        assert_eq!(clusters, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(k_means_plus_plus(x.view(), &cells, 9, 1).len(), 8, "no ninth embedding");
    }

    #[test]
    fn powers_of_two() {
        assert_eq!([0.3, 1.0, 1.99, 50.0].map(power_of_two), [0.25, 1.0, 1.0, 32.0]);
    }
}
