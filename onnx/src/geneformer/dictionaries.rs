//! Pickled dictionaries, read as data: tokens, medians and symbols of genes.

use std::collections::{BTreeMap, HashMap};

use cellprism_core::embedding::geneformer::{Dictionary, Entry};

use super::Files;
use crate::{
    checkpoint::{
        CheckpointError,
        pickle::{Node, Pickle},
    },
    folder::ImportError,
};

const TOKENS: &str = "token_dictionary.pkl";
const MEDIANS: &str = "gene_median_dictionary.pkl";
const SYMBOLS: &str = "gene_name_id_dict.pkl";
/// Largest dictionary: Geneformer's have a few megabytes.
const LARGEST: usize = 256 << 20;

/// What the dictionaries say.
#[derive(Clone, Debug)]
pub(super) struct Dictionaries {
    pub genes: Dictionary,
    pub pad: u32,
    /// `<cls>` and `<eos>`.
    pub ends: Option<[u32; 2]>,
    /// Genes with a token that no sequence can hold.
    pub without_median: usize,
}

impl Dictionaries {
    /// Reads them for a model of so many tokens. Nothing in them is executed.
    ///
    /// # Errors
    /// If one is refused, or they do not fit the model or each other.
    pub(super) fn read(files: &Files<'_>, vocabulary: usize) -> Result<Self, ImportError> {
        let tokens = entries(TOKENS, files.tokens, "token", |value| {
            Ok(value.int().and_then(|token| u32::try_from(token).ok()))
        })?;
        let pad = tokens.get("<pad>").copied().ok_or_else(|| wrong(TOKENS, "it has no \"<pad>\""))?;
        let ends = match (tokens.get("<cls>"), tokens.get("<eos>")) {
            (Some(&cls), Some(&eos)) => Some([cls, eos]),
            (None, None) => None,
            _ => return Err(wrong(TOKENS, "it has only one of \"<cls>\" and \"<eos>\"")),
        };
        let medians = entries(MEDIANS, files.medians, "median", |value| Ok(value.number()))?;
        let mut symbols = symbols(files.symbols)?;
        let is_gene = |name: &str| !(name.starts_with('<') && name.ends_with('>'));
        let genes = tokens.iter().filter(|(name, _)| is_gene(name));
        let entries: Vec<Entry> = genes
            .clone()
            .filter_map(|(name, &token)| {
                let median = *medians.get(name)?;
                Some(Entry {
                    gene: name.clone(),
                    token,
                    median,
                    symbols: symbols.remove(name).unwrap_or_default(),
                })
            })
            .collect();
        if entries.is_empty() {
            return Err(wrong(
                MEDIANS,
                "it has a median of no gene that token_dictionary.pkl has: they do not belong together",
            ));
        }
        let without_median = genes.count() - entries.len();
        let genes = Dictionary::new(entries).map_err(|e| ImportError::File {
            file: "token_dictionary.pkl with gene_median_dictionary.pkl",
            what: e.to_string(),
        })?;
        let largest = tokens.values().max().map_or(0, |&token| token as usize);
        if largest + 1 != vocabulary {
            let what = format!(
                "its largest token is {largest}, config.json says \"vocab_size\" {vocabulary}: they do not belong together"
            );
            return Err(ImportError::File { file: TOKENS, what });
        }
        Ok(Self { genes, pad, ends, without_median })
    }
}

/// Symbols by Ensembl identifier.
fn symbols(file: Option<&[u8]>) -> Result<HashMap<String, Vec<String>>, ImportError> {
    let mut by_gene: HashMap<String, Vec<String>> = HashMap::new();
    let Some(file) = file else { return Ok(by_gene) };
    for (symbol, gene) in entries(SYMBOLS, file, "identifier", |value| value.owned_text())? {
        by_gene.entry(gene).or_default().push(symbol);
    }
    Ok(by_gene)
}

/// A dictionary of texts to values of one kind.
fn entries<T>(
    file: &'static str,
    bytes: &[u8],
    what: &str,
    value: impl Fn(Node<'_>) -> Result<Option<T>, CheckpointError>,
) -> Result<BTreeMap<String, T>, ImportError> {
    if bytes.len() > LARGEST {
        return Err(wrong(file, &format!("it has {} bytes; no dictionary of genes needs that", bytes.len())));
    }
    let refused = |e: CheckpointError| match e {
        CheckpointError::Refused { .. } => wrong(file, &e.to_string()),
        e => wrong(file, &format!("{e}; if the file is damaged, download it again")),
    };
    let pickle = Pickle::read(bytes).map_err(refused)?;
    let root = pickle.root();
    if !root.is_dict() {
        return Err(wrong(file, &format!("it holds {}, not a dictionary", root.kind())));
    }
    let mut found = BTreeMap::new();
    for (key, node) in root.entries() {
        let name = key.owned_text().map_err(refused)?;
        let name = name.ok_or_else(|| wrong(file, &format!("a key is {}, not text", key.kind())))?;
        let read = value(node).map_err(refused)?.ok_or_else(|| {
            let shown = node.label().unwrap_or_else(|| node.kind().to_owned());
            wrong(file, &format!("{name:?} has {shown}, which is no {what}"))
        })?;
        if found.insert(name.clone(), read).is_some() {
            return Err(wrong(file, &format!("it has {name:?} twice")));
        }
    }
    Ok(found)
}

fn wrong(file: &'static str, what: &str) -> ImportError {
    ImportError::File { file, what: what.into() }
}
