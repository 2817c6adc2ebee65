//! The genes of one side as a page shows them.

use super::{
    carried::Carried,
    sides::{Sides, by_prototype},
};
use crate::{
    attribution::{Attribution, ConceptCells, Perturb, order_by_score},
    bundle::{Side, SideGene},
    ids::GeneId,
};

/// Genes listed for a side.
const SHOWN: usize = 50;

/// What a side's genes are listed from: one contrast, with the scores of the other beside it.
pub(super) struct SideGenes<'a, M: ?Sized> {
    /// The model.
    pub model: &'a M,
    /// Symbols of the genes.
    pub symbols: &'a [String],
    /// Prototypes and the cells they are compared with.
    pub cells: &'a ConceptCells,
    /// Swaps between them.
    pub attribution: &'a Attribution,
    /// Which prototypes are at the edge of TopK.
    pub edge: &'a [bool],
    /// Scores against the nearest inactive cells.
    pub nearest: &'a Sides,
    /// Scores against typical ones.
    pub typical: Option<&'a Sides>,
    /// Held-out prototypes that carry each gene.
    pub carried: &'a Carried,
}

impl<M: Perturb + ?Sized> SideGenes<'_, M> {
    /// Genes with a score above 0, highest first; by the typical contrast where `by_typical`.
    pub(super) fn list(&self, side: Side, by_typical: bool) -> Vec<SideGene> {
        let Some(scores) = (if by_typical { self.typical } else { Some(self.nearest) }) else {
            return Vec::new();
        };
        let scores = scores.of(side);
        order_by_score(scores)
            .into_iter()
            .take(SHOWN)
            .take_while(|&gene| scores[gene as usize] > 0.0)
            .map(|gene| self.one(gene, side))
            .collect()
    }

    fn one(&self, gene: u32, side: Side) -> SideGene {
        let (mut own, mut others) = (0.0f64, 0.0f64);
        for pair in &self.attribution.pairs {
            let prototype = self.cells.prototypes[pair.prototype].0;
            let other = self.cells.counterfactuals[pair.prototype][pair.counterfactual].cell;
            own += f64::from(self.model.value(prototype, gene));
            others += f64::from(self.model.value(other, gene));
        }
        let n = self.attribution.pairs.len().max(1) as f64;
        let index = gene as usize;
        SideGene {
            gene: GeneId(gene),
            symbol: self.symbols[index].clone(),
            score: self.nearest.of(side)[index],
            typical_score: self.typical.map(|typical| typical.of(side)[index]),
            carried_by: self.carried.of(side)[index],
            by_prototype: by_prototype(self.attribution, gene, side, self.edge),
            value_prototypes: (own / n) as f32,
            value_others: (others / n) as f32,
        }
    }
}
