use std::{collections::HashMap, ops::ControlFlow};

use ndarray::{Array2, ArrayView2};
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::*;
use crate::sae::{
    SaeWeights,
    matching::match_dictionaries,
    metrics,
    train::{
        Arithmetic, Checkpoint, Engine, Native, Plan, Schedule, Session, Split, State, TrainOptions, random,
        train,
    },
};

/// Convex mixtures of a few corners with noise, off the origin.
fn planted(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut rng = random::generator(seed, random::Purpose::Split);
    let corners = Array2::from_shape_fn((2 * d, d), |_| 3.0 * random::nearly_normal(&mut rng));
    let mut x = Array2::zeros((n, d));
    for mut row in x.rows_mut() {
        for share in [0.7, 0.3] {
            let corner = random::below(&mut rng, 2 * d as u32) as usize;
            row.iter_mut().zip(corners.row(corner)).for_each(|(x, w)| *x += (share * w) as f32);
        }
        row.iter_mut().for_each(|x| *x += 5.0 + 0.1 * random::nearly_normal(&mut rng) as f32);
    }
    x
}

fn options(concepts: usize, active: usize, epochs: u32, anchors: usize, relaxation: f64) -> TrainOptions {
    let mut options = TrainOptions::new(concepts, active, epochs);
    options.archetypal = Some(Archetypal { anchors, relaxation, anchor_seed: 0 });
    options
}

fn trained(x: ArrayView2<'_, f32>, options: &TrainOptions) -> (SaeWeights, Archetypes) {
    let plan = Plan::new(x, options.clone()).unwrap();
    let engine = Box::new(Native::new(&plan));
    let mut session = Session::start(plan, engine).unwrap();
    while session.epoch(&mut |_| {}).unwrap().is_some() {}
    (session.weights().unwrap(), session.archetypes().unwrap().unwrap())
}

