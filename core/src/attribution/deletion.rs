//! Deletion curves: genes are swapped one after another in some order, and the activation is followed.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    curves::{DeletionCurve, DeletionCurves, DeletionOrder},
    occlusion::ConceptCells,
    perturb::{Perturb, PerturbError},
    reader::ConceptReader,
};
use crate::ids::ConceptId;

/// Length and repetition of the curves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeletionOptions {
    /// Most genes swapped.
    pub steps: u32,
    /// Random orders for comparison, each over all pairs.
    pub random_orders: u32,
    /// Seed of the random orders.
    pub seed: u64,
    /// Counterfactuals per prototype.
    pub counterfactuals: usize,
}

impl Default for DeletionOptions {
    fn default() -> Self {
        Self { steps: 100, random_orders: 10, seed: 123, counterfactuals: 3 }
    }
}

/// An order of genes with its name in the bundle.
#[derive(Clone, Debug)]
pub struct GeneOrder {
    /// By what it is one.
    pub name: DeletionOrder,
    /// Genes, first swapped first.
    pub genes: Vec<u32>,
}

/// Mean and spread over pairs of activation (after TopK) relative to the start, for each order and for random
/// orders of all genes. Pairs whose prototype has activation 0 when embedded again are left out.
///
/// Example: see [the module](super).
///
/// # Errors
/// If the model cannot be run.
pub fn deletion_curves(
    model: &(impl Perturb + ?Sized),
    reader: &ConceptReader,
    concept: ConceptId,
    cells: &ConceptCells,
    orders: &[GeneOrder],
    options: DeletionOptions,
) -> Result<DeletionCurves, PerturbError> {
    let last = options.steps.min(model.genes() as u32);
    let steps: Vec<u32> = (0..=last).collect();
    let mut curves = Vec::new();
    let mut pairs = 0;
    for order in orders {
        let one = relative(model, reader, concept, cells, &order.genes, &steps, options.counterfactuals)?;
        pairs = one.len();
        curves.push(summary(order.name, &one, steps.len()));
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut random = Vec::new();
    for _ in 0..options.random_orders {
        let order = random_order(model.genes(), last as usize, &mut rng);
        random.extend(relative(model, reader, concept, cells, &order, &steps, options.counterfactuals)?);
    }
    if !random.is_empty() {
        curves.push(summary(DeletionOrder::Random, &random, steps.len()));
    }
    Ok(DeletionCurves { pairs: pairs as u32, steps, curves })
}

/// The first `n` of a random order of `genes` genes (Fisher–Yates from the front).
pub fn random_order(genes: usize, n: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut order: Vec<u32> = (0..genes as u32).collect();
    for i in 0..n.min(genes) {
        let j = i + (rng.next_u64() % (genes - i) as u64) as usize;
        order.swap(i, j);
    }
    order.truncate(n);
    order
}

fn relative(
    model: &(impl Perturb + ?Sized),
    reader: &ConceptReader,
    concept: ConceptId,
    cells: &ConceptCells,
    order: &[u32],
    steps: &[u32],
    counterfactuals: usize,
) -> Result<Vec<Vec<f32>>, PerturbError> {
    let mut curves = Vec::new();
    for (&(prototype, _), near) in cells.prototypes.iter().zip(&cells.counterfactuals) {
        for other in near.iter().take(counterfactuals) {
            let path = model.path(prototype, other.cell, order, steps)?;
            let values = reader.read_rows(&path, concept);
            let start = values.first().copied().unwrap_or(0.0);
            if start > 0.0 {
                curves.push(values.into_iter().map(|value| value / start).collect());
            }
        }
    }
    Ok(curves)
}

/// Mean and spread of curves of so many points, with four decimals, and the area under the mean where points are one gene apart.
pub fn summary(order: DeletionOrder, curves: &[Vec<f32>], points: usize) -> DeletionCurve {
    let n = curves.len() as f64;
    let at = |i: usize| curves.iter().map(move |c| f64::from(c[i]));
    let mean: Vec<f32> =
        (0..points).map(|i| if n == 0.0 { 0.0 } else { rounded(at(i).sum::<f64>() / n) }).collect();
    let sd = (0..points)
        .map(|i| {
            let squares: f64 = at(i).map(|v| (v - f64::from(mean[i])).powi(2)).sum();
            if n > 1.0 { rounded((squares / (n - 1.0)).sqrt()) } else { 0.0 }
        })
        .collect();
    // Trapezoids over the swapped genes, divided by their number: 1 where nothing falls.
    let area =
        mean.windows(2).map(|w| f64::from(w[0] + w[1]) / 2.0).sum::<f64>() / (points.max(2) - 1) as f64;
    DeletionCurve { order, mean, sd, area: area as f32 }
}

/// Four decimals: more would only make the file longer.
fn rounded(x: f64) -> f32 {
    ((x * 1e4).round() / 1e4) as f32
}
