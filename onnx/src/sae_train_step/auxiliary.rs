//! AuxK: dead concepts rebuild what the others left over. A dead concept is zero in the whole batch, so its parts of the
//! gradients meet nothing but zeros. Its columns are computed again and its gradients added as columns, for reaching into
//! [B, c] element by element costs more than a product of this width.

use super::{
    Inputs,
    forward::{Dead, Forward},
    tools::Tools,
};
use crate::graph::{Setting, Value};

/// Gradients from both losses.
pub(super) struct Gradients {
    /// [d, c].
    pub d_enc: Value,
    /// [c].
    pub d_enc_bias: Value,
    /// [c, d].
    pub d_dec: Value,
}

/// Fewer columns than this fill the tiles of a product badly.
const NARROW: usize = 64;

/// uᵀ·gradient, [c, d].
fn dictionary_gradient(g: &mut Tools<'_>, forward: &Forward) -> Value {
    if g.step.d > NARROW {
        return g.transposed_product(forward.u, forward.gradient);
    }
    // With c columns it is faster, by more than the transposition takes. ONNX Runtime would fuse the two into the slow
    // product again if the slope were not multiplied in between.
    let turned = g.transposed_product(forward.error, forward.u);
    let slope = g.error_slope();
    let turned = g.op("Mul", &[turned, slope]);
    g.op("Transpose", &[turned])
}

pub(super) fn write(g: &mut Tools<'_>, inputs: &Inputs, forward: &Forward, dead: &Dead) -> Gradients {
    let step = g.step;
    let main = Gradients {
        d_enc: g.transposed_product(forward.input, forward.d_pre),
        d_enc_bias: g.sum(forward.d_pre, 0, false),
        d_dec: dictionary_gradient(g, forward),
    };
    let width = step.dead_width.min(step.c);
    if width == 0 || step.aux_k == 0 {
        let zero = g.zeros(&[1]);
        g.output(zero, "aux");
        return main;
    }
    let (zero, never) = (g.scalar(0.0), g.scalar(f64::NEG_INFINITY));
    let [count, places] = g.top(dead.since, width, 0, true);
    let dictionary = g.graph.op_with("Gather", &[inputs.get("W_dec"), places], &[("axis", 0.into())]);
    let encoder = g.graph.op_with("Gather", &[inputs.get("W_enc"), places], &[("axis", 1.into())]);
    let bias = g.graph.op_with("Gather", &[inputs.get("b_enc"), places], &[("axis", 0.into())]);
    let is_dead = g.op("GreaterOrEqual", &[count, inputs.get("window")]);
    let mask = g.op("Where", &[is_dead, bias, never]);
    let columns = g.op("MatMul", &[forward.input, encoder]);
    let pre = g.op("Add", &[columns, mask]);
    let activation = if width <= step.aux_k {
        g.op("Relu", &[pre])
    } else {
        let [top, index] = g.top(pre, step.aux_k, 1, false);
        let positive = g.op("Relu", &[top]);
        let zeros = g.zeros(&[step.batch, width]);
        g.scatter(zeros, index, positive, 1)
    };
    let rebuilt = g.op("MatMul", &[activation, dictionary]);
    let rest = g.op("Sub", &[forward.error, rebuilt]);
    let none = g.ints(&[0]);
    let any = g.op("Greater", &[dead.count, none]);
    let mean = g.mean_square(rest);
    let aux = g.keep(mean, any);
    g.output(aux, "aux");
    let slope = g.scalar(-2.0 * step.aux_coefficient / (step.batch as f64 * step.d as f64));
    let gradient = g.op("Mul", &[rest, slope]);
    let back = g.graph.op_with("Gemm", &[gradient, dictionary], &[("transB", 1.into())]);
    let positive = g.op("Greater", &[activation, zero]);
    let d_columns = g.keep(back, positive);
    let d_rows = g.transposed_product(activation, gradient);

    let d_columns_enc = g.transposed_product(forward.input, d_columns);
    let d_columns_bias = g.sum(d_columns, 0, false);
    let shape = g.ints(&[step.d, width]);
    let wide = g.op("Expand", &[places, shape]);
    let rows = g.unsqueeze(places, 1);
    let mut add = |kind: &str, to: Value, at: Value, what: Value, settings: &[(&str, Setting)]| {
        let settings = [&[("reduction", Setting::from("add"))], settings].concat();
        g.graph.op_with(kind, &[to, at, what], &settings)
    };
    Gradients {
        d_enc: add("ScatterElements", main.d_enc, wide, d_columns_enc, &[("axis", 1.into())]),
        d_enc_bias: add("ScatterND", main.d_enc_bias, rows, d_columns_bias, &[]),
        d_dec: add("ScatterND", main.d_dec, rows, d_rows, &[]),
    }
}
