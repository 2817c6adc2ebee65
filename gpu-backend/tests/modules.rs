//! The order of the modules, computed from `use` and paths: in gpu-backend a folder imports only from those below it, in core
//! no two folders import each other.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The folders of gpu-backend, top down.
const ORDER: [&str; 13] = [
    "cli", "client", "fetch", "http", "queue", "worker", "site", "jobs", "models", "runtime", "files",
    "state", "work",
];

/// Which modules import which others, by their paths from a folder, with a file for each arrow.
type Arrows = BTreeMap<(String, String), PathBuf>;

#[test]
fn folders_of_the_backend_import_downwards() {
    let arrows = by_folder(&arrows(&root().join("src")));
    let place = |name: &str| ORDER.iter().position(|known| known == &name);
    let up: Vec<String> = arrows
        .iter()
        .filter(|((from, to), _)| place(from).is_some() && place(from) > place(to))
        .map(|((from, to), file)| format!("{from} -> {to} in {}", file.display()))
        .collect();
    assert!(up.is_empty(), "arrows against the order {ORDER:?}: {up:#?}");
    let modules: BTreeSet<&String> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
    let unknown: Vec<_> = modules.into_iter().filter(|name| place(name).is_none()).collect();
    assert!(unknown.is_empty(), "folders that have no place in the order: {unknown:?}");
    assert!(arrows.len() > 10, "only {} arrows were found", arrows.len());
}

#[test]
fn no_two_folders_of_core_import_each_other() {
    let arrows = by_folder(&arrows(&root().join("../core/src")));
    assert!(circle(&arrows).is_empty(), "a circle {:?} of {arrows:#?}", circle(&arrows));
    assert!(arrows.len() > 10, "only {} arrows were found", arrows.len());
}

#[test]
fn no_two_files_of_these_folders_import_each_other() {
    let folders = [
        "../core/src/sae/train",
        "../core/src/readings",
        "../core/src/classification",
        "../core/src/stats",
        "../core/src/cells",
        "../core/src/embedding",
        "../h5ad/src",
        "../onnx/src",
        "src/cli",
        "src/http",
        "src/jobs",
        "src/models",
        "src/queue",
        "src/runtime",
        "src/site",
        "src/state",
        "src/work",
        "src/worker",
        "../app/src",
        "../xtask/src",
    ];
    for folder in folders {
        let arrows = arrows(&root().join(folder));
        assert!(circle(&arrows).is_empty(), "{folder}: a circle {:?} of {arrows:#?}", circle(&arrows));
        assert!(arrows.len() >= 3, "{folder}: only {} arrows were found", arrows.len());
    }
}

#[test]
fn arrows_and_circles_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("mod.rs", "mod a;\nmod b;\nmod c;\npub use c::{Thing, other::Deep};\n");
    write("a.rs", "use super::{Thing, b::{self, X}};\nmod tests { use super::c; }\n");
    write("b/mod.rs", "// use super::a::Y;\nmod inner;\npub use inner::Z;\n");
    write("b/inner.rs", "fn f() -> super::super::c::Z { super::g() }\n");
    write("c.rs", "");
    write("d.rs", "use super::b::Z;\n");
    let found: Vec<(String, String)> = arrows(folder.path()).into_keys().collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let wanted =
        [pair("a", "b"), pair("a", "c"), pair("b/inner", "b"), pair("b/inner", "c"), pair("d", "b/inner")];
    assert_eq!(found, wanted);
    assert!(circle(&arrows(folder.path())).is_empty());
    write("c.rs", "use super::a::Y;\n");
    assert_eq!(circle(&arrows(folder.path())), ["a", "c"]);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The modules of a folder.
