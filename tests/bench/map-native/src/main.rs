//! The map of embeddings in a file, for `map.py`: `IN.safetensors OUT.f32`; seconds as JSON on stdout.

use std::{env, fs, time::Instant};

use anyhow::Context as _;
use cellprism_core::{
    bundle::{Embeddings, File as _},
    embedding::nearest::neighbours_of_all,
    stats::layout::{LayoutOptions, layout_of},
};

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let (from, to) = (arguments.next().context("IN")?, arguments.next().context("OUT")?);
    let Embeddings(points) = Embeddings::from_bytes(&from, &fs::read(&from)?)?;
    let options = LayoutOptions { epochs: 200, ..LayoutOptions::default() };
    let begun = Instant::now();
    let near = neighbours_of_all(points.view(), options.neighbours, options.seed, &|_| ());
    let (found, neighbours) = (near.found.unwrap_or(1.0), begun.elapsed().as_secs_f64());
    let map = layout_of(points.view(), near, options, &|_| ());
    let seconds = begun.elapsed().as_secs_f64();
    fs::write(&to, map.iter().flatten().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
    println!("{{\"neighbours\": {neighbours:.2}, \"seconds\": {seconds:.2}, \"found\": {found:.4}}}");
    Ok(())
}
