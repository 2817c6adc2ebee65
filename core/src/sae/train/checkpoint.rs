//! A training on disk: state, epoch, and the run it belongs to, in one safetensors file.

use std::{borrow::Cow, collections::HashMap};

use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use super::{
    State,
    archetypal::{Mixture, MixtureParts},
    progress::Progress,
};

/// Where a training can go on from.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Weights, moments, counters.
    pub state: State,
    /// Epochs done and what early stopping remembers.
    pub progress: Progress,
}

/// A checkpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Damaged.
    #[error("the checkpoint is damaged: {0}")]
    Damaged(String),
    /// Of another run.
    #[error("the checkpoint belongs to another run: {0}")]
    OtherRun(String),
}

#[derive(Serialize, Deserialize)]
struct Header {
    d: usize,
    c: usize,
    step: u64,
    progress: Progress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mixture: Option<MixtureHeader>,
}

#[derive(Serialize, Deserialize)]
struct MixtureHeader {
    anchors: usize,
    scale: f32,
}

const PREFIXES: [&str; 3] = ["", "m_", "v_"];

/// A tensor whose bytes are made when they are written: one tensor at a time is in memory twice.
enum Values<'a> {
    Numbers([usize; 1], &'a [f32]),
    Counts([usize; 1], &'a [u64]),
}

impl View for Values<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Self::Numbers(..) => Dtype::F32,
            Self::Counts(..) => Dtype::U64,
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Self::Numbers(shape, _) | Self::Counts(shape, _) => shape,
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Numbers(_, values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Counts(_, values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    fn data_len(&self) -> usize {
        match self {
            Self::Numbers(_, values) => size_of_val(*values),
            Self::Counts(_, values) => size_of_val(*values),
        }
    }
}

impl Checkpoint {
    /// As a file. `run` describes options and data; reading asks for the same.
    ///
    /// # Errors
    /// If sizes do not fit each other.
    pub fn to_bytes(&self, run: &serde_json::Value) -> Result<Vec<u8>, CheckpointError> {
        let damaged = |e: &dyn std::fmt::Display| CheckpointError::Damaged(e.to_string());
        let State { d, c, step, .. } = self.state;
        let mixed = self.state.mixture.as_ref();
        let mixture = mixed.map(|m| MixtureHeader { anchors: m.anchors, scale: m.scale });
        let header = Header { d, c, step, progress: self.progress.clone(), mixture };
        let mut tensors = Vec::new();
        for (prefix, parameters) in PREFIXES.iter().zip([&self.state.weights, &self.state.m, &self.state.v]) {
            for (name, values) in parameters.named() {
                tensors.push((format!("{prefix}{name}"), Values::Numbers([values.len()], values)));
            }
        }
        if let Some(mixture) = mixed {
            for (prefix, parts) in PREFIXES.iter().zip([&mixture.weights, &mixture.m, &mixture.v]) {
                for (name, values) in parts.named() {
                    tensors.push((format!("{prefix}{name}"), Values::Numbers([values.len()], values)));
                }
            }
        }
        tensors.push(("since".into(), Values::Counts([c], &self.state.since)));
        let metadata = HashMap::from([
            ("checkpoint".to_owned(), serde_json::to_string(&header).map_err(|e| damaged(&e))?),
            ("run".to_owned(), run.to_string()),
        ]);
        safetensors::serialize(tensors, Some(metadata)).map_err(|e| damaged(&e))
    }

    /// From a file written for the same `run`.
    ///
    /// # Errors
    /// If the file is damaged, or of a run with other options or data; the differences are named.
    pub fn from_bytes(bytes: &[u8], run: &serde_json::Value) -> Result<Self, CheckpointError> {
        let damaged = |e: &dyn std::fmt::Display| CheckpointError::Damaged(e.to_string());
        let file = SafeTensors::deserialize(bytes).map_err(|e| damaged(&e))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e))?;
        let entry = |key: &str| {
            let found = metadata.metadata().as_ref().and_then(|m| m.get(key));
            found.ok_or_else(|| CheckpointError::Damaged(format!("no {key:?} in its metadata")))
        };
        let other: serde_json::Value = serde_json::from_str(entry("run")?).map_err(|e| damaged(&e))?;
        if other != *run {
            return Err(CheckpointError::OtherRun(differences(&other, run)));
        }
        let Header { d, c, step, progress, mixture } =
            serde_json::from_str(entry("checkpoint")?).map_err(|e| damaged(&e))?;
        let mut state = State { d, c, step, ..State::default() };
        let matrix = c.checked_mul(d).ok_or_else(|| CheckpointError::Damaged("sizes overflow".into()))?;
        let parts = [&mut state.weights, &mut state.m, &mut state.v];
        for (prefix, parameters) in PREFIXES.iter().zip(parts) {
            for (name, values) in parameters.named_mut() {
                let expected = match name {
                    "W_enc" | "W_dec" => matrix,
                    "b_enc" => c,
                    _ => d,
                };
                *values = numbers(&file, &format!("{prefix}{name}"), expected)?;
            }
        }
        if let Some(MixtureHeader { anchors, scale }) = mixture {
            let mut mixture = Mixture { anchors, scale, ..Mixture::default() };
            let size = c.checked_mul(anchors).filter(|_| scale.is_normal());
            let size = size.ok_or_else(|| CheckpointError::Damaged("sizes overflow".into()))?;
            let parts: [&mut MixtureParts; 3] = [&mut mixture.weights, &mut mixture.m, &mut mixture.v];
            for (prefix, parts) in PREFIXES.iter().zip(parts) {
                for (name, values) in parts.named_mut() {
                    let expected = if name == "mixture" { size } else { matrix };
                    *values = numbers(&file, &format!("{prefix}{name}"), expected)?;
                }
            }
            state.mixture = Some(mixture);
        }
        let data = tensor(&file, "since", Dtype::U64, c)?;
        state.since = data.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect();
        Ok(Self { state, progress })
    }
}

fn tensor<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
    length: usize,
) -> Result<&'a [u8], CheckpointError> {
    let tensor = file.tensor(name).map_err(|e| CheckpointError::Damaged(e.to_string()))?;
    if tensor.dtype() != dtype || tensor.shape() != [length] {
        return Err(CheckpointError::Damaged(format!("{name} is {:?} {:?}", tensor.dtype(), tensor.shape())));
    }
    Ok(tensor.data())
}

fn numbers(file: &SafeTensors<'_>, name: &str, length: usize) -> Result<Vec<f32>, CheckpointError> {
    let data = tensor(file, name, Dtype::F32, length)?;
    Ok(data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// Keys whose values differ, as `key: then → now`.
fn differences(then: &serde_json::Value, now: &serde_json::Value) -> String {
    let (Some(a), Some(b)) = (then.as_object(), now.as_object()) else {
        return format!("{then} → {now}");
    };
    let null = serde_json::Value::Null;
    let mut found: Vec<String> = Vec::new();
    for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
        let (x, y) = (a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
        if x != y {
            found.push(if x.is_object() && y.is_object() {
                differences(x, y)
            } else {
                format!("{key}: {x} → {y}")
            });
        }
    }
    found.join(", ")
}
