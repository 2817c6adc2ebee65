//! `layer_sizes.json` and `hyperparameters.json`: what they say of the network must be so.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::weights::Encoder;
use crate::folder::ImportError;

const LAYER_SIZES: &str = "layer_sizes.json";
const HYPERPARAMETERS: &str = "hyperparameters.json";

/// What the two files say.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    shapes: BTreeMap<String, Vec<usize>>,
    latent: Option<Value>,
    hidden: Option<Value>,
}

impl Sizes {
    /// Reads those that are there.
    ///
    /// # Errors
    /// If one is malformed, or the network adds a layer's input to its output.
    pub(super) fn read(
        layer_sizes: Option<&[u8]>,
        hyperparameters: Option<&[u8]>,
    ) -> Result<Self, ImportError> {
        let shapes = layer_sizes.map_or(Ok(BTreeMap::new()), serde_json::from_slice);
        let shapes = shapes.map_err(|e| wrong(LAYER_SIZES, format!("not an object of shapes: {e}")))?;
        let parameters = hyperparameters.map_or(Ok(Map::new()), serde_json::from_slice);
        let parameters: Map<String, Value> =
            parameters.map_err(|e| wrong(HYPERPARAMETERS, format!("not a JSON object: {e}")))?;
        if parameters.get("residual").is_some_and(|value| *value != Value::Bool(false) && !value.is_null()) {
            return Err(ImportError::Unsupported(format!(
                "{HYPERPARAMETERS}: the model was made with residual = {} (only false is supported)",
                parameters["residual"]
            )));
        }
        let (latent, hidden) = (parameters.get("latent_dim").cloned(), parameters.get("hidden_dim").cloned());
        Ok(Self { shapes, latent, hidden })
    }

    /// Compares them with the weights.
    ///
    /// # Errors
    /// If one says something else.
    pub(super) fn check(&self, encoder: &Encoder) -> Result<(), ImportError> {
        let mut weights = BTreeMap::new();
        for (i, layer) in encoder.layers.iter().enumerate() {
            weights.insert(format!("network.{i}.1.weight"), &layer.weight.shape);
        }
        weights.insert(format!("network.{}.weight", encoder.layers.len()), &encoder.last.weight.shape);
        for (name, &shape) in &weights {
            if let Some(said) = self.shapes.get(name).filter(|said| *said != shape) {
                let what = format!(
                    "{name:?} has the shape {said:?}, in encoder.ckpt {shape:?}: they do not belong together"
                );
                return Err(wrong(LAYER_SIZES, what));
            }
        }
        let widths: Vec<usize> = encoder.layers.iter().map(|layer| layer.bias.values.len()).collect();
        let found = [
            ("latent_dim", &self.latent, Value::from(encoder.last.outputs())),
            ("hidden_dim", &self.hidden, widths.into()),
        ];
        for (name, said, found) in found {
            if let Some(said) = said.as_ref().filter(|said| **said != found) {
                let what =
                    format!("{name:?} is {said}, in encoder.ckpt {found}: they do not belong together");
                return Err(wrong(HYPERPARAMETERS, what));
            }
        }
        Ok(())
    }
}

fn wrong(file: &'static str, what: String) -> ImportError {
    ImportError::File { file, what }
}
