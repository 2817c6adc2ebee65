//! What is asked for is possible, and of a size that memory and patience bear: checked before anything is drawn.

use super::{LEAST_GENES, STATES, SimulateError, SimulateOptions};

/// Most cells.
const MOST_CELLS: usize = 5_000_000;
/// Most genes.
const MOST_GENES: usize = 200_000;
/// Most programs of all kinds: labels of cells are 16-bit numbers.
const MOST_PROGRAMS: usize = 10_000;
/// Most donors or batches.
const MOST_GROUPS: usize = 1000;
/// Most counts of all cells together, in the mean.
const MOST_COUNTS: f64 = 1e11;
/// Most values of one array (activities, effects): 8 GB.
const MOST_VALUES: usize = 2_000_000_000;
/// Most steps of computing expected shares, twice for each cell, gene and program: some days.
const MOST_STEPS: f64 = 1e15;
/// Cells that rare programs need: 1 % of fewer is no cell.
const LEAST_CELLS_OF_RARE: usize = 100;
/// Most rare programs: at 1 % of the cells each, half of all.
const MOST_RARE: usize = 50;
/// Largest standard deviation of batch effects, of natural logarithms.
const MOST_BATCH_EFFECT: f64 = 3.0;

pub(super) fn check(options: &SimulateOptions) -> Result<(), SimulateError> {
    let refuse = |message: String| Err(SimulateError(message));
    if options.programs < STATES + 2 {
        return refuse(format!(
            "{} programs: at least {} are needed (two cell types)",
            options.programs,
            STATES + 2
        ));
    }
    for (what, number, most, why) in [
        ("cells", options.cells, MOST_CELLS, "their names and states are kept in memory"),
        ("genes", options.genes, MOST_GENES, "no genome has more"),
        ("programs", options.programs, MOST_PROGRAMS, "labels of cells are small numbers"),
        ("children of each cell type", options.children, MOST_PROGRAMS, "labels of cells are small numbers"),
        ("rare programs", options.rare, MOST_RARE, "each takes up to 1 % of the cells"),
        ("donors", options.donors, MOST_GROUPS, "each needs cells"),
        ("batches", options.batches, MOST_GROUPS, "each needs cells"),
    ] {
        if number > most {
            return refuse(format!("{number} {what}: at most {most}, since {why}"));
        }
    }
    let all = options.all_programs();
    if all > MOST_PROGRAMS {
        return refuse(format!(
            "{all} programs with all children: at most {MOST_PROGRAMS}, since labels of cells are small numbers"
        ));
    }
    if options.genes / 2 < all.saturating_mul(LEAST_GENES) {
        let least = all.saturating_mul(2 * LEAST_GENES);
        return refuse(format!("{} genes are too few for {all} programs: at least {least}", options.genes));
    }
    if options.cells == 0 || options.donors == 0 || options.donors > options.cells {
        return refuse(format!(
            "{} cells of {} donors: at least one of each is needed, and no fewer cells than donors",
            options.cells, options.donors
        ));
    }
    if options.batches == 0 {
        return refuse("0 batches: at least one, which is none apart".into());
    }
    if options.batches > options.cells {
        return refuse(format!("{} batches of {} cells: each needs one", options.batches, options.cells));
    }
    if options.rare > 0 && options.cells < LEAST_CELLS_OF_RARE {
        return refuse(format!(
            "rare programs are in 0.1 to 1 % of the cells, and {} are too few: at least {LEAST_CELLS_OF_RARE}",
            options.cells
        ));
    }
    let depth_fits = options.depth > 0.0 && options.depth <= 1e7;
    if !(depth_fits && (0.0..1.0).contains(&options.ambient)) {
        let SimulateOptions { depth, ambient, .. } = options;
        return refuse(format!(
            "depth {depth:?} or ambient share {ambient:?} is out of range (0 to 1e7; 0 to less than 1)"
        ));
    }
    if !(0.0..=0.5).contains(&options.overlap) {
        return refuse(format!(
            "{:?} is no share of genes to overlap: from 0 to 0.5, so that a program keeps half for itself",
            options.overlap
        ));
    }
    if !(0.0..=MOST_BATCH_EFFECT).contains(&options.batch_effect) {
        return refuse(format!("batch effect {:?}: from 0 to {MOST_BATCH_EFFECT}", options.batch_effect));
    }
    let counts = options.cells as f64 * options.depth;
    let steps = 2.0 * options.cells as f64 * options.genes as f64 * all as f64;
    let values = (options.cells.max(options.genes)).saturating_mul(all);
    if counts > MOST_COUNTS || steps > MOST_STEPS || values > MOST_VALUES {
        return refuse(format!(
            "{} cells of {} genes and {all} programs, {} counts each, are too much for one computer's memory and time: at \
             most {MOST_COUNTS:e} counts, {MOST_STEPS:e} cells × genes × programs × 2, {MOST_VALUES} activities or effects",
            options.cells, options.genes, options.depth
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> SimulateOptions {
        SimulateOptions { cells: 300, genes: 200, programs: 6, ..SimulateOptions::default() }
    }

    #[test]
    fn impossible_wishes_are_refused_with_the_reason() {
        let said = |options: SimulateOptions| check(&options).unwrap_err().to_string();
        assert!(check(&small()).is_ok());
        assert!(said(SimulateOptions { programs: 3, ..small() }).contains("two cell types"));
        assert!(
            said(SimulateOptions { genes: 20, ..small() }).contains("too few for 6 programs: at least 60")
        );
        assert!(said(SimulateOptions { cells: 0, ..small() }).contains("at least one"));
        assert!(said(SimulateOptions { depth: f64::NAN, ..small() }).contains("depth NaN"));
        assert!(said(SimulateOptions { overlap: f64::NAN, ..small() }).contains("overlap"));
        assert!(said(SimulateOptions { batches: 0, ..small() }).contains("0 batches"));
        assert!(
            said(SimulateOptions { batch_effect: 1e300, batches: 2, ..small() }).contains("effect 1e300")
        );
        assert!(said(SimulateOptions { batches: 301, ..small() }).contains("301 batches"));
        assert!(said(SimulateOptions { batches: 2, batch_effect: -1.0, ..small() }).contains("batch effect"));
        assert!(said(SimulateOptions { children: 4, ..small() }).contains("for 22 programs: at least 220"));
        assert!(said(SimulateOptions { rare: 1, cells: 99, ..small() }).contains("0.1 to 1 %"));
        assert!(said(SimulateOptions { rare: 51, cells: 9000, ..small() }).contains("at most 50"));
    }

    #[test]
    fn hostile_sizes_are_refused_before_memory_is_taken() {
        let huge = usize::MAX;
        for options in [
            SimulateOptions { cells: huge, ..small() },
            SimulateOptions { genes: huge, ..small() },
            SimulateOptions { genes: huge, programs: huge, ..small() },
            SimulateOptions { children: huge, ..small() },
            SimulateOptions { children: huge / 2, programs: 9999, ..small() },
            SimulateOptions { rare: huge, ..small() },
            SimulateOptions { donors: huge, ..small() },
            SimulateOptions { batches: huge, ..small() },
            SimulateOptions { cells: 5_000_000, depth: 1e7, ..small() },
            SimulateOptions { cells: 5_000_000, genes: 200_000, programs: 9000, depth: 10.0, ..small() },
        ] {
            let said = check(&options).unwrap_err().to_string();
            assert!(said.contains("at most"), "{said}");
        }
    }
}
