//! Trains a sparse dictionary on embeddings and asks how well it rebuilds them.
//!
//! ```text
//! cargo run --release --package cellprism-core --example train_dictionary
//! ```

use std::{error::Error, ops::ControlFlow};

use cellprism_core::{
    cells::simulate::{SimulateOptions, simulate},
    concepts::Activations,
    sae::{
        metrics::evaluate,
        train::{TrainOptions, train},
    },
};
use ndarray::Array2;

/// Directions on which the cells are thrown.
const SIZE: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    // Simulated cells of known kinds, and in place of a model's embeddings their log counts on fixed directions.
    let options = SimulateOptions { cells: 1000, genes: 600, ..SimulateOptions::default() };
    let cells = simulate(&options)?.cells;
    let direction = |gene: usize, i: usize| ((gene * SIZE + i) as f32 * 12.9898).sin();
    let mut embeddings = Array2::<f32>::zeros((cells.counts.rows, SIZE));
    for (cell, mut row) in embeddings.rows_mut().into_iter().enumerate() {
        let (genes, counts) = cells.counts.row(cell);
        for (&gene, &count) in genes.iter().zip(counts) {
            (0..SIZE).for_each(|i| row[i] += count.ln_1p() * direction(gene as usize, i) / 10.0);
        }
    }

    let options = TrainOptions { batch: 100, learning_rate: 1e-3, ..TrainOptions::new(80, 5, 100) };
    let sae = train(embeddings.view(), &options, &mut |epoch| {
        if epoch.epoch.is_multiple_of(20) {
            println!("epoch {}: R² {:.3}, {} dead concepts", epoch.epoch, epoch.r2, epoch.dead);
        }
        ControlFlow::Continue(())
    })?;
    let found = evaluate(&sae, embeddings.view());
    println!(
        "R² {:.3} with {} of {} concepts, {:.1} a cell",
        found.r2, found.active, found.concepts, found.l0
    );

    // What the strongest cells of a few concepts are.
    let codes = sae.encode(embeddings.view());
    let activations = Activations::from_codes(cells.counts.rows, 80, codes.k, &codes.indices, &codes.values);
    let kinds = cells.column("cell_type").ok_or("simulated cells have kinds")?;
    for (concept, active) in activations.iter().filter(|(_, active)| active.len() >= 30).take(5) {
        let best: Vec<&str> =
            active.prototypes(5).iter().filter_map(|(cell, _)| kinds.label(cell.index())).collect();
        println!("concept {}: {} cells; the strongest are {}", concept.0, active.len(), best.join(", "));
    }
    Ok(())
}
