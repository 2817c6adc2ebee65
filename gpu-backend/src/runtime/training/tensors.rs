//! Tensors on a device, and their numbers to and from it.

use cellprism_core::sae::train::EngineFailure;
use cellprism_onnx::graph::Element;
use ort::{
    memory::{AllocationDevice, Allocator},
    value::{PrimitiveTensorElementType, Tensor},
};

use crate::runtime::Device;

/// A tensor of numbers or of counts.
pub enum Slot {
    /// 32-bit floats.
    Numbers(Tensor<f32>),
    /// 64-bit integers.
    Counts(Tensor<i64>),
}

/// What ONNX Runtime says, as an engine says it.
pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> EngineFailure {
    EngineFailure(error.into())
}

/// An empty tensor.
pub fn slot(allocator: &Allocator, element: Element, shape: &[usize]) -> Result<Slot, EngineFailure> {
    let shape = shape.to_vec();
    match element {
        Element::I64 => Tensor::new(allocator, shape).map(Slot::Counts).map_err(failed),
        _ => Tensor::new(allocator, shape).map(Slot::Numbers).map_err(failed),
    }
}

/// Copies numbers to a tensor on the device.
pub fn put<T>(tensor: &mut Tensor<T>, values: &[T], device: Device) -> Result<(), EngineFailure>
where
    T: PrimitiveTensorElementType + Copy + std::fmt::Debug + 'static,
{
    if device == Device::Cpu {
        tensor.extract_tensor_mut().1.copy_from_slice(values);
        return Ok(());
    }
    let shape: Vec<i64> = tensor.shape().to_vec();
    let host = Tensor::from_array((shape, values.to_vec())).map_err(failed)?;
    host.copy_into(tensor).map_err(failed)
}

/// Copies a tensor's numbers from the device.
pub fn get<T>(tensor: &Tensor<T>, device: Device) -> Result<Vec<T>, EngineFailure>
where
    T: PrimitiveTensorElementType + Copy + std::fmt::Debug + 'static,
{
    if device == Device::Cpu {
        return Ok(tensor.extract_tensor().1.to_vec());
    }
    let host = tensor.to(AllocationDevice::CPU, 0).map_err(failed)?;
    Ok(host.extract_tensor().1.to_vec())
}

/// Of a row-major matrix.
pub fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    for (i, row) in values.chunks_exact(columns.max(1)).enumerate() {
        for (j, &value) in row.iter().enumerate() {
            out[j * rows + i] = value;
        }
    }
    out
}
