//! The most active cells of concepts against the nearest cells that do not activate them (Appendix C), several concepts at once: a
//! cell's counts are fetched and its logarithms taken once for all of them.

use cellprism_core::{
    ids::CellId,
    parallel,
    stats::differential::{Differential, ManyMoments},
};

use super::{compared::Compared, context::Context};

/// Concepts whose sums are held at once: 33 MB of them with 8,000 genes.
pub const TOGETHER: usize = 64;
/// Cells that are fetched by one thread at once.
const FETCHED: usize = 512;
/// So many times that are in memory together.
const PIECES: usize = 8;

/// The test of each concept; none where one side has fewer than two cells.
///
/// # Errors
/// If counts cannot be read.
pub fn tests(context: &Context, compared: &[&Compared]) -> anyhow::Result<Vec<Option<Differential>>> {
    let mut tested = Vec::with_capacity(compared.len());
    for some in compared.chunks(TOGETHER) {
        tested.extend(together(context, some)?);
    }
    Ok(tested)
}

fn together(context: &Context, compared: &[&Compared]) -> anyhow::Result<Vec<Option<Differential>>> {
    let is_tested = |one: &Compared| one.group.len() >= 2 && one.reference.len() >= 2;
    let sides = compared.iter().filter(|one| is_tested(one)).flat_map(|one| [&one.group[..], &one.reference]);
    let sides: Vec<&[CellId]> = sides.collect();
    let mut moments = ManyMoments::new(context.symbols.len(), &sides);
    let cells = moments.cells().to_vec();
    let pieces: Vec<&[CellId]> = cells.chunks(FETCHED).collect();
    let totals = context.counts.totals();
    let mut from = 0;
    for some in pieces.chunks(PIECES) {
        let fetched = parallel::map(some.len(), |piece| {
            let counts = context.counts.fetch(some[piece])?;
            Ok::<_, anyhow::Error>(context.map.apply(&counts).into_owned())
        });
        for (cells, counts) in some.iter().zip(fetched) {
            let totals: Vec<f64> = cells.iter().map(|cell| totals[cell.index()]).collect();
            moments.add(from, &counts?, &totals);
            from += cells.len();
        }
    }
    let mut found = parallel::map(sides.len() / 2, |at| moments.welch(2 * at, 2 * at + 1)).into_iter();
    Ok(compared.iter().map(|one| if is_tested(one) { found.next() } else { None }).collect())
}
