//! The order of the modules, computed from `use` and paths: in gpu-backend a folder imports only from those below it, in core
//! no two folders import each other.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The folders of gpu-backend, top down.
const ORDER: [&str; 8] = ["cli", "http", "site", "jobs", "models", "runtime", "files", "work"];

/// Which modules of a folder import which others, with a file for each arrow.
type Arrows = BTreeMap<(String, String), PathBuf>;

#[test]
fn folders_of_the_backend_import_downwards() {
    let arrows = arrows(&root().join("src"));
    let place = |name: &str| ORDER.iter().position(|known| known == &name);
    let up: Vec<String> = arrows
        .iter()
        .filter(|((from, to), _)| place(from).is_some() && place(from) > place(to))
        .map(|((from, to), file)| format!("{from} -> {to} in {}", file.display()))
        .collect();
    assert!(up.is_empty(), "arrows against the order {ORDER:?}: {up:#?}");
    let modules: BTreeSet<&String> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
    let unknown = |name: &&String| place(name).is_none() && !["main", "lib"].contains(&name.as_str());
    let unknown: Vec<_> = modules.into_iter().filter(unknown).collect();
    assert!(unknown.is_empty(), "folders that have no place in the order: {unknown:?}");
    assert!(arrows.len() > 20, "only {} arrows were found", arrows.len());
}

#[test]
fn no_two_folders_of_core_import_each_other() {
    for folder in ["../core/src", "../core/src/sae/train"] {
        let arrows = arrows(&root().join(folder));
        let circle = circle(&arrows);
        assert!(circle.is_empty(), "{folder}: a circle {circle:?} of {arrows:#?}");
        assert!(arrows.len() > 10, "only {} arrows were found in {folder}", arrows.len());
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
    write("a.rs", "use super::{Thing, b::{self, X}};\n");
    write("b/mod.rs", "// use super::a::Y;\nmod inner;\n");
    write("b/inner.rs", "fn f() -> super::super::c::Z { super::g() }\n");
    write("c.rs", "");
    let found: Vec<(String, String)> = arrows(folder.path()).into_keys().collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(found, [pair("a", "b"), pair("a", "c"), pair("b", "c")]);
    assert!(circle(&arrows(folder.path())).is_empty());
    write("c.rs", "use super::a::Y;\n");
    assert_eq!(circle(&arrows(folder.path())).len(), 3);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Arrows among the modules directly within a folder. A crate's root is `crate::`, any folder is reached by `super::`.
fn arrows(folder: &Path) -> Arrows {
    let files = sources(folder);
    let modules: BTreeSet<String> = files.iter().map(|file| module(folder, file)).collect();
    let exports = exports(folder, &modules);
    let in_crate = folder.ancestors().find(|path| path.file_name().is_some_and(|name| name == "src"));
    let prefix: Vec<String> = in_crate
        .and_then(|src| folder.strip_prefix(src).ok())
        .map(|rest| rest.iter().map(|part| part.to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let mut arrows = Arrows::new();
    for file in &files {
        let from = module(folder, file);
        if from == "mod" || from == "lib" || from == "main" {
            continue;
        }
        let inside = file.strip_prefix(folder).unwrap().with_extension("");
        let mut depth = inside.components().count();
        if inside.ends_with("mod") {
            depth -= 1;
        }
        for path in paths(&fs::read_to_string(file).unwrap()) {
            let rest = within(&path, &prefix, depth);
            let Some(name) = rest.first() else { continue };
            let to = if modules.contains(name) { Some(name) } else { exports.get(name) };
            if let Some(to) = to.filter(|to| **to != from) {
                arrows.entry((from.clone(), to.clone())).or_insert_with(|| file.clone());
            }
        }
    }
    arrows
}

/// What a path names within the folder: after its prefix from the crate's root, or after as many `super` as lead to it.
fn within(path: &[String], prefix: &[String], depth: usize) -> Vec<String> {
    match path.first().map(String::as_str) {
        Some("crate") => path[1..].strip_prefix(prefix).unwrap_or(&[]).to_vec(),
        Some("super") => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            if ups == depth { path[ups..].to_vec() } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// Items that `mod.rs` or `lib.rs` passes on, with the module that has them.
fn exports(folder: &Path, modules: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for name in ["mod.rs", "lib.rs"] {
        let Ok(text) = fs::read_to_string(folder.join(name)) else { continue };
        for statement in code(&text).split(';') {
            let Some(list) = statement.split("pub use ").nth(1) else { continue };
            for path in flatten(list) {
                let path: Vec<&str> =
                    path.iter().map(String::as_str).skip_while(|part| *part == "self").collect();
                if let [first, .., last] = path[..]
                    && modules.contains(first)
                {
                    found.insert(last.to_owned(), first.to_owned());
                }
            }
        }
    }
    found
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

/// Without lines of comment.
fn code(text: &str) -> String {
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

/// The module directly within a folder that a file belongs to.
fn module(folder: &Path, file: &Path) -> String {
    let first = file.strip_prefix(folder).unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).with_extension("").to_string_lossy().into_owned()
}

/// Modules that lead back to themselves; none where there is no circle.
fn circle(arrows: &Arrows) -> Vec<String> {
    let mut left: BTreeSet<&String> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
    loop {
        let leads_on = |name: &&&String| arrows.keys().any(|(from, to)| from == **name && left.contains(to));
        let Some(end) = left.iter().find(|name| !leads_on(name)).copied() else { break };
        left.remove(end);
    }
    left.into_iter().cloned().collect()
}
