//! The sparse autoencoder, trained on the embeddings.

use std::{fs, path::Path, time::Instant};

use anyhow::Context;
use cellprism_core::{
    bundle::{Ladder, SaeParameters, Stage, StageName},
    sae::{
        SaeWeights,
        train::{Native, Plan},
    },
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Job, inputs::Inputs, work::Work};
use crate::{
    files::sae,
    jobs::{
        ladder::{self, Wish},
        sae::{WorkFolder, epochs},
    },
    work::{digest, progress::Progress},
};

/// The finished stage.
pub const TRAINED: &str = "sae.json";
/// The folder of its weights.
pub const WEIGHTS: &str = "sae";

/// The autoencoder and how it came about.
pub struct Dictionary {
    /// Weights.
    pub weights: SaeWeights,
    /// Time.
    pub stage: Stage,
    /// Its training with nothing left open.
    pub parameters: SaeParameters,
    /// Sizes that were tried, where none was asked for.
    pub ladder: Option<Ladder>,
}

/// What survives a kill beside the weights.
#[derive(Serialize, Deserialize)]
struct DictionaryNote {
    stage: Stage,
    parameters: SaeParameters,
    ladder: Option<Ladder>,
    /// Their checksums.
    files: [String; 2],
}

/// Checksums of a dictionary's files.
fn sums(folder: &Path) -> anyhow::Result<[String; 2]> {
    Ok([digest::of_file(&folder.join(sae::CONFIG))?, digest::of_file(&folder.join(sae::WEIGHTS))?])
}

/// Trains the sparse autoencoder, after its size was chosen where none was asked for; a given one is taken as it is.
///
/// # Errors
/// If options or embeddings make no sense, or training diverges.
pub fn train(
    job: &Job,
    inputs: &Inputs,
    work: &Work,
    embeddings: ArrayView2<'_, f32>,
    progress: &dyn Progress,
) -> anyhow::Result<Dictionary> {
    if let Some(found) = kept(work) {
        return Ok(found);
    }
    let folder = work.folder(WEIGHTS);
    let started = Instant::now();
    let mut parameters = inputs.parameters.sae.clone();
    let (weights, ladder) = match &inputs.given {
        Some(given) => (given.clone(), None),
        None => {
            let ladder = match parameters.concepts {
                0 => Some(choose_size(job, work, embeddings, &mut parameters, progress)?),
                _ => None,
            };
            (new_dictionary(inputs, work, embeddings, &parameters, progress)?, ladder)
        }
    };
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    sae::write(&folder, &weights)?;
    let stage = Stage {
        name: StageName::Train,
        seconds: started.elapsed().as_secs_f64(),
        provider: None,
        precision: Some("float32".into()),
    };
    let told = DictionaryNote { stage, parameters, ladder, files: sums(&folder)? };
    work.keep(TRAINED, &told)?;
    let DictionaryNote { stage, parameters, ladder, .. } = told;
    Ok(Dictionary { weights, stage, parameters, ladder })
}

/// The dictionary that a finished stage has kept, where it is whole.
pub fn kept(work: &Work) -> Option<Dictionary> {
    let folder = work.folder(WEIGHTS);
    let DictionaryNote { stage, parameters, ladder, files } = work.stage(TRAINED)?;
    if !sums(&folder).is_ok_and(|found| found == files) {
        return None;
    }
    Some(Dictionary { weights: sae::read(&folder).ok()?, stage, parameters, ladder })
}

/// Tries sizes and fills in the one chosen.
fn choose_size(
    job: &Job,
    work: &Work,
    embeddings: ArrayView2<'_, f32>,
    parameters: &mut SaeParameters,
    progress: &dyn Progress,
) -> anyhow::Result<Ladder> {
    let asked = &job.parameters.sae;
    let kept = work.folder("ladder.json");
    let wish = Wish {
        options: &parameters.options(),
        active: Some(asked.active as usize).filter(|&active| active > 0),
        epochs: Some(asked.epochs).filter(|&epochs| epochs > 0),
        kept: Some(&kept),
    };
    let ladder = ladder::choose(embeddings, &wish, progress)?;
    let rung = ladder.chosen().with_context(|| format!("no size fits {} cells", embeddings.nrows()))?;
    parameters.concepts = rung.c;
    parameters.active = rung.k;
    parameters.aux_k = parameters.aux_k.min(rung.c / 2);
    Ok(ladder)
}

fn new_dictionary(
    inputs: &Inputs,
    work: &Work,
    embeddings: ArrayView2<'_, f32>,
    parameters: &SaeParameters,
    progress: &dyn Progress,
) -> anyhow::Result<SaeWeights> {
    let plan = Plan::new(embeddings, parameters.options())?;
    let engine = Box::new(Native::new(&plan));
    let training = WorkFolder::within(work.folder("training"), serde_json::to_value(plan.options())?);
    let (mut weights, _) =
        epochs(plan, engine, &training, None, progress).context("training the sparse autoencoder")?;
    weights.note_origin(embeddings, Some((&inputs.model.model().card).into()))?;
    Ok(weights)
}
