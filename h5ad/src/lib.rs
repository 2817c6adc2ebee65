//! `.h5ad` files, in a program and in a page. Reading: any usual form, bounded memory, and one clear error for what is damaged or hostile.
//!
//! Counts are taken from `layers/counts`, else `raw/X` (`raw.X` in old files), else `X`; stored as CSR, CSC or dense,
//! with gzip, LZF and shuffle. Metadata: categorical, text, truth value and repeating whole-number columns of `obs`; other
//! numbers are measurements.
//! Files written before anndata 0.7 (tables of records) are read too.
//!
//! | file | idea |
//! |---|---|
//! | `container`, `lookup`, `array` | the HDF5 file by path; arrays checked against what is stored before memory is taken |
//! | `frame`, `values`, `records` | `obs` and `var` in every encoding |
//! | `matrix`, `compressed`, `columns` | counts, some rows at a time |
//! | `genes`, `maps` | names of genes, coordinates of cells |
//! | `planted` | the truth about simulated cells |
//! | `write` | files in today's encoding, counts some cells at a time |
//! | `hdf5` | what they are written with, from front to back |
//! | `metered` | what the HDF5 library may read for one question |
//! | `room` | how much memory reading may take: a program's, or a page's |
//! | `guard` | a panic in the HDF5 library becomes an error, and deep nesting finds a deep stack |
//!
//! The bytes come from any [`Source`]: a file of the system, or slices of one that was dropped on a page.

mod array;
mod columns;
mod compressed;
mod container;
mod error;
mod frame;
mod genes;
mod guard;
mod hdf5;
#[cfg(test)]
mod hostile;
mod lookup;
mod maps;
mod matrix;
mod metered;
mod planted;
mod records;
mod room;
#[cfg(test)]
mod tests;
mod values;
mod write;

use std::path::Path;

use cellprism_core::{
    bundle::MOST_NUMBERS,
    cells::{Cells, Column, CountMatrix, GeneNames, Numbers, Roster},
};

pub use error::{H5adError, NotACount};
pub use hdf5_pure::{FormatError as SourceError, Source};
pub use planted::Planted;
pub use room::Room;
pub use write::{Extras, H5adWriter, to_bytes};

use compressed::{ReadError, Wrong};
use container::Container;
use frame::Frame;
use lookup::Node;
use matrix::Matrix;

/// How counts are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Accept values that are not whole numbers; negative ones and NaN are refused always.
    pub allow_non_integer: bool,
    /// How much memory reading may take.
    pub room: Room,
}

/// Opens a file of the system to read its counts some rows at a time; names and metadata are read at once. `path` names it in
/// errors.
///
/// ```no_run
/// # use std::{fs::File, path::Path};
/// let path = Path::new("pbmc3k.h5ad");
/// let cells = cellprism_h5ad::open_file(path, File::open(path)?, &cellprism_h5ad::Options::default())?;
/// println!("{} cells, {} genes, counts from {}", cells.len(), cells.genes().len(), cells.counts_source());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`H5adError`].
pub fn open_file(path: &Path, file: std::fs::File, options: &Options) -> Result<H5ad, H5adError> {
    let source = hdf5_pure::ReadSeekSource::new(file).map_err(|error| H5adError::Open {
        path: path.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    H5ad::open(path, source, options)
}

/// An open file: names and metadata in memory, counts on disk.
pub struct H5ad {
    container: Container,
    matrix: Matrix,
    options: Options,
    genes: GeneNames,
    names: Vec<String>,
    columns: Vec<Column>,
    numbers: Vec<Numbers>,
    skipped: Vec<(String, String)>,
    umap: Option<Vec<[f32; 2]>>,
    source: String,
}

impl std::fmt::Debug for H5ad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { container, names, genes, source, .. } = self;
        write!(
            f,
            "H5ad({}: {} cells × {} genes from {source})",
            container.path.display(),
            names.len(),
            genes.len()
        )
    }
}

impl H5ad {
    /// Opens what a source supplies; `path` names it in errors.
    ///
    /// # Errors
    /// See [`H5adError`].
    pub fn open(
        path: &Path,
        source: impl Source + Send + Sync + 'static,
        options: &Options,
    ) -> Result<Self, H5adError> {
        guard::deep(|| Self::open_uncontained(path, source, options))
            .unwrap_or_else(|message| Err(gave_up(path, &message)))
    }

