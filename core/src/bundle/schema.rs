//! Types of every JSON file in a bundle. Older versions stay readable: fields are only added, with defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Calibration, PrototypesFrom, Reading, ReadingParameters, SideLabels, TitleParts};
use crate::ids::{CellId, ConceptId, GeneId};

/// Name in [`Manifest::schema`].
pub const SCHEMA_NAME: &str = "cellprism-bundle";
/// The version written by this release. A reader refuses a larger major number by name.
pub const SCHEMA_VERSION: SchemaVersion = SchemaVersion { major: 1, minor: 3 };

/// File stem of a concept: its number with at least four digits.
///
/// ```
/// # use cellprism_core::{bundle::concept_stem, ids::ConceptId};
/// assert_eq!(concept_stem(ConceptId(406)), "0406");
/// ```
pub fn concept_stem(concept: ConceptId) -> String {
    format!("{:04}", concept.0)
}

/// A value, or the reason why there is none. Never a silent zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Maybe<T> {
    /// The value.
    Value(T),
    /// Why it could not be computed, as a phrase that can stand after "Not available:".
    Missing {
        /// The reason.
        not_available: String,
    },
}

impl<T> Maybe<T> {
    /// A missing value with its reason.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing { not_available: reason.into() }
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing { .. } => None,
        }
    }
}

/// Version of the bundle's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaVersion {
    /// Raised when older readers would misread.
    pub major: u32,
    /// Raised when fields are added.
    pub minor: u32,
}

/// `manifest.json`: what this bundle is, how it was made, and what files it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`SCHEMA_NAME`].
    pub schema: String,
    /// Layout version.
    pub version: SchemaVersion,
    /// Short name, for instance `pbmc3k-scvi-500-8`.
    pub name: String,
    /// First 12 digits of a digest over inputs and parameters: two runs with the same tag hold the same numbers.
    pub tag: String,
    /// One line for a page title, for instance "What scVI has learned about 2,638 blood cells".
    pub title: String,
    /// When it was written, RFC 3339.
    pub created: String,
    /// The program that wrote it.
    pub software: Software,
    /// Sizes.
    pub counts: Counts,
    /// The foundation model.
    pub model: ModelSummary,
    /// Every parameter that a number here depends on.
    pub parameters: Parameters,
    /// Sizes that were tried, where nobody said how many concepts the dictionary has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<super::Ladder>,
    /// Input files with checksums.
    pub inputs: Vec<Input>,
    /// How the genes of the data were matched with the model's.
    pub gene_audit: GeneAudit,
    /// What ran, where and for how long.
    pub stages: Vec<Stage>,
    /// Source and licence of each part.
    pub sources: Vec<Source>,
    /// Size and checksum of each file outside the per-concept folders, by path from the bundle's root.
    pub files: BTreeMap<String, FileEntry>,
}

/// `files.json`: the entries of per-concept files, kept apart so that the first page does not load them.
pub type Files = BTreeMap<String, FileEntry>;

/// A program and its version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Software {
    /// Program name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Version of ONNX Runtime that computed the embeddings, where it was used.
    pub onnxruntime: Option<String>,
}

/// Sizes of everything.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Cells.
    pub cells: u32,
    /// Genes in the data.
    pub genes_measured: u32,
    /// Genes that the model reads.
    pub genes_model: u32,
    /// Embedding dimensions.
    pub embedding: u32,
    /// Concepts, dead ones included.
    pub concepts: u32,
    /// Active concepts per cell (k).
    pub active_per_cell: u32,
    /// Concepts with at least one active cell.
    pub active_concepts: u32,
}

/// The foundation model in a few words; the whole card is `model/model.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ModelSummary {
    /// `scvi`, `scgpt` or `onnx`.
    pub kind: String,
    /// A name for people.
    pub name: String,
    /// What is done to counts before the first layer, in words.
    pub preprocessing: String,
    /// Whether `model/encoder.safetensors` is there, so that the page can recompute.
    pub in_browser: bool,
}

