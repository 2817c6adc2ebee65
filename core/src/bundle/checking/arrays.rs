//! Tensors of the shapes that other files promise.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::Report;

/// A safetensors file whose problems go into a report.
pub(in crate::bundle) struct Arrays<'a> {
    file: &'a str,
    tensors: SafeTensors<'a>,
}

impl<'a> Arrays<'a> {
    /// The container; its problems are reported.
    pub(crate) fn open(file: &'a str, bytes: &'a [u8], report: &mut Report) -> Option<Self> {
        match SafeTensors::deserialize(bytes) {
            Ok(tensors) => Some(Self { file, tensors }),
            Err(error) => {
                report.note(file, format!("not a whole safetensors file: {error}"));
                None
            }
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.tensors.names()
    }

    fn view(
        &self,
        name: &str,
        dtype: Dtype,
        shape: &[Option<usize>],
        report: &mut Report,
    ) -> Option<TensorView<'_>> {
        let Ok(view) = self.tensors.tensor(name) else {
            report.note(self.file, format!("it has no tensor {name:?}"));
            return None;
        };
        let fits = view.shape().len() == shape.len()
            && view.shape().iter().zip(shape).all(|(&found, wanted)| wanted.is_none_or(|w| w == found));
        if view.dtype() != dtype || !fits {
            let wanted: Vec<String> =
                shape.iter().map(|s| s.map_or_else(|| "any".into(), |s| s.to_string())).collect();
            report.note(
                self.file,
                format!(
                    "tensor {name:?} is {:?} {:?}, expected {dtype:?} [{}]",
                    view.dtype(),
                    view.shape(),
                    wanted.join(", ")
                ),
            );
            return None;
        }
        Some(view)
    }

    /// Values of a tensor; `None` in the shape stands for any length.
    pub(crate) fn u32(&self, name: &str, shape: &[Option<usize>], report: &mut Report) -> Option<Vec<u32>> {
        let view = self.view(name, Dtype::U32, shape, report)?;
        Some(view.data().as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect())
    }

    /// Values of a tensor.
    pub(crate) fn u16(&self, name: &str, shape: &[Option<usize>], report: &mut Report) -> Option<Vec<u16>> {
        let view = self.view(name, Dtype::U16, shape, report)?;
        Some(view.data().as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b)).collect())
    }

    /// Values of a tensor that is u32, or u16 where that holds them all.
    pub(crate) fn narrow_u32(
        &self,
        name: &str,
        shape: &[Option<usize>],
        report: &mut Report,
    ) -> Option<Vec<u32>> {
        if !self.is(name, Dtype::U16) {
            return self.u32(name, shape, report);
        }
        Some(self.u16(name, shape, report)?.into_iter().map(u32::from).collect())
    }

    /// Values of a tensor that is f32, or u16 where all are whole.
    pub(crate) fn narrow_f32(
        &self,
        name: &str,
        shape: &[Option<usize>],
        report: &mut Report,
    ) -> Option<Vec<f32>> {
        if !self.is(name, Dtype::U16) {
            return self.f32(name, shape, false, report);
        }
        Some(self.u16(name, shape, report)?.into_iter().map(f32::from).collect())
    }

    fn is(&self, name: &str, dtype: Dtype) -> bool {
        self.tensors.tensor(name).is_ok_and(|view| view.dtype() == dtype)
    }

    /// Values of a tensor, which must be finite unless `gaps` says that NaN stands for "none".
    pub(crate) fn f32(
        &self,
        name: &str,
        shape: &[Option<usize>],
        gaps: bool,
        report: &mut Report,
    ) -> Option<Vec<f32>> {
        let view = self.view(name, Dtype::F32, shape, report)?;
        let values: Vec<f32> =
            view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        if let Some(at) = values.iter().position(|v| !(v.is_finite() || gaps && v.is_nan())) {
            report.note(self.file, format!("tensor {name:?}, element {at}: {} is not a number", values[at]));
            return None;
        }
        Some(values)
    }
}
