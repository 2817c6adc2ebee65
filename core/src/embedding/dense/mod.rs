//! A linear layer over many rows.
//!
//! Every output is one sum in the order of the inputs, with separate multiplication and addition: wide
//! registers only change how many outputs are computed at once, so native code on any processor and
//! WebAssembly give the same bits. Inputs that are 0 in all rows computed together are left out: behind a ReLU that is the
//! half of them and more, and a sum does not change by 0.
//!
//! | file | idea |
//! |---|---|
//! | `linear` | [`linear`]: rows of numbers, of which many may be 0 |
//! | `rows` | [`add_rows`]: rows of which few numbers are not 0 |

mod linear;
mod rows;

pub use linear::linear;
pub use rows::{add_rows, add_rows_of_many, add_scaled};
