//! What reading a foreign file must survive: one function for every parser. The loop of `tests/parsers.rs` calls them
//! with content that it damages, the targets of `fuzz` with content that a fuzzer finds. Each ends in a result or in an
//! error, and says which; what is read must also hold what its type promises.
//!
//! | file | idea |
//! |---|---|
//! | `cells` | `.h5ad` |
//! | `genes` | gene sets, rankings, tables and lists of genes |
//! | `weights` | pickles, archives of torch, safetensors, whole checkpoints |
//! | `bundle` | files of a bundle |
//! | `settings` | cards, configurations |
//! | `damage` | what is done to a file |
//! | `zip` | checksums mended, so that damage gets past them |
//! | `corpus` | where each parser begins |

mod bundle;
mod cells;
pub mod corpus;
pub mod damage;
mod genes;
mod settings;
mod weights;
mod zip;

use std::path::Path;

/// A parser.
#[derive(Clone, Copy, Debug)]
pub struct Parser {
    /// Its name: that of its fuzz target and of its folder in the corpus.
    pub name: &'static str,
    /// Reads; says whether there was something to read.
    pub read: fn(&[u8]) -> bool,
    /// Whether the file is text, and damaged as such.
    pub text: bool,
}

/// Every parser of a foreign file.
pub const PARSERS: [Parser; 19] = [
    Parser { name: "h5ad", read: cells::h5ad, text: false },
    Parser { name: "pickle", read: weights::pickle, text: false },
    Parser { name: "zip", read: weights::archive, text: false },
    Parser { name: "safetensors", read: weights::safetensors, text: false },
    Parser { name: "scvi", read: weights::scvi, text: false },
    Parser { name: "scgpt", read: weights::scgpt, text: false },
    Parser { name: "scimilarity", read: weights::scimilarity, text: false },
    Parser { name: "geneformer", read: weights::geneformer, text: false },
    Parser { name: "overcomplete", read: weights::overcomplete, text: false },
    Parser { name: "embeddings", read: weights::embeddings, text: false },
    Parser { name: "gmt", read: genes::gene_sets, text: true },
    Parser { name: "rnk", read: genes::ranking, text: true },
    Parser { name: "gene_table", read: genes::gene_table, text: true },
    Parser { name: "gene_list", read: genes::gene_list, text: true },
    Parser { name: "card", read: settings::card, text: true },
    Parser { name: "config", read: settings::config, text: true },
    Parser { name: "sae_config", read: settings::sae_config, text: true },
    Parser { name: "bundle_json", read: bundle::json, text: true },
    Parser { name: "bundle_arrays", read: bundle::arrays, text: false },
];

/// The parser of that name.
pub fn parser(name: &str) -> Option<&'static Parser> {
    PARSERS.iter().find(|parser| parser.name == name)
}

/// Runs `read` on a file of that content.
fn in_file(content: &[u8], read: impl FnOnce(&Path) -> bool) -> bool {
    // Where there is one, a folder in memory: thousands of files are read.
    let memory = Path::new("/dev/shm");
    let file = if memory.is_dir() {
        tempfile::NamedTempFile::new_in(memory)
    } else {
        tempfile::NamedTempFile::new()
    };
    let file = file.expect("a place for temporary files");
    std::fs::write(file.path(), content).expect("room for a small file");
    read(file.path())
}
