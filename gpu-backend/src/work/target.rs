//! Where output may go: a new name, or a regular file or folder. Never a device, a pipe or a link, which would be replaced.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::{sync, unnamed};

/// What every bundle holds: what it is, and the list of its files.
const OF_A_BUNDLE: [&str; 2] = ["manifest.json", "files.json"];

/// Refuses a path that a file must not be written to.
///
/// # Errors
/// Says what is there.
pub fn for_file(path: &Path) -> io::Result<()> {
    check(path, "a file", |found| found.is_file())
}

/// Refuses a path that a folder must not be written to.
///
/// # Errors
/// Says what is there.
pub fn for_folder(path: &Path) -> io::Result<()> {
    check(path, "a folder", |found| found.is_dir())
}

/// Refuses an output that is one of the inputs, or a file of one that is a folder: it would be gone.
///
/// # Errors
/// Names the input.
pub fn no_input(out: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    let Ok(there) = fs::canonicalize(out) else { return Ok(()) };
    match inputs.iter().find(|input| fs::canonicalize(input).is_ok_and(|input| there.starts_with(input))) {
        None => Ok(()),
        Some(input) if input.is_dir() => {
            bail!("--out {} lies in {}, which is read: choose another name", out.display(), input.display())
        }
        Some(_) => bail!(
            "--out {} is a file that is read, and would be replaced: choose another name",
            out.display()
        ),
    }
}

/// Refuses an output within a bundle, whose files are all listed in it: with one more it is no longer whole.
///
/// # Errors
/// Names the bundle.
pub fn in_no_bundle(out: &Path) -> anyhow::Result<()> {
    let folder = sync::folder_of(out);
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| PathBuf::from(folder));
    let is_bundle = |folder: &&Path| OF_A_BUNDLE.iter().all(|name| folder.join(name).is_file());
    match folder.ancestors().find(is_bundle) {
        None => Ok(()),
        Some(bundle) => bail!(
            "{} lies in the bundle {}, which would no longer be whole: choose a place outside of it",
            out.display(),
            bundle.display()
        ),
    }
}

/// Refuses a place in which nothing can be written, before the work and not after it.
///
/// # Errors
/// The system's words.
pub fn can_be_written(out: &Path) -> anyhow::Result<()> {
    let there = sync::folder_of(out).ancestors().find(|folder| folder.exists());
    let folder = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    unnamed::file_in(folder).map(drop).with_context(|| format!("cannot write {}", out.display()))
}

/// Refuses to replace a folder that none of our programs has written, whatever was asked for: `sign` is a file that all of its
/// kind have, `what` their name.
///
/// # Errors
/// Says that it is left alone.
pub fn replaces(out: &Path, sign: &str, what: &str) -> anyhow::Result<()> {
    let is_empty = fs::read_dir(out).map_or(!out.exists(), |mut there| there.next().is_none());
    if is_empty || out.join(sign).is_file() {
        return Ok(());
    }
    bail!(
        "{} is there already and no {what}, so --overwrite leaves it alone: choose another name, or remove it",
        out.display()
    )
}

fn check(path: &Path, wanted: &str, fits: fn(&fs::FileType) -> bool) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if fits(&found) {
        return Ok(());
    }
    let there = match () {
        () if found.is_symlink() => "a link",
        () if found.is_dir() => "a folder",
        () if found.is_file() => "a file",
        () => "a device or a pipe",
    };
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("{} is {there}, and would be replaced by {wanted}: choose another name", path.display()),
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_and_folders_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(for_file(&file).is_ok() && for_file(&folder.path().join("new")).is_ok());
        assert!(for_file(&link).unwrap_err().to_string().contains("a link"));
        assert!(for_file(folder.path()).unwrap_err().to_string().contains("a folder"));
        assert!(for_file(Path::new("/dev/null")).unwrap_err().to_string().contains("a device"));
        assert!(for_folder(&file).is_err() && for_folder(folder.path()).is_ok());
    }

    #[test]
    fn inputs_bundles_and_folders_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("model")).unwrap();
        for name in ["cells", "model/card.json", "other"] {
            fs::write(at(name), "x").unwrap();
        }
        std::os::unix::fs::symlink(at("cells"), at("link")).unwrap();
        let (cells, model, link) = (at("cells"), at("model"), at("link"));
        let inputs = [cells.as_path(), model.as_path()];
        let said = |out: &Path| no_input(out, &inputs).unwrap_err().to_string();
        assert!(said(&at("model/../cells")).contains("is a file that is read"));
        assert!(said(&at("model/card.json")).contains("lies in"));
        assert!(no_input(&at("cells"), &[&link]).is_err(), "by way of a link");
        for fine in ["other", "new", "model/new"] {
            assert!(no_input(&at(fine), &inputs).is_ok(), "{fine}");
        }

        assert!(in_no_bundle(&at("model/report")).is_ok());
        for name in OF_A_BUNDLE {
            fs::write(at("model").join(name), "x").unwrap();
        }
        let within = in_no_bundle(&at("model/deep/report")).unwrap_err().to_string();
        assert!(within.contains("lies in the bundle"), "{within}");
        assert!(in_no_bundle(&at("model")).is_ok());

        assert!(can_be_written(&at("new/folder/report")).is_ok() && !at("new").exists());
        let below_a_file = format!("{:#}", can_be_written(&at("cells/report")).unwrap_err());
        assert!(below_a_file.contains("cannot write"), "{below_a_file}");

        assert!(replaces(&at("new"), "cfg.json", "dictionary").is_ok());
        let theirs = replaces(&at("model"), "cfg.json", "dictionary").unwrap_err().to_string();
        assert!(theirs.contains("leaves it alone"), "{theirs}");
        assert!(replaces(&at("model"), "manifest.json", "bundle").is_ok());
    }
}
