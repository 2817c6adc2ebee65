//! `.h5ad` files of this machine: regular ones only, read by `cellprism-h5ad` as the page reads them.

use std::path::Path;

use cellprism_core::cells::{Cells, CountMatrix};

pub use cellprism_h5ad::{Extras, H5ad, H5adError, H5adWriter, NotACount, Options, Planted, Room, to_bytes};

use crate::work::{regular, shards::Rows};

/// Reads a whole file.
///
/// # Errors
/// See [`H5adError`].
///
/// ```no_run
/// # use std::path::Path;
/// # use cellprism_gpu_backend::files::h5ad;
/// let cells = h5ad::read(Path::new("pbmc3k.h5ad"), &h5ad::Options::default())?;
/// println!("{} cells, {} genes, counts from {}", cells.counts.rows, cells.counts.cols, cells.counts_source);
/// # Ok::<(), h5ad::H5adError>(())
/// ```
pub fn read(path: &Path, options: &Options) -> Result<Cells, H5adError> {
    open(path, options)?.into_cells()
}

/// Opens a file to read its counts some rows at a time; names and metadata are read at once.
///
/// # Errors
/// See [`H5adError`].
pub fn open(path: &Path, options: &Options) -> Result<H5ad, H5adError> {
    let file = regular::open(path).map_err(|source| H5adError::Open { path: path.to_owned(), source })?;
    cellprism_h5ad::open_file(path, file, options)
}

impl Rows for H5ad {
    fn count(&self) -> usize {
        self.len()
    }

    fn read(&mut self, start: usize, rows: usize) -> anyhow::Result<CountMatrix> {
        Ok(self.rows(start, rows)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let missing = open(Path::new("nowhere.h5ad"), &Options::default()).unwrap_err().to_string();
        assert!(missing.contains("nowhere.h5ad"), "{missing}");
    }
}
