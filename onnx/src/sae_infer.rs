//! Encoding by a TopK sparse autoencoder as an ONNX graph.
//!
//! Input `embeddings` [n, d]; outputs `indices` [n, k] i64 and `values` [n, k], by falling activation, ReLU applied. Sums
//! have the runtime's own order: values agree with `SaeWeights::encode` to rounding, not to the bit.

use cellprism_core::sae::SaeWeights;

use crate::graph::{Dim, Element, Graph};

/// The graph of a sparse autoencoder; any number of cells.
pub fn graph(sae: &SaeWeights) -> Graph {
    let (d, c, k) = (sae.config.d_in, sae.config.d_sae, sae.config.k);
    let mut g = Graph::new("sae_infer");
    let cells = || Dim::name("cells");
    let x = g.input("embeddings", Element::F32, &[cells(), Dim::fixed(d)]);
    let constant = |g: &mut Graph, name, shape: &[usize], values: Vec<f32>| g.constant(name, shape, &values);
    let input = if sae.config.apply_b_dec_to_input {
        let b_dec = constant(&mut g, "b_dec", &[d], sae.b_dec.to_vec());
        g.op("Sub", &[x, b_dec])
    } else {
        x
    };
    let w_enc = constant(&mut g, "W_enc", &[d, c], sae.w_enc.iter().copied().collect());
    let b_enc = constant(&mut g, "b_enc", &[c], sae.b_enc.to_vec());
    let product = g.op("MatMul", &[input, w_enc]);
    let pre = g.op("Add", &[product, b_enc]);
    let count = g.constant("k", &[1], &[k as i64]);
    let [top, indices] = g.op_many("TopK", &[pre, count], &[("axis", 1.into()), ("sorted", 1.into())]);
    let values = g.op("Relu", &[top]);
    g.output(indices, "indices", Element::I64, &[cells(), Dim::fixed(k)]);
    g.output(values, "values", Element::F32, &[cells(), Dim::fixed(k)]);
    g
}