/// Every parameter that a number in the bundle depends on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// Training of the sparse autoencoder.
    pub sae: SaeParameters,
    /// Classes of concepts.
    pub specificity: SpecificityParameters,
    /// Attribution.
    pub attribution: AttributionParameters,
    /// Pathway enrichment.
    pub enrichment: EnrichmentParameters,
    /// Readings beyond the paper; nothing where only the paper's were made.
    #[serde(default)]
    pub reading: Option<ReadingParameters>,
    /// Whether the embedding's own dimensions are described, too, as a baseline.
    #[serde(default)]
    pub neurons: bool,
}

/// Training of the sparse autoencoder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SaeParameters {
    /// c.
    pub concepts: u32,
    /// k.
    pub active: u32,
    /// Passes over the cells.
    pub epochs: u32,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Cells per step.
    pub batch: u32,
    /// Most dead concepts that rebuild the residual.
    pub aux_k: u32,
    /// Weight of that auxiliary loss.
    pub aux_coefficient: f64,
    /// Seed of initialisation and shuffles.
    pub seed: u64,
    /// `native` or `onnx`; `given` where the dictionary was not trained for this bundle.
    pub engine: String,
    /// Whether the dictionary was given: of the rest only `concepts` and `active` are known then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub given: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// When a concept counts as specific.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecificityParameters {
    /// Smallest share of active cells with one label.
    pub ratio: f64,
    /// Fewest active cells; below, the concept is "rare" (not enough data).
    pub min_cells: u32,
}

impl Default for SpecificityParameters {
    fn default() -> Self {
        Self { ratio: 0.7, min_cells: 100 }
    }
}

/// Attribution by counterfactual perturbation (equations 1 to 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributionParameters {
    /// N_p, prototypes per concept.
    pub prototypes: u32,
    /// N_c, counterfactuals per prototype.
    pub counterfactuals: u32,
    /// Score above which a gene is called important.
    pub important: f64,
    /// Which active cells are prototypes.
    #[serde(default)]
    pub prototypes_from: PrototypesFrom,
}

impl Default for AttributionParameters {
    fn default() -> Self {
        Self { prototypes: 10, counterfactuals: 3, important: 0.05, prototypes_from: PrototypesFrom::Top }
    }
}

/// Preranked gene set enrichment analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrichmentParameters {
    /// `gseapy` or `canonical`.
    pub convention: String,
    /// Permutations.
    pub permutations: u32,
    /// Seed of Xoshiro256++.
    pub seed: u64,
    /// Fewest genes of a set found in the ranking.
    pub min_size: u32,
    /// Most genes of a set found in the ranking.
    pub max_size: u32,
    /// Exponent of the scores.
    pub weight: f64,
    /// Which set becomes a concept's label.
    #[serde(default)]
    pub label: LabelChoice,
    /// Largest p of a weak label.
    pub weak_p: f64,
    /// Largest p of a strong label.
    pub strong_p: f64,
    /// Largest false-discovery rate of a weak label, where that decides.
    #[serde(default = "weak_fdr")]
    pub weak_fdr: f64,
    /// Largest false-discovery rate of a strong label, where that decides.
    #[serde(default = "strong_fdr")]
    pub strong_fdr: f64,
    /// Random rankings behind each chance rate.
    pub null_rankings: u32,
}

/// Which set becomes a concept's label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelChoice {
    /// The paper's rule: the highest enrichment score among those of small p.
    #[default]
    Es,
    /// The highest normalised enrichment score among those of small p: sets of different sizes are fairly compared.
    Nes,
    /// The highest normalised enrichment score among those of small false-discovery rate.
    Fdr,
}

fn weak_fdr() -> f64 {
    0.25
}

fn strong_fdr() -> f64 {
    0.05
}

impl EnrichmentParameters {
    /// What a label must pass: "p ≤ 0.005".
    pub fn weak_limit(&self) -> String {
        match self.label {
            LabelChoice::Es | LabelChoice::Nes => format!("p ≤ {}", self.weak_p),
            LabelChoice::Fdr => format!("FDR ≤ {}", self.weak_fdr),
        }
    }

    /// What a strong label must pass: "p ≤ 0.00005".
    pub fn strong_limit(&self) -> String {
        match self.label {
            LabelChoice::Es | LabelChoice::Nes => format!("p ≤ {}", self.strong_p),
            LabelChoice::Fdr => format!("FDR ≤ {}", self.strong_fdr),
        }
    }

