//! One side as a file: its genes as shown, the same dots as a picture, every gene as CSV.

use cellprism_core::bundle::{Side, SideGene};
use cellprism_figures::{Colour, Dots, Mark, Panel, Row, Series};

use super::{Contrast, Shown, csv, shown_first::FIRST};
use crate::{bundle::side_name, components::figure_menu::Behind};

const HEADER: [&str; 5] = ["gene", "mean", "carried_by", "of", "by_cell"];

/// What stands behind the figure of a side.
pub fn behind(shown: &Shown, side: Side, contrast: Contrast, genes: &[SideGene], held_out: u32) -> Behind {
    let what = match side {
        Side::Presence => "What its cells have",
        Side::Absence => "What its cells lack",
    };
    let others = match contrast {
        Contrast::Nearest => "nearest",
        Contrast::Typical => "typical",
    };
    let title = format!("{what}, {} (contrast: {others})", shown.name());
    let (listed, drawn, csv_of) = (genes.to_vec(), genes.to_vec(), shown.clone());
    let rows = move || {
        let line = |gene: &SideGene| {
            let cells: Vec<String> = gene.by_prototype.iter().map(f32::to_string).collect();
            let mean = contrast.score(gene).to_string();
            vec![
                gene.symbol.clone(),
                mean,
                gene.carried_by.to_string(),
                held_out.to_string(),
                cells.join(" "),
            ]
        };
        listed.iter().map(line).collect()
    };
    Behind::new(shown.file(&format!("genes-{}-{others}", side_name(side))), title, &HEADER, rows, move || {
        chart(contrast, &drawn)
    })
    .with_csv(move || csv::download(&csv_of))
}

fn chart(contrast: Contrast, genes: &[SideGene]) -> Panel {
    let row = |gene: &SideGene| {
        let cells = gene.by_prototype.iter().map(|&value| Mark::of(0, f64::from(value)));
        let mean = Mark::of(1, f64::from(contrast.score(gene)));
        Row { label: gene.symbol.clone(), marks: cells.chain([mean]).collect() }
    };
    Panel::Dots(Dots {
        x_title: "Fall of the activation when the count is swapped (share)".into(),
        series: vec![
            Series::coloured("a cell", Colour::Ramp(2)),
            Series::coloured("mean of all pairs", Colour::Accent),
        ],
        rows: genes.iter().take(FIRST).map(row).collect(),
        ..Dots::default()
    })
}
