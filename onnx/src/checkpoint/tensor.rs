//! Tensors as they lie in a file, and their values as f32.

use super::CheckpointError;

/// Element type of a stored tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// 16-bit float.
    F16,
    /// 16-bit float with the exponent of f32.
    Bf16,
    /// 64-bit signed integer.
    I64,
    /// 32-bit signed integer.
    I32,
    /// 16-bit signed integer.
    I16,
    /// 8-bit signed integer.
    I8,
    /// 8-bit unsigned integer.
    U8,
    /// True or false, one byte.
    Bool,
}

impl Scalar {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// The element in `bytes`, which holds exactly [`Scalar::size`] of them, rounded to f32.
    fn read(self, bytes: &[u8]) -> f32 {
        fn of<const N: usize>(bytes: &[u8]) -> [u8; N] {
            bytes.try_into().unwrap_or([0; N])
        }
        match self {
            Self::F64 => f64::from_le_bytes(of(bytes)) as f32,
            Self::F32 => f32::from_le_bytes(of(bytes)),
            Self::F16 => half_to_f32(u16::from_le_bytes(of(bytes))),
            Self::Bf16 => f32::from_bits(u32::from(u16::from_le_bytes(of(bytes))) << 16),
            Self::I64 => i64::from_le_bytes(of(bytes)) as f32,
            Self::I32 => i32::from_le_bytes(of(bytes)) as f32,
            Self::I16 => f32::from(i16::from_le_bytes(of(bytes))),
            Self::I8 => f32::from(i8::from_le_bytes(of(bytes))),
            Self::U8 | Self::Bool => f32::from(bytes.first().copied().unwrap_or_default()),
        }
    }
}

/// An IEEE half-precision number.
fn half_to_f32(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// How a tensor lies in a storage: element type, first element, shape and strides in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Element type.
    pub scalar: Scalar,
    /// First element.
    pub offset: usize,
    /// Shape.
    pub shape: Vec<usize>,
    /// Steps between neighbours of each dimension.
    pub strides: Vec<usize>,
}

impl Layout {
    /// A row-major tensor that starts its storage.
    pub fn contiguous(scalar: Scalar, shape: Vec<usize>) -> Self {
        let mut strides = vec![1usize; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
        }
        Self { scalar, offset: 0, shape, strides }
    }

    /// Elements, or `None` where the product does not fit.
    pub fn len(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size))
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Checks that every element lies in a storage of `bytes`, and that there are no more elements than the
    /// storage holds (a tensor expanded by strides of zero would allow any size).
    fn check(&self, name: &str, bytes: usize) -> Result<usize, CheckpointError> {
        let held = bytes / self.scalar.size();
        let wrong = |what: String| CheckpointError::tensor(name, what);
        if self.strides.len() != self.shape.len() {
            return Err(wrong(format!("{} strides for {} dimensions", self.strides.len(), self.shape.len())));
        }
        let elements = self.len().filter(|&n| n <= held).ok_or_else(|| {
            wrong(format!("shape {:?} needs more elements than the {held} that are stored", self.shape))
        })?;
        if elements == 0 {
            return Ok(0);
        }
        let last = self.shape.iter().zip(&self.strides).try_fold(self.offset, |at, (&size, &stride)| {
            (size - 1).checked_mul(stride).and_then(|step| at.checked_add(step))
        });
        match last {
            Some(last) if last < held => Ok(elements),
            _ => Err(wrong(format!(
                "shape {:?} with strides {:?} reaches beyond the {held} elements that are stored",
                self.shape, self.strides
            ))),
        }
    }
}

/// A tensor read from a checkpoint, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Shape.
    pub shape: Vec<usize>,
    /// Values, rounded to f32.
    pub values: Vec<f32>,
}

impl Tensor {
    /// Reads the tensor called `name` out of its storage.
    ///
    /// # Errors
    /// If it does not fit the storage.
    pub fn read(name: &str, layout: &Layout, storage: &[u8]) -> Result<Self, CheckpointError> {
        let elements = layout.check(name, storage.len())?;
        let size = layout.scalar.size();
        let mut values = Vec::with_capacity(elements);
        let mut position = vec![0usize; layout.shape.len()];
        let mut at = layout.offset;
        for _ in 0..elements {
            values.push(layout.scalar.read(&storage[at * size..(at + 1) * size]));
            for axis in (0..position.len()).rev() {
                // Wrapping: one step past the end of a dimension need not be a position, and is taken back.
                position[axis] += 1;
                at = at.wrapping_add(layout.strides[axis]);
                if position[axis] < layout.shape[axis] {
                    break;
                }
                at = at.wrapping_sub(layout.strides[axis].wrapping_mul(layout.shape[axis]));
                position[axis] = 0;
            }
        }
        Ok(Self { shape: layout.shape.clone(), values })
    }

    /// Checks the shape and that every value is finite.
    ///
    /// # Errors
    /// If the shape is another, or a value is infinite or not a number.
    pub fn expect(self, name: &str, shape: &[usize]) -> Result<Self, CheckpointError> {
        if self.shape != shape {
            return Err(CheckpointError::tensor(name, format!("shape {:?}, expected {shape:?}", self.shape)));
        }
        if let Some(at) = self.values.iter().position(|value| !value.is_finite()) {
            return Err(CheckpointError::tensor(name, format!("element {at} is {}", self.values[at])));
        }
        Ok(self)
    }

    /// Checks that it is a matrix of finite values with `inputs` columns and at least one row.
    ///
    /// # Errors
    /// If it is not.
    pub fn expect_matrix(self, name: &str, inputs: usize) -> Result<Self, CheckpointError> {
        let &[outputs, found] = &self.shape[..] else {
            let what = format!("shape {:?}, expected two dimensions", self.shape);
            return Err(CheckpointError::tensor(name, what));
        };
        if found != inputs || outputs == 0 {
            let what = format!("{found} inputs and {outputs} outputs, expected {inputs} inputs");
            return Err(CheckpointError::tensor(name, what));
        }
        self.expect(name, &[outputs, inputs])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f32.powi(-24)),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half_to_f32(bits), value);
        }
        assert!(half_to_f32(0x7c00).is_infinite() && half_to_f32(0x7e00).is_nan());
    }

    #[test]
    fn strides_are_followed() {
        let storage: Vec<u8> = (0..6).flat_map(|i| (i as f32).to_le_bytes()).collect();
        let layout = Layout { scalar: Scalar::F32, offset: 0, shape: vec![3, 2], strides: vec![1, 3] };
        assert_eq!(Tensor::read("t", &layout, &storage).unwrap().values, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let storage = [0u8; 24];
        let layout = |offset, shape: &[usize], strides: &[usize]| Layout {
            scalar: Scalar::F32,
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        };
        for bad in [
            layout(1, &[6], &[1]),
            layout(0, &[3], &[3]),
            layout(0, &[usize::MAX, 2], &[1, 1]),
            layout(0, &[1 << 40], &[0]),
            layout(usize::MAX, &[2], &[usize::MAX]),
            layout(0, &[2, 3], &[3]),
        ] {
            assert!(Tensor::read("t", &bad, &storage).is_err(), "{bad:?}");
        }
        assert_eq!(Tensor::read("t", &layout(9, &[0, 4], &[4, 1]), &storage).unwrap().values, [0f32; 0]);
        assert_eq!(
            Tensor::read("t", &layout(0, &[2, 1], &[1, usize::MAX]), &storage).unwrap().values,
            [0.0; 2]
        );
    }
}
