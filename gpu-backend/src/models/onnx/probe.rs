//! Whether a foreign ONNX file is the encoder that its card describes: declared types first, then a few cells run.

use anyhow::{Context, bail};
use cellprism_core::{cells::CountMatrix, embedding::card::ModelCard};

use crate::models::counts::{fill_row, run_dense};
use crate::runtime::session::{Port, Session};

/// Cells in the batch that is tried.
const CELLS: usize = 4;
/// How far a cell's embedding may move with the size of the batch, relative to the largest value.
const ROUNDING: f32 = 1e-4;

/// Checks a graph against its card and writes the names of its input and output into the card.
///
/// # Errors
/// Says what does not fit: an input, an output, a shape, a value that is not finite, or an embedding that depends on
/// chance or on the other cells of a batch.
pub fn probe(card: &mut ModelCard, session: &mut Session) -> anyhow::Result<()> {
    let wants_covariates = card.encoder_covariate_width() > 0;
    let (covariates, inputs): (Vec<Port>, Vec<Port>) =
        session.inputs().into_iter().partition(|port| wants_covariates && port.name == "covariates");
    if wants_covariates {
        let Some(port) = covariates.first() else {
            bail!(
                "the card has covariates that enter the encoder, but the graph has no input \"covariates\""
            );
        };
        matrix(port, "columns of covariates", card.encoder_covariate_width())?;
    }
    let input = pick(&inputs, card.input.as_deref(), "counts", "input")?;
    if let Some(other) = inputs.iter().find(|port| port.name != input.name) {
        bail!(
            "the graph also reads {:?} ({}): an encoder reads the counts of the genes only (and \"covariates\" where the \
             card has them)",
            other.name,
            other.kind
        );
    }
    matrix(input, "genes", card.genes.len())?;
    let outputs = session.outputs();
    let output = pick(&outputs, card.output.as_deref(), "embeddings", "output")?;
    matrix(output, "dimensions (\"latent\")", card.latent as usize)?;
    (card.input, card.output) = (Some(input.name.clone()), Some(output.name.clone()));
    try_cells(card, session)
}

/// The port that the card names, the usual one, or the only one.
fn pick<'p>(ports: &'p [Port], named: Option<&str>, usual: &str, what: &str) -> anyhow::Result<&'p Port> {
    let find = |name: &str| ports.iter().find(|port| port.name == name);
    let found = match named {
        Some(name) => find(name),
        None => find(usual).or(if let [only] = ports { Some(only) } else { None }),
    };
    found.with_context(|| {
        let there: Vec<String> =
            ports.iter().map(|port| format!("{:?} ({})", port.name, port.kind)).collect();
        let there = if there.is_empty() { "none".into() } else { there.join(", ") };
        match named {
            Some(name) => format!("the card names the {what} {name:?}; the graph has {there}"),
            None => {
                format!("which {what} of the graph? It has {there}: write \"{what}\": \"NAME\" into the card")
            }
        }
    })
}

/// Checks that a port is a matrix of 32-bit floats with any number of rows and so many columns.
fn matrix(port: &Port, what: &str, columns: usize) -> anyhow::Result<()> {
    let Port { name, kind, .. } = port;
    if !port.f32 {
        bail!(
            "{name:?} of the graph is {kind}; it must be 32-bit floats: convert it, for instance with a Cast"
        );
    }
    let shape = port.shape.as_deref().unwrap_or_default();
    let [rows, found] = shape else {
        bail!("{name:?} of the graph is {kind}, not a matrix [cells, {columns} {what}]");
    };
    if let Some(rows) = rows {
        bail!(
            "{name:?} of the graph takes exactly {rows} cells: export it with a first dimension that is free \
             (dynamic_axes or dynamic_shapes in PyTorch)"
        );
    }
    match found {
        Some(found) if *found != columns => {
            bail!("{name:?} of the graph has {found} columns, the card {columns} {what}")
        }
        _ => Ok(()),
    }
}

/// Runs a few made-up cells together, again, and one alone.
fn try_cells(card: &ModelCard, session: &mut Session) -> anyhow::Result<()> {
    let (genes, width) = (card.genes.len(), card.encoder_covariate_width());
    let cells = made_up(genes);
    let mut counts = vec![0.0; CELLS * genes];
    for (row, dense) in counts.chunks_mut(genes).enumerate() {
        fill_row(card, cells.row(row), dense);
    }
    let mut covariates = vec![0.0; CELLS * width];
    covariates.chunks_mut(width.max(1)).for_each(|row| {
        let mut start = 0;
        for covariate in card.covariates.iter().filter(|c| c.width() > 0) {
            row[start] = 1.0;
            start += covariate.width();
        }
    });
    let mut run = |rows: usize| {
        run_dense(card, session, rows, &counts[..rows * genes], &covariates[..rows * width])
            .with_context(|| format!("the graph fails on {rows} made-up cell(s)"))
    };
    let together = run(CELLS)?;
    if let Some(at) = together.iter().position(|value| !value.is_finite()) {
        bail!(
            "the graph gives {} in dimension {} of a made-up cell: are the counts fed as it expects (\"normalize\", \
             \"feed_log1p\")?",
            together[at],
            at % card.latent as usize
        );
    }
    if run(CELLS)? != together {
        bail!(
            "the graph gives the same cells different embeddings: export it without sampling and without dropout"
        );
    }
    let alone = run(1)?;
    let scale = together.iter().fold(1.0f32, |most, value| most.max(value.abs()));
    if alone.iter().zip(&together).any(|(a, b)| a.is_nan() || (a - b).abs() > ROUNDING * scale) {
        bail!(
            "a cell's embedding depends on the other cells of its batch: export the graph in evaluation mode (batch \
             normalisation by running statistics)"
        );
    }
    Ok(())
}

/// Cells with small whole numbers in about a third of the genes, each another.
fn made_up(genes: usize) -> CountMatrix {
    let mut cells = CountMatrix::empty(genes);
    for row in 0..CELLS as u32 {
        let count = |gene: u32| {
            let mixed =
                (gene + 1).wrapping_mul(2_654_435_761).wrapping_add(row.wrapping_mul(40_503 << 9)) >> 20;
            if mixed.is_multiple_of(3) { (mixed / 3 % 5 + 1) as f32 } else { 0.0 }
        };
        cells.push_row((0..genes as u32).map(|gene| (gene, count(gene))).filter(|entry| entry.1 > 0.0));
    }
    cells
}
