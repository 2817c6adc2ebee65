//! Gene set files.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::path,
    gsea::{GeneSets, LARGEST_FILE},
};

use crate::work::regular;

/// Reads GMT, packed or not.
///
/// # Errors
/// Names the file and the line.
pub fn read(path: &Path) -> anyhow::Result<GeneSets> {
    let bytes =
        regular::read(path, LARGEST_FILE).with_context(|| format!("cannot read {}", path.display()))?;
    GeneSets::parse(&bytes).with_context(|| path.display().to_string())
}

/// Names of libraries that are read together: they stand before terms, and name files of a bundle.
///
/// # Errors
/// If two have the same, or one cannot name a file everywhere.
pub fn library_names<P: AsRef<Path>>(paths: &[P]) -> anyhow::Result<Vec<String>> {
    let mut taken: HashMap<String, &Path> = HashMap::new();
    let mut names = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        let name = library_name(path);
        if name.is_empty() || !path::is_safe(&path::gene_sets(&name)) {
            bail!("{}: {name:?} cannot be the name of a library: rename the file", path.display());
        }
        // Some file systems do not tell upper from lower case.
        if let Some(other) = taken.insert(name.to_lowercase(), path) {
            bail!(
                "--gene-sets: {} and {} are both the library {name:?}: rename one of the files, or leave one out",
                other.display(),
                path.display()
            );
        }
        names.push(name);
    }
    Ok(names)
}

/// The file's name without `.gmt` and `.gz`.
pub fn library_name(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "library".into(), |n| n.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".gmt").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_libraries_have_two_names() {
        let names = library_names(&["GO_2025.gmt.gz", "sets/hallmark.gmt", "mine"]).unwrap();
        assert_eq!(names, ["GO_2025", "hallmark", "mine"]);
        for other in ["b/sets.gmt", "a/Sets.gmt.gz", "a/sets.gmt"] {
            let error = library_names(&["a/sets.gmt", other]).unwrap_err().to_string();
            assert!(error.contains("a/sets.gmt and") && error.contains("both the library"), "{error}");
        }
        assert!(library_names(&["sets/.gmt"]).is_err());
        assert_eq!(library_names::<&str>(&[]).unwrap(), Vec::<String>::new());
    }
}
