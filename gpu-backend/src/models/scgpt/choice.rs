//! The sequence rule and its genes, chosen for a data set.

use std::path::Path;

use anyhow::{Context, bail};
use cellprism_core::{
    cells::{
        CountMatrix,
        hvg::{Moments, SPAN},
    },
    embedding::scgpt::{SequenceGenes, SequenceRule, Tokenizer},
};

use super::vocabulary;
use crate::{
    files::h5ad::H5ad,
    models::{Model, Request},
    work::regular,
};

/// Cells read at a time while genes are chosen.
const CHUNK: usize = 2048;
/// Largest list of genes.
const LARGEST_LIST: u64 = 16 << 20;

/// Highly variable genes, where nothing else is said.
const VARIABLE_GENES: usize = 1200;

/// The rule and its genes.
#[derive(Clone, Debug)]
pub struct Sequences {
    /// Genes that a sequence may hold.
    pub genes: SequenceGenes,
    /// Counts to sequences.
    pub tokenizer: Tokenizer,
    /// How the genes were chosen, in words.
    pub chosen: String,
}

impl Sequences {
    /// Chooses the genes. Highly variable ones (`seurat_v3`, 1,200 in the paper) are chosen among those that the
    /// vocabulary has, in two passes over the file.
    ///
    /// # Errors
    /// If data and vocabulary share no gene, or a list is not usable.
    pub fn choose(model: &Model, cells: &mut H5ad, request: &Request<'_>) -> anyhow::Result<Self> {
        let Request { path, aliases, sequence: options } = *request;
        let rule = options.sequence.unwrap_or_default();
        let variable_genes = options.variable_genes.map_or(VARIABLE_GENES, |n| n as usize);
        let (sizes, vocabulary) = vocabulary(model)?;
        if cells.is_empty() {
            bail!("{} has no cell", path.display());
        }
        let all = SequenceGenes::of_data(&vocabulary, cells.genes(), aliases);
        if all.is_empty() {
            bail!(
                "{} and the model's vocabulary share no gene: the model knows symbols such as {:?}, the file has {:?}; \
                 a column \"feature_name\" in var is read too, and --gene-info tells identifiers and symbols apart",
                path.display(),
                vocabulary.genes().take(3).map(|(name, _)| name).collect::<Vec<_>>(),
                cells.genes().index.iter().take(3).collect::<Vec<_>>()
            );
        }
        let (genes, chosen) = match (rule, &options.genes) {
            (SequenceRule::Nonzero, Some(_)) => {
                bail!("a list of genes is for --sequence fixed-hvg; nonzero reads all genes of each cell")
            }
            (SequenceRule::Nonzero, None) => (all, "non-zero genes of each cell".to_owned()),
            (SequenceRule::FixedHvg, Some(list)) => {
                let names = read_gene_list(list)?;
                let genes = SequenceGenes::of_list(&vocabulary, cells.genes(), aliases, &names)
                    .with_context(|| list.display().to_string())?;
                if genes.map.found() == 0 {
                    bail!("{}: none of its genes is in {}", list.display(), path.display());
                }
                let chosen = format!("{} genes of a list", genes.len());
                (genes, chosen)
            }
            (SequenceRule::FixedHvg, None) if all.len() <= variable_genes => {
                let chosen = format!("all {} genes that data and vocabulary share", all.len());
                (all, chosen)
            }
            (SequenceRule::FixedHvg, None) => {
                let places = variable(cells, &all, variable_genes)?;
                (all.select(&places), format!("{} highly variable genes (seurat_v3)", places.len()))
            }
        };
        let tokenizer = Tokenizer {
            tokens: genes.tokens.clone(),
            rule,
            bins: sizes.bins,
            max_length: sizes.max_length as usize,
            cls: sizes.cls,
            pad_value: sizes.pad_value,
        };
        Ok(Self { genes, tokenizer, chosen })
    }
}

fn variable(cells: &mut H5ad, genes: &SequenceGenes, top: usize) -> anyhow::Result<Vec<u32>> {
    let mut pass = |add: &mut dyn FnMut(&CountMatrix) -> anyhow::Result<()>| {
        cells.chunks(CHUNK).try_for_each(|chunk| add(&genes.map.apply(&chunk?.1)))
    };
    let mut moments = Moments::new(genes.len());
    pass(&mut |counts| Ok(moments.add(counts)?))?;
    let remedy = "give a list of genes with --genes";
    let mut clipped = moments.trend(SPAN).context(remedy)?;
    pass(&mut |counts| Ok(clipped.add(counts)?))?;
    Ok(clipped.select(top).genes)
}

/// Reads one gene a line; empty lines and lines that begin with # are skipped.
///
/// # Errors
/// If the file cannot be read, is no text, or names no gene.
pub fn read_gene_list(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = regular::text(path, LARGEST_LIST)
        .with_context(|| format!("cannot read {} as text, one gene a line", path.display()))?;
    let names: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        bail!("{} names no gene", path.display());
    }
    Ok(names)
}
