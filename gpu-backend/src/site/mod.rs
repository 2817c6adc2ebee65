//! The website: app and bundles in one layout, written as a folder or served.
//!
//! | path | content |
//! |---|---|
//! | `index.html` and the files beside it | the app |
//! | `bundles/index.json` | the bundles, the one shown first at the top |
//! | `bundles/<name>/…` | their files |
//!
//! | file | idea |
//! |---|---|
//! | `app` | [`App`]: the built app, found where set-up leaves it |
//! | `names` | [`list`]: a name for each bundle |
//! | `packed` | files packed once for every visitor |
//! | `write` | [`write()`]: the folder |

mod app;
mod names;
mod packed;
mod write;

pub use app::App;
pub use names::list;
pub use packed::{ENDINGS, is_packed_of};
pub use write::write;

#[cfg(test)]
pub(crate) mod tests;
