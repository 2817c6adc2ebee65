//! A concept's title: what is most certain of it, cells first, then the genes that several of its strongest cells carry.

use crate::bundle::{Side, SideGene, SideLabels, TitleCells, TitleParts};

/// Genes of presence in a title.
const HAS: usize = 3;
/// Genes of absence in a title.
const LACKS: usize = 2;

/// The parts of a title. `genes` of each side are sorted by score; those carried by fewer than `headline` held-out
/// prototypes are no headline.
pub fn title_parts(
    cells: Vec<TitleCells>,
    genes: impl Fn(Side) -> Vec<SideGene>,
    headline: u32,
    labels: &SideLabels,
) -> TitleParts {
    let carried = |side: Side, n: usize| {
        let genes = genes(side).into_iter().filter(|gene| gene.carried_by >= headline && gene.score > 0.0);
        genes.take(n).map(|gene| gene.symbol).collect()
    };
    let mut parts = TitleParts {
        cells,
        has: carried(Side::Presence, HAS),
        lacks: carried(Side::Absence, LACKS),
        ..TitleParts::default()
    };
    name_pathways(&mut parts, labels);
    parts
}

/// Takes over the labels that survive: known only when all concepts are.
pub fn name_pathways(parts: &mut TitleParts, labels: &SideLabels) {
    let surviving =
        |side: Side| labels.of(side).filter(|label| label.survives).map(|label| label.term.clone());
    (parts.pathway, parts.lacks_pathway) = (surviving(Side::Presence), surviving(Side::Absence));
}

/// The title in words: "Platelets · PPBP, PF4, GP9; lacks CD3D". Empty where nothing is certain.
pub fn title(parts: &TitleParts) -> String {
    let cells = said_of_cells(&parts.cells);
    let mut text = match (cells.is_empty(), parts.has.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("Mixed cells · {}", parts.has.join(", ")),
        (false, true) => cells,
        (false, false) => format!("{cells} · {}", parts.has.join(", ")),
    };
    if !parts.lacks.is_empty() {
        let lacks = format!("lacks {}", parts.lacks.join(", "));
        text = if text.is_empty() { format!("Mixed cells; {lacks}") } else { format!("{text}; {lacks}") };
    }
    text
}

/// "Activated T cells, control" or "CD4+ T cells and CD8+ T cells", with a capital first letter.
pub fn said_of_cells(cells: &[TitleCells]) -> String {
    let Some(first) = cells.first() else { return String::new() };
    let mut text = capitalised(&first.words);
    for other in &cells[1..] {
        text += if other.column == first.column { " and " } else { ", " };
        text += &other.words;
    }
    text
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    // Symbols keep their case: "pDC" is no "PDC".
    let mixed = |c: &str| c.chars().skip(1).take_while(|c| c.is_alphanumeric()).any(char::is_uppercase);
    match letters.next() {
        Some(first) if !mixed(words) => first.to_uppercase().collect::<String>() + letters.as_str(),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::GeneId;

    fn cells(column: &str, words: &str) -> TitleCells {
        TitleCells {
            column: column.into(),
            label: words.into(),
            words: words.into(),
            weight: 0.9,
            ratio: 0.9,
            base_rate: 0.1,
            lift: 9.0,
            prototypes: 10,
        }
    }

    fn gene(symbol: &str, score: f32, carried_by: u32) -> SideGene {
        SideGene {
            gene: GeneId(0),
            symbol: symbol.into(),
            score,
            typical_score: None,
            carried_by,
            by_prototype: Vec::new(),
            value_prototypes: 0.0,
            value_others: 0.0,
        }
    }

    #[test]
    fn one_cells_outlier_is_no_headline() {
        let genes = |side| match side {
            Side::Presence => vec![gene("OUTLIER", 9.0, 1), gene("PPBP", 3.0, 9), gene("PF4", 2.0, 10)],
            Side::Absence => vec![gene("CD3D", 1.0, 4), gene("X", 0.0, 10)],
        };
        let parts = title_parts(vec![cells("type", "platelets")], genes, 4, &SideLabels::default());
        assert_eq!(title(&parts), "Platelets · PPBP, PF4; lacks CD3D");
        let none = title_parts(Vec::new(), genes, 11, &SideLabels::default());
        assert_eq!(title(&none), "");
        let two = [cells("type", "CD4+ T cells"), cells("type", "pDC"), cells("stim", "control")];
        assert_eq!(said_of_cells(&two), "CD4+ T cells and pDC, control");
        assert_eq!(said_of_cells(&[cells("type", "pDC")]), "pDC");
    }
}
