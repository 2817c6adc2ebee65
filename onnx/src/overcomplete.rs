//! Sparse autoencoders trained with the Python library overcomplete (0.3.0): `torch.save(sae.state_dict(), FILE)` of a
//! `TopKSAE` with the default encoder (one linear layer) and the default dictionary (rows of unit length).

use cellprism_core::sae::{SaeConfig, SaeWeights};
use ndarray::{Array1, Array2};

use crate::checkpoint::{CheckpointError, Tensor, torch::TorchFile};

/// What is added to a row's length before the row is divided by it.
const EPSILON: f32 = 1e-8;
/// All keys of a state dictionary that can be read.
const KEYS: [&str; 4] = [
    "encoder.final_block.0.weight",
    "encoder.final_block.0.bias",
    "dictionary._weights",
    "dictionary.multiplier",
];

/// Reads a state dictionary. It does not hold k: `active` does.
///
/// # Errors
/// If the file is refused, tensors are missing or do not fit, the encoder has more layers than one, or `active` is not
/// from 1 to c.
pub fn read(file: &[u8], active: usize) -> Result<SaeWeights, CheckpointError> {
    let checkpoint = TorchFile::read(file)?;
    let state = checkpoint.root();
    for (key, _) in state.entries() {
        let key = key.text().unwrap_or("a key that is no text");
        if !KEYS.contains(&key) {
            return Err(CheckpointError::Missing(format!(
                "{key}: only overcomplete's default linear encoder can be read ({})",
                KEYS.join(", ")
            )));
        }
    }
    let tensor = |name: &str| -> Result<Tensor, CheckpointError> {
        let node = state.get(name);
        let node = node.ok_or_else(|| {
            CheckpointError::Missing(format!(
                "no {name:?}: is it the state_dict() of an overcomplete TopKSAE?"
            ))
        })?;
        let wrong = || CheckpointError::tensor(name, format!("it is {}, not a tensor", node.kind()));
        checkpoint.tensor(name, &node.tensor().ok_or_else(wrong)?)
    };
    let encoder = tensor(KEYS[0])?;
    let &[c, d] = &encoder.shape[..] else {
        return Err(CheckpointError::tensor(KEYS[0], format!("shape {:?}, expected [c, d]", encoder.shape)));
    };
    let encoder = encoder.expect(KEYS[0], &[c, d])?;
    let bias = tensor(KEYS[1])?.expect(KEYS[1], &[c])?;
    let dictionary = tensor(KEYS[2])?.expect(KEYS[2], &[c, d])?;
    let scale = tensor(KEYS[3])?.expect(KEYS[3], &[])?.values[0].exp();
    let mut config =
        SaeConfig::new(d, c, active).map_err(|e| CheckpointError::Missing(format!("--active: {e}")))?;
    config.apply_b_dec_to_input = false;
    config.metadata = serde_json::json!({ "source": "overcomplete" });
    let mut w_dec = dictionary.values;
    for row in w_dec.chunks_exact_mut(d.max(1)) {
        let length = row.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt() as f32 + EPSILON;
        row.iter_mut().for_each(|w| *w = *w / length * scale);
    }
    Ok(SaeWeights {
        config,
        w_enc: Array2::from_shape_fn((d, c), |(i, j)| encoder.values[j * d + i]),
        b_enc: Array1::from_vec(bias.values),
        w_dec: Array2::from_shape_fn((c, d), |(j, i)| w_dec[j * d + i]),
        b_dec: Array1::zeros(d),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    const FILE: &[u8] = include_bytes!("../../tests/fixtures/overcomplete/sae.pt");
    const EXPECTED: &str = include_str!("../../tests/fixtures/overcomplete/sae.json");

    #[derive(Deserialize)]
    struct Expected {
        active: usize,
        embeddings: Vec<Vec<f32>>,
        activations: Vec<Vec<f32>>,
        rebuilt: Vec<Vec<f32>>,
    }

    #[test]
    fn encodes_and_decodes_as_overcomplete_does() {
        let expected: Expected = serde_json::from_str(EXPECTED).unwrap();
        let sae = read(FILE, expected.active).unwrap();
        for (cell, x) in expected.embeddings.iter().enumerate() {
            let (indices, values) = sae.encode_row(x);
            let mut dense = vec![0.0; sae.config.d_sae];
            for (&j, &u) in indices.iter().zip(&values) {
                dense[j as usize] = u;
            }
            for (ours, theirs) in dense.iter().zip(&expected.activations[cell]) {
                assert!((ours - theirs).abs() < 1e-5, "cell {cell}: {ours} {theirs}");
            }
            let rebuilt = Array1::from_vec(dense).dot(&sae.w_dec);
            for (ours, theirs) in rebuilt.iter().zip(&expected.rebuilt[cell]) {
                assert!((ours - theirs).abs() < 1e-5, "cell {cell}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        assert!(read(FILE, 0).unwrap_err().to_string().contains("--active"));
        assert!(read(FILE, 11).unwrap_err().to_string().contains("--active"));
        assert!(read(&FILE[..FILE.len() / 2], 3).is_err());
        assert!(read(b"", 3).is_err());
    }
}
