//! Options of `cellprism enrich`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use cellprism_core::gsea::{Multilevel, Order};
use clap::Args as ClapArgs;

/// Preranked gene set enrichment analysis of a ranking, or over-representation of its top.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism enrich --ranking concept.rnk --gene-sets GO_Biological_Process_2025.gmt --out go.csv"
)]
pub struct Args {
    /// Genes and scores, tab-separated, in any order (.rnk)
    #[arg(long, value_name = "RNK", required_unless_present = "rankings")]
    pub(super) ranking: Option<PathBuf>,
    /// Many rankings of one gene list: a safetensors file as `cellprism attribute` writes it; --out is one too, and
    /// an interrupted run goes on where it was
    #[arg(long, value_name = "SAFETENSORS", conflicts_with = "ranking")]
    pub(super) rankings: Option<PathBuf>,
    /// With --rankings: its tensor of scores, [rankings, genes], with the names as a list under metadata key "genes"
    #[arg(long, value_name = "NAME", default_value = "scores")]
    pub(super) tensor: String,
    /// Gene sets (.gmt or .gmt.gz); several libraries get a separate false-discovery rate each
    #[arg(long, value_name = "GMT", required = true, num_args = 1..)]
    pub(super) gene_sets: Vec<PathBuf>,
    /// Gene table (NCBI gene_info or the project's own): Ensembl identifiers and older names, of the ranking and of the
    /// sets, become symbols in force; what was renamed is counted in the table's head
    #[arg(long, value_name = "FILE")]
    pub(super) gene_info: Option<PathBuf>,
    /// What the gene table changed, in words.
    #[arg(skip)]
    pub(super) renamed: Option<String>,
    /// Table to write; NAME.json is written as JSON
    #[arg(long, value_name = "CSV")]
    pub(super) out: PathBuf,
    /// How p-values are made
    #[arg(long, value_enum, default_value_t = Convention::Gseapy)]
    pub(super) convention: Convention,
    /// Permutations
    #[arg(long, default_value_t = 1000)]
    pub(super) permutations: u32,
    /// Seed of Xoshiro256++
    #[arg(long, default_value_t = 123)]
    pub(super) seed: u64,
    /// Fewest genes of a set found in the ranking
    #[arg(long, default_value_t = 15)]
    pub(super) min_size: usize,
    /// Most genes of a set found in the ranking
    #[arg(long, default_value_t = 500)]
    pub(super) max_size: usize,
    /// Exponent of the scores
    #[arg(long, default_value_t = 1.0)]
    pub(super) weight: f64,
    /// How the ranking is sorted: descending, ascending, or as given (GSEApy's ascending=False, True and None);
    /// canonical only sorts downwards, equal scores by name
    #[arg(long, value_enum, default_value_t = SortOrder::Descending)]
    pub(super) order: SortOrder,
    /// Canonical: p down to here by multilevel splitting; 0 leaves them at (hits + 1) / (permutations + 1)
    #[arg(long, value_name = "P", default_value_t = 1e-50)]
    pub(super) smallest_p: f64,
    /// Canonical: random sets of the multilevel splitting
    #[arg(long, value_name = "N", default_value_t = 101)]
    pub(super) sample_size: usize,
    /// Test the genes above --above for over-representation (hypergeometric) instead of GSEA
    #[arg(long)]
    pub(super) over_representation: bool,
    /// Over-representation: genes with a higher score make the list
    #[arg(long, value_name = "SCORE", default_value_t = 0.05, allow_negative_numbers = true)]
    pub(super) above: f64,
    /// Over-representation: random lists of as many genes, for the chance of a p as small
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(super) random_lists: u32,
    /// Name for each result of FDR ≤ 0.25 the better one that has this share of the shorter leading edge in common
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.5")]
    pub(super) group: Option<f64>,
    /// With --out NAME.json: running sums of so many sets, for plots
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) curves: usize,
    /// Threads (default: one a core); the result is the same for any number
    #[arg(long)]
    pub(super) threads: Option<usize>,
}

impl Args {
    /// The file with the ranking or rankings.
    pub(super) fn source(&self) -> &Path {
        self.ranking.as_deref().or(self.rankings.as_deref()).unwrap_or(Path::new(""))
    }
}

/// How p-values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Convention {
    /// The numbers of GSEApy 1.1 and later, to the bit.
    Gseapy,
    /// p = (hits + 1) / (n + 1), multilevel splitting for small ones, sets without evidence left empty.
    Canonical,
}

impl Convention {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gseapy => "gseapy",
            Self::Canonical => "canonical",
        }
    }
}

/// How the ranking is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SortOrder {
    /// Highest score first.
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
pub(super) fn multilevel(args: &Args) -> anyhow::Result<Option<Multilevel>> {
    if !(0.0..1.0).contains(&args.smallest_p) || args.smallest_p != 0.0 && args.smallest_p < 1e-300 {
        bail!("--smallest-p {}: it is 0, or from 1e-300 to below 1", args.smallest_p);
    }
    if args.sample_size < 11 || args.sample_size > 100_001 || args.sample_size.is_multiple_of(2) {
        bail!("--sample-size {}: an odd number from 11 to 100,001", args.sample_size);
    }
    let options =
        Multilevel { smallest: args.smallest_p, sample_size: args.sample_size, ..Multilevel::default() };
    Ok((args.smallest_p > 0.0).then_some(options))
}
