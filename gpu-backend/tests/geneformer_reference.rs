//! Geneformer's sequences and embeddings: against double precision on a tiny model kept here, and against the transformers
//! library on PBMC 3k (reference models in the shared folder).

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use cellprism_core::{
    attribution::{ChangedCell, Perturb, differences},
    cells::{Aliases, CountMatrix, GeneNames},
    embedding::{
        card::Pooling,
        geneformer::{RankTokenizer, RankedCells, RankedGenes},
    },
    ids::CellId,
};
use cellprism_gpu_backend::{
    models::{
        Model, folder,
        geneformer::{GeneformerSwapper, RankModel, dictionary, import},
    },
    runtime::Place,
};
use cellprism_onnx::geneformer::Reading;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

const READINGS: [(Pooling, i32, &str); 4] = [
    (Pooling::Cls, -1, "cls-1"),
    (Pooling::Mean, -1, "mean-1"),
    (Pooling::Cls, 0, "cls0"),
    (Pooling::Mean, 0, "mean0"),
];

fn there_is_a_runtime() -> bool {
    Place::cpu().runtime().map_err(|error| println!("skipped: {error}")).is_ok()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures").join(name)).unwrap()
}

fn known() -> Value {
    serde_json::from_slice(&fixture("tiny_geneformer.json")).unwrap()
}

/// The tiny checkpoint under its published names; the dictionaries carry the name of a corpus.
fn tiny_checkpoint() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    write("config.json", known()["config"].to_string().as_bytes());
    write("model.safetensors", &fixture("tiny_geneformer.safetensors"));
    write("token_dictionary_gc104M.pkl", &fixture("tiny_geneformer_tokens.pkl"));
    write("gene_median_dictionary_gc104M.pkl", &fixture("tiny_geneformer_medians.pkl"));
    folder
}

fn imported(checkpoint: &Path, pooling: Pooling, layer: i32) -> (tempfile::TempDir, Model) {
    let temporary = tempfile::tempdir().unwrap();
    let target = temporary.path().join("model");
    folder::write(import(checkpoint, Reading { pooling, layer }).unwrap(), &target).unwrap();
    (temporary, Model::open(&target).unwrap())
}

/// The dictionary's genes among these, and how a cell becomes a sequence.
fn ranks(model: &Model, genes: Vec<String>) -> (RankedGenes, RankTokenizer) {
    let (sizes, dictionary) = dictionary(model).unwrap();
    let found = RankedGenes::of_data(&dictionary, &GeneNames::from_index(genes), &Aliases::none());
    let tokenizer = RankTokenizer {
        tokens: found.tokens.clone(),
        medians: found.medians.clone(),
        ends: sizes.ends,
        max_length: sizes.max_length as usize,
    };
    (found, tokenizer)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    value.as_array().unwrap().iter().map(row).collect()
}

fn sequences(tokenizer: &RankTokenizer, cells: &RankedCells<'_>) -> Vec<Arc<[u32]>> {
    let sequence = |cell: usize| tokenizer.sequence(cells.counts.row(cell), cells.outside[cell]).0.into();
    (0..cells.counts.rows).map(sequence).collect()
}

