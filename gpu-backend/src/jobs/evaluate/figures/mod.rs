//! Figures of the report, each drawn from the finished tables alone.
//!
//! | file | draws |
//! |---|---|
//! | `rows` | what figures ask of a table; names and colours of subjects |
//! | `space` | reconstruction, matches, stability |
//! | `counts` | classes, gene set sizes, labels |
//! | `chance` | labels against what chance gives |
//! | `swaps` | deletion, its area, distribution of attribution scores |
//! | `tasks` | accuracy, confusion, coefficients |
//! | `single` | probes, effects, ground truth |
//! | `cells` | the map of cells |

mod cells;
mod chance;
mod counts;
mod rows;
mod single;
mod space;
mod swaps;
mod tasks;

use cellprism_figures::{Panels, Theme, svg};

use super::{Figure, Found};

/// A figure with what is said below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Its file's stem.
    pub name: String,
    /// For people.
    pub title: String,
    /// The paper's figure that it is made for; empty where there is none.
    pub item: String,
    /// What is seen, how many, and what was left out.
    pub caption: String,
    /// Tables that it is drawn from.
    pub tables: Vec<String>,
    /// The drawing, in light colours.
    pub svg: String,
}

impl Drawing {
    /// Without what is said below it.
    pub fn into_figure(self) -> Figure {
        Figure { name: self.name, title: self.title, item: self.item, svg: self.svg }
    }
}

/// A figure before it is drawn.
pub(crate) struct Chart {
    name: &'static str,
    title: &'static str,
    item: &'static str,
    caption: String,
    tables: &'static [&'static str],
    panels: Panels,
}

/// All figures for which there are rows.
///
/// # Errors
/// If drawing fails.
pub fn draw(found: &Found) -> anyhow::Result<Vec<Drawing>> {
    let charts = [
        cells::charts(found),
        space::charts(found),
        counts::charts(found),
        chance::charts(found),
        swaps::charts(found),
        tasks::charts(found),
        single::charts(found),
    ];
    let mut drawings = Vec::new();
    for chart in charts.into_iter().flatten().filter(|chart| !chart.panels.0.is_empty()) {
        let drawn = svg(&chart.panels, &Theme::light(), chart.title);
        drawings.push(Drawing {
            name: chart.name.into(),
            title: chart.title.into(),
            item: chart.item.into(),
            caption: chart.caption,
            tables: chart.tables.iter().map(|&table| table.to_owned()).collect(),
            svg: drawn.map_err(|why| anyhow::anyhow!("figure {}: {why}", chart.name))?,
        });
    }
    Ok(drawings)
}
