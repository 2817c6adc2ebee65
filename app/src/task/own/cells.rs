//! Cells of the reader: genes matched, counts checked, embedded by the bundle's encoder, some at a time.

use std::path::Path;

use cellprism_core::{
    bundle::path,
    cells::{Aliases, GeneMap, looks_like_mouse, map_genes, repeated},
    embedding::{card::CovariateError, scvi::ScviEncoder},
    sae::SaeWeights,
};
use cellprism_h5ad::{H5ad, H5adError, Options, Room};

use super::{Answer, Opened, Request, Step, readings::Readings};
use crate::task::{Said, files::Files, place::Place};

/// Cells that are read and embedded together …
const ROWS: usize = 512;
/// … fewer where they have many genes: so many entries of a dense matrix.
const ENTRIES: usize = 8 << 20;

/// Reads, embeds and encodes the cells.
///
/// # Errors
/// In words: what is wrong with the file, where, and what to do.
pub fn run(request: &Request, files: &Files, place: &mut dyn Place) -> Result<Answer, String> {
    let encoder =
        ScviEncoder::from_safetensors(files.get(path::MODEL_ENCODER)?).map_err(|e| e.to_string())?;
    let sae = SaeWeights::from_safetensors(files.get(path::SAE_CONFIG)?, files.get(path::SAE_WEIGHTS)?)
        .map_err(|e| e.to_string())?;
    if encoder.latent() != sae.config.d_in {
        return Err("the bundle's encoder and its dictionary are not of one model".into());
    }
    let options = Options { allow_non_integer: request.allow_non_integer, room: Room::PAGE };
    let mut file = H5ad::open(Path::new(&request.name), place.own()?, &options).map_err(in_words)?;
    if file.is_empty() {
        return Err(format!("{} has no cell: choose a file with at least one row in obs", request.name));
    }
    let map = map_genes(encoder.genes(), file.genes(), &aliases(request, encoder.genes()));
    place.say(Said::Own(Box::new(Step::Opened(opened(&file, &map, encoder.genes())))));
    if map.found() == 0 {
        return Err(no_gene(&file, encoder.genes(), &request.name));
    }
    let card = encoder.card();
    let one_hot = if card.encode_covariates {
        card.one_hot(file.len(), file.columns()).map_err(|error| covariate(&error, file.names()))?
    } else {
        Vec::new()
    };
    let (columns, cells) = (file.take_columns(), file.len());
    let bundle_cells = files.find(path::EMBEDDINGS).map(|_| request.bundle_cells as usize);
    let mut readings = Readings::begin(&sae, &columns, bundle_cells, true, place);
    let rows = (ENTRIES / file.genes().len().max(1)).clamp(16, ROWS);
    let (mut matched, mut all) = (0.0, 0.0);
    for start in (0..cells).step_by(rows) {
        let (counts, names) = file.named_rows(start, rows).map_err(in_words)?;
        let (on_matched, of_all) = map.matched_counts(&counts);
        matched += on_matched;
        all += of_all;
        let end = start + counts.rows;
        let covariates = one_hot.get(start..end).unwrap_or(&[]);
        let latent = encoder.encode(&map.apply(&counts), covariates).map_err(|e| e.to_string())?;
        let values = latent.as_slice().ok_or("embeddings are not in rows")?;
        readings.take(names, values, place)?;
        let share = if all > 0.0 { matched / all } else { 0.0 };
        let done = Step::Cells { done: end as u64, of: cells as u64, counts_share: Some(share) };
        place.say(Said::Own(Box::new(done)));
    }
    if all == 0.0 {
        return Err(format!(
            "{}: every count of {} is zero, so every cell looks the same to the model: check that the counts were saved",
            request.name,
            file.counts_source()
        ));
    }
    drop(file);
    readings.finish(files, place)
}