    /// The rule in words, after "the label is the set with": "the highest positive ES among those with p ≤ 0.005".
    pub fn label_rule(&self) -> String {
        let score = if self.label == LabelChoice::Es { "ES" } else { "NES" };
        format!("the highest positive {score} among those with {}", self.weak_limit())
    }
}

impl Default for EnrichmentParameters {
    fn default() -> Self {
        Self {
            convention: "gseapy".into(),
            permutations: 1000,
            seed: 123,
            min_size: 15,
            max_size: 500,
            weight: 1.0,
            label: LabelChoice::Es,
            weak_p: 5e-3,
            strong_p: 5e-5,
            weak_fdr: weak_fdr(),
            strong_fdr: strong_fdr(),
            null_rankings: 1000,
        }
    }
}

/// An input file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// `cells`, `model`, `gene_sets`, `genes`.
    pub role: String,
    /// File name without folders.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Further facts, for instance where the counts were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How genes of the data were matched with the model's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneAudit {
    /// Genes that the model reads.
    pub model_genes: u32,
    /// Of those, found under the same symbol or identifier.
    pub matched: u32,
    /// Of those, found through an alias.
    pub by_alias: u32,
    /// Of those, with several candidates in the data; left out.
    pub ambiguous: u32,
    /// Of those, not in the data; read as zero.
    pub lost: u32,
    /// Genes of the data that the model does not read.
    pub unused: u32,
    /// Share of all counts that fall on matched genes.
    pub counts_share: f64,
    /// Some lost genes.
    pub lost_examples: Vec<String>,
    /// Some alias matches: model's name, name in the data.
    pub alias_examples: Vec<(String, String)>,
    /// Some ambiguous genes.
    pub ambiguous_examples: Vec<String>,
}

/// One stage of the job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// `embed`, `train`, `describe`, `attribute`, `enrich` …
    pub name: String,
    /// Wall time.
    pub seconds: f64,
    /// Execution provider, where ONNX Runtime was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// `float32` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
}

/// Where a part comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// `cells`, `model`, `gene sets`, `gene descriptions` …
    pub part: String,
    /// Source in words.
    pub source: String,
    /// Licence, or "unknown".
    pub licence: String,
}

/// Size and checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// `cells/metadata.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CellMetadata {
    /// Cells.
    pub cells: u32,
    /// Categorical columns, the primary one first.
    pub columns: Vec<MetadataColumn>,
    /// Column that names cells in lists and colours the first map.
    pub primary: Option<String>,
    /// Quantisation of the map: coordinate = min + code · (max − min) / 65535, per axis.
    pub umap: Option<MapScale>,
}

/// A categorical column; codes are in `cells/metadata.safetensors`, 65535 where the cell has no label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetadataColumn {
    /// Name in `obs`.
    pub name: String,
    /// Labels by code.
    pub labels: Vec<String>,
    /// Cells with each label.
    pub counts: Vec<u32>,
    /// Labels written out where they are common abbreviations ("B" → "B cell"); empty where none is.
    #[serde(default)]
    pub long_labels: Vec<String>,
}

/// Quantisation of two coordinates, and where they came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapScale {
    /// Smallest x and y.
    pub min: [f32; 2],
    /// Largest x and y.
    pub max: [f32; 2],
    /// "UMAP as supplied with the cells" or how it was computed.
    pub source: String,
}

/// Class of a concept by its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConceptClass {
    /// Specific to one label of the primary column.
    Specific,
    /// Enough active cells, no label reaches the ratio.
    Mixed,
    /// Some active cells, fewer than the threshold.
    Rare,
    /// No active cell.
    Dead,
}

/// `concepts/index.json`: what lists, search and maps need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ConceptIndex {
    /// Columns that specificity was tested for, the primary one first.
    pub columns: Vec<String>,
    /// Columns that were not, with the reason.
    pub skipped_columns: Vec<(String, String)>,
    /// Concepts whose label passes, and labels expected by chance among as many concepts.
    pub labelled: u32,
    /// Sum of the chance rates of all concepts that were tested.
    pub labelled_by_chance: Option<f64>,
    /// Concepts that went through enrichment.
    pub tested: u32,
    /// What all readings together say, in words.
    #[serde(default)]
    pub verdict: String,
    /// Concepts and sides whose chance was adjusted together.
    #[serde(default)]
    pub side_tests: u32,
    /// Labels that survive, of both sides.
    #[serde(default)]
    pub surviving: u32,
    /// How many survive where there is nothing to find.
    #[serde(default)]
    pub calibration: Vec<Calibration>,
    /// How [`ConceptRow::xy`] was computed.
    pub layout: Option<String>,
    /// One row a concept, by number.
    pub rows: Vec<ConceptRow>,
}

