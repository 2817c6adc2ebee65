//! The cellprism explorer: reads a bundle from any static host and shows each concept's four readings.
//!
//! | module | idea |
//! |---|---|
//! | `client` | the only file that touches the network |
//! | `bundle` | what every page needs of a bundle, and the files of one concept |
//! | `route` | the address: which page, and its state |
//! | `worker` | work that would stop the page |
//! | `pages` `components` `plots` | what is seen |

mod browser;
mod bundle;
mod client;
mod colours;
mod components;
mod format;
mod notes;
mod pages;
mod plots;
mod route;
mod worker;

fn main() {
    leptos::mount::mount_to_body(components::frame::App);
}
