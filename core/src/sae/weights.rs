//! `sae_weights.safetensors` of the SAELens layout.

use ndarray::{Array1, Array2};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{ConfigError, SaeConfig};

/// The weights of a sparse autoencoder with their conventions.
#[derive(Clone, Debug, PartialEq)]
pub struct SaeWeights {
    /// Sizes and conventions.
    pub config: SaeConfig,
    /// [d, c].
    pub w_enc: Array2<f32>,
    /// `[c]`.
    pub b_enc: Array1<f32>,
    /// [c, d]: one dictionary row a concept.
    pub w_dec: Array2<f32>,
    /// `[d]`.
    pub b_dec: Array1<f32>,
}

/// What is wrong with the weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// `cfg.json` cannot be honoured.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Not a safetensors file.
    #[error("sae_weights.safetensors is damaged: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// A tensor is missing.
    #[error("sae_weights.safetensors has no tensor {name:?}; it has {found}")]
    Missing {
        /// Its name.
        name: &'static str,
        /// The names that are there.
        found: String,
    },
    /// A tensor has another type or shape than `cfg.json` says.
    #[error(
        "sae_weights.safetensors: {name} is {found_type:?} {found:?}, but cfg.json (d_in, d_sae) asks for F32 {expected:?}"
    )]
    Shape {
        /// Its name.
        name: &'static str,
        /// Its type.
        found_type: Dtype,
        /// Its shape.
        found: Vec<usize>,
        /// The shape by `cfg.json`.
        expected: Vec<usize>,
    },
    /// A number that is infinite or not a number.
    #[error("sae_weights.safetensors: {name}, element {position}: {value} is not a finite number")]
    NotFinite {
        /// The tensor.
        name: &'static str,
        /// Position in row-major order.
        position: usize,
        /// The value.
        value: f32,
    },
}

impl SaeWeights {
    /// Reads `cfg.json` and `sae_weights.safetensors`. Sizes are compared before anything is allocated.
    ///
    /// # Errors
    /// If either is damaged, they do not fit each other, or a weight is not finite.
    pub fn from_safetensors(cfg_json: &[u8], tensors: &[u8]) -> Result<Self, WeightsError> {
        let config = SaeConfig::from_json(cfg_json)?;
        let file = SafeTensors::deserialize(tensors)?;
        let (d, c) = (config.d_in, config.d_sae);
        let w_enc = read(&file, "W_enc", &[d, c])?;
        let b_enc = read(&file, "b_enc", &[c])?;
        let w_dec = read(&file, "W_dec", &[c, d])?;
        let b_dec = read(&file, "b_dec", &[d])?;
        let matrix = |rows, columns, values| {
            Array2::from_shape_vec((rows, columns), values).expect("the shape was compared with the file's")
        };
        Ok(Self {
            w_enc: matrix(d, c, w_enc),
            b_enc: Array1::from_vec(b_enc),
            w_dec: matrix(c, d, w_dec),
            b_dec: Array1::from_vec(b_dec),
            config,
        })
    }

    /// `cfg.json` and `sae_weights.safetensors`.
    ///
    /// ```
    /// use cellprism_core::sae::{SaeConfig, SaeWeights};
    /// use ndarray::{Array1, Array2};
    ///
    /// let sae = SaeWeights {
    ///     config: SaeConfig::new(2, 2, 1)?, // d, c, k
    ///     w_enc: Array2::eye(2),
    ///     b_enc: Array1::zeros(2),
    ///     w_dec: Array2::eye(2),
    ///     b_dec: Array1::zeros(2),
    /// };
    /// let (config, tensors) = sae.to_safetensors()?;
    /// assert_eq!(SaeWeights::from_safetensors(config.as_bytes(), &tensors)?, sae);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the arrays do not fit the configuration, or a weight is not finite.
    pub fn to_safetensors(&self) -> Result<(String, Vec<u8>), WeightsError> {
        self.config.validate()?;
        let (d, c) = (self.config.d_in, self.config.d_sae);
        let all = [
            ("W_dec", vec![c, d], self.w_dec.shape(), bytes(self.w_dec.iter())),
            ("W_enc", vec![d, c], self.w_enc.shape(), bytes(self.w_enc.iter())),
            ("b_dec", vec![d], self.b_dec.shape(), bytes(self.b_dec.iter())),
            ("b_enc", vec![c], self.b_enc.shape(), bytes(self.b_enc.iter())),
        ];
        let mut views = Vec::with_capacity(all.len());
        for (name, expected, found, data) in &all {
            if expected != found {
                return Err(WeightsError::Shape {
                    name,
                    found_type: Dtype::F32,
                    found: found.to_vec(),
                    expected: expected.clone(),
                });
            }
            check_finite(name, data)?;
            views.push((*name, TensorView::new(Dtype::F32, expected.clone(), data)?));
        }
        Ok((self.config.to_json(), safetensors::serialize(views, None)?))
    }
}

fn bytes<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<u8> {
    values.flat_map(|v| v.to_le_bytes()).collect()
}

fn floats(data: &[u8]) -> impl Iterator<Item = f32> {
    data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b))
}

fn check_finite(name: &'static str, data: &[u8]) -> Result<(), WeightsError> {
    match floats(data).enumerate().find(|(_, v)| !v.is_finite()) {
        Some((position, value)) => Err(WeightsError::NotFinite { name, position, value }),
        None => Ok(()),
    }
}

fn read(file: &SafeTensors<'_>, name: &'static str, expected: &[usize]) -> Result<Vec<f32>, WeightsError> {
    let Ok(tensor) = file.tensor(name) else {
        return Err(WeightsError::Missing { name, found: file.names().join(", ") });
    };
    if tensor.dtype() != Dtype::F32 || tensor.shape() != expected {
        return Err(WeightsError::Shape {
            name,
            found_type: tensor.dtype(),
            found: tensor.shape().to_vec(),
            expected: expected.to_vec(),
        });
    }
    check_finite(name, tensor.data())?;
    Ok(floats(tensor.data()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> SaeWeights {
        let value = |i: usize| i as f32 * 0.125 - 3.0;
        SaeWeights {
            config: SaeConfig::new(3, 5, 2).unwrap(),
            w_enc: Array2::from_shape_fn((3, 5), |(i, j)| value(i * 5 + j)),
            b_enc: Array1::from_shape_fn(5, value),
            w_dec: Array2::from_shape_fn((5, 3), |(i, j)| value(i * 3 + j)),
            b_dec: Array1::from_shape_fn(3, value),
        }
    }

    #[test]
    fn survives_a_round_trip() {
        let (json, tensors) = example().to_safetensors().unwrap();
        assert_eq!(SaeWeights::from_safetensors(json.as_bytes(), &tensors).unwrap(), example());
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let (json, tensors) = example().to_safetensors().unwrap();
        let refuse = |json: &str, tensors: &[u8]| {
            SaeWeights::from_safetensors(json.as_bytes(), tensors).unwrap_err().to_string()
        };
        assert!(refuse(&json.replace("\"d_sae\": 5", "\"d_sae\": 6"), &tensors).contains("W_enc"));
        assert!(refuse(&json, &tensors[..tensors.len() - 4]).contains("damaged"));
        let mut lie = (1u64 << 60).to_le_bytes().to_vec();
        lie.extend(b"{}");
        assert!(refuse(&json, &lie).contains("damaged"));
        let mut infinite = tensors.clone();
        let end = infinite.len();
        infinite[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
        assert!(refuse(&json, &infinite).contains("b_enc, element 4"));
        let mut bad = example();
        bad.b_dec = Array1::zeros(4);
        assert!(bad.to_safetensors().is_err());
    }
}
