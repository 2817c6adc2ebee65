//! The reader's cells over the bundle's map, in colour: by their own labels, or by the activation of a concept.

use std::sync::Arc;

use cellprism_app::task::own::placed::Placed;
use leptos::prelude::*;

use super::Found;
use crate::{
    bundle::{Bundle, Points},
    colours,
    components::cell_map::{Filter, Key, LabelKey, Overlay, ramp},
    format::{significant, thousands},
};

/// Most labels of a column that colours cells: more cannot be told apart.
const MOST_LABELS: usize = 40;
/// Steps of the ramp.
const STEPS: u16 = 5;

/// What colours the reader's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A column of theirs, by its place in the answer.
    Column(usize),
    /// The activation of the concept that is chosen above.
    Concept,
}

/// Columns that can colour: by their place, with a few labels.
pub fn columns(found: &Found) -> Vec<usize> {
    let columns = found.answer.columns.iter().enumerate();
    columns.filter(|(_, column)| (1..=MOST_LABELS).contains(&column.labels.len())).map(|(i, _)| i).collect()
}

/// What is drawn, and what it is told by.
#[derive(Clone)]
pub struct Over {
    bundle: Arc<Bundle>,
    found: Arc<Found>,
    /// Codes of the placed cells, and colours, of each column of the answer.
    columns: Arc<Vec<(Vec<u16>, Vec<String>)>>,
}

impl Over {
    /// Of what was found.
    pub fn new(bundle: &Arc<Bundle>, found: &Arc<Found>, placed: &Placed) -> Self {
        let columns = found.answer.columns.iter().map(|column| {
            let codes = placed.labels.iter().find(|labels| labels.column == column.name);
            (codes.map(|labels| labels.codes.clone()).unwrap_or_default(), colours::of_labels(&column.labels))
        });
        Self { bundle: bundle.clone(), found: found.clone(), columns: Arc::new(columns.collect()) }
    }

    fn placed(&self) -> Option<&Placed> {
        self.found.answer.placed.as_ref()
    }

    /// The points: those of labels that are not shown are left out, the strongest activations lie on top.
    pub fn overlay(&self, points: &Points, by: By, concept: u32, filter: &Filter) -> Option<Overlay> {
        let placed = self.placed()?;
        let mut cells: Vec<(usize, u16, f32)> = match by {
            By::Column(column) => {
                let (codes, colours) = self.columns.get(column)?;
                let none = colours.len() as u16;
                let code = |i: usize| codes.get(i).map_or(none, |&code| code.min(none));
                (0..placed.cells.len())
                    .map(|i| (i, code(i), 0.0))
                    .filter(|(_, code, _)| filter.shows(*code))
                    .collect()
            }
            By::Concept => {
                let values = (0..placed.cells.len()).map(|i| (i, activation(placed, i, concept)));
                let most = values.clone().map(|value| value.1).fold(f32::MIN_POSITIVE, f32::max);
                let step = |value: f32| {
                    let step = ((value / most * f32::from(STEPS)) as u16).min(STEPS - 1);
                    if value > 0.0 { step + 1 } else { 0 }
                };
                values.map(|(i, value)| (i, step(value), value)).collect()
            }
        };
        cellprism_core::order::sort_by(&mut cells, |a, b| a.2.total_cmp(&b.2));
        cells.retain(|(i, ..)| placed.nearest.get(*i).is_some_and(|&near| points.place(near).is_some()));
        let place = |&(i, ..): &(usize, u16, f32)| {
            points
                .place(placed.nearest[i])
                .and_then(|place| points.map.get(place))
                .copied()
                .unwrap_or_default()
        };
        let colours = match by {
            By::Column(column) => {
                let (_, colours) = self.columns.get(column)?;
                colours.iter().cloned().chain(["var(--ink-3)".to_owned()]).collect()
            }
            By::Concept => {
                let ramp = (1..=STEPS).map(|i| format!("var(--act-{i})"));
                ["var(--ink-3)".to_owned()].into_iter().chain(ramp).collect()
            }
        };
        let (over, rows) = (self.clone(), cells.iter().map(|cell| cell.0).collect::<Vec<_>>());
        Some(Overlay {
            places: cells.iter().map(place).collect(),
            codes: cells.iter().map(|cell| cell.1).collect(),
            colours,
            key: self.key(by, concept),
            says: Arc::new(move |point| rows.get(point).map_or_else(Vec::new, |&i| over.says(i, concept))),
        })
    }

