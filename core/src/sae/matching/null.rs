//! What the pairs of unrelated dictionaries reach: one of the two is replaced by random rows, as many as it has concepts
//! that count, and matched in the same way.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{Alive, MatchError, assign, check, unit_rows};
use crate::{
    parallel,
    sae::{
        SaeWeights,
        train::{Purpose, generator, nearly_normal, shuffle},
    },
    stats::covariance::{covariance, root},
};

/// Pairs drawn, at least; more dictionaries are drawn where each has few.
const LEAST_PAIRS: usize = 4000;
/// Random dictionaries, at most.
const MOST_DRAWN: usize = 60;

/// What random rows look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Directions that are equally likely everywhere: nothing is known of the embeddings.
    Isotropic,
    /// Normal directions with the covariance of the embeddings.
    Covariance,
    /// Embedded cells, from their mean.
    Cells,
}

/// Cosines of the pairs of random dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Null95 {
    /// What the rows were.
    pub shape: Shape,
    /// Mean cosine of a pair.
    pub mean: f64,
    /// Cosine that one pair in twenty exceeds.
    pub p95: f32,
    /// Pairs drawn.
    pub pairs: usize,
}

/// Nulls of a match.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Null {
    /// Random directions: of the embeddings' covariance where there are any, isotropic otherwise.
    pub directions: Null95,
    /// Random cells, where there are enough.
    pub cells: Option<Null95>,
}

/// Nulls of the match of two dictionaries, from embeddings [n, d] where there are any; nothing where one of the two has
/// no concept that counts. Half of the random dictionaries stand in for the left, half for the right.
///
/// # Errors
/// As [`match_dictionaries`](super::match_dictionaries).
///
/// # Panics
/// If `x` does not have d columns.
pub fn null(
    left: &SaeWeights,
    right: &SaeWeights,
    x: Option<ArrayView2<'_, f32>>,
    seed: u64,
) -> Result<Option<Null>, MatchError> {
    check(left, right)?;
    let (left, right) = (Alive::of(left)?, Alive::of(right)?);
    let few = left.ids.len().min(right.ids.len());
    if few == 0 {
        return Ok(None);
    }
    let d = left.rows.ncols();
    let drawn = LEAST_PAIRS.div_ceil(few).clamp(2, MOST_DRAWN).next_multiple_of(2);
    let pooled = |shape: Shape, rows: &(dyn Fn(u32, usize) -> Array2<f32> + Sync)| {
        let cosines = parallel::map(drawn, |number| {
            let (real, random) = if number % 2 == 0 { (&left, &right) } else { (&right, &left) };
            let random = rows(number as u32, random.ids.len());
            let pairs = assign(real.rows.view(), random.view());
            pairs.into_iter().map(|(_, _, cosine)| cosine).collect::<Vec<f32>>()
        });
        summary(shape, cosines.concat())
    };
    let Some(x) = x.filter(|x| x.nrows() > 1) else {
        let isotropic = |number: u32, rows: usize| directions(seed, number, rows, d, None);
        return Ok(Some(Null { directions: pooled(Shape::Isotropic, &isotropic), cells: None }));
    };
    assert_eq!(x.ncols(), d, "embedding size");
    let (mean, matrix) = covariance(x);
    let spread = root(matrix.view());
    let normal = |number: u32, rows: usize| directions(seed, number, rows, d, Some(spread.view()));
    let cells = |number: u32, rows: usize| random_cells(seed, number, rows, x, &mean);
    let enough = left.ids.len().max(right.ids.len()) <= x.nrows();
    Ok(Some(Null {
        directions: pooled(Shape::Covariance, &normal),
        cells: enough.then(|| pooled(Shape::Cells, &cells)),
    }))
}

/// Nearly normal directions of length 1, turned by `spread` where it is given.
fn directions(
    seed: u64,
    number: u32,
    rows: usize,
    d: usize,
    spread: Option<ArrayView2<'_, f64>>,
) -> Array2<f32> {
    let mut random = generator(seed, Purpose::Null(number));
    let drawn = Array2::from_shape_simple_fn((rows, d), || nearly_normal(&mut random));
    let turned = match spread {
        Some(spread) => drawn.dot(&spread.t()),
        None => drawn,
    };
    unit_rows(turned.mapv(|v| v as f32))
}

/// Cells drawn without one twice, from their mean, of length 1.
fn random_cells(seed: u64, number: u32, rows: usize, x: ArrayView2<'_, f32>, mean: &[f64]) -> Array2<f32> {
    let mut order: Vec<u32> = (0..x.nrows() as u32).collect();
    shuffle(&mut generator(seed, Purpose::Null(number)), &mut order);
    let chosen: Vec<usize> = order.into_iter().take(rows).map(|cell| cell as usize).collect();
    let mut cells = x.select(Axis(0), &chosen);
    for mut row in cells.rows_mut() {
        row.iter_mut().zip(mean).for_each(|(v, m)| *v = (f64::from(*v) - m) as f32);
    }
    unit_rows(cells)
}

