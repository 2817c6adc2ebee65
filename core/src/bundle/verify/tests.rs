use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use proptest::prelude::*;
use safetensors::{Dtype, tensor::TensorView};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::*;
use crate::{
    bundle::{
        CellCodes, CellMetadata, ConceptArrays, ConceptClass, ConceptDetail, ConceptIndex, ConceptRow,
        Counts, FileEntry, Files, FirstActivations, FirstCodes, FirstConcept, FirstGenes, FirstIndex,
        FirstView, GeneAudit, GeneSetFile, Maybe, MetadataColumn, ModelKind, ModelSummary, Parameters,
        Prototype, SCHEMA_NAME, SCHEMA_VERSION, SideLabels, Software, TitleParts,
    },
    ids::{CellId, ConceptId, GeneId},
    sae::{SaeConfig, SaeWeights},
};

/// Files in memory.
#[derive(Clone, Debug, Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Folder for Memory {
    fn list(&self) -> Result<Vec<(String, u64)>, FolderError> {
        Ok(self.0.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
        self.0.get(path).cloned().ok_or_else(|| FolderError("not there".into()))
    }
}

impl Memory {
    fn json(&mut self, path: &str, value: &impl Serialize) {
        self.0.insert(path.into(), serde_json::to_vec(value).unwrap());
    }

    fn tensors(&mut self, path: &str, list: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) {
        let views = list.iter().map(|(n, t, s, b)| (*n, TensorView::new(*t, s.clone(), b).unwrap()));
        self.0.insert(path.into(), safetensors::serialize(views, None).unwrap());
    }

    /// Writes both lists of files to fit the content.
    fn sealed(mut self) -> Self {
        let mut manifest: Manifest = serde_json::from_slice(&self.0[path::MANIFEST]).unwrap();
        let entry = |bytes: &[u8]| FileEntry {
            bytes: bytes.len() as u64,
            sha256: Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect(),
        };
        let listed = self.0.iter().filter(|(name, _)| !matches!(name.as_str(), path::MANIFEST | path::FILES));
        let (per_concept, mut others): (Files, Files) = listed
            .map(|(name, bytes)| (name.clone(), entry(bytes)))
            .partition(|(n, _)| path::is_per_concept(n));
        self.json(path::FILES, &per_concept);
        others.insert(path::FILES.into(), entry(&self.0[path::FILES]));
        manifest.files = others;
        self.json(path::MANIFEST, &manifest);
        self
    }

    fn problems(&self) -> Vec<(String, String)> {
        verify(self).problems.into_iter().map(|p| (p.file, p.problem)).collect()
    }
}

