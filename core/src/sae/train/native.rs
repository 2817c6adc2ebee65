//! The step on the processor. After TopK only k of c columns matter: the encoder product is the one dense product,
//! decoding gathers k dictionary rows a cell, and gradients, Adam and the norm constraint are one pass over the
//! concepts, each reading the few cells in which it was active.

use std::sync::Mutex;

use ndarray::ArrayView2;

use super::{
    Arithmetic, Engine, EngineFailure, Plan, State, StepReport,
    adam::{Adam, Tensor},
    archetypal::Mixing,
    by_concept::ByConcept,
    forward::{Forward, Scratch, Shared},
    residual::{Residual, Settings},
    rows::LANES,
    update::Update,
};
use crate::{parallel, sae::linear::Panels};

/// The native engine.
#[derive(Debug)]
pub struct Native {
    state: State,
    stride: usize,
    active: usize,
    aux_k: usize,
    aux_coefficient: f64,
    window: u64,
    decoder_bias: bool,
    clip: Option<f64>,
    frozen: bool,
    arithmetic: Arithmetic,
    adam: Adam,
    panels: Panels,
    forward: Forward,
    residual: Residual,
    main: ByConcept,
    mixing: Option<Mixing>,
    pool: Mutex<Vec<Scratch>>,
}

impl Native {
    /// An engine for a plan, in its initial state.
    pub fn new(plan: &Plan<'_>) -> Self {
        let options = plan.options();
        let (d, c) = (plan.d(), options.concepts);
        let mut engine = Self {
            state: State::default(),
            stride: d.next_multiple_of(LANES),
            active: options.active,
            aux_k: options.aux_k(),
            aux_coefficient: options.aux_coefficient,
            window: plan.dead_window(),
            decoder_bias: options.decoder_bias,
            clip: options.clip,
            frozen: options.frozen_decoder,
            arithmetic: options.arithmetic,
            adam: Adam::new(options.beta1, options.beta2, options.epsilon),
            panels: Panels::zeros(d, c),
            forward: Forward::default(),
            residual: Residual::default(),
            main: ByConcept::default(),
            mixing: plan.hull.as_ref().map(|hull| Mixing::new(hull, d, c)),
            pool: Mutex::default(),
        };
        engine.load(&plan.initial());
        engine
    }

    fn load(&mut self, state: &State) {
        let anchors = state.mixture.as_ref().map_or(0, |mixture| mixture.anchors);
        let width = self.mixing.as_ref().map_or(anchors, Mixing::width);
        self.state = with_stride(state, (state.d, self.stride), (anchors, width));
        self.adam.set_step(state.step);
    }

