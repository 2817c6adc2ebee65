//! What a dictionary of this program says about itself: `metadata.cellprism` in `cfg.json`. Others' dictionaries have
//! no such key, and nothing is assumed of them.

use ndarray::{ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::{ConfigError, SaeConfig, SaeWeights};
use crate::parallel;
use crate::{embedding::card::ModelCard, ids::ConceptId};

/// The key in `metadata`.
const KEY: &str = "cellprism";
/// Cells encoded at once.
const BLOCK: usize = 512;

/// Where a dictionary comes from, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Concepts that none of the cells activates, ascending; nothing where it was not looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Vec<ConceptId>>,
    /// The cells that were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<u64>,
    /// The model whose embeddings it is a dictionary of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<SourceModel>,
}

/// A model by its card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceModel {
    /// A name for people.
    #[serde(default)]
    pub name: String,
    /// SHA-256 of the checkpoint.
    #[serde(default)]
    pub source_sha256: String,
}

impl SourceModel {
    /// Whether two models are known to differ; one without a digest may be any.
    pub fn differs(&self, other: &Self) -> bool {
        let known = !self.source_sha256.is_empty() && !other.source_sha256.is_empty();
        known && self.source_sha256 != other.source_sha256
    }
}

impl From<&ModelCard> for SourceModel {
    fn from(card: &ModelCard) -> Self {
        Self { name: card.name.clone(), source_sha256: card.source_sha256.clone() }
    }
}

impl std::fmt::Display for SourceModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits: String = self.source_sha256.chars().take(12).collect();
        let name = if self.name.is_empty() { "a model" } else { &self.name };
        write!(f, "{name} (checkpoint {digits}…)")
    }
}

impl SaeConfig {
    /// What it says about itself; nothing where it says nothing.
    ///
    /// # Errors
    /// If the key is there but damaged, or names a concept that the dictionary does not have.
    pub fn origin(&self) -> Result<Origin, ConfigError> {
        let Some(found) = self.metadata.get(KEY) else { return Ok(Origin::default()) };
        let origin = Origin::deserialize(found)?;
        let unknown = origin.dead.iter().flatten().find(|concept| concept.index() >= self.d_sae);
        match unknown {
            Some(concept) => Err(ConfigError::Value {
                key: "metadata.cellprism.dead",
                found: concept.0.to_string(),
                expected: format!("below the {} concepts of d_sae", self.d_sae),
            }),
            None => Ok(origin),
        }
    }

    /// Notes where it comes from; what else the metadata say stays.
    ///
    /// # Errors
    /// If `metadata` is not an object.
    pub fn set_origin(&mut self, origin: &Origin) -> Result<(), ConfigError> {
        if self.metadata.is_null() {
            self.metadata = serde_json::json!({});
        }
        let value = serde_json::to_value(origin)?;
        match self.metadata.as_object_mut() {
            Some(metadata) => {
                metadata.insert(KEY.into(), value);
                Ok(())
            }
            None => Err(ConfigError::Value {
                key: "metadata",
                found: self.metadata.to_string(),
                expected: "an object".into(),
            }),
        }
    }
}

