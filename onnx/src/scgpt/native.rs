//! The weights of an imported model, read back out of `model.onnx` by the names that the graph's builder gives them, for
//! code that runs them without ONNX Runtime.

use std::collections::HashMap;

use cellprism_core::embedding::{
    card::ScgptSizes,
    scgpt::ScgptEncoder,
    transformer::{Affine, LayerWeights, Normalisation, Transformer},
};
use prost::Message;

use super::transformer::{EPSILON, LARGEST_VALUE};
use crate::{
    graph::{Element, PRODUCER},
    proto,
    transformer::turned,
};

/// The encoder of a `model.onnx` that [`super::import`] wrote; `None` where another program wrote it or it is in half
/// precision: then only ONNX Runtime knows how to run it.
///
/// # Errors
/// If the file is no ONNX model.
pub fn encoder(
    model: &[u8],
    sizes: &ScgptSizes,
    width: usize,
) -> Result<Option<ScgptEncoder>, prost::DecodeError> {
    let model = proto::Model::decode(model)?;
    let Some(graph) = model.graph.filter(|_| model.producer_name == PRODUCER) else { return Ok(None) };
    let constants = graph.initializer.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
    Ok(Constants(constants).encoder(sizes, width))
}

/// Constants of a graph by name.
struct Constants(HashMap<String, proto::Tensor>);

impl Constants {
    fn encoder(&self, sizes: &ScgptSizes, width: usize) -> Option<ScgptEncoder> {
        let layers = (0..sizes.layers).map(|i| self.layer(i, width)).collect::<Option<Vec<_>>>()?;
        let transformer = Transformer::new(width, sizes.heads as usize, EPSILON, layers)?;
        let value = Value {
            first: self.affine("value1", 1)?,
            second: self.affine("value2", width)?,
            norm: self.norm("value_norm")?,
        };
        let bins = (0..sizes.bins).flat_map(|bin| value.embedded(bin as f32)).collect();
        let tokens = self.values("genes")?;
        ScgptEncoder::new(transformer, tokens, bins, value.embedded(sizes.pad_value))
    }

    fn layer(&self, index: u32, width: usize) -> Option<LayerWeights> {
        let name = |part: &str| format!("layer{index}_{part}");
        let biases = self.values(&name("qkv_bias"))?;
        let projection = |part: &str, place: usize| {
            let weights = self.turned(&name(&format!("{part}_weight")), width)?;
            Some(Affine { weights, bias: biases.get(place * width..(place + 1) * width)?.to_vec() })
        };
        // The biases after attention and after the feed-forward part are added where their sums are normalised.
        let product = |part: &str, norm: &str, inputs: usize| {
            let weights = self.turned(&name(&format!("{part}_weight")), inputs)?;
            Some(Affine { weights, bias: self.values(&name(&format!("{norm}_bias")))? })
        };
        let linear1 = self.affine(&name("linear1"), width)?;
        Some(LayerWeights {
            query: projection("query", 0)?,
            key: projection("key", 1)?,
            value: projection("value", 2)?,
            out: product("out", "norm1", width)?,
            norm1: self.norm(&name("norm1"))?,
            linear2: product("linear2", "norm2", linear1.bias.len())?,
            linear1,
            norm2: self.norm(&name("norm2"))?,
        })
    }

    fn affine(&self, name: &str, inputs: usize) -> Option<Affine> {
        let weights = self.turned(&format!("{name}_weight"), inputs)?;
        Some(Affine { weights, bias: self.values(&format!("{name}_bias"))? })
    }

    fn norm(&self, name: &str) -> Option<Normalisation> {
        let (scale, shift) = (self.values(&format!("{name}_scale"))?, self.values(&format!("{name}_shift"))?);
        Some(Normalisation { scale, shift })
    }

    /// Weights [inputs, outputs] as [outputs, inputs].
    fn turned(&self, name: &str, inputs: usize) -> Option<Vec<f32>> {
        let values = self.values(name)?;
        let outputs = values.len().checked_div(inputs).filter(|outputs| outputs * inputs == values.len())?;
        Some(turned(&values, outputs).values)
    }

    fn values(&self, name: &str) -> Option<Vec<f32>> {
        let tensor = self.0.get(name).filter(|tensor| tensor.data_type == Element::F32.code())?;
        let (words, rest) = tensor.raw_data.as_deref()?.as_chunks::<4>();
        rest.is_empty().then(|| words.iter().map(|word| f32::from_le_bytes(*word)).collect())
    }
}

/// What a value is embedded by.
struct Value {
    first: Affine,
    second: Affine,
    norm: Normalisation,
}

impl Value {
    fn embedded(&self, value: f32) -> Vec<f32> {
        let value = f64::from(value.min(LARGEST_VALUE));
        let linear = |affine: &Affine, x: &[f64]| -> Vec<f64> {
            let rows = affine.weights.chunks(x.len());
            let sum = |row: &[f32]| row.iter().zip(x).map(|(&w, x)| f64::from(w) * x).sum::<f64>();
            rows.zip(&affine.bias).map(|(row, &bias)| f64::from(bias) + sum(row)).collect()
        };
        let hidden: Vec<f64> = linear(&self.first, &[value]).into_iter().map(|v| v.max(0.0)).collect();
        let wide = linear(&self.second, &hidden);
        let n = wide.len() as f64;
        let mean = wide.iter().sum::<f64>() / n;
        let variance = wide.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        let deviation = (variance + f64::from(EPSILON)).sqrt();
        let scaled = self.norm.scale.iter().zip(&self.norm.shift);
        wide.iter()
            .zip(scaled)
            .map(|(v, (&scale, &shift))| {
                ((v - mean) / deviation * f64::from(scale) + f64::from(shift)) as f32
            })
            .collect()
    }
}
