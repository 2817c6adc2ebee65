//! Dead concepts start anew where the dictionary does worst (after Bricken et al. 2023): a cell is drawn with
//! probability proportional to its squared error, and its residual becomes the concept's direction.

use ndarray::Axis;

use super::{
    Plan, State, TrainError,
    random::{Purpose, generator, uniform},
};

/// Encoder rows of new concepts, relative to the mean length of the living ones.
const ENCODER_LENGTH: f64 = 0.2;

/// Cells whose residuals are in memory at a time.
const BLOCK: usize = 4096;

/// Replaces the dead concepts of a state; how many there were.
pub(crate) fn resample(state: &mut State, plan: &Plan<'_>, epoch: u32) -> Result<u32, TrainError> {
    let (d, window) = (state.d, plan.dead_window());
    let dead: Vec<usize> = (0..state.c).filter(|&j| state.since[j] >= window).collect();
    if dead.is_empty() {
        return Ok(0);
    }
    let weights = state.to_weights(&plan.options).map_err(|e| TrainError::Embeddings(e.to_string()))?;
    let encoder = weights.encoder();
    let residuals = |cells: &[u32]| {
        let cells: Vec<usize> = cells.iter().map(|&cell| cell as usize).collect();
        let x = plan.data.select(Axis(0), &cells);
        &x - &weights.decode(&encoder.encode(x.view()))
    };
    let mut sums = Vec::with_capacity(plan.train.len());
    let mut total = 0.0;
    for cells in plan.train.chunks(BLOCK) {
        for row in residuals(cells).rows() {
            total += row.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
            sums.push(total);
        }
    }
    let length = |row: &[f32]| row.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let living: Vec<f64> = (0..state.c)
        .filter(|&j| state.since[j] < window)
        .map(|j| length(&state.weights.w_enc[j * d..(j + 1) * d]))
        .collect();
    let encoder = match living.len() {
        0 => ENCODER_LENGTH,
        n => ENCODER_LENGTH * living.iter().sum::<f64>() / n as f64,
    };
    let mut rng = generator(plan.options.seed, Purpose::Resample(epoch));
    for &j in &dead {
        let drawn = uniform(&mut rng) * total;
        let place = sums.partition_point(|&sum| sum <= drawn).min(sums.len() - 1);
        let residual: Vec<f32> = residuals(&plan.train[place..=place]).into_iter().collect();
        let size = length(&residual);
        if size == 0.0 {
            continue;
        }
        let at = j * d..(j + 1) * d;
        for (i, r) in residual.iter().enumerate() {
            let unit = f64::from(*r) / size;
            state.weights.w_dec[j * d + i] = unit as f32;
            state.weights.w_enc[j * d + i] = (encoder * unit) as f32;
        }
        state.weights.b_enc[j] = 0.0;
        for moments in [&mut state.m, &mut state.v] {
            moments.w_enc[at.clone()].fill(0.0);
            moments.w_dec[at.clone()].fill(0.0);
            moments.b_enc[j] = 0.0;
        }
        state.since[j] = 0;
    }
    Ok(dead.len() as u32)
}
