//! Occlusion over all pairs of a concept: swap one gene at a time and see how far its activation falls.

use ndarray::ArrayView2;

use super::{
    perturb::{Perturb, PerturbError},
    reader::ConceptReader,
};
use crate::{
    concepts::Activations,
    embedding::nearest::{Neighbour, Query, nearest_of_many},
    ids::{CellId, ConceptId},
};

/// Prototypes of a concept with the nearest cells that do not activate it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConceptCells {
    /// Most active cells and their activations, most active first.
    pub prototypes: Vec<(CellId, f32)>,
    /// Nearest first, for each prototype.
    pub counterfactuals: Vec<Vec<Neighbour>>,
}

impl ConceptCells {
    /// The first so many prototypes, which rank genes, and those after them, which are held out.
    pub fn split_at(&self, prototypes: usize) -> (Self, Self) {
        let (first, next) = self.prototypes.split_at(prototypes.min(self.prototypes.len()));
        let (near_first, near_next) = self.counterfactuals.split_at(first.len());
        let part = |prototypes: &[(CellId, f32)], near: &[Vec<Neighbour>]| Self {
            prototypes: prototypes.to_vec(),
            counterfactuals: near.to_vec(),
        };
        (part(first, near_first), part(next, near_next))
    }
}

/// The most active cells of every concept and, for each, the nearest cells whose activation is exactly 0 (equation 1), in the
/// order of `concepts`. There are as many prototypes as `asked` is long, and `asked[i]` cells near that of rank i; fewer
/// where there are fewer. Ties go to the lowest cell index. `done` is told how many prototypes are finished.
///
/// Example: see [the module](super).
pub fn cells_of_concepts(
    activations: &Activations,
    concepts: &[ConceptId],
    embeddings: ArrayView2<'_, f32>,
    asked: &[usize],
    done: impl Fn(usize) + Sync,
) -> Vec<ConceptCells> {
    let wanted = concepts
        .iter()
        .map(|&id| {
            activations.of(id).prototypes(asked.len()).into_iter().zip(asked.iter().copied()).collect()
        })
        .collect();
    cells_near(activations, concepts, embeddings, wanted, done)
}

/// For every concept and every one of its `wanted` cells (with its activation, and how many cells near it), the nearest
/// cells whose activation is exactly 0, in the order given. Ties go to the lowest cell index. `done` is told how many of
/// the wanted cells are finished.
pub fn cells_near(
    activations: &Activations,
    concepts: &[ConceptId],
    embeddings: ArrayView2<'_, f32>,
    wanted: Vec<Vec<((CellId, f32), usize)>>,
    done: impl Fn(usize) + Sync,
) -> Vec<ConceptCells> {
    let queries: Vec<Query> = (0..)
        .zip(&wanted)
        .flat_map(|(group, of_concept)| {
            of_concept.iter().map(move |&((cell, _), n)| Query { cell, group, n })
        })
        .collect();
    let active = |group: u32, cell| activations.of(concepts[group as usize]).contains(cell);
    let mut found = nearest_of_many(embeddings, &queries, active, done).into_iter();
    wanted
        .into_iter()
        .map(|wanted| ConceptCells {
            counterfactuals: found.by_ref().take(wanted.len()).collect(),
            prototypes: wanted.into_iter().map(|(cell, _)| cell).collect(),
        })
        .collect()
}

/// The score of one swap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SwapScore {
    /// Gene, in the model's order.
    pub gene: u32,
    /// Fall of the activation after TopK.
    pub post: f32,
    /// Fall of the value before TopK.
    pub pre: f32,
    /// Whether the prototype has more of the gene than the cell it is compared with, in what the model reads; else it has
    /// less.
    pub more: bool,
}

/// A prototype before any swap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrototypeBase {
    /// Its activation after TopK.
    pub activation: f32,
    /// How far its value before TopK is above that of the first concept that TopK leaves out; infinite where none is.
    pub margin: f32,
}

/// Scores of one pair; genes that do not differ score 0 and are not listed.
#[derive(Clone, Debug, PartialEq)]
pub struct PairScores {
    /// Place among the prototypes.
    pub prototype: usize,
    /// Place among its counterfactuals.
    pub counterfactual: usize,
    /// In gene order.
    pub swaps: Vec<SwapScore>,
}

/// Attribution of one concept.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// Mean over all pairs after TopK, `[genes]` (equation 3 before sorting).
    pub scores: Vec<f32>,
    /// Mean over all pairs before TopK, `[genes]`.
    pub scores_pre_topk: Vec<f32>,
    /// Every pair.
    pub pairs: Vec<PairScores>,
    /// Every prototype, as the model embeds it.
    pub bases: Vec<PrototypeBase>,
}

/// Attribution of `concept` over the given cells, the first `n_counterfactuals` of each prototype's.
///
/// Example: see [the module](super).
///
/// # Errors
/// If the model cannot be run.
pub fn attribute(
    model: &(impl Perturb + ?Sized),
    reader: &ConceptReader,
    concept: ConceptId,
    cells: &ConceptCells,
    n_counterfactuals: usize,
) -> Result<Attribution, PerturbError> {
    let d = reader.dimensions();
    let (mut pairs, mut bases) = (Vec::new(), Vec::new());
    for (prototype, (&(cell, _), near)) in cells.prototypes.iter().zip(&cells.counterfactuals).enumerate() {
        let others: Vec<CellId> = near.iter().take(n_counterfactuals).map(|n| n.cell).collect();
        let swaps = model.swaps(cell, &others)?;
        let base = reader.base(&swaps.base);
        let (post, pre) = reader.read(&base, concept);
        bases.push(PrototypeBase { activation: post, margin: reader.margin(&base, concept) });
        let after: Vec<(f32, f32)> =
            swaps.embeddings.chunks(d).map(|row| reader.read_near(&base, row, concept)).collect();
        let own = model.values(cell);
        for (counterfactual, genes) in swaps.genes.iter().enumerate() {
            let other = model.values(others[counterfactual]);
            let score = |&(gene, row): &(u32, u32)| {
                let (post_after, pre_after) = after[row as usize];
                let more = own[gene as usize] > other[gene as usize];
                SwapScore { gene, post: post - post_after, pre: pre - pre_after, more }
            };
            pairs.push(PairScores { prototype, counterfactual, swaps: genes.iter().map(score).collect() });
        }
    }
    Ok(Attribution {
        scores: mean(model.genes(), &pairs, |s| s.post),
        scores_pre_topk: mean(model.genes(), &pairs, |s| s.pre),
        pairs,
        bases,
    })
}

fn mean(genes: usize, pairs: &[PairScores], of: impl Fn(&SwapScore) -> f32) -> Vec<f32> {
    let mut sums = vec![0.0f64; genes];
    for swap in pairs.iter().flat_map(|pair| &pair.swaps) {
        sums[swap.gene as usize] += f64::from(of(swap));
    }
    let n = pairs.len().max(1) as f64;
    sums.into_iter().map(|sum| (sum / n) as f32).collect()
}
