//! `sae bench`: time per training step on this machine, on planted data.

use std::time::Instant;

use cellprism_core::{
    limits,
    sae::train::{Plan, TrainOptions},
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::Machine;
use crate::work::memory;

/// What is timed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Embedding size (d).
    pub size: usize,
    /// Concepts (c).
    pub concepts: usize,
    /// Active concepts per cell (k).
    pub active: usize,
    /// Cells per step.
    pub batch: usize,
    /// Concepts that are dead and trained by the auxiliary loss.
    pub dead: usize,
    /// Steps that are timed, after two that are not.
    pub steps: usize,
    /// What computes the steps, and where.
    pub machine: Machine,
}

impl Default for Options {
    fn default() -> Self {
        let machine = Machine::native(1);
        Self { size: 50, concepts: 500, active: 8, batch: 1024, dead: 0, steps: 20, machine }
    }
}

/// Milliseconds of a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// Of the slowest step.
    pub max: f64,
    /// Of the middle one.
    pub median: f64,
    /// Of the fastest.
    pub min: f64,
    /// What they are measured in.
    pub unit: &'static str,
}

/// A window that no run fills: only the concepts that start dead are.
const NEVER: u64 = 1 << 40;

/// Times the steps.
///
/// # Errors
/// If the options make no sense, or the device is not there or has no memory for them.
pub fn run(options: &Options) -> anyhow::Result<Times> {
    let asked = options;
    asked.machine.check()?;
    let mut options = TrainOptions::new(asked.concepts, asked.active, 1);
    options.batch = asked.batch;
    options.learning_rate = 1e-6;
    options.dead_window = Some(NEVER);
    options.validate()?;
    anyhow::ensure!(asked.dead <= asked.concepts, "--dead {}: more than the concepts", asked.dead);
    limits::TIMED_STEPS.check("--steps", asked.steps)?;
    limits::DIMENSIONS.check("--size", asked.size)?;
    memory::check(asked.machine.engine.memory(&options, asked.batch, asked.size))?;
    let cells = planted(asked.batch, asked.size);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(asked.machine.threads).build()?;
    let mut times = pool.install(|| -> anyhow::Result<Vec<f64>> {
        let plan = Plan::new(cells.view(), options)?;
        let mut state = plan.initial();
        // Spread over the dictionary, as dead concepts are; `tests/bench/sae.py` takes the same ones.
        for concept in (0..asked.dead).map(|i| i * asked.concepts / asked.dead) {
            let row = concept * asked.size..(concept + 1) * asked.size;
            state.weights.w_enc[row].iter_mut().for_each(|w| *w *= 0.02);
            state.since[concept] = NEVER;
        }
        let mut engine = asked.machine.start(&plan)?;
        engine.restore(&state)?;
        let rows: Vec<u32> = (0..asked.batch as u32).collect();
        let mut times = Vec::with_capacity(asked.steps);
        for step in 0..asked.steps + 2 {
            let start = Instant::now();
            engine.step(cells.view(), &rows, 1e-6)?;
            if step >= 2 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        Ok(times)
    })?;
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    Ok(Times { max, median, min, unit: "ms per step" })
}

/// Cells that mix six of 2·d directions, by a fixed rule.
fn planted(n: usize, d: usize) -> Array2<f32> {
    let noise = |i: usize, j: usize| {
        let mixed = (i as u64 * 0x9e37_79b9 + j as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let scale = 1.0 / (d as f32).sqrt();
    Array2::from_shape_fn((n, d), |(i, j)| {
        let mixture = |t: usize| {
            let amount = noise(i, t).abs();
            amount * noise(1_000_003 + (i * 7 + t * 13) % (2 * d), j)
        };
        (0..6).map(mixture).sum::<f32>() * scale + 0.02 * noise(i + 77, j + 1000)
    })
}
