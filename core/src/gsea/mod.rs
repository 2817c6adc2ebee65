//! Preranked gene set enrichment analysis.
//!
//! The convention `gseapy` reproduces GSEApy 1.1 and later to the bit: the same generator, the same shuffles,
//! the same order of every sum. The convention `canonical` has p = (hits + 1) / (n + 1), says where a set has no
//! evidence, and resolves p down to 1e-50. It is fast because one set of permutations serves all gene sets, because only
//! the places of a set's genes are looked at, and because sixteen permutations are sorted and walked at once.
//!
//! | file | idea |
//! |---|---|
//! | `ranking` | [`Ranking`]: genes and scores, sorted by construction |
//! | `gene_sets` | [`GeneSets`]: the GMT format |
//! | `matching` | [`match_sets`]: sets found in a ranking, with GSEApy's rules of size and case |
//! | `shuffle` | the shuffles of the `rand` crate 0.9, which GSEApy uses |
//! | `permutations` | shuffles of all genes, or within strata |
//! | `places` | places of genes under many permutations, and their weights |
//! | `network` | sorting networks |
//! | `walk` | enrichment scores from places; the naive one is the tests' reference |
//! | `null` | enrichment scores of all sets under many permutations |
//! | `deck` | [`Deck`]: the same permutations for many rankings |
//! | `statistics` | p, NES, FDR and FWER |
//! | `edge` | running sum, its peak and the leading edge |
//! | `prerank` | [`prerank`]: all of it |
//! | `canonical` | [`canonical`]: the other convention, with p that is never 0 |
//! | `multilevel` | [`tails`]: p far below 1 / permutations |
//! | `over_representation` | [`over_representation`]: the hypergeometric test of a ranking's top |
//! | `redundancy` | [`representatives`]: results that share their leading edges |
//! | `indexed` | sets as places in a gene list, as a bundle stores them |
//! | `concept` | [`enrich_concept`]: the pathways of one concept, for backend and page |
//! | `parameters`, `detail` | what is asked of it, and what a bundle holds of it |
//! | `libraries` | [`enrich_libraries`]: the label over several libraries |
//! | `label` | [`label`] by the paper's rule, and what random rankings earn: [`label_null`] |

mod canonical;
mod concept;
mod deck;
mod detail;
mod edge;
mod gene_sets;
mod indexed;
mod label;
mod libraries;
mod matching;
mod multilevel;
mod network;
mod null;
mod over_representation;
mod parameters;
mod permutations;
mod places;
mod prerank;
mod ranking;
mod redundancy;
mod shuffle;
mod statistics;
mod walk;

pub use canonical::{CanonicalStatistics, Method, NotAvailable, canonical};
pub use concept::{ConceptEnrichment, enrich_concept};
pub use deck::Deck;
pub use detail::{EnrichmentDetail, LabelNull, LabelStrength, PathwayLabel, SetResult};
pub use edge::{Peak, peak, running_sum};
pub use gene_sets::{GeneSet, GeneSets, GmtError, LARGEST_FILE};
pub use indexed::{GeneSetFile, RankedSets, index_sets, rank_sets};
pub use label::{AllEarned, Earned, LabelRule, NullOutcome, RandomRankings, label, label_null};
pub use libraries::{OverLibraries, enrich_libraries};
pub use matching::{Matched, MatchedSet, match_sets};
pub use multilevel::{Multilevel, Tail, tails};
pub use null::{Cancelled, Watch, null_scores};
pub use over_representation::{OverRepresentation, over_representation};
pub use parameters::{Convention, EnrichmentParameters, LabelChoice};
pub use permutations::{Permutations, WithinStrata};
pub use prerank::{
    Prerank, PrerankBySize, PrerankOptions, SetStatistics, deck, prerank, prerank_by_size, prerank_with,
    prerank_within, weights as prerank_weights,
};
pub use ranking::{Order, Ranking, RankingError};
pub use redundancy::representatives;
pub use statistics::{Statistics, statistics};
pub use walk::{AllZero, enrichment_score};
