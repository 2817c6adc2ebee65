//! Files of cells.

use std::path::Path;

use cellprism_gpu_backend::files::h5ad::{self, Options, Room};

/// An `.h5ad` file, in a program's memory and in a page's. What is read is whole, and the same in pieces.
pub(super) fn h5ad(content: &[u8]) -> bool {
    super::in_file(content, |path| {
        let found = read(path, Room::MACHINE);
        // A page refuses what is too large for it, and nothing else.
        assert!(!read(path, Room::PAGE) || found);
        found
    })
}

fn read(path: &Path, room: Room) -> bool {
    let options = Options { allow_non_integer: true, room };
    let Ok(cells) = h5ad::read(path, &options) else { return false };
    cells.counts.validate().expect("counts are checked when they are read");
    assert_eq!(cells.names.len(), cells.counts.rows);
    assert_eq!(cells.genes.len(), cells.counts.cols);
    assert!(cells.columns.iter().all(|column| column.codes.len() == cells.counts.rows));
    let mut open = h5ad::open(path, &options).expect("it was read just now");
    let pieces: usize = open.chunks(17).map(|piece| piece.expect("it was read just now").1.nnz()).sum();
    assert_eq!(pieces, cells.counts.nnz());
    true
}
