//! Steering on PBMC 3k: expected counts are scvi-tools', and the moved ones those of the decoder's formula in f64
//! (reference models in the shared folder).

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{fs, path::PathBuf};

use cellprism_core::{bundle::read_f32, embedding::scvi::ScviDecoder, steering::steer};
use cellprism_gpu_backend::{files::sae, models::scvi};
use ndarray::Array2;
use safetensors::SafeTensors;

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

/// Tensors of a file as f64 by name.
struct Weights(Vec<u8>);

impl Weights {
    fn get(&self, name: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        read_f32(&file, name).unwrap().1.into_iter().map(f64::from).collect()
    }

    /// y = W x + b.
    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let (w, b) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
        w.chunks(x.len())
            .zip(b)
            .map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b)
            .collect()
    }

    /// px_scale by the formula of scVI's decoder.
    fn shares(&self, z: &[f64], layers: usize) -> Vec<f64> {
        let mut h = z.to_vec();
        for layer in 0..layers {
            let name = format!("layers.{layer}");
            let (scale, shift) = (self.get(&format!("{name}.scale")), self.get(&format!("{name}.shift")));
            h = self.linear(&name, &h);
            for ((h, scale), shift) in h.iter_mut().zip(scale).zip(shift) {
                *h = (*h * scale + shift).max(0.0);
            }
        }
        let logits = self.linear("px_scale", &h);
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.iter().map(|x| (x - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }
}

#[test]
fn before_is_scvi_tools_and_after_is_the_formula() {
    let Some(folder) = models() else { return };
    let model = scvi::import(&folder.join("scvi")).unwrap();
    let bytes = &model.files["decoder.safetensors"];
    let decoder = ScviDecoder::from_safetensors(bytes).unwrap();
    let sae = sae::read(&folder.join("sae")).unwrap();
    let reference = Weights(fs::read(folder.join("scvi/reference.safetensors")).unwrap());
    let (n, genes) = (64, decoder.genes().len());
    let z = reference.get("qz_mean");
    let d = z.len() / n;
    let latent = Array2::from_shape_vec((n, d), z.iter().map(|&x| x as f32).collect()).unwrap();
    let totals: Vec<f64> = reference.get("counts").chunks(genes).map(|row| row.iter().sum()).collect();
    // concept 406, of B cells, raised by another step in every cell
    let direction: Vec<f32> = sae.w_dec.row(406).to_vec();
    let steps: Vec<f32> = (0..n).map(|i| i as f32 / 20.0 - 0.5).collect();
    let found = steer(&decoder, latent.view(), &totals, &[], &direction, &steps).unwrap();

    let rates = reference.get("px_rate");
    let weights = Weights(bytes.clone());
    let layers = model.card.scvi.as_ref().unwrap().layers as usize;
    let (mut ratio, mut after) = (vec![0.0; genes], vec![0.0; genes]);
    for cell in 0..n {
        let z: Vec<f64> = z[cell * d..(cell + 1) * d].to_vec();
        let moved: Vec<f64> =
            z.iter().zip(&direction).map(|(z, &d)| z + f64::from(steps[cell]) * f64::from(d)).collect();
        let (old, new) = (weights.shares(&z, layers), weights.shares(&moved, layers));
        for gene in 0..genes {
            ratio[gene] += (new[gene] / old[gene]).log2() / n as f64;
            after[gene] += new[gene] * totals[cell] / n as f64;
        }
    }
    let mut largest = 0.0f64;
    for gene in 0..genes {
        let before = (0..n).map(|cell| rates[cell * genes + gene]).sum::<f64>() / n as f64;
        assert!((found.before[gene] / before - 1.0).abs() <= 1e-4, "before, gene {gene}");
        assert!((found.after[gene] / after[gene] - 1.0).abs() <= 1e-4, "after, gene {gene}");
        assert!((found.log2_ratio[gene] - ratio[gene]).abs() <= 1e-5, "ratio, gene {gene}");
        largest = largest.max(ratio[gene].abs());
    }
    assert!(largest > 0.1, "nothing moved");

    // the present value: no step at all
    let same = steer(&decoder, latent.view(), &totals, &[], &direction, &vec![0.0; n]).unwrap();
    assert_eq!(same.before, same.after);
    assert!(same.log2_ratio.iter().all(|&ratio| ratio == 0.0));
}
