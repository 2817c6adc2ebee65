//! The engines by their names on the command line.

use anyhow::ensure;
use cellprism_core::sae::train::{Engine, Native, Plan};
use clap::ValueEnum;

use crate::{
    cli::Global,
    engine::{Device, ort::Runtime, train::OnnxTrainer},
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
                let runtime = Runtime::start(global.onnxruntime.as_deref())?;
                Ok(Box::new(OnnxTrainer::new(runtime, device, threads, plan)?))
            }
        }
    }
}
