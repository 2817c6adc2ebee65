//! Public data by name: where each file is, how large it is, and its digest, as far as a public source states them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The list of this program, `catalogue.toml`.
const EMBEDDED: &str = include_str!("catalogue.toml");

/// Data that can be asked for by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// In the order of the list.
    #[serde(rename = "item", default)]
    pub items: Vec<Item>,
}

/// Data of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The name: small letters, digits and hyphens.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Its licence, where a public source states it.
    pub licence: Option<String>,
    /// What to cite.
    pub citation: Option<String>,
    /// Where it comes from, for people.
    pub origin: String,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<CatalogueFile>,
}

/// A file. What is not known is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The name that it gets.
    pub name: String,
    /// Its address; without one it has to be brought by hand.
    pub url: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: Option<String>,
}

/// Why a list is none.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is no list of items and files.
    #[error("no catalogue: {0}")]
    Form(#[from] toml::de::Error),
    /// A value that cannot be.
    #[error("{item}: {what}")]
    Value {
        /// Where.
        item: String,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// There is no item of this name.
    #[error("there is nothing named {name:?}; there are: {known}")]
    NoSuch {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
}

impl Catalogue {
    /// The list of this program.
    ///
    /// # Errors
    /// None: a test reads it.
    ///
    /// ```
    /// use cellprism_core::catalogue::Catalogue;
    /// let known = Catalogue::embedded()?;
    /// assert_eq!(known.find("tabula-sapiens-kidney")?.files[0].bytes, Some(449_970_582));
    /// # Ok::<(), cellprism_core::catalogue::CatalogueError>(())
    /// ```
    pub fn embedded() -> Result<Self, CatalogueError> {
        Self::from_toml(EMBEDDED)
    }

    /// A list of the same form.
    ///
    /// # Errors
    /// If it is none, a name is not safe for a file or stands there twice, or a digest or an address cannot be one.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        let found: Self = toml::from_str(text)?;
        let mut names = BTreeSet::new();
        for item in &found.items {
            item.check(&mut names)?;
        }
        Ok(found)
    }

    /// The item of a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(&self, name: &str) -> Result<&Item, CatalogueError> {
        self.items.iter().find(|item| item.name == name).ok_or_else(|| CatalogueError::NoSuch {
            name: name.to_owned(),
            known: self.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

impl Item {
    fn check<'a>(&'a self, names: &mut BTreeSet<&'a str>) -> Result<(), CatalogueError> {
        let wrong = |what: String| Err(CatalogueError::Value { item: self.name.clone(), what });
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return wrong("a name has small letters, digits and hyphens".into());
        }
        if !names.insert(&self.name) {
            return wrong("the name stands there twice".into());
        }
        if self.files.is_empty() {
            return wrong("there is no file".into());
        }
        let mut files = BTreeSet::new();
        for file in &self.files {
            let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if file.name.is_empty() || file.name.starts_with('.') || !file.name.chars().all(safe) {
                return wrong(format!(
                    "{:?} is no name of a file: letters, digits, dots, - and _",
                    file.name
                ));
            }
            if !files.insert(&file.name) {
                return wrong(format!("two files are named {}", file.name));
            }
            let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if file.sha256.as_ref().is_some_and(|sum| sum.len() != 64 || !sum.chars().all(hexadecimal)) {
                return wrong(format!("{}: a SHA-256 has 64 digits from 0 to f", file.name));
            }
            let spoken = |url: &String| url.starts_with("https://") || url.starts_with("http://");
            if file.url.as_ref().is_some_and(|url| !spoken(url)) {
                return wrong(format!("{}: an address begins with https:// or http://", file.name));
            }
        }
        Ok(())
    }

    /// Bytes of all files, where all sizes are known.
    pub fn bytes(&self) -> Option<u64> {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether every file has a digest to be checked by.
    pub fn is_checked(&self) -> bool {
        self.files.iter().all(|file| file.sha256.is_some())
    }

    /// Whether every file has an address.
    pub fn is_addressed(&self) -> bool {
        self.files.iter().all(|file| file.url.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_one_and_speaks_https_only() {
        let known = Catalogue::embedded().unwrap();
        let immune = known.find("tabula-sapiens-immune").unwrap();
        assert_eq!((immune.bytes(), immune.is_checked()), (Some(19_773_999_714), true));
        let other = known.find("cross-tissue-immune").unwrap();
        assert_eq!((other.bytes(), other.is_checked(), other.is_addressed()), (None, false, true));
        assert!(!known.find("scgpt-human").unwrap().is_addressed());
        let files = known.items.iter().flat_map(|item| &item.files);
        assert!(files.filter_map(|file| file.url.as_ref()).all(|url| url.starts_with("https://")));
        assert!(known.find("nope").unwrap_err().to_string().contains("scgpt-human"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let item = |name: &str, file: &str| {
            format!("[[item]]\nname='{name}'\ntitle='t'\npurpose='p'\norigin='o'\n[[item.file]]\n{file}\n")
        };
        assert!(Catalogue::from_toml(&item("a", "name='x'")).is_ok());
        let twice = item("a", "name='x'").repeat(2);
        let files = [
            ("A", "name='x'"),
            ("", "name='x'"),
            ("a", "name='../x'"),
            ("a", "name='.x'"),
            ("a", "name='x'\nsha256='12'"),
            ("a", "name='x'\nurl='ftp://x'"),
            ("a", "name='x'\nurl='file:///etc/passwd'"),
            ("a", "name='x'\nbytes=-1"),
            ("a", "name='x'\nlength=1"),
            ("a", "name='x'\n[[item.file]]\nname='x'"),
        ];
        for wrong in files.iter().map(|(name, file)| item(name, file)).chain([twice, "item=1".into()]) {
            assert!(Catalogue::from_toml(&wrong).is_err(), "{wrong}");
        }
    }
}
