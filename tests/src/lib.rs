//! Whole-system tests of cellprism: the real program on real files. The tests are in `tests/`, those of the pages in
//! `browser/`, small inputs in `fixtures/`.
//!
//! They start `target/release/cellprism` (or what `CELLPRISM_BINARY` names): `cargo xtask test` builds it first.

pub mod device;
mod kill;
mod parity;
pub mod parsers;
mod program;
mod same;
mod tiny_scgpt;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use cellprism_core::bundle::{ConceptDetail, ConceptIndex, Manifest, concept_stem};

pub use kill::{killed_after, timed, together};
pub use parity::parity;
pub use program::{Outcome, cellprism, program};
pub use same::{assert_same, contents};
pub use tiny_scgpt::{GENES as TINY_SCGPT_GENES, tiny_scgpt};

/// The embedded demo data.
pub fn demo_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo")
}

/// The folder of shared test data, `CELLPRISM_SHARED` or `../shared`; says so where there is none.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = env::var_os("CELLPRISM_SHARED").map_or(beside, PathBuf::from).join("data");
    if !folder.is_dir() {
        println!("skipped: {test} (no shared data at {})", folder.display());
        return None;
    }
    Some(folder)
}

/// A bundle on disk.
pub struct Bundle(pub PathBuf);

impl Bundle {
    /// Its manifest.
    pub fn manifest(&self) -> Manifest {
        self.read("manifest.json")
    }

    /// Its concepts, one row each.
    pub fn index(&self) -> ConceptIndex {
        self.read("concepts/index.json")
    }

    /// The baseline, one row a side of each dimension.
    pub fn neurons(&self) -> ConceptIndex {
        self.read("neurons/index.json")
    }

    /// One concept.
    pub fn concept(&self, id: cellprism_core::ids::ConceptId) -> ConceptDetail {
        self.read(&format!("concepts/{}.json", concept_stem(id)))
    }

    /// One concept after another, dead ones left out.
    pub fn living_concepts(&self) -> impl Iterator<Item = ConceptDetail> {
        let rows = self.index().rows;
        rows.into_iter().filter(|row| row.cells > 0).map(|row| self.concept(row.id))
    }

    fn read<T: serde::de::DeserializeOwned>(&self, file: &str) -> T {
        let path = self.0.join(file);
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Every file of a folder with its content, by path from there.
pub fn files_of(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder that was just written").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder").to_owned();
                files.insert(name, fs::read(&path).expect("a file that was just written"));
            }
        }
    }
    files
}
