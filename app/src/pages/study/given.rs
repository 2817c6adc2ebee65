//! Files of a study, whichever way they are dropped: each is known by what is in it.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use cellprism_core::study::{Answers, Blinded, GeneNames, Key, Sheet, Study};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen_futures::JsFuture;
use web_sys::FileList;

/// Largest file that is read.
const MOST_BYTES: f64 = 64e6;
/// Most items of a study.
const MOST_ITEMS: usize = 10_000;

/// What is there of a study.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// `study.json`.
    pub study: Option<Study>,
    /// `items/item-NNN.json` by item.
    pub sheets: BTreeMap<String, Sheet>,
    /// `genes.json`.
    pub names: GeneNames,
    /// `key.json`.
    pub key: Option<Key>,
    /// Files that raters sent back.
    pub answers: Vec<Answers>,
    items: Vec<String>,
}

thread_local! {
    // So that a look at another page does not lose what was dropped.
    static KEPT: RefCell<Arc<Given>> = RefCell::default();
}

/// What was dropped before, until the page is closed.
pub fn kept() -> Arc<Given> {
    KEPT.with_borrow(Arc::clone)
}

/// Keeps it.
pub fn keep(given: &Arc<Given>) {
    KEPT.with_borrow_mut(|kept| *kept = given.clone());
}

impl Given {
    /// A study that was drawn here.
    pub fn drawn(blinded: Blinded, names: GeneNames) -> Self {
        let sheets: BTreeMap<String, Sheet> =
            blinded.sheets.into_iter().map(|sheet| (sheet.item.clone(), sheet)).collect();
        let items = blinded.study.items.iter().map(|item| item.item.clone()).collect();
        Self { study: Some(blinded.study), sheets, names, key: Some(blinded.key), answers: Vec::new(), items }
    }

    /// Items that can be shown, in order: those with a sheet.
    pub fn items(&self) -> &[String] {
        &self.items
    }

    /// The place of an item that can be shown.
    pub fn place_of(&self, item: &str) -> Option<usize> {
        self.items.iter().position(|own| own == item)
    }

    /// Takes a file in.
    ///
    /// # Errors
    /// In words, if it is no file of a study, or of another one.
    pub fn take(&mut self, name: &str, text: &str) -> Result<(), String> {
        let value: Value =
            serde_json::from_slice(text.as_bytes()).map_err(|e| format!("{name} is no JSON: {e}"))?;
        let has = |key: &str| value.get(key).is_some();
        if has("answers") && has("rater") {
            let answers: Answers = read(name, value)?;
            self.answers.retain(|known| *known != answers);
            self.answers.push(answers);
        } else if has("items") && has("seed") {
            self.key = Some(read(name, value)?);
        } else if has("items") && has("title") {
            let study: Study = read(name, value)?;
            if study.items.len() > MOST_ITEMS {
                return Err(format!("{name}: more than {MOST_ITEMS} items"));
            }
            if self.study.as_ref().is_some_and(|known| known.study != study.study) {
                // Another study: nothing of the one before belongs to it.
                *self = Self::default();
            }
            self.study = Some(study);
        } else if has("item") && has("genes") {
            let sheet: Sheet = read(name, value)?;
            self.sheets.insert(sheet.item.clone(), sheet);
        } else {
            let names: Result<GeneNames, _> = read(name, value);
            let known = names.map_err(|_| {
                format!("{name} is no file of a study: neither its items, names of genes, a key, nor answers")
            })?;
            self.names.extend(known);
        }
        let items = self.study.iter().flat_map(|study| &study.items).map(|item| item.item.clone());
        self.items = items.filter(|item| self.sheets.contains_key(item)).collect();
        Ok(())
    }
}

fn read<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|e| format!("{name}: {e}"))
}

/// Reads what was chosen, JSON only; the study before its items, so that these are not taken for another one's.
pub async fn files(chosen: FileList) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for i in 0..chosen.length() {
        let Some(file) = chosen.get(i).filter(|file| file.name().ends_with(".json")) else { continue };
        let name = file.name();
        if file.size() > MOST_BYTES {
            return Err(format!("{name} is larger than 64 MB"));
        }
        let text = JsFuture::from(file.text()).await.map_err(|_| format!("{name} could not be read"))?;
        found.push((name, text.as_string().unwrap_or_default()));
    }
    if found.is_empty() {
        return Err("there is no JSON among these files: give what `cellprism study new` wrote".into());
    }
    cellprism_core::order::sort_by_key(&mut found, |(name, _)| name != "study.json");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str =
        r#"{"study":"s1","title":"t","cells":2,"genes":1,"items":[{"item":"item-001"},{"item":"item-002"}]}"#;

    #[test]
    fn each_file_is_known_by_what_is_in_it() {
        let mut given = Given::default();
        given.take("study.json", STUDY).unwrap();
        assert_eq!(given.items(), Vec::<String>::new(), "an item without its sheet cannot be shown");
        given
            .take("a.json", r#"{"item":"item-002","genes":[{"gene":"CD4","mean":0.5,"cells":[1.0,0.0]}]}"#)
            .unwrap();
        given.take("genes.json", r#"{"CD4":{"name":"CD4 molecule","ncbi":"920"}}"#).unwrap();
        assert_eq!((given.place_of("item-002"), given.place_of("item-001")), (Some(0), None));
        assert_eq!(given.names["CD4"].ncbi.as_deref(), Some("920"));
        let answers = r#"{"study":"s1","rater":"Ann","answers":[]}"#;
        given.take("ann.json", answers).unwrap();
        given.take("ann again.json", answers).unwrap();
        assert_eq!(given.answers.len(), 1, "the same file twice is one");
        let key = r#"{"study":"s1","bundle":"b","tag":"t","seed":1,"left_out":{"concepts":0,"neurons":0},"items":{}}"#;
        given.take("key.json", key).unwrap();
        assert!(
            given.key.is_some() && given.take("x.json", "[1]").unwrap_err().contains("no file of a study")
        );
        given.take("study.json", &STUDY.replace("s1", "s2")).unwrap();
        assert!(given.key.is_none() && given.sheets.is_empty(), "another study begins anew");
    }
}
