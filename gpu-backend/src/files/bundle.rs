//! A bundle's folder on disk.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use cellprism_core::bundle::{
    File, Manifest, path,
    verify::{Folder, FolderError},
};

use crate::work::regular;

/// Largest manifest that is read.
const MOST_MANIFEST: u64 = 64 << 20;

/// A bundle's folder.
#[derive(Clone, Debug)]
pub struct BundleFolder {
    root: PathBuf,
}

impl BundleFolder {
    /// A folder that holds a manifest of a layout that this program reads.
    ///
    /// # Errors
    /// If there is no folder, no manifest in it, or one that cannot be read.
    pub fn open(root: &Path) -> anyhow::Result<(Self, Manifest)> {
        let folder = Self::at(root)?;
        let bytes = folder.manifest_bytes()?;
        let manifest =
            Manifest::from_bytes(path::MANIFEST, &bytes).with_context(|| root.display().to_string())?;
        Ok((folder, manifest))
    }

    /// Any folder, whatever is in it.
    ///
    /// # Errors
    /// If there is no folder of that name.
    pub fn at(root: &Path) -> anyhow::Result<Self> {
        let found = fs::metadata(root).with_context(|| format!("cannot read {}", root.display()))?;
        if !found.is_dir() {
            bail!("{} is a file; a bundle is a folder with {} in it", root.display(), path::MANIFEST);
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The content of `manifest.json`.
    ///
    /// # Errors
    /// If it is not there or unreasonably large.
    pub fn manifest_bytes(&self) -> anyhow::Result<Vec<u8>> {
        let file = self.root.join(path::MANIFEST);
        let mut bytes = Vec::new();
        regular::open(&file)
            .and_then(|opened| opened.take(MOST_MANIFEST + 1).read_to_end(&mut bytes))
            .with_context(|| {
                format!("cannot read {}: is {} a bundle?", file.display(), self.root.display())
            })?;
        if bytes.len() as u64 > MOST_MANIFEST {
            bail!("{} is larger than {} MB", file.display(), MOST_MANIFEST >> 20);
        }
        Ok(bytes)
    }

    /// One of its files, as its kind.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn file<T: File>(&self, name: &str) -> anyhow::Result<T> {
        let root = self.root.display();
        let bytes = Folder::read(self, name).map_err(|error| anyhow::anyhow!("{root}/{name} {error}"))?;
        T::from_bytes(name, &bytes).with_context(|| root.to_string())
    }
}

impl Folder for BundleFolder {
    fn list(&self) -> Result<Vec<(String, u64)>, FolderError> {
        let mut files = Vec::new();
        let mut folders = vec![(self.root.clone(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            let failed = |e| FolderError(format!("cannot list {}: {e}", folder.display()).into());
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                // Links are not followed into other folders: a bundle holds its own files.
                if entry.file_type().map_err(failed)?.is_dir() {
                    folders.push((entry.path(), format!("{name}/")));
                } else {
                    let size = fs::metadata(entry.path()).map_or(0, |found| found.len());
                    files.push((name, size));
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
        regular::read(&self.root.join(path), regular::TENSORS)
            .map_err(|e| FolderError(format!("cannot be read: {e}").into()))
    }
}
