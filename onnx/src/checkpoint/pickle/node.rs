//! Walking through a pickle's data. Access is by key, one step at a time, so that cycles do no harm.

use super::{
    Pickle,
    machine::kind,
    numpy::NumpyArray,
    object::{Object, Value},
    plain::{TEXT_BYTES, plain_label, plain_text},
};
use crate::checkpoint::{
    CheckpointError,
    tensor::{Layout, Scalar},
};

/// A value of a pickle.
#[derive(Clone, Copy)]
pub struct Node<'p> {
    pickle: &'p Pickle<'p>,
    value: Value,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Node").field(&self.value).finish()
    }
}

/// A tensor of a pickle: where its storage is and how it lies in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorRef {
    /// Name of the storage's entry under `data/`.
    pub key: String,
    /// Bytes that the pickle says the storage has.
    pub storage_bytes: usize,
    /// How it lies in the storage.
    pub layout: Layout,
}

impl<'p> Node<'p> {
    pub(super) fn new(pickle: &'p Pickle<'p>, value: Value) -> Self {
        Self { pickle, value }
    }

    fn at(self, value: Value) -> Self {
        Self { value, ..self }
    }

    /// What it is, for messages: "a dictionary", "text" …
    pub fn kind(self) -> &'static str {
        kind(self.value)
    }

    /// The value under a key of text; the last one, where a key was set twice.
    pub fn get(self, key: &str) -> Option<Self> {
        self.entries().rev().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The value at the end of a path of keys.
    pub fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Keys and values of a dictionary; nothing for anything else.
    pub fn entries(self) -> impl DoubleEndedIterator<Item = (Self, Self)> {
        let pairs = match self.value {
            Value::Dict(id) => self.pickle.arena.pairs(id),
            _ => &[],
        };
        pairs.iter().map(move |&(key, value)| (self.at(key), self.at(value)))
    }

    /// Elements of a list, tuple or set; `None` for anything else.
    pub fn elements(self) -> Option<impl ExactSizeIterator<Item = Self>> {
        let items = match self.value {
            Value::List(id) | Value::Tuple(id) | Value::Set(id) => self.pickle.arena.items(id),
            _ => return None,
        };
        Some(items.iter().map(move |&item| self.at(item)))
    }

    /// Whether it is a dictionary.
    pub fn is_dict(self) -> bool {
        matches!(self.value, Value::Dict(_))
    }

    /// Whether it is `None`.
    pub fn is_none(self) -> bool {
        self.value == Value::None
    }

    /// Text.
    pub fn text(self) -> Option<&'p str> {
        plain_text(self.pickle.input, self.value)
    }

    /// An integer.
    pub fn int(self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// A number, an integer too.
    pub fn number(self) -> Option<f64> {
        match self.value {
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    /// A truth value.
    pub fn truth(self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Text that is kept; `None` for anything else.
    ///
    /// # Errors
    /// If the texts taken out of this pickle become more than it can mean.
    pub fn owned_text(self) -> Result<Option<String>, CheckpointError> {
        let Some(text) = self.text() else { return Ok(None) };
        self.pickle.texts.take((text.len() + TEXT_BYTES) as u64)?;
        Ok(Some(text.to_owned()))
    }

    /// Elements of a list, tuple or set as [`Node::label`] gives them; `None` for anything else, and where one is
    /// neither text nor a number.
    ///
    /// # Errors
    /// If the texts taken out of this pickle become more than it can mean.
    pub fn labels(self) -> Result<Option<Vec<String>>, CheckpointError> {
        let Some(elements) = self.elements() else { return Ok(None) };
        let mut labels = Vec::new();
        for element in elements {
            self.pickle.texts.take((element.text().map_or(0, str::len) + TEXT_BYTES) as u64)?;
            let Some(label) = element.label() else { return Ok(None) };
            labels.push(label);
        }
        Ok(Some(labels))
    }

    /// Text as it is, numbers and truth values as Python writes them. Of many, [`Node::labels`] bounds the memory.
    pub fn label(self) -> Option<String> {
        plain_label(self.pickle.input, self.value)
    }

    /// A numpy array.
    pub fn array(self) -> Option<NumpyArray<'p>> {
        let Value::Array(id) = self.value else { return None };
        match self.pickle.arena.get(id) {
            Some(Object::Array(parts)) => Some(NumpyArray::new(self.pickle, parts)),
            _ => None,
        }
    }

    /// A tensor.
    pub fn tensor(self) -> Option<TensorRef> {
        let Value::Tensor(id) = self.value else { return None };
        let Some(Object::Tensor(parts)) = self.pickle.arena.get(id) else { return None };
        let key = std::str::from_utf8(parts.storage.key.of(self.pickle.input)).ok()?.to_owned();
        let unit = parts.storage.scalar.map_or(1, Scalar::size);
        Some(TensorRef {
            key,
            storage_bytes: parts.storage.len.saturating_mul(unit),
            layout: Layout {
                scalar: parts.scalar,
                offset: parts.offset,
                shape: parts.shape.clone(),
                strides: parts.strides.clone(),
            },
        })
    }
}
