//! What reading damaged content must survive: each function is called by the loops of the tests with content that they
//! damage, and by the targets of `fuzz` with content that a fuzzer finds. They end in a result or in an error.
#![allow(dead_code)] // each user of this module calls some of them

use std::collections::BTreeMap;

use cellprism_core::{
    bundle::{
        BundleList, CellCodes, CellMap, CellMetadata, CellNames, ConceptArrays, ConceptDetail, ConceptIndex,
        Embeddings, File, Files, GeneDescriptions, GeneIndex, GeneSetFile, Manifest, Metrics, Samples,
        verify::{Folder, FolderError, verify},
    },
    embedding::{card::ModelCard, scvi::ScviEncoder},
    gsea::{GeneSets, Order, Ranking},
    sae::SaeConfig,
};

/// A ranking. What is read has two genes at least, in falling order.
pub fn ranking(content: &[u8]) -> bool {
    let Ok(ranking) = Ranking::parse(content) else { return false };
    assert!(ranking.genes().len() == ranking.scores().len() && ranking.scores().len() >= 2);
    assert!(ranking.scores().windows(2).all(|pair| pair[0] >= pair[1]));
    Ranking::parse_ordered(content, Order::TiesByName).is_ok()
}

/// Gene sets. What is read has a set, and no two of one name.
pub fn gene_sets(content: &[u8]) -> bool {
    let Ok(library) = GeneSets::parse(content) else { return false };
    let names: std::collections::BTreeSet<&str> = library.sets.iter().map(|set| set.term.as_str()).collect();
    assert!(!names.is_empty() && names.len() == library.sets.len());
    true
}

/// A model's card. What is read is written and read again as the same.
pub fn card(content: &[u8]) -> bool {
    let Ok(card) = ModelCard::from_json(content) else { return false };
    let text = card.to_json().expect("it was JSON");
    assert_eq!(ModelCard::from_json(text.as_bytes()).expect("it was written here"), card);
    true
}

/// Every JSON file of a bundle; says whether it is one of some kind.
pub fn bundle_json(content: &[u8]) -> bool {
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
    let mut any = SaeConfig::from_json(content).is_ok();
    for kind in kinds {
        any |= kind(content);
    }
    any
}

/// Every safetensors file of a bundle and of a model; says whether it is one of some kind.
pub fn bundle_arrays(content: &[u8]) -> bool {
    let read = [
        CellCodes::from_bytes("f", content).is_ok(),
        CellMap::from_bytes("f", content).is_ok(),
        Embeddings::from_bytes("f", content).is_ok(),
        ConceptArrays::from_bytes("f", content).is_ok(),
        Samples::from_bytes("f", content).is_ok(),
        ScviEncoder::from_safetensors(content).is_ok(),
    ];
    read.contains(&true)
}

/// A bundle with this manifest and this one other file ends in a report.
pub fn bundle(manifest: &[u8], path: &str, content: &[u8]) -> usize {
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
