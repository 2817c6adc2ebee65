//! What a reader should know of the inputs before hours of work: sets that cannot be tested, names that are there twice.

use anyhow::bail;
use cellprism_core::{
    cells::{looks_like_mouse, repeated},
    gsea::index_sets,
};

use super::{Job, context::symbols, inputs::Inputs};

/// A line for each thing that is odd but no error.
///
/// # Errors
/// If a library of gene sets and the model share no gene.
pub fn notes(job: &Job, inputs: &Inputs) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    if let Some((count, first)) = repeated(&inputs.cells.names) {
        lines.push(format!(
            "warning: {}: {count} cell names are there more than once (for example {first:?}); rows are told apart by their \
             place, but tables name cells ambiguously. anndata's obs_names_make_unique() gives each a name of its own",
            job.cells.display()
        ));
    }
    let symbols = symbols(inputs);
    let limits = &job.parameters.enrichment;
    for ((name, sets), path) in inputs.libraries.iter().zip(&job.gene_sets) {
        let found = index_sets(name, "", sets, &symbols).sets;
        if found.is_empty() && !sets.sets.is_empty() {
            let theirs: Vec<&String> = sets.sets.iter().flat_map(|set| &set.genes).take(3).collect();
            let remedy = if looks_like_mouse(&symbols) {
                "the model's look like mouse symbols: give gene sets of mouse genes"
            } else {
                "do both name genes the same way? --gene-info TABLE knows the symbols of identifiers"
            };
            bail!(
                "no gene of {} is one that the model reads (the model's are for instance {:?}, the sets' {theirs:?}): {remedy}",
                path.display(),
                symbols.iter().take(3).collect::<Vec<_>>()
            );
        }
        let tested = |genes: usize| genes >= limits.min_size as usize && genes <= limits.max_size as usize;
        if !found.iter().any(|(_, genes)| tested(genes.len())) {
            lines.push(format!(
                "warning: {}: none of its {} sets has {} to {} of the model's genes, so that nothing can be labelled by it: \
                 --min-size and --max-size change the limits",
                path.display(),
                sets.sets.len(),
                limits.min_size,
                limits.max_size
            ));
        }
    }
    Ok(lines)
}
