//! What colours the cells, and in which order they are drawn.

use std::sync::Arc;

use cellprism_core::cells::NO_NUMBER;
use leptos::prelude::*;

use super::colour;
use crate::bundle::{Bundle, Codes, Points};

/// Values of some cells by their rows; all other cells are exactly 0.
pub type Amounts = Arc<Vec<(u32, f32)>>;

/// What colours the cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Colouring {
    /// Nothing is said of any cell: values are not there (yet), or other cells, laid over these, are what matters.
    Unknown,
    /// A column, by its place; its codes for the cells of the map; the labels whose cells are shown.
    Column(usize, Codes, Filter),
    /// Activations of a concept.
    Activation(Amounts),
    /// Counts of a gene, with its symbol.
    Gene(String, Amounts),
    /// A measurement, by its place; its codes for the cells of the map; the codes between which colours run.
    Number(usize, Codes, Span),
}

/// The codes between which a ramp runs: all but the lowest and the highest hundredth of the cells, which have its ends' colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub low: u16,
    /// Where it ends.
    pub high: u16,
}

impl Span {
    /// Of some cells' codes.
    pub fn of(codes: &[u16]) -> Self {
        let mut counts = vec![0u32; usize::from(NO_NUMBER)];
        let mut n = 0u64;
        for count in codes.iter().filter(|&&code| code != NO_NUMBER) {
            counts[usize::from(*count)] += 1;
            n += 1;
        }
        let at = |rank: u64| {
            let mut before = 0u64;
            let found = counts.iter().position(|&count| {
                before += u64::from(count);
                before > rank
            });
            found.unwrap_or(0) as u16
        };
        let (low, high) = (at(n / 100), at(n.saturating_sub(1 + n / 100)));
        if low < high {
            return Self { low, high };
        }
        // Nearly all cells have one value: the others decide.
        Self { low: at(0), high: at(n.saturating_sub(1)).max(at(0).saturating_add(1)) }
    }

    /// Where a code lies between the ends, 0 to 1.
    pub fn share(self, code: u16) -> f32 {
        let (low, high) = (f32::from(self.low), f32::from(self.high));
        ((f32::from(code) - low) / (high - low)).clamp(0.0, 1.0)
    }
}

/// Labels that are shown in their colours; the cells of all others are grey, lie behind, and cannot be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// One alone.
    Only(u16),
    /// All but these, rising.
    Without(Vec<u16>),
}

impl Filter {
    /// Whether a label is shown.
    pub fn shows(&self, code: u16) -> bool {
        match self {
            Self::All => true,
            Self::Only(one) => *one == code,
            Self::Without(codes) => codes.binary_search(&code).is_err(),
        }
    }

    /// This label alone, or all again where it was alone.
    #[must_use]
    pub fn only(&self, code: u16) -> Self {
        if *self == Self::Only(code) { Self::All } else { Self::Only(code) }
    }

    /// This label hidden, or shown again where it was hidden.
    #[must_use]
    pub fn switched(&self, code: u16, labels: usize) -> Self {
        let mut hidden: Vec<u16> = (0..labels as u16).filter(|&c| !self.shows(c)).collect();
        match hidden.binary_search(&code) {
            Ok(place) => drop(hidden.remove(place)),
            Err(place) => hidden.insert(place, code),
        }
        if hidden.is_empty() || hidden.len() == labels { Self::All } else { Self::Without(hidden) }
    }

    /// "3", "-1.4"; empty for all.
    pub fn to_text(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Only(code) => code.to_string(),
            Self::Without(codes) => {
                format!("-{}", codes.iter().map(u16::to_string).collect::<Vec<_>>().join("."))
            }
        }
    }

    /// What an address says; all where it says nothing that makes sense.
    pub fn from_text(text: &str) -> Self {
        let Some(hidden) = text.strip_prefix('-') else {
            return text.parse().map_or(Self::All, Self::Only);
        };
        let mut codes: Vec<u16> = hidden.split('.').filter_map(|code| code.parse().ok()).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() { Self::All } else { Self::Without(codes) }
    }
}

/// Codes of a column for the cells of a map, as soon as they are there.
pub fn codes_of(
    bundle: &Arc<Bundle>,
    points: Signal<Arc<Points>>,
    column: Signal<Option<usize>>,
) -> Signal<Option<(usize, Codes)>> {
    let found = RwSignal::new(None::<(usize, Codes)>);
    let bundle = bundle.clone();
    Effect::new(move || {
        let (points, Some(column)) = (points.get(), column.get()) else { return };
        if let Some(codes) = bundle.known_codes(column, &points) {
            found.set(Some((column, codes)));
            return;
        }
        found.set(None);
        let bundle = bundle.clone();
        leptos::task::spawn_local(async move {
            if let Ok(codes) = bundle.codes(column, &points).await {
                found.try_set(Some((column, codes)));
            }
        });
    });
    found.into()
}

/// One cell as it is drawn: its place in 16 bits, y upwards, and its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dot {
    /// Place.
    pub at: [u16; 2],
    /// Red, green, blue, opacity.
    pub colour: [u8; 4],
}

