//! The step written out densely in f64, as the formulas of [`super`] read: the reference of the fast engine, of the ONNX
//! graph, and of a PyTorch script. Slow; for tests.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{Plan, State, StepReport};

/// Weights or moments.
#[derive(Clone, Debug)]
pub struct Tensors {
    /// [c, d].
    pub w_enc: Array2<f64>,
    /// `[c]`.
    pub b_enc: Array1<f64>,
    /// [c, d].
    pub w_dec: Array2<f64>,
    /// `[d]`.
    pub b_dec: Array1<f64>,
}

/// The dense trainer.
#[derive(Clone, Debug)]
pub struct Naive {
    /// Weights.
    pub w: Tensors,
    /// Adam's running mean.
    pub m: Tensors,
    /// Adam's running mean of squares.
    pub v: Tensors,
    /// Cells since each concept was active.
    pub since: Vec<u64>,
    step: i32,
    active: usize,
    aux_k: usize,
    aux_coefficient: f64,
    window: u64,
    decoder_bias: bool,
    clip: Option<f64>,
    frozen: bool,
    betas: (f64, f64),
    epsilon: f64,
}

impl Naive {
    /// A trainer for a plan, from a state.
    ///
    /// # Panics
    /// If the state does not have the plan's sizes.
    pub fn new(plan: &Plan<'_>, state: &State) -> Self {
        let options = plan.options();
        let (d, c) = (state.d, state.c);
        let matrix = |values: &[f32]| {
            Array2::from_shape_vec((c, d), values.iter().map(|&v| f64::from(v)).collect())
                .expect("c × d values")
        };
        let vector = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Array1<f64>>();
        let tensors = |p: &super::Parameters| Tensors {
            w_enc: matrix(&p.w_enc),
            b_enc: vector(&p.b_enc),
            w_dec: matrix(&p.w_dec),
            b_dec: vector(&p.b_dec),
        };
        Self {
            w: tensors(&state.weights),
            m: tensors(&state.m),
            v: tensors(&state.v),
            since: state.since.clone(),
            step: i32::try_from(state.step).expect("few steps"),
            active: options.active,
            aux_k: options.aux_k(),
            aux_coefficient: options.aux_coefficient,
            window: plan.dead_window(),
            decoder_bias: options.decoder_bias,
            clip: options.clip,
            frozen: options.frozen_decoder,
            betas: (options.beta1, options.beta2),
            epsilon: options.epsilon,
        }
    }