    fn open_uncontained(
        path: &Path,
        source: impl Source + Send + Sync + 'static,
        options: &Options,
    ) -> Result<Self, H5adError> {
        let container = Container::open(path, source, options.room)?;
        let (source, var) = find_counts(&container)?;
        let missing = |what: &str| container.damaged(what, "there is no such data frame");
        let [cells, columns] = matrix::extents(&container, source)?;
        let obs = Frame::open(&container, "obs", cells)?.ok_or_else(|| missing("obs"))?;
        let var_frame = Frame::open(&container, var, columns)?.ok_or_else(|| missing(var))?;
        let matrix = Matrix::open(&container, source, obs.index().len(), var_frame.index().len())?;
        let genes = genes::names(&container, &var_frame, var)?;
        let (mut columns, mut numbers, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for name in obs.columns() {
            let Some(values) = obs.values(&container, &name)? else { continue };
            match values.numbers(&name) {
                Some(Ok(found)) if numbers.len() < MOST_NUMBERS => {
                    numbers.push(found);
                    continue;
                }
                Some(Ok(_)) => {
                    skipped.push((name, format!("numbers; of at most {MOST_NUMBERS} columns they are kept")));
                    continue;
                }
                Some(Err(why)) => {
                    skipped.push((name, why.to_string()));
                    continue;
                }
                None => {}
            }
            match values.into_column(&name) {
                Ok(column) => columns.push(column),
                Err(reason) => skipped.push((name, reason)),
            }
        }
        let umap = maps::umap(&container, obs.index().len())?;
        container.opened();
        let names = obs.index().to_vec();
        Ok(Self {
            matrix,
            options: *options,
            genes,
            names,
            columns,
            numbers,
            skipped,
            umap,
            source: source.into(),
            container,
        })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.matrix.rows
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.matrix.rows == 0
    }

    /// Names of the genes.
    pub fn genes(&self) -> &GeneNames {
        &self.genes
    }

    /// Names of the cells.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Categorical metadata.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Measurements: columns of `obs` with fractions, or with too many whole numbers to be labels.
    pub fn numbers(&self) -> &[Numbers] {
        &self.numbers
    }

    /// Columns of `obs` that are no metadata, with the reason.
    pub fn skipped_columns(&self) -> &[(String, String)] {
        &self.skipped
    }

    /// Coordinates of a map, where the file has one.
    pub fn umap(&self) -> Option<&[[f32; 2]]> {
        self.umap.as_deref()
    }

    /// Where the counts are, for instance `layers/counts`.
    pub fn counts_source(&self) -> &str {
        &self.source
    }

    /// Counts of the cells `start .. start + count`, clipped to the end.
    ///
    /// # Errors
    /// If the file is damaged there, or a value is not a count.
    pub fn rows(&mut self, start: usize, count: usize) -> Result<CountMatrix, H5adError> {
        let path = self.container.path.clone();
        let (matrix, container, any) = (&mut self.matrix, &self.container, self.options.allow_non_integer);
        let outcome = guard::contain(|| matrix.read(container, start, count, any));
        match outcome {
            Ok(Ok(rows)) => {
                debug_assert!(rows.validate().is_ok());
                Ok(rows)
            }
            Ok(Err(ReadError::File(error))) => Err(error),
            Ok(Err(ReadError::Value(wrong))) => Err(self.not_a_count(wrong)),
            Err(message) => Err(gave_up(&path, &message)),
        }
    }

    /// All counts, `rows` cells at a time: (first cell, counts).
    ///
    /// Memory does not grow with the number of cells: a chunk, and for matrices stored by columns at most 512 MB more.
    pub fn chunks(
        &mut self,
        rows: usize,
    ) -> impl Iterator<Item = Result<(usize, CountMatrix), H5adError>> + '_ {
        let (step, cells) = (rows.max(1), self.len());
        (0..cells).step_by(step).map(move |start| self.rows(start, step).map(|counts| (start, counts)))
    }

    /// [`Self::rows`], with the names of the cells.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn named_rows(&mut self, start: usize, count: usize) -> Result<(CountMatrix, &[String]), H5adError> {
        let counts = self.rows(start, count)?;
        let names = self.names.get(start..start + counts.rows).unwrap_or_default();
        Ok((counts, names))
    }

    /// The categorical metadata, which is then no longer here.
    pub fn take_columns(&mut self) -> Vec<Column> {
        std::mem::take(&mut self.columns)
    }

    /// Everything, in memory.
    ///
    /// # Errors
    /// If the counts are damaged, or a value is not a count.
    pub fn into_cells(mut self) -> Result<Cells, H5adError> {
        let counts = self.rows(0, self.len())?;
        Ok(Cells {
            counts,
            genes: self.genes,
            names: self.names,
            columns: self.columns,
            umap: self.umap,
            counts_source: self.source,
        })
    }

    /// Everything but the counts.
    pub fn into_roster(self) -> Roster {
        let Self { genes, names, columns, numbers, umap, source: counts_source, .. } = self;
        Roster { genes, names, columns, numbers, umap, counts_source }
    }

    fn not_a_count(&self, wrong: Wrong) -> H5adError {
        let Wrong { dataset, row, column, value } = wrong;
        let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
        H5adError::NotACount(Box::new(NotACount {
            path: self.container.path.clone(),
            dataset,
            row,
            cell: name(&self.names, row),
            column,
            gene: name(&self.genes.index, column),
            value,
            remedy: if value > 0.0 && value.is_finite() {
                "these look like normalised values: put raw counts into layers/counts or raw/X, or pass \
                 --allow-non-integer to take the values as they are"
            } else {
                "counts are zero or positive: put raw counts into layers/counts or raw/X"
            },
        }))
    }
}

/// Where the counts are, and the frame that names their columns.
fn find_counts(container: &Container) -> Result<(&'static str, &'static str), H5adError> {
    for (matrix, var) in [("layers/counts", "var"), ("raw/X", "raw/var"), ("raw.X", "raw.var"), ("X", "var")]
    {
        match container.find(matrix)? {
            // anndata writes "no X" as an empty scalar.
            Some(Node::Array(array)) if array.shape.len() == 2 => return Ok((matrix, var)),
            Some(Node::Group(_)) => return Ok((matrix, var)),
            Some(Node::Array(_)) | None => {}
        }
    }
    Err(H5adError::NoCounts { path: container.path.clone() })
}

fn gave_up(path: &Path, message: &str) -> H5adError {
    H5adError::Damaged {
        path: path.to_owned(),
        dataset: "the file".into(),
        problem: format!("it is damaged in a way that the HDF5 reader cannot follow ({message})"),
    }
}
