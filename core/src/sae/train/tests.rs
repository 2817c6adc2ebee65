use ndarray::Array2;
use proptest::prelude::*;

use super::{naive::Naive, random::uniform, *};
use crate::sae::metrics;

/// Sparse mixtures of random directions with a little noise.
fn planted(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut rng = generator(seed, Purpose::Split);
    let directions = Array2::from_shape_fn((2 * d, d), |_| nearly_normal(&mut rng));
    let mut x = Array2::zeros((n, d));
    for mut row in x.rows_mut() {
        for _ in 0..4 {
            let direction = below(&mut rng, 2 * d as u32) as usize;
            let amount = 0.2 + uniform(&mut rng);
            row.iter_mut().zip(directions.row(direction)).for_each(|(x, w)| *x += (amount * w) as f32);
        }
        row.iter_mut().for_each(|x| *x += 0.3 + 0.05 * nearly_normal(&mut rng) as f32);
    }
    x
}

/// Shrinks the encoder of the first concepts, so that they stay silent but AuxK trains them.
fn silence(state: &mut State, concepts: usize, since: u64) {
    let d = state.d;
    state.weights.w_enc[..concepts * d].iter_mut().for_each(|w| *w *= 0.02);
    state.since[..concepts].fill(since);
}

fn largest_difference(state: &State, naive: &Naive) -> f64 {
    let pairs = [
        (&state.weights.w_enc, naive.w.w_enc.iter().collect::<Vec<_>>()),
        (&state.weights.w_dec, naive.w.w_dec.iter().collect()),
        (&state.weights.b_enc, naive.w.b_enc.iter().collect()),
        (&state.weights.b_dec, naive.w.b_dec.iter().collect()),
    ];
    pairs
        .iter()
        .flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (f64::from(*a) - **b).abs()))
        .fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Moments are compared too: Adam's first step is the gradient's sign, which would hide its size.
    #[test]
    fn a_step_equals_the_dense_step(
        n in 2usize..130, d in 1usize..40, c in 2usize..90, k in 1usize..9, dead in 0usize..40,
        seed in 0u64..1000, bias in any::<bool>(), clip in any::<bool>(), portable in any::<bool>(), few in any::<bool>(),
        frozen in any::<bool>(),
    ) {
        let x = planted(n, d, seed);
        let mut options = TrainOptions::new(c, k.min(c), 1);
        options.seed = seed;
        options.decoder_bias = bias;
        options.aux_k = few.then_some(3.min(c));
        options.clip = clip.then_some(1e-3);
        options.frozen_decoder = frozen;
        options.dead_window = Some(1000);
        options.arithmetic = if portable { Arithmetic::Portable } else { Arithmetic::Fused };
        let Ok(plan) = Plan::new(x.view(), options.clone()) else { return Ok(()) };
        let mut state = plan.initial();
        silence(&mut state, dead.min(c), 1000);
        let mut engine = Native::new(&plan);
        engine.restore(&state).unwrap();
        let mut naive = Naive::new(&plan, &state);
        let rows: Vec<u32> = (0..n as u32).rev().collect();
        let fast = engine.step(x.view(), &rows, 1e-3).unwrap();
        let dense = naive.step(x.view(), &rows, 1e-3);
        prop_assert!((fast.sse - dense.sse).abs() <= 1e-5 * (1.0 + dense.sse));
        prop_assert!((fast.aux - dense.aux).abs() <= 1e-5 * (1.0 + dense.aux));
        // A pre-activation within rounding of 0 may count on one side only; such cases are rare and left out.
        if (fast.entries, fast.active, fast.dead) != (dense.entries, dense.active, dense.dead) {
            return Ok(());
        }
        let after = engine.state().unwrap();
        prop_assert_eq!(&after.since, &naive.since);
        let largest = naive.m.w_dec.iter().chain(&naive.m.w_enc).fold(0.0f64, |a, b| a.max(b.abs()));
        // Tied weights and one active concept leave an error at right angles to its direction: the encoder's gradient is
        // then a difference of equal numbers, and its rounding is that of these numbers.
        let size = x.iter().map(|v| f64::from(v * v)).sum::<f64>().sqrt();
        let terms = (1.0 - options.beta1) * 2.0 * dense.sse.sqrt() * size / (n * d) as f64;
        let scale = largest.max(1e-2 * terms).max(1e-12);
        for (a, b) in after.m.w_dec.iter().zip(&naive.m.w_dec).chain(after.m.w_enc.iter().zip(&naive.m.w_enc)) {
            prop_assert!((f64::from(*a) - b).abs() <= 2e-4 * scale, "{} {}", a, b);
        }
        for (a, b) in after.m.b_dec.iter().zip(&naive.m.b_dec).chain(after.m.b_enc.iter().zip(&naive.m.b_enc)) {
            prop_assert!((f64::from(*a) - b).abs() <= 2e-4 * scale * (1.0 + d as f64), "{} {}", a, b);
        }
        for row in after.weights.w_dec.chunks(d) {
            prop_assert!((row.iter().map(|w| w * w).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn two_hundred_steps_stay_together() {
    let x = planted(1500, 24, 3);
    let mut options = TrainOptions::new(96, 4, 1);
    options.batch = 256;
    options.dead_window = Some(3000);
    let plan = Plan::new(x.view(), options).unwrap();
    let mut state = plan.initial();
    silence(&mut state, 20, 3000);
    let mut engine = Native::new(&plan);
    engine.restore(&state).unwrap();
    let mut naive = Naive::new(&plan, &state);
    let mut order: Vec<u32> = (0..1500).collect();
    for step in 0..200u32 {
        shuffle(&mut generator(1, Purpose::Shuffle(step)), &mut order);
        let fast = engine.step(x.view(), &order[..256], 3e-4).unwrap();
        let dense = naive.step(x.view(), &order[..256], 3e-4);
        assert!((fast.sse - dense.sse).abs() <= 2e-3 * dense.sse, "step {step}: {} {}", fast.sse, dense.sse);
        if step == 0 {
            assert!(fast.dead > 0 && fast.aux > 0.0);
        }
    }
    let difference = largest_difference(&engine.state().unwrap(), &naive);
    assert!(difference < 1e-2, "{difference}");
}

#[test]
fn learns_planted_directions() {
    let x = planted(3000, 16, 5);
    let mut options = TrainOptions::new(64, 4, 60);
    options.learning_rate = 2e-3;
    options.batch = 256;
    let mut last = 0.0;
    let sae = train(x.view(), &options, &mut |m| {
        last = m.r2;
        ControlFlow::Continue(())
    })
    .unwrap();
    let found = metrics::evaluate(&sae, x.view());
    assert!(found.r2 > 0.85, "{found:?}");
    assert!((found.r2 - last).abs() < 0.05);
}

#[test]
fn going_on_from_a_checkpoint_changes_nothing() {
    let x = planted(700, 10, 8);
    let mut options = TrainOptions::new(40, 3, 9);
    options.batch = 128;
    options.dead_window = Some(1000);
    options.resample = Some(Resample { every: 3, until: 0.8 });
    options.test = Split::Fraction(0.1);
    options.schedule = Schedule::Cosine { warmup: 0.2, floor: 0.1 };
    let run = serde_json::json!({ "options": options });
    let whole = train(x.view(), &options, &mut |_| ControlFlow::Continue(())).unwrap();
    let mut bytes: Option<Vec<u8>> = None;
    for _ in 0..9 {
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
            assert_eq!(session.weights().unwrap(), whole);
        }
    }
    let other = serde_json::json!({ "options": TrainOptions { seed: 1, ..options } });
    let refused = Checkpoint::from_bytes(&bytes.unwrap(), &other).unwrap_err().to_string();
    assert!(refused.contains("seed: 0 → 1"), "{refused}");
}

#[test]
fn refuses_what_cannot_be_trained() {
    let refuse =
        |x: Array2<f32>, options: TrainOptions| Plan::new(x.view(), options).unwrap_err().to_string();
    let options = TrainOptions::new(8, 2, 1);
    let mut x = planted(20, 3, 1);
    assert!(refuse(x.clone(), TrainOptions { active: 9, ..options.clone() }).contains("active"));
    assert!(
        refuse(x.clone(), TrainOptions { learning_rate: f64::NAN, ..options.clone() })
            .contains("learning-rate")
    );
    assert!(
        refuse(x.clone(), TrainOptions { test: Split::Rows(vec![20]), ..options.clone() }).contains("row 20")
    );
    assert!(refuse(Array2::zeros((0, 3)), options.clone()).contains("0 cells"));
    assert!(refuse(Array2::from_elem((9, 3), 0.1), options.clone()).contains("equal"));
    x[[7, 1]] = f32::INFINITY;
    assert!(refuse(x, options).contains("row 7, column 1"));
}

#[test]
fn divergence_is_named() {
    let x = planted(200, 4, 1).mapv(|v| v * 1e19);
    let mut options = TrainOptions::new(8, 2, 50);
    options.learning_rate = 1.0;
    let error = train(x.view(), &options, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { .. }), "{error}");
}

#[test]
fn early_stop_ends_it() {
    let x = planted(300, 6, 2);
    let mut options = TrainOptions::new(12, 2, 500);
    options.learning_rate = 1e-2;
    options.early_stop = Some(EarlyStop { patience: 3, rise: 1e-3 });
    let mut epochs = 0;
    train(x.view(), &options, &mut |_| {
        epochs += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(epochs < 500, "{epochs}");
}

#[cfg(feature = "parallel")]
#[test]
fn threads_change_nothing() {
    let x = planted(900, 20, 4);
    let mut options = TrainOptions::new(150, 5, 6);
    options.dead_window = Some(1500);
    options.batch = 300;
    let weights: Vec<_> = [1, 2, 5]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| train(x.view(), &options, &mut |_| ControlFlow::Continue(())).unwrap())
        })
        .collect();
    assert_eq!(weights[0], weights[1]);
    assert_eq!(weights[0], weights[2]);
}
