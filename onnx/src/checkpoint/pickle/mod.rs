//! A pickle reader that interprets only tensors and plain data (protocols 2 to 5).
//!
//! Python's own reader looks names up and calls what it finds. This one knows a short list of names
//! ([`globals`](self)), builds the data they stand for itself, keeps the pandas objects of a training history
//! as opaque values without content, and refuses everything else by name. Objects live in one arena and refer
//! to each other by number, text and bytes refer to the file, so memory is bounded by the file's size whatever
//! the nesting or sharing.

mod globals;
mod machine;
mod node;
mod numpy;
mod object;
mod opcodes;
mod plain;
mod rebuild;
#[cfg(test)]
mod tests;

pub use node::{Node, TensorRef};
pub use numpy::NumpyArray;

use object::{Arena, Value};

use super::{CheckpointError, copies::Copies};

/// A pickle that was read: its objects, and which one it stands for.
#[derive(Debug)]
pub struct Pickle<'a> {
    input: &'a [u8],
    arena: Arena,
    root: Value,
    texts: Copies,
}

impl<'a> Pickle<'a> {
    /// Reads a pickle.
    ///
    /// # Errors
    /// If it is malformed, too large, or asks for anything but tensors and plain data.
    pub fn read(input: &'a [u8]) -> Result<Self, CheckpointError> {
        let (arena, root) = machine::Machine::new(input)?.run()?;
        Ok(Self { input, arena, root, texts: Copies::of("texts", input.len()) })
    }

    /// The object that the pickle stands for.
    pub fn root(&self) -> Node<'_> {
        Node::new(self, self.root)
    }
}