/// One concept in lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConceptRow {
    /// Its number.
    pub id: ConceptId,
    /// Its class.
    pub class: ConceptClass,
    /// Active cells.
    pub cells: u32,
    /// Largest activation.
    pub max: f32,
    /// Active cells in 20 equal bins from 0 to the largest activation.
    pub histogram: Vec<u32>,
    /// Label code of the primary column and active cells, most first; the five most common.
    pub composition: Vec<(u16, u32)>,
    /// Columns for which the concept is specific.
    pub specific: Vec<SpecificLabel>,
    /// A sentence fragment, for instance "86% B cells".
    pub reads_as: String,
    /// Genes of highest attribution.
    pub genes: Vec<GeneScore>,
    /// Genes above the importance threshold.
    pub important: u32,
    /// The pathway label, if one passes.
    pub pathway: Option<PathwayLabel>,
    /// Share of random rankings that earn a label at least this good (any label where there is none).
    pub chance: Option<f64>,
    /// Share of random rankings that earn any label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_label_by_chance: Option<f64>,
    /// Place on the map of the dictionary.
    pub xy: Option<[f32; 2]>,
    /// What is most certain: cells, then genes that several of them carry.
    #[serde(default)]
    pub title: String,
    /// The title's parts.
    #[serde(default)]
    pub title_parts: TitleParts,
    /// The best set of each side.
    #[serde(default)]
    pub labels: SideLabels,
    /// Whether a label of either side survives.
    #[serde(default)]
    pub survives: bool,
}

/// A label that most active cells share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecificLabel {
    /// Column.
    pub column: String,
    /// Label.
    pub label: String,
    /// Share of active cells with it.
    pub ratio: f64,
    /// Share of all cells with it.
    #[serde(default)]
    pub base_rate: f64,
    /// `ratio` over `base_rate`.
    #[serde(default)]
    pub lift: f64,
    /// Donors in which ratio and lift hold, where there are donors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donors: Option<u32>,
    /// Exact p of as many active cells with the label, after Benjamini-Hochberg over labels and concepts; descriptive, as cells
    /// of one donor are no independent witnesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
    /// Whether more can be said than the base rate says: the lift is large enough, in two donors where there are donors.
    #[serde(default)]
    pub beyond_base_rate: bool,
}

/// A gene and its mean attribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneScore {
    /// Symbol.
    pub gene: String,
    /// Mean over all pairs.
    pub score: f32,
}

/// Strength of a pathway label; limits by the paper's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelStrength {
    /// p ≤ 5e-3.
    Weak,
    /// p ≤ 5e-5: with 1,000 permutations, none reached the score.
    Strong,
}

/// The pathway with the highest enrichment score among those that pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathwayLabel {
    /// Library.
    pub library: String,
    /// Gene set.
    pub term: String,
    /// Weak or strong.
    pub strength: LabelStrength,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p.
    pub p: f64,
    /// False-discovery rate.
    pub fdr: f64,
}

/// `concepts/NNNN.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConceptDetail {
    /// Its number.
    pub id: ConceptId,
    /// Its class.
    pub class: ConceptClass,
    /// Active cells.
    pub cells: u32,
    /// Largest activation.
    pub max: f32,
    /// Mean over active cells.
    pub mean: f32,
    /// What is most certain: cells, then genes that several of them carry.
    #[serde(default)]
    pub title: String,
    /// The title's parts.
    #[serde(default)]
    pub title_parts: TitleParts,
    /// What the readings together say, in words.
    #[serde(default)]
    pub verdict: String,
    /// The best set of each side.
    #[serde(default)]
    pub labels: SideLabels,
    /// Prototypes at the edge of TopK: the smallest changes bring another concept before this one.
    #[serde(default)]
    pub edge: u32,
    /// Both sides, or why there are none.
    #[serde(default = "only_the_paper")]
    pub reading: Maybe<Reading>,
    /// Active cells in 40 equal bins from 0 to the largest activation.
    pub histogram: Vec<u32>,
    /// Metadata, column by column.
    pub columns: Vec<ColumnSpecificity>,
    /// Cells of highest activation with their counterfactuals.
    pub prototypes: Vec<Prototype>,
    /// Genes.
    pub attribution: Maybe<AttributionDetail>,
    /// Pathways, one entry a library.
    pub enrichment: Vec<EnrichmentDetail>,
    /// What happens when genes are swapped one after another.
    pub deletion: Maybe<DeletionCurves>,
    /// Concepts active in the same cells.
    pub coactive: Vec<Related>,
    /// Concepts whose dictionary columns point the same way.
    pub alike: Vec<Related>,
}

