//! `cellprism sae bench`.

use std::time::Instant;

use cellprism_core::sae::train::{Plan, TrainOptions};
use ndarray::Array2;
use serde_json::json;

use super::engine::EngineName;
use crate::{cli::Global, runtime::Device};

/// Options of `sae bench`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  cellprism sae bench --size 512 --concepts 5000 --active 80 --threads 2")]
pub struct Args {
    /// Embedding size (d)
    #[arg(long, default_value_t = 50)]
    size: usize,
    /// Concepts (c)
    #[arg(long, default_value_t = 500)]
    concepts: usize,
    /// Active concepts per cell (k)
    #[arg(long, default_value_t = 8)]
    active: usize,
    /// Cells per step
    #[arg(long, default_value_t = 1024)]
    batch: usize,
    /// Concepts that are dead and trained by the auxiliary loss
    #[arg(long, default_value_t = 0)]
    dead: usize,
    /// Steps that are timed, after two that are not
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// What computes the steps
    #[arg(long, value_enum, default_value_t = EngineName::Native)]
    engine: EngineName,
    /// Where the ONNX engine runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Threads (0: one a core)
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// A window that no run fills: only the concepts that start dead are.
const NEVER: u64 = 1 << 40;

/// Runs the command.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    args.engine.check(args.device)?;
    let mut options = TrainOptions::new(args.concepts, args.active, 1);
    options.batch = args.batch;
    options.learning_rate = 1e-6;
    options.dead_window = Some(NEVER);
    options.validate()?;
    anyhow::ensure!(args.dead <= args.concepts, "--dead {}: more than the concepts", args.dead);
    anyhow::ensure!(args.steps > 0 && args.size > 0, "--steps and --size are at least 1");
    super::memory::check(args.engine.memory(&options, args.batch, args.size))?;
    let cells = planted(args.batch, args.size);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let mut times = pool.install(|| -> anyhow::Result<Vec<f64>> {
        let plan = Plan::new(cells.view(), options)?;
        let mut state = plan.initial();
        // Spread over the dictionary, as dead concepts are; `tests/bench/sae.py` takes the same ones.
        for concept in (0..args.dead).map(|i| i * args.concepts / args.dead) {
            let row = concept * args.size..(concept + 1) * args.size;
            state.weights.w_enc[row].iter_mut().for_each(|w| *w *= 0.02);
            state.since[concept] = NEVER;
        }
        let mut engine = args.engine.start(args.device, args.threads, global, &plan)?;
        engine.restore(&state)?;
        let rows: Vec<u32> = (0..args.batch as u32).collect();
        let mut times = Vec::with_capacity(args.steps);
        for step in 0..args.steps + 2 {
            let start = Instant::now();
            engine.step(cells.view(), &rows, 1e-6)?;
            if step >= 2 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        Ok(times)
    })?;
    times.sort_by(f64::total_cmp);
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    if global.json {
        println!("{}", json!({ "min": least, "median": median, "max": most, "unit": "ms per step" }));
    } else {
        println!("ms per step: {least:.3} (least)  {median:.3} (median)  {most:.3} (most)");
    }
    Ok(())
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