fn summary(shape: Shape, mut cosines: Vec<f32>) -> Null95 {
    cosines.sort_by(f32::total_cmp);
    let pairs = cosines.len();
    let mean = cosines.iter().map(|&c| f64::from(c)).sum::<f64>() / pairs as f64;
    // The smallest cosine with at least 95 % of all at or below it.
    let p95 = cosines[(pairs * 95).div_ceil(100).max(1) - 1];
    Null95 { shape, mean, p95, pairs }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sae::matching::{match_dictionaries, with_rows};

    /// Embeddings that spread over few of their dimensions.
    fn flat(n: usize, d: usize) -> Array2<f32> {
        let mut random = generator(99, Purpose::Dictionary);
        Array2::from_shape_fn((n, d), |(_, j)| {
            (nearly_normal(&mut random) * if j < 3 { 5.0 } else { 0.3 }) as f32
        })
    }

    fn mean(left: &SaeWeights, right: &SaeWeights) -> f64 {
        let pairs = match_dictionaries(left, right).unwrap();
        pairs.iter().map(|pair| f64::from(pair.cosine)).sum::<f64>() / pairs.len() as f64
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// Unrelated dictionaries, of directions as the data have them, are at their null; shuffled copies are far above.
        #[test]
        fn unrelated_ones_are_at_the_null_and_copies_above(seed in 0u64..1000, c in 20usize..60, more in 0usize..20) {
            let x = flat(500, 12);
            let spread = root(covariance(x.view()).1.view());
            let draw = |number: u32, rows: usize| with_rows(directions(seed + 5000, number, rows, 12, Some(spread.view())));
            let (left, right) = (draw(1000, c), draw(1001, c + more));
            let found = null(&left, &right, Some(x.view()), seed).unwrap().unwrap();
            let reached = mean(&left, &right);
            // One draw of few rows in few dimensions scatters; the null is a mean over many.
            prop_assert!((reached - found.directions.mean).abs() < 0.15, "{reached} at {found:?}");
            let above = match_dictionaries(&left, &right).unwrap().iter().filter(|p| p.cosine > found.directions.p95).count();
            prop_assert!(above as f64 <= 0.25 * c as f64, "{above} of {c} above the 95 % point");

            let isotropic = null(&left, &right, None, seed).unwrap().unwrap().directions;
            prop_assert!(isotropic.mean < found.directions.mean, "the data's spread brings directions together");

            let mut order: Vec<u32> = (0..c as u32).collect();
            shuffle(&mut generator(seed, Purpose::Split), &mut order);
            let order: Vec<usize> = order.into_iter().map(|i| i as usize).collect();
            let copy = with_rows(left.w_dec.select(Axis(0), &order));
            for pair in match_dictionaries(&copy, &left).unwrap() {
                prop_assert_eq!(pair.right.index(), order[pair.left.index()]);
                prop_assert!(pair.cosine > found.directions.p95 && pair.cosine > 0.9999);
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_null_again_and_cells_need_to_be_enough() {
        let x = flat(30, 6);
        let (left, right) = (with_rows(flat(10, 6)), with_rows(flat(12, 6)));
        let found = null(&left, &right, Some(x.view()), 3).unwrap();
        assert_eq!(found, null(&left, &right, Some(x.view()), 3).unwrap());
        assert_ne!(found, null(&left, &right, Some(x.view()), 4).unwrap());
        let found = found.unwrap();
        assert_eq!((found.directions.shape, found.directions.pairs), (Shape::Covariance, 600));
        assert_eq!(found.cells.unwrap().shape, Shape::Cells);
        let few = null(&left, &right, Some(x.slice(ndarray::s![..11, ..])), 3).unwrap().unwrap();
        assert!(few.cells.is_none());
        let none = null(&left, &right, None, 3).unwrap().unwrap();
        assert_eq!((none.directions.shape, none.cells), (Shape::Isotropic, None));
    }

    #[test]
    fn the_95_percent_point_by_hand() {
        let found = summary(Shape::Isotropic, (1..=40).rev().map(|i| i as f32 / 40.0).collect());
        assert_eq!((found.p95, found.pairs), (38.0 / 40.0, 40));
        assert!((found.mean - 41.0 / 80.0).abs() < 1e-7);
        assert_eq!(summary(Shape::Cells, vec![0.5]).p95, 0.5);
    }
}
