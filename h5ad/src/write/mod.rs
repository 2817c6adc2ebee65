//! Writing of `.h5ad` files in today's encoding, readable by anndata: counts some cells at a time, the rest at last.

mod frame;

use std::io::{self, Cursor, Seek, Write};

use cellprism_core::cells::{Cells, CountMatrix, Roster};

use crate::hdf5::{Address, Group, Hdf5, Kind, Packed};

/// What goes into a file beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Arrays by cell: name, columns, values in row-major order.
    pub by_cell: Vec<(String, usize, Vec<f32>)>,
    /// Arrays by gene.
    pub by_gene: Vec<(String, usize, Vec<f32>)>,
    /// Measurements, as columns of `obs`.
    pub numbers: Vec<(String, Vec<f32>)>,
    /// Texts about the whole, under `uns`.
    pub texts: Vec<(String, String)>,
}

/// An `.h5ad` file being written: counts as CSR in `X`, packed and on disk before the next ones come.
pub struct H5adWriter<W> {
    file: Hdf5<W>,
    counts: Packed,
    columns: Packed,
    pointers: Vec<i64>,
    genes: usize,
}

impl<W: Write + Seek> H5adWriter<W> {
    /// Starts a file at the front of `to`, for counts of so many genes.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(to: W, genes: usize) -> io::Result<Self> {
        let [counts, columns] = [Kind::F32, Kind::I32].map(Packed::new);
        Ok(Self { file: Hdf5::create(to)?, counts, columns, pointers: vec![0], genes })
    }

    /// Appends the counts of the next cells.
    ///
    /// # Errors
    /// If they have another number of genes, or cannot be written.
    pub fn push(&mut self, rows: &CountMatrix) -> io::Result<()> {
        let Self { file, counts, columns, pointers, genes } = self;
        if rows.cols != *genes {
            return Err(wrong(format!("counts of {} genes in a file of {genes}", rows.cols)));
        }
        let before = counts.len() as i64;
        for row in 0..rows.rows {
            let (found, values) = rows.row(row);
            counts.push(file, values.iter().map(|value| value.to_bits()))?;
            columns.push(file, found.iter().copied())?;
        }
        pointers.extend(rows.indptr.iter().skip(1).map(|&pointer| before + pointer as i64));
        Ok(())
    }

    /// Counts above zero so far.
    pub fn nonzero(&self) -> usize {
        self.counts.len()
    }

    /// Metadata in `obs`, names of genes in `var`, and whatever else: the file is whole.
    ///
    /// # Errors
    /// If the numbers of cells or genes differ, a name is none that HDF5 bears, or the file cannot be written.
    pub fn finish(self, roster: &Roster, extras: &Extras) -> io::Result<W> {
        let Self { mut file, counts, columns, pointers, genes } = self;
        let cells = pointers.len() - 1;
        if (roster.names.len(), roster.genes.len()) != (cells, genes) {
            let (names, known) = (roster.names.len(), roster.genes.len());
            return Err(wrong(format!(
                "names of {names} cells and {known} genes for {cells} × {genes} counts"
            )));
        }
        let pointers: Vec<u8> = pointers.iter().flat_map(|pointer| pointer.to_le_bytes()).collect();
        let links = vec![
            ("data".into(), counts.finish(&mut file, &[])?),
            ("indices".into(), columns.finish(&mut file, &[])?),
            ("indptr".into(), file.array(Kind::I64, &[cells as u64 + 1], &pointers, &[])?),
        ];
        let x = file.group(&Group {
            links,
            attributes: encoding("csr_matrix", "0.1.0").to_vec(),
            numbers: Some(("shape", &[cells as i64, genes as i64])),
            ..Group::default()
        })?;
        let umap = roster.umap.as_ref().map(|xy| ("X_umap".to_owned(), 2, xy.concat()));
        let by_cell: Vec<_> = umap.iter().chain(&extras.by_cell).collect();
        let mut links = vec![
            ("X".to_owned(), x),
            ("obs".to_owned(), frame::obs(&mut file, roster, &extras.numbers)?),
            ("var".to_owned(), frame::var(&mut file, roster)?),
            ("obsm".to_owned(), arrays(&mut file, cells, &by_cell)?),
            ("varm".to_owned(), arrays(&mut file, genes, &extras.by_gene.iter().collect::<Vec<_>>())?),
        ];
        let mut texts = Vec::new();
        for (name, text) in &extras.texts {
            texts.push((name.clone(), file.texts(&[], &[text], &encoding("string", "0.2.0"))?));
        }
        links.push(("uns".into(), dict(&mut file, texts)?));
        for name in ["layers", "obsp", "varp"] {
            links.push((name.into(), dict(&mut file, Vec::new())?));
        }
        let attributes = encoding("anndata", "0.1.0").to_vec();
        let root = file.group(&Group { links, attributes, ..Group::default() })?;
        file.finish(root)
    }
}

/// The bytes of an `.h5ad` file of these cells, for what fits into memory.
///
/// # Errors
/// As [`H5adWriter::finish`].
pub fn to_bytes(cells: &Cells, extras: &Extras) -> io::Result<Vec<u8>> {
    let mut writer = H5adWriter::new(Cursor::new(Vec::new()), cells.counts.cols)?;
    writer.push(&cells.counts)?;
    let Cells { genes, names, columns, umap, counts_source, .. } = cells.clone();
    let roster = Roster { genes, names, columns, umap, counts_source, ..Roster::default() };
    Ok(writer.finish(&roster, extras)?.into_inner())
}

fn encoding<'a>(kind: &'a str, version: &'a str) -> [(&'a str, &'a str); 2] {
    [("encoding-type", kind), ("encoding-version", version)]
}

fn dict<W: Write + Seek>(file: &mut Hdf5<W>, links: Vec<(String, Address)>) -> io::Result<Address> {
    let attributes = encoding("dict", "0.1.0").to_vec();
    file.group(&Group { links, attributes, ..Group::default() })
}

fn arrays<W: Write + Seek>(
    file: &mut Hdf5<W>,
    rows: usize,
    arrays: &[&(String, usize, Vec<f32>)],
) -> io::Result<Address> {
    let mut links = Vec::new();
    for (name, columns, values) in arrays {
        if values.len() != rows * columns {
            return Err(wrong(format!("{name} has {} values for {rows} × {columns}", values.len())));
        }
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let shape = [rows as u64, *columns as u64];
        links.push((name.clone(), file.array(Kind::F32, &shape, &bytes, &encoding("array", "0.2.0"))?));
    }
    dict(file, links)
}

fn wrong(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}
