//! Batches of sequences through a transformer: of one length on the processor, padded to the longest on CUDA.

use anyhow::{Context, bail};
use cellprism_onnx::transformer::without_padding;

use super::{Model, folder::read_bounded};
use crate::runtime::{
    Device, Place,
    session::{Input, Session},
};

/// Tokens of one batch on the processor, where larger batches gain nothing and leave the cache.
const TOKENS_ON_CPU: usize = 4 << 10;
/// Tokens of one batch on an accelerator.
const TOKENS_ON_CUDA: usize = 256 << 10;

/// What a graph reads beside `tokens` and the mask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// Token of padding.
    pub pad: u32,
    /// An input with a number at each token: its name, and the number at padding.
    pub numbers: Option<(&'static str, f32)>,
    /// Whether `positions` are read: 0, 1, 2 …
    pub positions: bool,
}

/// Sequences to embed, by place.
pub trait Batchable {
    /// Tokens of each sequence.
    fn lengths(&self) -> Vec<usize>;

    /// Appends the tokens of a sequence, and its numbers where the graph reads them.
    fn write(&self, place: usize, tokens: &mut Vec<i64>, numbers: &mut Vec<f32>);
}

/// A transformer on its device.
#[derive(Debug)]
pub struct Transformer {
    session: Session,
    inputs: Inputs,
    latent: usize,
    /// Whether sequences of a batch may differ in length.
    padded: bool,
    /// Tokens of one batch: what the device likes, less where its memory was too small.
    most_tokens: usize,
    runtime: String,
}

/// What one run is fed.
#[derive(Default)]
struct Batch {
    tokens: Vec<i64>,
    numbers: Vec<f32>,
    lengths: Vec<i32>,
}

impl Transformer {
    /// Opens the model on a device. On the processor the mask is taken out of the graph and batches hold sequences
    /// of one length; on CUDA sequences of similar length are padded to the longest.
    ///
    /// # Errors
    /// If the device is not there or the model is refused.
    pub fn open(model: &Model, inputs: Inputs, place: &Place) -> anyhow::Result<Self> {
        let (path, device) = (model.onnx(), place.device);
        let runtime = place.runtime()?;
        let bytes = read_bounded(&path)?;
        let unpadded = match device {
            Device::Cpu => without_padding(&bytes).with_context(|| path.display().to_string())?,
            Device::Cuda(_) => None,
        };
        let padded = unpadded.is_none();
        let session = match unpadded {
            Some(graph) => {
                drop(bytes);
                runtime.open_bytes(&graph, &path.display().to_string(), device, 0)?
            }
            None => runtime.open_bytes(&bytes, &path.display().to_string(), device, 0)?,
        };
        let latent = model.card.latent as usize;
        let most_tokens = match device {
            Device::Cpu => TOKENS_ON_CPU,
            Device::Cuda(_) => TOKENS_ON_CUDA,
        };
        Ok(Self { session, inputs, latent, padded, most_tokens, runtime: runtime.version().into() })
    }

    /// Embedding size.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// ONNX Runtime's name of the execution provider.
    pub fn provider(&self) -> &'static str {
        self.session.provider()
    }

    /// Version of ONNX Runtime.
    pub fn runtime(&self) -> &str {
        &self.runtime
    }

    /// Embeddings `[sequences, latent]`, in their order; `done` is told how many more are finished. Batches that the
    /// device has no memory for are halved, also in later calls.
    ///
    /// # Errors
    /// If the device fails, the model gives another size than its card says, or a number that is not finite.
    pub fn embed(&mut self, sequences: &dyn Batchable, done: &dyn Fn(u64)) -> anyhow::Result<Vec<f32>> {
        let lengths = sequences.lengths();
        let mut embeddings = vec![0.0; lengths.len() * self.latent];
        let halved = halving(batches(&lengths, self.most_tokens, self.padded), &mut |places| {
            let batch = self.batch(sequences, places, &lengths);
            let values = self.run(&batch)?;
            for (place, row) in places.iter().zip(values.chunks(self.latent)) {
                embeddings[place * self.latent..(place + 1) * self.latent].copy_from_slice(row);
            }
            done(places.len() as u64);
            Ok(())
        })?;
        for _ in 0..halved {
            self.most_tokens = (self.most_tokens / 2).max(1);
        }
        Ok(embeddings)
    }

    fn batch(&self, sequences: &dyn Batchable, places: &[usize], lengths: &[usize]) -> Batch {
        let longest = places.iter().map(|&place| lengths[place]).max().unwrap_or(0);
        let mut batch = Batch::default();
        for (row, &place) in places.iter().enumerate() {
            sequences.write(place, &mut batch.tokens, &mut batch.numbers);
            batch.lengths.push(lengths[place] as i32);
            batch.tokens.resize((row + 1) * longest, i64::from(self.inputs.pad));
            if let Some((_, at_padding)) = self.inputs.numbers {
                batch.numbers.resize((row + 1) * longest, at_padding);
            }
        }
        batch
    }

    fn run(&mut self, batch: &Batch) -> anyhow::Result<Vec<f32>> {
        let n = batch.lengths.len();
        let shape = [n, batch.tokens.len() / n.max(1)];
        let mut inputs = vec![("tokens", Input::I64(&shape, &batch.tokens))];
        if let Some((name, _)) = self.inputs.numbers {
            inputs.push((name, Input::F32(&shape, &batch.numbers)));
        }
        let positions: Vec<i64> = (0..shape[1] as i64).collect();
        if self.inputs.positions {
            inputs.push(("positions", Input::I64(&shape[1..], &positions)));
        }
        let mask = mask(&batch.lengths, shape[1], self.session.device());
        let mask_shape = [mask.len()];
        if self.padded {
            inputs.push(("mask", Input::I32(&mask_shape, &mask)));
        }
        let (found, values) = self.session.run(&inputs, "embeddings")?;
        if found != [n, self.latent] {
            bail!("the model gives {found:?}, its card promises [{n}, {}]", self.latent);
        }
        if values.iter().any(|value| !value.is_finite()) {
            bail!("the model gives an embedding that is not finite: are its weights damaged?");
        }
        Ok(values)
    }
}

