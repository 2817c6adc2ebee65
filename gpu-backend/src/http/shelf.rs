//! The bundles that are shown. A manifest is read again when its file has changed, so that a bundle written anew
//! is served as it is now.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::SystemTime,
};

use anyhow::Context;
use cellprism_core::bundle::{BundleEntry, File, FileEntry, Files, Manifest, bundle_folder, path};

use crate::work::regular;
use crate::{files::bundle::BundleFolder, site};

/// Largest list of files that is read.
const MOST_LIST: u64 = 256 << 20;

/// The bundles of a server.
#[derive(Debug)]
pub struct Shelf {
    bundles: RwLock<Vec<Arc<Shown>>>,
}

/// A bundle under its name.
#[derive(Debug)]
struct Shown {
    name: String,
    folder: BundleFolder,
    /// The folder with links resolved: files must be within.
    root: PathBuf,
    current: Mutex<(Stamp, Arc<Listing>)>,
}

/// What tells one state of a manifest from another.
type Stamp = (Option<SystemTime>, u64);

/// The files of a bundle.
#[derive(Debug)]
pub struct Listing {
    /// The manifest.
    pub manifest: Manifest,
    files: BTreeMap<String, FileEntry>,
}

/// A file that may be sent.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub file: PathBuf,
    /// Size and checksum.
    pub entry: FileEntry,
    /// Whether its content lies packed beside it.
    pub packed: bool,
    /// Whether it was asked for by the bundle's tag.
    pub by_tag: bool,
}

/// Why a file is not sent.
#[derive(Debug)]
pub enum Refusal {
    /// No such bundle, or no such file in it.
    Unknown(String),
    /// The bundle is damaged or being replaced.
    Damaged(String),
}

impl Shelf {
    /// Opens bundles; their names are those of a site.
    ///
    /// # Errors
    /// If one is no bundle.
    pub fn open(roots: &[PathBuf]) -> anyhow::Result<Self> {
        let opened: Vec<(BundleFolder, Manifest)> =
            roots.iter().map(|root| BundleFolder::open(root)).collect::<anyhow::Result<_>>()?;
        let entries = site::list(opened.iter().map(|(_, manifest)| manifest));
        let bundles = opened
            .into_iter()
            .zip(entries)
            .map(|((folder, _), entry)| {
                let root = folder.root().canonicalize().context("cannot resolve the bundle's folder")?;
                let stamp = stamp(&root);
                let listing = Arc::new(Listing::read(&folder)?);
                Ok(Shown { name: entry.name, folder, root, current: Mutex::new((stamp, listing)) })
            })
            .map(|shown: anyhow::Result<Shown>| shown.map(Arc::new))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { bundles: RwLock::new(bundles) })
    }

    /// Shows one bundle more, under this name; in the place of one that had it.
    ///
    /// # Errors
    /// If it is no bundle.
    pub fn add(&self, name: &str, root: &Path) -> anyhow::Result<()> {
        let (folder, _) = BundleFolder::open(root)?;
        let root = folder.root().canonicalize().context("cannot resolve the bundle's folder")?;
        let listing = Arc::new(Listing::read(&folder)?);
        let current = Mutex::new((stamp(&root), listing));
        let shown = Shown { name: name.to_owned(), folder, root, current };
        let mut bundles = self.bundles.write().unwrap_or_else(PoisonError::into_inner);
        bundles.retain(|other| other.name != name);
        bundles.push(Arc::new(shown));
        Ok(())
    }

    /// Shows the bundle of this name no more.
    pub fn remove(&self, name: &str) {
        self.bundles.write().unwrap_or_else(PoisonError::into_inner).retain(|shown| shown.name != name);
    }

    /// The folder of the bundle with that name.
    pub fn root(&self, name: &str) -> Option<PathBuf> {
        self.shown().iter().find(|shown| shown.name == name).map(|shown| shown.root.clone())
    }

    fn shown(&self) -> Vec<Arc<Shown>> {
        self.bundles.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The content of `bundles/index.json`.
    pub fn list(&self) -> Vec<BundleEntry> {
        let shown = self.shown();
        let now = shown.iter().filter_map(|bundle| Some((&bundle.name, bundle.listing().ok()?)));
        now.map(|(name, listing)| BundleEntry {
            name: name.clone(),
            title: listing.manifest.title.clone(),
            path: bundle_folder(name),
            tag: listing.manifest.tag.clone(),
        })
        .collect()
    }

    /// A file of the bundle with that name or tag.
    ///
    /// # Errors
    /// If there is none, or it is not as listed.
    pub fn find(&self, bundle: &str, file: &str) -> Result<Found, Refusal> {
        let all = self.shown();
        let by_name = all.iter().find(|shown| shown.name == bundle);
        let tagged = |shown: &&Arc<Shown>| shown.listing().is_ok_and(|now| now.manifest.tag == bundle);
        let shown = by_name.or_else(|| all.iter().find(tagged));
        let Some(shown) = shown else {
            return Err(Refusal::Unknown(format!("there is no bundle {bundle:?} here")));
        };
        let listing = shown.listing().map_err(|e| Refusal::Damaged(format!("{e:#}")))?;
        // The path comes from the bundle's own list, never from the request.
        let Some((name, entry)) = listing.files.get_key_value(file) else {
            return Err(Refusal::Unknown(format!("bundle {bundle:?} has no file {file:?}")));
        };
        let damaged = |what: String| Refusal::Damaged(format!("{name} of bundle {bundle:?} {what}"));
        let file =
            shown.root.join(name).canonicalize().map_err(|e| damaged(format!("cannot be read: {e}")))?;
        let size = fs::metadata(&file).map_err(|e| damaged(format!("cannot be read: {e}")))?.len();
        if !path::is_safe(name) || !file.starts_with(&shown.root) {
            return Err(damaged("leads out of its folder".into()));
        }
        if size != entry.bytes {
            return Err(damaged(format!("has {size} bytes instead of {}", entry.bytes)));
        }
        Ok(Found { packed: has_packed(&file), file, entry: entry.clone(), by_tag: by_name.is_none() })
    }
}

