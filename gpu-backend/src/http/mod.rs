//! The web server: the layout of [`crate::site`], with caching, compression and security headers.
//!
//! | file | idea |
//! |---|---|
//! | `router` | [`router`]: every route and layer |
//! | `shelf` | [`Shelf`]: the bundles that are shown |
//! | `bundles` | their list and their files |
//! | `app` | the app's files, held in memory |
//! | `caching` | what a browser may keep |
//! | `access` | who may ask: token, name of the host |
//! | `tokens` | [`Tokens`]: names, roles and quotas |
//! | `api` | jobs over HTTP, where there is a folder for them |
//! | `headers` | what a browser may do with the answers |
//! | `problem` | [`Problem`]: errors as `application/problem+json` |
//! | `status` | `/health` and `/info` |
//! | `serve` | [`Server`]: listens to so many clients for so long, and ends in order |
//! | `patience` | clients that stop reading |

mod access;
mod api;
mod app;
mod bundles;
mod caching;
mod headers;
mod patience;
mod problem;
mod router;
mod serve;
mod shelf;
mod status;
#[cfg(test)]
mod tests;
mod tokens;

pub use access::Access;
pub use api::{Api, documented};
pub use problem::Problem;
pub use router::{Content, router};
pub use serve::{Limits, Server};
pub use shelf::Shelf;
pub use status::OnnxRuntime;
pub use tokens::{Quotas, Role, Token, Tokens, Who};
