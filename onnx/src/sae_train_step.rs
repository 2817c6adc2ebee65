//! One optimiser step of a TopK sparse autoencoder as an ordinary ONNX graph: forward, AuxK, backward, gradient
//! projection, Adam, unit rows, counters. No training operators, no control flow, static shapes. The formulas are those
//! of `cellprism_core::sae::train`, whose native engine computes the same.
//!
//! Inputs and outputs (B batch, d size, c concepts; outputs of state are called `NAME_out`):
//!
//! | name | shape | |
//! |---|---|---|
//! | `W_enc` `b_enc` `W_dec` `b_dec`, and `m_…`, `v_…` of each | `[d, c]`, `[c]`, `[c, d]`, `[d]` | weights and Adam's moments |
//! | `since` | `[c]` i64 | cells since the concept was last active |
//! | `step` | `[1]` i64 | steps taken |
//! | `x` | [B, d] | input only: the batch |
//! | `lr` | `[1]` f64 | input only: learning rate |
//! | `window` | `[1]` i64 | input only: a concept is dead where `since ≥ window` |
//! | `loss`, `aux` | `[1]` | output only: mean squared errors of both reconstructions |
//! | `entries`, `active`, `dead` | `[1]` i64 | output only: positive activations, active concepts, dead concepts |
//! | `dead_next` | `[1]` i64 | output only: most concepts that can be dead within the next `horizon` cells |
//!
//! **Auxiliary width.** Dead concepts are looked for among the `dead_width` concepts that have been silent longest. The
//! step is exact where `dead ≤ dead_width`; the host picks the next graph by `dead_next` and checks `dead`.
//!
//! **Operators.** Decoding gathers k dictionary rows a cell; ∂W_dec is a dense product, because `ScatterND` with repeated
//! indices loses updates on the processor with more than one thread. Scatters here have unique indices, so results do not
//! depend on threads. Masks multiply instead of `Where`, which is several times slower.

mod auxiliary;
mod forward;
mod tools;
mod update;

use crate::graph::{Dim, Element, Graph, Value};
use tools::Tools;

/// The weights, in the order of inputs and outputs.
pub const WEIGHTS: [&str; 4] = ["W_enc", "b_enc", "W_dec", "b_dec"];
/// The figures of a step, in the order of outputs.
pub const REPORT: [&str; 6] = ["loss", "aux", "entries", "active", "dead", "dead_next"];
/// Version of the standard operators.
pub const OPSET: i64 = 18;

/// What a step graph is made for. Everything here is fixed in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainStep {
    /// d.
    pub d: usize,
    /// c.
    pub c: usize,
    /// k.
    pub k: usize,
    /// Cells in the batch.
    pub batch: usize,
    /// Most dead concepts per cell that rebuild the residual; 0: none.
    pub aux_k: usize,
    /// Concepts among which dead ones are looked for, at most c; 0: none.
    pub dead_width: usize,
    /// Cells that `dead_next` looks ahead: the most that pass before it is read again.
    pub horizon: usize,
    /// Whether b_dec is subtracted before encoding and trained.
    pub decoder_bias: bool,
    /// Weight of the auxiliary loss.
    pub aux_coefficient: f64,
    /// Largest norm of all gradients together.
    pub clip: Option<f64>,
    /// Adam's decay of the gradient.
    pub beta1: f64,
    /// Adam's decay of the squared gradient.
    pub beta2: f64,
    /// Adam's floor.
    pub epsilon: f64,
    /// `F32`, or `F64` for comparisons.
    pub element: Element,
}

/// Names of all state tensors, in the order of inputs and outputs.
pub fn state_names() -> Vec<String> {
    let weights = ["", "m_", "v_"].iter().flat_map(|prefix| WEIGHTS.map(|name| format!("{prefix}{name}")));
    weights.chain(["since".to_owned(), "step".to_owned()]).collect()
}

impl TrainStep {
    /// Shape of a state tensor, of `x`, or of a figure.
    pub fn shape(&self, name: &str) -> Vec<usize> {
        match name.trim_start_matches("m_").trim_start_matches("v_") {
            "W_enc" => vec![self.d, self.c],
            "W_dec" => vec![self.c, self.d],
            "b_enc" | "since" => vec![self.c],
            "b_dec" => vec![self.d],
            "x" => vec![self.batch, self.d],
            _ => vec![1],
        }
    }

    /// Element type of a state tensor, an input or a figure.
    pub fn element(&self, name: &str) -> Element {
        match name {
            "since" | "step" | "window" | "entries" | "active" | "dead" | "dead_next" => Element::I64,
            "lr" => Element::F64,
            _ => self.element,
        }
    }

    /// The graph.
    pub fn graph(&self) -> Graph {
        let mut g = Tools::new(self);
        let mut inputs = Inputs::default();
        for name in state_names().iter().map(String::as_str).chain(["x", "lr", "window"]) {
            let value = g.graph.input(name, self.element(name), &self.dims(name));
            inputs.values.push((name.to_owned(), value));
        }
        let forward = forward::write(&mut g, &inputs);
        let dead = forward::counters(&mut g, &inputs, &forward);
        let gradients = auxiliary::write(&mut g, &inputs, &forward, &dead);
        update::write(&mut g, &inputs, &forward, gradients);
        g.finish()
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.graph().to_bytes(OPSET)
    }

    fn dims(&self, name: &str) -> Vec<Dim> {
        self.shape(name).into_iter().map(Dim::fixed).collect()
    }
}

/// The graph's inputs by name.
#[derive(Default)]
struct Inputs {
    values: Vec<(String, Value)>,
}

impl Inputs {
    fn get(&self, name: &str) -> Value {
        let found = self.values.iter().find(|(other, _)| other == name);
        found.expect("every name asked for is an input").1
    }
}
