//! Another bundle, beside the one on show: at an address, in a folder or in a zip file of this computer.

use std::{collections::BTreeMap, sync::Arc};

use cellprism_core::bundle::{ConceptIndex, ConceptRow, File as _, FirstIndex, Manifest, path};
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::FileList;

use crate::{
    client::{self, FetchError},
    zip::Zip,
};

/// Files of this computer by their path within the folder that was given.
pub type Given = Arc<BTreeMap<String, Vec<u8>>>;

/// Most bytes of a file of a folder that are read: what is compared is far smaller.
const MOST_BYTES: f64 = 512e6;

/// Where another bundle is.
#[derive(Clone, Debug)]
pub enum Place {
    /// Its address, ending in `/`.
    Address(String),
    /// Its files, from a folder or a zip file.
    Folder(Given),
}

/// What is compared of it.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// What its page is called; empty of a bare dictionary.
    pub title: String,
    /// Its tag.
    pub tag: String,
    /// One row a concept; empty of a bare dictionary.
    pub rows: Vec<ConceptRow>,
    /// Where its pages are, if it has an address: the value of `?bundle=`.
    pub address: Option<String>,
    /// `cfg.json`, `sae_weights.safetensors`.
    pub dictionary: [Vec<u8>; 2],
    /// Its embeddings, where it holds them.
    pub embeddings: Option<Vec<u8>>,
}

/// Files that are read of a folder.
const READ: [&str; 8] = [
    path::MANIFEST,
    path::CONCEPT_INDEX,
    path::FIRST_INDEX,
    path::SAE_CONFIG,
    path::SAE_WEIGHTS,
    path::EMBEDDINGS,
    "cfg.json",
    "sae_weights.safetensors",
];

/// The name under which a file is read, if it is one that is compared; the folder itself has a name of its own.
fn wanted(whole: &str) -> Option<&'static str> {
    READ.into_iter()
        .find(|name| whole == *name || whole.strip_suffix(name).is_some_and(|rest| rest.ends_with('/')))
}

/// Reads what is compared of the files that were chosen: a bundle's folder, a zip file of it, or the two files of a dictionary.
pub async fn given(files: FileList) -> Result<Given, String> {
    let mut found = BTreeMap::new();
    let too_large = |whole: &str| format!("{whole} is larger than 512 MB");
    for i in 0..files.length() {
        let Some(file) = files.get(i) else { continue };
        let whole =
            js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        let whole = whole.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name());
        if whole.to_lowercase().ends_with(".zip") {
            let in_it = |what: String| format!("{whole}: {what}");
            let zip = Zip::open(file).await.map_err(in_it)?;
            for entry in &zip.entries {
                let Some(name) = wanted(&entry.name) else { continue };
                if entry.size as f64 > MOST_BYTES {
                    return Err(too_large(&entry.name));
                }
                if !found.contains_key(name) {
                    found.insert(name.to_owned(), zip.read(entry).await.map_err(in_it)?);
                }
            }
            continue;
        }
        let Some(name) = wanted(&whole) else { continue };
        if file.size() > MOST_BYTES {
            return Err(too_large(&whole));
        }
        let content =
            JsFuture::from(file.array_buffer()).await.map_err(|_| format!("{whole} could not be read"))?;
        found.entry(name.to_owned()).or_insert_with(|| js_sys::Uint8Array::new(&content).to_vec());
    }
    // In a bundle the dictionary's files also end in these names.
    if found.contains_key(path::SAE_CONFIG) {
        found.remove("cfg.json");
        found.remove("sae_weights.safetensors");
    }
    if found.is_empty() {
        return Err("this holds neither a bundle (manifest.json) nor a dictionary (cfg.json, sae_weights.safetensors)".into());
    }
    Ok(Arc::new(found))
}

/// Where an address leads, as in `?bundle=`.
pub fn base_of(address: &str) -> String {
    if address.ends_with('/') { address.to_owned() } else { format!("{address}/") }
}

impl Place {
    async fn bytes(&self, manifest: Option<&Manifest>, file: &str) -> Result<Vec<u8>, FetchError> {
        match self {
            Self::Address(base) => client::bytes(base, file, manifest.and_then(|m| m.files.get(file))).await,
            Self::Folder(files) => files.get(file).cloned().ok_or_else(|| FetchError {
                file: file.to_owned(),
                what: "it is not among the files that were chosen".into(),
            }),
        }
    }

    /// Reads the other bundle, or the bare dictionary.
    pub async fn read(&self) -> Result<Other, FetchError> {
        let bare = matches!(self, Self::Folder(files) if !files.contains_key(path::MANIFEST) && files.contains_key("cfg.json"));
        if bare {
            return Ok(Other {
                name: "your dictionary".into(),
                title: String::new(),
                tag: String::new(),
                rows: Vec::new(),
                address: None,
                dictionary: [
                    self.bytes(None, "cfg.json").await?,
                    self.bytes(None, "sae_weights.safetensors").await?,
                ],
                embeddings: None,
            });
        }
        let wrong = |file: &str, what: String| FetchError { file: file.to_owned(), what };
        let bytes = self.bytes(None, path::MANIFEST).await?;
        let manifest =
            Manifest::from_bytes(path::MANIFEST, &bytes).map_err(|e| wrong(path::MANIFEST, e.problem()))?;
        let known = Some(&manifest);
        let rows = match &manifest.first {
            Some(_) => {
                let bytes = self.bytes(known, path::FIRST_INDEX).await?;
                let found = FirstIndex::from_bytes(path::FIRST_INDEX, &bytes);
                found.map_err(|e| wrong(path::FIRST_INDEX, e.problem()))?.0.rows
            }
            None => {
                let bytes = self.bytes(known, path::CONCEPT_INDEX).await?;
                let found = ConceptIndex::from_bytes(path::CONCEPT_INDEX, &bytes);
                found.map_err(|e| wrong(path::CONCEPT_INDEX, e.problem()))?.rows
            }
        };
        let embeddings = match manifest.files.contains_key(path::EMBEDDINGS) {
            true => Some(self.bytes(known, path::EMBEDDINGS).await?),
            false => None,
        };
        let address = match self {
            Self::Address(base) => Some(base.clone()),
            Self::Folder(_) => None,
        };
        let dictionary =
            [self.bytes(known, path::SAE_CONFIG).await?, self.bytes(known, path::SAE_WEIGHTS).await?];
        Ok(Other {
            name: manifest.name.clone(),
            title: manifest.title.clone(),
            tag: manifest.tag.clone(),
            rows,
            address,
            dictionary,
            embeddings,
        })
    }
}

impl Other {
    /// The address of a concept's page there.
    pub fn link(&self, id: u32) -> Option<String> {
        let address = String::from(js_sys::encode_uri_component(self.address.as_deref()?));
        let here = window().location().pathname().unwrap_or_default();
        Some(format!("{here}?bundle={address}#/concept/{id}"))
    }
}
