//! Writing of `.h5ad` files in today's encoding, readable by anndata.

use cellprism_core::cells::{Cells, Column};
use hdf5_pure::{AttrValue, DatasetBuilder, Error, FileBuilder, FinishedGroup, GroupBuilder};

/// Compression of arrays.
const DEFLATE: u32 = 4;

/// Elements of a chunk. The HDF5 C library (2.0) does not open chunks of 65,536 as hdf5-pure 0.47 writes them.
const CHUNK: usize = 1 << 15;

/// What goes into a file beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Arrays by cell: name, columns, values in row-major order.
    pub by_cell: Vec<(String, usize, Vec<f32>)>,
    /// Arrays by gene.
    pub by_gene: Vec<(String, usize, Vec<f32>)>,
    /// Measurements, as columns of `obs`.
    pub numbers: Vec<(String, Vec<f64>)>,
    /// Texts about the whole, under `uns`.
    pub texts: Vec<(String, String)>,
}

/// The bytes of an `.h5ad` file: counts as CSR in `X`, metadata in `obs`, names of genes in `var`.
///
/// # Errors
/// If the HDF5 library refuses to encode something.
pub fn to_bytes(cells: &Cells, extras: &Extras) -> Result<Vec<u8>, Error> {
    let mut file = FileBuilder::new();
    for (name, value) in encoding("anndata", "0.1.0") {
        file.set_attr(name, value);
    }
    let group = counts(file.create_group("X"), cells);
    file.add_group(group);
    let group = obs(file.create_group("obs"), cells, &extras.numbers);
    file.add_group(group);
    let group = var(file.create_group("var"), cells);
    file.add_group(group);
    let (rows, genes) = (cells.counts.rows, cells.counts.cols);
    let umap = cells.umap.as_ref().map(|xy| ("X_umap".to_owned(), 2, xy.concat()));
    let by_cell: Vec<_> = umap.iter().chain(&extras.by_cell).collect();
    let group = arrays(file.create_group("obsm"), rows, &by_cell);
    file.add_group(group);
    let group = arrays(file.create_group("varm"), genes, &extras.by_gene.iter().collect::<Vec<_>>());
    file.add_group(group);
    let mut uns = dict(file.create_group("uns"));
    for (name, text) in &extras.texts {
        let dataset = uns.create_dataset(name).with_vlen_strings(&[text]).with_shape(&[]);
        tag(dataset, "string", "0.2.0");
    }
    file.add_group(uns.finish());
    for name in ["layers", "obsp", "varp"] {
        let group = dict(file.create_group(name)).finish();
        file.add_group(group);
    }
    file.finish()
}

fn encoding(kind: &str, version: &str) -> [(&'static str, AttrValue); 2] {
    [
        ("encoding-type", AttrValue::VarLenString(kind.into())),
        ("encoding-version", AttrValue::VarLenString(version.into())),
    ]
}

fn tag(dataset: &mut DatasetBuilder, kind: &str, version: &str) {
    for (name, value) in encoding(kind, version) {
        dataset.set_attr(name, value);
    }
}

fn tagged(mut group: GroupBuilder, kind: &str, version: &str) -> GroupBuilder {
    for (name, value) in encoding(kind, version) {
        group.set_attr(name, value);
    }
    group
}

fn dict(group: GroupBuilder) -> GroupBuilder {
    tagged(group, "dict", "0.1.0")
}

/// Chunks of a vector that is compressed; none where it is too short to gain.
fn pack(dataset: &mut DatasetBuilder, length: usize) {
    if length >= 1024 {
        dataset.with_chunks(&[length.min(CHUNK) as u64]).with_shuffle().with_deflate(DEFLATE);
    }
}

fn counts(group: GroupBuilder, cells: &Cells) -> FinishedGroup {
    let counts = &cells.counts;
    let mut group = tagged(group, "csr_matrix", "0.1.0");
    group.set_attr("shape", AttrValue::I64Array(vec![counts.rows as i64, counts.cols as i64]));
    pack(group.create_dataset("data").with_f32_data(&counts.values), counts.nnz());
    let indices: Vec<i32> = counts.indices.iter().map(|&column| column as i32).collect();
    pack(group.create_dataset("indices").with_i32_data(&indices), counts.nnz());
    let pointers: Vec<i64> = counts.indptr.iter().map(|&pointer| pointer as i64).collect();
    group.create_dataset("indptr").with_i64_data(&pointers);
    group.finish()
}

fn strings<S: AsRef<str>>(group: &mut GroupBuilder, name: &str, values: &[S]) {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    tag(group.create_dataset(name).with_vlen_strings(&values), "string-array", "0.2.0");
}

fn frame(group: GroupBuilder, index: &[String], columns: &[&str]) -> GroupBuilder {
    let mut group = tagged(group, "dataframe", "0.2.0");
    group.set_attr("_index", AttrValue::VarLenString("_index".into()));
    group.set_attr(
        "column-order",
        AttrValue::VarLenStringArray(columns.iter().map(|&c| c.to_owned()).collect()),
    );
    strings(&mut group, "_index", index);
    group
}

fn obs(group: GroupBuilder, cells: &Cells, numbers: &[(String, Vec<f64>)]) -> FinishedGroup {
    let labelled = cells.columns.iter().map(|column| column.name.as_str());
    let names: Vec<&str> = labelled.chain(numbers.iter().map(|(name, _)| name.as_str())).collect();
    let mut group = frame(group, &cells.names, &names);
    for column in &cells.columns {
        let categorical = categorical(group.create_group(&column.name), column);
        group.add_group(categorical);
    }
    for (name, values) in numbers {
        let dataset = group.create_dataset(name).with_f64_data(values);
        pack(dataset, values.len());
        tag(dataset, "array", "0.2.0");
    }
    group.finish()
}

fn categorical(group: GroupBuilder, column: &Column) -> FinishedGroup {
    let mut group = tagged(group, "categorical", "0.2.0");
    group.set_attr("ordered", AttrValue::U8(0));
    strings(&mut group, "categories", &column.labels);
    // No label is −1 in anndata and the largest code here.
    let codes: Vec<i32> = column
        .codes
        .iter()
        .map(|&code| if column.labels.len() > usize::from(code) { code.into() } else { -1 })
        .collect();
    let dataset = group.create_dataset("codes").with_i32_data(&codes);
    pack(dataset, codes.len());
    tag(dataset, "array", "0.2.0");
    group.finish()
}

fn var(group: GroupBuilder, cells: &Cells) -> FinishedGroup {
    let genes = &cells.genes;
    let mut columns = Vec::new();
    if genes.symbols != genes.index {
        columns.push(("feature_name", &genes.symbols));
    }
    if genes.ensembl.iter().any(|id| !id.is_empty()) {
        columns.push(("gene_ids", &genes.ensembl));
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut group = frame(group, &genes.index, &names);
    for (name, values) in columns {
        strings(&mut group, name, values);
    }
    group.finish()
}

fn arrays(group: GroupBuilder, rows: usize, arrays: &[&(String, usize, Vec<f32>)]) -> FinishedGroup {
    let mut group = dict(group);
    for (name, columns, values) in arrays {
        let shape = [rows as u64, *columns as u64];
        let dataset = group.create_dataset(name).with_f32_data(values).with_shape(&shape);
        tag(dataset, "array", "0.2.0");
    }
    group.finish()
}
