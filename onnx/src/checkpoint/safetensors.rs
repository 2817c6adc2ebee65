//! Reading safetensors into f32 tensors.

use safetensors::{Dtype, SafeTensors};

use super::{
    CheckpointError, Tensor,
    tensor::{Layout, Scalar},
};

/// A checked safetensors file in memory.
#[derive(Debug)]
pub struct SafetensorsFile<'a> {
    tensors: SafeTensors<'a>,
}

impl<'a> SafetensorsFile<'a> {
    /// Checks the header against the file.
    ///
    /// # Errors
    /// If it is malformed or lies about sizes.
    pub fn read(file: &'a [u8]) -> Result<Self, CheckpointError> {
        let tensors = SafeTensors::deserialize(file)
            .map_err(|e| CheckpointError::tensor("(safetensors header)", e.to_string()))?;
        Ok(Self { tensors })
    }

    /// Names of all tensors, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tensors.names().into_iter().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// A vector of `len` finite values.
    ///
    /// # Errors
    /// If it is missing or another shape.
    pub fn vector(&self, name: &str, len: usize) -> Result<Tensor, CheckpointError> {
        self.tensor(name)?.expect(name, &[len])
    }

    /// A tensor, rounded to f32.
    ///
    /// # Errors
    /// If it is not there or has a type that is not read.
    pub fn tensor(&self, name: &str) -> Result<Tensor, CheckpointError> {
        let view =
            self.tensors.tensor(name).map_err(|_| CheckpointError::Missing(format!("no tensor {name:?}")))?;
        let scalar = match view.dtype() {
            Dtype::F64 => Scalar::F64,
            Dtype::F32 => Scalar::F32,
            Dtype::F16 => Scalar::F16,
            Dtype::BF16 => Scalar::Bf16,
            Dtype::I64 => Scalar::I64,
            Dtype::I32 => Scalar::I32,
            Dtype::I16 => Scalar::I16,
            Dtype::I8 => Scalar::I8,
            Dtype::U8 => Scalar::U8,
            Dtype::BOOL => Scalar::Bool,
            other => {
                return Err(CheckpointError::tensor(
                    name,
                    format!("elements of type {other:?} are not read"),
                ));
            }
        };
        Tensor::read(name, &Layout::contiguous(scalar, view.shape().to_vec()), view.data())
    }
}
