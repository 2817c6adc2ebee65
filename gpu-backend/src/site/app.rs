//! The built app: an explicit folder, `CELLPRISM_APP`, beside this program, the cache that `cargo xtask` fills.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// Largest app that is read.
const MOST_BYTES: u64 = 256 << 20;

/// The files of the built app.
#[derive(Clone, Debug)]
pub struct App {
    /// Content by path, with `/`.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl App {
    /// Finds and reads the app.
    ///
    /// # Errors
    /// If it is in none of the places; the error names them and says how to get it.
    pub fn find(explicit: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = explicit {
            return Self::read(folder).context("--app");
        }
        if let Some(folder) = env::var_os("CELLPRISM_APP").filter(|folder| !folder.is_empty()) {
            return Self::read(Path::new(&folder)).context("CELLPRISM_APP");
        }
        let places = places();
        match places.iter().find(|folder| folder.join("index.html").is_file()) {
            Some(folder) => Self::read(folder),
            None => {
                let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
                bail!(
                    "the app is not built: run `cargo xtask build`, or give its folder with --app DIR (not in {})",
                    places.join(", ")
                )
            }
        }
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// If there is no `index.html` in it, or it links from the server's root and so would not work in a sub-path.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut app = Self { files: BTreeMap::new() };
        let mut left = MOST_BYTES;
        app.add(folder, "", &mut left)?;
        let Some(html) = app.files.get("index.html") else {
            bail!("no index.html in {}: is the app built there?", folder.display());
        };
        let html = String::from_utf8_lossy(html);
        if let Some(link) = absolute_link(&html) {
            bail!(
                "{}: index.html links to {link}, which would not work in a sub-path: build the app with relative links",
                folder.display()
            );
        }
        Ok(app)
    }

    fn add(&mut self, folder: &Path, prefix: &str, left: &mut u64) -> anyhow::Result<()> {
        let failed = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(folder).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().with_context(failed)?.is_dir() {
                self.add(&entry.path(), &format!("{name}/"), left)?;
                continue;
            }
            let size = entry.metadata().with_context(failed)?.len();
            let Some(rest) = left.checked_sub(size) else {
                bail!("{} is no app: more than {} MB", folder.display(), MOST_BYTES >> 20);
            };
            *left = rest;
            let content =
                fs::read(entry.path()).with_context(|| format!("cannot read {}", entry.path().display()))?;
            self.files.insert(name, content);
        }
        Ok(())
    }
}

/// Where set-up leaves the app: installed beside the program, built in the project's target folder, cached.
fn places() -> Vec<PathBuf> {
    let program = env::current_exe().ok().map(|program| program.canonicalize().unwrap_or(program));
    let folder = program.as_deref().and_then(Path::parent);
    let mut places = Vec::new();
    places.extend(folder.map(|folder| folder.join("app")));
    places.extend(folder.and_then(Path::parent).map(|folder| folder.join("app")));
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    places.extend(cache.map(|cache| cache.join("cellprism/app")));
    places
}

/// The first link from the server's root.
fn absolute_link(html: &str) -> Option<&str> {
    ["src=\"/", "href=\"/", "src='/", "href='/", "from '/", "from \"/", "import('/", "import(\"/"]
        .iter()
        .find_map(|start| html.find(start).map(|at| at + start.len() - 1))
        .map(|at| &html[at..html[at..].find(['"', '\'']).map_or(html.len(), |end| at + end)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(html: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), html).unwrap();
        folder
    }

    #[test]
    fn an_app_bound_to_the_root_is_refused() {
        let good = folder("<script src=\"./start.js\"></script><a href=\"https://example.org/\">x</a>");
        fs::create_dir(good.path().join("fonts")).unwrap();
        fs::write(good.path().join("fonts/a.woff2"), "x").unwrap();
        let app = App::read(good.path()).unwrap();
        assert_eq!(app.files.keys().collect::<Vec<_>>(), ["fonts/a.woff2", "index.html"]);
        let bad = folder("<link href=\"/app.css\">");
        let error = App::read(bad.path()).unwrap_err().to_string();
        assert!(error.contains("/app.css,"), "{error}");
    }

    #[test]
    fn a_folder_without_index_html_is_no_app() {
        let empty = tempfile::tempdir().unwrap();
        assert!(App::read(empty.path()).unwrap_err().to_string().contains("no index.html"));
        let error = format!("{:#}", App::find(Some(&empty.path().join("none"))).unwrap_err());
        assert!(error.starts_with("--app: cannot read"), "{error}");
    }
}
