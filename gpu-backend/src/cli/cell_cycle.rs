//! `cellprism cell-cycle`: scores and phases of cells.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Global, stderr::errln, stdout::outln};
use crate::jobs::cell_cycle::{self, Options};

/// Options of `cellprism cell-cycle`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The numbers are those of scanpy's score_genes_cell_cycle on normalize_total(target_sum=1e4) and log1p in double precision:\n\
    seed 0, 25 bins, as many control genes a bin as the shorter list has genes. Genes that the data do not have are left out and said.\n\n\
    Example:\n  cellprism cell-cycle --cells cells.h5ad --genes regev_lab_cell_cycle_genes.txt --s-genes 43 --out phases.csv"
)]
pub struct Args {
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// Genes, one a line: those of S phase first, then those of G2 and M
    #[arg(long, value_name = "LIST")]
    genes: PathBuf,
    /// How many of the genes, from the first, are of S phase
    #[arg(long, value_name = "N")]
    s_genes: usize,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
    /// The table to write: cell, S_score, G2M_score, phase (G1, S or G2M)
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or written, or a list has no genes in the data or leaves no control genes.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = Options {
        cells: args.cells,
        allow_non_integer: args.allow_non_integer,
        genes: args.genes,
        s_genes: args.s_genes,
        out: args.out,
    };
    let report = cell_cycle::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&report)?);
    } else if !global.quiet {
        let [g1, s, g2m] = report.phases;
        errln!("{}: {} cells: G1 {g1}, S {s}, G2M {g2m}", report.out.display(), report.cells);
        if !report.absent.is_empty() {
            errln!(
                "{} genes of the list are not in the data: {}",
                report.absent.len(),
                report.absent.join(", ")
            );
        }
    }
    Ok(())
}
