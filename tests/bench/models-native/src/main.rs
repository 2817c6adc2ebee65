//! Nearest cells, timed: `EMBEDDINGS QUERIES N OUT` finds the N cells nearest to each of the first QUERIES rows of the tensor
//! "embeddings", prints the seconds it took, and writes their indices as little-endian u32.

use std::{env, fs, time::Instant};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::read_f32,
    embedding::nearest::{Query, nearest_of_many},
    ids::CellId,
};
use ndarray::Array2;
use safetensors::SafeTensors;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [embeddings, queries, n, out] = arguments.as_slice() else {
        bail!("usage: EMBEDDINGS QUERIES N OUT");
    };
    let bytes = fs::read(embeddings).with_context(|| embeddings.clone())?;
    let (shape, values) = read_f32(&SafeTensors::deserialize(&bytes)?, "embeddings")?;
    drop(bytes);
    let [cells, dimensions] = shape[..] else { bail!("{embeddings}: embeddings are no matrix") };
    let embeddings = Array2::from_shape_vec((cells, dimensions), values)?;
    let n: usize = n.parse()?;
    let queries: Vec<Query> =
        (0..queries.parse()?).map(|cell| Query { cell: CellId(cell), group: cell, n }).collect();
    let started = Instant::now();
    let found = nearest_of_many(embeddings.view(), &queries, |query, cell| cell.0 == query, |_| ());
    println!("{}", started.elapsed().as_secs_f64());
    let bytes: Vec<u8> = found.iter().flatten().flat_map(|near| near.cell.0.to_le_bytes()).collect();
    fs::write(out, bytes).with_context(|| out.clone())
}
