//! scGPT's sequences and embeddings: against PyTorch on a tiny model kept here, and against scGPT's own tokens, bins and
//! embeddings on PBMC 3k (reference models in the shared folder).

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::{
    attribution::Perturb,
    cells::{Aliases, CountMatrix, GeneNames},
    embedding::scgpt::{BinnedCell, SequenceGenes, SequenceRule, Tokenizer},
    ids::CellId,
};
use cellprism_gpu_backend::{
    models::{
        folder::{self, Model},
        scgpt::{self, NativePasses, ScgptSwapper, SequenceModel, read_gene_list, vocabulary},
    },
    runtime::{Place, session::Runtime},
};
use cellprism_onnx::folder::ModelFolder;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

fn models() -> Option<PathBuf> {
    let root = std::env::var_os("CELLPRISM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = root.join("data/reference/models/scgpt");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no reference models in the shared data folder (set CELLPRISM_SHARED)");
    None
}

fn there_is_a_runtime() -> bool {
    Runtime::start(None).map_err(|error| println!("skipped: {error}")).is_ok()
}

/// Numbers of a tensor, whatever their type, with its columns.
fn numbers(bytes: &[u8], name: &str) -> (usize, Vec<f64>) {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    let data = tensor.data();
    let values = match tensor.dtype() {
        Dtype::F32 => data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        Dtype::F64 => data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::I64 => data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
        other => panic!("{name} is {other:?}"),
    };
    (tensor.shape().last().copied().unwrap_or(1), values)
}

/// A checkpoint imported into a temporary folder.
fn imported(checkpoint: &Path) -> (tempfile::TempDir, Model) {
    imported_as(checkpoint, |folder| folder)
}

fn imported_as(checkpoint: &Path, change: fn(ModelFolder) -> ModelFolder) -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model");
    folder::write(change(scgpt::import(checkpoint).unwrap()), &target).unwrap();
    (folder, Model::open(&target).unwrap())
}

fn tokenizer(model: &Model, genes: &SequenceGenes, rule: SequenceRule) -> Tokenizer {
    let (sizes, _) = vocabulary(model).unwrap();
    Tokenizer {
        tokens: genes.tokens.clone(),
        rule,
        bins: sizes.bins,
        max_length: sizes.max_length as usize,
        cls: sizes.cls,
        pad_value: sizes.pad_value,
    }
}

fn largest_difference(ours: &[f32], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

/// The tiny model.
fn tiny() -> (tempfile::TempDir, Model) {
    tiny_as(|folder| folder)
}

/// The tiny model, changed before it is written.
fn tiny_as(change: fn(ModelFolder) -> ModelFolder) -> (tempfile::TempDir, Model) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures");
    let checkpoint = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("tiny_scgpt.pt", "best_model.pt"),
        ("tiny_args.json", "args.json"),
        ("tiny_vocab.json", "vocab.json"),
    ] {
        fs::copy(fixtures.join(from), checkpoint.path().join(to)).unwrap();
    }
    imported_as(checkpoint.path(), change)
}

fn tiny_engine(model: &Model, rule: SequenceRule) -> SequenceModel {
    let genes = SequenceGenes { tokens: (0..6).collect(), ..SequenceGenes::default() };
    SequenceModel::open(model, tokenizer(model, &genes, rule), &Place::cpu()).unwrap()
}

fn cell(bins: &[(u32, u16)]) -> BinnedCell {
    BinnedCell { genes: bins.iter().map(|b| b.0).collect(), bins: bins.iter().map(|b| b.1).collect() }
}

#[test]
fn a_tiny_model_gives_what_pytorch_gives() {
    if !there_is_a_runtime() {
        return;
    }
    let (_folder, model) = tiny();
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures/tiny_scgpt.json");
    let reference: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let list = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let mut engine = tiny_engine(&model, SequenceRule::Nonzero);
    let (mut cells, mut theirs) = (Vec::new(), Vec::new());
    for i in 0..2 {
        // Order does not matter to a model without positions; the first two cells have no zero.
        let mut pairs: Vec<(u32, u16)> = list(&reference["tokens"][i])[1..]
            .iter()
            .zip(&list(&reference["values"][i])[1..])
            .map(|(&token, &value)| (token as u32, value as u16))
            .collect();
        pairs.sort_unstable();
        cells.push(cell(&pairs));
        theirs.extend(list(&reference["embeddings"][i]));
    }
    let ours = engine.embed(&cells, &|_| ()).unwrap();
    assert!(largest_difference(&ours, &theirs) <= 1e-6);
    let fixed: Vec<(u32, u16)> = vec![(0, 6), (1, 5), (2, 4), (3, 3)];
    let ours = tiny_engine(&model, SequenceRule::FixedHvg).embed(&[cell(&fixed)], &|_| ()).unwrap();
    assert!(largest_difference(&ours, &list(&reference["embeddings"][2])) <= 1e-6);
}

