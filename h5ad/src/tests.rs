//! Round trips, streaming, and files that are damaged by hand.

use cellprism_core::cells::{
    Cells, Column, CountMatrix, GeneNames,
    simulate::{SimulateOptions, simulate},
};
use hdf5_pure::{AttrValue, FileBuilder, GroupBuilder};
use proptest::prelude::*;

use super::*;

fn cells() -> Cells {
    let options =
        SimulateOptions { cells: 40, genes: 60, programs: 4, depth: 300.0, ..SimulateOptions::default() };
    let mut cells = simulate(&options).unwrap().cells;
    cells.genes.ensembl[3] = "ENSG00000156738".into();
    cells.columns[0].codes[5] = cellprism_core::cells::NO_LABEL;
    cells.umap = Some((0..40).map(|i| [i as f32, -0.5 * i as f32]).collect());
    cells
}

fn saved(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// Opens a file.
pub(crate) fn open(path: &Path, options: &Options) -> Result<H5ad, H5adError> {
    open_file(path, std::fs::File::open(path).unwrap(), options)
}

/// Reads a whole file.
pub(crate) fn read(path: &Path, options: &Options) -> Result<Cells, H5adError> {
    open(path, options)?.into_cells()
}

fn read_bytes(bytes: &[u8]) -> Result<Cells, H5adError> {
    read(saved(bytes).path(), &Options::default())
}

/// A file of ours with another `X`.
fn with_matrix(cells: &Cells, build: impl FnOnce(&mut GroupBuilder)) -> Vec<u8> {
    let mut file = FileBuilder::new();
    let mut group = file.create_group("X");
    build(&mut group);
    file.add_group(group.finish());
    for (name, index) in [("obs", &cells.names), ("var", &cells.genes.index)] {
        let mut frame = file.create_group(name);
        frame.set_attr("_index", AttrValue::VarLenString("_index".into()));
        frame
            .create_dataset("_index")
            .with_vlen_strings(&index.iter().map(String::as_str).collect::<Vec<_>>());
        file.add_group(frame.finish());
    }
    file.finish().unwrap()
}

fn sparse(group: &mut GroupBuilder, format: &str, shape: [i64; 2], matrix: &CountMatrix) {
    group.set_attr("encoding-type", AttrValue::VarLenString(format.into()));
    group.set_attr("shape", AttrValue::I64Array(shape.to_vec()));
    group.create_dataset("data").with_f32_data(&matrix.values);
    let indices: Vec<i64> = matrix.indices.iter().map(|&i| i64::from(i)).collect();
    group.create_dataset("indices").with_i64_data(&indices);
    group.create_dataset("indptr").with_u64_data(&matrix.indptr);
}

#[test]
fn what_is_written_is_read_again() {
    let cells = cells();
    let again = read_bytes(&to_bytes(&cells, &Extras::default()).unwrap()).unwrap();
    assert_eq!(again, Cells { counts_source: "X".into(), ..cells });
}

#[test]
fn columns_are_turned_to_rows() {
    let cells = cells();
    let turned = cells.counts.transposed();
    let bytes = with_matrix(&cells, |group| sparse(group, "csc_matrix", [40, 60], &turned));
    assert_eq!(read_bytes(&bytes).unwrap().counts, cells.counts);
    // In as many passes as a small memory asks for.
    let file = saved(&bytes);
    let mut open = open(file.path(), &Options::default()).unwrap();
    open.matrix.limit_memory(100);
    let mut all = CountMatrix::empty(60);
    for chunk in open.chunks(7) {
        all.append(&chunk.unwrap().1).unwrap();
    }
    assert_eq!(all, cells.counts);
}

#[test]
fn unsorted_rows_and_stored_zeros_are_tidied() {
    let cells = Cells {
        counts: CountMatrix::from_dense(1, 3, &[1.0, 0.0, 2.0]).unwrap(),
        genes: GeneNames::from_index(["A", "B", "C"].map(str::to_owned).into()),
        names: vec!["cell".into()],
        columns: Vec::new(),
        umap: None,
        counts_source: "X".into(),
    };
    let untidy = CountMatrix {
        rows: 1,
        cols: 3,
        indptr: vec![0, 3],
        indices: vec![2, 0, 1],
        values: vec![2.0, 1.0, 0.0],
    };
    let bytes = with_matrix(&cells, |group| sparse(group, "csr_matrix", [1, 3], &untidy));
    assert_eq!(read_bytes(&bytes).unwrap(), cells);
    let twice = CountMatrix { indices: vec![2, 0, 2], ..untidy };
    let bytes = with_matrix(&cells, |group| sparse(group, "csr_matrix", [1, 3], &twice));
    let error = read_bytes(&bytes).unwrap_err().to_string();
    assert!(error.ends_with("X/data: row 0 names column 2 twice"), "{error}");
}

#[test]
fn a_value_that_is_no_count_is_named_with_its_cell_and_gene() {
    let mut cells = cells();
    cells.counts.values[0] = 0.5;
    let gene = cells.genes.index[cells.counts.indices[0] as usize].clone();
    let bytes = to_bytes(&cells, &Extras::default()).unwrap();
    let error = read_bytes(&bytes).unwrap_err().to_string();
    for part in ["X/data", "row 0", "cell000001", &gene, "0.5 is not a count", "--allow-non-integer"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let options = Options { allow_non_integer: true, ..Options::default() };
    assert_eq!(read(saved(&bytes).path(), &options).unwrap().counts, cells.counts);
    cells.counts.values[0] = -1.0;
    let bytes = to_bytes(&cells, &Extras::default()).unwrap();
    assert!(read(saved(&bytes).path(), &options).is_err(), "negative values are refused always");
}

#[test]
fn contradictions_are_refused() {
    let cells = cells();
    let refused = |shape: [i64; 2], change: &dyn Fn(&mut CountMatrix), expected: &str| {
        let mut counts = cells.counts.clone();
        change(&mut counts);
        let error = read_bytes(&with_matrix(&cells, |group| sparse(group, "csr_matrix", shape, &counts)))
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{expected} in {error}");
    };
    refused([1 << 40, 1 << 40], &|_| (), "40 values for 1099511627776 rows");
    refused([41, 60], &|_| (), "40 values for 41 rows");
    refused([-1, 60], &|_| (), "X: its shape is [-1, 60]");
    refused([40, 60], &|counts| counts.indices[9] = 60, "there are 60 genes");
    refused([40, 60], &|counts| counts.indptr[2] = 0, "less than the one before it");
    refused([40, 60], &|counts| counts.values.truncate(1), "values for");
    refused([40, 60], &|counts| counts.indptr.truncate(40), "X/indptr");
    refused([40, 60], &|counts| counts.indptr[40] += 1, "the last pointer");
    let none =
        with_matrix(&cells, |group| group.set_attr("encoding-type", AttrValue::VarLenString("coo".into())));
    assert!(read_bytes(&none).is_err());
}

/// pandas refuses them, and so nothing tells what such a cell is.
#[test]
fn a_code_without_a_label_is_damage() {
    for (code, expected) in
        [(2, "obs/kind: row 1 has code 2, but there are 2 labels"), (-2, "row 1 has code -2"), (-1, "")]
    {
        let cells = cells();
        let mut file = FileBuilder::new();
        let mut group = file.create_group("X");
        sparse(&mut group, "csr_matrix", [40, 60], &cells.counts);
        file.add_group(group.finish());
        let mut codes = vec![0i64; 40];
        codes[1] = code;
        for (name, index) in [("obs", &cells.names), ("var", &cells.genes.index)] {
            let mut frame = file.create_group(name);
            frame.set_attr("_index", AttrValue::VarLenString("_index".into()));
            frame
                .create_dataset("_index")
                .with_vlen_strings(&index.iter().map(String::as_str).collect::<Vec<_>>());
            if name == "obs" {
                let mut column = frame.create_group("kind");
                column.set_attr("encoding-type", AttrValue::VarLenString("categorical".into()));
                column.create_dataset("categories").with_vlen_strings(&["B", "T"]);
                column.create_dataset("codes").with_i64_data(&codes);
                frame.add_group(column.finish());
            }
            file.add_group(frame.finish());
        }
        let read = read_bytes(&file.finish().unwrap());
        match expected {
            "" => assert_eq!(read.unwrap().columns[0].label(1), None),
            expected => {
                let error = read.unwrap_err().to_string();
                assert!(error.contains(expected), "{expected} in {error}");
            }
        }
    }
}

#[test]
fn files_that_are_something_else_say_so() {
    let said = |bytes: &[u8]| read_bytes(bytes).unwrap_err().to_string();
    assert!(said(b"").contains("it is empty"));
    assert!(said(b"a,b\n1,2\n").contains("it is a text file"));
    assert!(said(&[0x1f, 0x8b, 8, 0]).contains("gzip"));
    let whole = to_bytes(&cells(), &Extras::default()).unwrap();
    for cut in [600, whole.len() / 2, whole.len() - 1] {
        assert!(read_bytes(&whole[..cut]).is_err(), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn chunks_of_any_size_hold_the_same_counts(rows in 0usize..30, cols in 1usize..9, step in 1usize..12, values in proptest::collection::vec(0u8..3, 270)) {
        let dense: Vec<f32> = values.iter().take(rows * cols).map(|&v| f32::from(v)).collect();
        let cells = Cells {
            counts: CountMatrix::from_dense(rows, cols, &dense).unwrap(),
            genes: GeneNames::from_index((0..cols).map(|gene| format!("G{gene}")).collect()),
            names: (0..rows).map(|cell| format!("c{cell}")).collect(),
            columns: vec![Column::from_texts("kind", &vec!["one"; rows]).unwrap()],
            umap: None,
            counts_source: "X".into(),
        };
        let file = saved(&to_bytes(&cells, &Extras::default()).unwrap());
        let mut open = open(file.path(), &Options::default()).unwrap();
        let mut all = CountMatrix::empty(cols);
        for chunk in open.chunks(step) {
            let (start, counts) = chunk.unwrap();
            prop_assert_eq!(start, all.rows);
            all.append(&counts).unwrap();
        }
        prop_assert_eq!(&all, &cells.counts);
    }
}

#[test]
fn columns_of_numbers_are_measurements_not_labels() {
    let cells = cells();
    let share: Vec<f32> = (0..40u8).map(|cell| f32::from(cell) / 40.0).collect();
    let mut gaps = share.clone();
    gaps[3] = f32::NAN;
    let numbers = vec![
        ("pct_mito".to_owned(), share.clone()),
        ("pseudotime".to_owned(), gaps),
        ("batch_size".to_owned(), vec![4.0; 40]),
    ];
    let bytes = to_bytes(&cells, &Extras { numbers, ..Extras::default() }).unwrap();
    let file = open(saved(&bytes).path(), &Options::default()).unwrap();
    let found: Vec<&str> = file.numbers().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(found, ["pct_mito", "pseudotime"]);
    let mito = &file.numbers()[0];
    for (value, &code) in share.iter().zip(&mito.codes) {
        assert!((mito.value(code).unwrap() - f64::from(*value)).abs() <= mito.step / 2.0);
    }
    assert_eq!(file.numbers()[1].value(file.numbers()[1].codes[3]), None);
    let expected = ("batch_size".to_owned(), "the same number in every cell (4)".to_owned());
    assert_eq!(file.skipped_columns(), [expected]);
}

#[test]
fn no_more_columns_of_numbers_are_kept_than_a_bundle_holds() {
    let cells = cells();
    let column = |i: usize| (format!("m{i:02}"), (0..40u8).map(|cell| f32::from(cell) + 0.5).collect());
    let numbers = (0..MOST_NUMBERS + 2).map(column).collect();
    let bytes = to_bytes(&cells, &Extras { numbers, ..Extras::default() }).unwrap();
    let file = open(saved(&bytes).path(), &Options::default()).unwrap();
    assert_eq!((file.numbers().len(), file.skipped_columns().len()), (MOST_NUMBERS, 2));
}
