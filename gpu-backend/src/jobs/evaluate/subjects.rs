//! What stands beside the dictionary, made of the bundle's own embeddings. What takes training is kept when it is done.

use anyhow::Context as _;
use cellprism_core::{
    bundle::{ConceptArrays, ConceptClass, ConceptIndex, Manifest, Tensors, TrainingEngine, path, read_f64},
    concepts::{Activations, ActiveCells},
    evaluation::{
        Subject, SubjectError, SubjectKind,
        subjects::{Factors, IndependentComponents, PrincipalComponents, neuron_weights},
    },
    ids::CellId,
    sae::{
        SaeWeights,
        train::{Native, Plan, Session, TrainOptions, default_epochs},
    },
};
use ndarray::{Array2, ArrayView2};
use safetensors::SafeTensors;

use crate::{
    files::bundle::BundleFolder,
    work::{partial::Partial, progress::Progress},
};

/// Of which bundle, and with which seed.
pub struct Asked<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// Subjects in the order of the tables, or why one could not be made.
pub type Subjects = Vec<(SubjectKind, Result<Subject, String>)>;

/// Makes all of them.
///
/// # Errors
/// If something that was trained cannot be kept.
pub fn make(
    asked: &Asked<'_>,
    sae: &SaeWeights,
    x: &Array2<f32>,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Subjects> {
    let view = x.view();
    let size = (sae.config.d_sae, sae.config.k);
    let concepts = Subject::concepts(sae.clone(), view);
    let shuffled = concepts.shuffled(asked.seed);
    let said = |subject: Result<Subject, SubjectError>| subject.map_err(|error| error.to_string());
    let factors = factors(asked, &concepts, x, work, progress)?;
    let frozen = TrainOptions { frozen_decoder: true, ..training(asked.manifest, sae) };
    let frozen = trained(asked, "frozen-decoder", view, frozen, work, progress)?;
    let ica = IndependentComponents::of(view, asked.seed).and_then(|found| found.subject(view));
    Ok(vec![
        (SubjectKind::Sae, Ok(concepts)),
        (SubjectKind::Neurons, said(Subject::neurons(view))),
        (SubjectKind::Pca, said(PrincipalComponents::of(view).and_then(|found| found.subject(view)))),
        (SubjectKind::Ica, said(ica)),
        (SubjectKind::SemiNmf, said(factors.and_then(|found| found.subject(view)))),
        (SubjectKind::Random, said(Subject::random(view, size, asked.seed))),
        (SubjectKind::FrozenDecoder, frozen.map(|weights| Subject::frozen_decoder(weights, view))),
        (SubjectKind::Shuffled, Ok(shuffled)),
    ])
}

/// Those that stand in the bundle, where there are no embeddings, for the `reason`: its concepts, its neurons where they were
/// described, and the concepts shuffled.
///
/// # Errors
/// If a file of the bundle is damaged.
pub fn described(
    folder: &BundleFolder,
    sae: &SaeWeights,
    (concepts, neurons): (&ConceptIndex, Option<&ConceptIndex>),
    cells: usize,
    reason: &str,
    seed: u64,
) -> anyhow::Result<Subjects> {
    let of = |place: &str, index: &ConceptIndex| -> anyhow::Result<Result<Activations, String>> {
        let left_out = index.rows.iter().filter(|row| row.not_described).count();
        if left_out > 0 {
            return Ok(Err(format!(
                "{reason}; {left_out} of its concepts are not described, so that their cells are not known"
            )));
        }
        let mut items = vec![ActiveCells::default(); index.rows.len()];
        for row in index.rows.iter().filter(|row| row.class != ConceptClass::Dead) {
            let arrays: ConceptArrays = folder.file(&path::arrays(place, row.id))?;
            let item = items.get_mut(row.id.index()).context("a concept beyond their number")?;
            *item = ActiveCells {
                cells: arrays.cells.into_iter().map(CellId).collect(),
                values: arrays.activations,
            };
        }
        Ok(Ok(Activations::of_concepts(cells, items)))
    };
    let own = of(path::CONCEPTS, concepts)?;
    let own = own.map(|found| Subject::known(SubjectKind::Sae, sae.clone(), found));
    let neurons = match neurons {
        Some(index) => of(path::NEURONS, index)?.and_then(|found| {
            let weights = neuron_weights(sae.config.d_in).map_err(|error| error.to_string())?;
            Ok(Subject::known(SubjectKind::Neurons, weights, found))
        }),
        None => Err(format!("{reason}; its neurons are not described")),
    };
    let shuffled = own.as_ref().map(|own| own.shuffled(seed)).map_err(Clone::clone);
    let missing = |kind| (kind, Err(reason.to_owned()));
    Ok(vec![
        (SubjectKind::Sae, own),
        (SubjectKind::Neurons, neurons),
        missing(SubjectKind::Pca),
        missing(SubjectKind::Ica),
        missing(SubjectKind::SemiNmf),
        missing(SubjectKind::Random),
        missing(SubjectKind::FrozenDecoder),
        (SubjectKind::Shuffled, shuffled),
    ])
}

/// The options of the bundle's own training; those by default where its dictionary was given.
pub fn training(manifest: &Manifest, sae: &SaeWeights) -> TrainOptions {
    let parameters = &manifest.parameters.sae;
    let mut options = parameters.options();
    if parameters.engine == TrainingEngine::Given || parameters.epochs == 0 {
        options = TrainOptions::new(sae.config.d_sae, sae.config.k, 1);
        options.epochs = default_epochs(manifest.counts.cells as usize, options.batch);
    }
    options.concepts = sae.config.d_sae;
    options.active = sae.config.k;
    options
}

/// A dictionary trained on the embeddings, or why it could not be.
///
/// # Errors
/// If it cannot be kept.
pub fn trained(
    asked: &Asked<'_>,
    name: &'static str,
    x: ArrayView2<'_, f32>,
    options: TrainOptions,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Result<SaeWeights, String>> {
    let part = |ending: &str| format!("trained/{}-{name}-{}.{ending}", asked.manifest.tag, options.seed);
    let (json, tensors) = (part("json"), part("safetensors"));
    if let (Some(json), Some(tensors)) = (work.get(&json), work.get(&tensors))
        && let Ok(weights) = SaeWeights::from_safetensors(&json, &tensors)
    {
        return Ok(Ok(weights));
    }
    let epochs = u64::from(options.epochs);
    let begun = Plan::new(x, options).and_then(|plan| {
        let engine = Box::new(Native::new(&plan));
        Session::start(plan, engine)
    });
    let mut session = match begun {
        Ok(session) => session,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let steps = progress.begin("train", epochs, "epochs");
    steps.message(name);
    let done = loop {
        match session.epoch(&mut |_| {}) {
            Ok(Some(_)) => steps.advance(1),
            Ok(None) => break session.weights(),
            Err(error) => break Err(error),
        }
    };
    steps.finish();
    let mut weights = match done {
        Ok(weights) => weights,
        Err(error) => return Ok(Err(error.to_string())),
    };
    weights.note_origin(x, None)?;
    let (config, bytes) = weights.to_safetensors().context("keeping a trained dictionary")?;
    work.put(&json, config.as_bytes())?;
    work.put(&tensors, &bytes)?;
    Ok(Ok(weights))
}

/// Semi-non-negative factors, as many as there are concepts and about as sparse.
fn factors(
    asked: &Asked<'_>,
    concepts: &Subject,
    x: &Array2<f32>,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Result<Factors, SubjectError>> {
    let part = format!("trained/{}-semi-nmf.safetensors", asked.manifest.tag);
    if let Some(bytes) = work.get(&part) {
        let file = SafeTensors::deserialize(&bytes)?;
        let (shape, values) = read_f64(&file, "directions")?;
        let (_, penalty) = read_f64(&file, "penalty")?;
        let directions = Array2::from_shape_vec((shape[0], shape[1]), values)?;
        return Ok(Ok(Factors { directions, penalty: penalty[0] }));
    }
    let c = concepts.items();
    let entries: usize = concepts.activations.iter().map(|(_, active)| active.len()).sum();
    let sparsity = 1.0 - entries as f64 / (x.nrows() * c).max(1) as f64;
    let steps = progress.begin("semi-NMF", 1, "factorisations");
    let found = Factors::of(x.view(), c, sparsity, asked.seed);
    steps.advance(1);
    steps.finish();
    if let Ok(found) = &found {
        let mut file = Tensors::default();
        let (rows, columns) = found.directions.dim();
        file.f64("directions", &[rows, columns], found.directions.iter().copied());
        file.f64("penalty", &[1], [found.penalty]);
        work.put(&part, &file.to_bytes()?)?;
    }
    Ok(found)
}