impl Dot {
    /// At a place of the map.
    pub fn new([x, y]: [f32; 2], colour: [u8; 4]) -> Self {
        let code = |v: f32| (v.clamp(0.0, 1.0) * 65535.0).round() as u16;
        Self { at: [code(x), code(y)], colour }
    }
}

/// All cells in the order in which they are drawn: what says most is drawn last.
pub fn dots(bundle: &Bundle, points: &Points, colouring: &Colouring) -> Vec<Dot> {
    let none = colour::bytes("var(--act-0)");
    let map = &points.map;
    let mut found = Vec::with_capacity(map.len());
    match colouring {
        Colouring::Unknown => found.extend(map.iter().map(|&at| Dot::new(at, none))),
        Colouring::Column(column, codes, filter) => {
            let colours: Vec<_> = bundle.colours[*column].iter().map(|c| colour::bytes(c)).collect();
            let of = |code: u16| colours.get(usize::from(code)).copied().unwrap_or(none);
            let cells = || map.iter().zip(codes.iter());
            let (hidden, shown) = (|code: u16| !filter.shows(code), |code: u16| filter.shows(code));
            if *filter != Filter::All {
                found.extend(cells().filter(|(_, c)| hidden(**c)).map(|(&at, _)| Dot::new(at, none)));
            }
            found.extend(cells().filter(|(_, c)| shown(**c)).map(|(&at, &code)| Dot::new(at, of(code))));
        }
        Colouring::Activation(active) | Colouring::Gene(_, active) => {
            let ramp: Vec<_> = (1..=5).map(|i| colour::bytes(&format!("var(--act-{i})"))).collect();
            let max = active.iter().map(|a| a.1).fold(f32::MIN_POSITIVE, f32::max);
            let mut some: Vec<(u32, f32)> = active
                .iter()
                .filter_map(|&(row, value)| Some((points.place(row)? as u32, value)))
                .filter(|&(cell, _)| (cell as usize) < map.len())
                .collect();
            some.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            let mut is_zero = vec![true; map.len()];
            some.iter().for_each(|&(cell, _)| is_zero[cell as usize] = false);
            found.extend(
                map.iter().zip(&is_zero).filter(|(_, zero)| **zero).map(|(&at, _)| Dot::new(at, none)),
            );
            let step = |value: f32| ((value / max * 5.0) as usize).min(4);
            found.extend(some.iter().map(|&(cell, value)| Dot::new(map[cell as usize], ramp[step(value)])));
        }
        Colouring::Number(_, codes, span) => {
            let ramp = colour::ramp();
            // Cells without a value, then by value: counted into places, since there may be a million.
            let place = |code: u16| match code {
                NO_NUMBER => 0,
                code => 1 + (span.share(code) * (colour::SHADES - 1) as f32).round() as usize,
            };
            let mut starts = vec![0usize; colour::SHADES + 2];
            codes.iter().for_each(|&code| starts[place(code) + 1] += 1);
            for i in 1..starts.len() {
                starts[i] += starts[i - 1];
            }
            found.resize(map.len().min(codes.len()), Dot::new([0.0, 0.0], none));
            for (&at, &code) in map.iter().zip(codes.iter()) {
                let place = place(code);
                found[starts[place]] = Dot::new(at, if place == 0 { none } else { ramp[place - 1] });
                starts[place] += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_shown_alone_hidden_and_shown_again() {
        let only = Filter::All.only(2);
        assert_eq!((only.shows(2), only.shows(1), only.only(2)), (true, false, Filter::All));
        let without = Filter::All.switched(1, 4).switched(0, 4);
        assert_eq!(without, Filter::Without(vec![0, 1]));
        assert_eq!(without.switched(0, 4).switched(1, 4), Filter::All);
        assert_eq!(only.switched(0, 4), Filter::Without(vec![1, 3]));
        for filter in [Filter::All, only, without] {
            assert_eq!(Filter::from_text(&filter.to_text()), filter);
        }
        assert_eq!(Filter::from_text("-x"), Filter::All);
    }

    #[test]
    fn a_ramp_runs_between_the_outermost_hundredths() {
        let codes: Vec<u16> = (0..1000).chain([60_000, NO_NUMBER]).collect();
        let span = Span::of(&codes);
        assert_eq!(span, Span { low: 10, high: 990 });
        assert_eq!([0, 10, 500, 990, 60_000].map(|code| span.share(code)), [0.0, 0.0, 0.5, 1.0, 1.0]);
        let one = [vec![5; 1000], vec![9]].concat();
        assert_eq!(Span::of(&one), Span { low: 5, high: 9 });
        assert_eq!(Span::of(&[NO_NUMBER]), Span { low: 0, high: 1 });
    }

    #[test]
    fn places_keep_their_sixteen_bits() {
        assert_eq!(Dot::new([1.0, 300.0 / 65535.0], [0; 4]).at, [65535, 300]);
    }
}