fn only_the_paper() -> Maybe<Reading> {
    Maybe::missing("this bundle holds the paper's readings only")
}

/// Labels of one metadata column among active cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ColumnSpecificity {
    /// Column.
    pub column: String,
    /// Every label with its active cells, most first.
    pub labels: Vec<LabelCount>,
    /// The label that reaches the ratio, or why none is named.
    pub specific: Maybe<SpecificLabel>,
}

/// Active cells of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelCount {
    /// Label.
    pub label: String,
    /// Active cells with it.
    pub active: u32,
    /// All cells with it.
    pub total: u32,
    /// Share of all cells with it.
    #[serde(default)]
    pub base_rate: f64,
    /// Share of active cells with it, over `base_rate`.
    #[serde(default)]
    pub lift: f64,
}

/// A cell of highest activation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prototype {
    /// Row.
    pub cell: CellId,
    /// Name.
    pub name: String,
    /// Label of the primary column.
    pub label: Option<String>,
    /// Its activation.
    pub activation: f32,
    /// Whether it is at the edge of TopK.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edge: bool,
    /// Nearest cells that do not activate the concept, nearest first; the first N_c are the ones attributed to.
    pub counterfactuals: Vec<Counterfactual>,
}

/// A near cell that does not activate the concept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counterfactual {
    /// Row.
    pub cell: CellId,
    /// Name.
    pub name: String,
    /// Label of the primary column.
    pub label: Option<String>,
    /// Euclidean distance in embedding space.
    pub distance: f32,
}

/// Attribution of a concept: the genes shown at once; all scores are in the concept's safetensors file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttributionDetail {
    /// Prototype and counterfactual pairs behind each mean.
    pub pairs: u32,
    /// Genes above the importance threshold.
    pub important: u32,
    /// Genes whose mean is positive.
    pub positive: u32,
    /// Genes whose mean is negative.
    pub negative: u32,
    /// Genes that no pair changes.
    pub zero: u32,
    /// Genes of highest mean, sorted.
    pub genes: Vec<GeneAttribution>,
    /// Genes of lowest mean, most negative first.
    pub lowest: Vec<GeneAttribution>,
    /// Share of the positive total held by the first 1, 2, 3 … genes, up to all or 500.
    pub cumulative: Vec<f32>,
}

/// Attribution of one gene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneAttribution {
    /// Its place in [`GeneIndex`].
    pub gene: GeneId,
    /// Symbol.
    pub symbol: String,
    /// Mean over all pairs, after TopK.
    pub mean: f32,
    /// Mean over all pairs, before TopK.
    pub mean_pre_topk: f32,
    /// Standard deviation over pairs.
    pub sd: f32,
    /// Pairs in which the counts differ.
    pub swapped: u32,
    /// Mean count in prototypes.
    pub count_prototypes: f32,
    /// Mean count in counterfactuals.
    pub count_counterfactuals: f32,
    /// log2 fold change, active cells against counterfactuals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log2_fold_change: Option<f32>,
}

/// Enrichment of a concept's ranking in one library.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrichmentDetail {
    /// Library.
    pub library: String,
    /// Sets tested.
    pub tested: u32,
    /// Sets with fewer genes in the ranking than `min_size`.
    pub too_small: u32,
    /// Sets with more genes in the ranking than `max_size`.
    pub too_large: u32,
    /// Ranked genes that are in no set of the library.
    pub genes_in_no_set: u32,
    /// Ranked genes.
    pub genes: u32,
    /// Sets of highest enrichment score first; at most 40.
    pub sets: Vec<SetResult>,
    /// The label by the paper's rule, or why there is none.
    pub label: Maybe<PathwayLabel>,
    /// What random rankings earn.
    pub null: Maybe<LabelNull>,
}

