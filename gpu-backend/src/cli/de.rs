//! `cellprism de`: differential expression between two groups of cells.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args as ClapArgs, ValueEnum};

use super::{Global, stderr::errln, stdout::outln};
use crate::jobs::de::{self, Groups, Options, Test};

/// Options of `cellprism de`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The numbers are those of scanpy's rank_genes_groups on normalize_total(target_sum=1e4) and log1p in double precision.\n\
    The table has all genes, scores falling; pvals_adj is Benjamini-Hochberg over all of them. Equal scores keep the genes' order.\n\n\
    Examples:\n  cellprism de --cells cells.h5ad --column cell_type --group NK --out nk.csv\n  \
    cellprism de --cells cells.h5ad --column cell_type --group B --reference NK --method wilcoxon --out b-nk.csv\n  \
    cellprism de --cells cells.h5ad --group-cells these.txt --reference-cells those.txt --out de.csv"
)]
pub struct Args {
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// Column of the cells' metadata that names groups
    #[arg(long, value_name = "NAME", requires = "group", required_unless_present = "group_cells")]
    column: Option<String>,
    /// Its label of the cells of interest
    #[arg(long, value_name = "LABEL", requires = "column")]
    group: Option<String>,
    /// Its label of the cells they are compared with; "rest": all others, those without a label as well [default: rest]
    #[arg(long, value_name = "LABEL", requires = "column")]
    reference: Option<String>,
    /// Cells of interest by name, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "column")]
    group_cells: Option<PathBuf>,
    /// Cells they are compared with, one name a line [default: all others]
    #[arg(long, value_name = "FILE", requires = "group_cells")]
    reference_cells: Option<PathBuf>,
    /// How genes are tested
    #[arg(long, value_enum, default_value_t = MethodName::TTest)]
    method: MethodName,
    /// Correct Wilcoxon's test for equal values (scanpy's tie_correct, off there as well unless asked for)
    #[arg(long)]
    tie_correct: bool,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
    /// The table to write: names, scores, logfoldchanges, pvals, pvals_adj, pct_nz_group, pct_nz_reference
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MethodName {
    /// Welch's t-test
    #[value(name = "t-test")]
    TTest,
    /// Welch's t-test that takes the reference to be as few cells as the group
    #[value(name = "t-test_overestim_var")]
    TTestOverestimVar,
    /// Wilcoxon's rank-sum test, normal approximation
    #[value(name = "wilcoxon")]
    Wilcoxon,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or written, a column, label or cell is unknown, or a side has fewer than two cells.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let groups = match (args.column, args.group, args.group_cells) {
        (Some(column), Some(group), None) => {
            Groups::Column { column, group, reference: args.reference.filter(|label| label != "rest") }
        }
        (None, None, Some(group)) => Groups::Files { group, reference: args.reference_cells },
        _ => bail!("either --column and --group, or --group-cells"),
    };
    if args.tie_correct && args.method != MethodName::Wilcoxon {
        bail!("--tie-correct belongs to --method wilcoxon");
    }
    let options = Options {
        cells: args.cells,
        allow_non_integer: args.allow_non_integer,
        groups,
        method: match args.method {
            MethodName::TTest => Test::TTest,
            MethodName::TTestOverestimVar => Test::TTestOverestimVar,
            MethodName::Wilcoxon => Test::Wilcoxon,
        },
        tie_correct: args.tie_correct,
        out: args.out,
    };
    let report = de::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&report)?);
    } else if !global.quiet {
        errln!(
            "{}: {} cells against {}, {} genes, {} with an adjusted p of at most 0.05",
            report.out.display(),
            report.group,
            report.reference,
            report.genes,
            report.significant
        );
    }
    Ok(())
}
