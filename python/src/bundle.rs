//! A bundle's folder, read by the types that write it.

use std::{fs, path::PathBuf};

use cellprism_core::{
    bundle::{
        CellMetadata, CellNames, ConceptArrays, ConceptDetail, ConceptIndex, Embeddings, File, GeneIndex,
        Manifest, path, read_activations,
    },
    ids::ConceptId,
};
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::{exceptions::PyIndexError, prelude::*, types::PyDict};

use crate::errors;

/// An opened bundle: what lists need is read, the rest when it is asked for.
#[pyclass(frozen, module = "cellprism._core")]
pub(crate) struct BundleFolder {
    folder: PathBuf,
    manifest: Manifest,
    concepts: ConceptIndex,
    genes: GeneIndex,
    cells: CellNames,
}

/// Row starts, concepts and activations of cells × concepts.
type Csr<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<f32>>);

#[pymethods]
impl BundleFolder {
    #[new]
    fn open(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        py.detach(|| {
            let manifest = read::<Manifest>(&folder, path::MANIFEST)?;
            Ok(Self {
                concepts: read(&folder, path::CONCEPT_INDEX)?,
                genes: read(&folder, path::GENE_INDEX)?,
                cells: read(&folder, path::CELL_NAMES)?,
                manifest,
                folder,
            })
        })
    }

    /// `manifest.json` as the program understands it.
    fn manifest(&self) -> PyResult<String> {
        json(&self.manifest)
    }

    /// `concepts/index.json`.
    fn concepts(&self) -> PyResult<String> {
        json(&self.concepts)
    }

    /// `cells/metadata.json`.
    fn metadata(&self) -> PyResult<String> {
        json(&read::<CellMetadata>(&self.folder, path::CELL_METADATA)?)
    }

    /// Readings of a concept.
    fn concept(&self, id: u32) -> PyResult<String> {
        json(&read::<ConceptDetail>(&self.folder, &path::concept(self.known(id)?))?)
    }

    /// Number of concepts, dead ones included.
    fn width(&self) -> usize {
        self.concepts.rows.len()
    }

    /// Names of the cells.
    fn cells(&self) -> Vec<String> {
        self.cells.clone()
    }

    /// Names of the model's genes.
    fn symbols(&self) -> Vec<String> {
        self.genes.symbols.clone()
    }

    /// Their Ensembl identifiers, empty where unknown.
    fn ensembl(&self) -> Vec<String> {
        self.genes.ensembl.clone()
    }

    /// Embeddings [cells, dimensions]; nothing where the bundle has none.
    fn embeddings<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
        if !self.manifest.files.contains_key(path::EMBEDDINGS) {
            return Ok(None);
        }
        let found = py.detach(|| read::<Embeddings>(&self.folder, path::EMBEDDINGS))?;
        Ok(Some(found.0.into_pyarray(py)))
    }

    /// Activations of all concepts: compressed sparse rows, concepts ascending in each.
    fn activations<'py>(&self, py: Python<'py>) -> PyResult<Csr<'py>> {
        let (starts, concepts, values) = py.detach(|| self.compressed())?;
        Ok((starts.into_pyarray(py), concepts.into_pyarray(py), values.into_pyarray(py)))
    }

    /// Arrays over all genes of a concept, by name; those that were not computed are left out.
    fn scores<'py>(&self, py: Python<'py>, id: u32) -> PyResult<Bound<'py, PyDict>> {
        let name = path::concept_arrays(self.known(id)?);
        let found = py.detach(|| read::<ConceptArrays>(&self.folder, &name))?;
        let out = PyDict::new(py);
        for (name, values) in [
            ("score", found.scores),
            ("score_pre_topk", found.scores_pre_topk),
            ("presence", found.scores_presence),
            ("absence", found.scores_absence),
            ("typical_presence", found.scores_typical_presence),
            ("typical_absence", found.scores_typical_absence),
            ("log2_fold_change", found.log2_fold_change),
            ("p_value", found.p_value),
        ] {
            if !values.is_empty() {
                out.set_item(name, values.into_pyarray(py))?;
            }
        }
        for (name, values) in [
            ("carried_by_presence", found.carried_by_presence),
            ("carried_by_absence", found.carried_by_absence),
        ] {
            if !values.is_empty() {
                out.set_item(name, values.into_pyarray(py))?;
            }
        }
        Ok(out)
    }
}

impl BundleFolder {
    fn known(&self, id: u32) -> PyResult<ConceptId> {
        if (id as usize) < self.concepts.rows.len() {
            return Ok(ConceptId(id));
        }
        Err(PyIndexError::new_err(format!(
            "concept {id}: the bundle has {} (0 to {})",
            self.concepts.rows.len(),
            self.concepts.rows.len().saturating_sub(1)
        )))
    }

    /// A count of each cell's concepts, then each in its place: concepts are read one after the other, so they ascend.
    fn compressed(&self) -> PyResult<(Vec<i64>, Vec<i32>, Vec<f32>)> {
        let mut columns = Vec::new();
        let mut starts = vec![0i64; self.cells.len() + 1];
        for row in self.concepts.rows.iter().filter(|row| row.cells > 0) {
            let name = path::concept_arrays(row.id);
            let (cells, values) = read_activations(&name, &bytes(&self.folder, &name)?)
                .map_err(|error| errors::value(&error))?;
            if cells.len() != values.len() || cells.iter().any(|&cell| cell as usize >= self.cells.len()) {
                let text =
                    format!("{name}: cells that the bundle does not have; `cellprism verify` says more");
                return Err(pyo3::exceptions::PyValueError::new_err(text));
            }
            cells.iter().for_each(|&cell| starts[cell as usize + 1] += 1);
            columns.push((row.id, cells, values));
        }
        for cell in 0..self.cells.len() {
            starts[cell + 1] += starts[cell];
        }
        let total = starts[self.cells.len()] as usize;
        let (mut concepts, mut activations) = (vec![0i32; total], vec![0.0f32; total]);
        let mut next = starts.clone();
        for (id, cells, values) in columns {
            for (cell, value) in cells.into_iter().zip(values) {
                let at = next[cell as usize] as usize;
                (concepts[at], activations[at]) = (id.0 as i32, value);
                next[cell as usize] += 1;
            }
        }
        Ok((starts, concepts, activations))
    }
}

fn bytes(folder: &std::path::Path, name: &str) -> PyResult<Vec<u8>> {
    let file = folder.join(name);
    fs::read(&file).map_err(|error| errors::io(&file, &error))
}

fn read<T: File>(folder: &std::path::Path, name: &str) -> PyResult<T> {
    T::from_bytes(name, &bytes(folder, name)?).map_err(|error| errors::value(&error))
}

fn json(value: &impl File) -> PyResult<String> {
    let bytes = value.to_bytes().map_err(|error| errors::value(&error))?;
    String::from_utf8(bytes).map_err(|error| errors::value(&error))
}
