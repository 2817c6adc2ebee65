//! Named tensors of a checkpoint's state dictionary.

use super::{CheckpointError, Tensor, pickle::Node, torch::TorchFile};

/// A state dictionary: tensors by name.
pub struct StateDict<'c> {
    checkpoint: &'c TorchFile<'c>,
    state: Node<'c>,
    /// What messages call it.
    called: &'c str,
}

impl<'c> StateDict<'c> {
    /// The dictionary `state` of a checkpoint; `called` is its name in messages.
    pub fn new(checkpoint: &'c TorchFile<'c>, state: Node<'c>, called: &'c str) -> Self {
        Self { checkpoint, state, called }
    }

    /// Names of all entries.
    pub fn names(&self) -> impl Iterator<Item = &'c str> {
        self.state.entries().filter_map(|(key, _)| key.text())
    }

    /// Whether there is an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.state.get(name).is_some()
    }

    /// A tensor of any shape.
    ///
    /// # Errors
    /// If it is missing, no tensor, or does not fit its storage.
    pub fn tensor(&self, name: &str) -> Result<Tensor, CheckpointError> {
        let node = self.state.get(name);
        let node =
            node.ok_or_else(|| CheckpointError::Missing(format!("{} has no {name:?}", self.called)))?;
        let reference = node
            .tensor()
            .ok_or_else(|| CheckpointError::tensor(name, format!("it is {}, not a tensor", node.kind())))?;
        self.checkpoint.tensor(name, &reference)
    }

    /// A vector of `len` finite values.
    ///
    /// # Errors
    /// If it is missing or another shape.
    pub fn vector(&self, name: &str, len: usize) -> Result<Tensor, CheckpointError> {
        self.tensor(name)?.expect(name, &[len])
    }

    /// A matrix of finite values with `inputs` columns and any number of rows.
    ///
    /// # Errors
    /// If it is missing or another shape.
    pub fn matrix(&self, name: &str, inputs: usize) -> Result<Tensor, CheckpointError> {
        self.tensor(name)?.expect_matrix(name, inputs)
    }
}