fn largest_difference(ours: &[f32], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

fn tiny_counts() -> CountMatrix {
    let counts = rows(&known()["counts"]);
    let dense: Vec<f32> = counts.iter().flatten().map(|&x| x as f32).collect();
    CountMatrix::from_dense(counts.len(), counts[0].len(), &dense).unwrap()
}

#[test]
fn a_tiny_model_gives_what_double_precision_gives() {
    if !there_is_a_runtime() {
        return;
    }
    let (known, checkpoint, counts) = (known(), tiny_checkpoint(), tiny_counts());
    for (pooling, layer, name) in READINGS {
        let (_folder, model) = imported(checkpoint.path(), pooling, layer);
        let (genes, tokenizer) = ranks(&model, strings(&known["genes"]));
        let sequences = sequences(&tokenizer, &genes.cells(&counts));
        for (ours, theirs) in sequences.iter().zip(rows(&known["tokens"])) {
            assert_eq!(ours.iter().map(|&t| f64::from(t)).collect::<Vec<_>>(), theirs);
        }
        let mut engine = RankModel::open(&model, tokenizer, &Place::cpu()).unwrap();
        let ours = engine.embed(&sequences, &|_| ()).unwrap();
        let difference = largest_difference(&ours, &rows(&known[name]).concat());
        assert!(difference <= 3e-6, "{name}: {difference:e}");
        for (sequence, row) in sequences.iter().zip(ours.chunks(8)) {
            let alone = engine.embed(std::slice::from_ref(sequence), &|_| ()).unwrap();
            assert_eq!(alone, row, "{name}: the same bits alone and among others");
        }
    }
}

#[test]
fn swaps_that_change_no_rank_need_no_pass_and_all_equal_the_swapped_cell() {
    if !there_is_a_runtime() {
        return;
    }
    let (checkpoint, counts) = (tiny_checkpoint(), tiny_counts());
    let (_folder, model) = imported(checkpoint.path(), Pooling::Mean, -1);
    let (genes, tokenizer) = ranks(&model, strings(&known()["genes"]));
    let cells = genes.cells(&counts);
    let mut engine = RankModel::open(&model, tokenizer.clone(), &Place::cpu()).unwrap();
    let swapper = GeneformerSwapper::new(RankModel::open(&model, tokenizer.clone(), &Place::cpu()).unwrap());
    let swaps = swapper.swaps(&*cells.counts, &counts.row_sums());
    let (prototype, others) = (CellId(3), [CellId(0), CellId(1), CellId(2)]);
    let row = cells.counts.row(3);
    let base = tokenizer.sequence(row, cells.outside[3]).0;
    let found = swaps.swaps(prototype, &others).unwrap();
    let (mut swapped, mut unchanged) = (0, 0);
    for (other, found_genes) in others.iter().zip(&found.genes) {
        let differ = differences(row, cells.counts.row(other.index()));
        assert_eq!(
            found_genes.iter().map(|g| g.0).collect::<Vec<_>>(),
            differ.iter().map(|d| d.0).collect::<Vec<_>>()
        );
        for (&(_, place), (gene, _, to)) in found_genes.iter().zip(differ) {
            let cell = ChangedCell::with(row, gene, to);
            let sequence = tokenizer.sequence(cell.row(), cells.outside[3]).0;
            let fast = &found.embeddings[place as usize * 8..(place as usize + 1) * 8];
            assert_eq!(fast, engine.embed(&[sequence.clone().into()], &|_| ()).unwrap());
            if sequence == base {
                unchanged += 1;
                assert_eq!(fast, found.base);
            }
            swapped += 1;
        }
    }
    assert!(
        unchanged > 0 && swapper.passes() < swapped,
        "{} passes for {swapped} swaps, {unchanged} of them nothing",
        swapper.passes()
    );
    let before = swapper.passes();
    swaps.swaps(prototype, &others[..1]).unwrap();
    assert_eq!(swapper.passes(), before, "nothing is computed twice");
    let order: Vec<u32> = (0..genes.len() as u32).collect();
    let path = swaps.path(prototype, CellId(0), &order, &[0, genes.len() as u32]).unwrap();
    assert_eq!(path[..8], found.base[..]);
    // All genes swapped, and still the prototype's counts of the gene that the model does not know.
    let whole = tokenizer.sequence(cells.counts.row(0), cells.outside[3]).0;
    assert_eq!(path[8..], engine.embed(&[whole.into()], &|_| ()).unwrap());
    assert!((swaps.value(CellId(0), 1) - 1.0 / 11.0 * 10_000.0).abs() < 1e-3);
}

fn reference() -> Option<PathBuf> {
    let root = std::env::var_os("CELLPRISM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = root.join("data/reference/models/geneformer");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no reference models in the shared data folder (set CELLPRISM_SHARED)");
    None
}

/// Numbers of a tensor, whatever their type, with its columns.
fn numbers(bytes: &[u8], name: &str) -> (usize, Vec<f64>) {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    let (words, _) = tensor.data().as_chunks::<8>();
    let values = match tensor.dtype() {
        Dtype::F32 => {
            tensor.data().as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
        }
        Dtype::F64 => words.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::I64 => words.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
        other => panic!("{name} is {other:?}"),
    };
    (tensor.shape().last().copied().unwrap_or(1), values)
}

#[test]
fn tokens_embeddings_and_swaps_are_those_of_the_reference() {
    let Some(checkpoint) = reference() else { return };
    let info: Value = serde_json::from_slice(&fs::read(checkpoint.join("reference.json")).unwrap()).unwrap();
    let bytes = fs::read(checkpoint.join("reference.safetensors")).unwrap();
    let (columns, dense) = numbers(&bytes, "counts");
    let dense: Vec<f32> = dense.iter().map(|&x| x as f32).collect();
    let counts = CountMatrix::from_dense(dense.len() / columns, columns, &dense).unwrap();
    let (width, tokens) = numbers(&bytes, "tokens");
    for (pooling, layer, name) in READINGS {
        let (_folder, model) = imported(&checkpoint, pooling, layer);
        let (genes, tokenizer) = ranks(&model, strings(&info["genes"]));
        assert_eq!(genes.len() as u64, info["in_dictionary"].as_u64().unwrap());
        let cells = genes.cells(&counts);
        let found = sequences(&tokenizer, &cells);
        for (cell, sequence) in found.iter().enumerate() {
            let mut padded: Vec<f64> = sequence.iter().map(|&t| f64::from(t)).collect();
            padded.resize(width, 0.0);
            assert_eq!(padded, tokens[cell * width..(cell + 1) * width], "cell {cell}");
        }
        if !there_is_a_runtime() {
            continue;
        }
        let mut engine = RankModel::open(&model, tokenizer.clone(), &Place::cpu()).unwrap();
        let ours = engine.embed(&found, &|_| ()).unwrap();
        let key = match (pooling, layer) {
            (Pooling::Cls, -1) => "cls_f64",
            (Pooling::Mean, -1) => "mean_f64",
            (Pooling::Cls, _) => "cls_last_f64",
            (Pooling::Mean, _) => "mean_last_f64",
        };
        let difference = largest_difference(&ours, &numbers(&bytes, key).1);
        assert!(difference <= 1e-5, "{name}: {difference:e}");
        if layer == -1 {
            let part = |name: &str| numbers(&bytes, name).1;
            let (from, to, gene) = (part("swap_prototype"), part("swap_counterfactual"), part("swap_gene"));
            let swapped: Vec<Arc<[u32]>> = (0..gene.len())
                .map(|i| {
                    // A gene outside the dictionary changes the total only.
                    let cell = from[i] as usize;
                    let count = counts.get(to[i] as usize, gene[i] as usize);
                    let mut whole = CountMatrix::empty(columns);
                    let changed = ChangedCell::with(counts.row(cell), gene[i] as u32, count);
                    whole.push_row(changed.row().0.iter().copied().zip(changed.row().1.iter().copied()));
                    sequences(&tokenizer, &genes.cells(&whole)).remove(0)
                })
                .collect();
            let ours = engine.embed(&swapped, &|_| ()).unwrap();
            let key = if pooling == Pooling::Cls { "swap_cls_f64" } else { "swap_mean_f64" };
            let difference = largest_difference(&ours, &part(key));
            assert!(difference <= 1e-5, "{key}: {difference:e}");
        }
    }
}
