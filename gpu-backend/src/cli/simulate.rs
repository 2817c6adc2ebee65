//! `cellprism simulate`: cells with planted gene programs.

use std::path::PathBuf;

use super::Global;
use super::stdout::outln;
use crate::jobs::simulate;

/// Options of `cellprism simulate`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example:\n  cellprism simulate --cells 3000 --genes 1500 --programs 12 --seed 1 --out sim.h5ad\n\n\
    The truth is in the file: obs (cell_type, donor_id, condition, cycling), obsm/program_activity (cells × programs),\n\
    varm/program_effect (genes × programs, natural logarithm), uns/simulation (names and parameters, JSON)."
)]
pub struct Args {
    /// Cells
    #[arg(long, default_value_t = 3000)]
    cells: usize,
    /// Genes
    #[arg(long, default_value_t = 1500)]
    genes: usize,
    /// Planted programs: cycling, an interferon-like response, and one for each cell type
    #[arg(long, default_value_t = 12)]
    programs: usize,
    /// Donors, each with its own small shift of every gene
    #[arg(long, default_value_t = 4)]
    donors: usize,
    /// Median total count of a cell
    #[arg(long, default_value_t = 4000.0)]
    depth: f64,
    /// Share of ambient counts
    #[arg(long, default_value_t = 0.05)]
    ambient: f64,
    /// Seed; the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The h5ad file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If the wishes contradict each other, or the file exists or cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let Args { cells, genes, programs, donors, depth, ambient, seed, out } = args;
    let options = simulate::Options { cells, genes, programs, donors, depth, ambient, seed, out };
    let found = simulate::run(&options)?;
    if global.json {
        outln!("{}", serde_json::to_string(&found)?);
    } else if !global.quiet {
        let out = options.out.display();
        eprintln!("{out}: {} cells, {} genes, {} programs", found.cells, found.genes, found.programs.len());
    }
    Ok(())
}