/// One gene set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetResult {
    /// Name.
    pub term: String,
    /// Genes found in the ranking.
    pub size: u32,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p.
    pub p: f64,
    /// False-discovery rate.
    pub fdr: f64,
    /// Family-wise error rate.
    pub fwer: f64,
    /// Genes of the leading edge, in ranking order.
    pub leading_edge: Vec<String>,
    /// Ranks of the set's genes, from 0.
    pub hits: Vec<u32>,
    /// Share of random rankings in which this set scores as high.
    pub chance: Option<f64>,
}

/// Outcome of random rankings under the same labelling rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelNull {
    /// Random rankings.
    pub rankings: u32,
    /// How genes were permuted, in words.
    pub method: String,
    /// Share that earns a label at least as good as the published one (any label where there is none).
    pub as_good: f64,
    /// Share that earns any label.
    pub any: f64,
    /// Best enrichment score among passing sets, 20 equal bins from 0 to 1; rankings without a label are not in it.
    pub best_es: Vec<u32>,
}

/// Activation relative to the start while genes are swapped cumulatively.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeletionCurves {
    /// Pairs behind each mean.
    pub pairs: u32,
    /// Number of swapped genes at each point.
    pub steps: Vec<u32>,
    /// One curve an order.
    pub curves: Vec<DeletionCurve>,
}

/// One order of swapping.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeletionCurve {
    /// `attribution`, `fold_change` or `random`.
    pub order: String,
    /// Mean relative activation.
    pub mean: Vec<f32>,
    /// Standard deviation over pairs.
    pub sd: Vec<f32>,
    /// Area under the mean, per swapped gene.
    pub area: f32,
}

/// A related concept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Related {
    /// Its number.
    pub id: ConceptId,
    /// Cells in which both are active.
    pub shared: u32,
    /// Shared over all cells of either.
    pub jaccard: f32,
    /// Cosine of the dictionary columns.
    pub cosine: f32,
}

/// `genes/index.json`: the model's genes, in its order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GeneIndex {
    /// Names that the model uses.
    pub symbols: Vec<String>,
    /// Ensembl identifiers where known, otherwise empty strings.
    pub ensembl: Vec<String>,
    /// Share of cells in which the gene is detected.
    pub detection: Vec<f32>,
    /// Whether the data has the gene.
    pub measured: Vec<bool>,
    /// Number of `descriptions.NN.json` files; gene `g` is in file `g / descriptions_chunk`.
    pub descriptions_files: u32,
    /// Genes per file.
    pub descriptions_chunk: u32,
    /// Source of the descriptions, for captions.
    pub descriptions_source: Option<String>,
}

/// What is known of a gene.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneDescription {
    /// Full name, for instance "CD79b molecule".
    pub name: String,
    /// NCBI Gene identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ncbi: Option<String>,
    /// Other symbols.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Kind of gene, for instance "protein-coding".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Place on the chromosomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Longer text where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// `gene_sets/<library>.json`: the sets with at least one gene of the model.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GeneSetFile {
    /// Library name, for instance `GO_Biological_Process_2025`.
    pub library: String,
    /// Where it comes from.
    pub source: String,
    /// Sets in the source file.
    pub sets_in_source: u32,
    /// Sets in the source's order: term and the model's genes in it, as places in [`GeneIndex`].
    pub sets: Vec<(String, Vec<GeneId>)>,
}

/// A row of `evaluation/metrics.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SaeMetricsRow {
    /// Which dictionary.
    pub name: String,
    /// c.
    pub concepts: u32,
    /// k.
    pub active_per_cell: u32,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Epochs.
    pub epochs: u32,
    /// 1 − SSE/SST over all entries.
    pub r2: f64,
    /// Mean of each dimension's own R².
    pub r2_per_dimension: f64,
    /// Against one scalar mean.
    pub r2_scalar_mean: f64,
    /// Concepts with an active cell.
    pub active: u32,
    /// Concepts without.
    pub dead: u32,
    /// Mean number of active concepts per cell.
    pub l0: f64,
    /// Share of zeros in the activations.
    pub sparsity: f64,
}
