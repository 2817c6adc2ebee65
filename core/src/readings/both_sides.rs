//! Presence and absence of one concept, in both contrasts, and the genes that held-out prototypes carry.

use super::{
    carried::{Carried, carried},
    sides::{Sides, at_edge, sides},
};
use crate::{
    attribution::{Attribution, ConceptCells, ConceptReader, Perturb, PerturbError, attribute},
    bundle::ReadingParameters,
    ids::ConceptId,
};

/// The cells that a concept is read from, beside the prototypes that rank its genes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FurtherCells {
    /// Held-out prototypes with their nearest inactive cells; none where there are no other active cells: then the
    /// prototypes themselves are counted.
    pub held_out: Option<ConceptCells>,
    /// The prototypes with typical inactive cells, where that contrast is wanted.
    pub typical: Option<ConceptCells>,
    /// Column over whose labels those are balanced.
    pub balanced_over: Option<String>,
}

/// Whose sides are read, and through what.
#[derive(Debug)]
pub struct Of<'a, M: ?Sized> {
    /// The model.
    pub swaps: &'a M,
    /// The dictionary.
    pub reader: &'a ConceptReader,
    /// The concept.
    pub concept: ConceptId,
    /// N_c.
    pub counterfactuals: usize,
}

/// Both sides of a concept.
#[derive(Clone, Debug, PartialEq)]
pub struct BothSides {
    /// Scores against the nearest inactive cells.
    pub nearest: Sides,
    /// Scores against typical ones, where there are such.
    pub typical: Option<Sides>,
    /// Swaps with typical cells.
    pub typical_swaps: Option<Attribution>,
    /// Held-out prototypes that carry each gene.
    pub carried: Carried,
    /// Swaps of held-out prototypes; those of the ranking where the prototypes themselves are counted.
    pub held_out: Attribution,
    /// Which prototypes are at the edge of TopK.
    pub edge: Vec<bool>,
}

/// Reads both sides from the swaps of the ranking, and from those of the other cells.
///
/// # Errors
/// If the model cannot be run.
pub fn both_sides<M: Perturb + ?Sized>(
    of: Of<'_, M>,
    cells: &ConceptCells,
    attribution: &Attribution,
    further: &FurtherCells,
    reading: &ReadingParameters,
) -> Result<BothSides, PerturbError> {
    debug_assert_eq!(cells.prototypes.len(), attribution.bases.len());
    let Of { swaps, reader, concept, counterfactuals } = of;
    let genes = swaps.genes();
    let edge = at_edge(attribution);
    let typical_swaps = match &further.typical {
        Some(cells) => Some(attribute(swaps, reader, concept, cells, usize::MAX)?),
        None => None,
    };
    let held_out = match &further.held_out {
        Some(cells) => attribute(swaps, reader, concept, cells, counterfactuals)?,
        None => attribution.clone(),
    };
    Ok(BothSides {
        nearest: sides(attribution, genes, &edge),
        typical: typical_swaps.as_ref().map(|swaps| sides(swaps, genes, &edge)),
        typical_swaps,
        carried: carried(&held_out, genes, &at_edge(&held_out), reading.carried_effect),
        held_out,
        edge,
    })
}
