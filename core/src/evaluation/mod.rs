//! What a dictionary is worth, beside baselines that were never trained for it: the numbers behind `cellprism evaluate`.
//!
//! | file | idea |
//! |---|---|
//! | `subjects` | [`Subject`]: the dictionary's concepts, and what stands beside them |
//! | `reconstruction` | [`rebuild`]: how well activations rebuild the embeddings |

pub mod reconstruction;
pub mod subjects;

pub use reconstruction::{Reconstruction, rebuild};
pub use subjects::{Subject, SubjectError, SubjectKind};
