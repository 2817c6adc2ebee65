//! What a concept is read to be, beyond the paper: what its cells have told apart from what they lack, genes that
//! several cells carry, labels that survive, titles.

use serde::{Deserialize, Serialize};

use crate::{attribution::DeletionCurve, ids::GeneId, maybe::Maybe};

/// Which way the counts differ where swapping a gene changes a concept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The prototype has more of the gene than the cell it is compared with.
    Presence,
    /// It has less.
    Absence,
}

impl Side {
    /// Both, presence first.
    pub const BOTH: [Self; 2] = [Self::Presence, Self::Absence];
}

/// How readings are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ReadingParameters {
    /// Prototypes, next in activation to those that rank the genes, by which genes count as carried.
    pub held_out: u32,
    /// A gene is carried by a cell where its mean effect is above this share of the cell's activation.
    pub carried_effect: f64,
    /// Share of the held-out prototypes that a headline gene needs.
    pub carried_share: f64,
    /// Typical inactive cells compared with each prototype; 0 leaves that contrast out.
    pub typical: u32,
    /// Random rankings behind each chance, before more are drawn where none scores as high.
    pub rankings: u32,
    /// Most random rankings; a chance below what they can show is read from a fitted tail.
    pub most_rankings: u32,
    /// False-discovery rate up to which a label survives.
    pub survives: f64,
    /// Least lift over the base rate of a label that a concept is said to be specific for.
    pub lift: f64,
    /// Concepts of a random dictionary, and as many with permuted activations, that are read for comparison.
    pub calibration: u32,
    /// Seed of typical cells, random rankings and the calibration.
    pub seed: u64,
}

impl Default for ReadingParameters {
    fn default() -> Self {
        Self {
            held_out: 10,
            carried_effect: 0.02,
            carried_share: 0.4,
            typical: 10,
            rankings: 1000,
            most_rankings: 20_000,
            survives: 0.1,
            lift: 1.5,
            calibration: 20,
            seed: 123,
        }
    }
}

/// The best set of each side; a side without one says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideLabels {
    /// Of what the concept's cells have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<SideLabel>,
    /// Of what they lack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<SideLabel>,
}

impl SideLabels {
    /// The label of a side.
    pub fn of(&self, side: Side) -> Option<&SideLabel> {
        match side {
            Side::Presence => self.presence.as_ref(),
            Side::Absence => self.absence.as_ref(),
        }
    }

    /// The place of the label of a side.
    pub fn of_mut(&mut self, side: Side) -> &mut Option<SideLabel> {
        match side {
            Side::Presence => &mut self.presence,
            Side::Absence => &mut self.absence,
        }
    }
}

/// The set of highest normalised enrichment score over all libraries, and how often chance does as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideLabel {
    /// Library.
    pub library: String,
    /// Gene set.
    pub term: String,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p of this set alone, (hits + 1) / (rankings + 1).
    pub p: f64,
    /// False-discovery rate within the library.
    pub fdr: f64,
    /// Multilevel p of this set alone, where computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multilevel_p: Option<f64>,
    /// Share of random rankings whose best set, of any library, scores as high: (hits + 1) / (rankings + 1); the larger
    /// one of both contrasts, as only what both show is the concept.
    pub chance: f64,
    /// That of the contrast with typical inactive cells, where it was asked: nothing where the other one cannot survive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typical_chance: Option<f64>,
    /// Random rankings whose best set scores as high.
    pub hits: u32,
    /// Random rankings.
    pub rankings: u32,
    /// Whether the chance was read from a fitted tail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tail_fitted: bool,
    /// The chance after Benjamini-Hochberg over all tested concepts and sides.
    pub chance_adjusted: f64,
    /// Whether that is small enough.
    pub survives: bool,
}

/// A concept's title in parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TitleParts {
    /// What its cells are, the column that names cells first; empty where they are of many kinds.
    pub cells: Vec<TitleCells>,
    /// Genes that its cells have, carried by several, strongest first.
    pub has: Vec<String>,
    /// Genes that its cells lack, carried by several, strongest first.
    pub lacks: Vec<String>,
    /// A label of what its cells have that survives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pathway: Option<String>,
    /// A label of what its cells lack that survives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacks_pathway: Option<String>,
}

