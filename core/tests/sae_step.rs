//! The training step against PyTorch autograd in f64 (`fixtures/sae_step.py`).
#![allow(clippy::unwrap_used)] // all of this file is tests

use cellprism_core::sae::train::{Engine, Native, Plan, State, TrainOptions, naive::Naive};
use ndarray::{Array2, ArrayView2};
use safetensors::{Dtype, SafeTensors};

const SIZES: (usize, usize, usize, usize, usize) = (6, 24, 3, 32, 40);

fn numbers(file: &SafeTensors<'_>, name: &str) -> Vec<f64> {
    let tensor = file.tensor(name).unwrap();
    let data = tensor.data();
    match tensor.dtype() {
        Dtype::F32 => data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        Dtype::F64 => data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        _ => data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
    }
}

fn transposed(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    (0..values.len()).map(|i| values[(i % rows) * columns + i / rows]).collect()
}

struct Golden<'a> {
    file: SafeTensors<'a>,
    x: Array2<f32>,
}

impl<'a> Golden<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let (d, _, _, batch, steps) = SIZES;
        let file = SafeTensors::deserialize(bytes).unwrap();
        let x = numbers(&file, "x").into_iter().map(|v| v as f32).collect();
        Self { x: Array2::from_shape_vec((steps * batch, d), x).unwrap(), file }
    }

    /// [c, d] for matrices, whatever the file has.
    fn tensor(&self, at: &str, prefix: &str, name: &str) -> Vec<f64> {
        let values = numbers(&self.file, &format!("{at}.{prefix}{name}"));
        if name == "W_enc" { transposed(&values, SIZES.0, SIZES.1) } else { values }
    }

    fn start(&self, plan: &Plan<'_>) -> State {
        let mut state = plan.initial();
        for (name, values) in state.weights.named_mut() {
            *values = self.tensor("start", "", name).into_iter().map(|v| v as f32).collect();
        }
        state.since = numbers(&self.file, "start.since").into_iter().map(|v| v as u64).collect();
        state
    }
}

fn plan(x: ArrayView2<'_, f32>) -> Plan<'_> {
    let (_, c, k, batch, _) = SIZES;
    let mut options = TrainOptions::new(c, k, 1);
    options.batch = batch;
    options.learning_rate = 1e-3;
    options.aux_k = Some(4);
    options.dead_window = Some(1000);
    Plan::new(x, options).unwrap()
}

fn largest(a: impl Iterator<Item = f64>, b: Vec<f64>) -> f64 {
    a.zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_naive_step_is_autograd() {
    let bytes = include_bytes!("fixtures/sae_step.safetensors");
    let golden = Golden::read(bytes);
    let plan = plan(golden.x.view());
    let mut naive = Naive::new(&plan, &golden.start(&plan));
    let [loss, aux, active, dead] = ["loss", "aux", "active", "dead"].map(|name| numbers(&golden.file, name));
    let (d, _, _, batch, steps) = SIZES;
    for step in 0..steps {
        let rows: Vec<u32> = (step * batch..(step + 1) * batch).map(|row| row as u32).collect();
        let report = naive.step(golden.x.view(), &rows, 1e-3);
        assert!((report.sse / (batch * d) as f64 - loss[step]).abs() < 1e-13);
        assert!((report.aux - aux[step]).abs() < 1e-13);
        assert_eq!((f64::from(report.active), f64::from(report.dead)), (active[step], dead[step]));
        let at = match step {
            0 => "step1",
            39 => "end",
            _ => continue,
        };
        for (prefix, tensors) in [("", &naive.w), ("m_", &naive.m), ("v_", &naive.v)] {
            let parts = [
                ("W_enc", tensors.w_enc.iter().copied().collect::<Vec<_>>()),
                ("b_enc", tensors.b_enc.to_vec()),
                ("W_dec", tensors.w_dec.iter().copied().collect()),
                ("b_dec", tensors.b_dec.to_vec()),
            ];
            for (name, values) in parts {
                let difference = largest(values.into_iter(), golden.tensor(at, prefix, name));
                assert!(difference < 1e-12, "{at} {prefix}{name}: {difference:e}");
            }
        }
    }
    assert!(dead[0] > 4.0 && aux[0] > 0.0, "more dead concepts than aux_k are part of the case");
}

#[test]
fn the_native_step_is_autograd_to_rounding() {
    let bytes = include_bytes!("fixtures/sae_step.safetensors");
    let golden = Golden::read(bytes);
    let plan = plan(golden.x.view());
    let mut engine = Native::new(&plan);
    engine.restore(&golden.start(&plan)).unwrap();
    let (_, _, _, batch, steps) = SIZES;
    for step in 0..steps {
        let rows: Vec<u32> = (step * batch..(step + 1) * batch).map(|row| row as u32).collect();
        engine.step(golden.x.view(), &rows, 1e-3).unwrap();
        let (at, weights, moments) = match step {
            0 => ("step1", 2e-6, 1e-7),
            39 => ("end", 2e-4, 1e-5),
            _ => continue,
        };
        let state = engine.state().unwrap();
        let parts = [("", &state.weights, weights), ("m_", &state.m, moments), ("v_", &state.v, moments)];
        for (prefix, tensors, tolerance) in parts {
            for (name, values) in tensors.named() {
                let found = values.iter().map(|&v| f64::from(v));
                let difference = largest(found, golden.tensor(at, prefix, name));
                assert!(difference < tolerance, "{at} {prefix}{name}: {difference:e}");
            }
        }
        let since: Vec<u64> =
            numbers(&golden.file, &format!("{at}.since")).into_iter().map(|v| v as u64).collect();
        assert_eq!(state.since, since);
    }
}
