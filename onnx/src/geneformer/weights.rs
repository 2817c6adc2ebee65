//! The BERT's weights.

use crate::{
    checkpoint::{CheckpointError, Tensor, safetensors::SafetensorsFile},
    folder::ImportError,
    transformer::{Layer, Linear, Norm, turned},
};

use super::settings::Settings;

/// Parts that are in the files and do not enter the embedding: what is trained on top of the encoder.
const UNUSED: [&str; 4] = ["cls.", "classifier.", "bert.pooler.", "bert.embeddings.position_ids"];

/// Everything that the embedding reads.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// Embedding of each token, `[tokens, width]`.
    pub tokens: Tensor,
    /// Embedding of each position, that of the first segment added, `[positions, width]`.
    pub positions: Tensor,
    pub norm: Norm,
    pub layers: Vec<Layer>,
}

impl Weights {
    /// Reads all layers.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape than the settings say, or there is one that is not known.
    pub(super) fn read(file: &SafetensorsFile<'_>, settings: &Settings) -> Result<Self, ImportError> {
        let mut read = Reader { file, width: settings.width, known: Vec::new() };
        let table = |read: &mut Reader<'_, '_>, name: &str, rows: usize| {
            read.tensor(&format!("bert.embeddings.{name}.weight"), &[rows, settings.width])
        };
        let tokens = table(&mut read, "word_embeddings", settings.vocabulary)?;
        let mut positions = table(&mut read, "position_embeddings", settings.max_length)?;
        let segments = table(&mut read, "token_type_embeddings", settings.segments)?;
        for row in positions.values.chunks_mut(settings.width) {
            row.iter_mut().zip(&segments.values).for_each(|(x, segment)| *x += segment);
        }
        let weights = Self {
            tokens,
            positions,
            norm: read.norm("bert.embeddings.LayerNorm")?,
            layers: (0..settings.layers).map(|i| read.layer(i, settings.hidden)).collect::<Result<_, _>>()?,
        };
        let known: std::collections::HashSet<&str> = read.known.iter().map(String::as_str).collect();
        let is_known = |name: &str| known.contains(name) || UNUSED.iter().any(|part| name.starts_with(part));
        if let Some(other) = file.names().iter().find(|name| !is_known(name)) {
            return Err(ImportError::Unsupported(format!(
                "model.safetensors has {other:?}, which is no part of a BERT with {} layers as config.json describes it",
                settings.layers
            )));
        }
        Ok(weights)
    }
}

struct Reader<'r, 'f> {
    file: &'r SafetensorsFile<'f>,
    width: usize,
    /// Names that were read.
    known: Vec<String>,
}

impl Reader<'_, '_> {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        self.known.push(name.into());
        if !self.file.has(name) {
            return Err(CheckpointError::Missing(format!(
                "model.safetensors has no {name:?}: it is not a BertForMaskedLM as config.json describes it"
            )));
        }
        self.file.tensor(name)?.expect(name, shape)
    }

    fn norm(&mut self, name: &str) -> Result<Norm, CheckpointError> {
        let scale = self.tensor(&format!("{name}.weight"), &[self.width])?;
        Ok(Norm { scale, shift: self.tensor(&format!("{name}.bias"), &[self.width])? })
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, CheckpointError> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = self.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Linear { weight: turned(&weight.values, inputs), bias })
    }

    fn layer(&mut self, index: usize, hidden: usize) -> Result<Layer, CheckpointError> {
        let (name, width) = (format!("bert.encoder.layer.{index}"), self.width);
        let mut attention = |part: &str| self.linear(&format!("{name}.attention.{part}"), width, width);
        Ok(Layer {
            qkv: [attention("self.query")?, attention("self.key")?, attention("self.value")?],
            out: attention("output.dense")?,
            norm1: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            linear1: self.linear(&format!("{name}.intermediate.dense"), width, hidden)?,
            linear2: self.linear(&format!("{name}.output.dense"), hidden, width)?,
            norm2: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
}
