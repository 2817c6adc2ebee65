//! What a dictionary is worth, beside baselines that were never trained for it: the numbers behind `cellprism evaluate`.
//!
//! | file | idea |
//! |---|---|
//! | `subjects` | [`Subject`]: the dictionary's concepts, and what stands beside them |
//! | `truth` | what is recovered of planted programs |
//! | `spread` | [`Spread`], [`bootstrap_mean`]: means over items with intervals |
//! | `reconstruction` | [`rebuild`]: how well activations rebuild the embeddings |

pub mod reconstruction;
mod spread;
pub mod subjects;
pub mod truth;

pub use reconstruction::{Reconstruction, rebuild};
pub use spread::{Spread, bootstrap_mean, mean, median};
pub use subjects::{Subject, SubjectError, SubjectKind};
