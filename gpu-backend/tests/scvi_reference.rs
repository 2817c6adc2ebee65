//! scVI's encoder, its decoder and attribution, against scvi-tools and the definition in f64 on PBMC 3k (reference
//! models in the shared folder).

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{fs, path::PathBuf};

use cellprism_core::{
    attribution::{Attribution, ConceptCells, ConceptReader, ScviSwaps, attribute, cells_of_concepts},
    cells::{Aliases, CountMatrix, map_genes},
    concepts::Activations,
    embedding::scvi::{ScviDecoder, ScviEncoder},
    ids::{CellId, ConceptId},
    sae::SaeWeights,
};
use cellprism_gpu_backend::{
    files::{h5ad, sae},
    jobs::activations,
    models::scvi,
};
use ndarray::Array2;
use safetensors::{Dtype, SafeTensors};

/// The folder of reference models, or `None` after saying that the test is skipped.
fn models() -> Option<PathBuf> {
    let root = std::env::var_os("CELLPRISM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = root.join("data/reference/models");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no reference models in the shared data folder (set CELLPRISM_SHARED)");
    None
}

/// Numbers of a tensor, whatever their type.
fn numbers(bytes: &[u8], name: &str) -> Vec<f64> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    let data = tensor.data();
    match tensor.dtype() {
        Dtype::F32 => data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        Dtype::F64 => data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::I64 => data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
        other => panic!("{name} is {other:?}"),
    }
}

fn largest_difference(ours: impl IntoIterator<Item = f32>, theirs: &[f64]) -> f64 {
    let ours: Vec<f32> = ours.into_iter().collect();
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

/// The reference model with all cells of PBMC 3k.
struct Reference {
    folder: PathBuf,
    encoder: ScviEncoder,
    counts: CountMatrix,
    sae: SaeWeights,
}

impl Reference {
    fn read() -> Option<Self> {
        let folder = models()?;
        let model = scvi::import(&folder.join("scvi")).unwrap();
        let encoder = ScviEncoder::from_safetensors(&model.files["encoder.safetensors"]).unwrap();
        let cells = h5ad::read(&folder.join("../../pbmc3k.h5ad"), &h5ad::Options::default()).unwrap();
        let map = map_genes(encoder.genes(), &cells.genes, &Aliases::none());
        let sae = sae::read(&folder.join("sae")).unwrap();
        Some(Self { counts: map.apply(&cells.counts).into_owned(), folder, encoder, sae })
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).unwrap()
    }

    fn reader(&self) -> ConceptReader {
        ConceptReader::of(&self.sae)
    }

    fn explain(
        &self,
        concept: ConceptId,
        activations: &Activations,
        latents: &Array2<f32>,
    ) -> (ConceptCells, Attribution) {
        let swaps = ScviSwaps::new(&self.encoder, &self.counts, &[]).unwrap();
        let mut cells = cells_of_concepts(activations, &[concept], latents.view(), &[3; 10], |_| ());
        let cells = cells.remove(0);
        let attribution = attribute(&swaps, &self.reader(), concept, &cells, 3).unwrap();
        (cells, attribution)
    }
}

#[test]
fn latents_are_scvi_tools() {
    let Some(reference) = Reference::read() else { return };
    let latents = reference.encoder.encode(&reference.counts, &[]).unwrap();
    let all = numbers(&reference.file("latents.safetensors"), "latents");
    assert!(largest_difference(latents.iter().copied(), &all) <= 1e-5);
    let scvi = reference.file("scvi/reference.safetensors");
    let rows: Vec<usize> = numbers(&scvi, "cell_index").iter().map(|&i| i as usize).collect();
    let chosen = reference.encoder.encode(&reference.counts.select_rows(&rows), &[]).unwrap();
    let truth = numbers(&scvi, "qz_mean_f64");
    assert!(largest_difference(chosen.iter().copied(), &truth) <= 5e-6);
}

