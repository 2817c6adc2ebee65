//! Files of a job or of its answer, by name: a bundle's files by their path in it.

use std::collections::BTreeMap;

/// Named files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The file of this name.
    ///
    /// # Errors
    /// If it was not sent, by its name.
    pub fn get(&self, name: &str) -> Result<&[u8], String> {
        self.find(name).ok_or_else(|| format!("{name} was not sent along"))
    }

    /// The file of this name, if it was sent.
    pub fn find(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Adds a file.
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.to_owned(), bytes);
    }

    /// Names and contents, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

impl FromIterator<(String, Vec<u8>)> for Files {
    fn from_iter<T: IntoIterator<Item = (String, Vec<u8>)>>(files: T) -> Self {
        Self(files.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn a_missing_file_is_named() {
        let files: Files = [("sae/cfg.json".to_owned(), vec![1])].into_iter().collect();
        assert_eq!(files.get("sae/cfg.json"), Ok([1].as_slice()));
        assert!(files.get("model/encoder.safetensors").unwrap_err().contains("model/encoder.safetensors"));
    }
}
