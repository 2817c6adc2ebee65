//! Deletion and insertion on prototypes that did not rank the genes: a fair test of every order.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{
    attribution::{
        ConceptCells, ConceptReader, DeletionOrder, GeneOrder, Perturb, PerturbError, order_by_score,
        random_order, summary,
    },
    bundle::{DeletionCurve, HeldOutCurves},
    ids::{CellId, ConceptId},
    stats::differential::Differential,
};

/// Numbers of genes at which the activation is read.
const STEPS: [u32; 19] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100];
/// Random orders, each over all pairs.
const RANDOM_ORDERS: usize = 2;

/// Orders of all genes that are compared: by the paper's score, by presence, and by the test of differential expression.
pub fn orders(scores: &[f32], presence: &[f32], test: Option<&Differential>) -> Vec<GeneOrder> {
    let order = |order, genes| GeneOrder { name: order, genes };
    let mut all = vec![
        order(DeletionOrder::AttributionHeldOut, order_by_score(scores)),
        order(DeletionOrder::Presence, order_by_score(presence)),
    ];
    if let Some(test) = test {
        let by_size = |values: &[f64]| {
            let size = |gene: u32| values[gene as usize].abs();
            let mut genes: Vec<u32> = (0..values.len() as u32).collect();
            genes.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(a.cmp(&b)));
            genes
        };
        all.push(order(DeletionOrder::T, by_size(&test.t)));
        all.push(order(DeletionOrder::MeanDifference, by_size(&test.mean_difference)));
        all.push(order(DeletionOrder::FoldChange, by_size(&test.log2_fold_change)));
    }
    all
}

/// Curves of each order and of random ones, over the first `counterfactuals` of each prototype's. Deletion gives the
/// prototype the other cell's counts and follows its activation, relative to the start; insertion gives the other cell the
/// prototype's, and follows its activation relative to the prototype's. Pairs whose prototype has activation 0 when it is
/// embedded again are left out.
///
/// # Errors
/// If the model cannot be run.
pub fn held_out_curves(
    model: &(impl Perturb + ?Sized),
    reader: &ConceptReader,
    concept: ConceptId,
    cells: &ConceptCells,
    orders: &[GeneOrder],
    counterfactuals: usize,
    (random_orders, seed): (usize, u64),
) -> Result<HeldOutCurves, PerturbError> {
    let genes = model.genes();
    let steps: Vec<u32> = STEPS.iter().copied().filter(|&step| step as usize <= genes).collect();
    let pairs: Vec<(CellId, CellId)> = cells
        .prototypes
        .iter()
        .zip(&cells.counterfactuals)
        .flat_map(|(prototype, near)| near.iter().take(counterfactuals).map(move |n| (prototype.0, n.cell)))
        .collect();
    let follow = Follow { model, reader, concept, pairs: &pairs, steps: &steps };
    let (mut deletion, mut insertion) = (Vec::new(), Vec::new());
    let mut used = 0;
    let mut random = (Vec::new(), Vec::new());
    for order in orders {
        let (down, up) = follow.both(&order.genes)?;
        used = down.len();
        deletion.push(curve(order.name, &down, &steps));
        insertion.push(curve(order.name, &up, &steps));
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..random_orders.min(RANDOM_ORDERS) {
        let last = steps.last().map_or(0, |&step| step as usize);
        let (down, up) = follow.both(&random_order(genes, last, &mut rng))?;
        random.0.extend(down);
        random.1.extend(up);
    }
    if random_orders > 0 {
        deletion.push(curve(DeletionOrder::Random, &random.0, &steps));
        insertion.push(curve(DeletionOrder::Random, &random.1, &steps));
    }
    Ok(HeldOutCurves { pairs: used as u32, steps, deletion, insertion })
}

struct Follow<'a, M: ?Sized> {
    model: &'a M,
    reader: &'a ConceptReader,
    concept: ConceptId,
    pairs: &'a [(CellId, CellId)],
    steps: &'a [u32],
}

type Curves = Vec<Vec<f32>>;

impl<M: Perturb + ?Sized> Follow<'_, M> {
    /// Deletion and insertion of one order over all pairs.
    fn both(&self, order: &[u32]) -> Result<(Curves, Curves), PerturbError> {
        let (mut down, mut up) = (Vec::new(), Vec::new());
        for &(prototype, other) in self.pairs {
            let deleted = self.along(prototype, other, order)?;
            let start = deleted.first().copied().unwrap_or(0.0);
            if start > 0.0 {
                let inserted = self.along(other, prototype, order)?;
                down.push(deleted.into_iter().map(|value| value / start).collect());
                up.push(inserted.into_iter().map(|value| value / start).collect());
            }
        }
        Ok((down, up))
    }

    fn along(&self, from: CellId, to: CellId, order: &[u32]) -> Result<Vec<f32>, PerturbError> {
        let path = self.model.path(from, to, order, self.steps)?;
        Ok(self.reader.read_rows(&path, self.concept))
    }
}

/// Mean, spread and the area by trapezoids over the number of swapped genes.
fn curve(order: DeletionOrder, curves: &[Vec<f32>], steps: &[u32]) -> DeletionCurve {
    let mut curve = summary(order, curves, steps.len());
    let width = |i: usize| f64::from(steps[i + 1] - steps[i]);
    let between = |i: usize| f64::from(curve.mean[i] + curve.mean[i + 1]) / 2.0 * width(i);
    let area: f64 = (0..steps.len().saturating_sub(1)).map(between).sum();
    curve.area = (area / f64::from(steps.last().copied().unwrap_or(1).max(1))) as f32;
    curve
}
