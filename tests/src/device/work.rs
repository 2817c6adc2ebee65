//! What is done on both: cells embedded by scVI and scGPT, 200 steps of training, genes scored through scGPT.

use std::{
    error::Error,
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{checkpoint, difference};
use crate::{cellprism, demo_data};

/// Steps of the training.
const STEPS: usize = 200;
/// Genes of the cells that scGPT reads.
const GENES: usize = 400;

/// What is compared, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The device: `cuda`, `cuda:1`, or `cpu` to try the comparison itself.
    pub device: String,
    /// Layers of scGPT; the published model has 12.
    pub layers: usize,
    /// Its dimensions; the published model has 512.
    pub width: usize,
    /// Cells that it embeds.
    pub cells: usize,
    /// An empty folder for all that is written.
    pub folder: PathBuf,
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything was done on both.
    Compared(Vec<Row>),
    /// There is no such device; why.
    NotRun(String),
}

/// One thing done on both.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub what: String,
    /// Seconds on the processor, and on the device; each with the start of the program.
    pub seconds: (f64, f64),
    /// How far the results lie apart.
    pub difference: f64,
    /// How far they may.
    pub tolerance: f64,
}

impl Row {
    /// Whether the device has computed what the processor has.
    pub fn is_equal(&self) -> bool {
        self.difference <= self.tolerance
    }
}

/// Does everything on both.
///
/// # Errors
/// If something cannot be done on the processor, or not on a device that is there.
pub fn check(options: &Options) -> Result<Outcome, Box<dyn Error>> {
    let at = |name: &str| options.folder.join(name);
    let (demo, scvi, scgpt, cells) = (demo_data(), at("scvi"), at("scgpt"), at("cells.h5ad"));
    run(&[&"import", &"scvi", &demo.join("scvi"), &"--out", &scvi])?;
    let both = Both { options };

    // Whether there is such a device is seen by the first thing that is asked of it.
    let first = &[&"embed" as &dyn AsRef<OsStr>, &"--model", &scvi, &"--cells", &demo.join("cells.h5ad")];
    let tried = cellprism(&with(first, &options.device, &at("try.safetensors")));
    if tried.code != Some(0) {
        return Ok(Outcome::NotRun(tried.stderr.trim().to_owned()));
    }
    let embedded =
        |name: &'static str| move |one: &Path, other: &Path| difference::of_tensors(one, other, name, false);
    let mut rows = vec![both.row(
        "700 cells embedded, scVI",
        first,
        "scvi.safetensors",
        1e-3,
        &embedded("embeddings"),
    )?];

    let (count, genes) = (options.cells.to_string(), GENES.to_string());
    run(&[&"simulate", &"--cells", &count, &"--genes", &genes, &"--programs", &"6", &"--out", &cells])?;
    let names: Vec<String> = (1..=GENES).map(|number| format!("SIM{number:05}")).collect();
    checkpoint::write(&at("checkpoint"), options.layers, options.width, &names)?;
    run(&[&"import", &"scgpt", &at("checkpoint"), &"--out", &scgpt])?;
    let what = format!("{count} cells embedded, scGPT of {} layers × {}", options.layers, options.width);
    let read: &[&dyn AsRef<OsStr>] =
        &[&"embed", &"--model", &scgpt, &"--cells", &cells, &"--variable-genes", &"300"];
    rows.push(both.row(&what, read, "scgpt.safetensors", 1e-3, &embedded("embeddings"))?);

    // All cells in one step: each pass over them is one.
    let (steps, scvi_embeddings) = (STEPS.to_string(), at("cpu-scvi.safetensors"));
    let train: &[&dyn AsRef<OsStr>] = &[
        &"sae",
        &"train",
        &"--embeddings",
        &scvi_embeddings,
        &"--concepts",
        &"64",
        &"--active",
        &"8",
        &"--batch",
        &"700",
        &"--epochs",
        &steps,
        &"--engine",
        &"onnx",
    ];
    let what = format!("{STEPS} steps of the training graph, 64 concepts, loss of each");
    rows.push(both.row(&what, train, "sae", 1e-2, &|one, other| difference::of_losses(one, other, STEPS))?);

    let (sae, scgpt_embeddings) = (at("scgpt-sae"), at("cpu-scgpt.safetensors"));
    run(&[
        &"sae",
        &"train",
        &"--embeddings",
        &scgpt_embeddings,
        &"--concepts",
        &"8",
        &"--active",
        &"3",
        &"--epochs",
        &"100",
        &"--out",
        &sae,
    ])?;
    let score: &[&dyn AsRef<OsStr>] = &[
        &"attribute",
        &"--model",
        &scgpt,
        &"--sae",
        &sae,
        &"--cells",
        &cells,
        &"--variable-genes",
        &"300",
        &"--prototypes",
        &"1",
        &"--counterfactuals",
        &"1",
        &"--concepts",
        &"0-3",
        &"--paper",
    ];
    let scores = |one: &Path, other: &Path| difference::of_tensors(one, other, "scores", true);
    rows.push(both.row(
        "genes of 4 concepts scored through it",
        score,
        "scores.safetensors",
        1e-2,
        &scores,
    )?);
    Ok(Outcome::Compared(rows))
}

/// Finds how far two results lie apart.
type Compare<'a> = &'a dyn Fn(&Path, &Path) -> Result<f64, Box<dyn Error>>;

struct Both<'a> {
    options: &'a Options,
}

impl Both<'_> {
    /// A command on the processor, then on the device.
    fn row(
        &self,
        what: &str,
        words: &[&dyn AsRef<OsStr>],
        out: &str,
        tolerance: f64,
        compare: Compare<'_>,
    ) -> Result<Row, Box<dyn Error>> {
        let at = |place: &str| self.options.folder.join(format!("{place}-{out}"));
        let (here, there) = (at("cpu"), at("device"));
        let timed = |device: &str, out: &PathBuf| {
            let began = Instant::now();
            run(&with(words, &device, out)).map(|()| began.elapsed().as_secs_f64())
        };
        let seconds = (timed("cpu", &here)?, timed(&self.options.device, &there)?);
        Ok(Row { what: what.to_owned(), seconds, difference: compare(&here, &there)?, tolerance })
    }
}

/// A command's words with a device and an output.
fn with<'a>(
    words: &[&'a dyn AsRef<OsStr>],
    device: &'a dyn AsRef<OsStr>,
    out: &'a dyn AsRef<OsStr>,
) -> Vec<&'a dyn AsRef<OsStr>> {
    let mut all = words.to_vec();
    all.extend([&"--device" as &dyn AsRef<OsStr>, device, &"--out", out]);
    all
}

fn run(words: &[&dyn AsRef<OsStr>]) -> Result<(), Box<dyn Error>> {
    let done = cellprism(words);
    if done.code == Some(0) { Ok(()) } else { Err(done.stderr.into()) }
}
