//! Logistic regression: fitted to the labels of some cells, predicting those of others.

use super::{
    Features, Stop,
    loss::{Problem, outputs_of},
    minimise::{Minimum, minimise},
};

/// How a regression is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogisticOptions {
    /// scikit-learn's C: the loss of all cells counts C times as much as half the sum of squared coefficients.
    pub c: f64,
    /// Steps of L-BFGS at most.
    pub max_iterations: usize,
    /// It has converged when no entry of the gradient of the mean loss is larger.
    pub tolerance: f64,
}

impl Default for LogisticOptions {
    /// scikit-learn's: C 1, 100 iterations, tolerance 1e-4.
    fn default() -> Self {
        Self { c: 1.0, max_iterations: 100, tolerance: 1e-4 }
    }
}

/// Why nothing can be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Fewer than two classes among the cells.
    #[error("the labels of the training cells are {0}: at least two are needed to tell apart")]
    Classes(usize),
    /// An option out of range.
    #[error("{name} is {value}, but must be {range}")]
    Option {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// More coefficients than memory is given for.
    #[error("{classes} classes of {width} features are more than {most} coefficients")]
    TooLarge {
        /// Classes.
        classes: usize,
        /// Features.
        width: usize,
        /// Coefficients at most.
        most: usize,
    },
}

/// Coefficients at most: 16 blocks and 20 vectors of L-BFGS hold as many, 5 GB together.
const MOST_COEFFICIENTS: usize = 1 << 24;

/// A fitted regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    width: usize,
    classes: usize,
    /// [width + 1, outputs], intercepts last; one output for two classes.
    weights: Vec<f64>,
    /// Steps taken.
    pub iterations: usize,
    /// Why it ended.
    pub stop: Stop,
    /// The mean loss with the penalty.
    pub loss: f64,
    /// The largest entry of its gradient.
    pub gradient: f64,
}

impl Logistic {
    /// Fits the classes `0 … classes − 1` of the cells `rows`. The optimum is scikit-learn's `LogisticRegression`'s with an L2
    /// penalty and an intercept that is not penalised: multinomial, and for two classes binomial, with the coefficients of the
    /// second class only.
    ///
    /// ```
    /// use cellprism_core::classification::{Features, Logistic, LogisticOptions};
    /// use ndarray::array;
    ///
    /// let features = Features::Dense(array![[0.0], [0.2], [1.0], [1.2], [2.0], [2.2]]);
    /// let (cells, classes) = ([0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 2]);
    /// let options = LogisticOptions { c: 100.0, max_iterations: 1000, tolerance: 1e-8 };
    /// let fitted = Logistic::fit(&features, &cells, &classes, 3, &options)?;
    /// assert!(fitted.converged());
    /// assert_eq!(fitted.predict(&features, &cells), classes);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there are fewer than two classes, an option is out of range, or there are too many coefficients.
    ///
    /// # Panics
    /// If there is no such cell or class, or not one class a cell.
    pub fn fit(
        features: &Features,
        rows: &[usize],
        classes: &[usize],
        count: usize,
        options: &LogisticOptions,
    ) -> Result<Self, FitError> {
        let LogisticOptions { c, max_iterations, tolerance } = *options;
        if count < 2 || rows.is_empty() {
            return Err(FitError::Classes(count));
        }
        if !(c > 0.0 && c.is_finite()) {
            return Err(FitError::Option { name: "c", value: c, range: "above 0" });
        }
        if !(tolerance >= 0.0 && tolerance.is_finite()) {
            return Err(FitError::Option { name: "tolerance", value: tolerance, range: "0 or above" });
        }
        assert_eq!(rows.len(), classes.len(), "one class a cell");
        let (width, outputs) = (features.width(), if count == 2 { 1 } else { count });
        let size = (width + 1).checked_mul(outputs).filter(|&size| size <= MOST_COEFFICIENTS);
        let Some(size) = size else {
            return Err(FitError::TooLarge { classes: count, width, most: MOST_COEFFICIENTS });
        };
        let mut problem = Problem::new(features, rows, classes, outputs, c);
        let found = minimise(vec![0.0; size], max_iterations, tolerance, &mut problem);
        let Minimum { at: weights, value: loss, gradient, iterations, stop } = found;
        Ok(Self { width, classes: count, weights, iterations, stop, loss, gradient })
    }

    /// Whether the optimum was reached: to the tolerance, or as near as doubles come.
    pub fn converged(&self) -> bool {
        self.stop != Stop::Iterations
    }

    /// The most probable class of each of the cells; equal ones: the first.
    ///
    /// # Panics
    /// If there is no such cell, or the features are fewer.
    pub fn predict(&self, features: &Features, rows: &[usize]) -> Vec<usize> {
        let mut found = vec![0.0; self.outputs()];
        rows.iter()
            .map(|&row| {
                outputs_of(features.row(row), &self.weights, &mut found);
                match found[..] {
                    [score] => usize::from(score > 0.0),
                    _ => (0..found.len()).fold(0, |best, at| if found[at] > found[best] { at } else { best }),
                }
            })
            .collect()
    }

    /// The linear function of a class in each of the cells; with two classes that of the second.
    ///
    /// # Panics
    /// If there is no such cell or class, or the features are fewer.
    pub fn scores(&self, features: &Features, rows: &[usize], class: usize) -> Vec<f64> {
        let mut found = vec![0.0; self.outputs()];
        let output = if self.classes == 2 { 0 } else { class };
        rows.iter()
            .map(|&row| {
                outputs_of(features.row(row), &self.weights, &mut found);
                found[output]
            })
            .collect()
    }

    /// Features of a cell.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Classes that have coefficients: all, or the second of two.
    pub fn with_coefficients(&self) -> impl Iterator<Item = usize> + use<> {
        if self.classes == 2 { 1..2 } else { 0..self.classes }
    }

    /// The coefficient of a feature.
    ///
    /// # Panics
    /// If there is no such feature, or the class is not among [`Logistic::with_coefficients`].
    pub fn coefficient(&self, class: usize, feature: usize) -> f64 {
        assert!(feature < self.width);
        self.weights[feature * self.outputs() + self.output(class)]
    }

    /// The intercept.
    ///
    /// # Panics
    /// If the class is not among [`Logistic::with_coefficients`].
    pub fn intercept(&self, class: usize) -> f64 {
        self.weights[self.width * self.outputs() + self.output(class)]
    }

    fn outputs(&self) -> usize {
        if self.classes == 2 { 1 } else { self.classes }
    }

    fn output(&self, class: usize) -> usize {
        if self.classes == 2 {
            assert_eq!(class, 1, "two classes have the coefficients of the second");
            0
        } else {
            class
        }
    }
}
