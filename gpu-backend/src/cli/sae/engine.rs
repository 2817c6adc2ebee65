//! The engines by their names on the command line.

use anyhow::ensure;
use cellprism_core::sae::train::{Engine, Native, Plan, TrainOptions};
use clap::ValueEnum;

use crate::{
    cli::Global,
    runtime::{Device, session::Runtime, training::OnnxTrainer},
};

/// What computes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// This program, on the processor
    Native,
    /// ONNX Runtime, on --device
    Onnx,
}

impl EngineName {
    /// Refuses a device that the engine does not have.
    pub fn check(self, device: Device) -> anyhow::Result<()> {
        ensure!(
            self == Self::Onnx || device == Device::Cpu,
            "--device {device}: the native engine runs on the processor only; add --engine onnx"
        );
        Ok(())
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

    /// An engine for a plan.
    pub fn start<'a>(
        self,
        device: Device,
        threads: usize,
        global: &Global,
        plan: &Plan<'a>,
    ) -> anyhow::Result<Box<dyn Engine + 'a>> {
        match self {
            Self::Native => Ok(Box::new(Native::new(plan))),
            Self::Onnx => {
                ensure!(
                    plan.options().archetypal.is_none(),
                    "archetypal dictionaries are trained by the native engine only"
                );
                let runtime = Runtime::start(global.onnxruntime.as_deref())?;
                Ok(Box::new(OnnxTrainer::new(runtime, device, threads, plan)?))
            }
        }
    }
}
