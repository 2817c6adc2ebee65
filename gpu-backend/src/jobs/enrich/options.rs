//! What is asked for.

use std::path::{Path, PathBuf};

use anyhow::bail;
use cellprism_core::{
    gsea::{Convention, Multilevel, Order},
    limits,
};
use serde::{Deserialize, Serialize};

/// Preranked gene set enrichment analysis of a ranking, or over-representation of its top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Genes and scores, tab-separated, in any order (.rnk).
    pub ranking: Option<PathBuf>,
    /// Many rankings of one gene list: a safetensors file as `cellprism attribute` writes it; `out` is one too, and
    /// an interrupted run goes on where it was.
    pub rankings: Option<PathBuf>,
    /// With `rankings`: its tensor of scores, [rankings, genes], with the names as a list under metadata key "genes".
    pub tensor: String,
    /// With `rankings`: also the best set of each ranking, and how often chance has one as good, adjusted over all.
    pub chance: bool,
    /// Gene sets (.gmt or .gmt.gz); several libraries get a separate false-discovery rate each.
    pub gene_sets: Vec<PathBuf>,
    /// Gene table (NCBI gene_info or the project's own): Ensembl identifiers and older names, of the ranking and of the
    /// sets, become symbols in force; what was renamed is counted in the table's head.
    pub gene_info: Option<PathBuf>,
    /// Table to write; NAME.json is written as JSON.
    pub out: PathBuf,
    /// How p-values are made.
    pub convention: Convention,
    /// Permutations.
    pub permutations: u32,
    /// Seed of Xoshiro256++.
    pub seed: u64,
    /// Fewest genes of a set found in the ranking.
    pub min_size: usize,
    /// Most genes of a set found in the ranking.
    pub max_size: usize,
    /// Exponent of the scores.
    pub weight: f64,
    /// How the ranking is sorted: descending, ascending, or as given (GSEApy's ascending=False, True and None);
    /// canonical only sorts downwards, equal scores by name.
    pub order: SortOrder,
    /// Canonical: p down to here by multilevel splitting; 0 leaves them at (hits + 1) / (permutations + 1).
    pub smallest_p: f64,
    /// Canonical: random sets of the multilevel splitting.
    pub sample_size: usize,
    /// Test the genes above `above` for over-representation (hypergeometric) instead of GSEA.
    pub over_representation: bool,
    /// Over-representation: genes with a higher score make the list.
    pub above: f64,
    /// Over-representation: random lists of as many genes, for the chance of a p as small.
    pub random_lists: u32,
    /// Name for each result of FDR ≤ 0.25 the better one that has this share of the shorter leading edge in common.
    pub group: Option<f64>,
    /// With `out` NAME.json: running sums of so many sets, for plots.
    pub curves: usize,
    /// Threads (default: one a core); the result is the same for any number.
    pub threads: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ranking: None,
            rankings: None,
            tensor: "scores".into(),
            chance: false,
            gene_sets: Vec::new(),
            gene_info: None,
            out: PathBuf::new(),
            convention: Convention::default(),
            permutations: 1000,
            seed: 123,
            min_size: 15,
            max_size: 500,
            weight: 1.0,
            order: SortOrder::default(),
            smallest_p: 1e-50,
            sample_size: 101,
            over_representation: false,
            above: 0.05,
            random_lists: 1000,
            group: None,
            curves: 20,
            threads: None,
        }
    }
}

impl Options {
    /// The file with the ranking or rankings.
    pub fn source(&self) -> &Path {
        self.ranking.as_deref().or(self.rankings.as_deref()).unwrap_or(Path::new(""))
    }

    /// Files that are read.
    pub fn inputs(&self) -> Vec<&Path> {
        let given = [self.ranking.as_deref(), self.rankings.as_deref(), self.gene_info.as_deref()];
        given.into_iter().flatten().chain(self.gene_sets.iter().map(PathBuf::as_path)).collect()
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// Says which option to change.
    pub fn check(&self) -> anyhow::Result<()> {
        if !self.weight.is_finite() || self.weight < 0.0 {
            bail!("--weight {} is not a number from 0 on", self.weight);
        }
        limits::PERMUTATIONS.check("--permutations", self.permutations)?;
        limits::RANDOM_LISTS.check("--random-lists", self.random_lists)?;
        multilevel(self)?;
        limits::SET_SIZE.check("--min-size", self.min_size)?;
        limits::SET_SIZE.check("--max-size", self.max_size)?;
        limits::CURVES.check("--curves", self.curves)?;
        limits::THREADS.check("--threads", self.threads.unwrap_or_default())?;
        if self.min_size > self.max_size {
            bail!("--min-size {} is larger than --max-size {}", self.min_size, self.max_size);
        }
        if self.group.is_some_and(|overlap| !(overlap > 0.0 && overlap <= 1.0)) {
            bail!("--group: a share above 0, up to 1");
        }
        Ok(())
    }

    /// How the ranking is sorted.
    ///
    /// # Errors
    /// If the convention sorts in its own way.
    pub fn sorted(&self) -> anyhow::Result<Order> {
        match self.convention {
            Convention::Gseapy if !self.over_representation => Ok(self.order.into()),
            _ if self.order == SortOrder::Descending => Ok(Order::TiesByName),
            _ => bail!("--order is for GSEA in the convention gseapy only"),
        }
    }
}

/// How the ranking is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// Highest score first.
    #[default]
    Descending,
    /// Lowest score first.
    Ascending,
    /// As in the file.
    Given,
}

impl From<SortOrder> for Order {
    fn from(order: SortOrder) -> Self {
        match order {
            SortOrder::Descending => Self::Descending,
            SortOrder::Ascending => Self::Ascending,
            SortOrder::Given => Self::Given,
        }
    }
}

/// The options of multilevel splitting, if it is wanted.
pub fn multilevel(options: &Options) -> anyhow::Result<Option<Multilevel>> {
    if !(0.0..1.0).contains(&options.smallest_p) || options.smallest_p != 0.0 && options.smallest_p < 1e-300 {
        bail!("--smallest-p {}: it is 0, or from 1e-300 to below 1", options.smallest_p);
    }
    if options.sample_size < 11 || options.sample_size > 100_001 || options.sample_size.is_multiple_of(2) {
        bail!("--sample-size {}: an odd number from 11 to 100,001", options.sample_size);
    }
    let found = Multilevel {
        smallest: options.smallest_p,
        sample_size: options.sample_size,
        ..Multilevel::default()
    };
    Ok((options.smallest_p > 0.0).then_some(found))
}
