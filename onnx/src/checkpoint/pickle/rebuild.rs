//! What the known names stand for: data built from their arguments, never a call.

use super::{
    machine::{Machine, kind},
    numpy,
    object::{ArrayParts, Global, Object, Span, Storage, TensorParts, Value},
    opcodes as op,
};
use crate::checkpoint::{CheckpointError, tensor::Scalar};

/// Most dimensions of a tensor or array.
const MOST_DIMENSIONS: usize = 16;
/// Most arguments of a known name, and parts of a state.
const MOST_ARGUMENTS: usize = 64;

impl Machine<'_> {
    /// `REDUCE`, `NEWOBJ` and `NEWOBJ_EX`: a known name with arguments.
    pub(super) fn construct(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        if opcode == op::NEWOBJ_EX {
            self.pop()?;
        }
        let arguments = self.pop()?;
        let callable = self.pop()?;
        let arguments = match callable {
            Value::Opaque | Value::Global(Global::Opaque) => Vec::new(),
            _ => self.few(arguments, "arguments")?,
        };
        let value = match callable {
            Value::Global(global) => self.data(global, &arguments)?,
            Value::Opaque => Value::Opaque,
            other => return Err(self.refuse(format!("a call of {}", kind(other)))),
        };
        self.push(value)
    }

    /// A copy of a short tuple: no known name takes more, and copying long ones again and again would take for ever.
    fn few(&self, tuple: Value, what: &str) -> Result<Vec<Value>, CheckpointError> {
        match self.arena.sequence(tuple) {
            Some(items) if items.len() <= MOST_ARGUMENTS => Ok(items.to_vec()),
            Some(items) => Err(self.wrong(format!("{} {what}", items.len()))),
            None => Err(self.wrong(format!("{what} that are {}", kind(tuple)))),
        }
    }

    fn data(&mut self, global: Global, arguments: &[Value]) -> Result<Value, CheckpointError> {
        match (global, arguments) {
            (Global::Opaque, _) => Ok(Value::Opaque),
            // The factory of a defaultdict is one of the names above; a copied dictionary keeps its entries.
            (Global::Dict, [] | [Value::Global(_) | Value::None]) => {
                Ok(Value::Dict(self.make(Object::Pairs(Vec::new()))?))
            }
            (Global::Dict, [entries]) => self.dictionary(*entries),
            (Global::List, []) => Ok(Value::List(self.make(Object::Items(Vec::new()))?)),
            (Global::Set, []) => Ok(Value::Set(self.make(Object::Items(Vec::new()))?)),
            (Global::Set, [Value::List(id) | Value::Tuple(id)]) => Ok(Value::Set(*id)),
            (Global::Bytes, []) => Ok(Value::Bytes(Span { start: 0, len: 0 })),
            (Global::Bytes, [bytes @ (Value::Bytes(_) | Value::Latin1(_))]) => Ok(*bytes),
            (Global::Bytes, [Value::Text(text), Value::Text(_)])
            | (Global::Encode, [Value::Text(text), ..]) => self.encoded(*text, arguments),
            (Global::Reconstruct, [Value::Global(Global::NdarrayType), ..]) => {
                Ok(Value::Array(self.make(Object::Array(Box::default()))?))
            }
            (Global::DtypeType, [Value::Text(code), ..]) => {
                let dtype = numpy::dtype(code.of(self.input))
                    .ok_or_else(|| self.wrong("a numpy element type that is not read"))?;
                Ok(Value::Dtype(self.make(Object::Dtype(dtype))?))
            }
            (Global::NumpyScalar, [Value::Dtype(id), content]) => numpy::scalar(self, *id, *content),
            (Global::FromBuffer, [buffer, Value::Dtype(id), shape, ..]) => {
                self.buffer_array(*buffer, *id, *shape)
            }
            (Global::RebuildTensor, [Value::Storage(id), Value::Int(offset), shape, strides, ..]) => {
                let storage = self.storage(*id)?;
                let scalar = storage.scalar.ok_or_else(|| self.wrong("a tensor of an untyped storage"))?;
                self.tensor(storage, scalar, *offset, *shape, *strides)
            }
            (
                Global::RebuildTensorV3,
                [
                    Value::Storage(id),
                    Value::Int(offset),
                    shape,
                    strides,
                    _,
                    _,
                    Value::Global(Global::ScalarType(scalar)),
                    ..,
                ],
            ) => {
                let storage = self.storage(*id)?;
                self.tensor(storage, *scalar, *offset, *shape, *strides)
            }
            (Global::RebuildParameter, [tensor @ Value::Tensor(_), ..]) => Ok(*tensor),
            (Global::TorchSize, [Value::Tuple(id) | Value::List(id)]) => Ok(Value::Tuple(*id)),
            _ => Err(self.wrong(format!("{global:?} with arguments that do not fit it"))),
        }
    }

    /// A dictionary copied from another, or from a list of pairs.
    fn dictionary(&mut self, entries: Value) -> Result<Value, CheckpointError> {
        let pairs = match entries {
            Value::Dict(id) => self.arena.pairs(id).to_vec(),
            Value::List(id) | Value::Tuple(id) => {
                let pair = |&entry: &Value| match self.arena.sequence(entry) {
                    Some(&[key, value]) => Ok((key, value)),
                    _ => Err(self.wrong("a dictionary entry that is no pair")),
                };
                self.arena.items(id).iter().map(pair).collect::<Result<_, _>>()?
            }
            Value::Opaque => return Ok(Value::Opaque),
            other => return Err(self.wrong(format!("a dictionary made of {}", kind(other)))),
        };
        self.hold(2 * pairs.len())?;
        Ok(Value::Dict(self.make(Object::Pairs(pairs))?))
    }

    /// Bytes that were stored as text.
    fn encoded(&mut self, text: Span, arguments: &[Value]) -> Result<Value, CheckpointError> {
        let encoding = match arguments.get(1) {
            Some(Value::Text(encoding)) => encoding.of(self.input),
            _ => b"utf-8",
        };
        match encoding {
            b"latin1" | b"latin-1" | b"iso-8859-1" => Ok(Value::Latin1(text)),
            b"utf-8" | b"utf8" | b"ascii" => Ok(Value::Bytes(text)),
            other => Err(self.wrong(format!("the encoding {}", String::from_utf8_lossy(other)))),
        }
    }

    fn buffer_array(&mut self, buffer: Value, dtype: u32, shape: Value) -> Result<Value, CheckpointError> {
        let shape = self.sizes(shape)?;
        let parts = ArrayParts { shape, dtype: numpy::dtype_of(&self.arena, dtype), data: Some(buffer) };
        Ok(Value::Array(self.make(Object::Array(Box::new(parts)))?))
    }

    fn storage(&self, id: u32) -> Result<Storage, CheckpointError> {
        match self.arena.get(id) {
            Some(Object::Storage(storage)) => Ok(*storage),
            _ => Err(self.wrong("a tensor without storage")),
        }
    }

    fn tensor(
        &mut self,
        storage: Storage,
        scalar: Scalar,
        offset: i64,
        shape: Value,
        strides: Value,
    ) -> Result<Value, CheckpointError> {
        let offset = usize::try_from(offset).map_err(|_| self.wrong("a negative offset"))?;
        let (shape, strides) = (self.sizes(shape)?, self.sizes(strides)?);
        let parts = TensorParts { storage, scalar, offset, shape, strides };
        Ok(Value::Tensor(self.make(Object::Tensor(Box::new(parts)))?))
    }

    /// Sizes of dimensions, or strides.
    fn sizes(&self, value: Value) -> Result<Vec<usize>, CheckpointError> {
        let items = self.arena.sequence(value).ok_or_else(|| self.wrong("a shape that is no tuple"))?;
        if items.len() > MOST_DIMENSIONS {
            return Err(self.wrong(format!("{} dimensions", items.len())));
        }
        let size = |&item: &Value| match item {
            Value::Int(size) => {
                usize::try_from(size).map_err(|_| self.wrong(format!("a dimension of size {size}")))
            }
            other => Err(self.wrong(format!("a dimension that is {}", kind(other)))),
        };
        items.iter().map(size).collect()
    }

    /// `BUILD`: the state of an object.
    pub(super) fn build(&mut self) -> Result<(), CheckpointError> {
        let state = self.pop()?;
        let object = self.pop()?;
        match object {
            // Attributes of a dictionary (torch keeps `_metadata` there) and of pandas objects are not read.
            Value::Dict(_) | Value::Opaque => {}
            Value::Array(id) => self.build_array(id, state)?,
            Value::Dtype(id) => self.build_dtype(id, state)?,
            other => return Err(self.refuse(format!("a state for {}", kind(other)))),
        }
        self.push(object)
    }

    fn build_array(&mut self, id: u32, state: Value) -> Result<(), CheckpointError> {
        let state = self.few(state, "parts of an array's state")?;
        let [_, shape, Value::Dtype(dtype), Value::Bool(_), data] = state[..] else {
            return Err(self.wrong("an array's state that is not read"));
        };
        let shape = self.sizes(shape)?;
        let dtype = numpy::dtype_of(&self.arena, dtype);
        if let Some(Object::Array(parts)) = self.arena.objects.get_mut(id as usize) {
            **parts = ArrayParts { shape, dtype, data: Some(data) };
        }
        Ok(())
    }

    fn build_dtype(&mut self, id: u32, state: Value) -> Result<(), CheckpointError> {
        let order = match self.arena.sequence(state) {
            Some([_, Value::Text(order), ..]) => order.of(self.input).first().copied(),
            _ => None,
        };
        let Some(order) = order else { return Err(self.wrong("an element type's state that is not read")) };
        if let Some(Object::Dtype(dtype)) = self.arena.objects.get_mut(id as usize) {
            dtype.big_endian = order == b'>';
        }
        Ok(())
    }

    /// `BINPERSID`: ("storage", type, entry, device, elements).
    pub(super) fn persistent(&mut self) -> Result<(), CheckpointError> {
        let id = self.pop()?;
        let parts = self.few(id, "parts of a storage reference")?;
        let [Value::Text(tag), Value::Global(global), Value::Text(key), _, Value::Int(len)] = parts[..]
        else {
            return Err(self.wrong("a reference that is no tensor storage"));
        };
        if tag.of(self.input) != b"storage" {
            return Err(self.wrong("a reference that is no tensor storage"));
        }
        let scalar = match global {
            Global::StorageType(scalar) => Some(scalar),
            Global::UntypedStorage => None,
            _ => return Err(self.wrong("a storage of a type that is not read")),
        };
        let len = usize::try_from(len).map_err(|_| self.wrong("a storage of negative length"))?;
        let id = self.make(Object::Storage(Storage { key, scalar, len }))?;
        self.push(Value::Storage(id))
    }
}
