//! Bundles of the layouts 1.0 to 1.2 are whole, make a site and open. They are made of one of today by leaving out what later
//! layouts have brought:
//!
//! | layout | brought |
//! |---|---|
//! | 1.1 | `neurons/`, parameter `neurons` |
//! | 1.2 | `cells/embeddings.safetensors` |
//! | 1.3 | readings beyond the paper, in parameters, rows, details and arrays; the manifest's `key` and `ladder` |
//! | 1.6 | `samples/neurons/`, `cells/numbers.NN.safetensors` |

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::bundle::{ConceptDetail, Maybe, SchemaVersion, path};
use cellprism_tests::{Bundle, cellprism, files_of};
use safetensors::SafeTensors;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::setting::Setting;

/// Fields of a bundle's JSON that 1.3 has brought, by the object they stand in: the end of the path to it, without places in
/// lists. `manifest.json` has a title since 1.0, a concept since 1.3.
const MANIFEST: [(&str, &[&str]); 3] = [
    ("", &["key", "ladder"]),
    ("parameters", &["reading"]),
    ("parameters.attribution", &["prototypes_from"]),
];
const INDEX: [(&str, &[&str]); 3] = [
    ("", &["calibration", "side_tests", "surviving", "verdict"]),
    ("rows", &["labels", "survives", "title", "title_parts"]),
    ("rows.specific", SPECIFIC),
];
const DETAIL: [(&str, &[&str]); 4] = [
    ("", &["edge", "labels", "reading", "title", "title_parts", "verdict"]),
    ("prototypes", &["edge"]),
    ("columns.specific", SPECIFIC),
    ("columns.labels", &["base_rate", "lift"]),
];
const SPECIFIC: &[&str] = &["base_rate", "beyond_base_rate", "donors", "lift", "p_adjusted"];

/// Tensors that 1.3 has brought, by the beginning of their names.
const TENSORS: [&str; 6] =
    ["scores_presence", "scores_absence", "scores_typical_", "carried_by_", "held_out", "typical"];

/// Leaves out fields of the objects at `place`, whatever list or object they stand in.
fn leave_out(value: &mut Value, place: &str, fields: &[&str]) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|one| leave_out(one, place, fields)),
        Value::Object(object) => match place.split_once('.').map_or((place, ""), |found| found) {
            ("", _) => object.retain(|name, _| !fields.contains(&name.as_str())),
            (next, rest) => object.get_mut(next).into_iter().for_each(|one| leave_out(one, rest, fields)),
        },
        _ => {}
    }
}

fn without(content: &[u8], fields: &[(&str, &[&str])]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(content).unwrap();
    fields.iter().for_each(|(place, fields)| leave_out(&mut value, place, fields));
    serde_json::to_vec(&value).unwrap()
}

fn without_tensors(content: &[u8]) -> Vec<u8> {
    let file = SafeTensors::deserialize(content).unwrap();
    let (_, header) = SafeTensors::read_metadata(content).unwrap();
    let kept =
        file.tensors().into_iter().filter(|(name, _)| !TENSORS.iter().any(|later| name.starts_with(later)));
    let metadata: Option<HashMap<String, String>> = header.metadata().clone();
    safetensors::serialize(kept, metadata).unwrap()
}

/// A bundle as it was in layout 1.`minor`.
fn older(bundle: &Path, minor: u32, to: &Path) {
    let mut files: BTreeMap<PathBuf, Vec<u8>> = files_of(bundle);
    if minor < 2 {
        files.remove(Path::new(path::EMBEDDINGS)).unwrap();
    }
    if minor < 1 {
        files.retain(|name, _| !name.starts_with("neurons") && !name.starts_with("samples/neurons"));
    }
    let list = |name: &PathBuf| matches!(name.to_str(), Some(path::FILES | path::MANIFEST));
    let mut manifest: Value =
        serde_json::from_slice(&without(&files[Path::new(path::MANIFEST)], &MANIFEST)).unwrap();
    files.retain(|name, _| !list(name));
    for (name, content) in &mut files {
        let name = name.to_str().unwrap();
        let (folder, file) = name.split_once('/').unwrap_or(("", name));
        let of_concepts = matches!(folder, "concepts" | "neurons");
        match file {
            "index.json" if of_concepts => *content = without(content, &INDEX),
            _ if of_concepts && file.ends_with(".json") => *content = without(content, &DETAIL),
            _ if of_concepts || folder == "samples" => *content = without_tensors(content),
            _ => {}
        }
    }
    let entry =
        |content: &[u8]| json!({"bytes": content.len(), "sha256": format!("{:x}", Sha256::digest(content))});
    let entries = |late: bool| -> serde_json::Map<String, Value> {
        let named = files.iter().map(|(name, content)| (name.to_str().unwrap(), content));
        named
            .filter(|(name, _)| path::is_per_concept(name) == late)
            .map(|(name, content)| (name.to_owned(), entry(content)))
            .collect()
    };
    let list = serde_json::to_vec(&entries(true)).unwrap();
    let mut listed = entries(false);
    listed.insert(path::FILES.into(), entry(&list));
    manifest["files"] = listed.into();
    manifest["version"] = json!({"major": 1, "minor": minor});
    manifest["tag"] = json!("0123456789ab"); // other parameters, another tag
    if minor < 1 {
        manifest["parameters"].as_object_mut().unwrap().remove("neurons");
    }
    files.insert(path::FILES.into(), list);
    files.insert(path::MANIFEST.into(), serde_json::to_vec(&manifest).unwrap());
    for (name, content) in files {
        fs::create_dir_all(to.join(&name).parent().unwrap()).unwrap();
        fs::write(to.join(name), content).unwrap();
    }
}

#[test]
fn older_layouts_are_whole_and_open() {
    let setting = Setting::with_inputs();
    let today = Bundle(setting.at("run"));
    let (index, detail) = (today.index(), today.living_concepts().next().unwrap());
    assert!(index.side_tests > 0 && matches!(detail.reading, Maybe::Value(_)), "it has what is left out");
    for minor in 0..3 {
        let (folder, site) = (setting.at(&format!("1.{minor}")), setting.at(&format!("site 1.{minor}")));
        older(&today.0, minor, &folder);
        cellprism(&[&"verify", &folder]).succeeded();
        cellprism(&[&"site", &folder, &"--app", &setting.at("app"), &"--out", &site]).succeeded();
        let bundle = Bundle(folder.clone());
        let manifest = bundle.manifest();
        assert_eq!(manifest.version, SchemaVersion { major: 1, minor });
        assert_eq!((manifest.parameters.reading.as_ref(), manifest.key.len()), (None, 0));
        let found = bundle.index();
        assert_eq!((found.rows.len(), found.side_tests), (index.rows.len(), 0));
        let older = bundle.concept(detail.id);
        let paper = |detail: &ConceptDetail| json!([detail.attribution, detail.enrichment]);
        assert_eq!(paper(&older), paper(&detail));
        assert!(matches!(older.reading, Maybe::Missing { .. }) && older.title.is_empty());
        if minor > 0 {
            assert_eq!(bundle.neurons().rows.len(), today.neurons().rows.len());
        }
        setting.run(&[]).to(&folder).output().map(|ended| assert_eq!(ended.status.code(), Some(1))).unwrap();
    }
}
