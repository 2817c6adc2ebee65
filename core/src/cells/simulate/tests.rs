//! Whole simulations.

use sha2::{Digest, Sha256};

use super::*;

fn small() -> SimulateOptions {
    SimulateOptions { cells: 300, genes: 200, programs: 6, ..SimulateOptions::default() }
}

#[test]
fn a_seed_gives_the_same_cells_again() {
    let one = simulate(&small()).unwrap();
    assert_eq!(one, simulate(&small()).unwrap());
    assert_ne!(one.cells.counts, simulate(&SimulateOptions { seed: 2, ..small() }).unwrap().cells.counts);
    assert!(one.cells.counts.validate().is_ok());
    assert!(one.cells.columns.iter().all(|column| column.label_counts().iter().all(|&count| count > 0)));
}

#[test]
fn genes_of_a_program_are_higher_where_it_is_active() {
    let simulation = simulate(&small()).unwrap();
    let counts = &simulation.cells.counts;
    let totals = counts.row_sums();
    for program in 0..6 {
        let genes: Vec<usize> =
            (0..200).filter(|gene| simulation.truth.effects[gene * 6 + program] > 0.0).collect();
        assert_eq!(genes.len(), 16);
        let (mut on, mut off) = (Vec::new(), Vec::new());
        for (cell, total) in totals.iter().enumerate() {
            let share = genes.iter().map(|&gene| f64::from(counts.get(cell, gene))).sum::<f64>() / total;
            if simulation.truth.activity[cell * 6 + program] > 0.0 { on.push(share) } else { off.push(share) }
        }
        let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len() as f64;
        assert!(
            mean(&on) > 2.0 * mean(&off),
            "{}: {} and {}",
            simulation.truth.programs[program],
            mean(&on),
            mean(&off)
        );
    }
}

/// Digest of counts and truth.
fn digest(simulation: &Simulation) -> String {
    let counts = &simulation.cells.counts;
    let mut hasher = Sha256::new();
    for cell in 0..counts.rows {
        let (genes, values) = counts.row(cell);
        genes.iter().for_each(|gene| hasher.update(gene.to_le_bytes()));
        values.iter().for_each(|value| hasher.update(value.to_le_bytes()));
    }
    simulation
        .truth
        .effects
        .iter()
        .chain(&simulation.truth.activity)
        .for_each(|v| hasher.update(v.to_le_bytes()));
    for column in &simulation.cells.columns {
        hasher.update(column.name.as_bytes());
        column.codes.iter().for_each(|code| hasher.update(code.to_le_bytes()));
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// As the program has drawn them since each cell has a generator of its own.
#[test]
fn what_is_not_asked_for_changes_nothing() {
    assert_eq!(digest(&simulate(&small()).unwrap()), "cd3c2fac15623eea");
    let idle = SimulateOptions { batch_effect: 2.0, ..small() };
    assert_eq!(simulate(&idle).unwrap(), simulate(&small()).unwrap(), "one batch has no effects");
}

#[test]
fn batches_shift_genes_and_stay_apart_from_donors() {
    let options = SimulateOptions { batches: 2, batch_effect: 1.0, cells: 600, ..small() };
    let simulation = simulate(&options).unwrap();
    let batch = simulation.cells.column("batch").unwrap();
    let mut sums = vec![[0.0f64; 2]; options.genes];
    for (cell, &code) in batch.codes.iter().enumerate() {
        let (genes, values) = simulation.cells.counts.row(cell);
        genes.iter().zip(values).for_each(|(&gene, &v)| sums[gene as usize][code as usize] += f64::from(v));
    }
    let ratios: Vec<f64> =
        sums.iter().filter(|s| s[0].min(s[1]) > 100.0).map(|s| (s[0] / s[1]).ln()).collect();
    let spread = (ratios.iter().map(|r| r * r).sum::<f64>() / ratios.len() as f64).sqrt();
    assert!((1.0..1.9).contains(&spread), "a difference of two normals: {spread}");
    assert_eq!(simulation.cells.columns.len(), 5);
}

#[test]
fn genes_of_children_and_rare_programs_are_higher_where_they_are_active() {
    let options = SimulateOptions {
        cells: 1000,
        genes: 400,
        children: 2,
        rare: 2,
        programs: 4,
        ..SimulateOptions::default()
    };
    let simulation = simulate(&options).unwrap();
    let programs = simulation.truth.programs.len();
    assert_eq!((programs, simulation.truth.parents.len()), (10, 4));
    let totals = simulation.cells.counts.row_sums();
    for program in 4..programs {
        let genes: Vec<usize> =
            (0..400).filter(|gene| simulation.truth.effects[gene * programs + program] > 0.0).collect();
        let (mut on, mut off) = (Vec::new(), Vec::new());
        for (cell, total) in totals.iter().enumerate() {
            let sum =
                genes.iter().map(|&gene| f64::from(simulation.cells.counts.get(cell, gene))).sum::<f64>();
            let is_on = simulation.truth.activity[cell * programs + program] > 0.0;
            if is_on { &mut on } else { &mut off }.push(sum / total);
        }
        let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len() as f64;
        assert!(mean(&on) > 2.0 * mean(&off), "{}", simulation.truth.programs[program]);
    }
    let subtype = simulation.cells.column("cell_subtype").unwrap();
    assert_eq!(subtype.labels, ["type 1.1", "type 1.2", "type 2.1", "type 2.2"]);
    assert_eq!(simulation.cells.column("rare").unwrap().labels, ["none", "rare 1", "rare 2"]);
}
