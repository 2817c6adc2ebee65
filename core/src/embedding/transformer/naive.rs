//! The definition, position by position in double precision.

use super::weights::{Affine, LayerWeights, Normalisation};

/// The last layer's vector at the first position.
pub(super) fn first(layers: &[LayerWeights], heads: usize, epsilon: f64, x: Vec<Vec<f64>>) -> Vec<f64> {
    let mut x = x;
    for layer in layers {
        let of = |affine: &Affine| -> Vec<Vec<f64>> { x.iter().map(|x| linear(affine, x)).collect() };
        let (query, key, value) = (of(&layer.query), of(&layer.key), of(&layer.value));
        x = x
            .iter()
            .zip(&query)
            .map(|(x, query)| {
                let attended = attend(query, &key, &value, heads);
                let between = add_normalised(&linear(&layer.out, &attended), x, &layer.norm1, epsilon);
                let hidden: Vec<f64> =
                    linear(&layer.linear1, &between).into_iter().map(|v| v.max(0.0)).collect();
                add_normalised(&linear(&layer.linear2, &hidden), &between, &layer.norm2, epsilon)
            })
            .collect();
    }
    x.swap_remove(0)
}

fn linear(affine: &Affine, x: &[f64]) -> Vec<f64> {
    let rows = affine.weights.chunks(affine.inputs());
    rows.zip(&affine.bias)
        .map(|(row, &bias)| f64::from(bias) + row.iter().zip(x).map(|(&w, x)| f64::from(w) * x).sum::<f64>())
        .collect()
}

fn attend(query: &[f64], key: &[Vec<f64>], value: &[Vec<f64>], heads: usize) -> Vec<f64> {
    let size = query.len() / heads;
    let mut out = Vec::new();
    for head in 0..heads {
        let part = head * size..(head + 1) * size;
        let score = |key: &Vec<f64>| {
            let product: f64 = query[part.clone()].iter().zip(&key[part.clone()]).map(|(q, k)| q * k).sum();
            product / (size as f64).sqrt()
        };
        let scores: Vec<f64> = key.iter().map(score).collect();
        let largest = scores.iter().copied().fold(f64::MIN, f64::max);
        let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
        let total: f64 = weights.iter().sum();
        out.extend(
            part.map(|f| weights.iter().zip(value).map(|(w, value)| w * value[f]).sum::<f64>() / total),
        );
    }
    out
}

fn add_normalised(a: &[f64], b: &[f64], norm: &Normalisation, epsilon: f64) -> Vec<f64> {
    let sum: Vec<f64> = a.iter().zip(b).map(|(a, b)| a + b).collect();
    let n = sum.len() as f64;
    let mean = sum.iter().sum::<f64>() / n;
    let variance = sum.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let scaled = norm.scale.iter().zip(&norm.shift);
    sum.iter()
        .zip(scaled)
        .map(|(v, (&scale, &shift))| {
            (v - mean) / (variance + epsilon).sqrt() * f64::from(scale) + f64::from(shift)
        })
        .collect()
}
