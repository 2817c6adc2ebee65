//! When the map is painted: a sample in the frame after each change, all cells once nothing changes any more.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::prelude::*;

use super::{
    stage::Stage,
    view::{Frame, View},
};

/// Milliseconds without a change after which the map is at rest.
const REST: f64 = 120.0;

/// Paints one map.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

struct Inner {
    stage: RefCell<Option<Stage>>,
    view: RwSignal<View>,
    seen: RwSignal<Frame>,
    rested: RwSignal<u32>,
    waiting: Cell<bool>,
    stale: Cell<bool>,
    painted: Cell<Option<View>>,
    /// When the last frame was painted whose cost is not known yet.
    fresh: Cell<Option<f64>>,
    /// When all cells are to be painted, and whether they are already.
    due: Cell<Option<(f64, bool)>>,
}

impl Driver {
    /// `seen` is told what was painted last, `rested` counts how often all cells were.
    pub fn new(view: RwSignal<View>, seen: RwSignal<Frame>, rested: RwSignal<u32>) -> Self {
        Self(Rc::new(Inner {
            stage: RefCell::new(None),
            view,
            seen,
            rested,
            waiting: Cell::new(false),
            stale: Cell::new(false),
            painted: Cell::new(None),
            fresh: Cell::new(None),
            due: Cell::new(None),
        }))
    }

    /// Paints on this from now on.
    pub fn take(&self, stage: Stage) {
        self.0.stage.replace(Some(stage));
    }

    /// Does something with the canvas and its painter, where there is one.
    pub fn with<T>(&self, work: impl FnOnce(&mut Stage) -> T) -> Option<T> {
        self.0.stage.borrow_mut().as_mut().map(work)
    }

    /// Something other than the view changed.
    pub fn refresh(&self) {
        self.0.stale.set(true);
        self.request();
    }

    /// Asks for a frame.
    pub fn request(&self) {
        if !self.0.waiting.replace(true) {
            let own = self.clone();
            request_animation_frame(move || {
                own.0.waiting.set(false);
                own.tick();
            });
        }
    }

    fn tick(&self) {
        let here = &self.0;
        let Some(view) = here.view.try_get_untracked() else { return };
        let now = window().performance().map_or(0.0, |clock| clock.now());
        let mut stage = here.stage.borrow_mut();
        let Some(stage) = stage.as_mut() else { return };
        if let Some(before) = here.fresh.take() {
            stage.learn(now - before);
        }
        if here.stale.take() || here.painted.get() != Some(view) {
            if !stage.aim(view) {
                return;
            }
            let whole = stage.sample();
            here.painted.set(Some(view));
            here.fresh.set(Some(now));
            here.due.set(Some((now + REST, whole)));
            here.seen.try_set(stage.frame);
            return self.request();
        }
        match here.due.get() {
            Some((due, _)) if now < due => self.request(),
            Some((_, whole)) if whole || stage.more() => {
                here.due.set(None);
                here.rested.try_update(|n| *n = n.wrapping_add(1));
            }
            Some(_) => {
                here.fresh.set(Some(now));
                self.request();
            }
            None => {}
        }
    }
}
