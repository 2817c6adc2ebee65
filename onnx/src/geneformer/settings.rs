//! `config.json`: how the BERT was configured.

use crate::{folder::ImportError, settings_file::SettingsFile, transformer::Activation};

/// BERT's own default where the file does not say.
const EPSILON: f64 = 1e-12;

/// What the weights alone do not say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub width: usize,
    pub heads: usize,
    pub hidden: usize,
    pub layers: usize,
    pub vocabulary: usize,
    pub max_length: usize,
    /// Kinds of segments; sequences are all of the first.
    pub segments: usize,
    pub activation: Activation,
    pub epsilon: f32,
}

impl Settings {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// If a size is missing or makes no sense, or the model has a part that is not supported.
    pub(super) fn read(json: &[u8]) -> Result<Self, ImportError> {
        let config = SettingsFile::read("config.json", json)?;
        config.only("model_type", "bert")?;
        config.only("position_embedding_type", "absolute")?;
        let size = |name: &str| config.size(name, None).map(|size| size as usize);
        let settings = Self {
            width: size("hidden_size")?,
            heads: size("num_attention_heads")?,
            hidden: size("intermediate_size")?,
            layers: size("num_hidden_layers")?,
            vocabulary: size("vocab_size")?,
            max_length: size("max_position_embeddings")?,
            segments: config.size("type_vocab_size", Some(2))? as usize,
            activation: match config.text("hidden_act", "gelu")?.as_str() {
                "relu" => Activation::Relu,
                "gelu" => Activation::Gelu,
                other => {
                    let what = format!("\"hidden_act\" = {other:?} (relu and gelu are supported)");
                    return Err(config.unsupported(what));
                }
            },
            epsilon: config.number("layer_norm_eps", EPSILON)? as f32,
        };
        if !settings.width.is_multiple_of(settings.heads) {
            let (width, heads) = (settings.width, settings.heads);
            return Err(config.wrong(format!(
                "\"hidden_size\" {width} is no multiple of \"num_attention_heads\" {heads}"
            )));
        }
        if settings.max_length < 3 {
            return Err(config.wrong(format!("\"max_position_embeddings\" is {}", settings.max_length)));
        }
        if settings.epsilon <= 0.0 {
            return Err(config.wrong(format!("\"layer_norm_eps\" is {}", settings.epsilon)));
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: &str = r#""hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 16, "num_hidden_layers": 2,
        "vocab_size": 10, "max_position_embeddings": 12"#;

    #[test]
    fn defaults_are_berts() {
        let read = Settings::read(format!("{{{SIZES}}}").as_bytes()).unwrap();
        assert_eq!((read.segments, read.activation, read.epsilon), (2, Activation::Gelu, 1e-12));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, says) in [
            ("[1]".to_owned(), "object"),
            ("{}".to_owned(), "hidden_size"),
            (format!("{{{SIZES}, \"num_attention_heads\": 3}}"), "multiple"),
            (format!("{{{SIZES}, \"num_hidden_layers\": 0}}"), "num_hidden_layers"),
            (format!("{{{SIZES}, \"hidden_act\": \"silu\"}}"), "silu"),
            (format!("{{{SIZES}, \"layer_norm_eps\": 0}}"), "layer_norm_eps"),
            (format!("{{{SIZES}, \"model_type\": \"gpt2\"}}"), "gpt2"),
            (format!("{{{SIZES}, \"position_embedding_type\": \"relative_key\"}}"), "relative_key"),
        ] {
            let error = Settings::read(json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
