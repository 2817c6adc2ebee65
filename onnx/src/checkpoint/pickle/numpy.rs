//! Numpy arrays and scalars inside a pickle.

use super::{
    Pickle,
    machine::{Machine, kind},
    object::{Arena, ArrayParts, Dtype, Id, Object, Span, Value},
    plain::{TEXT_BYTES, bool_label, float_label, plain_label, plain_text},
};
use crate::checkpoint::CheckpointError;

/// Most elements of an array that is turned into labels or numbers.
const MOST_ELEMENTS: usize = 50_000_000;

/// An element type by numpy's code, for instance `f8`, `O8`, `U12`; with or without a byte-order mark.
pub(super) fn dtype(code: &[u8]) -> Option<Dtype> {
    let (big_endian, code) = match code {
        [b'>', rest @ ..] => (true, rest),
        [b'<' | b'=' | b'|', rest @ ..] => (false, rest),
        _ => (false, code),
    };
    let (&kind, digits) = code.split_first()?;
    let size = if digits.is_empty() { 0 } else { std::str::from_utf8(digits).ok()?.parse().ok()? };
    let fits = match kind {
        b'f' => matches!(size, 2 | 4 | 8),
        b'i' | b'u' => matches!(size, 1 | 2 | 4 | 8),
        b'b' => size == 1,
        b'O' | b'U' | b'S' => true,
        _ => false,
    };
    fits.then_some(Dtype { kind, size, big_endian })
}

/// The element type of that number.
pub(super) fn dtype_of(arena: &Arena, id: Id) -> Option<Dtype> {
    match arena.get(id) {
        Some(Object::Dtype(dtype)) => Some(*dtype),
        _ => None,
    }
}

/// A numpy scalar as a plain value.
pub(super) fn scalar(machine: &Machine<'_>, dtype: Id, content: Value) -> Result<Value, CheckpointError> {
    let Some(dtype) = dtype_of(&machine.arena, dtype) else {
        return Err(machine.wrong("a scalar without type"));
    };
    if dtype.kind == b'O' {
        return Ok(content);
    }
    // A number has 8 bytes; longer content is not copied, however often it is referred to.
    if let Value::Bytes(span) | Value::Latin1(span) = content
        && span.len > 16
    {
        return Ok(Value::Opaque);
    }
    let bytes = raw(machine.input, content)
        .ok_or_else(|| machine.wrong(format!("a scalar made of {}", kind(content))))?;
    match element(dtype, &bytes) {
        Some(Element::Int(value)) => Ok(Value::Int(value)),
        Some(Element::Float(value)) => Ok(Value::Float(value)),
        Some(Element::Bool(value)) => Ok(Value::Bool(value)),
        None => Ok(Value::Opaque),
    }
}

enum Element {
    Int(i64),
    Float(f64),
    Bool(bool),
}

/// One number of `bytes`, which must be exactly one element.
fn element(dtype: Dtype, bytes: &[u8]) -> Option<Element> {
    let mut little = bytes.to_vec();
    if dtype.big_endian {
        little.reverse();
    }
    let signed = |bytes: &[u8]| {
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = if negative { [0xff; 8] } else { [0; 8] };
        wide[..bytes.len()].copy_from_slice(bytes);
        i64::from_le_bytes(wide)
    };
    match (dtype.kind, little.len()) {
        (b'b', 1) => Some(Element::Bool(little[0] != 0)),
        (b'i', 1 | 2 | 4 | 8) => Some(Element::Int(signed(&little))),
        (b'u', 1 | 2 | 4 | 8) => {
            little.push(0);
            let mut wide = [0; 9];
            wide[..little.len()].copy_from_slice(&little);
            i64::try_from(u64::from_le_bytes(wide[..8].try_into().ok()?)).ok().map(Element::Int)
        }
        (b'f', 4) => Some(Element::Float(f64::from(f32::from_le_bytes(little.try_into().ok()?)))),
        (b'f', 8) => Some(Element::Float(f64::from_le_bytes(little.try_into().ok()?))),
        _ => None,
    }
}

