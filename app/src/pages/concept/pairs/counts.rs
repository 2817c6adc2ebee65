//! The counts of the cells: the largest file of a concept, fetched once the reader comes near what shows it, or asks for it.

use std::sync::Arc;

use cellprism_app::task::samples::Samples;
use futures::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use leptos::prelude::*;

use super::Shown;
use crate::{client::FetchError, components::states::Load};

type Fetched = Shared<LocalBoxFuture<'static, Result<Arc<Samples>, FetchError>>>;

/// The counts of all cells of the concept's pairs.
#[derive(Clone, Copy)]
pub struct Counts {
    /// Waiting until somebody asks for them.
    pub state: RwSignal<Load<Arc<Samples>>>,
    shown: StoredValue<Shown>,
    fetched: StoredValue<Option<Fetched>, LocalStorage>,
}

impl Counts {
    /// Nothing is fetched yet.
    pub fn new(shown: &Shown) -> Self {
        Self {
            state: RwSignal::new(Load::Waiting),
            shown: StoredValue::new(shown.clone()),
            fetched: StoredValue::new_local(None),
        }
    }

    /// Fetches them, once, and shows them.
    pub fn ask(self) {
        self.then(|_| ());
    }

    /// Does something with them when they are there.
    pub fn then(self, act: impl FnOnce(&Samples) + 'static) {
        let Some(shown) = self.shown.try_get_value() else { return };
        let fetched = self.fetched.try_update_value(|fetched| {
            fetched.get_or_insert_with(|| fetch(shown).boxed_local().shared()).clone()
        });
        leptos::task::spawn_local(async move {
            let Some(fetched) = fetched else { return };
            let found = fetched.await;
            if self.state.try_with_untracked(|state| matches!(state, Load::Waiting)) == Some(true) {
                self.state.try_set(match &found {
                    Ok(samples) => Load::Ready(samples.clone()),
                    Err(error) => Load::Failed(error.clone()),
                });
            }
            if let Ok(samples) = found {
                act(&samples);
            }
        });
    }
}

async fn fetch(shown: Shown) -> Result<Arc<Samples>, FetchError> {
    let name = shown.listing.subject.samples(shown.row.id);
    let bytes = shown.bundle.bytes(&name).await?;
    match Samples::read(&bytes, shown.bundle.genes.symbols.len()) {
        Ok(samples) => Ok(Arc::new(samples)),
        Err(what) => Err(FetchError { file: name, what }),
    }
}
