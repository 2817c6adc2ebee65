//! A published checkpoint becomes a model folder, without Python and without running anything from it.

use anyhow::Context as _;
use cellprism_core::embedding::card::ModelCard;

use crate::models::{ImportOptions, KINDS, check_settings};

/// Imports a checkpoint of a kind, by its name.
///
/// # Errors
/// If there is no such kind, the checkpoint is refused, or the folder cannot be written.
pub fn run(kind: &str, options: &ImportOptions) -> anyhow::Result<ModelCard> {
    let names = || KINDS.iter().map(|kind| kind.kind().name()).collect::<Vec<_>>().join(", ");
    let found = KINDS.iter().find(|known| known.kind().name() == kind);
    let found = found.with_context(|| format!("{kind:?} is no kind of model: say one of {}", names()))?;
    check_settings(&options.settings, *found)?;
    let card = found.import(options)?;
    tracing::debug!(folder = %options.out.display(), "written");
    Ok(card)
}