/// The key padding mask as the attention of each device reads it; see [`cellprism_onnx::transformer`].
fn mask(lengths: &[i32], longest: usize, device: Device) -> Vec<i32> {
    let mut mask = lengths.to_vec();
    if matches!(device, Device::Cuda(_)) {
        for _ in 0..2 {
            mask.extend((0..=lengths.len()).map(|row| (row * longest) as i32));
        }
    }
    mask
}

/// Runs all batches, in halves where the device has no memory for the whole; how often the largest was halved.
///
/// # Errors
/// The first that is another error, or where one cell alone is too much.
fn halving(
    batches: Vec<Vec<usize>>,
    run: &mut dyn FnMut(&[usize]) -> anyhow::Result<()>,
) -> anyhow::Result<u32> {
    let mut most = 0;
    let mut waiting: Vec<(Vec<usize>, u32)> = batches.into_iter().rev().map(|places| (places, 0)).collect();
    while let Some((places, halved)) = waiting.pop() {
        match run(&places) {
            Ok(()) => {}
            Err(error) if places.len() > 1 && is_out_of_memory(&error) => {
                let (first, rest) = places.split_at(places.len() / 2);
                waiting.extend([(rest.to_vec(), halved + 1), (first.to_vec(), halved + 1)]);
                most = most.max(halved + 1);
                tracing::debug!(cells = places.len(), "no memory for a batch, halved");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(most)
}

/// Whether ONNX Runtime or CUDA says that memory was lacking; they have no code for it.
fn is_out_of_memory(error: &anyhow::Error) -> bool {
    let text = format!("{error:#}").to_lowercase();
    ["failed to allocate memory", "out of memory", "cuda failure 2:"].iter().any(|said| text.contains(said))
}

/// Places of the cells of each batch, shortest sequences first.
fn batches(lengths: &[usize], most_tokens: usize, padded: bool) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&place| lengths[place]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for place in order {
        let length = lengths[place];
        match batches.last_mut() {
            Some(batch)
                if (padded || lengths[batch[0]] == length) && (batch.len() + 1) * length <= most_tokens =>
            {
                batch.push(place);
            }
            _ => batches.push(vec![place]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_of_one_length_or_padded_and_never_too_large() {
        let lengths = [5, 3, 5, 4, 5];
        assert_eq!(batches(&lengths, 12, false), [vec![1], vec![3], vec![0, 2], vec![4]]);
        assert_eq!(batches(&lengths, 15, true), [vec![1, 3, 0], vec![2, 4]]);
        assert_eq!(batches(&[7], 1, true), [vec![0]]);
    }

    #[test]
    fn batches_are_halved_until_they_fit() {
        let batches = || vec![vec![4, 0, 2, 3, 1], vec![5]];
        let mut seen = Vec::new();
        let mut fits_two = |places: &[usize]| {
            if places.len() > 2 {
                bail!("Failed to allocate memory for requested buffer of size 123");
            }
            seen.extend_from_slice(places);
            Ok(())
        };
        assert_eq!(halving(batches(), &mut fits_two).unwrap(), 2);
        assert_eq!(seen, [4, 0, 2, 3, 1, 5]);
        let mut nothing_fits = |_: &[usize]| bail!("CUDA failure 2: out of memory");
        assert!(halving(batches(), &mut nothing_fits).is_err());
        let mut calls = 0;
        let mut broken = |_: &[usize]| {
            calls += 1;
            bail!("the device is gone")
        };
        assert!(halving(batches(), &mut broken).is_err());
        assert_eq!(calls, 1);
    }

    #[test]
    fn masks_of_both_devices() {
        assert_eq!(mask(&[2, 3], 3, Device::Cpu), [2, 3]);
        assert_eq!(mask(&[2, 3], 3, Device::Cuda(0)), [2, 3, 0, 3, 6, 0, 3, 6]);
    }
}
