//! What describing will cost, said before it begins: the passes of a few concepts are counted, and some are timed.

use std::{collections::HashSet, time::Instant};

use cellprism_core::{
    attribution::{ConceptCells, Perturb},
    ids::CellId,
};

use super::{compared::Compared, context::Context};
use crate::jobs::fetched::every_cell;

/// Concepts whose passes are counted.
const COUNTED: usize = 5;
/// Passes that are timed, after one that is not.
const TIMED: u32 = 4;
/// Seconds from which on a word is said.
const WORTH_A_WORD: f64 = 60.0;
/// Concepts that are described soon.
const FEW: usize = 10;
/// Orders of a deletion curve: by attribution, by fold change.
const ORDERS: u32 = 2;
/// Passes that a gradient takes as long as, with the layers' outputs that it needs; measured, see BENCHMARKS.md.
const A_GRADIENT: f64 = 9.0;

/// A line on how long these concepts take, where that is long through a model whose passes are dear.
///
/// # Errors
/// If the model cannot be run.
pub fn estimate(context: &Context, open: &[&Compared], unit: &str) -> anyhow::Result<Option<String>> {
    if !context.is_dear || open.is_empty() {
        return Ok(None);
    }
    let screening = context.parameters.attribution.screening.as_ref();
    let counted: Vec<&&Compared> = open.iter().step_by(open.len().div_ceil(COUNTED)).collect();
    let (mut passes, mut seconds) = (0.0, None);
    for one in &counted {
        let others = [&one.further.held_out, &one.further.typical].into_iter().flatten();
        let fetched = context.fetch(every_cell([&one.cells].into_iter().chain(others.clone())))?;
        let swaps = &*context.swapper.get()?.among(fetched.counted())?;
        let pairs = context.parameters.attribution.counterfactuals as usize;
        let mut genes = HashSet::new();
        let first = swaps_of(swaps, &one.cells, pairs, &mut genes) as f64;
        let further: usize = others.clone().map(|cells| swaps_of(swaps, cells, pairs, &mut genes)).sum();
        let share = |swapped: u32| (f64::from(swapped) / genes.len().max(1) as f64).min(1.0);
        passes += match screening {
            None => first + further as f64,
            Some(screening) => {
                let prototypes: usize =
                    [&one.cells].into_iter().chain(others).map(|cells| cells.prototypes.len()).sum();
                first * share(screening.leading + screening.sample)
                    + further as f64 * share(screening.leading)
                    + A_GRADIENT * prototypes as f64
            }
        };
        let curves = ORDERS + context.deletion.random_orders;
        let steps = curves * context.deletion.steps * (one.cells.prototypes.len() * pairs) as u32;
        // About every other gene of an order differs between two cells: the others cost no pass.
        passes += f64::from(steps) / 2.0;
        if seconds.is_none() {
            seconds = time_of_a_pass(swaps, &one.cells)?;
        }
    }
    let Some(seconds) = seconds else { return Ok(None) };
    let passes = passes / counted.len() as f64;
    let all = passes * open.len() as f64 * seconds;
    let mut quicker = Vec::new();
    if open.len() > FEW {
        quicker.push(format!("--describe {FEW} (the most active ones)"));
    }
    if screening.is_none() {
        quicker.push("--attribution screened".to_owned());
    }
    quicker.push("--device cuda".to_owned());
    Ok((all > WORTH_A_WORD).then(|| {
        format!(
            "{unit}: {} of them, through this model about {} here, if none is known already ({passes:.0} passes each, {:.1} ms a \
             pass). Quicker: {}",
            open.len(),
            in_time(all),
            seconds * 1000.0,
            quicker.join(", ")
        )
    }))
}

/// Passes of single swaps: one for each value that a gene takes. What differs is added to `genes`.
fn swaps_of(swaps: &dyn Perturb, cells: &ConceptCells, pairs: usize, genes: &mut HashSet<u32>) -> usize {
    let of_prototype = |(&(cell, _), near): (&(CellId, f32), &Vec<_>)| {
        let mut found = HashSet::new();
        for other in
            near.iter().take(pairs).map(|near: &cellprism_core::embedding::nearest::Neighbour| near.cell)
        {
            for gene in 0..swaps.genes() as u32 {
                let (own, value) = (swaps.value(cell, gene), swaps.value(other, gene));
                if own != value {
                    genes.insert(gene);
                    found.insert((gene, value.to_bits()));
                }
            }
        }
        found.len()
    };
    cells.prototypes.iter().zip(&cells.counterfactuals).map(of_prototype).sum()
}

/// Seconds of a pass near a prototype, by a few of them; nothing where no gene differs.
fn time_of_a_pass(swaps: &dyn Perturb, cells: &ConceptCells) -> anyhow::Result<Option<f64>> {
    let first = cells.prototypes.first().zip(cells.counterfactuals.first().and_then(|near| near.first()));
    let Some((&(cell, _), other)) = first else { return Ok(None) };
    let differ = (0..swaps.genes() as u32).filter(|&g| swaps.value(cell, g) != swaps.value(other.cell, g));
    let order: Vec<u32> = differ.take(TIMED as usize).collect();
    if order.is_empty() {
        return Ok(None);
    }
    // The first one reads the prototype and warms up.
    swaps.path(cell, other.cell, &order, &[0])?;
    let steps: Vec<u32> = (1..=order.len() as u32).collect();
    let started = Instant::now();
    swaps.path(cell, other.cell, &order, &steps)?;
    Ok(Some(started.elapsed().as_secs_f64() / steps.len() as f64))
}

/// Seconds in words.
fn in_time(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} seconds"),
        s if s < 90.0 * 60.0 => format!("{:.0} minutes", s / 60.0),
        s => format!("{:.0} hours", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::in_time;

    #[test]
    fn time_is_said_as_people_say_it() {
        let said = [61.0, 1500.0, 7300.0].map(in_time);
        assert_eq!(said, ["61 seconds", "25 minutes", "2 hours"]);
    }
}
