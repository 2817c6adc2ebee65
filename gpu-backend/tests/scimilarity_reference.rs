//! SCimilarity's embeddings and swaps, by the page's code and by ONNX Runtime: against double precision on a tiny model kept
//! here, and against SCimilarity's own network on PBMC 3k (reference models in the shared folder).

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::{
    attribution::{ChangedCell, Perturb, ScviSwaps, Swaps, differences},
    cells::CountMatrix,
    embedding::scvi::ScviEncoder,
    ids::CellId,
};
use cellprism_gpu_backend::{
    models::{
        Model,
        counts::{Encode, Graph, GraphSwapper},
        folder,
        scimilarity::import,
    },
    runtime::Place,
};
use safetensors::SafeTensors;
use serde_json::Value;

fn there_is_a_runtime() -> bool {
    Place::cpu().runtime().map_err(|error| println!("skipped: {error}")).is_ok()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures").join(name)).unwrap()
}

fn imported(checkpoint: &Path) -> (tempfile::TempDir, Model) {
    let temporary = tempfile::tempdir().unwrap();
    let target = temporary.path().join("model");
    folder::write(import(checkpoint).unwrap(), &target).unwrap();
    (temporary, Model::open(&target).unwrap())
}

/// The tiny model, four cells and their embeddings.
fn tiny() -> (tempfile::TempDir, Model, CountMatrix, Vec<f64>) {
    let checkpoint = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(checkpoint.path().join(name), content).unwrap();
    let known: Value = serde_json::from_slice(&fixture("tiny_scimilarity.json")).unwrap();
    write("encoder.ckpt", &fixture("tiny_scimilarity.ckpt"));
    write("gene_order.tsv", &fixture("tiny_scimilarity.tsv"));
    write("layer_sizes.json", known["layer_sizes"].to_string().as_bytes());
    write("hyperparameters.json", known["hyperparameters"].to_string().as_bytes());
    let list = |value: &Value| -> Vec<f64> {
        let rows = value.as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
        rows.map(|v| v.as_f64().unwrap()).collect()
    };
    let dense: Vec<f32> = list(&known["counts"]).into_iter().map(|x| x as f32).collect();
    let (folder, model) = imported(checkpoint.path());
    (folder, model, CountMatrix::from_dense(4, 5, &dense).unwrap(), list(&known["embeddings"]))
}

fn native(model: &Model) -> ScviEncoder {
    ScviEncoder::from_safetensors(&fs::read(model.folder.join("encoder.safetensors")).unwrap()).unwrap()
}

fn largest_difference(ours: &[f32], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

#[test]
fn a_tiny_model_gives_what_double_precision_gives() {
    let (_folder, model, counts, theirs) = tiny();
    let ours = native(&model).encode(&counts, &[]).unwrap().into_raw_vec_and_offset().0;
    assert!(largest_difference(&ours, &theirs) <= 1e-6);
    if there_is_a_runtime() {
        let ours = Graph::open(&model, &Place::cpu()).unwrap().encode(&counts, &[]).unwrap();
        assert!(largest_difference(&ours, &theirs) <= 1e-6);
    }
}

#[test]
fn a_swap_is_the_cell_with_one_count_replaced_and_its_sum_follows() {
    let (_folder, model, counts, _) = tiny();
    let encoder = native(&model);
    let others = [CellId(1), CellId(2), CellId(3)];
    let check = |found: Swaps| {
        for (other, genes) in others.iter().zip(&found.genes) {
            let differ = differences(counts.row(0), counts.row(other.index()));
            assert_eq!(genes.len(), differ.len());
            for (&(_, place), (gene, _, to)) in genes.iter().zip(differ) {
                let cell = ChangedCell::with(counts.row(0), gene, to);
                let mut swapped = CountMatrix::empty(5);
                swapped.push_row(cell.row().0.iter().copied().zip(cell.row().1.iter().copied()));
                let exact: Vec<f64> =
                    encoder.encode(&swapped, &[]).unwrap().iter().map(|&x| f64::from(x)).collect();
                let fast = &found.embeddings[place as usize * 2..(place as usize + 1) * 2];
                assert!(largest_difference(fast, &exact) <= 1e-6, "gene {gene} from cell {}", other.0);
            }
        }
        assert!(found.embeddings.len() / 2 < found.genes.concat().len(), "identical swaps are shared");
    };
    let swaps = ScviSwaps::new(&encoder, &counts, &[]).unwrap();
    check(swaps.swaps(CellId(0), &others).unwrap());
    assert!((swaps.value(CellId(0), 0) - 3.0 / 11.0 * 10_000.0).abs() < 1e-3);
    let path = swaps.path(CellId(0), CellId(1), &[4, 3, 2, 1, 0], &[0, 5]).unwrap();
    let whole = encoder.encode(&counts.select_rows(&[0, 1]), &[]).unwrap();
    assert_eq!(path, whole.into_raw_vec_and_offset().0);
    if there_is_a_runtime() {
        let swapper = GraphSwapper::open(&model, &Place::cpu(), &[]).unwrap();
        let swaps = swapper.swaps(&counts).unwrap();
        check(swaps.swaps(CellId(0), &others).unwrap());
        assert!((swaps.value(CellId(0), 0) - 3.0 / 11.0 * 10_000.0).abs() < 1e-3);
    }
}

#[test]
fn embeddings_are_those_of_the_reference() {
    let root = std::env::var_os("CELLPRISM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let checkpoint = root.join("data/reference/models/scimilarity");
    if !checkpoint.is_dir() {
        return println!("skipped: no reference models in the shared data folder (set CELLPRISM_SHARED)");
    }
    let (_folder, model) = imported(&checkpoint);
    let bytes = fs::read(checkpoint.join("reference.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let counts = file.tensor("counts").unwrap();
    let dense: Vec<f32> = counts.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let counts = CountMatrix::from_dense(counts.shape()[0], counts.shape()[1], &dense).unwrap();
    let embeddings = file.tensor("embedding_f64").unwrap();
    let theirs: Vec<f64> =
        embeddings.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let ours = native(&model).encode(&counts, &[]).unwrap().into_raw_vec_and_offset().0;
    assert!(largest_difference(&ours, &theirs) <= 2e-6);
    if there_is_a_runtime() {
        let ours = Graph::open(&model, &Place::cpu()).unwrap().encode(&counts, &[]).unwrap();
        assert!(largest_difference(&ours, &theirs) <= 2e-6);
    }
}
