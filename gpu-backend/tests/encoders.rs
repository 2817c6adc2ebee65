//! Encoders that are neither scVI nor scGPT: import, embedding and occlusion against plain computations.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::{
    attribution::{ConceptCells, ConceptReader, Perturb, attribute},
    cells::CountMatrix,
    embedding::nearest::Neighbour,
    ids::{CellId, ConceptId},
};
use cellprism_gpu_backend::{
    models::{Model, counts::GraphSwapper, onnx},
    runtime::{Place, session::Runtime},
};
use cellprism_onnx::graph::{Dim, Element, Graph, Value};

const GENES: usize = 9;
const HIDDEN: usize = 6;
const LATENT: usize = 4;

fn number(seed: usize) -> f32 {
    ((seed as u32 + 1).wrapping_mul(2_654_435_761) >> 9) as f32 / 4_194_304.0 - 1.0
}

fn weights(rows: usize, columns: usize, seed: usize) -> Vec<f32> {
    (0..rows * columns).map(|i| number(i + seed)).collect()
}

/// z = relu(x · A) · B, with the names that the exporter happened to give.
fn two_layers(rows: Dim) -> Graph {
    let mut g = Graph::new("mine");
    let x = g.input("x", Element::F32, &[rows.clone(), Dim::fixed(GENES)]);
    let a = g.constant("A", &[GENES, HIDDEN], &weights(GENES, HIDDEN, 0));
    let b = g.constant("B", &[HIDDEN, LATENT], &weights(HIDDEN, LATENT, 500));
    let h = g.op("MatMul", &[x, a]);
    let h = g.op("Relu", &[h]);
    let z = g.op("MatMul", &[h, b]);
    g.output(z, "z", Element::F32, &[rows, Dim::fixed(LATENT)]);
    g
}

/// The same in f64, from counts scaled to 100 and their logarithm.
fn plainly(counts: &[f32]) -> Vec<f64> {
    let total: f64 = counts.iter().map(|&x| f64::from(x)).sum();
    let x: Vec<f64> = counts.iter().map(|&x| (f64::from(x) * 100.0 / total.max(1e-300)).ln_1p()).collect();
    let product = |x: &[f64], w: &[f32], columns: usize| -> Vec<f64> {
        (0..columns)
            .map(|j| x.iter().enumerate().map(|(i, x)| x * f64::from(w[i * columns + j])).sum())
            .collect()
    };
    let h: Vec<f64> =
        product(&x, &weights(GENES, HIDDEN, 0), HIDDEN).into_iter().map(|h| h.max(0.0)).collect();
    product(&h, &weights(HIDDEN, LATENT, 500), LATENT)
}

fn card(more: &str) -> String {
    let genes: Vec<String> = (0..GENES).map(|g| format!("\"G{g}\"")).collect();
    format!(r#"{{"genes": [{}], "latent": {LATENT}{more}}}"#, genes.join(", "))
}

const SCALED: &str = r#", "normalize": {"sum": 100.0}, "feed_log1p": true"#;

/// Imports a graph with a card; nothing where there is no ONNX Runtime.
fn import(folder: &Path, graph: &Graph, card: &str) -> Option<anyhow::Result<PathBuf>> {
    if let Err(error) = Runtime::start(None) {
        println!("skipped: {error}");
        return None;
    }
    let (file, json, out) = (folder.join("mine.onnx"), folder.join("card.json"), folder.join("model"));
    fs::write(&file, graph.to_bytes(17)).unwrap();
    fs::write(&json, card).unwrap();
    Some(onnx::import(&file, &json, &out, None).map(|_| out))
}

fn cells() -> CountMatrix {
    let dense: Vec<f32> = (0..3 * GENES).map(|i| ((number(i + 900) + 1.0) * 3.0).floor()).collect();
    CountMatrix::from_dense(3, GENES, &dense).unwrap()
}

fn row(counts: &CountMatrix, cell: usize) -> Vec<f32> {
    (0..GENES).map(|gene| counts.get(cell, gene)).collect()
}

fn close(ours: &[f32], theirs: &[f64]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(&a, b)| (f64::from(a) - b).abs() <= 1e-5)
}

#[test]
fn swaps_and_paths_are_the_definition() {
    let folder = tempfile::tempdir().unwrap();
    let Some(imported) = import(folder.path(), &two_layers(Dim::name("n")), &card(SCALED)) else { return };
    let model = Model::open(&imported.unwrap()).unwrap();
    assert_eq!((model.card.input_name(), model.card.output_name()), ("x", "z"));
    assert_eq!(model.card.preprocessing, "counts scaled to a sum of 100, log1p");
    let counts = cells();
    let swapper = GraphSwapper::open(&model, &Place::cpu(), &[]).unwrap();
    let swaps = swapper.swaps(&counts).unwrap();
    let found = swaps.swaps(CellId(0), &[CellId(1), CellId(2)]).unwrap();
    assert!(close(&found.base, &plainly(&row(&counts, 0))));
    for (other, genes) in found.genes.iter().enumerate() {
        for gene in 0..GENES {
            let (from, to) = (counts.get(0, gene), counts.get(other + 1, gene));
            let Some(&(_, pass)) = genes.iter().find(|swap| swap.0 as usize == gene) else {
                assert_eq!(from, to);
                continue;
            };
            let mut swapped = row(&counts, 0);
            swapped[gene] = to;
            let at = pass as usize * LATENT;
            assert!(close(&found.embeddings[at..at + LATENT], &plainly(&swapped)), "gene {gene}");
        }
    }
    let (order, steps) = ([4, 0, 8, 2], [0, 1, 3, 4]);
    let path = swaps.path(CellId(2), CellId(0), &order, &steps).unwrap();
    let mut cell = row(&counts, 2);
    for (i, &step) in steps.iter().enumerate() {
        for &gene in &order[..step as usize] {
            cell[gene as usize] = counts.get(0, gene as usize);
        }
        assert!(close(&path[i * LATENT..(i + 1) * LATENT], &plainly(&cell)), "step {step}");
    }
}