/// Whether all packed files beside one are regular ones, and there is any.
fn has_packed(file: &Path) -> bool {
    let beside = |ending: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        fs::symlink_metadata(name).ok().map(|found| found.is_file())
    };
    let found: Vec<bool> = site::ENDINGS.iter().filter_map(|ending| beside(ending)).collect();
    !found.is_empty() && found.into_iter().all(|regular| regular)
}

impl Shown {
    fn listing(&self) -> anyhow::Result<Arc<Listing>> {
        let stamp = stamp(&self.root);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != stamp {
            *current = (stamp, Arc::new(Listing::read(&self.folder)?));
        }
        Ok(Arc::clone(&current.1))
    }
}

fn stamp(root: &Path) -> Stamp {
    fs::metadata(root.join(path::MANIFEST)).map_or((None, 0), |found| (found.modified().ok(), found.len()))
}

impl Listing {
    fn read(folder: &BundleFolder) -> anyhow::Result<Self> {
        let bytes = folder.manifest_bytes()?;
        let manifest = Manifest::from_bytes(path::MANIFEST, &bytes)
            .with_context(|| folder.root().display().to_string())?;
        let mut files = manifest.files.clone();
        let list = folder.root().join(path::FILES);
        let size = fs::metadata(&list).with_context(|| format!("cannot read {}", list.display()))?.len();
        anyhow::ensure!(size <= MOST_LIST, "{} is larger than {} MB", list.display(), MOST_LIST >> 20);
        let more =
            regular::read(&list, MOST_LIST).with_context(|| format!("cannot read {}", list.display()))?;
        files.extend(Files::from_bytes(path::FILES, &more)?);
        files.insert(path::MANIFEST.into(), FileEntry::of(&bytes));
        Ok(Self { manifest, files })
    }
}
