//! A name for each bundle of a site, which is also its folder there.

use std::collections::HashSet;

use cellprism_core::bundle::{BundleEntry, Manifest, bundle_folder};

/// Longest name.
const LONGEST: usize = 100;

/// Entries of `bundles/index.json`, in the order given. Names come from the manifests, reduced to letters, digits,
/// `-`, `_` and `.`; a name that is taken gets the tag after it, then a number.
pub fn list<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Vec<BundleEntry> {
    let mut taken = HashSet::new();
    manifests
        .into_iter()
        .map(|manifest| {
            let name = free_name(manifest, &taken);
            taken.insert(name.to_lowercase());
            BundleEntry {
                path: bundle_folder(&name),
                name,
                title: manifest.title.clone(),
                tag: manifest.tag.clone(),
            }
        })
        .collect()
}

fn free_name(manifest: &Manifest, taken: &HashSet<String>) -> String {
    let (name, tag) = (plain(&manifest.name), plain(&manifest.tag));
    let tagged = format!("{name}-{tag}");
    let numbered = (2u64..).map(|number| format!("{tagged}-{number}"));
    [name, tagged.clone()]
        .into_iter()
        .chain(numbered)
        // Some file systems do not tell upper from lower case, and index.json is the list.
        .find(|name| !taken.contains(&name.to_lowercase()) && name != "index.json")
        .unwrap_or(tagged)
}

/// Letters, digits, `-`, `_` and `.` only, not starting with a dot.
fn plain(text: &str) -> String {
    let kept = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let text: String =
        text.chars().take(LONGEST).map(|letter| if kept(letter) { letter } else { '-' }).collect();
    let text = text.trim_matches(['.', '-']);
    if text.is_empty() { "bundle".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::manifest;

    #[test]
    fn names_are_folders_and_differ() {
        let all = [
            manifest("pbmc", "a1"),
            manifest("../../etc", "b2"),
            manifest("PBMC", "c3"),
            manifest("pbmc", "c3"),
            manifest("", ""),
            manifest("index.json", "d4"),
        ];
        let names: Vec<String> = list(&all).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["pbmc", "etc", "PBMC-c3", "pbmc-c3-2", "bundle", "index.json-d4"]);
    }
}
