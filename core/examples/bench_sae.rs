//! Milliseconds per training step of the native engine: `bench_sae D C K BATCH STEPS DEAD THREADS`.
//!
//! Prints one JSON line with minimum, median and maximum, for `tests/bench/sae.py`, which runs it in turns with its peers.

use std::time::Instant;

use cellprism_core::sae::train::{Engine, Native, Plan, TrainOptions};
use ndarray::Array2;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<Vec<usize>, _>>()?;
    let [d, c, k, batch, steps, dead, threads] = numbers[..] else {
        return Err("usage: bench_sae D C K BATCH STEPS DEAD THREADS".into());
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut uniform = move || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let mut normal = move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let directions = Array2::from_shape_fn((2 * d, d), |_| normal() / (d as f64).sqrt());
    let x = Array2::from_shape_fn((4 * batch, 6), |_| normal()).map(|v| v.abs());
    let cells = Array2::from_shape_fn((4 * batch, d), |(i, j)| {
        let sum: f64 = (0..6).map(|t| x[[i, t]] * directions[[(i * 7 + t * 13) % (2 * d), j]]).sum();
        (sum + 0.05 * normal()) as f32
    });
    let mut options = TrainOptions::new(c, k, 1);
    options.batch = batch;
    options.learning_rate = 1e-6;
    options.dead_window = Some(1 << 40);
    let run = || -> Result<Vec<f64>, Box<dyn std::error::Error>> {
        let plan = Plan::new(cells.view(), options.clone())?;
        let mut state = plan.initial();
        state.weights.w_enc[..dead * d].iter_mut().for_each(|w| *w *= 0.02);
        state.since[..dead].fill(1 << 40);
        let mut engine = Native::new(&plan);
        engine.restore(&state)?;
        let rows: Vec<u32> = (0..batch as u32).map(|i| i * 4 + i % 4).collect();
        let mut times = Vec::new();
        for step in 0..steps + 2 {
            let start = Instant::now();
            engine.step(cells.view(), &rows, options.learning_rate)?;
            if step >= 2 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        Ok(times)
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let times = pool.install(|| run().map_err(|e| e.to_string()));
    let mut times = times?;
    times.sort_by(f64::total_cmp);
    println!(
        "{{\"min\": {:.4}, \"median\": {:.4}, \"max\": {:.4}}}",
        times[0],
        times[times.len() / 2],
        times[times.len() - 1]
    );
    Ok(())
}
