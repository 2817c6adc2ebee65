//! What a dictionary is worth, beside baselines that were never trained for it: the numbers behind `cellprism evaluate`.
//!
//! | file | idea |
//! |---|---|
//! | `subjects` | [`Subject`]: the dictionary's concepts, and what stands beside them |
//! | `truth` | what is recovered of planted programs |
//! | `spread` | [`Spread`], [`bootstrap_mean`]: means over items with intervals |
//! | `auroc`, `folds`, `probes` | [`probes`]: labels told apart by one item and by five, on cells held out |
//! | `effects` | [`effect`]: what a condition does to a concept, across donors |
//! | `reconstruction` | [`rebuild`]: how well activations rebuild the embeddings |

mod auroc;
mod effects;
mod folds;
mod probes;
pub mod reconstruction;
mod spread;
pub mod subjects;
pub mod truth;

pub use auroc::{Population, SortedCells, auroc};
pub use effects::{Across, Comparison, Effect, effect};
pub use folds::Folds;
pub use probes::{LEAST_CELLS, Probe, probes};
pub use reconstruction::{Reconstruction, rebuild};
pub use spread::{Spread, bootstrap_mean, mean, median};
pub use subjects::{Subject, SubjectError, SubjectKind};
