//! Layers as ONNX operators. Batch normalisation is folded into the linear layers in f64.

use super::weights::{Layer, Linear};
use crate::{
    checkpoint::Tensor,
    graph::{Dim, Element, Graph, Value},
};

/// The input `covariates`, where the network has one-hot columns.
pub(crate) fn covariates(g: &mut Graph, width: usize) -> Option<Value> {
    (width > 0).then(|| g.input("covariates", Element::F32, &[Dim::name("n"), Dim::fixed(width)]))
}

/// ln(1 + x).
pub(crate) fn log1p(g: &mut Graph, x: Value) -> Value {
    let one = g.constant("one", &[], &[1.0f32]);
    let shifted = g.op("Add", &[x, one]);
    g.op("Log", &[shifted])
}

/// Hidden layers, `covariates` entering those that read them.
pub(crate) fn hidden(g: &mut Graph, mut x: Value, covariates: Option<Value>, layers: &[Layer]) -> Value {
    for (i, layer) in layers.iter().enumerate() {
        if let Some(covariates) = covariates.filter(|_| layer.covariates) {
            x = g.op_with("Concat", &[x, covariates], &[("axis", 1.into())]);
        }
        let sum = linear(g, x, &format!("layer{i}"), &folded(layer));
        x = match &layer.slope {
            None => g.op("Relu", &[sum]),
            Some(slope) => {
                let slope = g.constant(&format!("layer{i}_slope"), &slope.shape, &slope.values);
                g.op("PRelu", &[sum, slope])
            }
        };
    }
    x
}

/// A linear layer; `name` is that of its constants.
pub(crate) fn linear(g: &mut Graph, x: Value, name: &str, linear: &Linear) -> Value {
    let weight = g.constant(&format!("{name}_weight"), &linear.weight.shape, &linear.weight.values);
    let bias = g.constant(&format!("{name}_bias"), &linear.bias.shape, &linear.bias.values);
    g.op_with("Gemm", &[x, weight, bias], &[("transB", 1.into())])
}

/// (W x + b) · scale + shift as one linear layer.
fn folded(layer: &Layer) -> Linear {
    let inputs = layer.weight.shape[1];
    let scaled = |(row, &scale): (&[f32], &f32)| -> Vec<f32> {
        row.iter().map(|&w| (f64::from(w) * f64::from(scale)) as f32).collect()
    };
    let weight = layer.weight.values.chunks(inputs).zip(&layer.scale.values).flat_map(scaled).collect();
    let bias = (layer.bias.values.iter().zip(&layer.scale.values).zip(&layer.shift.values))
        .map(|((&b, &scale), &shift)| (f64::from(b) * f64::from(scale) + f64::from(shift)) as f32)
        .collect();
    Linear {
        weight: Tensor { shape: layer.weight.shape.clone(), values: weight },
        bias: Tensor { shape: layer.bias.shape.clone(), values: bias },
    }
}