    fn run<const FUSED: bool>(&mut self, data: ArrayView2<'_, f32>, rows: &[u32], rate: f64) -> StepReport {
        let (d, c, stride) = (self.state.d, self.state.c, self.stride);
        let cells = rows.len();
        let weights = &self.state.weights;
        self.panels.set_columns(&weights.w_enc, stride, &weights.b_enc);

        // Concepts that are dead unless they fire now: their columns are kept for the auxiliary loss.
        let silent: Vec<u32> = if self.aux_k == 0 {
            Vec::new()
        } else {
            (0..c as u32).filter(|&j| self.state.since[j as usize] + cells as u64 >= self.window).collect()
        };
        let slope = (-2.0 / (cells as f64 * d as f64)) as f32;
        let (active, decoder_bias) = (self.active, self.decoder_bias);
        let (panels, pool) = (&self.panels, &self.pool);
        let shared = Shared { data, rows, weights, panels, subtract: decoder_bias, silent: &silent, slope };
        let blocks = self.forward.prepare(cells, stride, active, silent.len());
        let parts = parallel::each(blocks, |block| {
            let mut scratch = pool.lock().ok().and_then(|mut pool| pool.pop()).unwrap_or_default();
            let part = block.run::<FUSED>(shared, &mut scratch);
            if let Ok(mut pool) = pool.lock() {
                pool.push(scratch);
            }
            part
        });
        let mut report = StepReport { cells, ..StepReport::default() };
        let mut bias_gradient = vec![0.0f32; stride];
        for part in &parts {
            report.sse += part.sse;
            report.entries += part.entries;
            bias_gradient.iter_mut().zip(&part.error_sum).for_each(|(b, e)| *b += slope * e);
        }

        self.main.fill(c, self.forward.lists(active));
        for (j, since) in self.state.since.iter_mut().enumerate() {
            let fired = !self.main.of(j).0.is_empty();
            *since = if fired { 0 } else { *since + cells as u64 };
            report.active += u32::from(fired);
            report.dead += u32::from(*since >= self.window);
        }
        if silent.is_empty() {
            self.residual.clear();
        } else {
            let since = &self.state.since;
            let settings = Settings {
                d,
                stride,
                aux_k: self.aux_k,
                slope: (-2.0 * self.aux_coefficient / (cells as f64 * d as f64)) as f32,
                dictionary: &weights.w_dec,
            };
            let is_dead = |j: u32| since[j as usize] >= self.window;
            let squares = self.residual.run::<FUSED>(&self.forward, &silent, is_dead, c, settings);
            report.aux = squares / (cells as f64 * d as f64);
        }

        self.adam.advance(rate);
        let update = Update {
            stride,
            main: &self.main,
            dead: &self.residual,
            input: &self.forward.input,
            error: &self.forward.error,
            slope,
            unit_rows: self.mixing.is_none(),
            frozen: self.frozen,
        };
        let State { weights, m, v, mixture, .. } = &mut self.state;
        let scale = match self.clip {
            None => 1.0,
            Some(clip) => {
                let (mut squares, part) = update.measure::<FUSED>(weights);
                if decoder_bias {
                    squares +=
                        bias_gradient.iter().zip(&part).map(|(b, p)| f64::from(b - p).powi(2)).sum::<f64>();
                }
                let norm = squares.sqrt();
                if norm > clip { (clip / norm) as f32 } else { 1.0 }
            }
        };
        let kept = self.mixing.as_mut().map(|mixing| &mut mixing.gradient[..]);
        let encoder_part = update.apply::<FUSED>(weights, m, v, &self.adam, scale, kept);
        if let (Some(mixing), Some(mixture)) = (&self.mixing, mixture) {
            mixing.apply::<FUSED>(mixture, &mut weights.w_dec, &self.adam);
        }
        if decoder_bias {
            for (gradient, part) in bias_gradient.iter_mut().zip(&encoder_part) {
                *gradient = scale * (*gradient - part);
            }
            let tensor = Tensor { w: &mut weights.b_dec, m: &mut m.b_dec, v: &mut v.b_dec };
            self.adam.update_each::<FUSED>(tensor, &bias_gradient);
        }
        self.state.step += 1;
        report
    }
}

impl Engine for Native {
    fn restore(&mut self, state: &State) -> Result<(), EngineFailure> {
        self.load(state);
        Ok(())
    }

    fn step(
        &mut self,
        data: ArrayView2<'_, f32>,
        rows: &[u32],
        learning_rate: f64,
    ) -> Result<StepReport, EngineFailure> {
        Ok(match self.arithmetic {
            Arithmetic::Fused => self.run::<true>(data, rows, learning_rate),
            Arithmetic::Portable => self.run::<false>(data, rows, learning_rate),
        })
    }

    fn state(&mut self) -> Result<State, EngineFailure> {
        let anchors = self.state.mixture.as_ref().map_or(0, |mixture| mixture.anchors);
        let width = self.mixing.as_ref().map_or(anchors, Mixing::width);
        Ok(with_stride(&self.state, (self.stride, self.state.d), (width, anchors)))
    }
}

/// The same state with rows of another length, those of mixtures by `mixed`: cut, or filled with zeros.
fn with_stride(state: &State, rows: (usize, usize), mixed: (usize, usize)) -> State {
    let mut out = state.clone();
    for parameters in [&mut out.weights, &mut out.m, &mut out.v] {
        for (_, values) in parameters.named_mut().into_iter().filter(|(name, _)| *name != "b_enc") {
            *values = with_row_length(values, rows);
        }
    }
    if let Some(mixture) = &mut out.mixture {
        for parts in [&mut mixture.weights, &mut mixture.m, &mut mixture.v] {
            parts.mixture = with_row_length(&parts.mixture, mixed);
            parts.offset = with_row_length(&parts.offset, rows);
        }
    }
    out
}

fn with_row_length(values: &[f32], (from, to): (usize, usize)) -> Vec<f32> {
    let mut wanted = Vec::with_capacity(values.len() / from * to);
    for row in values.chunks_exact(from) {
        wanted.extend_from_slice(&row[..from.min(to)]);
        wanted.resize(wanted.len() + to.saturating_sub(from), 0.0);
    }
    wanted
}
