//! One concept read beyond the paper. The backend writes the result into the bundle, and the page computes it again with
//! this very function.

use super::{
    both_sides::{BothSides, FurtherCells, Of, both_sides},
    carried::{Carried, headline},
    genes::SideGenes,
    labels::{LabelledSide, SideRequest, SideScores, label_side},
    sides::Sides,
    strata::strata,
};
use crate::{
    attribution::{Attribution, ConceptCells, ConceptReader, Perturb, PerturbError},
    bundle::{
        EnrichmentParameters, GeneSetFile, Maybe, Reading, ReadingParameters, Side, SideLabels, SideReading,
        Typical,
    },
    gsea::{Cancelled, Deck, PrerankOptions, Watch, deck},
    ids::ConceptId,
};

/// What [`read_concept`] reads from.
pub struct ConceptRequest<'a, M: ?Sized> {
    /// The model.
    pub model: &'a M,
    /// The dictionary.
    pub reader: &'a ConceptReader,
    /// The concept.
    pub concept: ConceptId,
    /// Prototypes with their nearest inactive cells.
    pub cells: &'a ConceptCells,
    /// Swaps between them.
    pub attribution: &'a Attribution,
    /// The other cells.
    pub further: &'a FurtherCells,
    /// N_c.
    pub counterfactuals: usize,
    /// Symbols of the genes.
    pub symbols: &'a [String],
    /// Libraries.
    pub sets: &'a [GeneSetFile],
    /// Sizes of sets and the weight of scores.
    pub enrichment: &'a EnrichmentParameters,
    /// GSEA's permutations of the genes ([`side_deck`]).
    pub deck: &'a Deck,
    /// How readings are made.
    pub reading: &'a ReadingParameters,
    /// Concepts and sides that are tested together.
    pub tests: u32,
    /// Why no label is wanted, where none is.
    pub no_label: Option<&'a str>,
}

/// A concept read beyond the paper.
#[derive(Clone, Debug)]
pub struct ConceptReading {
    /// Scores against the nearest inactive cells.
    pub nearest: Sides,
    /// Scores against typical ones.
    pub typical: Option<Sides>,
    /// Held-out prototypes that carry each gene.
    pub carried: Carried,
    /// Which prototypes are at the edge of TopK.
    pub edge: Vec<bool>,
    /// Labels, not settled yet ([`super::settle`]).
    pub labels: SideLabels,
    /// What is shown of all this.
    pub reading: Reading,
}

/// The permutations that [`ConceptRequest::deck`] wants: those of the paper's enrichment.
pub fn side_deck(genes: usize, enrichment: &EnrichmentParameters) -> Deck {
    let options = PrerankOptions {
        permutations: enrichment.permutations as usize,
        seed: enrichment.seed,
        weight: enrichment.weight,
    };
    deck(genes, &options)
}

/// Why a concept could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// The model cannot be run.
    #[error(transparent)]
    Perturb(#[from] PerturbError),
    /// Stopped by the caller.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Reads one concept.
///
/// # Errors
/// If the model cannot be run, or `watch` says to stop.
pub fn read_concept<M: Perturb + ?Sized>(
    request: ConceptRequest<'_, M>,
    watch: Watch<'_>,
) -> Result<ConceptReading, ReadingError> {
    let ConceptRequest { model, cells, attribution, further, reading, .. } = request;
    let of = Of {
        swaps: model,
        reader: request.reader,
        concept: request.concept,
        counterfactuals: request.counterfactuals,
    };
    let BothSides { nearest, typical, typical_swaps, carried, held_out, edge } =
        both_sides(of, cells, attribution, further, reading)?;
    let list = SideGenes {
        model,
        symbols: request.symbols,
        cells,
        attribution,
        edge: &edge,
        nearest: &nearest,
        typical: typical.as_ref(),
        carried: &carried,
    };
    let typical_list = further
        .typical
        .as_ref()
        .zip(typical_swaps.as_ref())
        .map(|(cells, attribution)| SideGenes { cells, attribution, ..list });
    // Only labels are compared with random rankings.
    let labelled = request.no_label.is_none();
    let strata_nearest = if labelled { strata(attribution, cells, model) } else { Vec::new() };
    let strata_typical = further
        .typical
        .as_ref()
        .zip(typical_swaps.as_ref())
        .filter(|_| labelled)
        .map(|(cells, attribution)| strata(attribution, cells, model));
    let mut labels = SideLabels::default();
    let mut side_reading = |side: Side| -> Result<SideReading, Cancelled> {
        let enrichment = match request.no_label {
            Some(reason) => Maybe::missing(reason),
            None => {
                let of_side = SideRequest {
                    sets: request.sets,
                    symbols: request.symbols,
                    enrichment: request.enrichment,
                    deck: request.deck,
                    reading,
                    tests: request.tests,
                };
                let near = SideScores { scores: nearest.of(side), strata: &strata_nearest };
                let typical = typical
                    .as_ref()
                    .zip(strata_typical.as_ref())
                    .map(|(sides, strata)| SideScores { scores: sides.of(side), strata });
                match label_side(near, typical, side, of_side, watch)? {
                    Maybe::Missing { not_available } => Maybe::missing(not_available),
                    Maybe::Value(LabelledSide { label, enrichment }) => {
                        *labels.of_mut(side) = Some(label);
                        Maybe::Value(enrichment)
                    }
                }
            }
        };
        Ok(SideReading {
            genes: list.list(side, false),
            typical_genes: typical_list.as_ref().map_or_else(Vec::new, |list| list.list(side, true)),
            enrichment: Some(enrichment),
        })
    };
    let (presence, absence) = (side_reading(Side::Presence)?, side_reading(Side::Absence)?);
    let reading = Reading {
        held_out: held_out.bases.len() as u32,
        held_out_are_prototypes: further.held_out.is_none(),
        headline: headline(held_out.bases.len(), reading.carried_share),
        typical: match &typical_swaps {
            Some(swaps) => Maybe::Value(Typical {
                pairs: swaps.pairs.len() as u32,
                balanced_over: further.balanced_over.clone(),
            }),
            None => Maybe::missing("typical cells were not compared here"),
        },
        presence,
        absence,
        faithful: Maybe::missing("not followed here"),
    };
    Ok(ConceptReading { nearest, typical, carried, edge, labels, reading })
}