#[test]
fn expected_counts_are_scvi_tools() {
    let Some(folder) = models() else { return };
    let model = scvi::import(&folder.join("scvi")).unwrap();
    let decoder = ScviDecoder::from_safetensors(&model.files["decoder.safetensors"]).unwrap();
    let scvi = fs::read(folder.join("scvi/reference.safetensors")).unwrap();
    let get = |name: &str| numbers(&scvi, name);
    let latent: Vec<f32> = get("qz_mean_f64").iter().map(|&x| x as f32).collect();
    let latent = Array2::from_shape_vec((64, latent.len() / 64), latent).unwrap();
    let totals: Vec<f64> = get("counts").chunks(decoder.genes().len()).map(|row| row.iter().sum()).collect();
    let rates = decoder.expected_counts(latent.view(), &totals, &[]).unwrap();
    for (name, tolerance) in [("px_rate", 1e-4), ("px_rate_f64_first8", 1e-5)] {
        for (ours, theirs) in rates.iter().zip(get(name)) {
            assert!((ours / theirs - 1.0).abs() <= tolerance, "{name}: {ours}, not {theirs}");
        }
    }
}

#[test]
fn prototypes_counterfactuals_and_scores_are_those_of_the_definition() {
    let Some(reference) = Reference::read() else { return };
    let latents = reference.encoder.encode(&reference.counts, &[]).unwrap();
    let activations = activations(&reference.sae, latents.view());
    let expected = reference.file("attribution/attribution.safetensors");
    let get = |name: &str| numbers(&expected, name);
    let genes = reference.counts.cols;
    for (i, concept) in get("concepts").iter().enumerate() {
        let (cells, found) = reference.explain(ConceptId(*concept as u32), &activations, &latents);
        let prototypes: Vec<f64> = cells.prototypes.iter().map(|p| f64::from(p.0.0)).collect();
        assert_eq!(prototypes, get("prototypes")[i * 10..(i + 1) * 10]);
        let near: Vec<f64> = cells.counterfactuals.iter().flatten().map(|n| f64::from(n.cell.0)).collect();
        assert_eq!(near, get("counterfactuals")[i * 30..(i + 1) * 30]);
        let at = i * genes..(i + 1) * genes;
        assert!(largest_difference(found.scores, &get("score_post")[at.clone()]) <= 2e-6);
        assert!(largest_difference(found.scores_pre_topk, &get("score_pre")[at]) <= 2e-6);
    }
}

/// The last concept of the reference sits at the edge of the top k: single genes push it out in most pairs.
#[test]
fn every_pair_of_a_concept_at_the_edge_is_right() {
    let Some(reference) = Reference::read() else { return };
    let latents = reference.encoder.encode(&reference.counts, &[]).unwrap();
    let activations = activations(&reference.sae, latents.view());
    let expected = reference.file("attribution/attribution.safetensors");
    let concept = ConceptId(*numbers(&expected, "concepts").last().unwrap() as u32);
    let (_, found) = reference.explain(concept, &activations, &latents);
    let genes = reference.counts.cols;
    let (mut post, mut pre) = (vec![0.0; 30 * genes], vec![0.0; 30 * genes]);
    for pair in &found.pairs {
        let start = (pair.prototype * 3 + pair.counterfactual) * genes;
        for swap in &pair.swaps {
            post[start + swap.gene as usize] = swap.post;
            pre[start + swap.gene as usize] = swap.pre;
        }
    }
    assert_ne!(post, pre);
    assert!(largest_difference(post, &numbers(&expected, "pair_post_last")) <= 1e-5);
    assert!(largest_difference(pre, &numbers(&expected, "pair_pre_last")) <= 1e-5);
}

/// The same cells in another order give the same genes the same scores, whatever the number of threads.
#[test]
fn the_order_of_cells_and_the_number_of_threads_do_not_matter() {
    let Some(reference) = Reference::read() else { return };
    let explain = |reference: &Reference, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let latents = reference.encoder.encode(&reference.counts, &[]).unwrap();
            reference.explain(ConceptId(406), &activations(&reference.sae, latents.view()), &latents)
        })
    };
    let (cells, found) = explain(&reference, 1);
    assert_eq!(explain(&reference, 3), (cells.clone(), found.clone()));
    let n = reference.counts.rows;
    let place = |cell: usize| (cell * 1013 + 7) % n;
    let mut order = vec![0; n];
    (0..n).for_each(|cell| order[place(cell)] = cell);
    let moved = Reference { counts: reference.counts.select_rows(&order), ..reference };
    let (moved_cells, moved_found) = explain(&moved, 2);
    let prototypes: Vec<CellId> = cells.prototypes.iter().map(|p| CellId::from(place(p.0.index()))).collect();
    let found_prototypes: Vec<CellId> = moved_cells.prototypes.iter().map(|p| p.0).collect();
    assert_eq!(found_prototypes, prototypes);
    assert_eq!((moved_found.scores, moved_found.pairs), (found.scores, found.pairs));
}
