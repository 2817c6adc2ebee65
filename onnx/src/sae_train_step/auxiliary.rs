//! AuxK: dead concepts rebuild what the others left over. A dead concept is zero in the whole batch, so its parts of the
//! gradients meet nothing but zeros.

use super::{
    Inputs,
    forward::{Dead, Forward},
    tools::Tools,
};
use crate::graph::{Setting, Value};

/// Gradients from both losses.
pub(super) struct Gradients {
    /// [B, c].
    pub d_pre: Value,
    /// [c, d].
    pub d_dec: Value,
}

pub(super) fn write(g: &mut Tools<'_>, inputs: &Inputs, forward: &Forward, dead: &Dead) -> Gradients {
    let step = g.step;
    let d_dec = g.transposed_product(forward.u, forward.gradient);
    let width = step.dead_width.min(step.c);
    if width == 0 || step.aux_k == 0 {
        let zero = g.zeros(&[1]);
        g.output(zero, "aux");
        return Gradients { d_pre: forward.d_pre, d_dec };
    }
    let (zero, never) = (g.scalar(0.0), g.scalar(f64::NEG_INFINITY));
    let [count, places] = g.top(dead.since, width, 0, true);
    let dictionary = g.graph.op_with("Gather", &[inputs.get("W_dec"), places], &[("axis", 0.into())]);
    let columns = g.graph.op_with("Gather", &[forward.pre, places], &[("axis", 1.into())]);
    let is_dead = g.op("GreaterOrEqual", &[count, inputs.get("window")]);
    let mask = g.op("Where", &[is_dead, zero, never]);
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

    let shape = g.ints(&[step.batch, width]);
    let wide = g.op("Expand", &[places, shape]);
    let add = || Setting::from("add");
    let d_pre = g.graph.op_with(
        "ScatterElements",
        &[forward.d_pre, wide, d_columns],
        &[("axis", 1.into()), ("reduction", add())],
    );
    let rows = g.unsqueeze(places, 1);
    let d_dec = g.graph.op_with("ScatterND", &[d_dec, rows, d_rows], &[("reduction", add())]);
    Gradients { d_pre, d_dec }
}
