//! `cellprism._core`: what the Python package computes in Rust. The package in `python/cellprism` gives it the shapes that
//! users of AnnData know; nothing here is meant to be imported by them.

mod bundle;
mod dictionary;
mod errors;
mod fit;
mod prerank;
mod watch;

use pyo3::prelude::*;

/// The compiled part of the package.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<bundle::BundleFolder>()?;
    module.add_class::<dictionary::Dictionary>()?;
    module.add_function(wrap_pyfunction!(prerank::prerank, module)?)?;
    module.add_function(wrap_pyfunction!(prerank::read_gene_sets, module)?)?;
    Ok(())
}
