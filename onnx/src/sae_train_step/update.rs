//! Gradients of all weights, clipping, Adam, unit rows.

use super::{Inputs, WEIGHTS, auxiliary::Gradients, forward::Forward, tools::Tools};
use crate::graph::{Element, Value};

pub(super) fn write(g: &mut Tools<'_>, inputs: &Inputs, forward: &Forward, gradients: Gradients) {
    let step = g.step;
    let Gradients { d_enc, d_enc_bias, d_dec } = gradients;
    let sum = g.sum(forward.gradient, 0, false);
    let through = g.op("MatMul", &[inputs.get("W_enc"), d_enc_bias]);
    let d_dec_bias = g.op("Sub", &[sum, through]);
    let d_dec = without_parallel_part(g, inputs.get("W_dec"), d_dec);
    let mut all = [d_enc, d_enc_bias, d_dec, d_dec_bias];
    let trained = if step.decoder_bias { 4 } else { 3 };
    if let Some(clip) = step.clip {
        let scale = clip_scale(g, &all[..trained], clip);
        for gradient in &mut all {
            *gradient = g.op("Mul", &[*gradient, scale]);
        }
    }
    let (rate, floor) = rate_and_floor(g, inputs);
    for (name, gradient) in WEIGHTS.into_iter().zip(all).take(trained) {
        adam(g, inputs, name, gradient, rate, floor);
    }
    for name in &WEIGHTS[trained..] {
        for prefix in ["", "m_", "v_"] {
            g.output(inputs.get(&format!("{prefix}{name}")), &format!("{prefix}{name}_out"));
        }
    }
}

fn without_parallel_part(g: &mut Tools<'_>, rows: Value, gradient: Value) -> Value {
    let products = g.op("Mul", &[gradient, rows]);
    let along = g.sum(products, 1, true);
    let part = g.op("Mul", &[along, rows]);
    g.op("Sub", &[gradient, part])
}

/// min(1, clip / norm of all gradients).
fn clip_scale(g: &mut Tools<'_>, gradients: &[Value], clip: f64) -> Value {
    let mut sum = g.squares(gradients[0]);
    for gradient in &gradients[1..] {
        let squares = g.squares(*gradient);
        sum = g.op("Add", &[sum, squares]);
    }
    let norm = g.op("Sqrt", &[sum]);
    let most = g.scalar(clip);
    // max(norm, clip) keeps the quotient at 1 or below without a division by zero.
    let larger = g.op("Max", &[norm, most]);
    g.op("Div", &[most, larger])
}

/// Adam's two scalars, in f64 until the end: in f32, 1 − 0.999ᵗ is off by up to 2e-5 for small t.
fn rate_and_floor(g: &mut Tools<'_>, inputs: &Inputs) -> (Value, Value) {
    let step = g.step;
    let one = g.ints(&[1]);
    let t = g.op("Add", &[inputs.get("step"), one]);
    let t = g.output(t, "step_out");
    let t = g.cast(t, Element::F64);
    let mut correction = |beta: f64| {
        let beta = g.double(beta);
        let power = g.op("Pow", &[beta, t]);
        let one = g.double(1.0);
        g.op("Sub", &[one, power])
    };
    let (first, second) = (correction(step.beta1), correction(step.beta2));
    let root = g.op("Sqrt", &[second]);
    let scaled = g.op("Mul", &[inputs.get("lr"), root]);
    let rate = g.op("Div", &[scaled, first]);
    let epsilon = g.double(step.epsilon);
    let floor = g.op("Mul", &[root, epsilon]);
    (g.cast(rate, step.element), g.cast(floor, step.element))
}

fn adam(g: &mut Tools<'_>, inputs: &Inputs, name: &str, gradient: Value, rate: Value, floor: Value) {
    let step = g.step;
    let m = decayed(g, inputs.get(&format!("m_{name}")), step.beta1, gradient);
    let m = g.output(m, &format!("m_{name}_out"));
    let square = g.op("Mul", &[gradient, gradient]);
    let v = decayed(g, inputs.get(&format!("v_{name}")), step.beta2, square);
    let v = g.output(v, &format!("v_{name}_out"));
    let root = g.op("Sqrt", &[v]);
    let below = g.op("Add", &[root, floor]);
    let direction = g.op("Div", &[m, below]);
    let change = g.op("Mul", &[direction, rate]);
    let moved = g.op("Sub", &[inputs.get(name), change]);
    let new = if name == "W_dec" {
        let axis = g.ints(&[1]);
        let length = g.graph.op_with("ReduceL2", &[moved, axis], &[("keepdims", 1.into())]);
        g.op("Div", &[moved, length])
    } else {
        moved
    };
    g.output(new, &format!("{name}_out"));
}

/// β·moment + (1 − β)·new.
fn decayed(g: &mut Tools<'_>, moment: Value, beta: f64, new: Value) -> Value {
    let keep = g.scalar(beta);
    let old = g.op("Mul", &[moment, keep]);
    let share = g.scalar(1.0 - beta);
    let new = g.op("Mul", &[new, share]);
    g.op("Add", &[old, new])
}
