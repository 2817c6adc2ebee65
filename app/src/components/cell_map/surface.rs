//! What a reader's hands do on the map: wheel and pinch enlarge it, dragging moves it or selects, keys do all of it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

use super::{
    area::Area,
    live::{Live, Tool},
    view::{Frame, View},
};

/// A step of `+`, `−` and double-click.
const STEP: f64 = 1.6;
/// Milliseconds after the page was scrolled in which the wheel still scrolls it.
const SCROLLING: f64 = 350.0;
/// Pixels that a click may move.
const STILL: f64 = 4.0;

/// One finger, pen or mouse that is down.
#[derive(Clone, Copy, Debug)]
struct Pointer {
    id: i32,
    at: (f64, f64),
}

/// The surface of one map.
#[derive(Clone, Copy)]
pub struct Surface {
    /// The map's state.
    pub live: Live,
    /// What was painted last.
    pub seen: RwSignal<Frame>,
    /// Where somebody points, in the map's coordinates.
    pub pointed: RwSignal<Option<[f64; 2]>>,
    /// Whether the keyboard points.
    pub by_keys: RwSignal<bool>,
    /// Corners of an area that is being drawn.
    pub line: RwSignal<Vec<[f64; 2]>>,
    /// Counts clicks and Enter on a cell.
    pub asked: RwSignal<u32>,
    pointers: StoredValue<Vec<Pointer>>,
    began: StoredValue<(f64, f64)>,
    dragging: RwSignal<Option<Tool>>,
}

impl Surface {
    /// Nobody points.
    pub fn new(live: Live) -> Self {
        let frame = Frame { width: 0.0, height: 0.0, margin: 0.0, view: View::WHOLE };
        Self {
            live,
            seen: RwSignal::new(frame),
            pointed: RwSignal::new(None),
            by_keys: RwSignal::new(false),
            line: RwSignal::new(Vec::new()),
            asked: RwSignal::new(0),
            pointers: StoredValue::new(Vec::new()),
            began: StoredValue::new((0.0, 0.0)),
            dragging: RwSignal::new(None),
        }
    }

    /// The map as it will be painted next.
    fn frame(self) -> Frame {
        Frame { view: self.live.view.get_untracked(), ..self.seen.get_untracked() }
    }

    /// Enlarges around a place; the middle of what is seen where none is given.
    pub fn zoom(self, factor: f64, at: Option<[f64; 2]>) {
        self.live.view.update(|view| *view = view.zoomed(factor, at.unwrap_or([view.x, view.y])));
    }

    /// A step nearer.
    pub fn nearer(self) {
        self.zoom(STEP, None);
    }

    /// A step further away.
    pub fn further(self) {
        self.zoom(STEP.recip(), None);
    }

    /// Selects all that is seen.
    pub fn select_seen(self) {
        let View { x, y, zoom } = self.live.view.get_untracked();
        // With room for the cells at the edge of the whole map.
        let half = 0.5 / zoom + 0.002;
        self.live.area.set(Area::rectangle([x - half, y - half], [x + half, y + half]));
    }

    /// The wheel; a page that is being scrolled goes on scrolling.
    pub fn wheel(self, event: &WheelEvent) {
        let now = window().performance().map_or(0.0, |clock| clock.now());
        let pinch = event.ctrl_key() || event.meta_key();
        let scrolled = LAST_SCROLL.with(std::cell::Cell::get);
        let out = event.delta_y() > 0.0 && self.live.view.get_untracked().zoom <= 1.0;
        if !pinch && (out || now - scrolled < SCROLLING) {
            return;
        }
        event.prevent_default();
        let lines = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { 16.0 } else { 1.0 };
        let speed = if pinch { 0.01 } else { 0.0015 };
        let (x, y) = place(event);
        let at = self.frame().place(x, y);
        self.zoom((-event.delta_y() * lines * speed).clamp(-1.0, 1.0).exp(), Some(at));
    }