fn u32s(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Three cells, two genes, two concepts of which one is dead.
fn small() -> Memory {
    let mut files = Memory::default();
    let counts = Counts {
        cells: 3,
        genes_measured: 2,
        genes_model: 2,
        embedding: 2,
        concepts: 2,
        active_per_cell: 1,
        active_concepts: 1,
    };
    files.json(
        path::MANIFEST,
        &Manifest {
            schema: SCHEMA_NAME.into(),
            version: SCHEMA_VERSION,
            name: "small".into(),
            tag: "0".into(),
            key: BTreeMap::new(),
            title: "Small".into(),
            created: "2026-01-01T00:00:00Z".into(),
            software: Software { name: "cellprism".into(), version: "0".into(), onnxruntime: None },
            counts,
            model: ModelSummary {
                kind: ModelKind::Onnx,
                name: "x".into(),
                preprocessing: "none".into(),
                in_browser: false,
            },
            ladder: None,
            first: None,
            expression: None,
            parameters: Parameters::default(),
            inputs: Vec::new(),
            gene_audit: GeneAudit::default(),
            stages: Vec::new(),
            sources: Vec::new(),
            files: BTreeMap::new(),
        },
    );
    let column = MetadataColumn {
        name: "type".into(),
        labels: vec!["B".into(), "T".into()],
        counts: vec![2, 1],
        long_labels: Vec::new(),
    };
    let metadata = CellMetadata {
        cells: 3,
        columns: vec![column],
        primary: Some("type".into()),
        ..CellMetadata::default()
    };
    files.json(path::CELL_METADATA, &metadata);
    files.tensors(path::CELL_CODES, &[("type", Dtype::U16, vec![3], vec![0, 0, 0, 0, 1, 0])]);
    files.json(path::CELL_NAMES, &["a", "b", "c"]);
    let embeddings = f32s(&[2.0, 0.0, 1.5, 0.5, 0.0, 1.0]);
    files.tensors(path::EMBEDDINGS, &[("embeddings", Dtype::F32, vec![3, 2], embeddings)]);
    files.json(
        path::GENE_INDEX,
        &GeneIndex {
            symbols: vec!["CD79A".into(), "LYZ".into()],
            ensembl: vec![String::new(); 2],
            detection: vec![0.5; 2],
            measured: vec![true; 2],
            ..GeneIndex::default()
        },
    );
    let sets = vec![("B cell receptor".to_owned(), vec![GeneId(0)])];
    let library = GeneSetFile { library: "GO".into(), source: "a test".into(), sets_in_source: 1, sets };
    files.json(&path::gene_sets("GO"), &library);
    let sae = SaeWeights {
        config: SaeConfig::new(2, 2, 1).unwrap(),
        w_enc: Array2::eye(2),
        b_enc: Array1::zeros(2),
        w_dec: Array2::eye(2),
        b_dec: Array1::zeros(2),
    };
    let (config, weights) = sae.to_safetensors().unwrap();
    files.0.insert(path::SAE_CONFIG.into(), config.into_bytes());
    files.0.insert(path::SAE_WEIGHTS.into(), weights);
    let card = serde_json::json!({"format": 1, "kind": "onnx", "name": "x", "genes": ["CD79A", "LYZ"],
        "latent": 2, "preprocessing": "none", "precision": "float32"});
    files.json(path::MODEL_CARD, &card);
    let row = |id, class, cells, max, histogram: &[u32]| ConceptRow {
        id: ConceptId(id),
        class,
        cells,
        max,
        histogram: histogram.to_vec(),
        composition: Vec::new(),
        specific: Vec::new(),
        reads_as: String::new(),
        genes: Vec::new(),
        important: 0,
        pathway: None,
        chance: None,
        any_label_by_chance: None,
        xy: None,
        title: String::new(),
        title_parts: TitleParts::default(),
        labels: SideLabels::default(),
        survives: false,
        not_described: false,
        screened: None,
    };
    let rows = vec![row(0, ConceptClass::Rare, 2, 1.5, &[1, 1]), row(1, ConceptClass::Dead, 0, 0.0, &[0, 0])];
    files.json(
        path::CONCEPT_INDEX,
        &ConceptIndex { columns: vec!["type".into()], rows, ..ConceptIndex::default() },
    );
    let prototype = Prototype {
        cell: CellId(2),
        name: "c".into(),
        label: None,
        activation: 1.5,
        edge: false,
        counterfactuals: Vec::new(),
    };
    let detail = |id, class, cells, max, histogram: &[u32], prototypes| ConceptDetail {
        id: ConceptId(id),
        class,
        cells,
        max,
        mean: 0.0,
        histogram: histogram.to_vec(),
        columns: Vec::new(),
        prototypes,
        attribution: Maybe::missing("a test"),
        enrichment: Vec::new(),
        deletion: Maybe::missing("a test"),
        coactive: Vec::new(),
        alike: Vec::new(),
        title: String::new(),
        title_parts: TitleParts::default(),
        verdict: String::new(),
        labels: SideLabels::default(),
        edge: 0,
        reading: Maybe::missing("a test"),
    };
    files.json("concepts/0000.json", &detail(0, ConceptClass::Rare, 2, 1.5, &[1, 1], vec![prototype]));
    files.json("concepts/0001.json", &detail(1, ConceptClass::Dead, 0, 0.0, &[0], Vec::new()));
    files.tensors(
        "concepts/0000.safetensors",
        &[
            ("cells", Dtype::U32, vec![2], u32s(&[0, 2])),
            ("activations", Dtype::F32, vec![2], f32s(&[0.5, 1.5])),
            ("scores", Dtype::F32, vec![0], Vec::new()),
            ("scores_pre_topk", Dtype::F32, vec![0], Vec::new()),
            ("top_genes", Dtype::U32, vec![0], Vec::new()),
            ("pair_scores", Dtype::F32, vec![0, 0], Vec::new()),
        ],
    );
    files.tensors(
        "concepts/0001.safetensors",
        &[("cells", Dtype::U32, vec![0], Vec::new()), ("activations", Dtype::F32, vec![0], Vec::new())],
    );
    files.tensors(
        "samples/0000.safetensors",
        &[
            ("cells", Dtype::U32, vec![1], u32s(&[2])),
            ("indptr", Dtype::U32, vec![2], u32s(&[0, 1])),
            ("indices", Dtype::U32, vec![1], u32s(&[1])),
            ("values", Dtype::F32, vec![1], f32s(&[4.0])),
            ("prototypes", Dtype::U32, vec![1], u32s(&[0])),
            ("counterfactuals", Dtype::U32, vec![1, 3], u32s(&[u32::MAX; 3])),
        ],
    );
    files.sealed()
}

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
