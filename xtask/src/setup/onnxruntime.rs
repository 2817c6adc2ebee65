//! The ONNX Runtime library, out of the wheel that its makers publish; no Python runs it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{
    cache::{self, Cache},
    distribution,
};
use crate::step::{logged, output, program, step};

/// The version that the program is tested with.
pub(crate) const VERSION: &str = "1.32.0";

/// SHA-256 of the wheels of CPython 3.12 for Linux (x86-64, ARM) and macOS (ARM); the library inside is the same for
/// every Python.
const WHEELS: [&str; 3] = [
    "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
    "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
    "d52510bbbcc880c13b826f7d75cdf33ac5cf0bb864d960000fc29ce73f0cb83e",
];

/// File with the library's checksum and name, as `sha256sum` writes it.
const RECORD: &str = "SHA256";

/// Where the library is put; the program looks there by itself.
pub(crate) fn folder(cache: &Path) -> PathBuf {
    cache.join(format!("onnxruntime-{VERSION}"))
}

/// The library that the program will find, if one is there: `ORT_DYLIB_PATH`, else the cache, where it must be what
/// was put there.
pub(crate) fn present() -> Option<PathBuf> {
    let given = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
    given.filter(|path| path.exists()).or_else(|| unchanged(&folder(&Cache::location().ok()?)))
}

/// The library of a folder, if its checksum is the recorded one.
fn unchanged(folder: &Path) -> Option<PathBuf> {
    let recorded = fs::read_to_string(folder.join(RECORD)).ok()?;
    let (sum, name) = recorded.trim().split_once("  ")?;
    let library = folder.join(name);
    (sum_of(&library).ok()? == sum).then_some(library)
}

fn sum_of(file: &Path) -> Result<String> {
    Ok(format!("{:x}", Sha256::digest(fs::read(file)?)))
}

/// Makes sure that the library is there.
///
/// # Errors
/// If there is no pip to fetch it with, pip fails, or the wheel isn't the one expected.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(library) = present() {
        return Ok(library);
    }
    let cache = Cache::open()?;
    if let Some(library) = present() {
        return Ok(library);
    }
    if pip().is_none() && distribution::can_install() {
        step("pip, from the distribution", || distribution::install(&cache, "python3-pip"))?;
    }
    let Some(pip) = pip() else { bail!("no pip to fetch ONNX Runtime with: {REMEDY}") };
    step(&format!("ONNX Runtime {VERSION}, from its Python wheel (about 20 MB)"), || fetch(&cache, &pip))?;
    present().context("the wheel of ONNX Runtime held no library")
}

/// What to do where it cannot be fetched.
pub(crate) const REMEDY: &str = "install Python 3 with pip (Debian: apt-get install python3-pip), or set ORT_DYLIB_PATH to \
                          an ONNX Runtime library that you have";

/// How pip is called here.
pub(crate) fn pip() -> Option<Vec<String>> {
    let ways: [&[&str]; 4] = [&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]];
    let works = |way: &&&[&str]| {
        program(way[0]).is_some() && output(Command::new(way[0]).args(&way[1..]).arg("--version")).is_some()
    };
    ways.iter().find(works).map(|way| way.iter().map(|&word| word.to_owned()).collect())
}

fn fetch(cache: &Cache, pip: &[String]) -> Result<()> {
    let work = cache.path("onnxruntime.partial");
    cache::remove(&work)?;
    fs::create_dir_all(&work)?;
    let hashes = WHEELS.map(|hash| format!(" --hash=sha256:{hash}")).concat();
    fs::write(work.join("requirements.txt"), format!("onnxruntime=={VERSION}{hashes}\n"))?;
    let mut download = Command::new(&pip[0]);
    download
        .args(&pip[1..])
        .args(["download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"])
        .args(["--python-version=3.12", "--implementation=cp", "--require-hashes", "-r", "requirements.txt"])
        .current_dir(&work);
    logged(&mut download, &cache.log("onnxruntime"))?;
    let wheel = file_in(&work, |name| name.ends_with(".whl")).context("pip left no wheel")?;
    unpack(&wheel, &work, cache)?;
    let inside = work.join("onnxruntime/capi");
    let is_library = |name: &str| name.starts_with("libonnxruntime.") && !name.contains("providers");
    let library = file_in(&inside, is_library).context("the wheel holds no ONNX Runtime library")?;
    let finished = folder(&cache.path(""));
    let partial = work.join("finished");
    fs::create_dir_all(&partial)?;
    let name = library.file_name().context("no name")?.to_string_lossy().into_owned();
    fs::rename(&library, partial.join(&name))?;
    for notice in ["LICENSE", "ThirdPartyNotices.txt"] {
        let from = work.join("onnxruntime").join(notice);
        if from.exists() {
            fs::rename(from, partial.join(notice))?;
        }
    }
    fs::write(partial.join(RECORD), format!("{}  {name}\n", sum_of(&partial.join(&name))?))?;
    cache::remove(&finished)?;
    fs::rename(&partial, &finished)?;
    cache::remove(&work)
}

/// A wheel is a zip file.
fn unpack(wheel: &Path, into: &Path, cache: &Cache) -> Result<()> {
    let python =
        program("python3").or_else(|| program("python")).context("no python3 to unpack the wheel with")?;
    logged(
        Command::new(python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(into),
        &cache.log("onnxruntime-unpack"),
    )
}

fn file_in(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| wanted(&name.to_string_lossy())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_changed_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libonnxruntime.so.1");
        fs::write(&library, "code").unwrap();
        fs::write(
            folder.path().join(RECORD),
            format!("{}  libonnxruntime.so.1\n", sum_of(&library).unwrap()),
        )
        .unwrap();
        assert_eq!(unchanged(folder.path()), Some(library.clone()));
        fs::write(&library, "other code").unwrap();
        assert_eq!(unchanged(folder.path()), None);
    }
}
