//! Damaged `.h5ad` files: bytes of small files are changed at random, and reading must end in cells or in an error —
//! no panic, no endless loop, no runaway memory. Deterministic; `CELLPRISM_FUZZ_SECONDS` (default 3) sets how long.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

mod damaged;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use cellprism_core::cells::simulate::{SimulateOptions, simulate};
use cellprism_gpu_backend::files::h5ad::{self, Extras};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Longest that reading one small file may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A small file in today's encoding, with chunked and compressed arrays.
fn small() -> Vec<u8> {
    let options =
        SimulateOptions { cells: 60, genes: 50, programs: 4, depth: 400.0, ..SimulateOptions::default() };
    let mut cells = simulate(&options).unwrap().cells;
    cells.umap = Some((0..60).map(|cell| [cell as f32, 1.0]).collect());
    let texts = vec![("about".into(), "fuzz".into())];
    h5ad::to_bytes(&cells, &Extras { texts, ..Extras::default() }).unwrap()
}

/// Changes one to eight places: a bit, a byte, an interesting number, a copied stretch, or the length.
fn damage(bytes: &mut Vec<u8>, random: &mut Xoshiro256PlusPlus) {
    let mut below = |bound: usize| (random.next_u64() % bound.max(1) as u64) as usize;
    for _ in 0..=below(8) {
        let at = below(bytes.len());
        match below(6) {
            0 => bytes[at] ^= 1 << below(8),
            1 => bytes[at] = below(256) as u8,
            2 => {
                let number = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, u64::MAX, 1 << 40, 1 << 63][below(9)];
                let width = [1, 2, 4, 8][below(4)];
                for (byte, new) in bytes[at..].iter_mut().zip(number.to_le_bytes()).take(width) {
                    *byte = new;
                }
            }
            3 => {
                let (from, length) = (below(bytes.len()), below(64));
                let piece: Vec<u8> = bytes[from..].iter().take(length).copied().collect();
                for (byte, new) in bytes[at..].iter_mut().zip(piece) {
                    *byte = new;
                }
            }
            4 => {
                // Structure lies at the front: damage it more often.
                let front = at % 4096.min(bytes.len());
                bytes[front] = bytes[front].wrapping_add(1 + below(3) as u8);
            }
            _ => {
                if below(8) == 0 {
                    bytes.truncate(at.max(1));
                }
            }
        }
    }
}

/// How long to go on with one kind of file.
fn seconds() -> Duration {
    let text = std::env::var("CELLPRISM_FUZZ_SECONDS").unwrap_or_default();
    Duration::from_secs_f64(text.parse::<f64>().unwrap_or(3.0) / 2.0)
}

fn fuzz(whole: &[u8], read: fn(&Path) -> bool) {
    let seed = std::env::var("CELLPRISM_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fuzz.h5ad");
    std::fs::write(&path, whole).unwrap();
    assert!(read(&path));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let start = Instant::now();
    let (mut files, mut readable) = (0u32, 0u32);
    while start.elapsed() < seconds() {
        let mut bytes = whole.to_vec();
        damage(&mut bytes, &mut random);
        std::fs::write(&path, &bytes).unwrap();
        let begun = Instant::now();
        readable += u32::from(read(&path));
        assert!(begun.elapsed() < PATIENCE, "file {files} of seed {seed} took {:?}", begun.elapsed());
        files += 1;
    }
    println!("{files} damaged files, {readable} of them still readable");
}

#[test]
fn damaged_files_end_in_an_error() {
    fuzz(&small(), damaged::h5ad);
}

/// The HDF5 C library writes older structures (symbol tables, version 1 B-trees) than we do.
#[test]
fn damaged_files_of_the_c_library_end_in_an_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/demo/cells.h5ad");
    let path = std::env::var_os("CELLPRISM_FUZZ_FILE").map_or(path, Into::into);
    fuzz(&std::fs::read(path).unwrap(), damaged::h5ad);
}

#[test]
fn damaged_gene_tables_end_in_a_table_or_an_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/demo/genes.tsv.gz");
    fuzz(&std::fs::read(path).unwrap(), damaged::gene_table);
    let table = "ENSG00000105369,CD79A\nENSG00000090382,LYZ\n";
    fuzz(table.as_bytes(), damaged::gene_table);
}
