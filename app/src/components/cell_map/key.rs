//! The key of a map: the labels of a column, or the ramp of an amount. The page and saved pictures show the same.

use leptos::prelude::*;

use super::colouring::{Colouring, Filter, Span};
use crate::{
    bundle::Bundle,
    format::{significant, thousands},
};

/// Labels listed at first.
const MOST: usize = 20;

/// What the colours mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Key {
    /// Nothing is said.
    #[default]
    None,
    /// Labels, most cells first: code, name, CSS colour, cells.
    Labels(Vec<(u16, String, String, u32)>),
    /// A ramp from the smallest to the largest amount above 0.
    Ramp {
        /// What it is an amount of.
        title: String,
        /// Smallest amount above 0.
        least: f32,
        /// Largest.
        most: f32,
    },
    /// A continuous ramp over a measurement, and cells without one.
    Numbers {
        /// What is measured.
        title: String,
        /// Where the ramp begins, and whether some cells have less.
        low: (f64, bool),
        /// Where it ends, and whether some have more.
        high: (f64, bool),
        /// Cells of the bundle without a value.
        missing: u32,
    },
}

impl Key {
    /// Of a map.
    pub fn of(bundle: &Bundle, colouring: &Colouring) -> Self {
        let ramp = |title: String, amounts: &[(u32, f32)]| {
            let values = || amounts.iter().map(|a| a.1);
            let (least, most) = (values().fold(f32::MAX, f32::min), values().fold(0.0, f32::max));
            Self::Ramp { title, least: least.min(most), most }
        };
        match colouring {
            Colouring::Unknown => Self::None,
            Colouring::Column(column, ..) => Self::labels(bundle, *column),
            Colouring::Activation(amounts) => ramp("Activation".into(), amounts),
            Colouring::Gene(symbol, amounts) => ramp(format!("{symbol}, counts"), amounts),
            Colouring::Number(place, _, span) => Self::numbers(bundle, *place, *span),
        }
    }

    /// Of a measurement, by its place.
    pub fn numbers(bundle: &Bundle, place: usize, span: Span) -> Self {
        let Some(column) = bundle.cells.numbers.get(place) else { return Self::None };
        let of = |code: u16| column.value(code).unwrap_or(column.least);
        let (low, high) = (of(span.low), of(span.high));
        Self::Numbers {
            title: column.name.replace('_', " "),
            low: (low, low > column.least),
            high: (high, high < column.most),
            missing: column.missing,
        }
    }

    /// Of a column, by its place.
    pub fn labels(bundle: &Bundle, column: usize) -> Self {
        let Some(found) = bundle.cells.columns.get(column) else { return Self::None };
        let cells = |i: usize| found.counts.get(i).copied().unwrap_or(0);
        let mut order: Vec<usize> = (0..found.labels.len()).collect();
        cellprism_core::order::sort_by_key(&mut order, |&i| std::cmp::Reverse(cells(i)));
        let one = |i: usize| (i as u16, found.labels[i].clone(), bundle.colours[column][i].clone(), cells(i));
        Self::Labels(order.into_iter().map(one).collect())
    }
}

/// The ramp with its numbers.
pub fn ramp(least: f32, most: f32) -> AnyView {
    let number = |value: f32| significant(f64::from(value));
    if most <= 0.0 {
        return view! { <p class="small muted">"0 in every cell of the map"</p> }.into_any();
    }
    view! {
        <div class="rampkey">
            <span>"0"</span><i class="zero"></i><span class="gap"></span>
            <span>{number(least)}</span><div class="ramp"></div><span>{number(most)}</span>
        </div>
    }
    .into_any()
}

/// "≤ 712", "≥ 8,120": the ends of a ramp of measurements.
pub fn ends(low: (f64, bool), high: (f64, bool)) -> [String; 2] {
    let end = |(value, more): (f64, bool), sign: &str| match more {
        true => format!("{sign} {}", significant(value)),
        false => significant(value),
    };
    [end(low, "≤"), end(high, "≥")]
}

/// A ramp of measurements with its ends.
pub fn number_ramp(low: (f64, bool), high: (f64, bool)) -> AnyView {
    let [low, high] = ends(low, high);
    view! { <div class="rampkey"><span>{low}</span><div class="ramp"></div><span>{high}</span></div> }
        .into_any()
}

/// The labels of a column: one is shown alone by its name, or hidden and shown again by the mark beside it.
#[component]
pub fn LabelKey(labels: Vec<(u16, String, String, u32)>, filter: RwSignal<Filter>) -> impl IntoView {
    let all = RwSignal::new(false);
    let n = labels.len();
    let more = n.saturating_sub(MOST);
    let items = move || {
        let listed = labels.iter().take(if all.get() { n } else { MOST });
        listed.map(|label| item(label.clone(), n, filter)).collect_view()
    };
    let rest = move || {
        (more > 0 && !all.get()).then(|| {
            let text = format!("and {more} more");
            view! { <li><button class="lg faint" on:click=move |_| all.set(true)>{text}</button></li> }
        })
    };
    let back = move || {
        (filter.get() != Filter::All).then(|| {
            view! { <li><button class="lg muted" on:click=move |_| filter.set(Filter::All)>"Show all labels"</button></li> }
        })
    };
    view! {
        <ul class="legend" aria-label="Labels, number of cells">{items}{rest}{back}</ul>
    }
}

fn item(
    (code, name, colour, cells): (u16, String, String, u32),
    n: usize,
    filter: RwSignal<Filter>,
) -> AnyView {
    let shown = move || filter.with(|f| f.shows(code));
    let only = move || (filter.get() == Filter::Only(code)).to_string();
    let hidden = move || (!shown()).to_string();
    let hide = format!("Hide {name}");
    view! {
        <li class="lgrow" class:off=move || !shown()>
            <button class="lg" aria-pressed=only title="Show this label alone" on:click=move |_| filter.update(|f| *f = f.only(code))>
                <i class="swatch" style=format!("--c:{colour}")></i><span>{name}</span>
                <span class="n faint">{thousands(cells)}</span>
            </button>
            <button class="hide" aria-label=hide.clone() title=hide aria-pressed=hidden
                on:click=move |_| filter.update(|f| *f = f.switched(code, n))>
                <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M1.5 8C4.5 3 11.5 3 14.5 8 11.5 13 4.5 13 1.5 8Z" fill="none" stroke="currentColor" stroke-width="1.3" /><circle cx="8" cy="8" r="2" fill="currentColor" /><path class="slash" d="M2.5 14 13.5 2" stroke="currentColor" stroke-width="1.5" /></svg>
            </button>
        </li>
    }
    .into_any()
}
