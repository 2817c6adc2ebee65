//! A bundle in memory that is whole: three cells, two genes, two concepts.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use safetensors::{Dtype, tensor::TensorView};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    bundle::{
        CellMetadata, ConceptClass, ConceptDetail, ConceptIndex, ConceptRow, Counts, FileEntry, Files,
        GeneAudit, GeneIndex, GeneSetFile, Manifest, Maybe, MetadataColumn, ModelKind, ModelSummary,
        Parameters, Prototype, SCHEMA_NAME, SCHEMA_VERSION, SideLabels, Software, TitleParts, path,
        verify::{Folder, FolderError, verify},
    },
    ids::{CellId, ConceptId, GeneId},
    sae::{SaeConfig, SaeWeights},
};

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(pub(super) BTreeMap<String, Vec<u8>>);

impl Folder for Memory {
    fn list(&self) -> Result<Vec<(String, u64)>, FolderError> {
        Ok(self.0.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
        self.0.get(path).cloned().ok_or_else(|| FolderError("not there".into()))
    }
}

impl Memory {
    pub(super) fn json(&mut self, path: &str, value: &impl Serialize) {
        self.0.insert(path.into(), serde_json::to_vec(value).unwrap());
    }

    pub(super) fn tensors(&mut self, path: &str, list: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) {
        let views = list.iter().map(|(n, t, s, b)| (*n, TensorView::new(*t, s.clone(), b).unwrap()));
        self.0.insert(path.into(), safetensors::serialize(views, None).unwrap());
    }

    /// Writes both lists of files to fit the content.
    pub(super) fn sealed(mut self) -> Self {
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

    pub(super) fn problems(&self) -> Vec<(String, String)> {
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
pub(super) fn small() -> Memory {
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
    let row = |id, class, cells, max, histogram: &[u32]| {
        ConceptRow::of_cells(ConceptId(id), class, cells, max, histogram.to_vec())
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