/// Every row of the dictionary is its mixture of the anchors, and no farther off than δ.
fn check_hull(x: ArrayView2<'_, f32>, weights: &SaeWeights, found: &Archetypes) {
    let size = found.points.iter().fold(0.0f64, |most, v| most.max(f64::from(v.abs())));
    for (a, &row) in found.anchors.iter().enumerate() {
        assert_eq!(found.points.row(a), x.row(row as usize));
    }
    for (j, mixture) in found.mixture.rows().into_iter().enumerate() {
        assert!(mixture.iter().all(|w| *w >= 0.0), "row {j}");
        let sum: f64 = mixture.iter().map(|w| f64::from(*w)).sum();
        assert!((sum - 1.0).abs() < 1e-5, "row {j} sums to {sum}");
        let mut off = 0.0;
        for i in 0..x.ncols() {
            let centre = f64::from(found.centre[i]);
            let mixed: f64 = (0..mixture.len())
                .map(|a| f64::from(mixture[a]) * (f64::from(found.points[[a, i]]) - centre))
                .sum();
            let row = f64::from(weights.w_dec[[j, i]]);
            assert!((row - mixed - f64::from(found.offset[[j, i]])).abs() < 2e-5 * size, "row {j}");
            off += f64::from(found.offset[[j, i]]).powi(2);
        }
        assert!(off.sqrt() <= found.options.relaxation, "row {j}: {} off", off.sqrt());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_stay_in_the_hull(
        n in 60usize..200, d in 1usize..36, c in 2usize..70, k in 1usize..5, anchors in 2usize..40, seed in 0u64..1000,
        relaxation in prop_oneof![Just(0.0), 0.01f64..3.0], bias in any::<bool>(), clip in any::<bool>(),
        size in prop_oneof![Just(1.0f32), Just(1e-4), Just(3e5)],
    ) {
        let x = planted(n, d, seed) * size;
        let mut options = options(c, k.min(c), 3, anchors, relaxation * f64::from(size));
        options.seed = seed;
        options.batch = 64;
        options.learning_rate = 1e-2;
        options.dead_window = Some(100);
        options.decoder_bias = bias;
        options.clip = clip.then_some(1e-3);
        let (weights, found) = trained(x.view(), &options);
        check_hull(x.view(), &weights, &found);
    }
}

fn stability(seeds: &[SaeWeights]) -> f64 {
    let mut cosines = Vec::new();
    for (i, left) in seeds.iter().enumerate() {
        for right in &seeds[..i] {
            cosines
                .extend(match_dictionaries(left, right).unwrap().iter().map(|pair| f64::from(pair.cosine)));
        }
    }
    cosines.iter().sum::<f64>() / cosines.len() as f64
}

#[test]
fn seeds_agree_more_and_the_data_are_rebuilt() {
    let x = planted(2000, 12, 7);
    let mut free = TrainOptions::new(40, 3, 60);
    free.learning_rate = 2e-3;
    free.batch = 200;
    let seeds = |options: &TrainOptions| -> Vec<SaeWeights> {
        (0..3)
            .map(|seed| {
                let options = TrainOptions { seed, ..options.clone() };
                train(x.view(), &options, &mut |_| ControlFlow::Continue(())).unwrap()
            })
            .collect()
    };
    let mut figures = Vec::new();
    for relaxation in [None, Some(0.0), Some(0.5)] {
        let mut options = free.clone();
        options.archetypal =
            relaxation.map(|relaxation| Archetypal { anchors: 60, relaxation, anchor_seed: 0 });
        let found = seeds(&options);
        figures.push((metrics::evaluate(&found[0], x.view()).r2, stability(&found)));
    }
    println!(
        "R² and mean matched cosine: free {:?}, δ = 0 {:?}, δ = 0.5 {:?}",
        figures[0], figures[1], figures[2]
    );
    for (r2, cosine) in &figures[1..] {
        assert!(*r2 > 0.7, "{figures:?}");
        assert!(*cosine > figures[0].1 + 0.05, "{figures:?}");
    }
}

#[test]
fn going_on_from_a_checkpoint_changes_nothing() {
    let x = planted(500, 10, 8);
    let mut options = options(30, 3, 7, 25, 0.2);
    options.batch = 128;
    options.dead_window = Some(600);
    options.test = Split::Fraction(0.1);
    options.schedule = Schedule::Cosine { warmup: 0.2, floor: 0.1 };
    let run = serde_json::json!({ "options": options });
    let whole = trained(x.view(), &options);
    let mut bytes: Option<Vec<u8>> = None;
    for _ in 0..7 {
        let plan = Plan::new(x.view(), options.clone()).unwrap();
        let engine = Box::new(Native::new(&plan));
        let mut session = match &bytes {
            None => Session::start(plan, engine).unwrap(),
            Some(bytes) => {
                Session::resume(plan, engine, Checkpoint::from_bytes(bytes, &run).unwrap()).unwrap()
            }
        };
        session.epoch(&mut |_| {}).unwrap().unwrap();
        bytes = Some(session.checkpoint().unwrap().to_bytes(&run).unwrap());
        if session.is_done() {
            let files = session.archetypes().unwrap().unwrap();
            assert_eq!(files.to_safetensors().unwrap(), whole.1.to_safetensors().unwrap());
            assert_eq!((session.weights().unwrap(), files), whole);
        }
    }
    // A checkpoint without mixtures is no start for a training with them.
    let plain = TrainOptions { archetypal: None, ..options.clone() };
    let plan = Plan::new(x.view(), plain).unwrap();
    let engine = Box::new(Native::new(&plan));
    let checkpoint = Session::start(plan, engine).unwrap().checkpoint().unwrap();
    let plan = Plan::new(x.view(), options).unwrap();
    let engine = Box::new(Native::new(&plan));
    let Err(refused) = Session::resume(plan, engine, checkpoint) else { panic!("it was taken") };
    assert!(refused.to_string().contains("another run"), "{refused}");
}

#[test]
fn refuses_what_has_no_hull() {
    let x = planted(50, 4, 1);
    let refuse =
        |x: ArrayView2<'_, f32>, options: TrainOptions| Plan::new(x, options).unwrap_err().to_string();
    assert!(refuse(x.view(), options(8, 2, 1, 1, 0.0)).contains("archetypal"));
    assert!(refuse(x.view(), options(8, 2, 1, 51, 0.0)).contains("only 50 cells"));
    for relaxation in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(refuse(x.view(), options(8, 2, 1, 9, relaxation)).contains("relaxation"));
    }
    let mut few = x.clone();
    for i in 0..50 {
        few.row_mut(i).assign(&x.row(i % 3));
    }
    assert!(refuse(few.view(), options(8, 2, 1, 4, 0.0)).contains("only 3 of the embeddings differ"));
    let mut resampled = options(8, 2, 1, 9, 0.0);
    resampled.resample = Some(crate::sae::train::Resample { every: 2, until: 0.5 });
    assert!(refuse(x.view(), resampled).contains("resample"));
}

#[cfg(feature = "parallel")]
#[test]
fn threads_change_nothing() {
    let x = planted(700, 20, 4);
    let mut options = options(100, 4, 4, 70, 0.3);
    options.dead_window = Some(900);
    options.batch = 300;
    let found = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| trained(x.view(), &options))
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

/// 40 steps by PyTorch autograd in f64 (`tests/fixtures/archetypal_step.py`); tensors by their names.
struct Golden(HashMap<String, Vec<f64>>);

