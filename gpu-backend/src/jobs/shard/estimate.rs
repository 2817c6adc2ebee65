//! What a task is thought to take: limits for a scheduler, not promises. The rates are those of BENCHMARKS.md ("The whole job",
//! "Sparse autoencoders", "Models"), measured on two cores with AVX-512, in seconds of one core; three times as long is allowed.

use super::task::{Stage, Takes};
use crate::{
    jobs::bundle::{Job, inputs::Inputs},
    runtime::Device,
};

/// Compressed bytes of counts that are brought in a second.
const READ: f64 = 50e6;
/// Counts of matched genes in a dense row that a small model reads in a second.
const EMBEDDED: f64 = 200e6;
/// Seconds of a pass of a large model, a cell: 51 million weights, 204 MB.
const PASS: f64 = 0.42;
/// Bytes of that model.
const PASS_OF: f64 = 204e6;
/// On a card, so many times as fast: no measurement, so little is hoped for.
const CARD: f64 = 4.0;
/// Weights, times cells, times passes over the cells, that training gets through in a second.
const TRAINED: f64 = 1e10;
/// Cells that are placed on a map in a second.
const PLACED: f64 = 2_000.0;
/// Weights, times cells, that are encoded in a second.
const ENCODED: f64 = 1e10;
/// Seconds of a concept through a small model of 8,000 genes, its neighbours included.
const CONCEPT: f64 = 1.6;
/// Passes of a large model for each prototype of a concept, three counterfactuals each, where every gene is swapped.
const PASSES: f64 = 590.0;
/// The same where genes are screened.
const SCREENED: f64 = 120.0;
/// Concepts of a dictionary whose size the embeddings decide, for each dimension.
const BY_DIMENSION: f64 = 20.0;
/// What is allowed beyond the rates.
const ALLOWED: f64 = 3.0;
/// Seconds to start, to read the inputs and to check them.
const START: f64 = 120.0;
/// MiB of a process with a model, gene sets and tables.
const BASE: f64 = 400.0;
/// Bytes of a cell: its name, metadata and activations.
const CELL: f64 = 600.0;
const MIB: f64 = 1024.0 * 1024.0;

/// Sizes that decide.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Cells.
    pub cells: f64,
    /// Bytes of their file.
    pub file: f64,
    /// Genes of the model.
    pub genes: f64,
    /// Dimensions.
    pub latent: f64,
    /// Bytes of the model.
    pub model: f64,
    /// Whether a swap is a pass of a large model.
    pub is_dear: bool,
    /// Concepts, thought of where the embeddings decide.
    pub concepts: f64,
    /// Of those, described ones.
    pub described: f64,
    /// Concepts that are read for comparison.
    pub calibrated: f64,
    /// Bytes that training takes.
    pub training: f64,
    /// Cores of a task.
    pub cores: u32,
}

impl Sizes {
    /// Of a run.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn of(job: &Job, inputs: &Inputs, cores: u32) -> anyhow::Result<Self> {
        let model = inputs.model.model();
        let cells = inputs.cells.len();
        let latent = f64::from(model.card.latent);
        let concepts = match inputs.parameters.sae.concepts {
            0 => (BY_DIMENSION * latent).min(cells as f64 / 10.0).max(1.0).ceil(),
            asked => f64::from(asked),
        };
        let described = job.parameters.describe.map_or(concepts, |most| f64::from(most).min(concepts));
        let mut options = inputs.parameters.sae.options();
        options.concepts = concepts as usize;
        let d = u64::from(model.card.latent);
        let training = options.memory(cells as u64, d).saturating_sub(4 * cells as u64 * d);
        let reading = inputs.parameters.reading.as_ref();
        Ok(Self {
            cells: cells as f64,
            file: std::fs::metadata(&job.cells)?.len() as f64,
            genes: inputs.model.genes().len() as f64,
            latent,
            model: std::fs::metadata(model.onnx())?.len() as f64,
            is_dear: inputs.model.is_dear(),
            concepts,
            described,
            calibrated: reading.map_or(0.0, |reading| 2.0 * f64::from(reading.calibration)),
            training: training as f64,
            cores,
        })
    }

    /// Seconds of a pass of a large model.
    fn pass(&self) -> f64 {
        PASS * self.model / PASS_OF
    }

    /// Seconds of a concept.
    fn concept(&self, job: &Job) -> f64 {
        if !self.is_dear {
            return CONCEPT * (self.genes / 8_000.0).max(0.1);
        }
        let attribution = &job.parameters.attribution;
        let held_out = job.parameters.reading.as_ref().map_or(0, |reading| reading.held_out);
        let prototypes = f64::from(attribution.prototypes + held_out);
        let passes = if attribution.screening.is_some() { SCREENED } else { PASSES };
        prototypes * passes * f64::from(attribution.counterfactuals) / 3.0 * self.pass()
    }
}

