//! One size tried, and the choice among all.

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{HELD_OUT, MOST_DEAD, TOLERANCE};
use crate::sae::{
    metrics,
    train::{EpochMetrics, Native, Plan, Session, Split, TrainError, TrainOptions},
};

/// What a size gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// c.
    pub concepts: u32,
    /// k.
    pub active: u32,
    /// R² over all entries of the held-out cells; nothing where there are too few of them.
    pub held_out_r2: Option<f64>,
    /// Concepts that no training cell activates.
    pub dead: u32,
}

impl Rung {
    /// Whether few enough of its concepts are dead.
    pub fn is_alive(&self) -> bool {
        f64::from(self.dead) <= MOST_DEAD * f64::from(self.concepts)
    }
}

/// k by default: the paper's 8 of 500 and 80 of 5,000, but at least 3.
pub fn active_by_default(concepts: usize) -> usize {
    ((concepts as f64 / 62.5).round() as usize).max(3)
}

/// Trains one size on nine tenths of the embeddings [n, d] and measures it on the rest. `options` say everything else,
/// their seed also which cells are held out. `on_epoch` is called after every epoch.
///
/// # Errors
/// If options or embeddings make no sense, or training diverges.
pub fn climb(
    x: ArrayView2<'_, f32>,
    options: &TrainOptions,
    on_epoch: &mut dyn FnMut(&EpochMetrics),
) -> Result<Rung, TrainError> {
    // Measured once, at the end: the trainer would measure held-out cells after every epoch.
    let split = TrainOptions { test: Split::Fraction(HELD_OUT), ..options.clone() };
    let (train, held_out) = {
        let plan = Plan::new(x, split)?;
        (select(x, &plan.train), select(x, &plan.test))
    };
    let plan = Plan::new(train.view(), TrainOptions { test: Split::None, ..options.clone() })?;
    let engine = Box::new(Native::new(&plan));
    let mut session = Session::start(plan, engine)?;
    while let Some(epoch) = session.epoch(&mut |_| {})? {
        on_epoch(&epoch);
    }
    let weights = session.weights()?;
    let r2 = metrics::evaluate(&weights, held_out.view()).r2;
    Ok(Rung {
        concepts: options.concepts as u32,
        active: options.active as u32,
        held_out_r2: Some(r2).filter(|r2| r2.is_finite()),
        dead: weights.dead(train.view()).len() as u32,
    })
}

fn select(x: ArrayView2<'_, f32>, rows: &[u32]) -> ndarray::Array2<f32> {
    x.select(Axis(0), &rows.iter().map(|&row| row as usize).collect::<Vec<_>>())
}

/// Which rung is chosen: among those with few dead concepts the smallest within [`TOLERANCE`] of the best of them; where
/// there is none, or none was measured, the smallest. Nothing of nothing.
pub fn choose(rungs: &[Rung]) -> Option<usize> {
    let alive = || rungs.iter().enumerate().filter(|(_, rung)| rung.is_alive());
    let best = alive().filter_map(|(_, rung)| rung.held_out_r2).fold(f64::NEG_INFINITY, f64::max);
    let size = |&(place, rung): &(usize, &Rung)| (rung.concepts, rung.active, place);
    let good = alive().filter(|(_, rung)| rung.held_out_r2.is_some_and(|r2| r2 >= best - TOLERANCE));
    good.min_by_key(size)
        .or_else(|| alive().min_by_key(size))
        .or_else(|| rungs.iter().enumerate().min_by_key(size))
        .map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn rung(concepts: u32, r2: f64, dead: u32) -> Rung {
        Rung { concepts, active: 3, held_out_r2: Some(r2).filter(|r2| r2.is_finite()), dead }
    }

    #[test]
    fn the_smallest_near_the_best_of_the_living_is_chosen() {
        let ladder = [rung(18, 0.876, 0), rung(36, 0.890, 3), rung(72, 0.8949, 7), rung(108, 0.930, 55)];
        assert_eq!(choose(&ladder), Some(1), "0.8949 is the best of the living, 0.890 within 0.005 of it");
        assert_eq!(
            choose(&[rung(18, 0.5, 2), rung(36, 0.9, 4)]),
            Some(0),
            "both have too many dead: the smallest"
        );
        assert_eq!(choose(&[rung(20, 0.5, 2), rung(40, 0.9, 4)]), Some(1), "exactly a tenth is few enough");
        assert_eq!(choose(&[rung(36, f64::NAN, 0), rung(18, f64::NAN, 0)]), Some(1), "no R²: the smallest");
        assert_eq!(choose(&[]), None);
    }

    /// Cells of four directions.
    fn four(n: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, 8), |(cell, i)| {
            let noise = ((cell * 7 + i * 13) % 11) as f32 * 0.02;
            if i / 2 == cell % 4 { 2.0 + noise } else { noise }
        })
    }

    #[test]
    fn a_rung_is_measured_on_cells_it_was_not_trained_on() {
        let x = four(200);
        let mut options = TrainOptions::new(6, 1, 30);
        options.batch = 16;
        options.learning_rate = 1e-2;
        let mut epochs = 0;
        let found = climb(x.view(), &options, &mut |_| epochs += 1).unwrap();
        assert_eq!((found.concepts, found.active, epochs), (6, 1, 30));
        assert!(found.held_out_r2.unwrap() > 0.9, "{found:?}");

        // The same by hand: the trainer's own split.
        options.test = Split::Fraction(HELD_OUT);
        let plan = Plan::new(x.view(), options.clone()).unwrap();
        assert_eq!((plan.train.len(), plan.test.len()), (180, 20));
        let engine = Box::new(Native::new(&plan));
        let mut session = Session::start(plan, engine).unwrap();
        let mut last = None;
        while let Some(epoch) = session.epoch(&mut |_| {}).unwrap() {
            last = epoch.test_r2;
        }
        assert_eq!(found.held_out_r2, last);

        let spread_of_one = climb(x.slice(ndarray::s![..9, ..]), &options, &mut |_| {}).unwrap();
        assert_eq!(spread_of_one.held_out_r2, None, "one held-out cell has no R²");
    }

    #[test]
    fn k_follows_c_as_in_the_paper() {
        assert_eq!([36, 500, 5000].map(active_by_default), [3, 8, 80]);
    }
}
