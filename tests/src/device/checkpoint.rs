//! An scGPT of any shape, its weights drawn: what a device computes does not depend on whether they mean something.

use std::{fs, io, path::Path};

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Map, json};

use super::torch::StateDict;

/// Writes `best_model.pt`, `args.json` and `vocab.json` of so many layers and dimensions, for these genes.
pub fn write(folder: &Path, layers: usize, width: usize, genes: &[String]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut drawn = Drawn { state: StateDict::default(), generator: Xoshiro256PlusPlus::seed_from_u64(1) };
    drawn.matrix("encoder.embedding.weight", genes.len() + 3, width);
    drawn.norm("encoder.enc_norm", width);
    drawn.linear("value_encoder.linear1", 1, width);
    drawn.linear("value_encoder.linear2", width, width);
    drawn.norm("value_encoder.norm", width);
    for layer in 0..layers {
        let name = format!("transformer_encoder.layers.{layer}");
        drawn.matrix(&format!("{name}.self_attn.in_proj_weight"), 3 * width, width);
        drawn.state.put(&format!("{name}.self_attn.in_proj_bias"), &[3 * width], vec![0.0; 3 * width]);
        drawn.linear(&format!("{name}.self_attn.out_proj"), width, width);
        drawn.norm(&format!("{name}.norm1"), width);
        drawn.linear(&format!("{name}.linear1"), width, width);
        drawn.linear(&format!("{name}.linear2"), width, width);
        drawn.norm(&format!("{name}.norm2"), width);
    }
    fs::write(folder.join("best_model.pt"), drawn.state.to_bytes())?;
    let args = json!({"embsize": width, "nheads": 8, "d_hid": width, "nlayers": layers, "pad_token": "<pad>", "pad_value": -2});
    fs::write(folder.join("args.json"), args.to_string())?;
    let special = ["<pad>", "<cls>", "<eoc>"].iter().map(ToString::to_string);
    let names = genes.iter().cloned().chain(special).enumerate();
    let vocabulary: Map<String, _> = names.map(|(token, name)| (name, json!(token))).collect();
    fs::write(folder.join("vocab.json"), serde_json::to_vec(&vocabulary)?)
}

struct Drawn {
    state: StateDict,
    generator: Xoshiro256PlusPlus,
}

impl Drawn {
    /// Evenly from -1/√inputs to 1/√inputs, as PyTorch begins a layer.
    fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) {
        let most = 1.0 / (inputs as f32).sqrt();
        let mut draw = || ((self.generator.next_u64() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0) * most;
        let values = (0..outputs * inputs).map(|_| draw()).collect();
        self.state.put(name, &[outputs, inputs], values);
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) {
        self.matrix(&format!("{name}.weight"), outputs, inputs);
        self.state.put(&format!("{name}.bias"), &[outputs], vec![0.01; outputs]);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.state.put(&format!("{name}.weight"), &[width], vec![1.0; width]);
        self.state.put(&format!("{name}.bias"), &[width], vec![0.0; width]);
    }
}
