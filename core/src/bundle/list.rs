//! `bundles/index.json` of a site: the bundles that it shows.

use serde::{Deserialize, Serialize};

/// Where a site lists its bundles, from its root: a JSON list of [`BundleEntry`], the one shown first at the top.
pub const BUNDLE_LIST: &str = "bundles/index.json";

/// A bundle of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleEntry {
    /// Name, unique within the site.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Its folder from the site's root, with a slash at the end: `bundles/pbmc3k-scvi-200-5/`.
    pub path: String,
    /// Digest over inputs and parameters.
    #[serde(default)]
    pub tag: String,
}
