//! `cellprism simulate`: cells with planted gene programs.

use std::path::PathBuf;

use super::Global;
use super::{stderr::errln, stdout::outln};
use crate::jobs::simulate;

/// Options of `cellprism simulate`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example:\n  cellprism simulate --cells 3000 --genes 1500 --programs 12 --seed 1 --out sim.h5ad\n\n\
    The truth is in the file: obs (cell_type, donor_id, condition, cycling), obsm/program_activity (cells × programs),\n\
    varm/program_effect (genes × programs, natural logarithm), uns/simulation (names and parameters, JSON). --children adds\nobs cell_subtype, --rare obs rare, --batches obs batch. --gene-sets-out writes each program as a gene set, and as many\ndecoys that nothing raises."
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
    /// Further programs in each cell type: its subtypes
    #[arg(long, value_name = "N", default_value_t = 0)]
    children: usize,
    /// Further programs, each in 0.1 to 1 % of the cells
    #[arg(long, value_name = "N", default_value_t = 0)]
    rare: usize,
    /// Share of a program's genes that it has from the program before (0 to 0.5)
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    overlap: f64,
    /// Programs are active to any degree, from a tenth to all, instead of nearly all or nothing
    #[arg(long)]
    graded: bool,
    /// Donors, each with its own small shift of every gene
    #[arg(long, default_value_t = 4)]
    donors: usize,
    /// Batches, each with its own shift of every gene (1: none)
    #[arg(long, value_name = "N", default_value_t = 1)]
    batches: usize,
    /// Standard deviation of the batches' shifts, as natural logarithms
    #[arg(long, value_name = "SD", default_value_t = 0.3)]
    batch_effect: f64,
    /// Median total count of a cell
    #[arg(long, default_value_t = 4000.0)]
    depth: f64,
    /// Share of ambient counts
    #[arg(long, default_value_t = 0.05)]
    ambient: f64,
    /// Seed; the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Names of the genes, one a line (of a table the first column); the first --genes of them are taken (default: SIM00001 …)
    #[arg(long, value_name = "LIST")]
    gene_names: Option<PathBuf>,
    /// The h5ad file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Gene sets to write (.gmt): one a program, named by it, and as many named "decoy …", of the same size and mean
    /// count but of genes that no program raises
    #[arg(long, value_name = "GMT")]
    gene_sets_out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If the wishes contradict each other, or the file exists or cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = simulate::Options {
        cells: args.cells,
        genes: args.genes,
        programs: args.programs,
        children: args.children,
        rare: args.rare,
        overlap: args.overlap,
        graded: args.graded,
        donors: args.donors,
        batches: args.batches,
        batch_effect: args.batch_effect,
        depth: args.depth,
        ambient: args.ambient,
        seed: args.seed,
        gene_names: args.gene_names,
        out: args.out,
        gene_sets_out: args.gene_sets_out,
    };
    let found = simulate::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&found)?);
    } else if !global.quiet {
        let out = options.out.display();
        errln!("{out}: {} cells, {} genes, {} programs", found.cells, found.genes, found.programs.len());
    }
    Ok(())
}
