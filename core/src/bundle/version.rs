//! The version of the layout.

use serde::{Deserialize, Serialize};

/// Name in [`super::Manifest::schema`].
pub const SCHEMA_NAME: &str = "cellprism-bundle";
/// The version written by this release. A reader refuses a larger major number by name.
pub const SCHEMA_VERSION: SchemaVersion = SchemaVersion { major: 1, minor: 6 };

/// Version of the bundle's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SchemaVersion {
    /// Raised when older readers would misread.
    pub major: u32,
    /// Raised when fields are added.
    pub minor: u32,
}
