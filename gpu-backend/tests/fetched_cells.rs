//! What is computed from cells that are fetched from disk equals what all counts in memory give, to the bit.

use cellprism_core::{
    cells::{
        Aliases, map_genes,
        simulate::{SimulateOptions, simulate},
    },
    ids::CellId,
    stats::differential::{Moments, welch, welch_of},
};
use cellprism_gpu_backend::{
    files::h5ad::{self, Extras},
    work::{counts::CountStore, progress::Silent, shards::Rows},
};

#[test]
fn differences_and_detection_are_those_of_all_counts_in_memory() {
    let options = SimulateOptions { cells: 700, genes: 300, ..SimulateOptions::default() };
    let cells = simulate(&options).unwrap().cells;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cells.h5ad");
    std::fs::write(&path, h5ad::to_bytes(&cells, &Extras::default()).unwrap()).unwrap();
    let mut file = h5ad::open(&path, &h5ad::Options::default()).unwrap();
    let store = CountStore::fill(&folder.path().join("counts"), &mut file, 300, &Silent).unwrap();
    assert_eq!((&store).read(0, 700).unwrap(), cells.counts);
    assert_eq!(store.totals(), cells.counts.row_sums());

    // A model that reads every third gene, backwards, and one that the data does not have.
    let mut names: Vec<String> = cells.genes.index.iter().step_by(3).rev().cloned().collect();
    names.push("none of these".into());
    let map = map_genes(&names, &cells.genes, &Aliases::none());
    let in_model = map.apply(&cells.counts);
    let detected: Vec<u32> =
        map.column_of.iter().map(|column| column.map_or(0, |c| store.detected()[c as usize])).collect();
    assert_eq!(detected, in_model.detected());

    // One type of cells, in no order of the file, and the others.
    let is_first = |cell: &CellId| cells.columns[0].codes[cell.index()] == 0;
    let (mut group, reference): (Vec<CellId>, Vec<CellId>) = (0..700).map(CellId).partition(is_first);
    group.reverse();
    let naive = welch(&in_model, &cells.counts.row_sums(), &group, &reference);
    let fetched = |cells: &[CellId]| {
        let mut found = Moments::new(names.len());
        for some in cells.chunks(33) {
            let counts = store.fetch(some).unwrap();
            let counts = map.apply(&counts);
            for (row, cell) in some.iter().enumerate() {
                found.add(counts.row(row), store.totals()[cell.index()]);
            }
        }
        found
    };
    let found = welch_of(&fetched(&group), &fetched(&reference));
    assert_eq!(found, naive);
    assert!(found.t.iter().any(|t| t.abs() > 3.0), "there is something to find");
}
