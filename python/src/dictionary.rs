//! TopK sparse autoencoders on NumPy arrays, in the SAELens layout on disk.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use cellprism_core::sae::{Codes, SaeWeights, metrics};
use ndarray::ArrayView2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyDict};

use crate::{
    errors,
    fit::{self, Wish},
};

/// Files of the SAELens layout.
const CONFIG: &str = "cfg.json";
const WEIGHTS: &str = "sae_weights.safetensors";

/// Concepts and activations of every cell, `[cells, k]`.
type CodeArrays<'py> = (Bound<'py, PyArray2<u32>>, Bound<'py, PyArray2<f32>>);

/// Weights of a dictionary.
#[pyclass(frozen, module = "cellprism._core")]
pub(crate) struct Dictionary(SaeWeights);

#[pymethods]
impl Dictionary {
    /// Trains on embeddings [cells, dimensions]; sizes that are not given follow from the data. `progress(metrics)` is called
    /// with a dictionary after every epoch.
    #[staticmethod]
    #[pyo3(signature = (x, concepts, active, epochs, batch, learning_rate, seed, progress))]
    #[expect(clippy::too_many_arguments, reason = "they are keyword arguments of the Python class")]
    fn fit(
        py: Python<'_>,
        x: PyReadonlyArray2<'_, f32>,
        concepts: Option<usize>,
        active: Option<usize>,
        epochs: Option<u32>,
        batch: Option<usize>,
        learning_rate: Option<f64>,
        seed: u64,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let view = x.as_array();
        finite(&view)?;
        let wish = Wish { concepts, active, epochs, batch, learning_rate, seed };
        py.detach(|| fit::fit(view, &wish, progress.as_ref())).map(Self)
    }

    /// Reads a folder with `cfg.json` and `sae_weights.safetensors`.
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        py.detach(|| {
            let read = |name: &str| {
                let path = folder.join(name);
                fs::read(&path).map_err(|error| errors::io(&path, &error))
            };
            let weights = SaeWeights::from_safetensors(&read(CONFIG)?, &read(WEIGHTS)?);
            weights.map(Self).map_err(|error| errors::value(&error))
        })
    }

    /// Writes both files into a folder, which is made if need be.
    fn save(&self, folder: PathBuf) -> PyResult<()> {
        let (config, tensors) = self.0.to_safetensors().map_err(|error| errors::value(&error))?;
        fs::create_dir_all(&folder).map_err(|error| errors::io(&folder, &error))?;
        write(&folder.join(WEIGHTS), &tensors)?;
        write(&folder.join(CONFIG), config.as_bytes())
    }

    /// c, d and k.
    fn sizes(&self) -> (usize, usize, usize) {
        (self.0.config.d_sae, self.0.config.d_in, self.0.config.k)
    }

    /// Concepts and activations of every cell, most active first: `[cells, k]` each.
    fn encode<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<'py, f32>) -> PyResult<CodeArrays<'py>> {
        self.fits(x.shape())?;
        let view = x.as_array();
        finite(&view)?;
        let codes = py.detach(|| self.0.encode(view));
        let shape = (codes.rows(), codes.k);
        let matrix = |error: ndarray::ShapeError| errors::value(&error);
        let indices = ndarray::Array2::from_shape_vec(shape, codes.indices).map_err(matrix)?;
        let values = ndarray::Array2::from_shape_vec(shape, codes.values).map_err(matrix)?;
        Ok((indices.into_pyarray(py), values.into_pyarray(py)))
    }

    /// Embeddings rebuilt from concepts and activations `[cells, k]`.
    fn decode<'py>(
        &self,
        py: Python<'py>,
        indices: PyReadonlyArray2<'py, u32>,
        values: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        if indices.shape() != values.shape() {
            return Err(PyValueError::new_err("concepts and activations differ in shape"));
        }
        let concepts = self.0.config.d_sae;
        let codes = Codes {
            k: indices.shape()[1],
            indices: indices.as_array().iter().copied().collect(),
            values: values.as_array().iter().copied().collect(),
        };
        if let Some(unknown) = codes.indices.iter().find(|&&concept| concept as usize >= concepts) {
            return Err(PyValueError::new_err(format!("concept {unknown}: there are {concepts}")));
        }
        Ok(py.detach(|| self.0.decode(&codes)).into_pyarray(py))
    }

    /// How well it rebuilds embeddings, and how it spends its concepts.
    fn evaluate<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<'py, f32>) -> PyResult<Bound<'py, PyDict>> {
        self.fits(x.shape())?;
        let view = x.as_array();
        finite(&view)?;
        let found = py.detach(|| metrics::evaluate(&self.0, view));
        let out = PyDict::new(py);
        out.set_item("cells", found.cells)?;
        out.set_item("r2", found.r2)?;
        out.set_item("r2_per_dimension", found.r2_per_dimension)?;
        out.set_item("r2_scalar_mean", found.r2_scalar_mean)?;
        out.set_item("active", found.active)?;
        out.set_item("dead", found.dead)?;
        out.set_item("l0", found.l0)?;
        out.set_item("sparsity", found.sparsity)?;
        out.set_item("mse", found.mse)?;
        Ok(out)
    }

    /// Encoder [d, c].
    fn w_enc<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f32>> {
        self.0.w_enc.clone().into_pyarray(py)
    }

    /// Dictionary [c, d].
    fn w_dec<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f32>> {
        self.0.w_dec.clone().into_pyarray(py)
    }

    /// Bias of the encoder `[c]`.
    fn b_enc<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        self.0.b_enc.clone().into_pyarray(py)
    }

    /// Bias of the decoder `[d]`.
    fn b_dec<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        self.0.b_dec.clone().into_pyarray(py)
    }
}

impl Dictionary {
    fn fits(&self, shape: &[usize]) -> PyResult<()> {
        let (found, expected) = (shape[1], self.0.config.d_in);
        if found == expected {
            return Ok(());
        }
        Err(PyValueError::new_err(format!(
            "embeddings of {found} dimensions; the dictionary reads {expected}"
        )))
    }
}

fn finite(x: &ArrayView2<'_, f32>) -> PyResult<()> {
    match x.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((cell, dimension), value)) => Err(PyValueError::new_err(format!(
            "embeddings: cell {cell}, dimension {dimension} is {value}, not a finite number"
        ))),
        None => Ok(()),
    }
}

/// Beside its place first, so that a file of that name is never half written.
fn write(path: &Path, content: &[u8]) -> PyResult<()> {
    let new = path.with_extension("new");
    let written = fs::File::create(&new)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|error| errors::io(path, &error))
}
