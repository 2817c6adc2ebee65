mod first;
mod small;

use proptest::prelude::*;

use self::small::{Memory, small};
use super::*;

/// The bundle with one JSON value replaced and its lists of files made to fit again.
fn with(file: &str, pointer: &str, value: serde_json::Value) -> Memory {
    let mut files = small();
    let mut json: serde_json::Value = serde_json::from_slice(&files.0[file]).unwrap();
    *json.pointer_mut(pointer).unwrap() = value;
    files.json(file, &json);
    files.sealed()
}

#[test]
fn a_whole_bundle_has_no_problem() {
    let report = verify(&small());
    assert_eq!(report.problems, []);
    assert_eq!(report.files, small().0.len() - 1);
}

#[test]
fn missing_and_unlisted_files_are_named() {
    let mut files = small();
    files.0.remove("samples/0000.safetensors");
    files.0.insert("notes.txt".into(), b"x".to_vec());
    let found = files.problems();
    assert!(found.iter().any(|(file, what)| file == "samples/0000.safetensors" && what.contains("missing")));
    assert!(found.iter().any(|(file, what)| file == "notes.txt" && what.contains("in no list")), "{found:?}");
}

#[test]
fn a_path_out_of_the_bundle_is_refused() {
    let mut files = small();
    let mut manifest: serde_json::Value = serde_json::from_slice(&files.0[path::MANIFEST]).unwrap();
    manifest["files"]["../secret"] = serde_json::json!({"bytes": 1, "sha256": "0"});
    files.json(path::MANIFEST, &manifest);
    let found = files.problems();
    assert!(found.iter().any(|(file, what)| file == "../secret" && what.contains("leaves")), "{found:?}");
}

#[test]
fn files_that_disagree_are_named() {
    for (file, pointer, value, blamed) in [
        (path::MANIFEST, "/counts/cells", 4.into(), path::CELL_NAMES),
        (path::MANIFEST, "/counts/embedding", 3.into(), path::SAE_CONFIG),
        (path::MANIFEST, "/counts/embedding", 3.into(), path::EMBEDDINGS),
        (path::MANIFEST, "/model/in_browser", true.into(), path::MODEL_ENCODER),
        (path::CELL_METADATA, "/primary", "age".into(), path::CELL_METADATA),
        (path::CELL_METADATA, "/columns/0/counts/0", 1.into(), path::CELL_METADATA),
        (path::CELL_METADATA, "/columns/0/labels", vec!["B"].into(), path::CELL_CODES),
        (path::GENE_INDEX, "/measured", vec![true].into(), path::GENE_INDEX),
        (path::GENE_INDEX, "/symbols/0", "TP53".into(), path::MODEL_CARD),
        (path::CONCEPT_INDEX, "/rows/0/id", 1.into(), path::CONCEPT_INDEX),
        (path::CONCEPT_INDEX, "/rows/0/cells", 3.into(), "concepts/0000.json"),
        (path::CONCEPT_INDEX, "/columns/0", "age".into(), path::CONCEPT_INDEX),
        ("gene_sets/GO.json", "/sets/0/1/0", 2.into(), "gene_sets/GO.json"),
        ("concepts/0000.json", "/max", 2.5.into(), "concepts/0000.safetensors"),
        ("concepts/0000.json", "/prototypes/0/name", "b".into(), "concepts/0000.json"),
        ("concepts/0000.json", "/prototypes/0/cell", 1.into(), "samples/0000.safetensors"),
    ] {
        let found = with(file, pointer, value).problems();
        assert!(found.iter().any(|(named, _)| named == blamed), "{file}{pointer}: {found:?}");
    }
}

#[test]
fn a_newer_layout_is_refused_by_its_number() {
    let found = with(path::MANIFEST, "/version/major", 2.into()).problems();
    assert_eq!(found.len(), 1);
    assert!(found[0].0 == path::MANIFEST && found[0].1.contains("layout 2."), "{found:?}");
}

proptest! {
    #[test]
    fn any_flipped_bit_is_found_in_its_file(pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut files = small();
        let names: Vec<String> = files.0.keys().filter(|n| *n != path::MANIFEST).cloned().collect();
        let name = &names[pick.index(names.len())];
        let bytes = files.0.get_mut(name).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let found = files.problems();
        prop_assert!(found.iter().any(|(file, _)| file == name), "{name}: {found:?}");
    }

    /// Whoever writes wrong content can also write its right checksum.
    #[test]
    fn wrong_content_with_right_checksums_ends_in_a_report(
        pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut files = small();
        let names: Vec<String> =
            files.0.keys().filter(|n| !matches!(n.as_str(), path::MANIFEST | path::FILES)).cloned().collect();
        let bytes = files.0.get_mut(&names[pick.index(names.len())]).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        verify(&files.sealed());
    }
}
