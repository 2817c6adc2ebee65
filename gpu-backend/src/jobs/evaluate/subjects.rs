//! What stands beside the dictionary, made of the bundle's own embeddings.

use cellprism_core::{
    bundle::Manifest,
    evaluation::{Subject, SubjectError, SubjectKind, subjects::PrincipalComponents},
    sae::SaeWeights,
};
use ndarray::Array2;

use crate::work::{partial::Partial, progress::Progress};

/// Of which bundle, and with which seed.
pub struct Asked<'a> {
    /// The bundle's name in the tables.
    pub name: &'a str,
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
    _work: &Partial,
    _progress: &dyn Progress,
) -> anyhow::Result<Subjects> {
    let x = x.view();
    let size = (sae.config.d_sae, sae.config.k);
    let concepts = Subject::concepts(sae.clone(), x);
    let shuffled = concepts.shuffled(asked.seed);
    let said = |subject: Result<Subject, SubjectError>| subject.map_err(|error| error.to_string());
    let made = vec![
        (SubjectKind::Sae, Ok(concepts)),
        (SubjectKind::Neurons, said(Subject::neurons(x))),
        (SubjectKind::Pca, said(PrincipalComponents::of(x).and_then(|found| found.subject(x)))),
        (SubjectKind::Random, said(Subject::random(x, size, asked.seed))),
        (SubjectKind::Shuffled, Ok(shuffled)),
    ];
    Ok(made)
}
