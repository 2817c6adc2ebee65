//! Pure computation of cellprism: no file system, clock, network or threads of its own, so that the
//! command line, the server and the page in the browser share one implementation.
//!
//! | module | what it computes |
//! |---|---|
//! | [`catalogue`] | public data by name, for `cellprism fetch` |
//! | [`cells`] | count matrices, gene vocabularies and their audit, metadata columns |
//! | [`classification`] | labels predicted by logistic regression |
//! | [`embedding`] | the scVI encoder in plain Rust, nearest cells |
//! | [`sae`] | TopK sparse autoencoder: weights, encode, decode, training, metrics |
//! | [`concepts`] | activations by concept, metadata specificity |
//! | [`attribution`] | counterfactuals, occlusion, rankings, deletion curves |
//! | [`steering`] | a concept set to another value, and what scVI then expects of every gene |
//! | [`evaluation`] | what a dictionary is worth beside baselines |
//! | [`readings`] | presence and absence, carried genes, labels that survive, titles |
//! | [`gsea`] | gene sets and preranked gene set enrichment analysis |
//! | [`stats`] | differential expression, assignment, multiple testing |
//! | [`study`] | blinded rating: what raters see, and what their answers say |
//! | [`maybe`] | a value, or the reason why there is none |
//! | [`order`] | sorting in little code |
//! | [`bundle`] | the folder that passes between the parts: its schema and its encoding |

#![warn(unreachable_pub)]

pub mod attribution;
pub mod bundle;
pub mod catalogue;
pub mod cells;
pub mod classification;
pub mod concepts;
pub mod embedding;
pub mod evaluation;
pub mod gsea;
pub mod ids;
pub mod limits;
pub mod maybe;
pub mod order;
pub mod parallel;
pub mod readings;
pub mod sae;
mod simd;
pub mod stats;
pub mod steering;
pub mod study;
