//! Element types, shapes and constants.

use crate::proto;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// 32-bit float.
    F32,
    /// 16-bit float.
    F16,
    /// 64-bit float.
    F64,
    /// 32-bit signed integer.
    I32,
    /// 64-bit signed integer.
    I64,
    /// True or false.
    Bool,
}

impl Element {
    /// The number that ONNX files use.
    pub fn code(self) -> i32 {
        match self {
            Self::F32 => 1,
            Self::I32 => 6,
            Self::I64 => 7,
            Self::Bool => 9,
            Self::F16 => 10,
            Self::F64 => 11,
        }
    }
}

/// A number that constants can hold.
pub trait Number: Copy {
    /// Its element type.
    const ELEMENT: Element;
    /// Appends its bytes, little endian.
    fn write(self, bytes: &mut Vec<u8>);
}

macro_rules! number {
    ($($type:ty => $element:ident),*) => {
        $(impl Number for $type {
            const ELEMENT: Element = Element::$element;
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

number!(f32 => F32, f64 => F64, i32 => I32, i64 => I64);

impl Number for bool {
    const ELEMENT: Element = Element::Bool;
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self));
    }
}

/// A dimension: fixed, or known only when the graph runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dim(proto::Extent);

impl Dim {
    /// A size known now.
    pub fn fixed(size: usize) -> Self {
        Self(proto::Extent::Value(size as i64))
    }

    /// A size known later; equal names mean equal sizes.
    pub fn name(name: &str) -> Self {
        Self(proto::Extent::Name(name.into()))
    }
}

/// A constant, still without a name.
pub(super) fn tensor<T: Number>(shape: &[usize], values: &[T]) -> proto::Tensor {
    assert_eq!(shape.iter().product::<usize>(), values.len(), "a constant's shape must hold its values");
    let mut raw = Vec::with_capacity(size_of_val(values));
    values.iter().for_each(|value| value.write(&mut raw));
    proto::Tensor {
        dims: shape.iter().map(|&size| size as i64).collect(),
        data_type: T::ELEMENT.code(),
        name: String::new(),
        raw_data: Some(raw),
    }
}

/// The type of an input or output.
pub(super) fn type_of(element: Element, shape: &[Dim]) -> proto::Type {
    let dims = shape.iter().map(|dim| proto::Dimension { extent: Some(dim.0.clone()) }).collect();
    let tensor = proto::TensorType { element: element.code(), shape: Some(proto::Shape { dims }) };
    proto::Type { tensor: Some(tensor) }
}