    /// One step on these rows.
    pub fn step(&mut self, data: ArrayView2<'_, f32>, rows: &[u32], learning_rate: f64) -> StepReport {
        let rows: Vec<usize> = rows.iter().map(|&r| r as usize).collect();
        let x = data.select(Axis(0), &rows).mapv(f64::from);
        let (cells, d) = x.dim();
        let entries = (cells * d) as f64;
        let Tensors { w_enc, b_enc, w_dec, b_dec } = &self.w;
        let centred = &x - b_dec;
        let input = if self.decoder_bias { &centred } else { &x };
        let pre = input.dot(&w_enc.t()) + b_enc;
        let every: Vec<usize> = (0..b_enc.len()).collect();
        let u = relu_top(&pre, &every, self.active);
        let error = &centred - &u.dot(w_dec);
        let g = &error * (-2.0 / entries);
        let positive = |u: &Array2<f64>| u.mapv(|v| f64::from(u8::from(v > 0.0)));
        let mut d_pre = g.dot(&w_dec.t()) * positive(&u);
        let mut d_dec = u.t().dot(&g);
        let mut report = StepReport {
            cells,
            sse: error.iter().map(|e| e * e).sum(),
            entries: u.iter().filter(|v| **v > 0.0).count() as u64,
            ..StepReport::default()
        };
        for (since, column) in self.since.iter_mut().zip(u.columns()) {
            let fired = column.iter().any(|v| *v > 0.0);
            *since = if fired { 0 } else { *since + cells as u64 };
            report.active += u32::from(fired);
        }
        let dead: Vec<usize> = (0..b_enc.len()).filter(|&j| self.since[j] >= self.window).collect();
        report.dead = dead.len() as u32;
        if self.aux_k > 0 && !dead.is_empty() {
            let a = relu_top(&pre, &dead, self.aux_k);
            let q = &error - &a.dot(w_dec);
            report.aux = q.iter().map(|e| e * e).sum::<f64>() / entries;
            let ga = &q * (-2.0 * self.aux_coefficient / entries);
            d_pre += &(ga.dot(&w_dec.t()) * positive(&a));
            d_dec += &a.t().dot(&ga);
        }
        let d_enc = d_pre.t().dot(input);
        let d_enc_bias = d_pre.sum_axis(Axis(0));
        let mut d_dec_bias = g.sum_axis(Axis(0));
        if self.decoder_bias {
            d_dec_bias -= &d_enc_bias.dot(w_enc);
        } else {
            d_dec_bias.fill(0.0);
        }
        let along = (&d_dec * w_dec).sum_axis(Axis(1)).insert_axis(Axis(1));
        d_dec -= &(along * w_dec);
        if self.frozen {
            d_dec.fill(0.0);
        }
        let scale = self.clip.map_or(1.0, |clip| {
            let squares = |values: &mut dyn Iterator<Item = &f64>| values.map(|g| g * g).sum::<f64>();
            let norm = (squares(&mut d_enc.iter())
                + squares(&mut d_dec.iter())
                + squares(&mut d_enc_bias.iter())
                + squares(&mut d_dec_bias.iter()))
            .sqrt();
            if norm > clip { clip / norm } else { 1.0 }
        });
        self.step += 1;
        let corrections = (1.0 - self.betas.0.powi(self.step), 1.0 - self.betas.1.powi(self.step));
        let adam = |w: &mut f64, m: &mut f64, v: &mut f64, g: &f64| {
            let g = g * scale;
            *m = self.betas.0 * *m + (1.0 - self.betas.0) * g;
            *v = self.betas.1 * *v + (1.0 - self.betas.1) * g * g;
            *w -= learning_rate * (*m / corrections.0) / ((*v / corrections.1).sqrt() + self.epsilon);
        };
        ndarray::Zip::from(&mut self.w.w_enc)
            .and(&mut self.m.w_enc)
            .and(&mut self.v.w_enc)
            .and(&d_enc)
            .for_each(adam);
        ndarray::Zip::from(&mut self.w.w_dec)
            .and(&mut self.m.w_dec)
            .and(&mut self.v.w_dec)
            .and(&d_dec)
            .for_each(adam);
        ndarray::Zip::from(&mut self.w.b_enc)
            .and(&mut self.m.b_enc)
            .and(&mut self.v.b_enc)
            .and(&d_enc_bias)
            .for_each(adam);
        if self.decoder_bias {
            ndarray::Zip::from(&mut self.w.b_dec)
                .and(&mut self.m.b_dec)
                .and(&mut self.v.b_dec)
                .and(&d_dec_bias)
                .for_each(adam);
        }
        if self.frozen {
            return report;
        }
        for mut row in self.w.w_dec.rows_mut() {
            let length = row.iter().map(|w| w * w).sum::<f64>().sqrt();
            row /= length;
        }
        report
    }
}

/// ReLU of the k largest among some columns, ties to the lowest; zero elsewhere.
fn relu_top(pre: &Array2<f64>, columns: &[usize], k: usize) -> Array2<f64> {
    let mut out = Array2::zeros(pre.raw_dim());
    for (row, mut out) in pre.rows().into_iter().zip(out.rows_mut()) {
        let mut order = columns.to_vec();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        for &j in order.iter().take(k) {
            out[j] = row[j].max(0.0);
        }
    }
    out
}