#[test]
fn half_precision_is_near_and_recorded() {
    if !there_is_a_runtime() {
        return;
    }
    let (_folder, model) = tiny();
    let (_other, half) = tiny_as(|folder| folder.in_half_precision().unwrap());
    assert_eq!((model.card.precision.as_str(), half.card.precision.as_str()), ("float32", "float16"));
    let cells = [cell(&[(0, 6), (1, 5), (3, 1)]), cell(&[(2, 4), (4, 2), (5, 6)])];
    let embed = |model| tiny_engine(model, SequenceRule::Nonzero).embed(&cells, &|_| ()).unwrap();
    let exact: Vec<f64> = embed(&model).into_iter().map(f64::from).collect();
    let difference = largest_difference(&embed(&half), &exact);
    assert!(0.0 < difference && difference < 5e-3, "{difference}");
}

#[test]
fn a_cell_has_the_same_bits_alone_and_among_others() {
    if !there_is_a_runtime() {
        return;
    }
    let (_folder, model) = tiny();
    let cells: Vec<BinnedCell> =
        (0..40u16).map(|i| cell(&[(0, 1 + i), (u32::from(i % 5) + 1, 50 - i)])).collect();
    for rule in [SequenceRule::FixedHvg, SequenceRule::Nonzero] {
        let mut engine = tiny_engine(&model, rule);
        let together = engine.embed(&cells, &|_| ()).unwrap();
        for (one, row) in cells.iter().zip(together.chunks(8)) {
            assert_eq!(engine.embed(std::slice::from_ref(one), &|_| ()).unwrap(), row);
        }
    }
}

#[test]
fn shared_passes_equal_one_pass_a_swap() {
    if !there_is_a_runtime() {
        return;
    }
    let (_folder, model) = tiny();
    let cells =
        [cell(&[(0, 5), (2, 9), (3, 1)]), cell(&[(0, 5), (1, 7), (3, 2)]), cell(&[(1, 7), (3, 4), (5, 50)])];
    for rule in [SequenceRule::FixedHvg, SequenceRule::Nonzero] {
        let swapper = ScgptSwapper::new(tiny_engine(&model, rule));
        let swaps = swapper.swaps((0..).map(CellId).zip(cells.iter().cloned()).collect());
        let mut engine = tiny_engine(&model, rule);
        let mut naive = |gene: u32, bin: u16| engine.embed(&[cells[0].with(gene, bin)], &|_| ()).unwrap();
        let found = swaps.swaps(CellId(0), &[CellId(1), CellId(2)]).unwrap();
        assert_eq!(found.genes.iter().map(Vec::len).collect::<Vec<_>>(), [3, 5]);
        for (other, genes) in found.genes.iter().enumerate() {
            for &(gene, row) in genes {
                let fast = &found.embeddings[row as usize * 8..(row as usize + 1) * 8];
                assert_eq!(fast, naive(gene, cells[other + 1].bin(gene)), "{rule:?} gene {gene}");
            }
        }
        // Two counterfactuals agree on genes 1 and 2: six passes for eight swaps, and the prototype itself.
        assert_eq!((found.embeddings.len() / 8, swapper.passes()), (6, 7));
        swaps.swaps(CellId(0), &[CellId(2), CellId(1)]).unwrap();
        assert_eq!(swapper.passes(), 7, "nothing is computed twice");
        let path = swaps.path(CellId(0), CellId(2), &[4, 0, 1, 2, 3, 5], &[0, 1, 6]).unwrap();
        assert_eq!(path[..8], found.base[..]);
        assert_eq!(path[8..16], found.base[..], "gene 4 is zero in both");
        assert_eq!(path[16..], engine.embed(&cells[2..], &|_| ()).unwrap());
    }
}

