//! The model through which genes are swapped, opened when it is needed: whoever only puts together what others have described
//! needs neither its device nor its weights.

use std::sync::OnceLock;

use anyhow::anyhow;

use crate::{
    models::{Prepared, Swapper},
    runtime::Place,
};

/// Opened at the first call of [`Opened::get`].
pub struct Opened<'a> {
    model: &'a dyn Prepared,
    place: Place,
    swapper: OnceLock<Result<Box<dyn Swapper + 'a>, String>>,
}

impl<'a> Opened<'a> {
    /// Not yet.
    pub fn later(model: &'a dyn Prepared, place: &Place) -> Self {
        Self { model, place: place.clone(), swapper: OnceLock::new() }
    }

    /// The model. Whoever calls this from several threads has called it before from one: opening may itself use all of them.
    ///
    /// # Errors
    /// If the device is not there, or weights are damaged.
    pub fn get(&self) -> anyhow::Result<&(dyn Swapper + 'a)> {
        let opened = self
            .swapper
            .get_or_init(|| self.model.swapper(&self.place).map_err(|error| format!("{error:#}")));
        match opened {
            Ok(swapper) => Ok(&**swapper),
            Err(error) => Err(anyhow!(error.clone())),
        }
    }
}