/// A label of many of a concept's cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TitleCells {
    /// Column.
    pub column: String,
    /// Label.
    pub label: String,
    /// As said of several cells: "B cells".
    pub words: String,
    /// Share of the concept's activation that falls on cells with the label.
    pub weight: f64,
    /// Share of its active cells with the label.
    pub ratio: f64,
    /// Share of all cells with the label.
    pub base_rate: f64,
    /// `weight` over `base_rate`.
    pub lift: f64,
    /// Prototypes with the label.
    pub prototypes: u32,
}

/// Both sides of a concept, in `concepts/NNNN.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reading {
    /// Cells by which genes count as carried.
    pub held_out: u32,
    /// Whether those are the prototypes themselves, because there are no other active cells.
    pub held_out_are_prototypes: bool,
    /// Cells that a headline gene must be carried by.
    pub headline: u32,
    /// How typical inactive cells were chosen, or why there are none.
    pub typical: Maybe<Typical>,
    /// What its cells have.
    pub presence: SideReading,
    /// What they lack.
    pub absence: SideReading,
    /// Deletion and insertion on held-out prototypes.
    pub faithful: Maybe<HeldOutCurves>,
}

impl Reading {
    /// One side.
    pub fn side(&self, side: Side) -> &SideReading {
        match side {
            Side::Presence => &self.presence,
            Side::Absence => &self.absence,
        }
    }
}

/// Typical inactive cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Typical {
    /// Pairs of a prototype and a typical cell.
    pub pairs: u32,
    /// Column over whose labels they are balanced; chosen at random where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balanced_over: Option<String>,
}

/// One side of a concept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideReading {
    /// Genes of highest score against the nearest inactive cells.
    pub genes: Vec<SideGene>,
    /// Genes of highest score against typical inactive cells.
    pub typical_genes: Vec<SideGene>,
    /// Pathways over all libraries.
    pub enrichment: Option<Maybe<SideEnrichment>>,
}

/// A gene of one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideGene {
    /// Its place in [`super::GeneIndex`].
    pub gene: GeneId,
    /// Symbol.
    pub symbol: String,
    /// Mean effect over all pairs with the nearest inactive cells, the other side as zero.
    pub score: f32,
    /// The same over pairs with typical inactive cells, where computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typical_score: Option<f32>,
    /// Held-out prototypes that carry it.
    pub carried_by: u32,
    /// Mean effect in each prototype that ranked the genes.
    pub by_prototype: Vec<f32>,
    /// Mean of what the model reads of it in prototypes.
    pub value_prototypes: f32,
    /// … in the cells they are compared with.
    pub value_others: f32,
}

/// Enrichment of one side in all libraries, under one null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideEnrichment {
    /// Sets tested, of all libraries.
    pub tested: u32,
    /// Random rankings.
    pub rankings: u32,
    /// Sets of highest normalised enrichment score first; at most 20.
    pub sets: Vec<SideSet>,
    /// Best normalised enrichment score of each random ranking, in 20 equal bins from 0 to `null_max`.
    pub null_best: Vec<u32>,
    /// Upper end of the last bin.
    pub null_max: f64,
}

/// A set of one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideSet {
    /// Library.
    pub library: String,
    /// Name.
    pub term: String,
    /// Genes found in the ranking.
    pub size: u32,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p of this set alone.
    pub p: f64,
    /// False-discovery rate within the library.
    pub fdr: f64,
    /// Share of random rankings whose best set scores as high as this one.
    pub chance: f64,
    /// Genes of the leading edge, in ranking order.
    pub leading_edge: Vec<String>,
    /// Ranks of the set's genes, from 0.
    pub hits: Vec<u32>,
}

/// Deletion and insertion of genes on held-out prototypes; its orders are held-out attribution,
/// presence, t, mean difference, fold change and random.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldOutCurves {
    /// Pairs behind each mean.
    pub pairs: u32,
    /// Swapped genes at each point.
    pub steps: Vec<u32>,
    /// The prototype takes the other cell's counts, gene after gene.
    pub deletion: Vec<DeletionCurve>,
    /// The other cell takes the prototype's.
    pub insertion: Vec<DeletionCurve>,
}

/// Labels that survive where there is nothing to find.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Calibration {
    /// `random`, a dictionary that was never trained, or `shuffled`, the concepts with permuted activations.
    pub subject: CalibrationSubject,
    /// Concepts read.
    pub concepts: u32,
    /// Concepts and sides tested.
    pub tested: u32,
    /// Labels that survive.
    pub survive: u32,
}

/// What labels are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CalibrationSubject {
    /// A dictionary of the same size whose rows are random directions of the data, never trained.
    Random,
    /// The concepts, their activations permuted over the cells.
    Shuffled,
}