/// Code of our own, which updates the first layer and computes the last for `<cls>` alone, against whole passes of ONNX Runtime.
#[test]
fn native_swaps_equal_whole_passes() {
    if !there_is_a_runtime() {
        return;
    }
    let (_folder, model) = tiny();
    let cells =
        [cell(&[(0, 5), (2, 9), (3, 1)]), cell(&[(0, 5), (1, 7), (3, 2)]), cell(&[(1, 7), (3, 4), (5, 50)])];
    for rule in [SequenceRule::FixedHvg, SequenceRule::Nonzero] {
        let genes = SequenceGenes { tokens: (0..6).collect(), ..SequenceGenes::default() };
        let passes =
            NativePasses::open(&model, &tokenizer(&model, &genes, rule), &Place::cpu()).unwrap().unwrap();
        let near = |a: &[f32], b: &[f32]| {
            let b: Vec<f64> = b.iter().map(|&x| f64::from(x)).collect();
            largest_difference(a, &b) <= 1e-6
        };
        let alone = tiny_engine(&model, rule).embed(&cells, &|_| ()).unwrap();
        assert!(near(&passes.embed_all(&cells).unwrap(), &alone), "{rule:?}");
        let fast = ScgptSwapper::native(passes);
        let plain = ScgptSwapper::new(tiny_engine(&model, rule));
        let numbered = || (0..).map(CellId).zip(cells.clone()).collect();
        let (fast_swaps, plain_swaps) = (fast.swaps(numbered()), plain.swaps(numbered()));
        for others in [[1, 2], [2, 1], [0, 2]] {
            let others = others.map(CellId);
            let (found, expected) = (
                fast_swaps.swaps(CellId(0), &others).unwrap(),
                plain_swaps.swaps(CellId(0), &others).unwrap(),
            );
            assert_eq!(found.genes, expected.genes);
            assert!(
                near(&found.base, &expected.base) && near(&found.embeddings, &expected.embeddings),
                "{rule:?}"
            );
        }
        assert_eq!(fast.passes(), plain.passes());
        let order = [4, 0, 1, 2, 3, 5];
        let path = fast_swaps.path(CellId(0), CellId(2), &order, &[0, 1, 3, 6]).unwrap();
        assert!(near(&path, &plain_swaps.path(CellId(0), CellId(2), &order, &[0, 1, 3, 6]).unwrap()));
        assert_eq!(path[..8], fast_swaps.swaps(CellId(0), &[CellId(1)]).unwrap().base[..]);
    }
}

#[test]
fn tokens_and_bins_are_scgpts() {
    let Some(folder) = models() else { return };
    let info: Value = serde_json::from_slice(&fs::read(folder.join("reference.json")).unwrap()).unwrap();
    let names = info["genes"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect();
    let genes = GeneNames::from_index(names);
    let (_folder, model) = imported(&folder);
    let (_, vocabulary) = vocabulary(&model).unwrap();
    let bytes = fs::read(folder.join("reference.safetensors")).unwrap();
    let (columns, counts) = numbers(&bytes, "counts");
    let dense: Vec<f32> = counts.iter().map(|&x| x as f32).collect();
    let counts = CountMatrix::from_dense(dense.len() / columns, columns, &dense).unwrap();

    let all = SequenceGenes::of_data(&vocabulary, &genes, &Aliases::none());
    let mut ids = vec![-1.0; genes.len()];
    for (token, column) in all.tokens.iter().zip(&all.map.column_of) {
        ids[column.unwrap() as usize] = f64::from(*token);
    }
    assert_eq!(ids, numbers(&bytes, "gene_vocab_id").1);
    let (longest, tokens) = numbers(&bytes, "token_ids");
    let (values, lengths) = (numbers(&bytes, "values").1, numbers(&bytes, "length").1);
    let nonzero = tokenizer(&model, &all, SequenceRule::Nonzero);
    let mapped = all.map.apply(&counts);
    for (row, &length) in lengths.iter().enumerate() {
        let (cell, shortened) = nonzero.bin(mapped.row(row));
        let (mut ours_tokens, mut ours_values) = (Vec::new(), Vec::new());
        nonzero.write(&cell, &mut ours_tokens, &mut ours_values);
        assert!(!shortened);
        assert_eq!(ours_tokens.len() as f64, length);
        for (i, (&token, &value)) in ours_tokens.iter().zip(&ours_values).enumerate() {
            let at = row * longest + i;
            assert_eq!(
                (token as f64, f64::from(value)),
                (tokens[at], values[at]),
                "cell {row}, position {i}"
            );
        }
    }

    let list = read_gene_list(&folder.join("fixed/genes.txt")).unwrap();
    let fixed = SequenceGenes::of_list(&vocabulary, &genes, &Aliases::none(), &list).unwrap();
    let (width, bins) = numbers(&fs::read(folder.join("fixed/reference.safetensors")).unwrap(), "values");
    let rule = tokenizer(&model, &fixed, SequenceRule::FixedHvg);
    let mapped = fixed.map.apply(&counts);
    for row in 0..mapped.rows {
        let cell = rule.bin(mapped.row(row)).0;
        let ours: Vec<f64> = (0..width as u32).map(|gene| f64::from(cell.bin(gene))).collect();
        assert_eq!(ours, bins[row * width..(row + 1) * width], "cell {row}");
    }
}
