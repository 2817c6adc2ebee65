//! The models that can be asked for: folders of `--models DIR`, and checkpoints that were uploaded and imported.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    models::{CARD, Model},
    state::{StateError, Store},
};

use super::{DataFolder, Settings};

/// A model that jobs can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its name in addresses: that of its folder.
    pub id: String,
    /// Its kind's name.
    pub kind: String,
    /// Its name for people.
    pub name: String,
    /// Genes that it reads.
    pub genes: u64,
    /// Size of an embedding.
    pub dimensions: u64,
    /// Whether it was uploaded.
    pub uploaded: bool,
    /// Its folder.
    pub folder: PathBuf,
}

/// All models, in the order of their ids; folders that hold none are left out, and said in the log.
///
/// # Errors
/// If the database cannot be read.
pub fn offered(settings: &Settings, folder: &DataFolder, store: &Store) -> Result<Vec<Offered>, StateError> {
    let mut found = Vec::new();
    for path in settings.models.iter().flat_map(|root| folders(root)) {
        let id = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        found.extend(open(&path, id, None));
    }
    for model in store.imported_models()? {
        found.extend(open(&folder.model(&model.id), model.id, Some(model.name)));
    }
    Ok(found)
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join(CARD).is_file())
        .collect();
    found.sort();
    found
}

fn open(path: &Path, id: String, name: Option<String>) -> Option<Offered> {
    let model = match Model::open(path) {
        Ok(model) => model,
        Err(error) => {
            tracing::warn!("{}: no model that can be offered: {error:#}", path.display());
            return None;
        }
    };
    let kind = model.kind().ok()?;
    Some(Offered {
        id,
        kind: kind.kind().name().to_owned(),
        uploaded: name.is_some(),
        name: name.unwrap_or_else(|| model.card.name.clone()),
        genes: kind.reads(&model.card) as u64,
        dimensions: u64::from(model.card.latent),
        folder: model.folder,
    })
}
