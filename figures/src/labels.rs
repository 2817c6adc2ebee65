//! Colours of cell labels: Okabe and Ito's, fixed by what a label names, related types related, never violet. The explorer's maps
//! follow the same rule.

use crate::Colour;

const ORANGE: Colour = Colour::Category(0);
const SKY: Colour = Colour::Category(1);
const GREEN: Colour = Colour::Category(2);
const YELLOW: Colour = Colour::Category(3);
const BLUE: Colour = Colour::Category(4);
const VERMILLION: Colour = Colour::Category(5);
const PURPLE: Colour = Colour::Category(6);
const BLACK: Colour = Colour::Category(7);
const GREY: Colour = Colour::Faint;

/// In the order in which they are given to labels that suggest none.
const ALL: [Colour; 9] = [SKY, BLUE, ORANGE, VERMILLION, GREEN, YELLOW, PURPLE, BLACK, GREY];

/// What a label suggests; the first match counts.
const USUAL: [(&str, Colour); 22] = [
    ("fcgr3a", YELLOW),
    ("cd16", YELLOW),
    ("non-classical", YELLOW),
    ("mono", ORANGE),
    ("cd56", PURPLE),
    ("nk", PURPLE),
    ("killer", PURPLE),
    ("dendritic", BLACK),
    ("dc", BLACK),
    ("platelet", GREY),
    ("mega", GREY),
    ("cd34", GREY),
    ("cd19", VERMILLION),
    ("b cell", VERMILLION),
    ("plasma", VERMILLION),
    ("cytotoxic t", GREEN),
    ("cd8", GREEN),
    ("reg", BLUE),
    ("memory", BLUE),
    ("naive", SKY),
    ("cd4", SKY),
    ("t cell", SKY),
];

/// A colour for each label, in the order of the column's labels; no two alike while there are enough. Beyond nine they come again,
/// paler.
///
/// ```
/// use cellprism_figures::{Colour, of_labels};
///
/// let labels = ["B", "CD14+ Mono", "Spam"].map(String::from);
/// assert_eq!(of_labels(&labels), [5, 0, 1].map(Colour::Category));
/// ```
pub fn of_labels(labels: &[String]) -> Vec<Colour> {
    let mut used: Vec<Colour> = Vec::new();
    let mut chosen: Vec<Option<Colour>> = labels
        .iter()
        .map(|label| {
            let lower = label.to_lowercase();
            let wanted = if lower == "b" { Some(VERMILLION) } else { usual(&lower) };
            let wanted = wanted.filter(|colour| !used.contains(colour))?;
            used.push(wanted);
            Some(wanted)
        })
        .collect();
    for colour in chosen.iter_mut().filter(|colour| colour.is_none()) {
        if let Some(&free) = ALL.iter().find(|free| !used.contains(free)) {
            used.push(free);
            *colour = Some(free);
        }
    }
    let mut beyond = 0;
    let paler = |colour: Option<Colour>| {
        colour.unwrap_or_else(|| {
            beyond += 1;
            let place = match ALL[(beyond - 1) % ALL.len()] {
                Colour::Category(place) => place,
                _ => crate::theme::CATEGORIES,
            };
            Colour::Paler(place, (beyond - 1) / ALL.len() % crate::theme::PALER.len())
        })
    };
    chosen.into_iter().map(paler).collect()
}

fn usual(label: &str) -> Option<Colour> {
    USUAL.iter().find(|(part, _)| label.contains(part)).map(|&(_, colour)| colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn related_types_are_related_and_no_two_alike() {
        let labels: Vec<String> = [
            "B",
            "CD14+ Mono",
            "CD8 T",
            "DC",
            "FCGR3A+ Mono",
            "Memory CD4 T",
            "NK",
            "Naive CD4 T",
            "Platelet",
        ]
        .map(String::from)
        .into();
        let found = of_labels(&labels);
        assert_eq!(found, [VERMILLION, ORANGE, GREEN, BLACK, YELLOW, BLUE, PURPLE, SKY, GREY]);
        let many: Vec<String> = (0..36).map(|i| format!("type {i}")).collect();
        let found = of_labels(&many);
        assert!(found.iter().enumerate().all(|(i, colour)| !found[..i].contains(colour)));
        assert_eq!(found[9], Colour::Paler(1, 0));
        assert_eq!(found[35], Colour::Paler(crate::theme::CATEGORIES, 2));
    }
}
