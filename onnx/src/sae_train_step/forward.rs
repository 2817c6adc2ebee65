//! Encoding, decoding, and which concepts are silent.

use super::{Inputs, tools::Tools};
use crate::graph::Value;

/// What the other parts read.
pub(super) struct Forward {
    /// [B, d]: what was encoded.
    pub input: Value,
    /// [B, c]: activations.
    pub u: Value,
    /// [B, d]: x − b_dec − u·W_dec.
    pub error: Value,
    /// [B, d]: −2·error/(B·d).
    pub gradient: Value,
    /// [B, c]: ∂loss/∂pre of the reconstruction.
    pub d_pre: Value,
}

/// Silence of concepts after this batch.
pub(super) struct Dead {
    /// [c] i64.
    pub since: Value,
    /// [1] i64.
    pub count: Value,
}

pub(super) fn write(g: &mut Tools<'_>, inputs: &Inputs) -> Forward {
    let step = g.step;
    let (x, dictionary) = (inputs.get("x"), inputs.get("W_dec"));
    let centred = g.op("Sub", &[x, inputs.get("b_dec")]);
    let input = if step.decoder_bias { centred } else { x };
    let product = g.op("MatMul", &[input, inputs.get("W_enc")]);
    let pre = g.op("Add", &[product, inputs.get("b_enc")]);
    let [top, index] = g.top(pre, step.k, 1, false);
    let activation = g.op("Relu", &[top]);

    // Decode: k dictionary rows a cell.
    let rows = g.graph.op_with("Gather", &[dictionary, index], &[("axis", 0.into())]);
    let left = g.unsqueeze(activation, 1);
    let sums = g.op("MatMul", &[left, rows]);
    let rebuilt = g.squeeze(sums, 1);
    let error = g.op("Sub", &[centred, rebuilt]);
    let loss = g.mean_square(error);
    g.output(loss, "loss");
    let slope = g.error_slope();
    let gradient = g.op("Mul", &[error, slope]);

    let zero = g.scalar(0.0);
    let positive = g.op("Greater", &[top, zero]);
    let zeros = g.zeros(&[step.batch, step.c]);
    let u = g.scatter(zeros, index, activation, 1);
    let right = g.unsqueeze(gradient, 2);
    let products = g.op("MatMul", &[rows, right]);
    let slopes = g.squeeze(products, 2);
    let slopes = g.keep(slopes, positive);
    let d_pre = g.scatter(zeros, index, slopes, 1);

    let ones = g.cast(positive, crate::graph::Element::I64);
    let all = g.graph.op_with("ReduceSum", &[ones], &[("keepdims", 0.into())]);
    let one = g.ints(&[1]);
    let entries = g.op("Reshape", &[all, one]);
    g.output(entries, "entries");
    Forward { input, u, error, gradient, d_pre }
}

pub(super) fn counters(g: &mut Tools<'_>, inputs: &Inputs, forward: &Forward) -> Dead {
    let step = g.step;
    // Of values that are not negative the sum is positive where one is; it is four times as fast as the maximum.
    let sum = g.sum(forward.u, 0, false);
    let zero = g.scalar(0.0);
    let alive = g.op("Greater", &[sum, zero]);
    let active = g.count(alive);
    g.output(active, "active");
    let batch = g.ints(&[step.batch]);
    let longer = g.op("Add", &[inputs.get("since"), batch]);
    let none = g.ints(&[0]);
    let since = g.op("Where", &[alive, none, longer]);
    let since = g.output(since, "since_out");
    let is_dead = g.op("GreaterOrEqual", &[since, inputs.get("window")]);
    let count = g.count(is_dead);
    let count = g.output(count, "dead");
    let horizon = g.ints(&[step.horizon]);
    let soon = g.op("Sub", &[inputs.get("window"), horizon]);
    let may_be = g.op("GreaterOrEqual", &[since, soon]);
    let next = g.count(may_be);
    g.output(next, "dead_next");
    Dead { since, count }
}
