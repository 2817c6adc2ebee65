//! Files made to exhaust: each is refused in well under a second.

use std::time::{Duration, Instant};

use hdf5_pure::{AttrValue, FileBuilder};

use super::{
    tests::{open, read},
    *,
};

/// A file of h5py, with symbol tables and version 1 B-trees.
const H5PY: &[u8] = include_bytes!("../../fuzz/corpus/h5ad/rows_h5py");

fn refused(bytes: &[u8]) -> String {
    let file = tempfile_of(bytes);
    let started = Instant::now();
    let error = read(file.path(), &Options::default()).unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    error
}

fn place_of(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    (0..bytes.len() - wanted.len()).filter(|&at| bytes[at..].starts_with(wanted)).collect()
}

/// The first group's B-tree under `levels` nodes that each name the next one `times` times.
fn looped(levels: usize, times: usize) -> Vec<u8> {
    let mut bytes = H5PY.to_vec();
    let trees = place_of(H5PY, b"TREE\0");
    let heaps = place_of(H5PY, b"HEAP");
    // A group's symbol table is the address of its tree and of its heap.
    let table =
        |tree: usize, heap: usize| [(tree as u64).to_le_bytes(), (heap as u64).to_le_bytes()].concat();
    let (tree, at) = trees
        .iter()
        .find_map(|&tree| {
            let at: Vec<usize> = heaps.iter().flat_map(|&heap| place_of(H5PY, &table(tree, heap))).collect();
            (!at.is_empty()).then_some((tree, at))
        })
        .unwrap();
    let (end, size) = (bytes.len(), 24 + 16 * times + 8);
    for level in 0..levels {
        let child = if level + 1 < levels { end + (level + 1) * size } else { tree } as u64;
        bytes.extend(b"TREE\0");
        bytes.push((levels - level).min(255) as u8);
        bytes.extend((times as u16).to_le_bytes());
        bytes.extend([0xff; 16]);
        for _ in 0..times {
            bytes.extend(0u64.to_le_bytes());
            bytes.extend(child.to_le_bytes());
        }
        bytes.extend(0u64.to_le_bytes());
    }
    for at in at {
        bytes[at..at + 8].copy_from_slice(&(end as u64).to_le_bytes());
    }
    let length = bytes.len() as u64;
    bytes[40..48].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn an_index_is_not_walked_in_all_its_ways() {
    assert!(open(tempfile_of(H5PY).path(), &Options::default()).is_ok());
    assert!(open(tempfile_of(&looped(2, 1)).path(), &Options::default()).is_ok(), "a longer way is one");
    for (levels, times) in [(22, 2), (40, 2), (60, 2), (6, 60)] {
        let error = refused(&looped(levels, times));
        assert!(error.contains("in circles or over and over"), "{error}");
    }
}

fn tempfile_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// Two cells of two genes with so many stored counts, and so many names of cells.
fn two_cells(entries: u64, names: usize) -> Vec<u8> {
    let mut file = FileBuilder::new();
    let mut x = file.create_group("X");
    x.set_attr("encoding-type", AttrValue::VarLenString("csr_matrix".into()));
    x.set_attr("shape", AttrValue::I64Array(vec![2, 2]));
    let zeros = vec![0; entries as usize];
    x.create_dataset("data").with_i32_data(&zeros).with_chunks(&[1 << 16]).with_deflate(9);
    x.create_dataset("indices").with_i32_data(&zeros).with_chunks(&[1 << 16]).with_deflate(9);
    x.create_dataset("indptr").with_u64_data(&[0, entries, entries]);
    file.add_group(x.finish());
    for (frame, rows) in [("obs", names), ("var", 2)] {
        let mut frame = file.create_group(frame);
        frame.set_attr("_index", AttrValue::VarLenString("_index".into()));
        frame.create_dataset("_index").with_u8_data(&vec![0; rows]).with_chunks(&[1 << 20]).with_deflate(9);
        file.add_group(frame.finish());
    }
    file.finish().unwrap()
}

#[test]
fn rows_are_known_before_they_are_unpacked() {
    let error = refused(&two_cells(1 << 20, 2));
    assert!(
        error.contains("X/indptr: entry 1 gives a row or column more values than the 2 it can have"),
        "{error}"
    );
    let error = refused(&two_cells(2, 1 << 22));
    assert!(error.contains("obs/_index: 4194304 values for 2 rows"), "{error}");
}
