//! The bytes that the machine reads, never beyond their end.

use super::Machine;
use crate::checkpoint::{
    CheckpointError,
    pickle::object::{Span, Value},
};

impl<'a> Machine<'a> {
    /// A line of text, as the oldest opcode for names has it.
    pub(super) fn line(&mut self) -> Result<Span, CheckpointError> {
        let rest = &self.input[self.at..];
        let len = rest
            .iter()
            .take(4096)
            .position(|&byte| byte == b'\n')
            .ok_or_else(|| self.wrong("a name without end"))?;
        let span = Span { start: self.at as u32, len: len as u32 };
        self.at += len + 1;
        Ok(span)
    }

    pub(super) fn span(&mut self, width: usize) -> Result<Span, CheckpointError> {
        let len = self.length(width)?;
        let start = self.at;
        self.take(len)?;
        Ok(Span { start: start as u32, len: len as u32 })
    }

    /// A length of `width` bytes.
    pub(super) fn length(&mut self, width: usize) -> Result<usize, CheckpointError> {
        let mut wide = [0u8; 8];
        wide[..width].copy_from_slice(self.take(width)?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| self.wrong("a length larger than memory"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, CheckpointError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CheckpointError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], CheckpointError> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.input.len());
        let end = end.ok_or_else(|| self.wrong("it is cut short"))?;
        let taken = &self.input[self.at..end];
        self.at = end;
        Ok(taken)
    }
}

/// A little-endian integer in two's complement of any length.
pub(super) fn integer(bytes: &[u8]) -> Value {
    if bytes.len() > 8 {
        return Value::Opaque;
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = if negative { [0xff; 8] } else { [0; 8] };
    wide[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(wide))
}
