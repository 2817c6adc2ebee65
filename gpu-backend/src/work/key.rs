//! What decides numbers, by name: two runs with equal keys give equal bits, and where keys differ, the names say why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Everything that decides a result, each thing under its name.
///
/// ```
/// use cellprism_gpu_backend::work::key::Key;
/// let earlier = Key::default().with("seed", 1).with("device", "cpu");
/// let now = Key::default().with("seed", 2).with("device", "cpu");
/// assert_eq!(now.changes(&earlier), ["seed: 1, now 2"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(BTreeMap<String, String>);

impl Key {
    /// The key with one thing more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.into(), value.to_string());
        self
    }

    /// The key with the digest of something too long to be read.
    #[must_use]
    pub fn with_digest(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.with(name, format!("{:x}", Sha256::digest(value)))
    }

    /// The key with all that another holds.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first digits of the digest, by which a result is named.
    pub fn tag(&self) -> String {
        self.digest()[..12].to_owned()
    }

    /// SHA-256 in hexadecimal digits.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (name, value) in &self.0 {
            hasher.update(format!("{name}\0{}\0{value}\0", value.len()));
        }
        format!("{:x}", hasher.finalize())
    }

    /// What differs from an earlier key, in words.
    pub fn changes(&self, earlier: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(earlier.0.keys()).collect();
        let differs = |name: &&String| self.0.get(*name) != earlier.0.get(*name);
        let said = |name: &String| match (earlier.0.get(name), self.0.get(name)) {
            (Some(then), Some(now)) => format!("{name}: {}, now {}", short(then), short(now)),
            (Some(then), None) => format!("{name}: {}, now none", short(then)),
            (None, now) => format!("{name}: none, now {}", short(now.map_or("", String::as_str))),
        };
        names.into_iter().filter(differs).map(said).collect()
    }
}

impl From<BTreeMap<String, String>> for Key {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }
}

impl From<Key> for BTreeMap<String, String> {
    fn from(key: Key) -> Self {
        key.0
    }
}

/// The beginning of a digest, and of whatever else is long.
fn short(value: &str) -> String {
    const MOST: usize = 60;
    let digest = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
    if digest {
        return format!("{}…", &value[..12]);
    }
    let mut text: String = value.chars().take(MOST).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn what_changed_is_named() {
        let earlier = Key::default().with("device", "cpu").with("seed", 1).with_digest("cells", "a");
        let now = Key::default().with("device", "cuda:0").with_digest("cells", "b").with("labels", "x");
        let said = now.changes(&earlier);
        assert_eq!(said.len(), 4);
        assert!(said[0].starts_with("cells: ca978112ca1b…, now 3e23e8160039…"), "{}", said[0]);
        assert_eq!(said[1..], ["device: cpu, now cuda:0", "labels: none, now x", "seed: 1, now none"]);
        assert!(now.changes(&now).is_empty());
        assert_ne!(now.digest(), earlier.digest());
    }

    #[test]
    fn a_value_does_not_pass_for_two() {
        let one = Key::default().with("a", "x\0b\x001\0y");
        let two = Key::default().with("a", "x").with("b", "y");
        assert_ne!(one.digest(), two.digest());
    }
}
