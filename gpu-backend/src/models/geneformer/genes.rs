//! The dictionary's genes found in a data set.

use std::path::Path;

use anyhow::{Context, bail};
use cellprism_core::{
    cells::Aliases,
    embedding::{
        card::GeneformerSizes,
        geneformer::{Dictionary, RankTokenizer, RankedGenes},
    },
};
use cellprism_onnx::folder::sha256;

use crate::{
    files::h5ad::H5ad,
    models::folder::{Model, read_bounded},
};

/// Genes and tokenizer for the cells of one data set.
#[derive(Clone, Debug)]
pub struct Ranks {
    /// Genes that a sequence may hold, in the data's order.
    pub genes: RankedGenes,
    /// Counts to sequences.
    pub tokenizer: RankTokenizer,
}

impl Ranks {
    /// Finds the genes.
    ///
    /// # Errors
    /// If data and dictionary share no gene, there is no cell, or `genes.tsv` does not belong to the card.
    pub fn find(model: &Model, cells: &H5ad, aliases: &Aliases, path: &Path) -> anyhow::Result<Self> {
        let (sizes, dictionary) = dictionary(model)?;
        if cells.is_empty() {
            bail!("{} has no cell", path.display());
        }
        let genes = RankedGenes::of_data(&dictionary, cells.genes(), aliases);
        if genes.is_empty() {
            bail!(
                "{} and the model's dictionary share no gene: the model knows Ensembl identifiers such as {:?}, the file has \
                 {:?}; a column \"gene_ids\" in var is read too, and --gene-info tells identifiers of symbols",
                path.display(),
                dictionary.entries().iter().take(3).map(|entry| &entry.gene).collect::<Vec<_>>(),
                cells.genes().index.iter().take(3).collect::<Vec<_>>()
            );
        }
        let tokenizer = RankTokenizer {
            tokens: genes.tokens.clone(),
            medians: genes.medians.clone(),
            ends: sizes.ends,
            max_length: sizes.max_length as usize,
        };
        Ok(Self { genes, tokenizer })
    }
}

/// Sizes and dictionary of a Geneformer model.
fn dictionary(model: &Model) -> anyhow::Result<(&GeneformerSizes, Dictionary)> {
    let Some(sizes) = &model.card.geneformer else {
        bail!("{} is no Geneformer model", model.folder.display())
    };
    let path = model.folder.join("genes.tsv");
    let file = read_bounded(&path)?;
    if sha256(&file) != sizes.dictionary_sha256 {
        bail!("{} does not belong to the model.json beside it: import the model again", path.display());
    }
    let text = String::from_utf8(file).with_context(|| path.display().to_string())?;
    Ok((sizes, Dictionary::from_tsv(&text).with_context(|| path.display().to_string())?))
}