/// What each of so many shares of a stage takes.
pub fn of(job: &Job, sizes: &Sizes, stage: Stage, shares: u32) -> Takes {
    let s = sizes;
    let card = matches!(job.place.device, Device::Cuda(_));
    let weights = s.latent * s.concepts;
    let passes_over = f64::from(job.parameters.sae.epochs.max(20));
    let (seconds, is_parallel) = match stage {
        Stage::Read => (s.file / READ, false),
        Stage::Embed if s.is_dear => (s.cells * s.pass(), true),
        Stage::Embed => (s.cells * s.genes / EMBEDDED, true),
        Stage::Train => (s.cells * passes_over * weights / TRAINED, true),
        Stage::Map => (s.cells / PLACED, true),
        Stage::Activate => (s.cells * weights / ENCODED, true),
        Stage::Describe => (s.described * s.concept(job), true),
        Stage::Neurons => (2.0 * s.latent * s.concept(job), true),
        Stage::Calibrate => (s.calibrated * s.concept(job), true),
        Stage::Merge => (s.file / READ + s.cells * weights / ENCODED, false),
    };
    let runs_model = matches!(stage, Stage::Embed | Stage::Describe | Stage::Neurons | Stage::Calibrate);
    let on_card = card && runs_model;
    let cores = if is_parallel { s.cores } else { s.cores.min(2) };
    let faster = f64::from(cores) * if on_card && s.is_dear { CARD } else { 1.0 };
    let memory = match stage {
        Stage::Read => 0.0,
        Stage::Train => s.training,
        // A byte a dimension while neighbours are looked for, and what a map keeps of each cell.
        Stage::Map | Stage::Describe | Stage::Neurons | Stage::Calibrate => s.cells * (s.latent + 200.0),
        Stage::Embed | Stage::Activate | Stage::Merge => s.cells * 16.0,
    };
    let model = if runs_model { 3.0 * s.model } else { 0.0 };
    let memory_mb = (BASE + 1.5 * (memory + model + s.cells * CELL) / MIB) / 100.0;
    Takes {
        cores,
        memory_mb: memory_mb.ceil() as u64 * 100,
        gpus: u32::from(on_card),
        seconds: (START + ALLOWED * seconds / faster / f64::from(shares)).ceil() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_take_less_and_only_what_runs_the_model_takes_a_card() {
        let mut job = Job::default();
        job.place.device = Device::Cuda(0);
        let sizes = Sizes {
            cells: 600_000.0,
            file: 2e9,
            genes: 1200.0,
            latent: 512.0,
            model: 204e6,
            is_dear: true,
            concepts: 5000.0,
            described: 100.0,
            calibrated: 0.0,
            training: 1e9,
            cores: 8,
        };
        let [one, ten] = [1, 10].map(|shares| of(&job, &sizes, Stage::Embed, shares));
        assert_eq!((one.gpus, one.cores), (1, 8));
        assert!((9.0..11.0).contains(&((one.seconds - 120) as f64 / (ten.seconds - 120) as f64)));
        assert_eq!(of(&job, &sizes, Stage::Train, 1).gpus, 0);
        job.place.device = Device::Cpu;
        let slow = of(&job, &sizes, Stage::Embed, 1);
        assert!(slow.gpus == 0 && slow.seconds > 3 * one.seconds);
        assert!(of(&job, &sizes, Stage::Train, 1).memory_mb > 1e9 as u64 >> 20);
    }
}
