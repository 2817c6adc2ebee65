//! What computes the steps of a training, and where.

use std::path::PathBuf;

use anyhow::ensure;
use cellprism_core::{
    limits,
    sae::train::{Engine, Native, Plan, TrainOptions},
};
use serde::{Deserialize, Serialize};

use crate::runtime::{Device, session::Runtime, training::OnnxTrainer};

/// What computes the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineName {
    /// This program, on the processor.
    #[default]
    Native,
    /// ONNX Runtime, on a device.
    Onnx,
}

impl EngineName {
    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Onnx => "onnx",
        }
    }

    /// Bytes that training n embeddings of size d needs, the embeddings included: for ONNX Runtime as seen with its
    /// sessions for whole and last batches.
    pub fn memory(self, options: &TrainOptions, n: usize, d: usize) -> u64 {
        let native = options.memory(n as u64, d as u64);
        if self == Self::Native {
            return native;
        }
        let (c, k, batch) = (options.concepts as u64, options.active as u64, options.batch.min(n) as u64);
        let dense = batch.saturating_mul(c).saturating_mul(16);
        let gathered = batch.saturating_mul(k).saturating_mul(4 * d as u64);
        let states = c.saturating_mul(13 * d as u64);
        native.saturating_add(dense.saturating_add(gathered).saturating_add(states).saturating_mul(4))
    }
}

/// What computes the steps, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// What computes them.
    pub engine: EngineName,
    /// Where the ONNX engine runs.
    pub device: Device,
    /// Threads, 0: one a core. The result does not depend on it.
    pub threads: usize,
    /// ONNX Runtime library, where given.
    pub onnxruntime: Option<PathBuf>,
}

impl Machine {
    /// The native engine with so many threads.
    pub fn native(threads: usize) -> Self {
        Self { threads, ..Self::default() }
    }

    /// Refuses a device that the engine does not have, and options that it cannot do.
    ///
    /// # Errors
    /// Says which option to change.
    pub fn check(&self) -> anyhow::Result<()> {
        limits::THREADS.check("--threads", self.threads)?;
        ensure!(
            self.engine == EngineName::Onnx || self.device == Device::Cpu,
            "--device {}: the native engine runs on the processor only; add --engine onnx",
            self.device
        );
        Ok(())
    }

    /// The engine, with device and library where they decide bits.
    ///
    /// # Errors
    /// If the library is not there.
    pub fn key(&self) -> anyhow::Result<String> {
        Ok(match self.engine {
            EngineName::Native => self.engine.name().into(),
            EngineName::Onnx => {
                let version = Runtime::start(self.onnxruntime.as_deref())?.version();
                format!("ONNX Runtime {version} on {}", self.device)
            }
        })
    }

    /// An engine for a plan.
    ///
    /// # Errors
    /// If the engine cannot do what is planned, or the device is not there.
    pub fn start<'a>(&self, plan: &Plan<'a>) -> anyhow::Result<Box<dyn Engine + 'a>> {
        match self.engine {
            EngineName::Native => Ok(Box::new(Native::new(plan))),
            EngineName::Onnx => {
                ensure!(
                    plan.options().archetypal.is_none(),
                    "archetypal dictionaries are trained by the native engine only"
                );
                ensure!(
                    !plan.options().frozen_decoder,
                    "dictionaries with a frozen decoder are trained by the native engine only"
                );
                let runtime = Runtime::start(self.onnxruntime.as_deref())?;
                Ok(Box::new(OnnxTrainer::new(runtime, self.device, self.threads, plan)?))
            }
        }
    }
}
