//! Bundles as they are given, each with a name of its own, and their cells and models found by checksum.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use cellprism_core::bundle::{InputRole, Manifest, path};
use cellprism_onnx::folder::sha256;

use super::Options;
use crate::{files::bundle::BundleFolder, models::Model, work::digest};

/// A bundle and where what it was made of lies.
pub struct Given {
    /// Its name in the tables.
    pub name: String,
    /// The folder.
    pub folder: BundleFolder,
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of the manifest.
    pub manifest_sum: String,
    /// The cells, or why there are none.
    pub cells: Result<PathBuf, String>,
    /// The model, or why there is none.
    pub model: Result<Model, String>,
}

/// Reads the manifests, and looks for inputs.
///
/// # Errors
/// If a folder is no bundle, is given twice, or a file that was named cannot be read.
pub fn read(options: &Options) -> anyhow::Result<Vec<Given>> {
    let opened =
        options.bundles.iter().map(|path| BundleFolder::open(path)).collect::<anyhow::Result<Vec<_>>>()?;
    for (place, (folder, manifest)) in opened.iter().enumerate() {
        if let Some((other, _)) = opened[..place].iter().find(|(_, other)| other.tag == manifest.tag) {
            anyhow::bail!(
                "{} and {} are the same bundle (tag {}): give each once",
                other.root().display(),
                folder.root().display(),
                manifest.tag
            );
        }
    }
    let sums = options
        .cells
        .iter()
        .map(|path| Ok((path.clone(), digest::of_file(path).with_context(|| path.display().to_string())?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let models =
        options.models.iter().map(|path| Model::open_or_import(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let names = names(&opened.iter().map(|(_, manifest)| manifest).collect::<Vec<_>>());
    let mut given = Vec::new();
    for ((folder, manifest), name) in opened.into_iter().zip(names) {
        let bytes = folder.manifest_bytes()?;
        given.push(Given {
            name,
            cells: cells(&folder, &manifest, &sums),
            model: model(&folder, &manifest, &models),
            manifest_sum: sha256(&bytes),
            folder,
            manifest,
        });
    }
    for (path, sum) in &sums {
        let is_used = given
            .iter()
            .any(|one| input(&one.manifest, InputRole::Cells).is_some_and(|(_, known)| known == sum));
        ensure!(
            is_used,
            "--cells {}: no bundle was made of this file (its SHA-256 is {sum}; the manifests name {})",
            path.display(),
            given
                .iter()
                .filter_map(|one| input(&one.manifest, InputRole::Cells))
                .map(|(file, sum)| format!("{file} {sum}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    Ok(given)
}

/// Names that are told apart: those of the manifests, with the tag where two are alike.
fn names(manifests: &[&Manifest]) -> Vec<String> {
    let alike = |name: &str| manifests.iter().filter(|other| other.name == name).count() > 1;
    let name = |manifest: &&Manifest| {
        if alike(&manifest.name) {
            format!("{} {}", manifest.name, manifest.tag)
        } else {
            manifest.name.clone()
        }
    };
    manifests.iter().map(name).collect()
}

/// File name and checksum of an input.
fn input(manifest: &Manifest, role: InputRole) -> Option<(&String, &String)> {
    manifest.inputs.iter().find(|input| input.role == role).map(|input| (&input.file, &input.sha256))
}

/// The cells: among those named, or by their file name beside the bundle or here.
fn cells(folder: &BundleFolder, manifest: &Manifest, named: &[(PathBuf, String)]) -> Result<PathBuf, String> {
    let (file, sum) = input(manifest, InputRole::Cells).ok_or("the manifest names no cells")?;
    if let Some((path, _)) = named.iter().find(|(_, known)| known == sum) {
        return Ok(path.clone());
    }
    let beside = folder.root().parent().map(|parent| parent.join(file));
    beside
        .into_iter()
        .chain([PathBuf::from(file)])
        .filter(|path| path.is_file())
        .find(|path| digest::of_file(path).is_ok_and(|found| found == *sum))
        .ok_or_else(|| format!("its cells were not found: say with --cells where {file} is"))
}

/// The model: among those named, or the encoder that the bundle holds.
fn model(folder: &BundleFolder, manifest: &Manifest, named: &[Model]) -> Result<Model, String> {
    let (file, sum) = input(manifest, InputRole::Model).ok_or("the manifest names no model")?;
    if let Some(model) = named.iter().find(|model| model.card.source_sha256 == *sum) {
        return Ok(model.clone());
    }
    Model::open_published(&folder.root().join(path::MODEL)).map_err(|_| {
        format!("its model was not found, and the bundle holds no encoder: say with --model where {file} was imported to")
    })
}