/// A dictionary that is no dictionary of these embeddings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitError {
    /// Another embedding size.
    #[error(
        "it reads {dictionary} dimensions, the model gives {model}: was it trained on another model's embeddings?"
    )]
    Size {
        /// d of the dictionary.
        dictionary: usize,
        /// d of the model.
        model: usize,
    },
    /// Another model of the same size.
    #[error(
        "it is a dictionary of {dictionary}, but the model is {model}: directions of one mean nothing in the other"
    )]
    Model {
        /// The model it was trained on.
        dictionary: SourceModel,
        /// The model at hand.
        model: SourceModel,
    },
    /// What it says about itself is damaged.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl SaeWeights {
    /// Checks that it reads embeddings of this size and, where that is known, of this model.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_model(&self, size: usize, model: &SourceModel) -> Result<(), UnfitError> {
        if self.config.d_in != size {
            return Err(UnfitError::Size { dictionary: self.config.d_in, model: size });
        }
        match self.config.origin()?.model {
            Some(dictionary) if dictionary.differs(model) => {
                Err(UnfitError::Model { dictionary, model: model.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Concepts that count: without those known to be dead, in order.
    ///
    /// # Errors
    /// If what the dictionary says of itself is damaged.
    pub fn alive(&self) -> Result<Vec<ConceptId>, ConfigError> {
        let dead = self.config.origin()?.dead.unwrap_or_default();
        let mut is_dead = vec![false; self.config.d_sae];
        dead.iter().for_each(|concept| is_dead[concept.index()] = true);
        Ok((0..self.config.d_sae).filter(|&concept| !is_dead[concept]).map(ConceptId::from).collect())
    }

    /// Concepts that no cell of `x` [n, d] activates, ascending.
    ///
    /// # Panics
    /// If `x` does not have d columns.
    pub fn dead(&self, x: ArrayView2<'_, f32>) -> Vec<ConceptId> {
        let encoder = self.encoder();
        let n = x.nrows();
        let blocks: Vec<usize> = (0..n).step_by(BLOCK).collect();
        let used = parallel::each(blocks, |first| {
            let codes = encoder.encode(x.slice(s![first..n.min(first + BLOCK), ..]));
            let mut used = vec![false; self.config.d_sae];
            for (&concept, _) in codes.indices.iter().zip(&codes.values).filter(|(_, u)| **u > 0.0) {
                used[concept as usize] = true;
            }
            used
        });
        let is_used = |concept: &usize| used.iter().any(|block| block[*concept]);
        (0..self.config.d_sae).filter(|concept| !is_used(concept)).map(ConceptId::from).collect()
    }

    /// Notes the cells it was trained on, which concepts they leave dead, and the model that embedded them.
    ///
    /// # Errors
    /// If the metadata are damaged.
    ///
    /// # Panics
    /// If `x` does not have d columns.
    pub fn note_origin(
        &mut self,
        x: ArrayView2<'_, f32>,
        model: Option<SourceModel>,
    ) -> Result<(), ConfigError> {
        let dead = self.dead(x);
        self.config.set_origin(&Origin { dead: Some(dead), cells: Some(x.nrows() as u64), model })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use serde_json::json;

    use super::*;

    /// A concept along each axis, and one that no cell reaches.
    fn axes() -> SaeWeights {
        SaeWeights {
            config: SaeConfig::new(2, 3, 1).unwrap(),
            w_enc: array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            b_enc: array![0.0, 0.0, -9.0],
            w_dec: array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
            b_dec: Array1::zeros(2),
        }
    }

    #[test]
    fn the_dead_are_noted_and_read_again() {
        let mut sae = axes();
        assert_eq!(sae.alive().unwrap().len(), 3, "nothing is known yet");
        sae.config.metadata = json!({"sae_lens_version": "6"});
        let model = SourceModel { name: "scVI".into(), source_sha256: "ab".repeat(32) };
        sae.note_origin(array![[2.0f32, 1.0], [3.0, 1.0]].view(), Some(model.clone())).unwrap();
        let again = SaeConfig::from_json(sae.config.to_json().as_bytes()).unwrap();
        assert_eq!(again.metadata["sae_lens_version"], "6");
        let origin = again.origin().unwrap();
        assert_eq!(
            origin,
            Origin { dead: Some(vec![ConceptId(1), ConceptId(2)]), cells: Some(2), model: Some(model) }
        );
        assert_eq!(sae.alive().unwrap(), [ConceptId(0)]);
        let other = SourceModel { name: "another".into(), source_sha256: "cd".repeat(32) };
        let refuse = |size, model: &SourceModel| sae.check_model(size, model).unwrap_err().to_string();
        assert!(refuse(3, &other).contains("reads 2 dimensions, the model gives 3"));
        let said = refuse(2, &other);
        assert!(
            said.contains("scVI (checkpoint abab") && said.contains("another (checkpoint cdcd"),
            "{said}"
        );
        assert!(sae.check_model(2, &SourceModel::default()).is_ok(), "a model without a digest may be any");
        assert!(axes().check_model(2, &other).is_ok(), "nor is anything known of this dictionary");
    }

    #[test]
    fn damaged_notes_are_named() {
        let refuse = |metadata: serde_json::Value| {
            let mut config = axes().config;
            config.metadata = metadata;
            config.origin().unwrap_err().to_string()
        };
        assert!(refuse(json!({"cellprism": {"dead": [3]}})).contains("metadata.cellprism.dead is 3"));
        assert!(refuse(json!({"cellprism": {"dead": "all"}})).contains("cfg.json"));
        let mut config = axes().config;
        config.metadata = json!([1]);
        assert!(config.set_origin(&Origin::default()).unwrap_err().to_string().contains("an object"));
    }

    #[test]
    fn models_differ_where_both_are_known() {
        let model = |digest: &str| SourceModel { name: "m".into(), source_sha256: digest.into() };
        assert!(model("a").differs(&model("b")));
        assert!(!model("a").differs(&model("a")) && !model("a").differs(&model("")));
        assert_eq!(model("0123456789abcdef").to_string(), "m (checkpoint 0123456789ab…)");
    }
}
