//! Genes that the reader swaps, one after another, in every pair of a concept: what is left of its activation.

use cellprism_core::{
    attribution::{ConceptReader, Perturb, ScviSwaps},
    bundle::path,
    embedding::scvi::ScviEncoder,
    ids::ConceptId,
};
use serde::{Deserialize, Serialize};

use super::{dictionary::dictionary, files::Files, samples::Samples};
use crate::subject::Subject;

/// Swap genes, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Whose.
    pub subject: Subject,
    /// The concept or neuron.
    pub concept: ConceptId,
    /// N_p.
    pub prototypes: usize,
    /// N_c.
    pub counterfactuals: usize,
    /// Places of the genes in the model's list.
    pub genes: Vec<u32>,
}

impl Request {
    /// Files that the work reads, by their path in the bundle.
    pub fn files(&self) -> Vec<String> {
        let fixed = [path::MODEL_ENCODER].iter().chain(self.subject.dictionary_files());
        fixed.map(|&name| name.to_owned()).chain([self.subject.samples(self.concept)]).collect()
    }
}

/// What is left, with none of the genes swapped, the first, the first two and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The genes.
    pub genes: Vec<u32>,
    /// Pairs whose prototype is active before.
    pub pairs: usize,
    /// Mean activation after TopK over the pairs.
    pub mean: Vec<f64>,
    /// Mean over the pairs of the activation relative to its start, as deletion curves have it.
    pub share: Vec<f64>,
    /// Pairs in which the concept is no longer active.
    pub silent: Vec<u32>,
}

/// Swaps the genes, with the functions that draw a bundle's deletion curves.
///
/// # Errors
/// In words for the page: a file that is not what it should be, or a gene that the model does not have.
pub fn run(request: &Request, files: &Files) -> Result<Answer, String> {
    let encoder =
        ScviEncoder::from_safetensors(files.get(path::MODEL_ENCODER)?).map_err(|e| e.to_string())?;
    if let Some(gene) = request.genes.iter().find(|&&gene| gene as usize >= encoder.genes().len()) {
        return Err(format!("the model has no gene {gene}"));
    }
    let sae = dictionary(request.subject, files, encoder.latent(), request.concept)?;
    let samples =
        Samples::read(files.get(&request.subject.samples(request.concept))?, encoder.genes().len())?;
    let swaps = ScviSwaps::new(&encoder, &samples.counts, &[]).map_err(|e| e.to_string())?;
    let reader = ConceptReader::of(&sae);
    let cells = samples.ranking(request.prototypes, request.counterfactuals);
    let steps: Vec<u32> = (0..=request.genes.len() as u32).collect();
    let mut curves = Vec::new();
    for (&(prototype, _), near) in cells.prototypes.iter().zip(&cells.counterfactuals) {
        for other in near.iter().take(request.counterfactuals) {
            let path =
                swaps.path(prototype, other.cell, &request.genes, &steps).map_err(|e| e.to_string())?;
            let values = reader.read_rows(&path, request.concept);
            if values.first().is_some_and(|&start| start > 0.0) {
                curves.push(values);
            }
        }
    }
    Ok(summary(request.genes.clone(), &curves, steps.len()))
}

fn summary(genes: Vec<u32>, curves: &[Vec<f32>], points: usize) -> Answer {
    let n = curves.len().max(1) as f64;
    let over = |of: &dyn Fn(&[f32], usize) -> f64| -> Vec<f64> {
        (0..points).map(|i| curves.iter().map(|curve| of(curve, i)).sum::<f64>() / n).collect()
    };
    let silent = |i: usize| curves.iter().filter(|curve| curve[i] <= 0.0).count() as u32;
    Answer {
        genes,
        pairs: curves.len(),
        mean: over(&|curve, i| f64::from(curve[i])),
        share: over(&|curve, i| f64::from(curve[i] / curve[0])),
        silent: (0..points).map(silent).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_mean_over_pairs() {
        let found = summary(vec![4, 2], &[vec![2.0, 1.0, 0.0], vec![4.0, 4.0, 2.0]], 3);
        assert_eq!(found.mean, [3.0, 2.5, 1.0]);
        assert_eq!(found.share, [1.0, 0.75, 0.25]);
        assert_eq!((found.silent, found.pairs), (vec![0, 0, 1], 2));
        let none = summary(vec![], &[], 1);
        assert_eq!((none.mean, none.pairs), (vec![0.0], 0));
    }

    #[test]
    fn what_is_missing_is_named() {
        let request = Request {
            subject: Subject::Concepts,
            concept: ConceptId(3),
            prototypes: 10,
            counterfactuals: 3,
            genes: vec![1],
        };
        assert_eq!(
            request.files(),
            [
                "model/encoder.safetensors",
                "sae/cfg.json",
                "sae/sae_weights.safetensors",
                "samples/0003.safetensors"
            ]
        );
        assert!(run(&request, &Files::default()).unwrap_err().contains("model/encoder.safetensors"));
    }
}
