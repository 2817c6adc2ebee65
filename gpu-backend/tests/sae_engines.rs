//! The ONNX step against the native one and against the dense one in f64. Needs ONNX Runtime; says so where it is absent.
// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use cellprism_core::sae::train::{Engine, Native, Plan, State, TrainOptions, naive::Naive};
use cellprism_gpu_backend::runtime::{Device, EngineError, session::Runtime, training::OnnxTrainer};
use cellprism_onnx::{
    graph::Element,
    sae_train_step::{TrainStep, WEIGHTS, state_names},
};
use ndarray::Array2;
use ort::{
    session::{Session, SessionInputValue},
    value::{DynValue, Tensor},
};

fn runtime() -> Option<&'static Runtime> {
    match Runtime::start(None) {
        Ok(runtime) => Some(runtime),
        Err(EngineError::NotFound { .. }) => {
            println!("skipped: no ONNX Runtime (set ORT_DYLIB_PATH)");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Numbers from −1 to 1 by a fixed rule.
fn noise(i: usize) -> f32 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / (1 << 23) as f32 - 1.0
}

/// Sparse mixtures of directions around a mean that is not zero.
fn planted(n: usize, d: usize) -> Array2<f32> {
    Array2::from_shape_fn((n, d), |(i, j)| {
        let mixture = |t: usize| noise(i * 8 + t).abs() * noise((i * 5 + t * 11) % (2 * d) * d + j + 5000);
        0.3 + (0..4).map(mixture).sum::<f32>() + 0.05 * noise(i * d + j + 90_000)
    })
}

/// A plan, and a state in which 20 concepts are dead and some die soon.
fn case<'a>(x: &'a Array2<f32>, aux_k: usize, change: impl Fn(&mut TrainOptions)) -> (Plan<'a>, State) {
    let mut options = TrainOptions::new(96, 5, 1);
    options.batch = 128;
    options.aux_k = Some(aux_k);
    options.dead_window = Some(3000);
    change(&mut options);
    let plan = Plan::new(x.view(), options).unwrap();
    let mut state = plan.initial();
    let d = state.d;
    state.weights.w_enc[..30 * d].iter_mut().for_each(|w| *w *= 0.02);
    state.since[..20].fill(3000);
    state.since[20..30].fill(1500);
    (plan, state)
}

fn rows(step: usize) -> Vec<u32> {
    (0..128).map(|i| ((step * 131 + i * 7) % 640) as u32).collect()
}

fn largest(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
}