    /// A finger or a button goes down.
    pub fn down(self, event: &PointerEvent) {
        if event.button() != 0 {
            return;
        }
        let at = place(event);
        self.by_keys.set(false);
        let n = self.pointers.try_update_value(|all| {
            all.push(Pointer { id: event.pointer_id(), at });
            all.len()
        });
        if n != Some(1) {
            // Two fingers enlarge; what one of them had begun is given up.
            self.line.set(Vec::new());
            return self.dragging.set(None);
        }
        let tool = if event.shift_key() { Tool::Rectangle } else { self.live.tool.get_untracked() };
        self.began.set_value(at);
        self.dragging.set(Some(tool));
        if tool != Tool::Move {
            let (x, y) = at;
            self.line.set(vec![self.frame().place(x, y)]);
        }
        if let Some(element) = event.current_target().and_then(|t| t.dyn_into::<HtmlElement>().ok()) {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
    }

    /// It moves.
    pub fn moved(self, event: &PointerEvent) {
        let at = place(event);
        let before = self.pointers.get_value();
        let Some(own) = before.iter().position(|pointer| pointer.id == event.pointer_id()) else {
            // Nothing is down: it points.
            if event.pointer_type() != "touch" {
                self.by_keys.set(false);
                self.pointed.set(Some(self.frame().place(at.0, at.1)));
            }
            return;
        };
        self.pointers.update_value(|all| all[own].at = at);
        let frame = self.frame();
        let [wide, high] = frame.unit().map(|length| length / frame.view.zoom);
        if let [first, second] = before[..] {
            let other = if own == 0 { second.at } else { first.at };
            let spread = |a: (f64, f64)| (a.0 - other.0).hypot(a.1 - other.1).max(8.0);
            let middle = |a: (f64, f64)| ((a.0 + other.0) / 2.0, (a.1 + other.1) / 2.0);
            let (from, to) = (middle(before[own].at), middle(at));
            self.zoom(spread(at) / spread(before[own].at), Some(frame.place(from.0, from.1)));
            let (right, up) = ((from.0 - to.0) / wide, (to.1 - from.1) / high);
            return self.live.view.update(|view| *view = view.moved(right, up));
        }
        let here = frame.place(at.0, at.1);
        match self.dragging.get_untracked() {
            Some(Tool::Move) => {
                let (x, y) = before[own].at;
                self.pointed.set(None);
                self.live.view.update(|view| *view = view.moved((x - at.0) / wide, (at.1 - y) / high));
            }
            Some(Tool::Rectangle) => self.line.update(|line| {
                if let Some(&[x, y]) = line.first() {
                    *line = vec![[x, y], [here[0], y], here, [x, here[1]]];
                }
            }),
            Some(Tool::Lasso) => self.line.update(|line| line.push(here)),
            None => {}
        }
    }

    /// It goes up: an area is selected, or a cell was clicked.
    pub fn up(self, event: &PointerEvent) {
        let at = place(event);
        self.pointers.update_value(|all| all.retain(|pointer| pointer.id != event.pointer_id()));
        let (x, y) = self.began.get_value();
        let clicked = (at.0 - x).hypot(at.1 - y) < STILL;
        match self.dragging.get_untracked() {
            Some(_) if clicked => {
                self.pointed.set(Some(self.frame().place(at.0, at.1)));
                self.asked.update(|n| *n = n.wrapping_add(1));
            }
            Some(Tool::Rectangle | Tool::Lasso) => {
                if let Some(area) = self.line.with_untracked(|line| Area::new(line)) {
                    self.live.area.set(Some(area));
                }
            }
            _ => {}
        }
        self.line.set(Vec::new());
        self.dragging.set(None);
    }

    /// The browser took it for a gesture of its own.
    pub fn cancelled(self, event: &PointerEvent) {
        self.pointers.update_value(|all| all.retain(|pointer| pointer.id != event.pointer_id()));
        self.line.set(Vec::new());
        self.dragging.set(None);
    }

    /// Twice: nearer, around that place.
    pub fn twice(self, event: &web_sys::MouseEvent) {
        event.prevent_default();
        let (x, y) = place(event);
        let at = self.frame().place(x, y);
        self.zoom(if event.shift_key() { STEP.recip() } else { STEP * 1.25 }, Some(at));
    }

    /// The map has the focus: what lies in the middle is pointed at.
    pub fn focused(self) {
        let View { x, y, .. } = self.live.view.get_untracked();
        self.by_keys.set(true);
        self.pointed.set(Some([x, y]));
    }

    /// Keys.
    pub fn key(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let pointed = self.pointed.get_untracked().filter(|_| self.by_keys.get_untracked());
        match event.key().as_str() {
            "ArrowLeft" => self.step(-1.0, 0.0),
            "ArrowRight" => self.step(1.0, 0.0),
            "ArrowUp" => self.step(0.0, 1.0),
            "ArrowDown" => self.step(0.0, -1.0),
            "+" | "=" => self.zoom(STEP, pointed),
            "-" | "−" | "_" => self.zoom(STEP.recip(), pointed),
            "0" => self.live.view.set(View::WHOLE),
            "Enter" => self.asked.update(|n| *n = n.wrapping_add(1)),
            "Escape" if self.live.area.with_untracked(Option::is_some) => self.live.area.set(None),
            "Escape" => self.pointed.set(None),
            _ => return,
        }
        event.prevent_default();
    }

    /// The pointed place goes a twelfth of what is seen further, and the map with it.
    fn step(self, right: f64, up: f64) {
        let view = self.live.view.get_untracked();
        let by_keys = self.by_keys.get_untracked();
        let [x, y] = self.pointed.get_untracked().filter(|_| by_keys).unwrap_or([view.x, view.y]);
        let length = 1.0 / (12.0 * view.zoom);
        let to = [(x + right * length).clamp(0.0, 1.0), (y + up * length).clamp(0.0, 1.0)];
        self.by_keys.set(true);
        self.pointed.set(Some(to));
        self.live.view.set(view.moved((to[0] - view.x) * view.zoom, (to[1] - view.y) * view.zoom));
    }
}

fn place(event: &web_sys::MouseEvent) -> (f64, f64) {
    let element = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let bounds = element.map(|element| element.get_bounding_client_rect());
    let (left, top) = bounds.map_or((0.0, 0.0), |bounds| (bounds.left(), bounds.top()));
    (f64::from(event.client_x()) - left, f64::from(event.client_y()) - top)
}

thread_local! {
    static LAST_SCROLL: std::cell::Cell<f64> = const { std::cell::Cell::new(f64::MIN) };
}

/// Remembers when the page was scrolled, from the first map on.
pub fn watch_scrolling() {
    thread_local! {
        static WATCHED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    if !WATCHED.with(|watched| watched.replace(true)) {
        let _ = window_event_listener(leptos::ev::scroll, |_| {
            let now = window().performance().map_or(0.0, |clock| clock.now());
            LAST_SCROLL.with(|last| last.set(now));
        });
    }
}
