//! Files of a bundle: each as every kind that it might be, and as the one file beside a manifest.

use std::collections::BTreeMap;

use cellprism_core::{
    bundle::{
        BundleList, CellCodes, CellMap, CellMetadata, CellNames, ConceptArrays, ConceptDetail, ConceptIndex,
        Embeddings, File, Files, GeneDescriptions, GeneIndex, GeneSetFile, Manifest, Metrics, Samples,
        verify::{Folder, FolderError, verify},
    },
    embedding::scvi::{ScviDecoder, ScviEncoder},
};

/// Every JSON file of a bundle; says whether it is one of some kind.
pub(super) fn json(content: &[u8]) -> bool {
    fn is<T: File>(content: &[u8]) -> bool {
        // What was read can be written, and read again.
        T::from_bytes("f", content).is_ok_and(|read| {
            let written = read.to_bytes().expect("it was JSON");
            T::from_bytes("f", &written).is_ok()
        })
    }
    let kinds: [fn(&[u8]) -> bool; 11] = [
        is::<Manifest>,
        is::<Files>,
        is::<CellNames>,
        is::<CellMetadata>,
        is::<ConceptIndex>,
        is::<ConceptDetail>,
        is::<GeneIndex>,
        is::<GeneDescriptions>,
        is::<GeneSetFile>,
        is::<Metrics>,
        is::<BundleList>,
    ];
    let any = kinds.iter().fold(false, |any, kind| any | kind(content));
    verified(content, "genes/index.json", content);
    any
}

/// Every safetensors file of a bundle and of a model; says whether it is one of some kind.
pub(super) fn arrays(content: &[u8]) -> bool {
    let read = [
        CellCodes::from_bytes("f", content).is_ok(),
        CellMap::from_bytes("f", content).is_ok(),
        Embeddings::from_bytes("f", content).is_ok(),
        ConceptArrays::from_bytes("f", content).is_ok(),
        Samples::from_bytes("f", content).is_ok(),
        ScviEncoder::from_safetensors(content).is_ok(),
        ScviDecoder::from_safetensors(content).is_ok(),
    ];
    read.contains(&true)
}

/// A bundle with this manifest and this one other file ends in a report.
fn verified(manifest: &[u8], path: &str, content: &[u8]) -> usize {
    struct Memory<'a>(BTreeMap<&'a str, &'a [u8]>);
    impl Folder for Memory<'_> {
        fn list(&self) -> Result<Vec<(String, u64)>, FolderError> {
            Ok(self.0.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.len() as u64)).collect())
        }

        fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
            let found = self.0.get(path).map(|bytes| bytes.to_vec());
            found.ok_or_else(|| FolderError("not there".into()))
        }
    }
    verify(&Memory(BTreeMap::from([("manifest.json", manifest), (path, content)]))).problems.len()
}

#[cfg(test)]
mod tests {
    use cellprism_core::bundle::SCHEMA_NAME;

    #[test]
    fn a_manifest_of_any_kind_ends_in_a_report() {
        let head = format!(r#"{{"schema": "{SCHEMA_NAME}", "version": {{"major": 1, "minor": 0}}"#);
        for rest in ["}", r#", "files": {"../x": {"bytes": 0, "sha256": ""}}}"#, ", \"counts\": []}"] {
            assert!(super::verified(format!("{head}{rest}").as_bytes(), "x", b"") > 0);
        }
    }
}
