//! The dictionary's genes found in a data set.

use anyhow::bail;
use cellprism_core::embedding::geneformer::{RankTokenizer, RankedGenes};

use super::dictionary;
use crate::{
    files::h5ad::H5ad,
    models::{Model, Request},
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
    pub fn find(model: &Model, cells: &H5ad, request: &Request<'_>) -> anyhow::Result<Self> {
        let (sizes, dictionary) = dictionary(model)?;
        if cells.is_empty() {
            bail!("{} has no cell", request.path.display());
        }
        let genes = RankedGenes::of_data(&dictionary, cells.genes(), request.aliases);
        if genes.is_empty() {
            bail!(
                "{} and the model's dictionary share no gene: the model knows Ensembl identifiers such as {:?}, the file has \
                 {:?}; a column \"gene_ids\" in var is read too, and --gene-info tells identifiers of symbols",
                request.path.display(),
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
