//! What computes the steps of a training, as it is said on the command line.

use crate::{
    cli::runtime::RuntimeArgs,
    jobs::sae::{EngineName, Machine},
    runtime::Device,
};

/// Engine and device.
#[derive(clap::Args, Clone, Debug)]
pub struct EngineArgs {
    /// What computes the steps
    #[arg(long, value_enum, default_value_t = Name::Native)]
    engine: Name,
    /// Where the ONNX engine runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    #[command(flatten)]
    runtime: RuntimeArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// This program, on the processor
    Native,
    /// ONNX Runtime, on --device
    Onnx,
}

impl EngineArgs {
    /// As training takes them, with so many threads.
    pub fn machine(self, threads: usize) -> Machine {
        let engine = match self.engine {
            Name::Native => EngineName::Native,
            Name::Onnx => EngineName::Onnx,
        };
        Machine { engine, device: self.device, threads, onnxruntime: self.runtime.onnxruntime }
    }
}
