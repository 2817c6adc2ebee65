//! The names that a pickle may use. Any other name is refused.

use super::object::Global;
use crate::checkpoint::tensor::Scalar;

/// What a name stands for, or `None` where it is not on the list.
pub(super) fn known(module: &str, name: &str) -> Option<Global> {
    let found = match (module, name) {
        ("collections", "OrderedDict" | "defaultdict") | ("__builtin__" | "builtins", "dict") => Global::Dict,
        ("__builtin__" | "builtins", "list") => Global::List,
        ("__builtin__" | "builtins", "set" | "frozenset") => Global::Set,
        ("__builtin__" | "builtins", "bytes" | "bytearray") => Global::Bytes,
        ("__builtin__" | "builtins", "slice") => Global::Opaque,
        ("_codecs", "encode") => Global::Encode,
        ("numpy", "ndarray") => Global::NdarrayType,
        ("numpy", "dtype") => Global::DtypeType,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::Reconstruct,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::NumpyScalar,
        ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::FromBuffer,
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Global::RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v3") => Global::RebuildTensorV3,
        ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
        ("torch", "Size") => Global::TorchSize,
        ("torch.storage", "UntypedStorage") | ("torch", "UntypedStorage") => Global::UntypedStorage,
        ("torch" | "torch.storage", name) => return torch(name),
        _ if module == "pandas" || module.starts_with("pandas.") => Global::Opaque,
        _ => return None,
    };
    Some(found)
}

fn torch(name: &str) -> Option<Global> {
    let storage = |scalar| Some(Global::StorageType(scalar));
    let element = |scalar| Some(Global::ScalarType(scalar));
    match name {
        "DoubleStorage" => storage(Scalar::F64),
        "FloatStorage" => storage(Scalar::F32),
        "HalfStorage" => storage(Scalar::F16),
        "BFloat16Storage" => storage(Scalar::Bf16),
        "LongStorage" => storage(Scalar::I64),
        "IntStorage" => storage(Scalar::I32),
        "ShortStorage" => storage(Scalar::I16),
        "CharStorage" => storage(Scalar::I8),
        "ByteStorage" => storage(Scalar::U8),
        "BoolStorage" => storage(Scalar::Bool),
        "float64" => element(Scalar::F64),
        "float32" => element(Scalar::F32),
        "float16" => element(Scalar::F16),
        "bfloat16" => element(Scalar::Bf16),
        "int64" => element(Scalar::I64),
        "int32" => element(Scalar::I32),
        "int16" => element(Scalar::I16),
        "int8" => element(Scalar::I8),
        "uint8" => element(Scalar::U8),
        "bool" => element(Scalar::Bool),
        _ => None,
    }
}
