//! What a pickle can hold: small values, and larger objects in an arena that refer to each other by number.

use crate::checkpoint::tensor::Scalar;

/// Number of an object in the arena.
pub(super) type Id = u32;

/// Part of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub len: u32,
}

impl Span {
    pub(super) fn of(self, input: &[u8]) -> &[u8] {
        let start = self.start as usize;
        input.get(start..start + self.len as usize).unwrap_or_default()
    }
}

/// A value on the stack or inside an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// UTF-8, checked.
    Text(Span),
    Bytes(Span),
    /// Text whose characters stand for bytes: how protocol 2 stores bytes.
    Latin1(Span),
    List(Id),
    Tuple(Id),
    Set(Id),
    Dict(Id),
    Storage(Id),
    Tensor(Id),
    Array(Id),
    Dtype(Id),
    Global(Global),
    /// Something whose content is not read: a pandas object, a slice, an integer of more than 64 bits.
    Opaque,
}

/// A name that the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// `dict`, `OrderedDict`, `defaultdict`.
    Dict,
    List,
    Set,
    /// `bytes`, `bytearray`.
    Bytes,
    /// `_codecs.encode`.
    Encode,
    NdarrayType,
    DtypeType,
    /// `numpy…_reconstruct`: an array, filled by a later state.
    Reconstruct,
    /// `numpy…scalar`.
    NumpyScalar,
    /// `numpy…_frombuffer`: an array of protocol 5.
    FromBuffer,
    /// `torch._utils._rebuild_tensor_v2` and `…_rebuild_tensor`.
    RebuildTensor,
    /// `torch._utils._rebuild_tensor_v3`: element type given.
    RebuildTensorV3,
    RebuildParameter,
    TorchSize,
    /// `torch.FloatStorage` and others.
    StorageType(Scalar),
    /// `torch.storage.UntypedStorage`.
    UntypedStorage,
    /// `torch.float32` and others.
    ScalarType(Scalar),
    /// A name whose objects are kept without content.
    Opaque,
}

/// An object in the arena.
#[derive(Clone, Debug)]
pub(super) enum Object {
    Items(Vec<Value>),
    Pairs(Vec<(Value, Value)>),
    Storage(Storage),
    Tensor(Box<TensorParts>),
    Array(Box<ArrayParts>),
    Dtype(Dtype),
}

/// A reference to a storage entry of the archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    /// Entry name under `data/`.
    pub key: Span,
    /// Element type; `None` for an untyped storage, whose length is in bytes.
    pub scalar: Option<Scalar>,
    /// Elements, or bytes.
    pub len: usize,
}

/// A view of a storage.
#[derive(Clone, Debug)]
pub(super) struct TensorParts {
    pub storage: Storage,
    pub scalar: Scalar,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// A numpy element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dtype {
    /// `f`, `i`, `u`, `b`, `O`, `U` or `S`.
    pub kind: u8,
    /// Bytes of one element; for `U`, characters.
    pub size: u32,
    pub big_endian: bool,
}

/// A numpy array; its parts are unknown until its state is given. Only one-dimensional ones are read, so the
/// order of dimensions is not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct ArrayParts {
    pub shape: Vec<usize>,
    pub dtype: Option<Dtype>,
    /// A list for objects, bytes otherwise.
    pub data: Option<Value>,
}

/// All objects of a pickle.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pub objects: Vec<Object>,
}

impl Arena {
    pub(super) fn get(&self, id: Id) -> Option<&Object> {
        self.objects.get(id as usize)
    }

    pub(super) fn items(&self, id: Id) -> &[Value] {
        match self.get(id) {
            Some(Object::Items(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn pairs(&self, id: Id) -> &[(Value, Value)] {
        match self.get(id) {
            Some(Object::Pairs(pairs)) => pairs,
            _ => &[],
        }
    }

    /// Elements of a list or tuple.
    pub(super) fn sequence(&self, value: Value) -> Option<&[Value]> {
        match value {
            Value::List(id) | Value::Tuple(id) => Some(self.items(id)),
            _ => None,
        }
    }
}