struct Tree {
    /// File and path from the folder, nothing for the folder's own `mod.rs` or `lib.rs`.
    files: BTreeMap<Vec<String>, PathBuf>,
    /// Items that a module passes on, with the module that has them.
    exports: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl Tree {
    fn of(folder: &Path) -> Self {
        let mut tree = Self { files: BTreeMap::new(), exports: BTreeMap::new() };
        for file in sources(folder) {
            let inside = file.strip_prefix(folder).unwrap().with_extension("");
            let mut path: Vec<String> =
                inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            path.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
            tree.files.entry(path).or_insert(file);
        }
        for (path, file) in &tree.files {
            let text = code(&fs::read_to_string(file).unwrap());
            for statement in text.split(';') {
                let Some(list) = statement.split("pub use ").nth(1) else { continue };
                for item in flatten(list) {
                    let within = item.iter().skip_while(|part| *part == "self");
                    let full: Vec<String> = path.iter().chain(within).cloned().collect();
                    let (Some(name), Some(owner)) = (full.last().cloned(), full.get(..full.len() - 1)) else {
                        continue;
                    };
                    if owner != path && tree.files.contains_key(owner) {
                        tree.exports.insert((path.clone(), name), owner.to_vec());
                    }
                }
            }
        }
        tree
    }

    /// The module that a path leads to.
    fn module(&self, path: &[String]) -> Vec<String> {
        let mut at = Vec::new();
        for part in path {
            let mut next: Vec<String> = at.clone();
            next.push(part.clone());
            if self.files.contains_key(&next) {
                at = next;
                continue;
            }
            match self.exports.get(&(at.clone(), part.clone())) {
                Some(owner) => at = owner.clone(),
                None => break,
            }
        }
        at
    }
}

/// Arrows among the files of a folder. A crate's root is `crate::`, any folder is reached by `super::`.
fn arrows(folder: &Path) -> Arrows {
    let tree = Tree::of(folder);
    let in_crate = folder.ancestors().find(|path| path.file_name().is_some_and(|name| name == "src"));
    let prefix: Vec<String> = in_crate
        .and_then(|src| folder.strip_prefix(src).ok())
        .map(|rest| rest.iter().map(|part| part.to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let mut arrows = Arrows::new();
    for (from, file) in tree.files.iter().filter(|(from, _)| !from.is_empty()) {
        for path in paths(&fs::read_to_string(file).unwrap()) {
            let Some(path) = within(&path, &prefix, from) else { continue };
            let to = tree.module(&path);
            // What a module calls its own, and what the folder itself has, is no arrow.
            if !to.is_empty() && to != *from {
                arrows.entry((from.join("/"), to.join("/"))).or_insert_with(|| file.clone());
            }
        }
    }
    arrows
}

/// The same among the folders, each with all that is in it.
fn by_folder(arrows: &Arrows) -> Arrows {
    let top = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let of_folders = arrows.iter().map(|((from, to), file)| ((top(from), top(to)), file.clone()));
    of_folders.filter(|((from, to), _)| from != to).collect()
}

/// What a path names within the folder: after its prefix from the crate's root, or from a module as many `super` up.
fn within(path: &[String], prefix: &[String], from: &[String]) -> Option<Vec<String>> {
    if path.first()? == "crate" {
        return Some(path[1..].strip_prefix(prefix)?.to_vec());
    }
    let ups = path.iter().take_while(|part| *part == "super").count();
    let above = from.get(..from.len().checked_sub(ups)?)?;
    Some(above.iter().chain(&path[ups..]).cloned().collect())
}

/// Every path that begins with `crate` or `super`, braces written out.
fn paths(text: &str) -> Vec<Vec<String>> {
    let text = code(text);
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            found.extend(flatten(&text[at..]));
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{d, e}}`; what follows it is not read.
fn flatten(text: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = text;
    tree(&mut rest, &mut Vec::new(), &mut paths);
    paths
}

fn tree(rest: &mut &str, before: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let mark = before.len();
    loop {
        *rest = rest.trim_start();
        if let Some(inner) = rest.strip_prefix('{') {
            *rest = inner;
            loop {
                tree(rest, before, paths);
                *rest = rest.trim_start();
                match rest.strip_prefix(',') {
                    Some(next) => *rest = next,
                    None => break,
                }
            }
            *rest = rest.strip_prefix('}').unwrap_or(rest);
            break;
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        before.push(rest[..end].to_owned());
        *rest = rest[end..].trim_start();
        match rest.strip_prefix("::") {
            Some(next) => *rest = next,
            None => {
                paths.push(before.clone());
                // `as name`
                let alias = rest.find([',', '}', ';', '{']).unwrap_or(rest.len());
                if rest.starts_with("as ") {
                    *rest = &rest[alias..];
                }
                break;
            }
        }
    }
    before.truncate(mark);
}

/// Without lines of comment, and without tests inside the file, whose `super` is the file itself.
fn code(text: &str) -> String {
    let text = text.split("mod tests {").next().unwrap_or(text);
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines()
        .filter(is_code)
        .map(|line| line.split(" // ").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// All Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Modules that lead back to themselves; none where there is no circle.
fn circle(arrows: &Arrows) -> Vec<String> {
    let mut left: BTreeSet<&String> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
    loop {
        let leads_on = |name: &String| arrows.keys().any(|(from, to)| from == name && left.contains(to));
        let is_led_to = |name: &String| arrows.keys().any(|(from, to)| to == name && left.contains(from));
        let Some(end) = left.iter().find(|name| !leads_on(name) || !is_led_to(name)).copied() else { break };
        left.remove(end);
    }
    left.into_iter().cloned().collect()
}
