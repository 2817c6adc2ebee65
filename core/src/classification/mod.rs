//! Labels predicted from features: multinomial logistic regression with the optimum of scikit-learn's `LogisticRegression`.
//!
//! | file | idea |
//! |---|---|
//! | `features` | [`Features`]: dense embeddings or sparse activations, a row a cell |
//! | `loss` | the penalised loss and its gradient, and both along a line |
//! | `minimise`, `line_search` | L-BFGS |
//! | `logistic` | [`Logistic`]: fitted, predicting |
//! | `columns` | some features of many |
//! | `split` | [`split`]: cells of each class into training and test |
//!
//! L-BFGS is our own: what a caller is told of convergence is scikit-learn's (the largest entry of the gradient, iterations),
//! and at a tolerance near the rounding of a double a step must be judged by slopes, since differences of the loss drown.

mod columns;
mod features;
mod line_search;
mod logistic;
mod loss;
mod minimise;
mod split;

pub use features::{Features, FeaturesError, Row};
pub use logistic::{FitError, Logistic, LogisticOptions};
pub use minimise::Stop;
pub use split::{Part, PartSizes, split};
