//! What is said of the cell that somebody points at: its labels, its value, its name.

use std::{cell::RefCell, sync::Arc};

use leptos::prelude::*;

use super::{
    colouring::{Colouring, Filter},
    nearest::Nearest,
    surface::Surface,
};
use crate::{
    bundle::{Bundle, Codes, Points},
    components::states::Load,
    format::{significant, thousands},
};

/// Pixels around the pointer in which a cell is found; the keyboard finds the nearest one wherever it is.
const REACH: f64 = 9.0;
const REACH_OF_KEYS: f64 = 400.0;
/// Most cells whose names are fetched as soon as one is pointed at; of more they are fetched when one is clicked.
const SMALL: u32 = 50_000;

/// What is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A cell of the bundle, by its place among those that are drawn.
    Cell(u32),
    /// A point laid over them.
    Over(usize),
}

/// Where cells are looked up.
#[derive(Clone, Copy)]
pub struct Lookup {
    /// The cells.
    pub points: Signal<Arc<Points>>,
    /// Their colours.
    pub colouring: Signal<Colouring>,
    /// Labels of the primary column.
    pub primary: Signal<Option<(usize, Codes)>>,
}

/// What is pointed at; squares of the map are sorted when it is first asked for.
pub fn hit(surface: Surface, lookup: Lookup) -> Memo<Option<Hit>> {
    let sorted = StoredValue::new_local(RefCell::new(None::<(Arc<Points>, Nearest)>));
    let over = Memo::new(move |_| {
        surface.live.over.with(|over| over.as_ref().map(|over| Arc::new(Nearest::of(&over.places))))
    });
    Memo::new(move |_| {
        let at = surface.pointed.get()?;
        let (frame, points) = (surface.seen.get(), lookup.points.get());
        let (unit, reach) = (frame.unit(), if surface.by_keys.get() { REACH_OF_KEYS } else { REACH });
        let near = surface
            .live
            .over
            .with(|laid| over.get()?.find(&laid.as_ref()?.places, at, unit, reach, |_| true));
        if let Some(found) = near {
            return Some(Hit::Over(found as usize));
        }
        sorted.with_value(|sorted| {
            let mut sorted = sorted.borrow_mut();
            if sorted.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, &points)) {
                *sorted = Some((points.clone(), Nearest::of(&points.map)));
            }
            let (_, nearest) = sorted.as_ref()?;
            lookup.colouring.with(|colouring| {
                let shown = |cell: u32| match colouring {
                    Colouring::Column(_, codes, filter) if *filter != Filter::All => {
                        codes.get(cell as usize).is_some_and(|&code| filter.shows(code))
                    }
                    _ => true,
                };
                nearest.find(&points.map, at, unit, reach, shown).map(Hit::Cell)
            })
        })
    })
}

/// Names of the cells, once they are wanted.
pub fn names(
    bundle: &Arc<Bundle>,
    surface: Surface,
    hit: Memo<Option<Hit>>,
) -> RwSignal<Load<Arc<Vec<String>>>> {
    let names = RwSignal::new(Load::Waiting);
    let begun = RwSignal::new(false);
    let small = bundle.cells.cells <= SMALL;
    let bundle = bundle.clone();
    Effect::new(move || {
        let asked = surface.asked.get() > 0;
        if !matches!(hit.get(), Some(Hit::Cell(_))) || !(small || asked) || begun.get_untracked() {
            return;
        }
        begun.set(true);
        let bundle = bundle.clone();
        leptos::task::spawn_local(async move {
            names.try_set(bundle.names().await.map_or_else(Load::Failed, Load::Ready));
        });
    });
    names
}

