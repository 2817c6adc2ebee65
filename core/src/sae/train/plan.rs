//! Options and embeddings, checked together before anything is trained.

use ndarray::ArrayView2;

use super::{
    Split, State, TrainError, TrainOptions,
    archetypal::Hull,
    random::{Purpose, generator, shuffle},
};

/// A training that can start: checked options, checked embeddings, the split.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    pub(crate) data: ArrayView2<'a, f32>,
    pub(crate) options: TrainOptions,
    pub(crate) train: Vec<u32>,
    pub(crate) test: Vec<u32>,
    pub(crate) mean: Vec<f64>,
    /// Σ (x − mean of its dimension)² over training cells.
    pub(crate) spread: f64,
    /// Anchors of an archetypal dictionary.
    pub(crate) hull: Option<Hull>,
}

impl<'a> Plan<'a> {
    /// Checks options and embeddings [n, d].
    ///
    /// # Errors
    /// The first option that makes no sense; or the embeddings have no cells or no dimensions, a number that is not
    /// finite (with its row), or are all equal.
    pub fn new(data: ArrayView2<'a, f32>, options: TrainOptions) -> Result<Self, TrainError> {
        options.validate()?;
        let (n, d) = data.dim();
        let wrong = |problem: String| Err(TrainError::Embeddings(problem));
        if n == 0 || d == 0 {
            return wrong(format!("{n} cells of size {d}: there is nothing to train on"));
        }
        if u32::try_from(n).is_err() {
            return wrong(format!("{n} cells are more than {}", u32::MAX));
        }
        for (cell, row) in data.rows().into_iter().enumerate() {
            if let Some(at) = row.iter().position(|v| !v.is_finite()) {
                return wrong(format!("row {cell}, column {at}: {} is not a finite number", row[at]));
            }
        }
        let (train, test) = split(n, &options)?;
        let mut mean = vec![0.0f64; d];
        for &cell in &train {
            for (m, &v) in mean.iter_mut().zip(data.row(cell as usize)) {
                *m += f64::from(v);
            }
        }
        mean.iter_mut().for_each(|m| *m /= train.len() as f64);
        let mut spread = 0.0;
        for &cell in &train {
            for (m, &v) in mean.iter().zip(data.row(cell as usize)) {
                spread += (f64::from(v) - m).powi(2);
            }
        }
        let size: f64 = mean.iter().map(|m| m * m).sum::<f64>() * train.len() as f64;
        if spread <= 1e-12 * size || spread == 0.0 {
            return wrong(format!("all {} training cells are equal: there is nothing to learn", train.len()));
        }
        let hull = Hull::choose(data, &train, &mean, &options)?;
        Ok(Self { data, options, train, test, mean, spread, hull })
    }

    /// d.
    pub fn d(&self) -> usize {
        self.data.ncols()
    }

    /// The options.
    pub fn options(&self) -> &TrainOptions {
        &self.options
    }

    /// Cells trained on.
    pub fn train_cells(&self) -> usize {
        self.train.len()
    }

    /// Cells per step.
    pub fn batch(&self) -> usize {
        self.options.batch.min(self.train.len())
    }

    /// Cells of the last batch of an epoch.
    pub fn last_batch(&self) -> usize {
        match self.train.len() % self.batch() {
            0 => self.batch(),
            rest => rest,
        }
    }

    /// Steps of one epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.train.len().div_ceil(self.batch()) as u64
    }

    /// Cells without activation after which a concept is dead.
    pub fn dead_window(&self) -> u64 {
        self.options.dead_window.unwrap_or(10 * self.train.len() as u64)
    }

    /// The start of training.
    pub fn initial(&self) -> State {
        let b_dec = if self.options.decoder_bias {
            self.mean.iter().map(|&m| m as f32).collect()
        } else {
            vec![0.0; self.d()]
        };
        State::initial(self.d(), &self.options, b_dec, self.hull.as_ref())
    }
}

/// Training and test cells, both ascending.
fn split(n: usize, options: &TrainOptions) -> Result<(Vec<u32>, Vec<u32>), TrainError> {
    let mut is_test = vec![false; n];
    match &options.test {
        Split::None => {}
        Split::Fraction(share) => {
            let mut order: Vec<u32> = (0..n as u32).collect();
            shuffle(&mut generator(options.seed, Purpose::Split), &mut order);
            for &cell in order.iter().take((share * n as f64).round() as usize) {
                is_test[cell as usize] = true;
            }
        }
        Split::Rows(rows) => {
            for &row in rows {
                let Some(flag) = is_test.get_mut(row as usize) else {
                    return Err(TrainError::Option {
                        option: "test-rows",
                        problem: format!("row {row} is beyond the {n} cells (rows count from 0)"),
                    });
                };
                *flag = true;
            }
        }
    }
    let (test, train): (Vec<u32>, Vec<u32>) = (0..n as u32).partition(|&cell| is_test[cell as usize]);
    if train.is_empty() {
        return Err(TrainError::Option { option: "test", problem: "no cell is left to train on".into() });
    }
    Ok((train, test))
}