#[test]
fn both_engines_take_the_same_step() {
    let Some(runtime) = runtime() else { return };
    let x = planted(640, 24);
    type Change = fn(&mut TrainOptions);
    let changes: [(&str, usize, Change); 4] = [
        ("few dead", 48, |_| {}),
        ("more dead than aux_k", 7, |_| {}),
        ("clipped", 48, |o| o.clip = Some(1e-3)),
        ("no decoder bias", 48, |o| o.decoder_bias = false),
    ];
    for (what, aux_k, change) in changes {
        let (plan, state) = case(&x, aux_k, change);
        let mut native = Native::new(&plan);
        let mut onnx = OnnxTrainer::new(runtime, Device::Cpu, 1, &plan).unwrap();
        native.restore(&state).unwrap();
        onnx.restore(&state).unwrap();
        for step in 0..200 {
            let a = native.step(x.view(), &rows(step), 3e-4).unwrap();
            let b = onnx.step(x.view(), &rows(step), 3e-4).unwrap();
            let (loss, moments, weights) = if step == 0 { (1e-5, 1e-7, 1e-6) } else { (5e-3, 1e-3, 1e-2) };
            assert!((a.sse - b.sse).abs() <= loss * a.sse, "{what}, step {step}: {a:?} {b:?}");
            if step == 0 {
                assert!((a.aux - b.aux).abs() <= 1e-5 * a.aux && a.dead >= 20, "{what}: {a:?} {b:?}");
                assert_eq!((a.active, a.dead, a.entries), (b.active, b.dead, b.entries), "{what}");
            }
            if step == 0 || step == 199 {
                let (a, b) = (native.state().unwrap(), onnx.state().unwrap());
                assert_eq!(a.step, b.step);
                for (tolerance, a, b) in [(weights, &a.weights, &b.weights), (moments, &a.m, &b.m)] {
                    for ((name, a), (_, b)) in a.named().into_iter().zip(b.named()) {
                        let difference = largest(a, b);
                        assert!(difference <= tolerance, "{what}, step {step}: {name} {difference:e}");
                    }
                }
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let Some(runtime) = runtime() else { return };
    let x = planted(640, 24);
    let states = [1, 2].map(|threads| {
        let (plan, state) = case(&x, 48, |_| {});
        let mut engine = OnnxTrainer::new(runtime, Device::Cpu, threads, &plan).unwrap();
        engine.restore(&state).unwrap();
        for step in 0..30 {
            engine.step(x.view(), &rows(step), 3e-4).unwrap();
        }
        engine.state().unwrap()
    });
    assert_eq!(states[0], states[1]);
}

/// One step of an f64 graph: state in, state and figures out.
struct Double {
    session: Session,
    step: TrainStep,
    state: Vec<DynValue>,
}

impl Double {
    fn new(runtime: &Runtime, step: TrainStep, start: &State) -> Self {
        let session = runtime.builder(Device::Cpu, 1).unwrap().commit_from_memory(&step.to_bytes()).unwrap();
        let mut state = Vec::new();
        for parameters in [&start.weights, &start.m, &start.v] {
            for (name, values) in parameters.named() {
                let (d, c) = (start.d, start.c);
                let at = |i: usize| if name == "W_enc" { values[(i % c) * d + i / c] } else { values[i] };
                let values: Vec<f64> = (0..values.len()).map(|i| f64::from(at(i))).collect();
                state.push(Tensor::from_array((step.shape(name), values)).unwrap().into_dyn());
            }
        }
        let since: Vec<i64> = start.since.iter().map(|&s| s as i64).collect();
        state.push(Tensor::from_array((vec![start.c], since)).unwrap().into_dyn());
        state.push(Tensor::from_array((vec![1], vec![start.step as i64])).unwrap().into_dyn());
        Self { session, step, state }
    }

    fn run(&mut self, x: &Array2<f32>, rows: &[u32], rate: f64, window: i64) -> (f64, f64, i64) {
        let batch: Vec<f64> =
            rows.iter().flat_map(|&row| x.row(row as usize).to_vec()).map(f64::from).collect();
        let mut inputs: Vec<(String, SessionInputValue<'_>)> =
            state_names().into_iter().zip(self.state.drain(..)).map(|(n, v)| (n, v.into())).collect();
        inputs.push(("x".into(), Tensor::from_array((self.step.shape("x"), batch)).unwrap().into()));
        inputs.push(("lr".into(), Tensor::from_array((vec![1], vec![rate])).unwrap().into()));
        inputs.push(("window".into(), Tensor::from_array((vec![1], vec![window])).unwrap().into()));
        let mut outputs = self.session.run(inputs).unwrap();
        self.state =
            state_names().iter().map(|name| outputs.remove(format!("{name}_out")).unwrap()).collect();
        let number = |name: &str| outputs[name].try_extract_tensor::<f64>().unwrap().1[0];
        (number("loss"), number("aux"), outputs["dead"].try_extract_tensor::<i64>().unwrap().1[0])
    }

    fn tensor(&self, place: usize) -> Vec<f64> {
        self.state[place].try_extract_tensor::<f64>().unwrap().1.to_vec()
    }
}

#[test]
fn two_hundred_steps_in_f64_equal_the_dense_trainer() {
    let Some(runtime) = runtime() else { return };
    let x = planted(640, 24);
    for (aux_k, dead_width, clip) in [(48, 96, None), (48, 32, None), (7, 32, None), (48, 96, Some(1e-3))] {
        let (plan, state) = case(&x, aux_k, |o| o.clip = clip);
        let step = TrainStep {
            d: 24,
            c: 96,
            k: 5,
            batch: 128,
            aux_k,
            dead_width,
            horizon: 128,
            decoder_bias: true,
            aux_coefficient: 1.0 / 32.0,
            clip,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            element: Element::F64,
        };
        let mut graph = Double::new(runtime, step, &state);
        let mut naive = Naive::new(&plan, &state);
        for step in 0..200 {
            let (loss, aux, dead) = graph.run(&x, &rows(step), 3e-4, 3000);
            let dense = naive.step(x.view(), &rows(step), 3e-4);
            assert!((loss * 128.0 * 24.0 - dense.sse).abs() < 1e-9 && (aux - dense.aux).abs() < 1e-11);
            assert_eq!(dead, i64::from(dense.dead));
            assert!(dense.dead as usize <= dead_width, "the case fits the width");
        }
        assert_eq!(WEIGHTS[0], "W_enc");
        let w_enc: Vec<f64> = naive.w.w_enc.t().iter().copied().collect();
        let w_dec: Vec<f64> = naive.w.w_dec.iter().copied().collect();
        for (place, expected) in
            [(0, w_enc), (1, naive.w.b_enc.to_vec()), (2, w_dec), (3, naive.w.b_dec.to_vec())]
        {
            let found = graph.tensor(place);
            let difference = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(
                difference < 1e-11,
                "aux_k {aux_k}, width {dead_width}: {} {difference:e}",
                WEIGHTS[place]
            );
        }
    }
}