/// A ring around the cell, and the lines beside it; spoken where the keyboard points.
pub fn view(
    bundle: &Arc<Bundle>,
    surface: Surface,
    lookup: Lookup,
    hit: Memo<Option<Hit>>,
) -> (AnyView, AnyView, AnyView) {
    let names = names(bundle, surface, hit);
    let bundle = bundle.clone();
    let place = move || match hit.get()? {
        Hit::Cell(cell) => lookup.points.with(|points| points.map.get(cell as usize).copied()),
        Hit::Over(point) => surface.live.over.with(|over| over.as_ref()?.places.get(point).copied()),
    };
    let lines = Memo::new(move |_| match hit.get() {
        None => Vec::new(),
        Some(Hit::Over(point)) => {
            surface.live.over.with(|over| over.as_ref().map_or_else(Vec::new, |over| (over.says)(point)))
        }
        Some(Hit::Cell(cell)) => said(&bundle, lookup, cell, &names.get()),
    });
    let ring = move || {
        let (x, y) = surface.seen.get().at(place()?);
        Some(view! { <circle class="ring" cx=format!("{x:.1}") cy=format!("{y:.1}") r="6" /> })
    };
    let tip = move || {
        let frame = surface.seen.get();
        let (x, y) = frame.at(place()?);
        let side = if x > frame.width * 0.6 { "left" } else { "right" };
        let above = if y > frame.height * 0.6 { "above" } else { "below" };
        let style = format!("left:{x:.1}px;top:{y:.1}px");
        let said = lines.get().into_iter().map(|line| view! { <span>{line}</span> }).collect_view();
        Some(
            view! { <div class=format!("maptip {side} {above}") style=style data-testid="cell-tip">{said}</div> },
        )
    };
    let spoken = move || if surface.by_keys.get() { lines.get().join(", ") } else { String::new() };
    let spoken = view! { <p class="vh" aria-live="polite" data-testid="cell-spoken">{spoken}</p> };
    (ring.into_any(), tip.into_any(), spoken.into_any())
}

fn said(bundle: &Bundle, lookup: Lookup, cell: u32, names: &Load<Arc<Vec<String>>>) -> Vec<String> {
    let row = lookup.points.with(|points| points.row(cell));
    let label = |column: usize, codes: &Codes| {
        let code = codes.get(cell as usize).copied()?;
        bundle.cells.columns[column].labels.get(usize::from(code)).cloned()
    };
    let mut lines = Vec::new();
    let primary = lookup.primary.get();
    if let Some((column, codes)) = &primary {
        lines.push(label(*column, codes).unwrap_or_else(|| "no label".into()));
    }
    let of = |amounts: &[(u32, f32)]| amounts.iter().find(|(at, _)| *at == row).map_or(0.0, |a| a.1);
    match lookup.colouring.get() {
        Colouring::Column(column, codes, _) if primary.as_ref().is_none_or(|p| p.0 != column) => {
            let name = bundle.cells.columns[column].name.replace('_', " ");
            lines.push(format!("{name}: {}", label(column, &codes).unwrap_or_else(|| "no label".into())));
        }
        Colouring::Activation(amounts) => {
            lines.push(format!("Activation {}", significant(f64::from(of(&amounts)))));
        }
        Colouring::Gene(symbol, amounts) => lines.push(format!("{symbol}: {} counts", of(&amounts))),
        Colouring::Number(place, codes, _) => {
            let column = &bundle.cells.numbers[place];
            let value = codes.get(cell as usize).and_then(|&code| column.value(code));
            let value = value.map_or_else(|| "no value".to_owned(), significant);
            lines.push(format!("{}: {value}", column.name.replace('_', " ")));
        }
        Colouring::Column(..) | Colouring::Unknown => {}
    }
    lines.push(match names {
        Load::Ready(names) => names.get(row as usize).cloned().unwrap_or_default(),
        Load::Failed(_) => format!("cell {}; names could not be loaded", thousands(row)),
        Load::Waiting if bundle.cells.cells > SMALL => {
            format!("cell {} (click for its name)", thousands(row))
        }
        Load::Waiting => format!("cell {}", thousands(row)),
    });
    lines
}

/// The corners of an area as an SVG path on the painted map.
pub fn outline(surface: Surface) -> AnyView {
    let path = move || {
        let frame = surface.seen.get();
        let drawn = surface.line.get();
        let corners: Vec<[f32; 2]> = if drawn.is_empty() {
            surface.live.area.with(|area| area.as_ref().map_or_else(Vec::new, |area| area.corners().to_vec()))
        } else {
            drawn.iter().map(|corner| corner.map(|v| v as f32)).collect()
        };
        let points = corners.iter().map(|&corner| {
            let (x, y) = frame.at(corner);
            format!("{x:.1} {y:.1}")
        });
        let points = points.collect::<Vec<_>>().join("L");
        if points.is_empty() { points } else { format!("M{points}Z") }
    };
    view! { <path class="area" d=path /> }.into_any()
}
