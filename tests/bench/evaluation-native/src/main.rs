//! The arithmetic of `evaluate`, timed: `WORK INPUT OUT` prints the processor seconds that WORK took on the tensors of INPUT, without reading
//! them, and writes what it found as little-endian f64, so that the peers' results can be compared.
//!
//! | WORK | tensors | OUT |
//! |---|---|---|
//! | assignment | weights `[n, n]` | column of each row |
//! | logistic | indices and values `[cells, k]`, labels `[cells]`, width, tolerance | the loss, iterations |
//! | differential | counts `[cells, genes]`, group and reference `[concepts, cells of a side]` | t of every gene and concept |
//! | pca | embeddings `[cells, d]` | variances |
//! | ica | embeddings `[cells, d]`, start `[d, d]` | unmixing `[d, d]`, iterations |

use std::{env, fs};

use anyhow::{Context, Result, bail};
use cellprism_core::{
    bundle::read_f32,
    cells::CountMatrix,
    classification::{Features, Logistic, LogisticOptions},
    evaluation::subjects::{IndependentComponents, PrincipalComponents},
    ids::CellId,
    stats::{differential::welch_many, maximum_assignment},
};
use ndarray::Array2;
use safetensors::SafeTensors;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [work, input, out] = arguments.as_slice() else { bail!("usage: WORK INPUT OUT") };
    let bytes = fs::read(input).with_context(|| input.clone())?;
    let tensors = SafeTensors::deserialize(&bytes)?;
    let (seconds, found) = match work.as_str() {
        "assignment" => assignment(&tensors)?,
        "logistic" => logistic(&tensors)?,
        "differential" => differential(&tensors)?,
        "pca" => pca(&tensors)?,
        "ica" => ica(&tensors)?,
        other => bail!("no work {other}"),
    };
    println!("{seconds}");
    let bytes: Vec<u8> = found.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(out, bytes).with_context(|| out.clone())
}

/// What was found, after so many processor seconds.
type Timed = (f64, Vec<f64>);

/// Of all threads of this process so far: what a machine that others use makes longer on the clock, it does not here.
fn processor_seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 * 1e-9
}

fn assignment(tensors: &SafeTensors<'_>) -> Result<Timed> {
    let weights = matrix(tensors, "weights")?;
    let started = processor_seconds();
    let found = maximum_assignment(weights.view());
    Ok((processor_seconds() - started, found.into_iter().map(|column| column as f64).collect()))
}

fn logistic(tensors: &SafeTensors<'_>) -> Result<Timed> {
    let (indices, values) = (matrix(tensors, "indices")?, matrix(tensors, "values")?);
    let labels: Vec<usize> = vector(tensors, "labels")?.into_iter().map(|label| label as usize).collect();
    let (width, tolerance) = (vector(tensors, "width")?[0] as usize, vector(tensors, "tolerance")?[0]);
    let active = indices.ncols();
    let features = Features::Sparse {
        width,
        starts: (0..=indices.nrows()).map(|cell| cell * active).collect(),
        indices: indices.iter().map(|&index| index as u32).collect(),
        values: values.iter().copied().collect(),
    };
    let cells: Vec<usize> = (0..indices.nrows()).collect();
    let classes = labels.iter().max().map_or(0, |most| most + 1);
    let options = LogisticOptions { c: 1.0, max_iterations: 10_000, tolerance: f64::from(tolerance) };
    let started = processor_seconds();
    let fitted = Logistic::fit(&features, &cells, &labels, classes, &options)?;
    Ok((processor_seconds() - started, vec![fitted.loss, fitted.iterations as f64]))
}

/// Every concept's cells against its counterfactuals, many concepts at once, as `run` and `evaluate` do it.
fn differential(tensors: &SafeTensors<'_>) -> Result<Timed> {
    let dense = matrix(tensors, "counts")?;
    let values: Vec<f32> = dense.iter().copied().collect();
    let counts = CountMatrix::from_dense(dense.nrows(), dense.ncols(), &values)?;
    let side = |name| -> Result<Vec<Vec<CellId>>> {
        let cells = matrix(tensors, name)?;
        Ok(cells.outer_iter().map(|row| row.iter().map(|&cell| CellId(cell as u32)).collect()).collect())
    };
    let (group, reference) = (side("group")?, side("reference")?);
    let started = processor_seconds();
    let totals = counts.row_sums();
    let comparisons: Vec<_> = group.iter().zip(&reference).map(|(a, b)| (&a[..], &b[..])).collect();
    let found = welch_many(&counts, &totals, &comparisons);
    Ok((processor_seconds() - started, found.into_iter().flat_map(|found| found.t).collect()))
}

fn pca(tensors: &SafeTensors<'_>) -> Result<Timed> {
    let embeddings = matrix(tensors, "embeddings")?;
    let started = processor_seconds();
    let found = PrincipalComponents::of(embeddings.view())?;
    Ok((processor_seconds() - started, found.variances))
}

fn ica(tensors: &SafeTensors<'_>) -> Result<Timed> {
    let (embeddings, start) = (matrix(tensors, "embeddings")?, matrix(tensors, "start")?.mapv(f64::from));
    let started = processor_seconds();
    let principal = PrincipalComponents::of(embeddings.view())?;
    let found = IndependentComponents::from_start(embeddings.view(), &principal, &start);
    let seconds = processor_seconds() - started;
    let mut out: Vec<f64> = found.unmixing.into_iter().collect();
    out.push(found.iterations as f64);
    Ok((seconds, out))
}

fn matrix(tensors: &SafeTensors<'_>, name: &str) -> Result<Array2<f32>> {
    let (shape, values) = read_f32(tensors, name)?;
    let [rows, columns] = shape[..] else { bail!("{name} is no matrix") };
    Ok(Array2::from_shape_vec((rows, columns), values)?)
}

fn vector(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>> {
    let (shape, values) = read_f32(tensors, name)?;
    if shape.len() != 1 || values.is_empty() {
        bail!("{name} is no list");
    }
    Ok(values)
}
