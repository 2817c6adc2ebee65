//! The cellprism explorer: reads a bundle from any static host and shows each concept's four readings.
//!
//! | module | idea |
//! |---|---|
//! | `boot` | what is read until the first page is there |
//! | `client` | the only file that touches the network |
//! | `local` | bundles of this computer; `zip`: one in a zip file |
//! | `bundle` | what every page needs of a bundle, and the files of one concept |
//! | `route` | the address and its state; `page`: which page it names |
//! | `search` | everything that a bundle names |
//! | `worker` | work that would stop the page |
//! | `frame` | what is around every page, and which one is shown |
//! | `parts` | where the program is cut into files that are fetched when a page needs them |
//! | `pages` `components` `plots` | what is seen |
//! | `origin` | whose content is shown |
//! | `picture` | figures as SVG and PNG |
//! | `certainty` | one scale for every pathway label |

mod boot;
mod browser;
mod bundle;
mod certainty;
mod client;
mod colours;
mod components;
mod format;
mod frame;
mod local;
mod notes;
mod origin;
mod page;
mod pages;
mod parts;
mod picture;
mod plots;
mod route;
mod search;
mod table;
mod term;
mod worker;
mod zip;

fn main() {
    boot::keep();
    leptos::mount::mount_to_body(frame::App);
}