#[test]
fn attribution_is_the_definition() {
    let folder = tempfile::tempdir().unwrap();
    let Some(imported) = import(folder.path(), &two_layers(Dim::name("n")), &card(SCALED)) else { return };
    let model = Model::open(&imported.unwrap()).unwrap();
    let counts = cells();
    let swapper = GraphSwapper::open(&model, &Place::cpu(), &[]).unwrap();
    let swaps = swapper.swaps(&counts).unwrap();
    let w_enc = weights(LATENT, 7, 40);
    let reader = ConceptReader::new(&w_enc, &[0.1; 7], None, 7);
    let chosen = ConceptCells {
        prototypes: vec![(CellId(0), 1.0)],
        counterfactuals: vec![vec![
            Neighbour { cell: CellId(1), distance: 1.0 },
            Neighbour { cell: CellId(2), distance: 2.0 },
        ]],
    };
    for concept in 0..7 {
        let found = attribute(&swaps, &reader, ConceptId(concept), &chosen, 2).unwrap();
        let read = |cell: &[f32]| -> f64 {
            let z = plainly(cell);
            z.iter().enumerate().map(|(i, z)| z * f64::from(w_enc[i * 7 + concept as usize])).sum::<f64>()
        };
        let base = row(&counts, 0);
        let expected: Vec<f64> = (0..GENES)
            .map(|gene| {
                let falls = [1, 2].map(|other| {
                    let mut swapped = base.clone();
                    swapped[gene] = counts.get(other, gene);
                    read(&base) - read(&swapped)
                });
                (falls[0] + falls[1]) / 2.0
            })
            .collect();
        assert!(close(&found.scores_pre_topk, &expected), "{:?} {expected:?}", found.scores_pre_topk);
    }
}

/// Every way in which a graph can be another than its card says is told, and nothing is written.
#[test]
fn what_does_not_fit_is_told() {
    let refused = |graph: &Graph, card: &str, words: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let Some(imported) = import(folder.path(), graph, card) else { return };
        let error = format!("{:#}", imported.unwrap_err());
        for word in words {
            assert!(error.contains(word), "no {word:?} in {error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "something is left of the import");
    };
    let any = || Dim::name("n");
    let good = two_layers(any());
    refused(
        &good,
        &card("").replace("\"latent\": 4", "\"latent\": 5"),
        &["\"z\"", "4 columns", "5 dimensions"],
    );
    refused(&good, &card("").replace("\"G3\", ", ""), &["\"x\"", "9 columns", "8 genes"]);
    refused(&good, &card(r#", "output": "mean""#), &["\"mean\"", "\"z\""]);
    refused(&two_layers(Dim::fixed(1)), &card(""), &["exactly 1 cells", "dynamic"]);
    let build = |make: &dyn Fn(&mut Graph, Value) -> Value| {
        let mut g = Graph::new("other");
        let x = g.input("counts", Element::F32, &[any(), Dim::fixed(GENES)]);
        let w = g.constant("w", &[GENES, LATENT], &weights(GENES, LATENT, 3));
        let z = g.op("MatMul", &[x, w]);
        let z = make(&mut g, z);
        g.output(z, "embeddings", Element::F32, &[any(), Dim::fixed(LATENT)]);
        g
    };
    let infinite = build(&|g, z| {
        let zero = g.constant("zero", &[], &[0.0f32]);
        g.op("Div", &[z, zero])
    });
    refused(&infinite, &card(""), &["made-up cell", "normalize"]);
    let batchwise = build(&|g, z| {
        let mean = g.op_with("ReduceMean", &[z], &[("axes", vec![0].into())]);
        g.op("Sub", &[z, mean])
    });
    refused(&batchwise, &card(""), &["other cells of its batch", "evaluation mode"]);
    let random = build(&|g, z| {
        let noise = g.op("RandomNormalLike", &[z]);
        g.op("Add", &[z, noise])
    });
    refused(&random, &card(""), &["different embeddings", "dropout"]);
    let mut two_inputs = build(&|_, z| z);
    two_inputs.input("batch", Element::F32, &[any(), Dim::fixed(2)]);
    refused(&two_inputs, &card(""), &["also reads", "\"batch\""]);
    let mut whole_numbers = Graph::new("int");
    let x = whole_numbers.input("counts", Element::I64, &[any(), Dim::fixed(GENES)]);
    whole_numbers.output(x, "embeddings", Element::I64, &[any(), Dim::fixed(GENES)]);
    refused(&whole_numbers, &card(""), &["\"counts\"", "32-bit floats"]);
}

#[test]
fn a_text_file_is_no_graph() {
    if Runtime::start(None).is_err() {
        return println!("skipped: no ONNX Runtime");
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, json, out) =
        (folder.path().join("text.onnx"), folder.path().join("card.json"), folder.path().join("model"));
    fs::write(&file, "not a graph").unwrap();
    fs::write(&json, card("")).unwrap();
    let error = format!("{:#}", onnx::import(&file, &json, &out, None).unwrap_err());
    assert!(error.contains("text.onnx cannot be opened"), "{error}");
    assert!(!out.exists());
}
