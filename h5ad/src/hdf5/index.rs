//! Where the chunks of an array are: a B-tree of version 1, which every reader of HDF5 knows.

use std::io::{self, Seek, Write};

use super::{Hdf5, NOWHERE};

/// Most children of a node, where the file says nothing else.
const CHILDREN: usize = 64;
/// Bytes of a node, which are there whether it has all its children or not.
const NODE: usize = 24 + CHILDREN * 8 + (CHILDREN + 1) * KEY;
/// Bytes of a key: the chunk's size, filters left out, and its first element in each dimension and within one.
const KEY: usize = 24;

/// A chunk in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) address: u64,
    pub(super) bytes: u32,
}

/// A child of a node: a chunk or a node, and the chunk that is its first.
#[derive(Clone, Copy)]
struct Child {
    address: u64,
    first: usize,
}

/// Writes the tree over chunks of so many elements; returns its root.
pub(super) fn write<W: Write + Seek>(file: &mut Hdf5<W>, chunks: &[Chunk], elements: u64) -> io::Result<u64> {
    let mut children: Vec<Child> =
        chunks.iter().enumerate().map(|(first, chunk)| Child { address: chunk.address, first }).collect();
    let mut level = 0u8;
    loop {
        let start = file.end();
        let nodes = children.len().div_ceil(CHILDREN);
        let place = |node: usize| start + (node * NODE) as u64;
        let mut above = Vec::with_capacity(nodes);
        for (node, of_node) in children.chunks(CHILDREN).enumerate() {
            let mut bytes = b"TREE\x01".to_vec();
            bytes.push(level);
            bytes.extend((of_node.len() as u16).to_le_bytes());
            bytes.extend(if node > 0 { place(node - 1) } else { NOWHERE }.to_le_bytes());
            bytes.extend(if node + 1 < nodes { place(node + 1) } else { NOWHERE }.to_le_bytes());
            let key = |bytes: &mut Vec<u8>, first: usize| {
                bytes.extend(chunks.get(first).map_or(0, |chunk| chunk.bytes).to_le_bytes());
                bytes.extend([0; 4]);
                bytes.extend((first as u64 * elements).to_le_bytes());
                bytes.extend([0; 8]);
            };
            for child in of_node {
                key(&mut bytes, child.first);
                bytes.extend(child.address.to_le_bytes());
            }
            let next = children.get((node + 1) * CHILDREN).map_or(chunks.len(), |child| child.first);
            key(&mut bytes, next);
            bytes.resize(NODE, 0);
            file.append(&bytes)?;
            above.push(Child { address: place(node), first: of_node[0].first });
        }
        if let [root] = above[..] {
            return Ok(root.address);
        }
        children = above;
        level += 1;
    }
}
