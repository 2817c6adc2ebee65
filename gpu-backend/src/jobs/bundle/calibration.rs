//! How many labels survive where there is nothing to find: in a dictionary that was never trained, and in concepts whose
//! activations are permuted over the cells. Random rankings deal scores to genes one by one and know nothing of genes that
//! go together; these know.

use std::ops::ControlFlow;

use cellprism_core::{
    attribution::attribute,
    bundle::{Calibration, CalibrationSubject, ReadingParameters, SideLabels},
    ids::ConceptId,
    parallel,
    readings::{ConceptRequest, read_concept, settle},
};

use super::{
    compared::{Compared, Scope},
    context::Context,
    subject::Subject,
    work::Work,
};
use crate::work::progress::{Progress, Silent};

/// The finished stage.
pub const KEPT: &str = "calibration.json";

/// Reads some concepts of each, as the real ones are read.
///
/// # Errors
/// If the model cannot be run, or a file of the work folder is damaged.
pub fn calibrate(
    context: &Context,
    work: &Work,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<Calibration>> {
    let Some(parameters) = context.parameters.reading.as_ref().filter(|p| p.calibration > 0) else {
        return Ok(Vec::new());
    };
    if context.sets.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(found) = work.stage(KEPT) {
        return Ok(found);
    }
    context.swapper.get()?;
    let sae = &context.parameters.sae;
    let random =
        Subject::random(context.embeddings(), sae.concepts as usize, sae.active as usize, parameters.seed)?;
    let shuffled = context.concepts.shuffled(parameters.seed);
    let found = vec![
        read_some(context, &random, CalibrationSubject::Random, parameters, progress)?,
        read_some(context, &shuffled, CalibrationSubject::Shuffled, parameters, progress)?,
    ];
    work.keep(KEPT, &found)?;
    Ok(found)
}

fn read_some(
    context: &Context,
    subject: &Subject,
    name: CalibrationSubject,
    parameters: &ReadingParameters,
    progress: &dyn Progress,
) -> anyhow::Result<Calibration> {
    let ids = chosen(context, subject, parameters.calibration as usize);
    let compared = Compared::find(context, subject, &ids, Scope::Labels, &Silent);
    let steps = progress.begin("calibrate", ids.len() as u64, "concepts");
    let counterfactuals = context.parameters.attribution.counterfactuals as usize;
    let mut labels = parallel::map(ids.len(), |i| -> anyhow::Result<SideLabels> {
        let cells = &compared[i].cells;
        let fetched = context.fetch(compared[i].swapped())?;
        let swaps = &*context.swapper.get()?.among(fetched.counted())?;
        let attribution = attribute(swaps, &subject.reader, ids[i], cells, counterfactuals)?;
        let request = ConceptRequest {
            model: swaps,
            reader: &subject.reader,
            concept: ids[i],
            cells,
            attribution: &attribution,
            further: &compared[i].further,
            counterfactuals,
            symbols: &context.symbols,
            sets: &context.sets,
            enrichment: &context.parameters.enrichment,
            deck: &context.deck,
            reading: parameters,
            tests: 2 * ids.len() as u32,
            no_label: None,
        };
        let found = read_concept(request, &mut |_| ControlFlow::Continue(()))?;
        steps.advance(1);
        Ok(found.labels)
    })
    .into_iter()
    .collect::<anyhow::Result<Vec<_>>>()?;
    steps.finish();
    let (tested, survive) = settle(&mut labels, parameters.survives);
    Ok(Calibration { subject: name, concepts: ids.len() as u32, tested, survive })
}

/// Up to `n` concepts with enough cells, spread over the dictionary.
fn chosen(context: &Context, subject: &Subject, n: usize) -> Vec<ConceptId> {
    let least = context.parameters.specificity.min_cells as usize;
    let able: Vec<ConceptId> =
        subject.activations.iter().filter(|(_, active)| active.len() >= least).map(|(id, _)| id).collect();
    let n = n.min(able.len());
    (0..n).map(|i| able[i * able.len() / n]).collect()
}
