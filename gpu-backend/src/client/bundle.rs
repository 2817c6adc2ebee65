//! A bundle fetched, each file checked.

use std::{fs, io::Read as _, path::Path};

use cellprism_core::bundle::{File as _, FileEntry, Files, Manifest, path};
use reqwest::Method;

use super::{Client, ClientError};
use crate::work::{output::OutputFolder, progress::Progress};

/// Largest list of files.
const MOST: u64 = 256 << 20;

impl Client {
    /// Fetches a bundle into a new folder, which is there only when all of it is, and as its lists say.
    ///
    /// # Errors
    /// If a file cannot be had or is another one, or the folder is there already.
    pub fn fetch(&self, name: &str, out: &Path, progress: &dyn Progress) -> anyhow::Result<usize> {
        let folder = OutputFolder::create(out)?;
        let manifest = self.file(name, path::MANIFEST, MOST)?;
        let more = self.file(name, path::FILES, MOST)?;
        let mut files = Manifest::from_bytes(path::MANIFEST, &manifest)?.files;
        files.extend(Files::from_bytes(path::FILES, &more)?);
        files.remove(path::FILES);
        let steps = progress.begin("fetch", files.len() as u64, "files");
        for (file, entry) in &files {
            anyhow::ensure!(path::is_safe(file), "{file:?} would lead out of the bundle");
            let content = self.file(name, file, entry.bytes)?;
            anyhow::ensure!(
                FileEntry::of(&content) == *entry,
                "{file} is not what the bundle's list says: fetch it again"
            );
            write(folder.path(), file, &content)?;
            steps.advance(1);
        }
        steps.finish();
        write(folder.path(), path::FILES, &more)?;
        write(folder.path(), path::MANIFEST, &manifest)?;
        folder.finish()?;
        Ok(files.len() + 2)
    }

    fn file(&self, bundle: &str, file: &str, most: u64) -> Result<Vec<u8>, ClientError> {
        let answer = Self::send(self.request(Method::GET, &format!("bundles/{bundle}/{file}"))?)?;
        let mut content = Vec::new();
        answer.take(most.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() as u64 > most {
            return Err(ClientError::Unknown(format!("{file} has more than {most} bytes")));
        }
        Ok(content)
    }
}

fn write(folder: &Path, file: &str, content: &[u8]) -> anyhow::Result<()> {
    let target = folder.join(file);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(fs::write(target, content)?)
}
