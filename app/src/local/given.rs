//! What a reader drops on the page or chooses: a folder, or a zip file.

use std::collections::BTreeMap;

use cellprism_core::bundle::path;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry};

use super::{Folder, Held, keep};
use crate::{format::thousands, zip::Zip};

/// Most files of a folder that are listed.
const MOST_FILES: usize = 200_000;

/// What was given.
pub enum Given {
    /// A zip file.
    Zip(File),
    /// A folder that was dropped, or several things beside each other.
    Entries(Vec<FileSystemEntry>),
    /// The files of a folder that was chosen.
    Files(FileList),
}

/// What was dropped, if it may be a bundle: folders and zip files; other files are somebody else's. To be asked while the event
/// lasts: later the browser has forgotten it.
pub fn dropped(data: &DataTransfer) -> Option<Given> {
    let items = data.items();
    let entries: Vec<FileSystemEntry> =
        (0..items.length()).filter_map(|i| items.get(i)?.webkit_get_as_entry().ok().flatten()).collect();
    if entries.iter().any(FileSystemEntry::is_directory) {
        return Some(Given::Entries(entries));
    }
    zip_of(&data.files()?).map(Given::Zip)
}

/// The first file of a drop that is no bundle.
pub fn name_of_other(data: &DataTransfer) -> Option<String> {
    Some(data.files()?.get(0)?.name())
}

impl Given {
    /// What was chosen: a zip file, or a folder's files; nothing where there is no file.
    pub fn chosen(files: FileList) -> Option<Self> {
        if files.length() == 0 {
            return None;
        }
        Some(zip_of(&files).map_or(Self::Files(files), Self::Zip))
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::Zip(file) => file.name(),
            Self::Entries(entries) => entries.first().map(FileSystemEntry::name).unwrap_or_default(),
            Self::Files(files) => {
                let first = files.get(0).map(|file| path_of(&file)).unwrap_or_default();
                first.split('/').next().unwrap_or_default().to_owned()
            }
        }
    }

    /// The address of the bundle in it.
    ///
    /// # Errors
    /// In words, if there is none.
    pub async fn open(self) -> Result<String, String> {
        let name = self.name();
        let (found, zip) = match self {
            Self::Zip(file) => {
                let zip = Zip::open(file).await?;
                let held = |entry: &crate::zip::Entry| {
                    (entry.name.trim_start_matches("./").to_owned(), Held::Zipped(entry.clone()))
                };
                (zip.entries.iter().map(held).collect(), Some(zip))
            }
            Self::Files(files) => {
                let all = (0..files.length()).filter_map(|i| files.get(i));
                (all.map(|file| (path_of(&file), Held::File(file))).collect(), None)
            }
            Self::Entries(entries) => (walked(entries).await?, None),
        };
        let files = from_root(found)?;
        Ok(keep(Folder { name, files, zip }))
    }
}

fn zip_of(files: &FileList) -> Option<File> {
    let all = (0..files.length()).filter_map(|i| files.get(i));
    // A chosen folder has paths; a zip file that lies in it is not what was meant.
    all.into_iter().find(|file| file.name().to_lowercase().ends_with(".zip") && !path_of(file).contains('/'))
}

/// Path of a chosen file from its folder on.
fn path_of(file: &File) -> String {
    let path =
        js_sys::Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

/// All files of folders, by their paths.
async fn walked(entries: Vec<FileSystemEntry>) -> Result<BTreeMap<String, Held>, String> {
    let (mut found, mut waiting) = (BTreeMap::new(), entries);
    while let Some(entry) = waiting.pop() {
        if entry.is_directory() {
            waiting.extend(inside(entry.unchecked_ref()).await?);
        } else {
            let whole = entry.full_path().trim_start_matches('/').to_owned();
            found.insert(whole, Held::Entry(entry.unchecked_into()));
        }
        if found.len() > MOST_FILES {
            return Err(format!(
                "there are more than {} files in it: give the folder of one bundle",
                thousands(MOST_FILES as u64)
            ));
        }
    }
    Ok(found)
}

/// What is in a folder; the browser gives it in parts.
async fn inside(folder: &FileSystemDirectoryEntry) -> Result<Vec<FileSystemEntry>, String> {
    let (reader, mut all) = (folder.create_reader(), Vec::new());
    loop {
        let some = promise(|done, failed| {
            let _ = reader.read_entries_with_callback_and_callback(done, failed);
        })
        .await?;
        let some: js_sys::Array = some.unchecked_into();
        if some.length() == 0 {
            return Ok(all);
        }
        all.extend(some.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
}

/// The file of an entry.
pub(super) async fn file_of(entry: &FileSystemFileEntry) -> Result<File, String> {
    let file = promise(|done, failed| entry.file_with_callback_and_callback(done, failed)).await?;
    Ok(file.unchecked_into())
}

/// What a browser's function hands to the first of two callbacks.
async fn promise(begin: impl Fn(&js_sys::Function, &js_sys::Function)) -> Result<JsValue, String> {
    let made = js_sys::Promise::new(&mut |done, failed| begin(&done, &failed));
    JsFuture::from(made).await.map_err(|_| "the browser could not read what was dropped".to_owned())
}

/// The files from the bundle's root on.
fn from_root(found: BTreeMap<String, Held>) -> Result<BTreeMap<String, Held>, String> {
    let root = root_of(found.keys().map(String::as_str)).map(str::to_owned).ok_or_else(|| {
        format!(
            "there is no bundle in it, that is no file {}: give the folder that cellprism run wrote, or a zip file of it",
            path::MANIFEST
        )
    })?;
    Ok(found
        .into_iter()
        .filter_map(|(name, held)| Some((name.strip_prefix(&root)?.to_owned(), held)))
        .collect())
}

/// The folder of the manifest that lies highest, with `/` at its end; of several the first by name.
fn root_of<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let roots = names.filter_map(|name| name.strip_suffix(path::MANIFEST));
    let roots = roots.filter(|root| root.is_empty() || root.ends_with('/'));
    roots.min_by_key(|root| (root.matches('/').count(), *root))
}

#[cfg(test)]
mod tests {
    use super::root_of;

    #[test]
    fn the_highest_manifest_is_the_bundles() {
        let root = |names: &[&'static str]| root_of(names.iter().copied());
        assert_eq!(root(&["manifest.json", "cells/ids.json"]), Some(""));
        assert_eq!(root(&["b/manifest.json", "b/old/manifest.json"]), Some("b/"));
        assert_eq!(root(&["site/bundles/x/manifest.json", "site/index.html"]), Some("site/bundles/x/"));
        assert_eq!(root(&["b/my-manifest.json", "__MACOSX/b/._manifest.json"]), None);
    }
}
