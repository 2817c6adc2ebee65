//! The website: app and bundles in one layout, written as a folder or served.
//!
//! | path | content |
//! |---|---|
//! | `index.html` and the files beside it | the app |
//! | `heads/NN.json` | titles and verdicts of the first bundle's concepts |
//! | `bundles/index.json` | the bundles, the one shown first at the top |
//! | `bundles/<name>/…` | their files |
//!
//! | file | idea |
//! |---|---|
//! | `app` | [`App`]: the built app, found where set-up leaves it |
//! | `greeting` | what is read before the program runs |
//! | `names` | [`list`]: a name for each bundle |
//! | `packed` | files packed once for every visitor |
//! | `write` | [`write()`]: the folder |

mod app;
mod greeting;
mod names;
mod packed;
mod write;

pub use app::App;
pub use greeting::greet;
pub use names::list;
pub use packed::{ENDINGS, is_packed_of};
pub use write::write;

#[cfg(test)]
pub(crate) mod tests;