impl Golden {
    fn read() -> Self {
        let file = SafeTensors::deserialize(include_bytes!(
            "../../../../tests/fixtures/archetypal_step.safetensors"
        ))
        .unwrap();
        let numbers = |tensor: &TensorView<'_>| -> Vec<f64> {
            let data = tensor.data();
            match tensor.dtype() {
                Dtype::F32 => {
                    data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
                }
                Dtype::F64 => data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
                _ => data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
            }
        };
        Self(file.tensors().iter().map(|(name, tensor)| (name.clone(), numbers(tensor))).collect())
    }

    fn f32s(&self, name: &str) -> Vec<f32> {
        self.0[name].iter().map(|&v| v as f32).collect()
    }

    fn rows(&self, step: usize) -> Vec<u32> {
        self.0["batches"][step * CELLS..(step + 1) * CELLS].iter().map(|&row| row as u32).collect()
    }

    /// A state's tensors as the file lays them out: W_enc [d, c], mixtures in the order of the cells.
    fn largest_difference(&self, at: &str, state: &State, anchors: &[u32]) -> f64 {
        let mixture = &state.mixture.as_ref().unwrap().weights;
        let mut by_cell = vec![0.0; C * CELLS];
        for (place, &value) in mixture.mixture.iter().enumerate() {
            by_cell[place / CELLS * CELLS + anchors[place % CELLS] as usize] = value;
        }
        let w_enc = transposed(&state.weights.w_enc, D);
        let found = [
            ("W_enc", &w_enc),
            ("b_enc", &state.weights.b_enc),
            ("W_dec", &state.weights.w_dec),
            ("b_dec", &state.weights.b_dec),
            ("mixture", &by_cell),
            ("offset", &mixture.offset),
        ];
        let differences = found.into_iter().flat_map(|(name, found)| {
            let golden = &self.0[&format!("{at}.{name}")];
            assert_eq!(golden.len(), found.len(), "{name}");
            found.iter().zip(golden).map(|(&a, b)| (f64::from(a) - b).abs())
        });
        differences.fold(0.0, f64::max)
    }
}

const D: usize = 6;
const C: usize = 20;
/// All cells, which are the anchors, and a batch.
const CELLS: usize = 24;

/// [columns, rows] of [rows, columns], row-major.
fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..values.len()).map(|i| values[i % rows * columns + i / rows]).collect()
}

#[test]
fn steps_are_those_of_autograd_to_rounding() {
    let golden = Golden::read();
    let x = Array2::from_shape_vec((CELLS, D), golden.f32s("x")).unwrap();
    for arithmetic in [Arithmetic::Fused, Arithmetic::Portable] {
        let mut options = options(C, 3, 1, CELLS, 0.4);
        options.batch = CELLS;
        options.learning_rate = 1e-3;
        options.aux_k = Some(4);
        options.dead_window = Some(600);
        options.arithmetic = arithmetic;
        let plan = Plan::new(x.view(), options).unwrap();
        let anchors = plan.hull.as_ref().unwrap().rows.clone();
        let mut state = plan.initial();
        state.weights.w_enc = transposed(&golden.f32s("start.W_enc"), C);
        state.weights.b_enc = golden.f32s("start.b_enc");
        state.weights.w_dec = golden.f32s("start.W_dec");
        state.weights.b_dec = golden.f32s("start.b_dec");
        state.since[..6].fill(600);
        let mixture = state.mixture.as_mut().unwrap();
        assert_eq!(f64::from(mixture.scale), golden.0["scale"][0]);
        let by_cell = golden.f32s("start.mixture");
        for (place, value) in mixture.weights.mixture.iter_mut().enumerate() {
            *value = by_cell[place / CELLS * CELLS + anchors[place % CELLS] as usize];
        }
        mixture.weights.offset = golden.f32s("start.offset");
        let mut engine = Native::new(&plan);
        engine.restore(&state).unwrap();
        for step in 0..40 {
            let report = engine.step(x.view(), &golden.rows(step), 1e-3).unwrap();
            let (loss, aux) = (golden.0["loss"][step], golden.0["aux"][step]);
            let entries = (CELLS * D) as f64;
            assert!((report.sse / entries - loss).abs() < 1e-5 * loss, "{report:?}, step {step}");
            assert!((report.aux - aux).abs() < 1e-5 * aux, "{report:?}, step {step}");
            // Adam divides by the size of gradients: where they are small, rounding is not.
            let (at, tolerance) = match step {
                0 => ("step1", 2e-6),
                39 => ("end", 1e-4),
                _ => continue,
            };
            let difference = golden.largest_difference(at, &engine.state().unwrap(), &anchors);
            println!("{arithmetic:?}, {at}: {difference:e}");
            assert!(difference < tolerance, "{at}: {difference:e}");
        }
    }
}
