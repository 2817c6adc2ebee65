//! The only place that knows kinds of models. A job asks for a [`Model`] and has it [prepared](Model::prepare) for cells;
//! what it then knows of it is [`Prepared`].
//!
//! | file | idea |
//! |---|---|
//! | `registry` | the kinds: one line a model |
//! | `kind` | [`Kind`]: what is known of a model before there are cells |
//! | `prepared` | [`Prepared`]: a model with the genes of these cells matched to it |
//! | `folder` | [`Model`]: the folder that `import` writes |
//! | `opened` | such folders, those of bundles, and checkpoints opened |
//! | `settings`, `allowed` | what each kind may be told at import, and whether it may |
//! | `options` | what may be asked of some kinds only |
//! | `embed` | cells embedded, some cells at a time, on one or several devices |
//! | `counts` | shared by kinds that read counts of a fixed gene list |
//! | `transformer` | shared by kinds that read sequences of genes |
//! | `scvi`, `scgpt`, `geneformer`, `scimilarity`, `onnx` | the kinds |

mod allowed;
pub mod counts;
mod embed;
pub mod folder;
pub mod geneformer;
mod kind;
pub mod onnx;
mod opened;
mod options;
mod prepared;
mod registry;
pub mod scgpt;
pub mod scimilarity;
pub mod scvi;
mod settings;
pub mod transformer;

pub use allowed::{check_settings, whom};
pub use embed::{Embedded, Engine, embed, embed_share, embeddings, join};
pub use folder::{CARD, Model};
pub use kind::{ImportOptions, Kind, Request, Words};
pub use options::SequenceOptions;
pub use prepared::{Counted, Decode, Embed, LatentCells, Prepared, Provenance, Swapper};
pub use registry::{KINDS, find, of_checkpoint};
pub use settings::{Setting, Settings};
