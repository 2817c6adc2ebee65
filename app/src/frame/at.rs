//! How far the page is with its bundle.

use std::sync::Arc;

use crate::{bundle::Bundle, client::FetchError};

/// How far the page is with its bundle.
#[derive(Clone)]
pub enum At {
    /// It is being fetched.
    Looking,
    /// The site has none.
    Nothing,
    /// The address names what only another visit had on its computer.
    Left(String),
    /// Content of another origin, at this address, waits for the reader.
    Asking(String, String),
    /// It could not be fetched.
    Failed(FetchError),
    /// It is there.
    Shown(Arc<Bundle>),
}

impl At {
    /// After loading.
    pub fn of(loaded: Result<Arc<Bundle>, FetchError>) -> Self {
        loaded.map_or_else(Self::Failed, Self::Shown)
    }
}
