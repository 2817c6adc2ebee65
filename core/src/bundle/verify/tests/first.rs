//! The first view must tell the same as the complete files.

use super::small::{Memory, small};
use crate::{
    bundle::{
        CellCodes, ConceptArrays, ConceptIndex, File as _, FirstActivations, FirstCodes, FirstConcept,
        FirstGenes, FirstIndex, FirstView, GeneIndex, Manifest, path,
    },
    ids::ConceptId,
};

/// The small bundle with a first view of two of its three cells.
fn with_first_view() -> Memory {
    let mut files = small();
    let first = FirstView { cells: 2, seed: 1 };
    let mut manifest: Manifest = serde_json::from_slice(&files.0[path::MANIFEST]).unwrap();
    manifest.first = Some(first);
    files.json(path::MANIFEST, &manifest);
    let read = |name: &str| files.0[name].clone();
    let codes = CellCodes::from_bytes("codes", &read(path::CELL_CODES)).unwrap();
    let index = ConceptIndex::from_bytes("index", &read(path::CONCEPT_INDEX)).unwrap();
    let genes = GeneIndex::from_bytes("genes", &read(path::GENE_INDEX)).unwrap();
    let whole = path::concept_arrays(ConceptId(0));
    let arrays = ConceptArrays::from_bytes("arrays", &read(&whole)).unwrap();
    let detail = read(&path::concept(ConceptId(0)));
    let made = [
        (path::first_codes(0), FirstCodes(first.at(codes.of("type").unwrap())).to_bytes()),
        (path::FIRST_INDEX.to_owned(), FirstIndex::of(&index).to_bytes()),
        (path::FIRST_GENES.to_owned(), FirstGenes(genes).to_bytes()),
        (
            path::first_activations(path::CONCEPTS, ConceptId(0)),
            FirstActivations::of(&arrays, &first.rows(3)).to_bytes(),
        ),
        (
            path::first_concept(path::CONCEPTS, ConceptId(0)),
            FirstConcept::of(&detail, Some(&arrays)).to_bytes(),
        ),
    ];
    for (name, bytes) in made {
        files.0.insert(name, bytes.unwrap());
    }
    files.sealed()
}

#[test]
fn a_first_view_tells_the_same_as_the_complete_files() {
    let whole = with_first_view();
    assert_eq!(whole.problems(), []);
    // In a site, packed files stand beside.
    let mut packed = whole.clone();
    packed.0.insert("concepts/index.json.br".into(), b"x".to_vec());
    assert_eq!(packed.problems(), []);

    let names: Vec<String> =
        whole.0.keys().filter(|name| name.contains("first") || name.contains(".q8.")).cloned().collect();
    assert_eq!(names.len(), 5, "{names:?}");
    for name in names {
        let mut files = whole.clone();
        files.0.remove(&name);
        let found = files.sealed().problems();
        assert!(found.iter().any(|(named, _)| *named == name), "{name} is missing: {found:?}");
    }
    let mut other = whole.clone();
    other.0.insert(path::first_codes(0), FirstCodes(vec![1, 1]).to_bytes().unwrap());
    let found = other.sealed().problems();
    assert_eq!(found.len(), 1);
    assert!(found[0].1.contains("its labels are not those of"), "{found:?}");
}