    /// What is said of a placed cell: where it is in the file, its labels, its activation, and how far it is from its place.
    fn says(&self, i: usize, concept: u32) -> Vec<String> {
        let Some(placed) = self.placed() else { return Vec::new() };
        let mut lines =
            vec![format!("Your cell in row {}", thousands(placed.cells.get(i).copied().unwrap_or(0)))];
        for (column, (codes, _)) in self.found.answer.columns.iter().zip(self.columns.iter()).take(3) {
            let label = codes.get(i).and_then(|&code| column.labels.get(usize::from(code)));
            lines.extend(label.map(|label| format!("{}: {label}", column.name.replace('_', " "))));
        }
        lines.push(match activation(placed, i, concept) {
            0.0 => format!("C{concept} silent"),
            value => format!("C{concept} activation {}", significant(f64::from(value))),
        });
        let distance = placed.distance.get(i).copied().unwrap_or(0.0);
        lines.push(format!("{} from the bundle’s nearest cell", significant(f64::from(distance))));
        lines
    }

    /// What the colours mean.
    pub fn key(&self, by: By, concept: u32) -> Key {
        let Some(placed) = self.placed() else { return Key::None };
        match by {
            By::Column(place) => {
                let (Some(column), Some((codes, colours))) =
                    (self.found.answer.columns.get(place), self.columns.get(place))
                else {
                    return Key::None;
                };
                let cells =
                    |code: usize| codes.iter().filter(|&&own| usize::from(own) == code).count() as u32;
                let mut labels: Vec<(u16, String, String, u32)> = (0..column.labels.len())
                    .map(|code| {
                        (code as u16, column.labels[code].clone(), colours[code].clone(), cells(code))
                    })
                    .filter(|label| label.3 > 0)
                    .collect();
                cellprism_core::order::sort_by_key(&mut labels, |label| std::cmp::Reverse(label.3));
                Key::Labels(labels)
            }
            By::Concept => {
                let values = (0..placed.cells.len()).map(|i| activation(placed, i, concept));
                let (least, most) = values
                    .filter(|value| *value > 0.0)
                    .fold((f32::MAX, 0.0_f32), |(least, most), value| (least.min(value), most.max(value)));
                Key::Ramp { title: format!("C{concept}, activation"), least: least.min(most), most }
            }
        }
    }

    /// The choice of what colours them.
    pub fn choice(&self, by: RwSignal<By>, concept: RwSignal<u32>) -> AnyView {
        let columns = columns(&self.found);
        let option = |column: usize| {
            let name = self.found.answer.columns[column].name.replace('_', " ");
            view! { <option value=column.to_string() selected=move || by.get() == By::Column(column)>{name}</option> }
        };
        let options = columns.iter().map(|&column| option(column)).collect_view();
        let choose = move |event| {
            by.set(event_target_value(&event).parse().map_or(By::Concept, By::Column));
        };
        view! {
            <label class="row small"><span class="muted">"Colour your cells by"</span>
                <select class="input" data-testid="own-by" on:change=choose>
                    {options}
                    <option value="concept" selected=move || by.get() == By::Concept>{move || format!("activation of C{}", concept.get())}</option>
                </select>
            </label>
        }
        .into_any()
    }

    /// The key beside the map; a label is shown alone by its name.
    pub fn legend(&self, by: By, concept: u32, filter: RwSignal<Filter>) -> AnyView {
        match self.key(by, concept) {
            Key::Labels(labels) => view! { <LabelKey labels=labels filter=filter /> }.into_any(),
            Key::Ramp { title, least, most } => view! {
                <div class="legend" data-testid="own-ramp">
                    <p class="small"><a href=format!("#/concept/{concept}")>{title}</a>" "{self.bundle.row(concept).map(crate::components::title::view)}</p>
                    {ramp(least, most)}
                    <p class="small muted named"><i class="swatch" style="--c:var(--ink-3)"></i>"your cells in which it is silent"</p>
                </div>
            }
            .into_any(),
            Key::None | Key::Numbers { .. } => ().into_any(),
        }
    }
}

/// A concept's activation in a placed cell; 0 where it is silent.
fn activation(placed: &Placed, i: usize, concept: u32) -> f32 {
    let active = placed.active.get(i).map_or(&[][..], Vec::as_slice);
    active.iter().find(|(own, _)| *own == concept).map_or(0.0, |(_, value)| *value)
}
