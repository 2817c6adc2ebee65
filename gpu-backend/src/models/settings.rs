//! What may be said at import, each kind by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something that may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name: `--NAME` on the command line.
    pub name: &'static str,
    /// What may be said, the default first; nothing where it is a file.
    pub choices: &'static [&'static str],
    /// What it does, in a few words.
    pub help: &'static str,
}

/// What was said, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub BTreeMap<String, String>);

impl Settings {
    /// What was said, or the default.
    pub fn get(&self, setting: &Setting) -> Option<&str> {
        self.0.get(setting.name).map(String::as_str).or(setting.choices.first().copied())
    }
}
