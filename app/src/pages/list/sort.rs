//! The order of the list, either way, kept in the address: `sort=cells`, `sort=-cells`.

use std::cmp::Ordering;

use cellprism_core::bundle::{ConceptRow, Side};
use leptos::prelude::*;

use crate::route;

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Number.
    Id,
    /// Active cells.
    Cells,
    /// The commonest label, then its share.
    Kind,
    /// Chance of the best label of either side.
    Certainty,
    /// Chance of the paper's label.
    Paper,
}

impl Key {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Id, "id"),
        (Self::Cells, "cells"),
        (Self::Kind, "kind"),
        (Self::Certainty, "certainty"),
        (Self::Paper, "paper"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(key, _)| *key == self).map_or("", |(_, name)| name)
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    key: Key,
    /// Largest first.
    down: bool,
}

impl Sort {
    /// As the address writes it; most cells first where it says nothing.
    pub fn of(text: &str) -> Self {
        let (down, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let key = Key::ALL.iter().find(|(_, own)| *own == name).map(|(key, _)| *key);
        key.map_or(Self { key: Key::Cells, down: true }, |key| Self { key, down })
    }

    fn text(self) -> String {
        format!("{}{}", if self.down { "-" } else { "" }, self.key.name())
    }

    /// What a click on a header asks for: the other way where it is in force, most cells first, otherwise from the start.
    fn after_click(self, key: Key) -> Self {
        if self.key == key { Self { key, down: !self.down } } else { Self { key, down: key == Key::Cells } }
    }

    /// Order of two rows; equal ones by number.
    pub fn order(self, a: &ConceptRow, b: &ConceptRow) -> Ordering {
        let by_key = match self.key {
            Key::Id => a.id.cmp(&b.id),
            Key::Cells => a.cells.cmp(&b.cells),
            Key::Kind => kind(a).cmp(&kind(b)).then(share(b).total_cmp(&share(a))),
            Key::Certainty => best_chance(a).total_cmp(&best_chance(b)),
            Key::Paper => paper_chance(a).total_cmp(&paper_chance(b)),
        };
        let by_key = if self.down { by_key.reverse() } else { by_key };
        by_key.then(a.id.cmp(&b.id))
    }
}

fn kind(row: &ConceptRow) -> u16 {
    row.composition.first().map_or(u16::MAX, |c| c.0)
}

fn share(row: &ConceptRow) -> f64 {
    row.composition.first().map_or(0.0, |c| f64::from(c.1) / f64::from(row.cells.max(1)))
}

/// The smaller chance of a row's labels; 2 where it has none.
pub fn best_chance(row: &ConceptRow) -> f64 {
    let labels = Side::BOTH.iter().filter_map(|&side| row.labels.of(side));
    labels.map(|label| label.chance).fold(2.0, f64::min)
}

fn paper_chance(row: &ConceptRow) -> f64 {
    row.chance.filter(|_| row.pathway.is_some()).unwrap_or(2.0)
}

/// A column's head that sorts.
pub fn header(key: Key, title: &'static str, class: &'static str) -> AnyView {
    let route = route::current();
    let now = move || route.with(|r| Sort::of(r.get("sort")));
    let click = move |_| route::set(route, "sort", &now().after_click(key).text());
    let sorted = move || (now().key == key).then_some(if now().down { "descending" } else { "ascending" });
    let arrow = move || (now().key == key).then_some(if now().down { " ↓" } else { " ↑" });
    view! { <th class=class aria-sort=sorted><button on:click=click>{title}{arrow}</button></th> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_click_turns_the_order_round() {
        let first = Sort::of("");
        assert_eq!(first.text(), "-cells");
        let up = first.after_click(Key::Cells);
        assert_eq!((up.text().as_str(), Sort::of(&up.text())), ("cells", up));
        assert_eq!(up.after_click(Key::Certainty).text(), "certainty");
        assert_eq!(Sort::of("-certainty").after_click(Key::Certainty).text(), "certainty");
        assert_eq!(Sort::of("nonsense"), first);
    }
}
