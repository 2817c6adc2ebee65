//! The transformer's weights, under either naming of the attention's.

use crate::{
    checkpoint::{CheckpointError, StateDict, Tensor},
    folder::ImportError,
    transformer::{Layer, Linear, Norm, turned},
};

use super::settings::Settings;

/// Everything that the embedding reads.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// Embedding of each token, `[tokens, width]`, before its normalisation.
    pub tokens: Tensor,
    pub token_norm: Norm,
    /// The value's two layers and their normalisation.
    pub value1: Linear,
    pub value2: Linear,
    pub value_norm: Norm,
    pub layers: Vec<Layer>,
}

/// Parts that are in the files and do not enter the embedding.
const UNUSED: [&str; 8] = [
    "decoder.",
    "cls_decoder.",
    "mvc_decoder.",
    "flag_encoder.",
    "batch_encoder.",
    "grad_reverse_discriminator.",
    "sim.",
    "creterion_cce.",
];

impl Weights {
    /// Reads the weights, `tokens` embeddings among them.
    ///
    /// # Errors
    /// If one is missing or of another shape than the settings say, or there is one that is not known.
    pub(super) fn read(
        state: &StateDict<'_>,
        settings: &Settings,
        tokens: usize,
    ) -> Result<Self, ImportError> {
        let mut read = Reader { state, width: settings.width, known: Vec::new() };
        let embedding = read.matrix("encoder.embedding.weight", settings.width)?;
        if embedding.shape[0] != tokens {
            return Err(ImportError::File {
                file: "vocab.json",
                what: format!(
                    "the vocabulary has {tokens} tokens (special ones included), the checkpoint embeds {}: they do \
                     not belong together",
                    embedding.shape[0]
                ),
            });
        }
        let weights = Self {
            tokens: embedding,
            token_norm: read.norm("encoder.enc_norm")?,
            value1: read.linear("value_encoder.linear1", 1, settings.width)?,
            value2: read.linear("value_encoder.linear2", settings.width, settings.width)?,
            value_norm: read.norm("value_encoder.norm")?,
            layers: (0..settings.layers).map(|i| read.layer(i, settings.hidden)).collect::<Result<_, _>>()?,
        };
        let known = |name: &str| {
            read.known.iter().any(|known| known == name) || UNUSED.iter().any(|part| name.starts_with(part))
        };
        if let Some(other) = state.names().find(|name| !known(name)) {
            return Err(ImportError::Unsupported(format!(
                "best_model.pt has {other:?}, which is no part of an scGPT encoder with {} layers as args.json \
                 describes it",
                settings.layers
            )));
        }
        Ok(weights)
    }
}

struct Reader<'r, 'c> {
    state: &'r StateDict<'c>,
    width: usize,
    /// Names that were read.
    known: Vec<String>,
}

impl Reader<'_, '_> {
    fn matrix(&mut self, name: &str, inputs: usize) -> Result<Tensor, CheckpointError> {
        self.known.push(name.into());
        self.state.matrix(name, inputs)
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Tensor, CheckpointError> {
        self.known.push(name.into());
        self.state.vector(name, len)
    }

    fn norm(&mut self, name: &str) -> Result<Norm, CheckpointError> {
        let scale = self.vector(&format!("{name}.weight"), self.width)?;
        Ok(Norm { scale, shift: self.vector(&format!("{name}.bias"), self.width)? })
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, CheckpointError> {
        let weight = self.matrix(&format!("{name}.weight"), inputs)?;
        let bias = self.vector(&format!("{name}.bias"), outputs)?;
        let weight = weight.expect(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Linear { weight: turned(&weight.values, inputs), bias })
    }

    fn layer(&mut self, index: usize, hidden: usize) -> Result<Layer, CheckpointError> {
        let (name, width) = (format!("transformer_encoder.layers.{index}"), self.width);
        // scGPT's flash attention and PyTorch's own differ in the name only.
        let plain = format!("{name}.self_attn.in_proj_");
        let flash = format!("{name}.self_attn.Wqkv.");
        let naming = if self.state.has(&format!("{flash}weight")) { flash } else { plain };
        let weight_name = format!("{naming}weight");
        let all = self.matrix(&weight_name, width)?.expect(&weight_name, &[3 * width, width])?;
        let bias = self.vector(&format!("{naming}bias"), 3 * width)?;
        let part = |i: usize| Linear {
            weight: turned(&all.values[i * width * width..(i + 1) * width * width], width),
            bias: Tensor { shape: vec![width], values: bias.values[i * width..(i + 1) * width].to_vec() },
        };
        Ok(Layer {
            qkv: [part(0), part(1), part(2)],
            out: self.linear(&format!("{name}.self_attn.out_proj"), width, width)?,
            norm1: self.norm(&format!("{name}.norm1"))?,
            linear1: self.linear(&format!("{name}.linear1"), width, hidden)?,
            linear2: self.linear(&format!("{name}.linear2"), hidden, width)?,
            norm2: self.norm(&format!("{name}.norm2"))?,
        })
    }
}
