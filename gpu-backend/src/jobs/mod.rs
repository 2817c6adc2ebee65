//! What is done. A job is a function of its options and of who is told how it goes; it knows no terminal and no network, so
//! that the command line and the server call the same.
//!
//! | job | does |
//! |---|---|
//! | `import` | a published checkpoint becomes a model folder |
//! | `embed` | cells to embeddings |
//! | `sae` | sparse autoencoders: trained, applied, measured, compared |
//! | `ladder` | how many concepts a dictionary gets where nobody says |
//! | `attribute` | the genes that drive concepts |
//! | `steer` | a concept set to another value |
//! | `de`, `cell_cycle` | differential expression and cell-cycle phases, as scanpy has them |
//! | `classify` | multinomial logistic regression on features, as scikit-learn has it |
//! | `enrich` | gene set enrichment analysis of any ranking |
//! | `evaluate` | a bundle beside baselines: tables, claims, figures |
//! | `simulate` | cells with planted gene programs |
//! | `study` | concepts and neurons rated without knowing which is which |
//! | `bundle` | the whole, from cells to bundle |
//! | `shard` | the whole, cut into tasks for several machines |

pub mod attribute;
pub mod bundle;
pub mod cell_cycle;
pub mod classify;
mod concepts;
pub mod de;
pub mod demo;
pub mod embed;
pub mod enrich;
pub mod evaluate;
mod fetched;
pub mod import;
mod inputs;
pub mod ladder;
pub mod sae;
pub mod shard;
pub mod simulate;
pub mod steer;
pub mod study;

pub use concepts::{ENCODED, activations, parse_concepts, read_sae};
