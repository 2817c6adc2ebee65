//! Bundles of this computer: a folder or a zip file that was dropped on the page, or chosen. Their files are read when they are
//! asked for, as those of an address are; nothing of them leaves the page.
//!
//! | file | idea |
//! |---|---|
//! | `given` | what a reader drops or chooses, and the files in it |
//! | `address` | what the page's address says meanwhile |

mod address;
mod given;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use cellprism_core::bundle::{FileEntry, path};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemFileEntry};

use crate::{
    format::{bytes, thousands},
    zip::{self, Zip},
};

pub use address::{asked_for, enter, reload_where_left};
pub use given::{Given, dropped, name_of_other};

/// How the address of such a bundle begins; no server has one like it.
const SCHEME: &str = "this-computer:";
/// Largest file that is read as a whole.
const MOST_BYTES: u64 = 512 << 20;
/// Largest manifest: nothing says how long it is before it is read.
const MOST_MANIFEST: u64 = 32 << 20;

/// A file that can be read.
#[derive(Clone)]
enum Held {
    File(File),
    Entry(FileSystemFileEntry),
    Zipped(zip::Entry),
}

/// A folder or a zip file.
struct Folder {
    name: String,
    /// Files by their path from the bundle's root.
    files: BTreeMap<String, Held>,
    zip: Option<Zip>,
}

thread_local! {
    static OPENED: RefCell<Vec<Rc<Folder>>> = const { RefCell::new(Vec::new()) };
}

/// Whether an address is of a bundle of this computer.
pub fn is_local(base: &str) -> bool {
    base.starts_with(SCHEME)
}

/// What the folder or zip file is called.
pub fn name(base: &str) -> Option<String> {
    folder(base).map(|folder| folder.name.clone())
}

fn folder(base: &str) -> Option<Rc<Folder>> {
    let number: usize = base.strip_prefix(SCHEME)?.trim_end_matches('/').parse().ok()?;
    OPENED.with_borrow(|opened| opened.get(number).cloned())
}

/// A file of such a bundle. Where the manifest says its size, nothing of another size is read or unpacked.
///
/// # Errors
/// In words, if there is none of the name, or it cannot be read.
pub async fn read(base: &str, file: &str, entry: Option<&FileEntry>) -> Result<Vec<u8>, String> {
    let folder = folder(base).ok_or("its folder or zip file was left: drop it again")?;
    let held = folder
        .files
        .get(file)
        .cloned()
        .ok_or_else(|| format!("it is missing in {}: copy the whole bundle", folder.name))?;
    match held {
        Held::File(found) => content(file, &found, entry).await,
        Held::Entry(found) => content(file, &given::file_of(&found).await?, entry).await,
        Held::Zipped(found) => {
            let zip = folder.zip.as_ref().ok_or("its zip file was left: drop it again")?;
            check_size(file, found.size, entry)?;
            zip.read(&found).await
        }
    }
}

async fn content(name: &str, file: &File, entry: Option<&FileEntry>) -> Result<Vec<u8>, String> {
    check_size(name, file.size() as u64, entry)?;
    let content = JsFuture::from(file.array_buffer()).await;
    let content = content.map_err(|_| "the browser could not read it: was it moved or changed since?")?;
    Ok(js_sys::Uint8Array::new(&content).to_vec())
}

/// Refuses a file by its size, before memory is taken for it.
fn check_size(name: &str, size: u64, entry: Option<&FileEntry>) -> Result<(), String> {
    if let Some(entry) = entry.filter(|entry| entry.bytes != size) {
        return Err(format!(
            "it has {} bytes, and the manifest says {}: copy or download the bundle again",
            thousands(size),
            thousands(entry.bytes)
        ));
    }
    let most = if name == path::MANIFEST { MOST_MANIFEST } else { MOST_BYTES };
    if size > most {
        return Err(format!(
            "it would take {}, and a page reads at most {} of it",
            bytes(size as f64),
            bytes(most as f64)
        ));
    }
    Ok(())
}

/// Keeps a folder; gives its address.
fn keep(folder: Folder) -> String {
    OPENED.with_borrow_mut(|opened| {
        opened.push(Rc::new(folder));
        format!("{SCHEME}{}/", opened.len() - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_refused_by_its_size_before_it_is_read() {
        let entry = FileEntry::of(b"0123456789");
        assert_eq!(check_size("genes/index.json", 10, Some(&entry)), Ok(()));
        let why = check_size("genes/index.json", 4_000_000_000, Some(&entry)).unwrap_err();
        assert!(why.starts_with("it has 4,000,000,000 bytes, and the manifest says 10:"), "{why}");
        assert!(check_size(path::MANIFEST, MOST_MANIFEST, None).is_ok());
        assert!(check_size(path::MANIFEST, MOST_MANIFEST + 1, None).unwrap_err().contains("at most"));
        assert!(check_size(path::FILES, MOST_BYTES + 1, None).is_err());
    }
}
