//! `cfg.json` of the SAELens layout.

use serde::{Deserialize, Serialize};

use crate::limits::{CONCEPTS, DIMENSIONS};

/// Shape and conventions of a TopK sparse autoencoder, as SAELens writes them to `cfg.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SaeConfig {
    /// Always `topk`.
    pub architecture: String,
    /// d: embedding size.
    pub d_in: usize,
    /// c: concepts.
    pub d_sae: usize,
    /// k: candidates per cell.
    pub k: usize,
    /// Always `float32`.
    #[serde(default = "float32")]
    pub dtype: String,
    /// Where SAELens loads it; not used here.
    #[serde(default = "cpu")]
    pub device: String,
    /// Whether b_dec is subtracted before encoding.
    #[serde(default)]
    pub apply_b_dec_to_input: bool,
    /// Always `none`.
    #[serde(default = "none")]
    pub normalize_activations: String,
    /// Always `none`.
    #[serde(default = "none")]
    pub reshape_activations: String,
    /// Always false: activations are not scaled by the length of dictionary rows.
    #[serde(default)]
    pub rescale_acts_by_decoder_norm: bool,
    /// Where it comes from; kept as it is. SAELens insists on an object.
    #[serde(default = "no_metadata")]
    pub metadata: serde_json::Value,
}

fn float32() -> String {
    "float32".into()
}
fn cpu() -> String {
    "cpu".into()
}
fn none() -> String {
    "none".into()
}
fn no_metadata() -> serde_json::Value {
    serde_json::json!({})
}

/// What is wrong with a `cfg.json`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not JSON, or a key is missing or of another type.
    #[error("cfg.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A value that this program cannot honour.
    #[error("cfg.json: {key} is {found}, but must be {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
}

impl SaeConfig {
    /// A configuration of the default conventions: b_dec subtracted before encoding.
    ///
    /// # Errors
    /// If a size is zero or `k > d_sae`.
    pub fn new(d_in: usize, d_sae: usize, k: usize) -> Result<Self, ConfigError> {
        let config = Self {
            architecture: "topk".into(),
            d_in,
            d_sae,
            k,
            dtype: float32(),
            device: cpu(),
            apply_b_dec_to_input: true,
            normalize_activations: none(),
            reshape_activations: none(),
            rescale_acts_by_decoder_norm: false,
            metadata: no_metadata(),
        };
        config.validate()?;
        Ok(config)
    }

    /// Reads and checks `cfg.json`.
    ///
    /// # Errors
    /// If it is not JSON, or asks for something this program does not compute.
    pub fn from_json(json: &[u8]) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_slice(json)?;
        config.validate()?;
        Ok(config)
    }

    /// `cfg.json`, with a line break at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("plain values are always JSON");
        json.push('\n');
        json
    }

    /// Checks sizes and conventions.
    ///
    /// # Errors
    /// The first value that cannot be honoured.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let value = |key, found: String, expected: &str| {
            Err(ConfigError::Value { key, found, expected: expected.to_owned() })
        };
        if self.architecture != "topk" {
            return value("architecture", format!("{:?}", self.architecture), "\"topk\"");
        }
        for (key, size, limit) in [("d_in", self.d_in, DIMENSIONS), ("d_sae", self.d_sae, CONCEPTS)] {
            if limit.check(key, size).is_err() {
                return value(key, size.to_string(), &format!("from {} to {}", limit.least, limit.most));
            }
        }
        if self.k == 0 || self.k > self.d_sae {
            return value(
                "k",
                self.k.to_string(),
                &format!("from 1 to d_sae ({}): active concepts per cell out of all concepts", self.d_sae),
            );
        }
        if !matches!(self.dtype.as_str(), "float32" | "torch.float32") {
            return value("dtype", format!("{:?}", self.dtype), "\"float32\"");
        }
        for (key, found) in [
            ("normalize_activations", &self.normalize_activations),
            ("reshape_activations", &self.reshape_activations),
        ] {
            if found != "none" {
                return value(key, format!("{found:?}"), "\"none\"");
            }
        }
        if self.rescale_acts_by_decoder_norm {
            return value(
                "rescale_acts_by_decoder_norm",
                "true".into(),
                "false (unit rows make it the same)",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip() {
        let config = SaeConfig::new(50, 500, 8).unwrap();
        assert_eq!(SaeConfig::from_json(config.to_json().as_bytes()).unwrap(), config);
    }

    #[test]
    fn refuses_by_key() {
        let refuse = |json: &str| SaeConfig::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(refuse(r#"{"architecture":"gated","d_in":2,"d_sae":3,"k":1}"#).contains("architecture"));
        assert!(refuse(r#"{"architecture":"topk","d_in":2,"d_sae":3,"k":4}"#).contains("k is 4"));
        assert!(refuse(r#"{"architecture":"topk","d_in":2,"d_sae":99999999999,"k":4}"#).contains("d_sae"));
        assert!(refuse(r#"{"architecture":"topk","d_in":2}"#).contains("d_sae"));
        let scaled =
            r#"{"architecture":"topk","d_in":2,"d_sae":3,"k":1,"rescale_acts_by_decoder_norm":true}"#;
        assert!(refuse(scaled).contains("rescale_acts_by_decoder_norm"));
    }
}
