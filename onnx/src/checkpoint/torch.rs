//! A file of `torch.save`: plain data, and tensors read from the archive's storages.

use super::{
    CheckpointError, Tensor,
    copies::Copies,
    pickle::{Node, Pickle, TensorRef},
    zip::Archive,
};

/// A checkpoint in memory.
#[derive(Debug)]
pub struct TorchFile<'a> {
    archive: Archive<'a>,
    /// Folder that all entries are in, with its slash.
    prefix: String,
    pickle: Pickle<'a>,
    copies: Copies,
}

impl<'a> TorchFile<'a> {
    /// Reads the archive and its pickle; tensors are read when they are asked for.
    ///
    /// # Errors
    /// If the archive or the pickle is refused.
    pub fn read(file: &'a [u8]) -> Result<Self, CheckpointError> {
        let archive = Archive::read(file)?;
        let pickles: Vec<&str> = archive.names().filter(|name| name.ends_with("/data.pkl")).collect();
        let [pickle_name] = pickles[..] else {
            let what = format!("{} entries are called data.pkl, expected one", pickles.len());
            return Err(CheckpointError::Zip(what));
        };
        let prefix = pickle_name.trim_end_matches("data.pkl").to_owned();
        if let Some(order) = archive.get(&format!("{prefix}byteorder"))
            && order != b"little"
        {
            let what = format!("byte order {:?}; only little endian is read", String::from_utf8_lossy(order));
            return Err(CheckpointError::Zip(what));
        }
        let pickle = Pickle::read(archive.get(pickle_name).unwrap_or_default())?;
        Ok(Self { archive, prefix, pickle, copies: Copies::of("tensors", file.len()) })
    }

    /// The object that was saved.
    pub fn root(&self) -> Node<'_> {
        self.pickle.root()
    }

    /// Reads a tensor out of its storage.
    ///
    /// # Errors
    /// If the storage is not there, is shorter than the pickle says, or the tensor does not fit it.
    pub fn tensor(&self, name: &str, tensor: &TensorRef) -> Result<Tensor, CheckpointError> {
        let entry = format!("{}data/{}", self.prefix, tensor.key);
        let storage = self.archive.get(&entry).ok_or_else(|| {
            CheckpointError::tensor(name, format!("its storage {entry} is not in the archive"))
        })?;
        let held = storage.get(..tensor.storage_bytes).ok_or_else(|| {
            let what = format!("its storage has {} bytes instead of {}", storage.len(), tensor.storage_bytes);
            CheckpointError::tensor(name, what)
        })?;
        let elements = tensor.layout.len().unwrap_or(usize::MAX).min(held.len());
        self.copies.take((elements as u64).saturating_mul(size_of::<f32>() as u64))?;
        Tensor::read(name, &tensor.layout, held)
    }
}
