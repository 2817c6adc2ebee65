//! `bundles/index.json` of a site: the bundles that it shows.

use serde::{Deserialize, Serialize};

use super::JsonFile;

/// Where a site lists its bundles, from its root: a JSON list of [`BundleEntry`], the one shown first at the top.
pub const BUNDLE_LIST: &str = "bundles/index.json";

/// Folder of a site's bundles.
pub const BUNDLES: &str = "bundles/";

/// Folder of a bundle within a site.
pub fn bundle_folder(name: &str) -> String {
    format!("{BUNDLES}{name}/")
}

/// A bundle of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleEntry {
    /// Name, unique within the site.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// Its folder from the site's root, with a slash at the end: `bundles/pbmc3k-scvi-200-5/`.
    pub path: String,
    /// Digest over inputs and parameters.
    #[serde(default)]
    pub tag: String,
}

/// The bundles of a site.
pub type BundleList = Vec<BundleEntry>;

impl JsonFile for BundleList {}
