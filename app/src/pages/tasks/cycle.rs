//! Phases of the cell cycle: the two scores of each cell, and how many cells are in each phase.

use cellprism_figures::{Panel, Point, Points, Series};
use leptos::prelude::*;

use super::Tables;
use crate::{
    components::{
        drawing,
        figure_menu::{self, Behind},
    },
    format::{percent, thousands},
};

/// The figure; of a bundle without phases, that there are none.
pub fn view(tables: &Tables) -> AnyView {
    let Some(table) = tables.cycle.clone().filter(|table| !table.rows.is_empty()) else {
        return view! { <section class="section"><p class="notice">"Phases of the cell cycle were not computed for these cells."</p></section> }
            .into_any();
    };
    let phases: Vec<String> = ["G1", "S", "G2M"]
        .map(str::to_owned)
        .into_iter()
        .filter(|phase| table.values("phase").contains(phase))
        .collect();
    let in_phase = |phase: &str| table.of(&[("phase", phase)]).count();
    let all: usize = phases.iter().map(|phase| in_phase(phase)).sum();
    let said = phases.iter().map(|phase| {
        let n = in_phase(phase);
        format!("{} in {phase} ({})", thousands(n as u64), percent(n as f64 / all.max(1) as f64))
    });
    let caption = format!(
        "{} cells: {}. Scored as scanpy does: mean of the phase’s genes above random genes of like expression; a cell with both scores below zero is in G1.",
        thousands(all as u64),
        said.collect::<Vec<_>>().join(", ")
    );
    let (listed, drawn, known) = (table.clone(), table.clone(), phases.clone());
    let rows = move || {
        let columns = ["cell", "S_score", "G2M_score", "phase"];
        listed
            .rows
            .iter()
            .map(|row| columns.iter().map(|name| listed.at(row, name).to_owned()).collect())
            .collect()
    };
    let chart = move || {
        let point = |row: &Vec<String>| {
            let at = drawn.number(row, "S_score").zip(drawn.number(row, "G2M_score"))?;
            let series = known.iter().position(|phase| phase == drawn.at(row, "phase"))?;
            Some(Point { at, series, radius: 2.0, name: None })
        };
        Panel::Points(Points {
            x_title: "Score of S phase".into(),
            y_title: "Score of G2 and M".into(),
            series: known.iter().enumerate().map(|(i, phase)| Series::named(phase, i)).collect(),
            points: drawn.rows.iter().filter_map(point).collect(),
        })
    };
    let file = format!("{}-cell-cycle", tables.bundle.manifest.name);
    let behind = Behind::new(
        file,
        "Phases of the cell cycle",
        &["cell", "S_score", "G2M_score", "phase"],
        rows,
        chart,
    );
    view! {
        <section class="section" id="cycle">
            <header><h2>"Phases of the cell cycle"</h2></header>
            <figure class="fig">
                <header><h3>"Both scores of each cell"</h3>{figure_menu::view(behind.clone())}</header>
                {drawing::view(&behind, caption.clone())}
                <figcaption data-testid="cycle">{caption}</figcaption>
            </figure>
        </section>
    }
    .into_any()
}