/// The bytes that a value stands for.
fn raw(input: &[u8], value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Bytes(span) => Some(span.of(input).to_vec()),
        Value::Latin1(span) => latin1(input, span),
        _ => None,
    }
}

/// Bytes that protocol 2 stored as text, one character a byte.
fn latin1(input: &[u8], span: Span) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(span.of(input)).ok()?;
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// A numpy array of a pickle.
#[derive(Clone, Copy, Debug)]
pub struct NumpyArray<'p> {
    pickle: &'p Pickle<'p>,
    parts: &'p ArrayParts,
}

impl<'p> NumpyArray<'p> {
    pub(super) fn new(pickle: &'p Pickle<'p>, parts: &'p ArrayParts) -> Self {
        Self { pickle, parts }
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.parts.shape
    }

    /// The elements of a one-dimensional array as text, numbers written as Python writes them.
    ///
    /// # Errors
    /// If it has another number of dimensions, its bytes do not fit its shape, or an element is neither text nor a number.
    pub fn labels(&self, name: &str) -> Result<Vec<String>, CheckpointError> {
        let wrong = |what: String| CheckpointError::Missing(format!("{name}: {what}"));
        let &[len] = self.shape() else {
            return Err(wrong(format!("an array of shape {:?}, expected one dimension", self.shape())));
        };
        if len > MOST_ELEMENTS {
            return Err(wrong(format!("{len} elements")));
        }
        let dtype = self.parts.dtype.ok_or_else(|| wrong("an array without element type".into()))?;
        match (dtype.kind, self.parts.data) {
            (b'O', Some(Value::List(id))) => {
                let items = self.pickle.arena.items(id);
                if items.len() != len {
                    return Err(wrong(format!("{} objects for {len} elements", items.len())));
                }
                let label = |&item: &Value| {
                    let length = plain_text(self.pickle.input, item).map_or(0, str::len);
                    self.pickle.texts.take((length + TEXT_BYTES) as u64)?;
                    plain_label(self.pickle.input, item)
                        .ok_or_else(|| wrong(format!("an element is {}", kind(item))))
                };
                items.iter().map(label).collect()
            }
            (_, Some(data)) => {
                self.pickle.texts.take((len as u64).saturating_mul(TEXT_BYTES as u64))?;
                let bytes =
                    raw(self.pickle.input, data).ok_or_else(|| wrong("an array without bytes".into()))?;
                let size = (dtype.size as usize).saturating_mul(if dtype.kind == b'U' { 4 } else { 1 });
                self.pickle.texts.take(bytes.len() as u64)?;
                if size == 0 || size.checked_mul(len) != Some(bytes.len()) {
                    return Err(wrong(format!("{} bytes for {len} elements of {size} bytes", bytes.len())));
                }
                let label = |bytes: &[u8]| {
                    label(dtype, bytes).ok_or_else(|| wrong("an element cannot be read".into()))
                };
                bytes.chunks_exact(size).map(label).collect()
            }
            _ => Err(wrong("an array without content".into())),
        }
    }
}

/// One element of an array as text.
fn label(dtype: Dtype, bytes: &[u8]) -> Option<String> {
    match dtype.kind {
        b'U' => {
            let code = |unit: &[u8]| {
                let unit: [u8; 4] = unit.try_into().ok()?;
                char::from_u32(if dtype.big_endian {
                    u32::from_be_bytes(unit)
                } else {
                    u32::from_le_bytes(unit)
                })
            };
            let text: String = bytes.chunks_exact(4).map(code).collect::<Option<_>>()?;
            Some(text.trim_end_matches('\0').to_owned())
        }
        b'S' => Some(std::str::from_utf8(bytes).ok()?.trim_end_matches('\0').to_owned()),
        _ => Some(match element(dtype, bytes)? {
            Element::Int(value) => value.to_string(),
            Element::Float(value) => float_label(value),
            Element::Bool(value) => bool_label(value).to_owned(),
        }),
    }
}
