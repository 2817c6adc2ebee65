//! Finding the ONNX Runtime library: an explicit path, `ORT_DYLIB_PATH`, beside this program, the cache that
//! `cargo xtask` fills. Nothing is downloaded here and no system folder is searched by chance.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::EngineError;

/// Where the library is.
///
/// # Errors
/// If it is not in any of the places; the error names them and says how to get it. An explicit path, by option
/// or environment, that holds no library is an error too.
pub fn find(explicit: Option<&Path>) -> Result<PathBuf, EngineError> {
    if let Some(path) = explicit {
        return given(path, "--onnxruntime");
    }
    if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        return given(Path::new(&path), "ORT_DYLIB_PATH");
    }
    let program = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    program
        .iter()
        .find_map(|folder| library_in(folder))
        .or_else(|| cache().and_then(|folder| newest_in(&folder)))
        .ok_or_else(|| EngineError::NotFound { cache: cache().unwrap_or_default() })
}

/// The version in a library's name (`libonnxruntime.so.1.32.0`) or in its folder's (`onnxruntime-1.32.0`).
pub(super) fn version_of(path: &Path) -> Option<String> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = real.file_name()?.to_str()?;
    let by_name = name.split_once(".so.").map(|(_, version)| version);
    let folders = real.ancestors().skip(1).filter_map(|folder| folder.file_name()?.to_str());
    let by_folder = || folders.filter_map(folder_version).next();
    by_name.or_else(by_folder).filter(|version| numbers(version).len() > 1).map(str::to_owned)
}

fn given(path: &Path, source: &'static str) -> Result<PathBuf, EngineError> {
    let found = if path.is_dir() { library_in(path) } else { path.is_file().then(|| path.to_owned()) };
    found.ok_or_else(|| EngineError::GivenPath { path: path.to_owned(), source_name: source })
}

/// `${XDG_CACHE_HOME:-~/.cache}/cellprism`.
fn cache() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("cellprism"))
}

/// The newest `onnxruntime-<version>` of a cache folder that holds a library.
fn newest_in(cache: &Path) -> Option<PathBuf> {
    let mut found: Vec<(Vec<u64>, PathBuf)> = fs::read_dir(cache)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let version = numbers(folder_version(entry.file_name().to_str()?)?);
            Some((version, library_in(&entry.path())?))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// The library of a folder: the plain name first, then the highest version.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let plain = format!("{}onnxruntime{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let is_library = |name: &str| {
        name == plain
            || name
                .strip_prefix(&plain)
                .is_some_and(|rest| rest.starts_with('.') && !numbers(&rest[1..]).is_empty())
    };
    let mut names: Vec<(bool, Vec<u64>, PathBuf)> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_owned();
            let version = name.strip_prefix(&plain).map(|rest| numbers(rest.trim_start_matches('.')));
            (is_library(&name) && entry.path().is_file())
                .then(|| (name == plain, version.unwrap_or_default(), entry.path()))
        })
        .collect();
    names.sort();
    names.pop().map(|(_, _, path)| path)
}

fn folder_version(name: &str) -> Option<&str> {
    name.strip_prefix("onnxruntime-")
}

/// "1.32.0" as numbers; empty where it is no version.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_cached_version_is_taken() {
        let cache = tempfile::tempdir().unwrap();
        for version in ["1.9.2", "1.32.0", "next"] {
            let folder = cache.path().join(format!("onnxruntime-{version}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(format!("libonnxruntime.so.{version}")), "").unwrap();
            fs::write(folder.join("libonnxruntime_providers_shared.so"), "").unwrap();
        }
        let found = newest_in(cache.path()).unwrap();
        assert!(found.ends_with("onnxruntime-1.32.0/libonnxruntime.so.1.32.0"), "{found:?}");
        assert_eq!(version_of(&found).as_deref(), Some("1.32.0"));
        assert_eq!(
            version_of(&cache.path().join("onnxruntime-1.9.2/libonnxruntime.so")).as_deref(),
            Some("1.9.2")
        );
    }

    #[test]
    fn a_given_path_must_hold_a_library() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("--onnxruntime"), "{error}");
    }
}
