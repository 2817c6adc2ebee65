//! A job's files under the names that they came with: a bundle tells these, so they are what `run` would have seen.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{files::gene_sets, jobs::bundle, state};

use super::{Backend, JobRequest, Refused, request::Files};

/// Most libraries of a job.
const MOST_LIBRARIES: usize = 50;
/// Most metadata columns of a job.
const MOST_COLUMNS: usize = 200;

/// What a job was asked for, its files found.
#[derive(Debug)]
pub struct Found {
    /// What `run` does; its files may not be there under these names yet.
    pub job: bundle::Job,
    /// Digest that the cells must have.
    pub cells_digest: String,
    /// Each file, and where it really is.
    pub links: Vec<(PathBuf, PathBuf)>,
}

/// Finds a job's files and checks its parameters.
///
/// # Errors
/// [`Refused`] where something is not there or makes no sense; otherwise if the database cannot be read.
pub fn find(backend: &Backend, id: &str, asked: JobRequest) -> anyhow::Result<Found> {
    let refused = |what: String| anyhow::Error::new(Refused(what));
    if !backend.settings.devices.contains(&asked.device) {
        let offered: Vec<String> = backend.settings.devices.iter().map(ToString::to_string).collect();
        return Err(refused(format!(
            "device: this server offers {}, not {}",
            offered.join(", "),
            asked.device
        )));
    }
    let store = &backend.store;
    let dataset = store
        .dataset(&asked.dataset)?
        .ok_or_else(|| refused(format!("dataset: there is none with the id {:?}", asked.dataset)))?;
    let model = backend
        .offered()?
        .into_iter()
        .find(|model| model.id == asked.model)
        .ok_or_else(|| refused(format!("model: there is none with the id {:?}", asked.model)))?;
    let folder = backend.folder.job(id);
    let cells = folder.join("cells").join(&dataset.filename);
    let (really, cells_digest) = match backend.dataset_file(&dataset) {
        Ok(file) => (file, dataset.sha256.clone()),
        Err(error) => return Err(refused(format!("dataset: {error:#}"))),
    };
    let mut links = vec![(cells.clone(), really)];
    let mut libraries = Vec::new();
    for (number, name) in asked.gene_sets.iter().enumerate() {
        let library: state::GeneSetLibrary = store
            .gene_set_library(name)?
            .ok_or_else(|| refused(format!("gene_sets: there is none with the id {name:?}")))?;
        let file = folder.join("gene-sets").join(number.to_string()).join(&library.filename);
        links.push((file.clone(), backend.folder.file(&library.sha256)));
        libraries.push(file);
    }
    gene_sets::library_names(&libraries).map_err(|error| {
        // Its words name files that nobody outside knows.
        let said = format!("{error:#}").replace(&*folder.to_string_lossy(), "");
        refused(format!("gene_sets: {said}"))
    })?;
    let files = Files {
        cells,
        model: model.folder,
        gene_sets: libraries,
        out: backend.folder.bundle(id),
        library: backend.settings.library.clone(),
    };
    Ok(Found { job: asked.job(files)?, cells_digest, links })
}

/// Refuses what a job could not begin with.
///
/// # Errors
/// If what is asked for is not there, or not to be had.
pub fn check(backend: &Backend, asked: JobRequest) -> anyhow::Result<()> {
    for (what, given) in [("name", &asked.name), ("title", &asked.title)] {
        if given
            .as_ref()
            .is_some_and(|given| given.is_empty() || given.len() > 300 || given.contains(['/', '\\', '\n']))
        {
            return Err(Refused(format!("{what}: a line of 1 to 300 characters without slashes")).into());
        }
    }
    if asked.gene_sets.len() > MOST_LIBRARIES || asked.labels.len() > MOST_COLUMNS {
        let what = format!("at most {MOST_LIBRARIES} gene_sets and {MOST_COLUMNS} labels");
        return Err(Refused(what).into());
    }
    find(backend, "new", asked).map(|_| ())
}

/// Gives the files their names.
///
/// # Errors
/// If one cannot be linked.
pub fn place(found: &Found) -> anyhow::Result<()> {
    for (name, really) in &found.links {
        let folder = name.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| link(really, name))
            .with_context(|| format!("cannot bring {} to the job", really.display()))?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(really: &Path, name: &Path) -> io::Result<()> {
    match std::os::unix::fs::symlink(really, name) {
        // Of an attempt before.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn link(really: &Path, name: &Path) -> io::Result<()> {
    if name.exists() {
        Ok(())
    } else {
        fs::hard_link(really, name).or_else(|_| fs::copy(really, name).map(|_| ()))
    }
}
