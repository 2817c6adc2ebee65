//! `cellprism enrich`.

use std::path::PathBuf;

use cellprism_core::gsea::Convention;
use clap::Args as ClapArgs;

use super::Global;
use super::stdout::outln;
use crate::jobs::enrich::{self, Options, SortOrder};

/// Preranked gene set enrichment analysis of a ranking, or over-representation of its top.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism enrich --ranking concept.rnk --gene-sets GO_Biological_Process_2025.gmt --out go.csv"
)]
pub struct Args {
    /// Genes and scores, tab-separated, in any order (.rnk)
    #[arg(long, value_name = "RNK", required_unless_present = "rankings")]
    ranking: Option<PathBuf>,
    /// Many rankings of one gene list: a safetensors file as `cellprism attribute` writes it; --out is one too, and
    /// an interrupted run goes on where it was
    #[arg(long, value_name = "SAFETENSORS", conflicts_with = "ranking")]
    rankings: Option<PathBuf>,
    /// With --rankings: its tensor of scores, [rankings, genes], with the names as a list under metadata key "genes"
    #[arg(long, value_name = "NAME", default_value = "scores")]
    tensor: String,
    /// With --rankings: also "best" (place of the set of highest NES), "chance" (share of rankings, with the scores dealt again
    /// among genes of the same mean count, whose best set is as good), "chance_adjusted" over all rankings and "survives"; mean
    /// counts are tensor "mean_counts" of the file, as `cellprism attribute` writes it
    #[arg(long, requires = "rankings")]
    chance: bool,
    /// Gene sets (.gmt or .gmt.gz); several libraries get a separate false-discovery rate each
    #[arg(long, value_name = "GMT", required = true, num_args = 1..)]
    gene_sets: Vec<PathBuf>,
    /// Gene table (NCBI gene_info or the project's own): Ensembl identifiers and older names, of the ranking and of the
    /// sets, become symbols in force; what was renamed is counted in the table's head
    #[arg(long, value_name = "FILE")]
    gene_info: Option<PathBuf>,
    /// Table to write; NAME.json is written as JSON
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
    /// How p-values are made
    #[arg(long, value_enum, default_value_t = ConventionName::Gseapy)]
    convention: ConventionName,
    /// Permutations
    #[arg(long, default_value_t = 1000)]
    permutations: u32,
    /// Seed of Xoshiro256++
    #[arg(long, default_value_t = 123)]
    seed: u64,
    /// Fewest genes of a set found in the ranking
    #[arg(long, default_value_t = 15)]
    min_size: usize,
    /// Most genes of a set found in the ranking
    #[arg(long, default_value_t = 500)]
    max_size: usize,
    /// Exponent of the scores
    #[arg(long, default_value_t = 1.0)]
    weight: f64,
    /// How the ranking is sorted: descending, ascending, or as given (GSEApy's ascending=False, True and None);
    /// canonical only sorts downwards, equal scores by name
    #[arg(long, value_enum, default_value_t = OrderName::Descending)]
    order: OrderName,
    /// Canonical: p down to here by multilevel splitting; 0 leaves them at (hits + 1) / (permutations + 1)
    #[arg(long, value_name = "P", default_value_t = 1e-50)]
    smallest_p: f64,
    /// Canonical: random sets of the multilevel splitting
    #[arg(long, value_name = "N", default_value_t = 101)]
    sample_size: usize,
    /// Test the genes above --above for over-representation (hypergeometric) instead of GSEA
    #[arg(long)]
    over_representation: bool,
    /// Over-representation: genes with a higher score make the list
    #[arg(long, value_name = "SCORE", default_value_t = 0.05, allow_negative_numbers = true)]
    above: f64,
    /// Over-representation: random lists of as many genes, for the chance of a p as small
    #[arg(long, value_name = "N", default_value_t = 1000)]
    random_lists: u32,
    /// Name for each result of FDR ≤ 0.25 the better one that has this share of the shorter leading edge in common
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.5")]
    group: Option<f64>,
    /// With --out NAME.json: running sums of so many sets, for plots
    #[arg(long, value_name = "N", default_value_t = 20)]
    curves: usize,
    /// Threads (default: one a core); the result is the same for any number
    #[arg(long)]
    threads: Option<usize>,
}

/// How p-values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ConventionName {
    /// The numbers of GSEApy 1.1 and later, to the bit.
    Gseapy,
    /// p = (hits + 1) / (n + 1), multilevel splitting for small ones, sets without evidence left empty.
    Canonical,
}

/// How the ranking is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OrderName {
    /// Highest score first.
    Descending,
    /// Lowest score first.
    Ascending,
    /// As in the file.
    Given,
}

impl Args {
    fn options(self) -> Options {
        Options {
            ranking: self.ranking,
            rankings: self.rankings,
            tensor: self.tensor,
            chance: self.chance,
            gene_sets: self.gene_sets,
            gene_info: self.gene_info,
            out: self.out,
            convention: match self.convention {
                ConventionName::Gseapy => Convention::Gseapy,
                ConventionName::Canonical => Convention::Canonical,
            },
            permutations: self.permutations,
            seed: self.seed,
            min_size: self.min_size,
            max_size: self.max_size,
            weight: self.weight,
            order: match self.order {
                OrderName::Descending => SortOrder::Descending,
                OrderName::Ascending => SortOrder::Ascending,
                OrderName::Given => SortOrder::Given,
            },
            smallest_p: self.smallest_p,
            sample_size: self.sample_size,
            over_representation: self.over_representation,
            above: self.above,
            random_lists: self.random_lists,
            group: self.group,
            curves: self.curves,
            threads: self.threads,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, no set has genes in the ranking, or the table cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let report = enrich::run(&args.options(), &global.progress())?;
    if global.json {
        outln!("{report}");
    }
    Ok(())
}
