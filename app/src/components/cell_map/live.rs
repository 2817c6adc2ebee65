//! What a reader does with a map: which part is seen, what is selected, which points of one's own lie over it.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

use super::{area::Area, overlay::Overlay, view::View};
use crate::route;

/// What dragging does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// Moves the map.
    #[default]
    Move,
    /// Selects a rectangle; also with Shift.
    Rectangle,
    /// Selects by a free line.
    Lasso,
}

/// The state of a map that one can work in.
#[derive(Clone, Copy)]
pub struct Live {
    /// The part that is seen.
    pub view: RwSignal<View>,
    /// What is selected.
    pub area: RwSignal<Option<Area>>,
    /// What dragging does.
    pub tool: RwSignal<Tool>,
    /// A second set of points.
    pub over: RwSignal<Option<Arc<Overlay>>>,
}

impl Live {
    /// The whole map, nothing selected.
    pub fn new() -> Self {
        Self {
            view: RwSignal::new(View::WHOLE),
            area: RwSignal::new(None),
            tool: RwSignal::default(),
            over: RwSignal::new(None),
        }
    }

    /// As the address says (`map`, `area`), and written there when the map rests.
    pub fn in_address() -> Self {
        let live = Self::new();
        let route = route::current();
        let (view, area) = (live.view, live.area);
        let written = RwSignal::new((String::new(), String::new()));
        let said = Memo::new(move |_| route.with(|r| (r.get("map").to_owned(), r.get("area").to_owned())));
        Effect::new(move || {
            let (seen, selected) = said.get();
            if written.with_untracked(|w| *w == (seen.clone(), selected.clone())) {
                return;
            }
            view.set(View::from_text(&seen));
            area.set(Area::from_text(&selected));
            written.set((seen, selected));
        });
        let turn = RwSignal::new(0u32);
        Effect::new(move |before: Option<()>| {
            let now =
                (view.get().to_text(), area.with(|a| a.as_ref().map_or_else(String::new, Area::to_text)));
            if before.is_none() {
                return;
            }
            let own = turn.get_untracked().wrapping_add(1);
            turn.set(own);
            let write = move || {
                if turn.try_get_untracked() != Some(own) || written.with_untracked(|w| *w == now) {
                    return;
                }
                written.set(now.clone());
                route::set(route, "map", &now.0);
                route::set(route, "area", &now.1);
            };
            set_timeout(write, Duration::from_millis(250));
        });
        live
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}