/// Names that mean the same gene: what the bundle knows of its own genes.
fn aliases(request: &Request, model: &[String]) -> Aliases {
    let mut aliases = Aliases::none();
    for (gene, name) in model.iter().enumerate() {
        let at = |names: &[String]| names.get(gene).cloned().unwrap_or_default();
        let (symbol, ensembl) = (at(&request.symbols), at(&request.ensembl));
        let symbol = if symbol.is_empty() { name.clone() } else { symbol };
        let other = if symbol == *name { Vec::new() } else { vec![name.clone()] };
        let ensembl = if ensembl.is_empty() { Vec::new() } else { vec![ensembl] };
        aliases.add(&symbol, &ensembl, &other);
    }
    aliases
}

/// What is known before the first count is read.
fn opened(file: &H5ad, map: &GeneMap, model: &[String]) -> Opened {
    let genes = file.genes();
    let mut how = [0u32; 3];
    for (name, column) in model.iter().zip(&map.column_of) {
        let Some(column) = column.map(|column| column as usize) else { continue };
        let name = cellprism_core::cells::strip_version(name);
        let is = |names: &[String]| cellprism_core::cells::strip_version(&names[column]) == name;
        let way = [is(&genes.index), is(&genes.symbols), is(&genes.ensembl)].iter().position(|is| *is);
        if let Some(way) = way {
            how[way] += 1;
        }
    }
    let missing = model.iter().zip(&map.column_of).filter(|(_, column)| column.is_none());
    Opened {
        cells: file.len() as u64,
        genes: genes.len() as u64,
        counts_source: file.counts_source().to_owned(),
        audit: map.audit.clone(),
        by_index: how[0],
        by_symbol: how[1],
        by_ensembl: how[2],
        missing: missing.map(|(name, _)| name.clone()).collect(),
        skipped: file.skipped_columns().to_vec(),
        mouse: looks_like_mouse(&genes.symbols) && !looks_like_mouse(model),
        repeated: repeated(file.names()).map(|(count, first)| (count as u64, first.to_owned())),
    }
}

fn no_gene(file: &H5ad, model: &[String], name: &str) -> String {
    let some =
        |names: &[String]| names.iter().take(3).map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ");
    let mouse = if looks_like_mouse(&file.genes().symbols) && !looks_like_mouse(model) {
        ". The names look like genes of mouse, and the model was trained on human cells: map them to human orthologues first"
    } else {
        ""
    };
    format!(
        "{name} and the model share no gene: the model reads for instance {}, the file has {}. Are both symbols, or both \
         Ensembl identifiers? A column \"feature_name\" in var is read too{mouse}",
        some(model),
        some(&file.genes().index)
    )
}

fn covariate(error: &CovariateError, names: &[String]) -> String {
    match error {
        CovariateError::Column { name, categories } => format!(
            "the model reads the covariate {name:?}, which the cells do not have: add obs[{name:?}] with values of \
             {categories:?}"
        ),
        CovariateError::Label { cell, name, label, categories } => {
            format!("cell {:?} has {name} {label:?}; the model knows {categories:?}", names.get(*cell))
        }
    }
}

/// An error of the file, with what can be done in a page.
fn in_words(error: H5adError) -> String {
    match error {
        H5adError::NotACount(wrong) => {
            let remedy = if wrong.value > 0.0 && wrong.value.is_finite() {
                "It looks normalised, and the model reads raw counts: save those as adata.layers[\"counts\"] or adata.raw and \
                 drop the file again, or choose “Take the values as they are” if you know what they are"
            } else {
                "Counts are zero or positive, and the model reads raw ones: save those as adata.layers[\"counts\"] or adata.raw \
                 and drop the file again"
            };
            format!(
                "{}: {}: row {} (cell {}), column {} (gene {}): {} is not a count. {remedy}",
                wrong.path.display(),
                wrong.dataset,
                wrong.row,
                wrong.cell,
                wrong.column,
                wrong.gene,
                wrong.value
            )
        }
        H5adError::Open { path, source } => format!("{} cannot be read: {source}", path.display()),
        other => other.to_string(),
    }
}
